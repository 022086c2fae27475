//! What can be wrong with an endpoint: each [`Check`] has a stable id, a level, a citation and advice.
//!
//! [`exchange`] judges a single request and response by the RFCs; [`crate::run`] judges what the endpoint stored and
//! finds the cause when a provider's request fails. Both report in terms of the checks listed here.

pub mod catalog;
pub mod client;
pub mod exchange;
pub mod explain;
pub mod harm;
mod resource;

use std::fmt;

use crate::idp::Dialect;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// An identity provider stops, or silently does the wrong thing.
    BreaksIdp,
    /// The endpoint violates a MUST, SHALL or REQUIRED.
    Must,
    /// The endpoint violates a SHOULD, or keeps less than it advertises.
    Should,
    /// A provider would stumble over it, if it behaves as is inferred; nothing but inferred behavior shows it.
    Warning,
    /// Permitted, and worth knowing.
    Info,
}

impl Level {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BreaksIdp => "breaks-idp",
            Self::Must => "must",
            Self::Should => "should",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that an endpoint can get wrong.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Stable id: lower case, `area.problem`.
    pub id: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is wrong, in one sentence.
    pub title: &'static str,
    /// The rule: RFC section or provider document.
    pub citation: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    /// Providers that are known to stumble over it wherever it occurs. Providers in whose story it occurred are added.
    pub breaks: &'static [Dialect],
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Check {}

/// The check with that id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Check> {
    catalog::ALL.iter().copied().find(|check| check.id == id)
}

/// Which checks a run reports: `--only` and `--skip` patterns with `*` and `?` on check ids.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    only: Vec<globset::GlobMatcher>,
    skip: Vec<globset::GlobMatcher>,
}

impl Selection {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// The pattern that does not parse or that no check id matches, with the reason.
    pub fn new(only: &[String], skip: &[String]) -> Result<Self, String> {
        Ok(Self { only: compile(only)?, skip: compile(skip)? })
    }

    /// Whether findings of a check are reported.
    #[must_use]
    pub fn includes(&self, id: &str) -> bool {
        let any = |globs: &[globset::GlobMatcher]| globs.iter().any(|glob| glob.is_match(id));
        (self.only.is_empty() || any(&self.only)) && !any(&self.skip)
    }
}

fn compile(patterns: &[String]) -> Result<Vec<globset::GlobMatcher>, String> {
    patterns
        .iter()
        .map(|pattern| {
            let glob = globset::Glob::new(pattern).map_err(|error| error.to_string())?.compile_matcher();
            if catalog::ALL.iter().any(|check| glob.is_match(check.id)) {
                return Ok(glob);
            }
            let near = catalog::ALL
                .iter()
                .map(|check| (strsim::damerau_levenshtein(check.id, pattern), check.id))
                .min()
                .filter(|(distance, _)| *distance <= 4);
            Err(match near {
                Some((_, id)) => format!("no check id matches {pattern:?}; did you mean {id:?}?"),
                None => format!("no check id matches {pattern:?}; `scim test --list` shows them all"),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_complete() {
        let mut ids: Vec<&str> = catalog::ALL.iter().map(|check| check.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for check in catalog::ALL {
            assert!(
                check.id.contains('.') && !check.citation.is_empty() && !check.fix.is_empty(),
                "{}",
                check.id
            );
            assert!(!check.title.is_empty() && !check.title.ends_with('.'), "{}", check.id);
        }
    }

    #[test]
    fn selection_is_by_pattern_and_says_what_it_does_not_know() {
        let selection = Selection::new(&["patch.*".to_owned()], &["patch.op-case".to_owned()]).unwrap();
        assert!(selection.includes("patch.boolean-string"));
        assert!(!selection.includes("patch.op-case"));
        assert!(!selection.includes("list.total-results"));
        let error = Selection::new(&["patch.op-cas".to_owned()], &[]).unwrap_err();
        assert_eq!(error, "no check id matches \"patch.op-cas\"; did you mean \"patch.op-case\"?");
    }
}
