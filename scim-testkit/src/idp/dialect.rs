//! The identity providers and dialects that this crate simulates.
//!
//! A new dialect is a variant of [`Dialect`], its row in `TABLE`, and its fixtures (see [`super::evidence`]).

use std::fmt;

use super::{
    Authentik, AuthentikMode, Change, Cyberark, Entra, Flavor, Google, IdentityProvider, Job, Jumpcloud,
    Keycloak, Okta, Onelogin, Ping, Retries, evidence, retry,
};

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

impl Grade {
    /// Every grade, the best first.
    pub const ALL: [Self; 3] = [Self::Documented, Self::Observed, Self::Inferred];

    /// The word that fixtures and listings use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Inferred => "inferred",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose product a dialect belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// Any other provider.
    Other,
}

/// One provider in one dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dialect {
    /// Okta catalog and template applications: PATCH for status and groups, PUT for profiles.
    Okta,
    /// Okta applications made with the App Integration Wizard: GET, then PUT of the server's own representation.
    OktaAiw,
    /// An Okta catalog application with entitlements and Import User Schema.
    OktaOig,
    /// Entra ID's default provisioning job.
    Entra,
    /// Entra ID with `aadOptscim062020` in the tenant URL.
    Entra062020,
    /// Entra ID where accounts are matched by `externalId`.
    EntraMatchExternalId,
    /// Entra ID where accounts are matched by their work e-mail.
    EntraMatchEmail,
    /// Entra ID with `SingleAppRoleAssignment` mapped to the primary role.
    EntraRoleSingle,
    /// Entra ID with `AppRoleAssignmentsComplex` mapped to roles.
    EntraRolesComplex,
    /// Entra ID with `AssertiveAppRoleAssignmentsComplex` mapped to roles.
    EntraRolesAssertive,
    /// Entra ID's provisioning on demand.
    EntraOnDemand,
    /// OneLogin's SCIM v2 Enterprise connector.
    Onelogin,
    /// Google Workspace provisioning to an application of its catalog.
    Google,
    /// JumpCloud's custom SCIM integration.
    Jumpcloud,
    /// PingFederate's SCIM Provisioner, and PingOne.
    Ping,
    /// CyberArk Identity.
    Cyberark,
    /// authentik, going by the endpoint's `/ServiceProviderConfig`.
    Authentik,
    /// authentik at an endpoint whose `/ServiceProviderConfig` it cannot use.
    AuthentikNoConfig,
    /// authentik in its compatibility mode for AWS.
    AuthentikAws,
    /// Keycloak with the `keycloak-scim` extension, which updates with PUT.
    Keycloak,
    /// Keycloak with the `keycloak-scim` extension, set to update with PATCH.
    KeycloakPatch,
}

/// What there is to know of a dialect besides what it sends.
struct Row {
    dialect: Dialect,
    id: &'static str,
    aliases: &'static [&'static str],
    title: &'static str,
    family: Family,
    /// The dialect that it differs from in some requests: where it has no fixture, it sends what that one's shows.
    base: Option<Dialect>,
    /// Where its behavior is written down.
    sources: &'static [&'static str],
    /// The attribute by which it looks for a person's account.
    matching: &'static str,
    /// Whether it sends the manager reference.
    manager: bool,
    /// Whether the endpoint learns of an attribute that has no value any more.
    removals: bool,
    /// The attributes of a person that it sends with a create and never again, as a run names them, and those that an
    /// endpoint may make of them.
    create_only: &'static [&'static str],
    /// What it does about an endpoint in trouble.
    retries: &'static Retries,
    simulator: fn() -> Box<dyn IdentityProvider>,
}

