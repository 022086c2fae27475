//! One pass over the text, one function per rule of the grammar. It never goes back further than one word, and the
//! recursion (parentheses, brackets) is bounded by [`Limits::depth`].

use std::ops::Range;

use super::{
    CompareOp, Filter, Limits, Literal, NumberLiteral, ParseError, SubTest,
    error::floor,
    hint::{EXAMPLE, quote},
};
use crate::path::{self, AttrPath, Path};

/// Reads a whole text as a filter.
pub(crate) fn filter(text: &str, limits: &Limits) -> Result<Filter, ParseError> {
    let mut parser = Parser::new(text, limits, "filter")?;
    parser.skip_spaces();
    if parser.at_end() {
        return Err(parser.error(0..text.len(), "expected a filter, found nothing").help(EXAMPLE));
    }
    let mut filter = NOTHING;
    parser.disjunction(&mut filter)?;
    let end = parser.position;
    if parser.at_end_after_spaces() {
        return Ok(filter);
    }
    parser.position = end;
    Err(parser.after_term())
}

/// Reads a whole text as the path of a PATCH operation.
pub(crate) fn patch_path(text: &str, limits: &Limits) -> Result<Path, ParseError> {
    let mut parser = Parser::new(text, limits, "path")?;
    let mut path = Path::from(parser.leading_path()?);
    if parser.peek() == Some(b'[') {
        if path.attr.sub().is_some() {
            let message = "a value filter selects values of an attribute, not of a sub-attribute";
            return Err(parser.error(parser.here(), message));
        }
        let mut filter = NOTHING;
        parser.value_filter(&mut filter)?;
        path.filter = Some(filter);
        if parser.peek() == Some(b'.') {
            path.sub = Some(parser.sub_attribute()?);
        }
    }
    parser.end_of_path(path)
}

