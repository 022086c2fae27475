//! The identity providers and dialects that this crate simulates.

use std::fmt;

use super::{Entra, Flavor, IdentityProvider, Okta};

/// How well a behavior is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The provider's own documentation says so.
    Documented,
    /// A captured request shows it.
    Observed,
    /// Concluded from the above.
    Inferred,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Inferred => "inferred",
        })
    }
}

/// One provider in one dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dialect {
    /// Okta catalog and template applications: PATCH for status and groups, PUT for profiles.
    Okta,
    /// Okta applications made with the App Integration Wizard: GET, then PUT of the server's own representation.
    OktaAiw,
    /// Entra ID's default provisioning job.
    Entra,
    /// Entra ID with `aadOptscim062020` in the tenant URL.
    Entra062020,
}

impl Dialect {
    /// Every dialect, in the order in which a run plays them.
    pub const ALL: [Self; 4] = [Self::Okta, Self::OktaAiw, Self::Entra, Self::Entra062020];

    /// The name used on the command line and in reports.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::OktaAiw => "okta-aiw",
            Self::Entra => "entra",
            Self::Entra062020 => "entra-062020",
        }
    }

    /// The name for a person.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Okta => "Okta (catalog app)",
            Self::OktaAiw => "Okta (app wizard)",
            Self::Entra => "Entra ID",
            Self::Entra062020 => "Entra ID (aadOptscim062020)",
        }
    }

    /// The dialect with that [`id`](Self::id).
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.id() == id)
    }

    /// A simulator of this provider that has provisioned nobody yet.
    #[must_use]
    pub fn simulator(self) -> Box<dyn IdentityProvider> {
        match self {
            Self::Okta => Box::new(Okta::new(Flavor::Oin)),
            Self::OktaAiw => Box::new(Okta::new(Flavor::Aiw)),
            Self::Entra => Box::new(Entra::new(false)),
            Self::Entra062020 => Box::new(Entra::new(true)),
        }
    }

    /// Whether this is one of Okta's dialects.
    #[must_use]
    pub fn is_okta(self) -> bool {
        matches!(self, Self::Okta | Self::OktaAiw)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