/// Every dialect, in the order of the enumeration.
const TABLE: &[Row] = &[
    Row {
        dialect: Dialect::Okta,
        id: "okta",
        aliases: &["okta-oin"],
        title: "Okta (catalog app)",
        simulator: || Box::new(Okta::new(Flavor::Oin)),
        ..OKTA
    },
    Row {
        dialect: Dialect::OktaAiw,
        id: "okta-aiw",
        title: "Okta (app wizard)",
        simulator: || Box::new(Okta::new(Flavor::Aiw)),
        ..OKTA
    },
    Row {
        dialect: Dialect::OktaOig,
        id: "okta-oig",
        title: "Okta (catalog app with entitlements)",
        base: Some(Dialect::Okta),
        simulator: || Box::new(Okta::new(Flavor::Oig)),
        ..OKTA
    },
    Row {
        dialect: Dialect::Entra,
        id: "entra",
        title: "Entra ID",
        simulator: || Box::new(Entra::new(Job::Default)),
        ..ENTRA
    },
    Row {
        dialect: Dialect::Entra062020,
        id: "entra-062020",
        title: "Entra ID (aadOptscim062020)",
        base: Some(Dialect::Entra),
        simulator: || Box::new(Entra::new(Job::Optscim)),
        ..ENTRA
    },
    Row {
        dialect: Dialect::EntraMatchExternalId,
        id: "entra-match-external-id",
        title: "Entra ID (matching by externalId)",
        base: Some(Dialect::Entra),
        matching: "externalId",
        simulator: || Box::new(Entra::new(Job::MatchExternalId)),
        ..ENTRA
    },
    Row {
        dialect: Dialect::EntraMatchEmail,
        id: "entra-match-email",
        title: "Entra ID (matching by work e-mail)",
        base: Some(Dialect::Entra),
        matching: r#"emails[type eq "work"].value"#,
        simulator: || Box::new(Entra::new(Job::MatchEmail)),
        ..ENTRA
    },
    Row {
        dialect: Dialect::EntraRoleSingle,
        id: "entra-role-single",
        title: "Entra ID (SingleAppRoleAssignment)",
        base: Some(Dialect::Entra),
        simulator: || Box::new(Entra::new(Job::RoleSingle)),
        ..ENTRA
    },
    Row {
        dialect: Dialect::EntraRolesComplex,
        id: "entra-roles-complex",
        title: "Entra ID (AppRoleAssignmentsComplex)",
        base: Some(Dialect::Entra),
        simulator: || Box::new(Entra::new(Job::RolesComplex)),
        ..ENTRA
    },
    Row {
        dialect: Dialect::EntraRolesAssertive,
        id: "entra-roles-assertive",
        title: "Entra ID (AssertiveAppRoleAssignmentsComplex)",
        base: Some(Dialect::Entra),
        simulator: || Box::new(Entra::new(Job::RolesAssertive)),
        ..ENTRA
    },
    Row {
        dialect: Dialect::EntraOnDemand,
        id: "entra-on-demand",
        title: "Entra ID (on demand)",
        base: Some(Dialect::Entra),
        simulator: || Box::new(Entra::new(Job::OnDemand)),
        ..ENTRA
    },
    Row {
        dialect: Dialect::Onelogin,
        id: "onelogin",
        title: "OneLogin (SCIM v2 Enterprise)",
        sources: ONELOGIN_SOURCES,
        removals: false,
        simulator: || Box::new(Onelogin::default()),
        ..OTHER
    },
    Row {
        dialect: Dialect::Google,
        id: "google",
        aliases: &["google-workspace"],
        title: "Google Workspace (catalog app)",
        sources: GOOGLE_SOURCES,
        removals: false,
        simulator: || Box::new(Google::default()),
        ..OTHER
    },
    Row {
        dialect: Dialect::Jumpcloud,
        id: "jumpcloud",
        title: "JumpCloud",
        sources: JUMPCLOUD_SOURCES,
        removals: false,
        simulator: || Box::new(Jumpcloud::default()),
        ..OTHER
    },
    Row {
        dialect: Dialect::Ping,
        id: "ping",
        aliases: &["pingfederate", "pingone"],
        title: "PingFederate and PingOne",
        sources: PING_SOURCES,
        removals: false,
        simulator: || Box::new(Ping::default()),
        ..OTHER
    },
    Row {
        dialect: Dialect::Cyberark,
        id: "cyberark",
        aliases: &["idaptive"],
        title: "CyberArk Identity",
        sources: CYBERARK_SOURCES,
        removals: false,
        simulator: || Box::new(Cyberark::default()),
        ..OTHER
    },
    Row {
        dialect: Dialect::Authentik,
        id: "authentik",
        title: "authentik",
        sources: AUTHENTIK_SOURCES,
        removals: false,
        simulator: || Box::new(Authentik::new(AuthentikMode::Default)),
        ..OTHER
    },
    Row {
        dialect: Dialect::AuthentikNoConfig,
        id: "authentik-no-config",
        title: "authentik (without ServiceProviderConfig)",
        base: Some(Dialect::Authentik),
        sources: AUTHENTIK_SOURCES,
        removals: false,
        simulator: || Box::new(Authentik::new(AuthentikMode::NoConfig)),
        ..OTHER
    },
    Row {
        dialect: Dialect::AuthentikAws,
        id: "authentik-aws",
        title: "authentik (AWS compatibility mode)",
        base: Some(Dialect::Authentik),
        sources: AUTHENTIK_SOURCES,
        removals: false,
        simulator: || Box::new(Authentik::new(AuthentikMode::Aws)),
        ..OTHER
    },
    Row {
        dialect: Dialect::Keycloak,
        id: "keycloak",
        title: "Keycloak (keycloak-scim)",
        sources: KEYCLOAK_SOURCES,
        removals: false,
        simulator: || Box::new(Keycloak::new(false)),
        ..OTHER
    },
    Row {
        dialect: Dialect::KeycloakPatch,
        id: "keycloak-patch",
        title: "Keycloak (keycloak-scim with patchOp)",
        base: Some(Dialect::Keycloak),
        sources: KEYCLOAK_SOURCES,
        removals: false,
        create_only: &["name.givenName", "name.familyName", "displayName", "emails.value"],
        simulator: || Box::new(Keycloak::new(true)),
        ..OTHER
    },
];