/// Reads a whole text as an attribute path.
pub(crate) fn attr_path(text: &str, limits: &Limits) -> Result<AttrPath, ParseError> {
    let mut parser = Parser::new(text, limits, "path")?;
    let path = parser.leading_path()?;
    parser.end_of_path(path)
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) position: usize,
    /// What the text is, for messages.
    pub(super) kind: &'static str,
    limits: Limits,
    depth: usize,
    terms: usize,
    in_value_filter: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, limits: &Limits, kind: &'static str) -> Result<Self, ParseError> {
        if text.len() > limits.length {
            let start = &text[..floor(text, limits.length)];
            let message = format!("the {kind} is longer than {} bytes", limits.length);
            return Err(ParseError::new(start, start.len()..start.len(), message));
        }
        let limits = Limits { depth: limits.depth.min(MOST_DEPTH), ..*limits };
        Ok(Self { text, position: 0, kind, limits, depth: 0, terms: 0, in_value_filter: false })
    }

    // Rules of the grammar.

    /// Terms with `and` and `or` between them, of which `and` binds tighter.
    ///
    /// Each rule writes what it read where it is to be: a result that is passed up through every rule costs more than
    /// reading it.
    fn disjunction(&mut self, out: &mut Filter) -> Result<(), ParseError> {
        self.factor(out)?;
        let Some(mut connective) = self.connective()? else { return Ok(()) };
        let (mut any, mut all) = (Vec::new(), Vec::with_capacity(2));
        all.push(std::mem::replace(out, NOTHING));
        loop {
            if connective == Connective::Or {
                any.push(conjunction(std::mem::take(&mut all)));
            }
            all.push(NOTHING);
            if let Some(term) = all.last_mut() {
                self.factor(term)?;
            }
            match self.connective()? {
                Some(next) => connective = next,
                None => break,
            }
        }
        let last = conjunction(all);
        *out = if any.is_empty() {
            last
        } else {
            any.push(last);
            Filter::any(any)
        };
        Ok(())
    }

    /// Takes ` and ` or ` or ` if it is the next thing; takes nothing if it is not.
    #[inline(always)]
    fn connective(&mut self) -> Result<Option<Connective>, ParseError> {
        let before = self.position;
        if self.peek() != Some(b' ') {
            return Ok(None);
        }
        self.skip_spaces();
        let (connective, word) = match self.text.as_bytes()[self.position..] {
            [b'a' | b'A', b'n' | b'N', b'd' | b'D', ..] => (Connective::And, "and"),
            [b'o' | b'O', b'r' | b'R', ..] => (Connective::Or, "or"),
            _ => (Connective::Or, ""),
        };
        let end = self.position + word.len();
        if word.is_empty() || self.text.as_bytes().get(end).is_some_and(|&byte| !ends_word(byte)) {
            self.position = before;
            return Ok(None);
        }
        self.position = end;
        if self.peek() != Some(b' ') {
            let message = match self.peek() {
                None => format!("expected a term after `{word}`, found the end"),
                Some(_) => format!("expected a space after `{word}`"),
            };
            return Err(self.error(self.here(), message));
        }
        self.skip_spaces();
        match self.at_end() {
            true => Err(self.error(self.here(), format!("expected a term after `{word}`, found the end"))),
            false => Ok(Some(connective)),
        }
    }

    fn factor(&mut self, out: &mut Filter) -> Result<(), ParseError> {
        if self.peek() == Some(b'(') {
            return self.group(out);
        }
        let span = self.word_span();
        if self.text[span.clone()].eq_ignore_ascii_case("not") {
            let before = self.position;
            self.position = span.end;
            self.skip_spaces();
            if self.peek() == Some(b'(') {
                let mut inner = Box::new(NOTHING);
                self.group(&mut inner)?;
                *out = Filter::Not(inner);
                return Ok(());
            }
            self.position = before;
        }
        let attr = self.attribute(span.clone())?;
        if self.peek() == Some(b'[') {
            let mut filter = Box::new(NOTHING);
            self.value_filter(&mut filter)?;
            let test = if self.peek() == Some(b'.') { Some(Box::new(self.sub_test()?)) } else { None };
            *out = Filter::ValuePath { attr, filter, test };
            return Ok(());
        }
        *out = match self.test(span)? {
            Some((op, value)) => Filter::Compare { path: attr, op, value },
            None => Filter::Present { path: attr },
        };
        Ok(())
    }

    /// `( filter )`
    fn group(&mut self, out: &mut Filter) -> Result<(), ParseError> {
        let open = self.enter()?;
        self.disjunction(out)?;
        self.leave(open, b')', "the parenthesis is not closed")
    }

    /// `[ filter ]`
    fn value_filter(&mut self, out: &mut Filter) -> Result<(), ParseError> {
        if self.in_value_filter {
            let hint = "name the sub-attribute alone";
            return Err(self
                .error(self.here(), "a value filter cannot hold another value filter")
                .help(hint));
        }
        self.in_value_filter = true;
        let open = self.enter()?;
        self.disjunction(out)?;
        self.leave(open, b']', "the value filter is not closed")?;
        self.in_value_filter = false;
        Ok(())
    }

    /// `.value eq "x"` after a value filter.
    fn sub_test(&mut self) -> Result<SubTest, ParseError> {
        let dot = self.position;
        let sub = self.sub_attribute()?;
        let end = self.position;
        if self.at_end_after_spaces() {
            let hint = "a path that ends here is for PATCH; in a filter compare it, or write `pr`";
            let message = format!("expected an operator after `.{sub}`, found the end");
            return Err(self.error(dot..end, message).help(hint));
        }
        self.position = end;
        Ok(match self.test(dot..end)? {
            Some((op, value)) => SubTest::Compare { sub, op, value },
            None => SubTest::Present { sub },
        })
    }

    /// The operator and the value after the attribute at `subject`; `None` is `pr`.
    #[inline(always)]
    fn test(&mut self, subject: Range<usize>) -> Result<Option<(CompareOp, Literal)>, ParseError> {
        let subject = &self.text[subject];
        let spaced = self.peek() == Some(b' ');
        self.skip_spaces();
        let span = self.word_span();
        let word = &self.text[span.clone()];
        if word.is_empty() || !spaced {
            return Err(self.missing_operator(subject, spaced));
        }
        self.terms += 1;
        if self.terms > self.limits.terms {
            let message = format!("the {} has more than {} terms", self.kind, self.limits.terms);
            return Err(self.error(span, message));
        }
        if word.eq_ignore_ascii_case("pr") {
            self.position = span.end;
            return Ok(None);
        }
        let Some(op) = CompareOp::from_word(word) else { return Err(self.unknown_operator(subject, span)) };
        self.position = span.end;
        match self.peek() {
            Some(b' ') => self.skip_spaces(),
            None => {}
            Some(_) => return Err(self.error(self.here(), format!("expected a space after `{op}`"))),
        }
        Ok(Some((op, self.literal()?)))
    }

    #[inline(always)]
    fn literal(&mut self) -> Result<Literal, ParseError> {
        if self.peek() == Some(b'"') {
            return self.string().map(Literal::String);
        }
        let rest = &self.text[self.position..];
        let length = rest.find(|c: char| c <= ' ' || c == ')' || c == ']').unwrap_or(rest.len());
        let word = &rest[..length];
        let literal = match word {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "null" => Literal::Null,
            _ => match NumberLiteral::parse(word) {
                Some(number) => Literal::Number(number),
                None => return Err(self.not_a_value(word)),
            },
        };
        self.position += length;
        Ok(literal)
    }

    /// A JSON string (RFC 8259 §7).
    #[inline(always)]
    fn string(&mut self) -> Result<String, ParseError> {
        let open = self.position;
        self.position += 1;
        let start = self.plain_text();
        if self.peek() == Some(b'"') {
            self.position += 1;
            return Ok(start.to_owned()); // The usual case, in memory of just that size.
        }
        self.string_with_escapes(open, start.to_owned())
    }

    fn string_with_escapes(&mut self, open: usize, mut value: String) -> Result<String, ParseError> {
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(value);
                }
                Some(b'\\') => value.push(self.escape(open)?),
                Some(control) => {
                    let hint = match control {
                        b'\t' => "write it as \\t".to_owned(),
                        b'\n' => "write it as \\n".to_owned(),
                        b'\r' => "write it as \\r".to_owned(),
                        other => format!("write it as \\u{other:04x}"),
                    };
                    return Err(self
                        .error(self.here(), "a string cannot hold a bare control character")
                        .help(hint));
                }
                None => return Err(self.unclosed_string(open)),
            }
            value.push_str(self.plain_text());
        }
    }

    /// What a string holds up to its end, an escape or a character that it cannot hold.
    fn plain_text(&mut self) -> &'a str {
        let rest = &self.text[self.position..];
        let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        let plain = rest.bytes().position(special).unwrap_or(rest.len());
        self.position += plain;
        &rest[..plain]
    }

    fn escape(&mut self, open: usize) -> Result<char, ParseError> {
        let start = self.position;
        let Some(letter) = self.text[start + 1..].chars().next() else {
            return Err(self.unclosed_string(open));
        };
        self.position += 1 + letter.len_utf8();
        let plain = match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode_escape(start),
            _ => {
                let message = format!("`\\{letter}` is not an escape of a JSON string");
                let hint = "write \\\\ for a backslash";
                return Err(self.error(start..self.position, message).help(hint));
            }
        };
        Ok(plain)
    }

    /// The four digits after `\u`, and the second half of a surrogate pair.
    fn unicode_escape(&mut self, start: usize) -> Result<char, ParseError> {
        let Some(first) = self.hex_digits() else {
            let message = "expected four hexadecimal digits after `\\u`";
            return Err(self.error(start..self.position, message));
        };
        let code = match first {
            0xD800..0xDC00 if self.text[self.position..].starts_with("\\u") => {
                self.position += 2;
                match self.hex_digits() {
                    Some(second @ 0xDC00..0xE000) => 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00),
                    _ => first,
                }
            }
            _ => first,
        };
        // Half of a pair is the only thing that is no character here.
        char::from_u32(code).ok_or_else(|| {
            let hint = "characters above \\uffff are written as two escapes, or as they are";
            self.error(start..self.position, "half of a surrogate pair is not a character").help(hint)
        })
    }

    fn hex_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.position..self.position + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.position += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn leading_path(&mut self) -> Result<AttrPath, ParseError> {
        self.skip_spaces();
        if self.at_end() {
            let message = "expected an attribute path, found nothing";
            return Err(self.error(0..self.text.len(), message));
        }
        self.attribute(self.word_span())
    }

    /// The attribute path at `span`, which is the next word.
    #[inline(always)]
    fn attribute(&mut self, span: Range<usize>) -> Result<AttrPath, ParseError> {
        let word = &self.text[span.clone()];
        if word.is_empty() {
            return Err(self.expected("an attribute name"));
        }
        match path::split(word) {
            Ok(path) => {
                self.position = span.end;
                Ok(path)
            }
            Err((problem, hint)) => Err(self.wrong_attribute(span, problem, hint)),
        }
    }

    /// `.value`
    fn sub_attribute(&mut self) -> Result<String, ParseError> {
        self.position += 1;
        let span = self.word_span();
        let word = &self.text[span.clone()];
        if word.is_empty() {
            return Err(self.expected("a sub-attribute name"));
        }
        match path::split(word) {
            Ok(path) if path.sub().is_none() && path.urn().is_none() => {
                self.position = span.end;
                Ok(word.to_owned())
            }
            _ => Err(self.error(span, format!("{} is not a sub-attribute name", quote(word)))),
        }
    }

    fn end_of_path<T>(&mut self, path: T) -> Result<T, ParseError> {
        if self.at_end_after_spaces() {
            return Ok(path);
        }
        let message = format!("unexpected {} after the path", self.found());
        Err(self.error(self.here(), message))
    }

    // Reading.

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    pub(super) fn at_end(&self) -> bool {
        self.position == self.text.len()
    }

    fn at_end_after_spaces(&mut self) -> bool {
        self.skip_spaces();
        self.at_end()
    }

    pub(super) fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.position += 1;
        }
    }

    /// The bytes up to the next space, control character, quote, parenthesis or bracket.
    pub(super) fn word_span(&self) -> Range<usize> {
        let rest = &self.text.as_bytes()[self.position..];
        let length = rest.iter().position(|&byte| ends_word(byte)).unwrap_or(rest.len());
        self.position..self.position + length
    }

    /// Takes the opening character and returns where it is.
    fn enter(&mut self) -> Result<usize, ParseError> {
        let open = self.position;
        self.depth += 1;
        if self.depth > self.limits.depth {
            let message = format!("the {} is nested deeper than {} levels", self.kind, self.limits.depth);
            return Err(self.error(self.here(), message));
        }
        self.position += 1;
        self.skip_spaces();
        Ok(open)
    }

    fn leave(&mut self, open: usize, close: u8, unclosed: &str) -> Result<(), ParseError> {
        let before = self.position;
        self.skip_spaces();
        if self.peek() == Some(close) {
            self.position += 1;
            self.depth -= 1;
            return Ok(());
        }
        if self.at_end() || matches!(self.peek(), Some(b')' | b']')) {
            let hint = format!("add `{}`", char::from(close));
            return Err(self.error(open..open + 1, unclosed).help(hint));
        }
        self.position = before;
        Err(self.after_term())
    }
}

/// What is written over.
const NOTHING: Filter = Filter::And(Vec::new());

#[derive(Clone, Copy, PartialEq)]
enum Connective {
    And,
    Or,
}

fn conjunction(mut terms: Vec<Filter>) -> Filter {
    match terms.len() {
        1 => terms.swap_remove(0),
        _ => Filter::all(terms),
    }
}

fn ends_word(byte: u8) -> bool {
    WORD_ENDS[usize::from(byte)]
}

/// Spaces, control characters, quotes, parentheses and brackets.
static WORD_ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte = 0;
    while byte < ends.len() {
        ends[byte] = matches!(byte as u8, 0..=b' ' | b'"' | b'(' | b')' | b'[' | b']');
        byte += 1;
    }
    ends
};

/// The stack of a thread must hold this many levels of this parser and of the evaluation.
const MOST_DEPTH: usize = 128;
