//! Reading a fault.

use std::{fmt, ops::Range, str::FromStr, time::Duration};

use http::Method;
use scim_core::vendor::load::closest;

use super::{Effect, Fault, When};

/// Text that is no fault: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError {
    text: String,
    span: Range<usize>,
    message: String,
}

impl FaultError {
    /// Where in the text, in bytes.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What is wrong, and how to mend it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.text.get(..self.span.start).unwrap_or_default().chars().count();
        let width = self.text.get(self.span.clone()).unwrap_or_default().chars().count().max(1);
        writeln!(f, "{}", self.message)?;
        // Whatever would break the line would move the caret.
        let line: String = self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "  {line}\n  {}{}", " ".repeat(before), "^".repeat(width))
    }
}

impl std::error::Error for FaultError {}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut reader = Reader { text, words: words(text), at: 0 };
        let methods = reader.methods();
        let path = reader.take(|word| word.starts_with('/') || word.starts_with('*')).map(str::to_owned);
        let (when, place) = reader.when()?;
        let effects = reader.effects()?;
        if effects.len() > 1 && when != When::Always {
            return Err(reader.error(place, "a script runs once through; leave out how often".to_owned()));
        }
        Ok(Self { text: text.trim().to_owned(), methods, path, when, effects })
    }
}

