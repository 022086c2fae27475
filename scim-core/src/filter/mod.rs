//! Filters (RFC 7644 §3.4.2.2): parsing, printing, evaluation.
//!
//! The grammar is Figure 1 with errata 4670, 4690, 7319, 7322 and 8924: value paths hold logical filters, `and` binds
//! tighter than `or`, `not(` and `not (` are the same. Operators and connectives are read in any case, `true`, `false`
//! and `null` only in lower case. Spaces (never tabs) separate tokens; they are also accepted at both ends and inside
//! parentheses and brackets. Words that look like keywords are attribute names where a name is expected (`not pr`).
//! `emails[type eq "work"].value eq "x"`, which Microsoft Entra sends, is read as [`Filter::ValuePath`] with a test.
//!
//! Evaluation reads the RFC where it leaves a choice like this:
//!
//! * A multi-valued attribute matches if any value matches; without a sub-attribute its `value` is compared.
//! * `pr` needs something in it: `null`, `[]`, `{}`, `""` and objects of only those are not present.
//! * `eq null` is true on a missing or unassigned attribute (`""` is assigned); `ne` is the negation of `eq` for each
//!   value, so `title ne "x"` is true without a title and `emails.type ne "work"` is true without e-mails.
//! * An attribute the schema does not know is missing. One under an unknown schema URI is looked up under that key
//!   and compared without regard to case.
//! * `gt`, `ge`, `lt`, `le` on a Boolean or Binary, `co`, `sw`, `ew` on a Boolean, and a dateTime compared with
//!   a text that is none, are errors even if the attribute is missing. Any other mismatch of types does not match.
//! * dateTimes compare as instants, one without an offset as UTC; `co`, `sw`, `ew` compare their text.
//! * An attribute that is never returned, such as `password`, matches no term; RFC 7643 §7 leaves that open.

pub mod attr;
mod display;
mod error;
mod eval;
#[cfg(test)]
mod eval_tests;
mod fold;
mod hint;
pub(crate) mod parse;
mod suggest;
#[cfg(test)]
mod tests;

use std::{ops::Not, str::FromStr};

pub(crate) use self::eval::instant;
pub use self::{
    error::ParseError,
    eval::{EvalError, Matcher},
    suggest::UnknownAttribute,
};
use crate::path::AttrPath;

/// A filter expression.
///
/// Parsed filters are flat: an `And` holds no `And` directly, an `Or` no `Or`, and both hold at least two terms.
/// Printing such a filter and parsing the text gives the same filter.
///
/// ```
/// use scim_core::filter::Filter;
///
/// let filter = Filter::parse(r#"title PR and (userType eq "Employee" or not(active eq false))"#)?;
/// assert_eq!(filter.to_string(), r#"title pr and (userType eq "Employee" or not (active eq false))"#);
/// # Ok::<(), scim_core::filter::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every term matches.
    And(Vec<Self>),
    /// At least one term matches.
    Or(Vec<Self>),
    /// The filter does not match.
    Not(Box<Self>),
    /// `userName eq "bjensen"`
    Compare {
        /// The attribute.
        path: AttrPath,
        /// The operator.
        op: CompareOp,
        /// The value at the right.
        value: Literal,
    },
    /// `title pr`
    Present {
        /// The attribute.
        path: AttrPath,
    },
    /// `emails[type eq "work"]`: some value of the attribute matches the filter in the brackets.
    ValuePath {
        /// The attribute.
        attr: AttrPath,
        /// What one value must match; it holds no value path itself.
        filter: Box<Self>,
        /// What a sub-attribute of a matching value must fulfil, as in `emails[type eq "work"].value eq "x"`.
        test: Option<Box<SubTest>>,
    },
}

/// The test after the brackets of [`Filter::ValuePath`].
#[derive(Clone, Debug, PartialEq)]
pub enum SubTest {
    /// `.value eq "x"`
    Compare {
        /// The sub-attribute.
        sub: String,
        /// The operator.
        op: CompareOp,
        /// The value at the right.
        value: Literal,
    },
    /// `.value pr`
    Present {
        /// The sub-attribute.
        sub: String,
    },
}

/// A comparison operator, in the order of RFC 7644 §3.4.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
}

impl CompareOp {
    const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The operator in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        let &[first, second] = word.as_bytes() else { return None };
        let lower = [first.to_ascii_lowercase(), second.to_ascii_lowercase()];
        Self::ALL.into_iter().find(|op| op.as_str().as_bytes() == lower)
    }

    fn is_ordering(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }

    fn is_substring(self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }
}

