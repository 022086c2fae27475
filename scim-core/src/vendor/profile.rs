//! The tables and keys of a vendor profile.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    load::{DataFileError, closest, parse_toml},
    value::{
        Deactivate, Delete, DomainCheck, EditElsewhere, Existing, Fallback, Grade, GrantKind, GrantMatch,
        GrantTarget, IdForm, ListScope, MembersRead, Operation, Tolerance, UnknownMember, WriteBody,
    },
};
use crate::{patch::Tolerances, path::AttrPath, schema::ResourceType};

/// How a vendor's service provider behaves.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Profile {
    /// Which vendor, and when it was so.
    pub profile: Identity,
    /// What `/Users` answers.
    #[serde(default)]
    pub user: UserRules,
    /// What `/Groups` answers.
    #[serde(default)]
    pub group: GroupRules,
    /// Page sizes.
    #[serde(default)]
    pub page: PageRules,
    /// What PATCH accepts.
    #[serde(default)]
    pub patch: PatchRules,
    /// What deactivation and deletion do.
    #[serde(default)]
    pub life: LifeRules,
    /// Uniqueness.
    #[serde(default)]
    pub conflict: ConflictRules,
    /// Verified e-mail domains.
    #[serde(default)]
    pub domain: DomainRules,
    /// What the tenant that a mock plays has set up.
    #[serde(default)]
    pub tenant: Tenant,
    /// How roles are chosen.
    #[serde(default, rename = "grant")]
    pub grants: Vec<Grant>,
    /// How far to trust each key.
    #[serde(default)]
    pub evidence: Evidence,
}

impl Profile {
    /// A profile that ships with the crate; see [`Profile::names`].
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        let (name, text) = BUILTIN.iter().find(|(known, _)| *known == name)?;
        Some(Self::parse(text, name).expect("built-in profiles are well-formed"))
    }

    /// The names that [`Profile::builtin`] knows; the first is the usual one.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| *name)
    }

    /// Reads a profile. `origin` is the file's name, for errors.
    ///
    /// # Errors
    /// The text is not TOML, has a key or a value that the vocabulary does not have, or contradicts itself.
    pub fn parse(text: &str, origin: &str) -> Result<Self, DataFileError> {
        let profile: Self = parse_toml(text, origin, KNOWN_KEYS)?;
        profile.check(text, origin)?;
        Ok(profile)
    }

    /// The PATCH tolerances that the profile switches on.
    #[must_use]
    pub fn tolerances(&self) -> Tolerances {
        let mut tolerances = Tolerances::strict();
        for tolerance in &self.patch.tolerances {
            *tolerance.flag(&mut tolerances) = true;
        }
        tolerances
    }

    /// How far to trust a key, such as `life.deactivate`.
    #[must_use]
    pub fn grade(&self, key: &str) -> Grade {
        self.evidence.keys.get(key).copied().unwrap_or(self.evidence.default)
    }

    fn check(&self, text: &str, origin: &str) -> Result<(), DataFileError> {
        let wrong = |needle: &str, message: String| DataFileError::at_text(text, origin, needle, message);
        for key in self.evidence.keys.keys() {
            if !KNOWN_KEYS.contains(&key.as_str()) {
                let error = wrong(key, format!("there is no key `{key}` to have evidence for"));
                return Err(match closest(key, KNOWN_KEYS.iter().copied()) {
                    Some(meant) => error.with_hint(format!("did you mean `{meant}`?")),
                    None => error,
                });
            }
        }
        if self.page.max == 0 || self.page.default > self.page.max {
            let message =
                format!("page.default {} must be at most page.max {}", self.page.default, self.page.max);
            return Err(wrong("page", message));
        }
        for (status, needle) in [(self.user.patch_status, "user"), (self.group.patch_status, "group")] {
            if status != 200 && status != 204 {
                return Err(wrong(needle, format!("patch_status must be 200 or 204, got {status}")));
            }
        }
        let (user, group) = (ResourceType::user(), ResourceType::group());
        let unique = self.conflict.on.iter().map(|name| (name, &user));
        for (name, resource_type) in unique.chain(self.group.unique.iter().map(|name| (name, &group))) {
            if resource_type.attribute(name).is_none() {
                return Err(wrong(name, format!("{} has no attribute `{name}`", resource_type.name)));
            }
        }
        self.grants.iter().try_for_each(|grant| grant.check(&self.tenant, &user, &wrong))
    }
}

