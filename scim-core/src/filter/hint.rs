//! Every error of the parser that needs more than a sentence: what was found, and what the writer probably meant.

use std::ops::Range;

use super::{Literal, NumberLiteral, ParseError, error::picture, parse::Parser};
use crate::path;

impl Parser<'_> {
    pub(super) fn error(&self, span: Range<usize>, message: impl Into<String>) -> ParseError {
        ParseError::new(self.text, span, message)
    }

    /// The next word or character, or the end.
    pub(super) fn here(&self) -> Range<usize> {
        let word = self.word_span();
        match self.at_end() || !word.is_empty() {
            true => word,
            false => self.position..self.position + 1,
        }
    }

    pub(super) fn found(&self) -> String {
        match self.peek() {
            None => "the end".to_owned(),
            Some(b'\t') => "a tab".to_owned(),
            Some(b'\n' | b'\r') => "a line break".to_owned(),
            Some(b'"') => "a quoted value".to_owned(),
            Some(_) => quote(&self.text[self.here()]),
        }
    }

    pub(super) fn expected(&self, what: &str) -> ParseError {
        let error = self.error(self.here(), format!("expected {what}, found {}", self.found()));
        match self.peek() {
            Some(byte) if byte < b' ' => error.help(SPACES),
            Some(b'"') => error.help("attribute names have no quotes"),
            _ => error,
        }
    }

    pub(super) fn wrong_attribute(&self, span: Range<usize>, problem: &str, hint: &str) -> ParseError {
        let word = &self.text[span.clone()];
        let hint = match word.split_once(['=', '<', '>', '!']) {
            Some((name, _)) if path::split(name).is_ok() => {
                format!("operators are words with spaces around them, such as `{} eq \"…\"`", shorten(name))
            }
            _ if word.starts_with('/') => "a path is written with dots, such as `name.familyName`".to_owned(),
            _ => hint.to_owned(),
        };
        self.error(span, format!("{} {problem}", quote(word))).help(hint)
    }

    pub(super) fn missing_operator(&self, subject: &str, spaced: bool) -> ParseError {
        let (name, subject) = (quote(subject), shorten(subject));
        let hint = match self.peek() {
            Some(byte) if byte < b' ' => SPACES.to_owned(),
            Some(b'"') => format!("write `{subject} eq` before the value"),
            Some(b'[') if spaced => "no space is allowed before `[`".to_owned(),
            Some(b'(') => "to negate, write `not (…)`".to_owned(),
            _ => format!("write `{subject} pr` to test that there is a value"),
        };
        self.error(self.here(), format!("expected an operator after {name}, found {}", self.found()))
            .help(hint)
    }

    pub(super) fn unknown_operator(&self, subject: &str, span: Range<usize>) -> ParseError {
        let word = &self.text[span.clone()];
        if subject.eq_ignore_ascii_case("not") {
            let hint = "put parentheses around what it negates: `not (…)`";
            return self.error(span, "expected `(` after `not`").help(hint);
        }
        let hint = match operator_hint(word) {
            Some(hint) => hint,
            None if matches!(word, "true" | "false" | "null") || NumberLiteral::parse(word).is_some() => {
                format!("write `{} eq {}`", shorten(subject), shorten(word))
            }
            None => "the operators are eq, ne, co, sw, ew, pr, gt, ge, lt and le".to_owned(),
        };
        self.error(span, format!("{} is not an operator", quote(word))).help(hint)
    }

    pub(super) fn not_a_value(&self, word: &str) -> ParseError {
        let span = self.position..self.position + word.len();
        let wrong = |hint: String| {
            self.error(span.clone(), format!("expected a value, found {}", quote(word))).help(hint)
        };
        let unquoted = |marks: &[char]| {
            // The value may hold spaces, so it ends at the closing mark, not with the word.
            let rest = self.text[self.position..].trim_start_matches(marks);
            let inner = rest.find(marks).map_or_else(|| word.trim_matches(marks), |end| &rest[..end]);
            json_string(inner)
        };
        match word.chars().next() {
            None => self.expected("a value"),
            Some('\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}') => {
                wrong(format!("use straight double quotes: {}", unquoted(&CURLY)))
            }
            Some('\'' | '\u{2018}' | '\u{2019}' | '`') => {
                wrong(format!("use double quotes: {}", unquoted(&SINGLE)))
            }
            Some('{' | '[') => self.error(span, "a value cannot be an object or an array"),
            _ if ["true", "false", "null"].iter().any(|known| known.eq_ignore_ascii_case(word)) => {
                wrong(format!("write it in lower case: {}", word.to_ascii_lowercase()))
            }
            Some('0'..='9' | '-' | '+' | '.') if word.parse::<f64>().is_ok() => {
                wrong(format!("write the number as JSON does, or in double quotes: {}", json_string(word)))
            }
            _ => wrong(format!("put the value in double quotes: {}", json_string(word))),
        }
    }

    pub(super) fn unclosed_string(&self, open: usize) -> ParseError {
        let hint = match self.text.ends_with("\\\"") {
            true => "a backslash escapes the quote after it; write \\\\ for a backslash",
            false => "add `\"`",
        };
        self.error(open..self.text.len(), "the string is not closed").help(hint)
    }

    /// Something follows a complete term that cannot follow it.
    pub(super) fn after_term(&mut self) -> ParseError {
        let before = self.position;
        self.skip_spaces();
        let word = &self.text[self.word_span()];
        let spaced = self.position > before;
        if !spaced && (word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or")) {
            return self.error(self.here(), format!("expected a space before {}", quote(word)));
        }
        let previous = &self.text[..before];
        let hint = match self.peek() {
            Some(b')') => Some("remove `)`, or open it earlier with `(`".to_owned()),
            Some(b']') => Some("remove `]`, or open it earlier with `[`".to_owned()),
            Some(byte) if byte < b' ' => Some(SPACES.to_owned()),
            Some(b'"') if spaced && previous.ends_with(['r', 'R']) => Some("`pr` takes no value".to_owned()),
            _ if !spaced && previous.ends_with('"') => {
                Some("a quote inside a value is written as \\\"".to_owned())
            }
            _ => connective_hint(word),
        };
        let message = format!("expected `and`, `or` or the end of the {}, found {}", self.kind, self.found());
        let error = self.error(self.here(), message);
        match hint {
            Some(hint) => error.help(hint),
            None => error,
        }
    }
}

