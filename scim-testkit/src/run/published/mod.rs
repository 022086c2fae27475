//! The test suites that identity providers publish themselves, played request by request.
//!
//! Okta asks every catalog application to pass its SPEC test; Microsoft's gallery asks for its validator. What they
//! assert is partly more than the RFCs ask for, so a suite is played only when it is named. A failed assertion is
//! reported as the check that names its cause, and where there is none, as a failed step of that suite.
//!
//! Not supported: pauses between steps, limits on response time, and what needs a tenant of the provider.

mod blame;
mod change;
mod look;
mod perform;
mod request;
mod script;
#[cfg(test)]
mod tests;

use std::{fmt, sync::LazyLock};

use scim_core::vendor::load::parse_toml;

pub(super) use self::perform::play;
use self::script::{Known, Script};
use crate::{
    check::{Check, catalog},
    idp::Grade,
};

/// A test suite that an identity provider publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Published {
    /// Okta's SPEC test, which a catalog application must pass.
    OktaSpec,
    /// Okta's CRUD test: what Okta does to the endpoint, and what the endpoint must show after each change.
    OktaCrud,
    /// Okta's entitlement test, one request for each endpoint of roles and entitlements.
    OktaEntitlements,
    /// Microsoft's SCIM validator.
    EntraValidator,
    /// The direct HTTP tests among those of Microsoft's logic app, the gate of the gallery since 2026.
    EntraLogicApp,
}

impl Published {
    /// Every suite, in the order in which a run plays them.
    pub const ALL: [Self; 5] =
        [Self::OktaSpec, Self::OktaCrud, Self::OktaEntitlements, Self::EntraValidator, Self::EntraLogicApp];

    /// The name used on the command line and in reports.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::OktaSpec => "okta-spec",
            Self::OktaCrud => "okta-crud",
            Self::OktaEntitlements => "okta-entitlements",
            Self::EntraValidator => "entra-validator",
            Self::EntraLogicApp => "entra-logic-app",
        }
    }

    /// The name for a person.
    #[must_use]
    pub fn title(self) -> &'static str {
        &self.script().title
    }

    /// Where the suite is published, or was seen.
    #[must_use]
    pub fn source(self) -> &'static str {
        &self.script().source
    }

    /// When the source was read.
    #[must_use]
    pub fn date(self) -> &'static str {
        &self.script().date
    }

    /// The suite with that [`id`](Self::id).
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.id() == id)
    }

    /// The rows of the report: name and title.
    pub fn stories(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.script().groups.iter().map(|group| (group.name.as_str(), group.title.as_str()))
    }

    /// Every step of the suite, those that cannot be played among them.
    #[must_use]
    pub fn steps(self) -> Vec<PublishedStep> {
        let script = self.script();
        let mut steps = Vec::new();
        for group in &script.groups {
            for step in group.steps.iter().filter(|step| !step.step.is_empty()) {
                steps.push(PublishedStep {
                    story: &group.name,
                    step: &step.step,
                    title: &step.title,
                    grade: grade(step.grade.unwrap_or(script.grade)),
                    optional: step.optional,
                    unplayed: Some(step.unplayed.as_str()).filter(|reason| !reason.is_empty()),
                    checks: step.checks(),
                });
            }
        }
        steps
    }

    /// What a failed step is reported as when no other check names the cause.
    fn step_check(self) -> &'static Check {
        match self {
            Self::OktaSpec => &catalog::OKTA_SPEC_STEP,
            Self::OktaCrud => &catalog::OKTA_CRUD_STEP,
            Self::OktaEntitlements => &catalog::OKTA_ENTITLEMENTS_STEP,
            Self::EntraValidator => &catalog::ENTRA_VALIDATOR_STEP,
            Self::EntraLogicApp => &catalog::ENTRA_LOGIC_APP_STEP,
        }
    }

    fn script(self) -> &'static Script {
        static SCRIPTS: LazyLock<Vec<Script>> =
            LazyLock::new(|| Published::ALL.into_iter().map(read).collect());
        let place = Self::ALL.iter().position(|suite| *suite == self);
        &SCRIPTS[place.expect("ALL has every suite")]
    }
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// One step of a [`Published`] suite.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedStep {
    /// The row of the report that it belongs to.
    pub story: &'static str,
    /// Its number or name in the suite.
    pub step: &'static str,
    /// What it does, in one line.
    pub title: &'static str,
    /// How well it is known.
    pub grade: Grade,
    /// Whether the suite itself passes when this step fails.
    pub optional: bool,
    /// Why it is not played, if it is not.
    pub unplayed: Option<&'static str>,
    /// Checks that name the cause when it fails.
    pub checks: Vec<&'static str>,
}

fn grade(known: Known) -> Grade {
    match known {
        Known::Documented => Grade::Documented,
        Known::Observed => Grade::Observed,
        Known::Inferred => Grade::Inferred,
    }
}

fn read(suite: Published) -> Script {
    let text = match suite {
        Published::OktaSpec => include_str!("../../../suites/okta-spec.toml"),
        Published::OktaCrud => include_str!("../../../suites/okta-crud.toml"),
        Published::OktaEntitlements => include_str!("../../../suites/okta-entitlements.toml"),
        Published::EntraValidator => include_str!("../../../suites/entra-validator.toml"),
        Published::EntraLogicApp => include_str!("../../../suites/entra-logic-app.toml"),
    };
    parse_toml(text, suite.id(), &[]).expect("a test reads every suite's file")
}
