//! What is wrong with a filter or path, where, and how to fix it.

use std::{fmt, ops::Range};

use crate::error::ScimError;

/// A filter or path that does not parse.
///
/// ```
/// use scim_core::filter::Filter;
///
/// let error = Filter::parse("externalId eq jyoung").unwrap_err();
/// assert_eq!(error.span(), 14..20);
/// assert_eq!(error.render(), "\
/// externalId eq jyoung
///               ^^^^^^
/// expected a value, found `jyoung`
/// help: put the value in double quotes: \"jyoung\"
/// ");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    // A parser passes results up through every level of nesting, so a rare error must not make them large.
    detail: Box<Detail>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Detail {
    source: String,
    span: Range<usize>,
    message: String,
    hint: Option<String>,
}

impl ParseError {
    /// `span` is clipped to `source` and to whole characters.
    pub(super) fn new(source: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let start = floor(source, span.start);
        let end = floor(source, span.end).max(start);
        let (source, message) = (source.to_owned(), message.into());
        Self { detail: Box::new(Detail { source, span: start..end, message, hint: None }) }
    }

    pub(super) fn help(mut self, hint: impl Into<String>) -> Self {
        self.detail.hint = Some(hint.into());
        self
    }

    /// Which bytes of [`Self::source_text`] are wrong; empty at the end of the text if something is missing.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.detail.span.clone()
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.detail.message
    }

    /// How to fix it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.detail.hint.as_deref()
    }

    /// The text that was parsed; only its beginning if it is too long to be parsed at all.
    #[must_use]
    pub fn source_text(&self) -> &str {
        &self.detail.source
    }

    /// The text with the wrong part underlined, the message, and the hint: three or four lines for a person.
    ///
    /// Control characters are shown as their Unicode pictures, and a long text is cut around the wrong part.
    #[must_use]
    pub fn render(&self) -> String {
        let before = self.detail.source[..self.detail.span.start].chars().count();
        let marked = self.detail.source[self.detail.span.clone()].chars().count().max(1);
        let first = if before > CONTEXT { before - CONTEXT / 2 } else { 0 };
        let mut line: String = self.detail.source.chars().skip(first).take(WIDTH).map(picture).collect();
        let mut indent = before - first;
        if first > 0 {
            line.insert(0, '…');
            indent += 1;
        }
        if self.detail.source.chars().count() > first + WIDTH {
            line.push('…');
        }
        let carets = marked.min(WIDTH.saturating_sub(indent).max(1));
        let mut out = format!("{line}\n{:indent$}{}\n{}\n", "", "^".repeat(carets), self.detail.message);
        if let Some(hint) = &self.detail.hint {
            out.push_str("help: ");
            out.push_str(hint);
            out.push('\n');
        }
        out
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.detail.source[..self.detail.span.start].chars().count() + 1;
        write!(f, "{} at column {column}", self.detail.message)?;
        match &self.detail.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ParseError {}

impl From<ParseError> for ScimError {
    /// 400 `invalidFilter`; what was wrong with a path is for the caller to say.
    fn from(error: ParseError) -> Self {
        Self::invalid_filter(error.to_string())
    }
}

/// The last character boundary at or before `index`.
pub(super) fn floor(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0)
}

/// What a control character looks like.
pub(super) fn picture(c: char) -> char {
    match u32::from(c) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or('\u{2426}'),
        0x7f => '\u{2421}',
        _ => c,
    }
}

/// Characters shown left of the wrong part, and in all.
const CONTEXT: usize = 60;
const WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_a_window_of_a_long_text() {
        let source = format!("{}wrong{}", "a".repeat(300), "b".repeat(300));
        let error = ParseError::new(&source, 300..305, "no");
        let lines: Vec<String> = error.render().lines().map(str::to_owned).collect();
        assert_eq!(lines[0], format!("…{}wrong{}…", "a".repeat(30), "b".repeat(65)));
        assert_eq!(lines[1], format!("{}^^^^^", " ".repeat(31)));
        assert_eq!(lines[2..], ["no"]);
    }

    #[test]
    fn renders_control_characters_as_pictures() {
        let error = ParseError::new("a\tb", 1..2, "no").help("yes");
        assert_eq!(error.render(), "a␉b\n ^\nno\nhelp: yes\n");
        assert_eq!(error.to_string(), "no at column 2; yes");
    }
}