/// A word of the input as it appears in a message.
pub(super) fn quote(word: &str) -> String {
    format!("`{}`", shorten(word))
}

fn json_string(word: &str) -> String {
    Literal::from(shorten(word)).to_string()
}

/// Hostile text may be long; a message is not.
fn shorten(word: &str) -> String {
    let mut shown: String = word.chars().take(40).map(picture).collect();
    if word.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

/// A word in the place of an operator: what the writer probably meant.
fn operator_hint(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    if lower == "in" {
        return Some("SCIM has no `in`; join several `eq` with `or`".to_owned());
    }
    nearest(&lower, &OPERATORS).map(|operator| format!("did you mean `{operator}`?"))
}

/// A word in the place of `and` or `or`: what the writer probably meant.
fn connective_hint(word: &str) -> Option<String> {
    nearest(&word.to_lowercase(), &CONNECTIVES).map(|connective| format!("did you mean `{connective}`?"))
}

fn nearest(word: &str, known: &[(&str, &'static str)]) -> Option<&'static str> {
    if word.is_empty() || word.len() > 24 {
        return None;
    }
    known
        .iter()
        .map(|&(name, meaning)| (distance(word, name), name.len(), meaning))
        // Two-letter words forgive one slip, long ones two, signs none.
        .filter(|&(slips, length, _)| {
            slips == 0
                || word.bytes().all(|b| b.is_ascii_alphabetic()) && slips <= 1 + usize::from(length > 5)
        })
        .min_by_key(|&(slips, ..)| slips)
        .map(|(.., meaning)| meaning)
}

/// Edit distance in which a swap of neighbours counts as one slip; both words are short.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let substituted = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substituted.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

pub(super) const EXAMPLE: &str = "write for example `userName eq \"bjensen\"`";
const SPACES: &str = "separate words with spaces";
const CURLY: [char; 5] = ['\u{201c}', '\u{201d}', '\u{201e}', '\u{ab}', '\u{bb}'];
const SINGLE: [char; 4] = ['\'', '\u{2018}', '\u{2019}', '`'];

const OPERATORS: [(&str, &str); 38] = [
    ("eq", "eq"),
    ("ne", "ne"),
    ("co", "co"),
    ("sw", "sw"),
    ("ew", "ew"),
    ("pr", "pr"),
    ("gt", "gt"),
    ("ge", "ge"),
    ("lt", "lt"),
    ("le", "le"),
    ("=", "eq"),
    ("==", "eq"),
    ("===", "eq"),
    (":", "eq"),
    ("is", "eq"),
    ("equal", "eq"),
    ("equals", "eq"),
    ("!=", "ne"),
    ("<>", "ne"),
    ("neq", "ne"),
    ("notequals", "ne"),
    ("like", "co"),
    ("contains", "co"),
    ("includes", "co"),
    ("startswith", "sw"),
    ("starts_with", "sw"),
    ("beginswith", "sw"),
    ("endswith", "ew"),
    ("ends_with", "ew"),
    ("present", "pr"),
    ("exists", "pr"),
    (">", "gt"),
    (">=", "ge"),
    ("gte", "ge"),
    ("<", "lt"),
    ("<=", "le"),
    ("lte", "le"),
    ("=~", "co"),
];

const CONNECTIVES: [(&str, &str); 6] =
    [("and", "and"), ("or", "or"), ("&&", "and"), ("&", "and"), ("||", "or"), ("|", "or")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_operators() {
        for (word, meaning) in [
            ("=", "eq"),
            ("==", "eq"),
            ("!=", "ne"),
            ("Contains", "co"),
            ("contians", "co"),
            ("startsWith", "sw"),
            ("starts", "sw"),
            ("endwith", "ew"),
            ("equal", "eq"),
            ("qe", "eq"),
            ("eqq", "eq"),
            ("gte", "ge"),
            ("exist", "pr"),
        ] {
            let hint = operator_hint(word);
            if word == "starts" {
                assert_eq!(hint, None, "four slips are too many");
            } else {
                assert_eq!(hint, Some(format!("did you mean `{meaning}`?")), "{word}");
            }
        }
        for word in ["title", "garbage", "", "~", "日本"] {
            assert_eq!(operator_hint(word), None, "{word}");
        }
    }

    #[test]
    fn a_swap_is_one_slip() {
        assert_eq!(distance("eq", "qe"), 1);
        assert_eq!(distance("contains", "contians"), 1);
        assert_eq!(distance("", "eq"), 2);
    }
}