/// `[profile]`: which vendor, and when it was so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Identity {
    /// Short name.
    pub id: String,
    /// Name for a person.
    pub title: String,
    /// Date of the newest source.
    pub as_of: String,
    /// What the vendor asks for before SCIM works, such as a plan. Informs only.
    #[serde(default)]
    pub gate: Vec<String>,
    /// Identity providers that the vendor names. Informs only.
    #[serde(default)]
    pub idps: Vec<String>,
}

/// `[user]`: what `/Users` answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct UserRules {
    /// Requests that are served; the others get 405.
    pub ops: Vec<Operation>,
    /// Form of ids.
    pub id: IdForm,
    /// Which accounts SCIM shows.
    pub list_scope: ListScope,
    /// 200 with the resource, or 204.
    pub patch_status: u16,
    /// What create and replace answer with.
    pub write_body: WriteBody,
    /// Whether the vendor's own screens may change a user that SCIM manages.
    pub edit_elsewhere: EditElsewhere,
}

impl Default for UserRules {
    fn default() -> Self {
        Self {
            ops: Operation::ALL.to_vec(),
            id: IdForm::default(),
            list_scope: ListScope::default(),
            patch_status: 200,
            write_body: WriteBody::default(),
            edit_elsewhere: EditElsewhere::default(),
        }
    }
}

/// `[group]`: what `/Groups` answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct GroupRules {
    /// Requests that are served; empty means that there are no groups at all.
    pub ops: Vec<Operation>,
    /// Form of ids.
    pub id: IdForm,
    /// 200 with the resource, or 204.
    pub patch_status: u16,
    /// Whether members are shown.
    pub members_read: MembersRead,
    /// What a member that does not exist does.
    pub unknown_member: UnknownMember,
    /// Attributes that must be unique.
    pub unique: Vec<String>,
}

impl Default for GroupRules {
    fn default() -> Self {
        Self {
            ops: Operation::ALL.to_vec(),
            id: IdForm::default(),
            patch_status: 200,
            members_read: MembersRead::default(),
            unknown_member: UnknownMember::default(),
            unique: Vec::new(),
        }
    }
}

/// `[page]`: page sizes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PageRules {
    /// When the request does not say.
    pub default: usize,
    /// At most; a larger `count` gets this many.
    pub max: usize,
}

impl Default for PageRules {
    fn default() -> Self {
        Self { default: 100, max: 200 }
    }
}

/// `[patch]`: what PATCH accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PatchRules {
    /// Departures from the RFC that are accepted.
    pub tolerances: Vec<Tolerance>,
}

/// `[life]`: what deactivation and deletion do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LifeRules {
    /// What `active: false` does.
    pub deactivate: Deactivate,
    /// What DELETE does.
    pub delete: Delete,
}

/// `[conflict]`: uniqueness of users.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ConflictRules {
    /// Attributes that must be unique.
    pub on: Vec<String>,
    /// What creating a user does when the account exists already.
    pub existing: Existing,
}

impl Default for ConflictRules {
    fn default() -> Self {
        Self { on: vec!["userName".to_owned()], existing: Existing::default() }
    }
}

/// `[domain]`: verified e-mail domains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct DomainRules {
    /// When the domain of `userName` must be one of `tenant.verified_domains`; otherwise the request gets 400.
    pub verified: DomainCheck,
}

/// `[tenant]`: what the tenant that a mock plays has set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Tenant {
    /// Roles, or permission sets, that exist.
    pub roles: Vec<String>,
    /// E-mail domains that were verified.
    pub verified_domains: Vec<String>,
}