/// What most dialects have in common; a row takes what it does not say from here.
const OTHER: Row = Row {
    dialect: Dialect::Okta,
    id: "",
    aliases: &[],
    title: "",
    family: Family::Other,
    base: None,
    sources: &[],
    matching: "userName",
    manager: false,
    removals: true,
    create_only: &[],
    retries: &retry::UNKNOWN,
    simulator: || Box::new(Okta::new(Flavor::Oin)),
};
const OKTA: Row = Row { family: Family::Okta, sources: OKTA_SOURCES, retries: &retry::OKTA, ..OTHER };
const ENTRA: Row = Row {
    family: Family::Entra,
    sources: ENTRA_SOURCES,
    manager: true,
    removals: false,
    retries: &retry::ENTRA,
    ..OTHER
};

const ONELOGIN_SOURCES: &[&str] = &[
    "https://developers.onelogin.com/scim/define-user-schema",
    "https://github.com/goauthentik/authentik/issues/11249",
];
const GOOGLE_SOURCES: &[&str] =
    &["https://support.google.com/a/answer/7681608", "https://github.com/grokability/snipe-it/issues/12642"];
const JUMPCLOUD_SOURCES: &[&str] = &[
    "https://jumpcloud.com/support/provision-and-manage-users-and-groups-in-apps-using-custom-scim-identity-management-integration",
];
const PING_SOURCES: &[&str] = &["https://developer.pingidentity.com", "https://docs.pingidentity.com"];
const CYBERARK_SOURCES: &[&str] = &["https://identity-developer.cyberark.com"];
const AUTHENTIK_SOURCES: &[&str] =
    &["https://github.com/goauthentik/authentik/tree/main/authentik/providers/scim"];
const KEYCLOAK_SOURCES: &[&str] = &["https://github.com/mitodl/keycloak-scim"];

const OKTA_SOURCES: &[&str] = &[
    "https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20",
    "https://developer.okta.com/docs/concepts/scim/",
    "https://developer.okta.com/docs/concepts/scim/faqs/",
];
const ENTRA_SOURCES: &[&str] = &[
    "https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups",
    "https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility",
    "https://learn.microsoft.com/entra/identity/app-provisioning/how-provisioning-works",
];

