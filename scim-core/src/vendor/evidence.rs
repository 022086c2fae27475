//! How far to trust each key of a vendor profile, and where it was read.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, de};

use super::value::Grade;

/// `[evidence]`: how far to trust each key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Evidence {
    /// Keys that are not listed.
    pub default: Grade,
    /// Keys, written `table.key`.
    pub keys: BTreeMap<String, Mark>,
    /// Where it was read.
    pub src: Vec<String>,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { default: Grade::Inferred, keys: BTreeMap::new(), src: Vec::new() }
    }
}

/// What is known about one key: a grade, and which source it is from. Written `"D"`, or `"D2"` for the second source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How far to trust it.
    pub grade: Grade,
    /// Its source, from 1; `None`: any of them.
    pub source: Option<usize>,
}

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(MarkVisitor)
    }
}

struct MarkVisitor;

impl de::Visitor<'_> for MarkVisitor {
    type Value = Mark;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a grade, such as \"D\", or one with the number of its source, such as \"D2\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Mark, E> {
        let wrong = || E::invalid_value(de::Unexpected::Str(text), &self);
        let mut letters = text.chars();
        let grade = letters.next().and_then(Grade::from_letter).ok_or_else(wrong)?;
        let number = letters.as_str();
        let source = match number {
            "" => None,
            number => Some(number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?),
        };
        Ok(Mark { grade, source })
    }
}
