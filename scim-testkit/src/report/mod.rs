//! The outcome of a run as plain data, and its formats. Every format is a pure function of [`Report`].
//!
//! The JSON form is [`Report::to_json`]; its fields are those of the structs here. `schema_version` changes when a
//! field changes its meaning or goes away; new fields may appear at any time.

pub(crate) mod arrange;
pub mod baseline;
pub mod github;
pub mod human;
pub mod junit;
pub mod markdown;

use serde::Serialize;

use crate::{
    check::Level,
    run::{Leftover, Shown},
};

/// Everything that a run found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Version of this format: 1.
    pub schema_version: u32,
    /// Base URL of the endpoint.
    pub target: String,
    /// Title of the vendor profile, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The mildest level of a finding that fails the run; `should`, unless said otherwise.
    pub fail_on: &'static str,
    /// Counts.
    pub summary: Summary,
    /// Why the run could not be done, or not to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// One entry for each provider and story.
    pub stories: Vec<StoryReport>,
    /// What is wrong, most harmful first; what follows from another finding comes after it.
    pub findings: Vec<Finding>,
    /// What the run created and could not delete.
    pub leftovers: Vec<Leftover>,
}

/// Counts over a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Stories in which everything was as it should be.
    pub passed: usize,
    /// Stories in which the endpoint did something wrong.
    pub failed: usize,
    /// Stories that were not played.
    pub skipped: usize,
    /// Stories that could not be finished because no answer came.
    pub errors: usize,
    /// Requests sent.
    pub requests: u64,
    /// Duration in seconds.
    pub seconds: f64,
}

/// The outcome of one story played by one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoryReport {
    /// The dialect's id; `rfc` for the checks that belong to no provider.
    pub idp: String,
    /// The story's name.
    pub story: String,
    /// The story in one line.
    pub title: String,
    /// How it ended.
    pub status: Status,
    /// Why, unless it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What a vendor profile asked for and the endpoint did, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<String>,
}

impl StoryReport {
    pub(crate) fn skipped(idp: &str, story: &str, title: &str, reason: &str) -> Self {
        Self {
            idp: idp.to_owned(),
            story: story.to_owned(),
            title: title.to_owned(),
            status: Status::Skipped,
            reason: Some(reason.to_owned()),
            confirmed: Vec::new(),
        }
    }
}

/// How a story ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The endpoint did what it should.
    Passed,
    /// The endpoint did something wrong.
    Failed,
    /// It was not played.
    Skipped,
    /// No answer came.
    Error,
}

/// Something wrong with the endpoint, or worth knowing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The check's stable id.
    pub id: &'static str,
    /// `breaks-idp`, `must`, `should`, `warning` or `info`.
    pub level: &'static str,
    /// What it costs: `security`, `data-loss`, `idp-stops`, `spec` or `none`.
    pub harm: &'static str,
    /// The check of another finding that most likely explains this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<&'static str>,
    /// Whether a baseline has it: it is shown, and does not fail the run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// How well it is known that a provider does what it stumbled in: `documented`, `observed` or `inferred`; the best
    /// of all sightings. `None` where the RFC alone is the measure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<&'static str>,
    /// The providers that stumble over it.
    pub idps: Vec<&'static str>,
    /// The story in which it was first seen.
    pub story: String,
    /// The attribute that it is about, when the check can be about several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// One sentence.
    pub title: String,
    /// What should have happened.
    pub expected: String,
    /// What happened.
    pub got: String,
    /// The rule.
    pub citation: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// A command that sends the request again.
    pub curl: String,
    /// The request and the answer, secrets redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Shown>,
}

/// What a run comes to; the command line's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing wrong was found.
    Conforms,
    /// At least one finding that is more than a warning.
    Findings,
    /// The endpoint could not be asked, or not to the end.
    CouldNotAsk,
}

impl Report {
    /// What the run comes to, with [`Report::fail_on`] as the mildest level that counts; what a baseline has does not
    /// count. Findings weigh more than a run that broke off.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let fails = |finding: &Finding| !finding.known && arrange::at_least(finding.level, self.fail_on);
        if self.findings.iter().any(fails) {
            Verdict::Findings
        } else if self.error.is_some() || self.summary.errors > 0 {
            Verdict::CouldNotAsk
        } else {
            Verdict::Conforms
        }
    }

    /// The same with another mildest level that counts.
    #[must_use]
    pub fn verdict_at(&self, level: Level) -> Verdict {
        Self { fail_on: level.as_str(), ..self.clone() }.verdict()
    }

    /// The JSON form, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("the report has string keys only")
    }

    /// Whether any story was played to its end, or anything found.
    #[must_use]
    pub fn was_tested(&self) -> bool {
        self.stories.iter().any(|story| story.status != Status::Skipped) || !self.findings.is_empty()
    }

    /// Fails with the human report unless the endpoint was tested and conforms.
    ///
    /// # Panics
    /// When the verdict is not [`Verdict::Conforms`], or every story was skipped: a test that tests nothing must not pass.
    pub fn assert_clean(&self) {
        assert!(
            self.was_tested() && self.verdict() == Verdict::Conforms,
            "{}",
            human::render(self, false, 100)
        );
    }
}

/// A finding with that id and nothing much else, for tests.
#[cfg(test)]
pub(crate) fn sample(id: &'static str, level: &'static str, idps: &[&'static str]) -> Finding {
    Finding {
        id,
        level,
        harm: "none",
        blocked_by: None,
        known: false,
        evidence: None,
        idps: idps.to_vec(),
        story: "hire".to_owned(),
        subject: None,
        title: format!("{id} | <b> is wrong"),
        expected: "this".to_owned(),
        got: "that\n% and more".to_owned(),
        citation: "RFC 7644 §3",
        fix: "Do it.",
        curl: "curl -X GET 'http://localhost'".to_owned(),
        exchange: None,
    }
}

/// A report with these findings, and one story of each status, for tests.
#[cfg(test)]
pub(crate) fn sample_report(findings: Vec<Finding>) -> Report {
    let story = |story: &str, status, reason: Option<&str>| StoryReport {
        idp: "okta".to_owned(),
        story: story.to_owned(),
        title: format!("Story of {story}"),
        status,
        reason: reason.map(str::to_owned),
        confirmed: Vec::new(),
    };
    Report {
        schema_version: 1,
        target: "http://localhost/scim/v2".to_owned(),
        vendor: None,
        fail_on: "should",
        summary: Summary { passed: 1, failed: 1, skipped: 1, errors: 1, requests: 9, seconds: 0.5 },
        error: None,
        stories: vec![
            story("connect", Status::Passed, None),
            story("hire", Status::Failed, Some("filter.ignored")),
            story("purge", Status::Skipped, Some("Okta sends nothing")),
            story("leave", Status::Error, Some("no answer in 30 s")),
        ],
        findings,
        leftovers: Vec::new(),
    }
}
