//! The form of a suite's file (`suites/*.toml`): what is sent, and what the suite asserts of the answer.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A whole suite.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    pub(super) title: String,
    /// Where the suite is published, or was seen.
    pub(super) source: String,
    pub(super) date: String,
    pub(super) grade: Known,
    /// Headers of every request, less the credentials.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// `Content-Type` of requests with a body.
    pub(super) content_type: String,
    pub(super) groups: Vec<Group>,
}

/// How well a step is known; as [`crate::idp::Grade`], in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Known {
    Documented,
    Observed,
    Inferred,
}

/// Steps that build on each other; a row of the report.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) title: String,
    /// Whether it needs `/Groups`.
    #[serde(default)]
    pub(super) groups: bool,
    /// Names for texts, in order; later ones may use earlier ones.
    #[serde(default)]
    pub(super) vars: Vec<(String, String)>,
    /// Plays the steps once for each resource type with one of these schemas; `{{endpoint}}` is its endpoint.
    #[serde(default)]
    pub(super) for_each_type: Vec<String>,
    pub(super) steps: Vec<Step>,
}

/// One request, or one change in Okta's directory that makes Okta send requests.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Number or name in the suite; empty for the run's own preparation.
    #[serde(default)]
    pub(super) step: String,
    #[serde(default)]
    pub(super) title: String,
    pub(super) grade: Option<Known>,
    /// The suite itself calls it optional: its failure does not decide.
    #[serde(default)]
    pub(super) optional: bool,
    /// Why the step cannot be played.
    #[serde(default)]
    pub(super) unplayed: String,
    /// Method and target, such as `GET /Users?count=1`.
    #[serde(default)]
    pub(super) send: String,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// Leaves out of the body what `/Schemas` does not offer.
    #[serde(default)]
    pub(super) discovered: bool,
    /// Replaces the run's credentials.
    #[serde(default)]
    pub(super) authorization: String,
    /// A change that the simulated Okta tells the endpoint of.
    pub(super) change: Option<Act>,
    /// Statuses after which later steps cannot be judged, such as 202.
    #[serde(default)]
    pub(super) ends_on: Vec<u16>,
    /// How often it is sent.
    #[serde(default)]
    pub(super) times: usize,
    /// Names for values in the answer.
    #[serde(default)]
    pub(super) save: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) expect: Vec<Expect>,
}

/// What happens in Okta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Act {
    Hire,
    Update,
    Leave,
    Return,
}

/// One assertion.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    /// The status is one of these.
    #[serde(default)]
    pub(super) status: Vec<u16>,
    /// What the rest is about; without it, the whole answer.
    #[serde(default)]
    pub(super) at: String,
    pub(super) is: Option<Is>,
    /// The value as text.
    pub(super) equals: Option<String>,
    /// One of the values at `at`.
    pub(super) has: Option<String>,
    /// None of the values at `at`.
    pub(super) lacks: Option<String>,
    /// The answer shows what the last write carried.
    #[serde(default)]
    pub(super) stored: bool,
    /// The check that names the cause of a failure; without it, the suite's own.
    #[serde(default)]
    pub(super) check: String,
    /// The same, for one status.
    #[serde(default)]
    pub(super) on: BTreeMap<String, String>,
}

/// What a value can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Is {
    /// Absent, null or empty.
    Empty,
    NotEmpty,
    Number,
    /// An array, or absent because nothing matched.
    Array,
}

impl Step {
    /// Every check that a failure of this step can be reported as.
    pub(super) fn checks(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for expect in &self.expect {
            for id in std::iter::once(&expect.check).chain(expect.on.values()) {
                if !id.is_empty() && !ids.contains(&id.as_str()) {
                    ids.push(id);
                }
            }
        }
        ids
    }
}