/// The value at the right of an operator: JSON without arrays and objects.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A string; attributes of type dateTime, reference and binary are compared with strings too.
    String(String),
    /// A number.
    Number(NumberLiteral),
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Literal {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Literal {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Literal {
    fn from(value: i64) -> Self {
        Self::Number(NumberLiteral { text: value.to_string() })
    }
}

impl From<jiff::Timestamp> for Literal {
    fn from(instant: jiff::Timestamp) -> Self {
        Self::String(instant.to_string())
    }
}

/// A JSON number (RFC 8259 §6) that keeps its spelling, so that `1.0` prints as `1.0` and no digit is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberLiteral {
    text: String,
}

impl NumberLiteral {
    /// Reads a JSON number: no leading zeros, no `+`, no bare point.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        fn digits(bytes: &[u8]) -> (usize, &[u8]) {
            let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (count, &bytes[count..])
        }
        let unsigned = text.strip_prefix('-').unwrap_or(text).as_bytes();
        let (count, mut rest) = digits(unsigned);
        if count == 0 || (count > 1 && unsigned[0] == b'0') {
            return None;
        }
        if let [b'.', fraction @ ..] = rest {
            let (count, after) = digits(fraction);
            if count == 0 {
                return None;
            }
            rest = after;
        }
        if let [b'e' | b'E', exponent @ ..] = rest {
            let exponent = match exponent {
                [b'+' | b'-', exponent @ ..] => exponent,
                _ => exponent,
            };
            let (count, after) = digits(exponent);
            if count == 0 {
                return None;
            }
            rest = after;
        }
        rest.is_empty().then(|| Self { text: text.to_owned() })
    }

    /// The number as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value, if it is written as an integer and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.text.parse().ok()
    }

    /// The nearest double; infinite if the number is too large for one.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.text.parse().expect("a JSON number is a Rust float literal")
    }

    fn as_i128(&self) -> Option<i128> {
        self.text.parse().ok()
    }
}

/// How large a filter may be. Text from outside is refused, not cut, when it is larger.
///
/// ```
/// use scim_core::filter::{Filter, Limits};
///
/// let small = Limits { terms: 1, ..Limits::default() };
/// assert!(Filter::parse_with("title pr", &small).is_ok());
/// assert!(Filter::parse_with("title pr and active eq true", &small).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text; 65536 by default.
    pub length: usize,
    /// Nested parentheses and brackets; 64 by default, never more than 128.
    pub depth: usize,
    /// Comparisons and presence tests; 1000 by default.
    pub terms: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { length: 65_536, depth: 64, terms: 1000 }
    }
}

impl Filter {
    /// Parses a filter with the default [`Limits`]. Takes time linear in the length of the text.
    ///
    /// # Errors
    /// The text is not a filter; [`ParseError::render`] shows where and how to fix it.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Limits::default())
    }

    /// Parses a filter.
    ///
    /// # Errors
    /// The text is not a filter, or is larger than `limits`.
    pub fn parse_with(text: &str, limits: &Limits) -> Result<Self, ParseError> {
        parse::filter(text, limits)
    }

    /// The terms of a filter that only says `a eq x and b eq y`, as names and values; empty for any other filter.
    ///
    /// A PATCH `add` to `emails[type eq "work"].value` can create the value it does not find from these. Names with
    /// a sub-attribute or a schema URI make the filter one of the other filters.
    #[must_use]
    pub fn required_equalities(&self) -> Vec<(&str, &Literal)> {
        let terms = match self {
            Self::And(terms) => terms.as_slice(),
            term => std::slice::from_ref(term),
        };
        let equality = |term| match term {
            &Self::Compare { ref path, op: CompareOp::Eq, ref value }
                if path.sub().is_none() && path.urn().is_none() =>
            {
                Some((path.name(), value))
            }
            _ => None,
        };
        terms.iter().map(equality).collect::<Option<_>>().unwrap_or_default()
    }
}

impl Filter {
    /// Both this filter and the other one match.
    ///
    /// ```
    /// use scim_core::filter::attr::{active, user_name};
    ///
    /// let filter = user_name().eq("o\"brien").and(!active().eq(false).or(active().absent()));
    /// assert_eq!(filter.to_string(), r#"userName eq "o\"brien" and not (active eq false or not (active pr))"#);
    /// ```
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all(vec![self, other])
    }

    /// This filter or the other one matches.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::any(vec![self, other])
    }

    /// All of the terms; those of a nested `And` take its place. At least one is needed.
    #[must_use]
    pub fn all(terms: Vec<Self>) -> Self {
        if terms.len() > 1 && !terms.iter().any(|term| matches!(term, Self::And(_))) {
            return Self::And(terms);
        }
        let mut flat = Vec::with_capacity(terms.len());
        for term in terms {
            match term {
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Self::And(flat) }
    }

    /// Any of the terms; those of a nested `Or` take its place. At least one is needed.
    #[must_use]
    pub fn any(terms: Vec<Self>) -> Self {
        if terms.len() > 1 && !terms.iter().any(|term| matches!(term, Self::Or(_))) {
            return Self::Or(terms);
        }
        let mut flat = Vec::with_capacity(terms.len());
        for term in terms {
            match term {
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Self::Or(flat) }
    }
}

impl Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }
}

impl FromStr for Filter {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}