impl Dialect {
    /// Every dialect, in the order in which a run plays them.
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::Okta; TABLE.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = TABLE[at].dialect;
            assert!(all[at] as usize == at, "the table is in the order of the enumeration");
            at += 1;
        }
        all
    };

    /// What a run plays when nothing is said: what most endpoints meet.
    pub const DEFAULT: [Self; 4] = [Self::Okta, Self::OktaAiw, Self::Entra, Self::Entra062020];

    /// The name used on the command line and in reports.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// Other names that [`from_id`](Self::from_id) takes.
    #[must_use]
    pub fn aliases(self) -> &'static [&'static str] {
        self.row().aliases
    }

    /// The name for a person.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// Whose product it is.
    #[must_use]
    pub fn family(self) -> Family {
        self.row().family
    }

    /// The dialect that this one is a variant of: what is not evidence of its own is that one's.
    #[must_use]
    pub fn base(self) -> Option<Self> {
        self.row().base
    }

    /// This dialect, its base, that one's base, and so on.
    pub fn lineage(self) -> impl Iterator<Item = Self> {
        // A base stands before its variant, so this ends.
        std::iter::successors(Some(self), |dialect| dialect.base().filter(|base| base < dialect))
    }

    /// Whether one of these is this dialect or one that it is a variant of.
    #[must_use]
    pub fn is_among(self, dialects: &[Self]) -> bool {
        self.lineage().any(|dialect| dialects.contains(&dialect))
    }

    /// Whether it tells the endpoint which roles of the application a person has.
    #[must_use]
    pub fn grants_roles(self) -> bool {
        matches!(
            self,
            Self::OktaOig | Self::EntraRoleSingle | Self::EntraRolesComplex | Self::EntraRolesAssertive
        )
    }

    /// Addresses of the documents that describe it.
    #[must_use]
    pub fn sources(self) -> &'static [&'static str] {
        self.row().sources
    }

    /// Whether a run plays it when nothing is said.
    #[must_use]
    pub fn is_default(self) -> bool {
        Self::DEFAULT.contains(&self)
    }

    /// The attribute by which it looks for a person's account.
    #[must_use]
    pub fn matches_by(self) -> &'static str {
        self.row().matching
    }

    /// Whether it sends the manager reference.
    #[must_use]
    pub fn sends_manager(self) -> bool {
        self.row().manager
    }

    /// Whether the endpoint learns of an attribute that has no value any more.
    #[must_use]
    pub fn sends_removals(self) -> bool {
        self.row().removals
    }

    /// Whether the endpoint learns of a change of that attribute: `title`, `emails.value`, `enterprise.department`.
    #[must_use]
    pub fn updates(self, attribute: &str) -> bool {
        !self.row().create_only.contains(&attribute)
    }

    /// Whether somebody who returns gets a new account at once where the old one is gone.
    #[must_use]
    pub fn creates_again(self) -> bool {
        self.family() != Family::Entra && !matches!(self, Self::Keycloak | Self::KeycloakPatch)
    }

    /// What it does about an endpoint that is slow, busy or broken.
    #[must_use]
    pub fn retries(self) -> &'static Retries {
        self.row().retries
    }

    /// The dialect with that [`id`](Self::id) or alias.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.id() == id || dialect.aliases().contains(&id))
    }

    /// A simulator of this provider that has provisioned nobody yet.
    #[must_use]
    pub fn simulator(self) -> Box<dyn IdentityProvider> {
        (self.row().simulator)()
    }

    /// How well it is known what this provider sends for such a change; see [`evidence::Fixture::thinnest`].
    ///
    /// A change without evidence is [`Grade::Inferred`].
    #[must_use]
    pub fn grade(self, change: &Change) -> Grade {
        evidence::of(self, evidence::scene(change)).map_or(Grade::Inferred, |fixture| fixture.thinnest())
    }

    /// Whether this is one of Okta's dialects.
    #[must_use]
    pub fn is_okta(self) -> bool {
        self.family() == Family::Okta
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