/// `[[grant]]`: how a role is chosen from the data that the client sends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Grant {
    /// What is granted.
    pub kind: GrantKind,
    /// Path of the attribute that decides, such as `title`.
    pub from: String,
    /// How its value is compared with `tenant.roles`.
    #[serde(rename = "match")]
    pub matching: GrantMatch,
    /// What happens without a value.
    pub none: Fallback,
    /// What happens with a value that is no role.
    pub unknown: Fallback,
    /// The role that [`Fallback::Minimal`] gives.
    pub minimal: Option<String>,
    /// Attribute that shows the role; the server computes it, and what a client sends there is ignored.
    #[serde(default)]
    pub into: GrantTarget,
}

impl Grant {
    /// The path of the attribute that decides.
    #[must_use]
    pub fn from_path(&self) -> AttrPath {
        self.from.parse().unwrap_or_else(|_| AttrPath::new(self.from.as_str()))
    }

    /// The role for a value of [`Grant::from`]; the error is the value that the profile refuses.
    ///
    /// # Errors
    /// The profile says [`Fallback::Reject400`] for it.
    pub fn role(&self, tenant: &Tenant, value: Option<&str>) -> Result<Option<String>, String> {
        let fallback = match value.filter(|value| !value.is_empty()) {
            Some(value) => {
                let same = |role: &&String| match self.matching {
                    GrantMatch::Exact => role.as_str() == value,
                    GrantMatch::ExactCi => role.to_lowercase() == value.to_lowercase(),
                };
                if let Some(role) = tenant.roles.iter().find(same) {
                    return Ok(Some(role.clone()));
                }
                self.unknown
            }
            None => self.none,
        };
        match fallback {
            Fallback::Minimal => Ok(self.minimal.clone()),
            Fallback::Ignore => Ok(None),
            Fallback::Reject400 => Err(value.unwrap_or_default().to_owned()),
        }
    }

    fn check(
        &self,
        tenant: &Tenant,
        user: &ResourceType,
        wrong: &impl Fn(&str, String) -> DataFileError,
    ) -> Result<(), DataFileError> {
        let path: Option<AttrPath> = self.from.parse().ok();
        if path.and_then(|path| user.resolve(&path).map(|_| ())).is_none() {
            return Err(wrong(&self.from, format!("`{}` is no attribute of User", self.from)));
        }
        let falls_back = self.none == Fallback::Minimal || self.unknown == Fallback::Minimal;
        match &self.minimal {
            None if falls_back => {
                Err(wrong("[[grant]]", "the grant falls back to `minimal` and does not say it".into()))
            }
            Some(role) if !tenant.roles.contains(role) => {
                Err(wrong(role, format!("`{role}` is not one of tenant.roles")))
            }
            _ => Ok(()),
        }
    }
}

/// `[evidence]`: how far to trust each key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Evidence {
    /// Keys that are not listed.
    pub default: Grade,
    /// Keys, written `table.key`.
    pub keys: BTreeMap<String, Grade>,
    /// Where it was read.
    pub src: Vec<String>,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { default: Grade::Inferred, keys: BTreeMap::new(), src: Vec::new() }
    }
}

const BUILTIN: &[(&str, &str)] = &[
    ("interop", include_str!("../../vendors/interop.toml")),
    ("rfc", include_str!("../../vendors/rfc.toml")),
    ("hubspot", include_str!("../../vendors/hubspot.toml")),
];

const KNOWN_KEYS: &[&str] = &[
    "profile.id",
    "profile.title",
    "profile.as_of",
    "profile.gate",
    "profile.idps",
    "user.ops",
    "user.id",
    "user.list_scope",
    "user.patch_status",
    "user.write_body",
    "user.edit_elsewhere",
    "group.ops",
    "group.id",
    "group.patch_status",
    "group.members_read",
    "group.unknown_member",
    "group.unique",
    "page.default",
    "page.max",
    "patch.tolerances",
    "life.deactivate",
    "life.delete",
    "conflict.on",
    "conflict.existing",
    "domain.verified",
    "tenant.roles",
    "tenant.verified_domains",
    "grant.kind",
    "grant.from",
    "grant.match",
    "grant.none",
    "grant.unknown",
    "grant.minimal",
    "grant.into",
    "evidence.default",
    "evidence.keys",
    "evidence.src",
];
