//! Reading the data files that people write, with errors that show the place.

use std::{fmt, ops::Range};

use serde::de::DeserializeOwned;

/// Reads a TOML file into `T`. `origin` names the file in the error.
///
/// `known_keys` are all keys of the format as `table.key`; they let the error say where a key that stands in the
/// wrong table belongs.
///
/// # Errors
/// The text is not TOML, or does not have the shape of `T`.
pub fn parse_toml<T: DeserializeOwned>(
    text: &str,
    origin: &str,
    known_keys: &[&str],
) -> Result<T, DataFileError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let raw = error.message();
        let hint = hint(raw, known_keys);
        let message = raw.split(", expected").next().unwrap_or(raw).replace("unknown field", "unknown key");
        let message = message.replace("unknown variant", "unknown value").replace('\n', " ");
        let mut error = DataFileError::new(text, origin, error.span().unwrap_or(0..0), message);
        error.hint = hint;
        error
    })
}

/// A data file that cannot be read: where, what, and how to put it right.
///
/// Its text is complete: place, line with a caret, and advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFileError {
    origin: String,
    line: usize,
    column: usize,
    source_line: String,
    width: usize,
    message: String,
    hint: Option<String>,
}

impl DataFileError {
    /// An error at a byte range of `text`.
    pub fn new(
        text: &str,
        origin: impl Into<String>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let floor =
            |at: usize| (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let (start, end) = (floor(span.start), floor(span.end));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        Self {
            origin: origin.into(),
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            source_line: text[line_start..line_end].trim_end().to_owned(),
            width: text[start..end.clamp(start, line_end)].chars().count().max(1),
            message: message.into(),
            hint: None,
        }
    }

    /// An error at the first place where `needle` stands in `text`, or at the start when it does not.
    pub fn at_text(text: &str, origin: impl Into<String>, needle: &str, message: impl Into<String>) -> Self {
        let span = text.find(needle).map_or(0..0, |start| start..start + needle.len());
        Self::new(text, origin, span, message)
    }

    /// The same with advice.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The file, as the reader was told.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Column in characters, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How to put it right, when that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for DataFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        // A tab before the caret keeps its width.
        let indent: String = self
            .source_line
            .chars()
            .take(self.column - 1)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(f, "{}:{}:{}: {}", self.origin, self.line, self.column, self.message)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {}", self.source_line)?;
        write!(f, "{gutter} | {indent}{}", "^".repeat(self.width))?;
        match &self.hint {
            Some(hint) => write!(f, "\n{gutter} = {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DataFileError {}

/// The candidate that a misspelled word most likely means.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// Advice on serde's "unknown field `x`, expected one of `a`, `b`".
fn hint(message: &str, known_keys: &[&str]) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let word = quoted.next()?;
    let expected: Vec<&str> = quoted.collect();
    if let Some(meant) = closest(word, expected.iter().copied()) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let elsewhere =
        known_keys.iter().filter_map(|known| known.rsplit_once('.')).find(|(_, key)| *key == word);
    if let Some((table, _)) = elsewhere.filter(|_| message.starts_with("unknown field")) {
        return Some(format!("`{word}` belongs in `{table}`"));
    }
    (!expected.is_empty()).then(|| format!("expected {}", list(&expected)))
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
