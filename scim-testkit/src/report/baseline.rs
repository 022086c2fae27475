//! Findings that are known and accepted: only what is new fails a run.
//!
//! A baseline is a JSON report of an earlier run (`scim test URL --format json --output baseline.json`); only the
//! `id`, `subject`, `level` and `idps` of its findings are read, so it can be shortened by hand.

use std::fmt;

use serde::Deserialize;

use super::{Report, arrange::LEVELS};

/// The findings of an earlier run.
#[derive(Clone, Debug, Deserialize)]
pub struct Baseline {
    findings: Vec<Known>,
}

#[derive(Clone, Debug, Deserialize)]
struct Known {
    id: String,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    level: Option<String>,
    #[serde(default)]
    idps: Option<Vec<String>>,
}

/// A baseline file that cannot be used.
#[derive(Debug)]
pub struct BaselineError(serde_json::Error);

impl fmt::Display for BaselineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a report in JSON: {}", self.0)
    }
}

impl std::error::Error for BaselineError {}

impl Baseline {
    /// Reads a report of an earlier run.
    ///
    /// ```
    /// use scim_testkit::report::baseline::Baseline;
    ///
    /// Baseline::parse(r#"{"findings": [{"id": "error.status"}]}"#)?;
    /// assert!(Baseline::parse("<html>").is_err());
    /// # Ok::<(), scim_testkit::report::baseline::BaselineError>(())
    /// ```
    ///
    /// # Errors
    /// The text is not JSON, or has no `findings`.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        serde_json::from_str(text).map_err(BaselineError)
    }
}

impl Known {
    fn covers(&self, finding: &super::Finding) -> bool {
        let rank = |level: &str| LEVELS.iter().position(|known| *known == level);
        // What got worse, or breaks one more provider, is new.
        let no_worse = self.level.as_deref().is_none_or(|level| rank(finding.level) >= rank(level));
        let nobody_new = self
            .idps
            .as_ref()
            .is_none_or(|known| finding.idps.iter().all(|idp| known.iter().any(|it| it == idp)));
        self.id == finding.id && self.subject == finding.subject && no_worse && nobody_new
    }
}

impl Report {
    /// Marks the findings that a baseline has: they are shown, and do not fail the run. Gives the findings of the
    /// baseline that this run did not see, by id and subject.
    pub fn accept(&mut self, baseline: &Baseline) -> Vec<String> {
        for finding in &mut self.findings {
            finding.known = baseline.findings.iter().any(|known| known.covers(finding));
        }
        let seen = |known: &&Known| {
            self.findings.iter().any(|finding| finding.id == known.id && finding.subject == known.subject)
        };
        let gone =
            baseline.findings.iter().filter(|known| !seen(known) && known.level.as_deref() != Some("info"));
        gone.map(|known| match &known.subject {
            Some(subject) => format!("{}: {subject}", known.id),
            None => known.id.clone(),
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::Level,
        report::{Verdict, sample, sample_report},
    };

    #[test]
    fn only_what_is_new_or_worse_fails() {
        let mut report = sample_report(vec![
            sample("error.status", "must", &[]),
            sample("filter.ignored", "must", &["okta"]),
        ]);
        report.summary.errors = 0;
        let baseline = Baseline::parse(&report.to_json()).unwrap();
        assert_eq!(report.verdict(), Verdict::Findings);
        assert_eq!(report.accept(&baseline), Vec::<String>::new());
        assert_eq!(report.verdict(), Verdict::Conforms);
        assert!(report.findings.iter().all(|finding| finding.known));

        report.findings[1].idps.push("entra");
        report.accept(&baseline);
        assert!(!report.findings[1].known, "it breaks one more provider");
        assert_eq!(report.verdict_at(Level::Should), Verdict::Findings);

        report.findings.clear();
        assert_eq!(report.accept(&baseline), ["error.status", "filter.ignored"]);
    }
}