struct Reader<'a> {
    text: &'a str,
    words: Vec<(usize, &'a str)>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn methods(&mut self) -> Vec<Method> {
        let mut methods = Vec::new();
        while let Some(method) = self.peek().and_then(method) {
            methods.push(method);
            self.at += 1;
            let another = self.words.get(self.at + 1).and_then(|(_, word)| method_name(word));
            if self.peek() == Some(",") && another.is_some() {
                self.at += 1;
            }
        }
        methods
    }

    /// How often, and where it is said.
    fn when(&mut self) -> Result<(When, Range<usize>), FaultError> {
        let place = self.place();
        let Some(word) = self.peek() else { return Ok((When::Always, place)) };
        let wrong = |expected: &str| self.error(place.clone(), format!("expected {expected}"));
        let when = if let Some(number) = word.strip_suffix('%') {
            let percent: Option<f64> = number.parse().ok();
            let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
            When::Chance(percent.ok_or_else(|| wrong("0% to 100%"))? / 100.0)
        } else if let Some(turns) = word.strip_prefix('#') {
            let (from, to) = turns.split_once('-').unwrap_or((turns, turns));
            match (from.parse(), to.parse()) {
                (Ok(from), Ok(to)) if 1 <= from && from <= to => When::Turns(from, to),
                _ => return Err(wrong("#3 for the third request, or #3-5")),
            }
        } else if word == "once" {
            When::Turns(1, 1)
        } else if word == "every" {
            self.at += 1;
            let number = self.peek().and_then(|word| word.parse().ok()).filter(|number| *number > 0);
            When::Every(number.ok_or_else(|| self.here("expected a number, as in `every 10`"))?)
        } else {
            return Ok((When::Always, place));
        };
        self.at += 1;
        Ok((when, place))
    }

    fn effects(&mut self) -> Result<Vec<Effect>, FaultError> {
        let mut effects = vec![self.effect()?];
        while self.take(|word| word == ",").is_some() {
            if effects.len() == MOST_EFFECTS {
                return Err(self.here(&format!("a script has at most {MOST_EFFECTS} steps")));
            }
            effects.push(self.effect()?);
        }
        if self.peek().is_some() {
            return Err(self.here("expected the end, or a comma and what comes next"));
        }
        Ok(effects)
    }

    fn effect(&mut self) -> Result<Effect, FaultError> {
        let Some(word) = self.peek() else {
            return Err(self.here(&format!("it does not say what happens: a status, {}", NAMES.join(", "))));
        };
        let effect = match word {
            "ok" => Effect::Ok,
            "drop" => Effect::Drop,
            "drop-after" => Effect::DropAfter,
            "cut" => Effect::Cut,
            "stale" => Effect::Stale,
            "lost" => Effect::Lost,
            "html" => {
                self.at += 1;
                let status = self.status(200..=599)?.unwrap_or(502);
                return Ok(Effect::Html { status });
            }
            "wait" => {
                self.at += 1;
                let text = self.peek().unwrap_or_default();
                let (least, most) = text.split_once("..").unwrap_or((text, text));
                match (duration(least), duration(most)) {
                    (Some(least), Some(most)) if least <= most => Effect::Wait { least, most },
                    _ => {
                        return Err(
                            self.here("expected a time up to 10 minutes, as in 200ms, 1.5s or 100ms..2s")
                        );
                    }
                }
            }
            _ => {
                let Some(status) = self.status(400..=599)? else { return Err(self.unknown(word)) };
                let mut retry_after = None;
                if self.take(|word| word == "retry-after").is_some() {
                    let seconds = self.peek().and_then(|word| word.parse().ok());
                    retry_after = Some(seconds.ok_or_else(|| self.here("expected a number of seconds"))?);
                    self.at += 1;
                }
                return Ok(Effect::Status { status, retry_after });
            }
        };
        self.at += 1;
        Ok(effect)
    }

    /// A status code, if there is a number.
    fn status(&mut self, allowed: std::ops::RangeInclusive<u16>) -> Result<Option<u16>, FaultError> {
        let Some(number) = self.peek().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit())) else {
            return Ok(None);
        };
        match number.parse().ok().filter(|number| allowed.contains(number)) {
            Some(status) => {
                self.at += 1;
                Ok(Some(status))
            }
            None => {
                let (least, most) = (allowed.start(), allowed.end());
                Err(self.here(&format!("expected a status between {least} and {most}")))
            }
        }
    }

    fn unknown(&self, word: &str) -> FaultError {
        if let Some(method) = method_name(&word.to_ascii_uppercase()) {
            return self.here(&format!("a method comes first and in capitals: {method}"));
        }
        let advice = match closest(word, NAMES) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there are statuses, {}", NAMES.join(", ")),
        };
        self.here(&format!("what is `{word}`? {advice}"))
    }

    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(|(_, word)| *word)
    }

    fn take(&mut self, wanted: impl Fn(&str) -> bool) -> Option<&'a str> {
        let word = self.peek().filter(|word| wanted(word))?;
        self.at += 1;
        Some(word)
    }

    fn place(&self) -> Range<usize> {
        let end = self.text.trim_end().len();
        self.words.get(self.at).map_or(end..end, |(start, word)| *start..start + word.len())
    }

    fn here(&self, message: &str) -> FaultError {
        self.error(self.place(), message.to_owned())
    }

    fn error(&self, span: Range<usize>, message: String) -> FaultError {
        FaultError { text: self.text.to_owned(), span, message }
    }
}

/// Words and commas, each with its place.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices() {
        let parts = character.is_whitespace() || character == ',';
        if let Some(from) = start.filter(|_| parts) {
            words.push((from, &text[from..at]));
            start = None;
        }
        if character == ',' {
            words.push((at, &text[at..=at]));
        } else if !parts && start.is_none() {
            start = Some(at);
        }
    }
    words.extend(start.map(|from| (from, &text[from..])));
    words
}

fn method(word: &str) -> Option<Method> {
    Method::from_bytes(method_name(word)?.as_bytes()).ok()
}

fn method_name(word: &str) -> Option<&'static str> {
    ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().find(|name| *name == word)
}

fn duration(text: &str) -> Option<Duration> {
    let seconds: f64 = match text.strip_suffix("ms") {
        Some(number) => number.parse::<f64>().ok()? / 1000.0,
        None => text.strip_suffix('s')?.parse().ok()?,
    };
    (0.0..=600.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

const NAMES: [&str; 8] = ["wait", "drop", "drop-after", "cut", "html", "stale", "lost", "ok"];
const MOST_EFFECTS: usize = 1000;
