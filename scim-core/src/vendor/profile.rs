//! A vendor profile as a whole: reading it, and what it says about its own trustworthiness.

use std::{collections::BTreeMap, sync::Arc};

use http::{HeaderMap, header::USER_AGENT};
use serde::Deserialize;

use super::{
    evidence::{Evidence, Mark},
    grant::Grant,
    keys::{BUILTIN, KNOWN_KEYS},
    load::{DataFileError, closest, parse_toml},
    rules::{
        AttrRule, AuthRules, BulkRules, ConflictRules, Custom, DomainRules, ErrorRules, FilterRules,
        GroupRules, JitRules, LifeRules, PageRules, PatchRules, PutRules, RateRules, SeatRules, ServiceRules,
        Tenant, UserRules,
    },
    value::{Change, Grade, Instead, Wire},
};
use crate::{
    patch::Tolerances,
    path::AttrPath,
    schema::{Attribute, Mutability, ResourceType, Schema, Target},
};

/// How a vendor's service provider behaves.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Profile {
    /// Which vendor, and when it was so.
    pub profile: Identity,
    /// Discovery, and what every request needs.
    #[serde(default)]
    pub service: ServiceRules,
    /// Credentials.
    #[serde(default)]
    pub auth: AuthRules,
    /// What `/Users` answers.
    #[serde(default)]
    pub user: UserRules,
    /// What `/Groups` answers.
    #[serde(default)]
    pub group: GroupRules,
    /// Rules for single attributes of users.
    #[serde(default, rename = "attr")]
    pub attrs: Vec<AttrRule>,
    /// Attributes of users that the RFC does not have.
    #[serde(default, rename = "custom")]
    pub customs: Vec<Custom>,
    /// Which filters are answered.
    #[serde(default)]
    pub filter: FilterRules,
    /// Pages of lists.
    #[serde(default)]
    pub page: PageRules,
    /// Bulk requests.
    #[serde(default)]
    pub bulk: BulkRules,
    /// What PATCH accepts.
    #[serde(default)]
    pub patch: PatchRules,
    /// What PUT writes.
    #[serde(default)]
    pub put: PutRules,
    /// What deactivation and deletion do.
    #[serde(default)]
    pub life: LifeRules,
    /// Uniqueness.
    #[serde(default)]
    pub conflict: ConflictRules,
    /// Verified e-mail domains.
    #[serde(default)]
    pub domain: DomainRules,
    /// How many requests a client may make.
    #[serde(default)]
    pub rate: RateRules,
    /// Error bodies.
    #[serde(default)]
    pub error: ErrorRules,
    /// What the tenant that a mock plays has set up.
    #[serde(default)]
    pub tenant: Tenant,
    /// How roles are chosen.
    #[serde(default, rename = "grant")]
    pub grants: Vec<Grant>,
    /// Paid seats.
    #[serde(default)]
    pub seat: SeatRules,
    /// Accounts that the first single sign-on makes.
    #[serde(default)]
    pub jit: JitRules,
    /// What is otherwise on a condition.
    #[serde(default, rename = "variant")]
    pub variants: Vec<Variant>,
    /// How far to trust each key.
    #[serde(default)]
    pub evidence: Evidence,
    /// The keys that the file has.
    #[serde(skip)]
    pub(super) stated: Vec<String>,
}

impl Profile {
    /// A profile that ships with the crate, by a name of [`Profile::names`]. `name@variant` is the profile under the
    /// condition that the variant has.
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        let (base, variant) = match name.split_once('@') {
            Some((base, variant)) => (base, Some(variant)),
            None => (name, None),
        };
        let (id, text) = BUILTIN.iter().find(|(known, _)| *known == base)?;
        let profile = Self::parse(text, id).expect("built-in profiles are well-formed");
        match variant {
            Some(variant) => profile.variant(variant).cloned(),
            None => Some(profile),
        }
    }

    /// The names that [`Profile::builtin`] knows; the first is the usual one.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| *name)
    }

    /// The text of a built-in profile.
    #[must_use]
    pub fn builtin_text(name: &str) -> Option<&'static str> {
        BUILTIN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// Reads a profile. `origin` is the file's name, for errors.
    ///
    /// # Errors
    /// The text is not TOML, has a key or a value that the vocabulary does not have, or contradicts itself.
    pub fn parse(text: &str, origin: &str) -> Result<Self, DataFileError> {
        let mut profile: Self = parse_toml(text, origin, KNOWN_KEYS)?;
        let table: toml::Table = parse_toml(text, origin, KNOWN_KEYS)?;
        profile.stated = stated(&table);
        profile.check(text, origin)?;
        for index in 0..profile.variants.len() {
            let overlaid = profile.overlaid(&profile.variants[index], &table, text, origin)?;
            profile.variants[index].profile = Some(Box::new(overlaid));
        }
        Ok(profile)
    }

    /// The profile under the condition that the variant has.
    #[must_use]
    pub fn variant(&self, name: &str) -> Option<&Self> {
        self.variants.iter().find(|variant| variant.name == name)?.profile.as_deref()
    }

    /// The profile for a request with these headers: that of the first variant whose mark the request bears, or else
    /// the profile itself.
    #[must_use]
    pub fn for_request(&self, headers: &HeaderMap) -> &Self {
        let marked = self.variants.iter().find(|variant| variant.when.marks(headers));
        marked.and_then(|variant| variant.profile.as_deref()).unwrap_or(self)
    }

    /// The profile for an identity provider, such as `entra`: that of the first variant for it, or else the profile
    /// itself.
    #[must_use]
    pub fn for_client(&self, client: &str) -> &Self {
        let own = self.variants.iter().find(|variant| variant.when.client == client);
        own.and_then(|variant| variant.profile.as_deref()).unwrap_or(self)
    }

    /// Users as the vendor has them: the RFC's attributes and its own.
    #[must_use]
    pub fn user_type(&self) -> ResourceType {
        let mut made = ResourceType::user();
        for custom in &self.customs {
            let (urn, name) = custom.parts();
            let known = urn.and_then(|urn| made.extension(urn)).map(|extension| &*extension.schema);
            let mut schema = match urn {
                None => Schema::clone(&made.schema),
                Some(urn) => known.cloned().unwrap_or_else(|| Schema {
                    id: urn.to_owned(),
                    name: format!("{} User", self.profile.title),
                    description: format!("What users of {} have besides", self.profile.title),
                    attributes: Vec::new(),
                }),
            };
            let server_sets = self.attrs.iter().any(|rule| {
                rule.path.eq_ignore_ascii_case(&custom.path) && rule.mutability == Change::ReadOnly
            });
            let mutability = if server_sets { Mutability::ReadOnly } else { Mutability::ReadWrite };
            schema.attributes.push(Attribute { mutability, ..Attribute::new(name, custom.kind.kind()) });
            match urn {
                None => made.schema = Arc::new(schema),
                Some(_) => made = made.with_extension(schema),
            }
        }
        made
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

    /// Whether there is anything for SCIM to talk to.
    #[must_use]
    pub fn has_wire(&self) -> bool {
        self.profile.wire == Wire::Scim2
    }

    /// How far to trust a key, such as `life.deactivate`.
    #[must_use]
    pub fn grade(&self, key: &str) -> Grade {
        self.mark(key).grade
    }

    /// Where a key was read: its own source, or else the only one that there is.
    #[must_use]
    pub fn source(&self, key: &str) -> Option<&str> {
        let all = &self.evidence.src;
        let index = match self.mark(key).source {
            Some(number) => number - 1,
            None if all.len() == 1 && self.grade(key).is_firm() => 0,
            None => return None,
        };
        all.get(index).map(String::as_str)
    }

    /// The keys that the file has and that say how the vendor behaves, in the order of the vocabulary.
    #[must_use]
    pub fn stated(&self) -> &[String] {
        &self.stated
    }

    /// How many of those keys somebody read or saw, and how many there are.
    #[must_use]
    pub fn firm_share(&self) -> (usize, usize) {
        let firm = self.stated.iter().filter(|key| self.grade(key).is_firm()).count();
        (firm, self.stated.len())
    }

    /// What is not wrong and yet deserves a look: evidence for what the file does not say, keys without evidence.
    #[must_use]
    pub fn lints(&self) -> Vec<String> {
        let mut lints = Vec::new();
        for key in self.evidence.keys.keys() {
            if !key.starts_with("profile.") && !self.stated.contains(key) {
                lints.push(format!("{key}: there is evidence for it, and the file does not set it"));
            }
        }
        for key in &self.stated {
            if !self.evidence.keys.contains_key(key) && self.evidence.default == Grade::Inferred {
                lints.push(format!("{key}: it has no evidence, and counts as inferred"));
            }
            if self.grade(key).is_firm() && self.evidence.src.is_empty() {
                lints.push(format!("{key}: it is {}, and no source is named", self.grade(key).as_str()));
            }
        }
        lints
    }

    fn mark(&self, key: &str) -> Mark {
        let default = Mark { grade: self.evidence.default, source: None };
        self.evidence.keys.get(key).copied().unwrap_or(default)
    }

    fn overlaid(
        &self,
        variant: &Variant,
        table: &toml::Table,
        text: &str,
        origin: &str,
    ) -> Result<Self, DataFileError> {
        let wrong = |needle: &str, message: String| DataFileError::at_text(text, origin, needle, message);
        let mut table = table.clone();
        table.remove("variant");
        for (key, value) in &variant.set {
            let (name, selector, inner) = parts(key);
            let plain = format!("{name}.{inner}");
            if !KNOWN_KEYS.contains(&plain.as_str()) || (selector.is_some() && name != "attr") {
                let error = wrong(key, format!("there is no key `{key}` to set"));
                return Err(match closest(&plain, KNOWN_KEYS.iter().copied()) {
                    Some(meant) => error.with_hint(format!("did you mean `{meant}`?")),
                    None => error,
                });
            }
            let place = match (name, selector) {
                ("grant" | "attr", None) => {
                    table.get_mut(name).and_then(|rows| rows.as_array_mut()?.first_mut())
                }
                (_, Some(path)) => {
                    let rows = table.entry(name).or_insert_with(|| toml::Value::Array(Vec::new()));
                    rows.as_array_mut().and_then(|rows| row_of(rows, path))
                }
                _ => Some(table.entry(name).or_insert_with(|| toml::Table::new().into())),
            };
            match place.and_then(toml::Value::as_table_mut) {
                Some(place) => place.insert(inner.to_owned(), value.clone()),
                None => return Err(wrong(key, format!("there is no [[{name}]] in which to set `{inner}`"))),
            };
        }
        let names = stated(&table);
        let made: Result<Self, toml::de::Error> = table.try_into();
        let mut made = made.map_err(|error| {
            let message = format!("variant `{}`: {}", variant.name, error.message().replace('\n', " "));
            wrong(&format!("\"{}\"", variant.name), message)
        })?;
        made.stated = names;
        made.profile.title = format!("{} ({})", made.profile.title, variant.when.to_text());
        made.check(text, origin)?;
        Ok(made)
    }

    fn check(&self, text: &str, origin: &str) -> Result<(), DataFileError> {
        let wrong = |needle: &str, message: String| DataFileError::at_text(text, origin, needle, message);
        for (key, mark) in &self.evidence.keys {
            if !KNOWN_KEYS.contains(&key.as_str()) {
                let error = wrong(key, format!("there is no key `{key}` to have evidence for"));
                return Err(match closest(key, KNOWN_KEYS.iter().copied()) {
                    Some(meant) => error.with_hint(format!("did you mean `{meant}`?")),
                    None => error,
                });
            }
            if let Some(number) = mark.source.filter(|number| *number > self.evidence.src.len()) {
                let message = format!(
                    "`{key}`: evidence.src has {} sources, and no number {number}",
                    self.evidence.src.len()
                );
                return Err(wrong(&format!("\"{key}\""), message));
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
        let created = self.group.create_status;
        if created != 200 && created != 201 {
            return Err(wrong("create_status", format!("create_status must be 200 or 201, got {created}")));
        }
        if let Some(window) = self.rate.windows.iter().find(|it| it.operations == 0 || it.seconds == 0) {
            let message = format!(
                "a window of {} operations in {} seconds lets nothing through",
                window.operations, window.seconds
            );
            return Err(wrong("rate", message));
        }
        for custom in &self.customs {
            let (urn, name) = custom.parts();
            let known = custom
                .path
                .parse()
                .ok()
                .is_none_or(|path: AttrPath| ResourceType::user().resolve(&path).is_some());
            let named = name.starts_with(|first: char| first.is_ascii_alphabetic());
            let urn_is_one = urn.is_none_or(|urn| urn.to_ascii_lowercase().starts_with("urn:"));
            let bad = known || !named || !urn_is_one;
            if bad {
                let message = format!("`{}` is no name for an attribute of one's own", custom.path);
                return Err(wrong(&custom.path, message));
            }
        }
        if let Some(role) = self.seat.roles.iter().find(|role| !self.tenant.roles.contains(role)) {
            return Err(wrong(role, format!("`{role}` is not one of tenant.roles")));
        }
        let (user, group) = (self.user_type(), ResourceType::group());
        let unique = self.conflict.on.iter().map(|name| (name, &user));
        for (name, resource_type) in unique.chain(self.group.unique.iter().map(|name| (name, &group))) {
            if resource_type.attribute(name).is_none() {
                return Err(wrong(name, format!("{} has no attribute `{name}`", resource_type.name)));
            }
        }
        let of_user = self.attrs.iter().map(|rule| &rule.path).chain(&self.filter.user).chain(&self.put.only);
        let of_user = of_user.chain(&self.put.required);
        let of_user =
            of_user.chain(self.attrs.iter().map(|rule| &rule.default_from).filter(|it| !it.is_empty()));
        let of_group = self.filter.group.iter().map(|name| (name, &group));
        for (path, resource_type) in of_user.map(|path| (path, &user)).chain(of_group) {
            let parsed: Option<AttrPath> = path.parse().ok();
            let found = parsed.and_then(|parsed| {
                let resolved = resource_type.resolve(&parsed)?;
                matches!(resolved.target, Target::Attribute { .. }).then_some(())
            });
            if found.is_none() {
                return Err(wrong(path, format!("{} has no attribute `{path}`", resource_type.name)));
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
    /// Whether there is anything for SCIM to talk to.
    #[serde(default)]
    pub wire: Wire,
    /// What makes accounts when there is not.
    #[serde(default)]
    pub instead: Instead,
    /// What somebody who relies on the profile should know.
    #[serde(default)]
    pub note: String,
    /// What the vendor asks for before SCIM works, such as a plan. Informs only.
    #[serde(default)]
    pub gate: Vec<String>,
    /// Identity providers that the vendor names. Informs only.
    #[serde(default)]
    pub idps: Vec<String>,
}

/// `[[variant]]`: what is otherwise on a condition.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Variant {
    /// Its name, for `vendor@name`.
    pub name: String,
    /// The condition.
    pub when: Condition,
    /// The keys that are otherwise, and their values. Of `grant` and `attr` the first row is meant; `attr:emails.need`
    /// is the row for `emails`.
    pub(crate) set: BTreeMap<String, toml::Value>,
    #[serde(skip)]
    profile: Option<Box<Profile>>,
}

impl Variant {
    /// The keys that are otherwise.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.set.keys().map(String::as_str)
    }
}

/// When a variant holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Condition {
    /// Which identity provider asks.
    pub client: String,
    /// From which date on.
    pub since: String,
    /// Until which date.
    pub before: String,
    /// What is set at the tenant.
    pub tenant: String,
    /// Requests with this header. The mock then chooses by each request.
    pub header: String,
    /// Requests whose `User-Agent` has this text, in any letter case. The mock then chooses by each request.
    pub user_agent: String,
}

impl Condition {
    /// Whether the request bears the mark.
    fn marks(&self, headers: &HeaderMap) -> bool {
        let agent =
            || headers.get(USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()).to_lowercase());
        (!self.header.is_empty() && headers.contains_key(self.header.as_str()))
            || (!self.user_agent.is_empty()
                && agent().is_some_and(|agent| agent.contains(&self.user_agent.to_lowercase())))
    }

    /// In words.
    #[must_use]
    pub fn to_text(&self) -> String {
        let parts = [
            ("for ", &self.client),
            ("from ", &self.since),
            ("before ", &self.before),
            ("with ", &self.tenant),
            ("by the header ", &self.header),
            ("by the User-Agent ", &self.user_agent),
        ];
        let told: Vec<String> = parts
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(word, text)| format!("{word}{text}"))
            .collect();
        told.join(", ")
    }
}

/// Table, attribute and key of `table.key` or `table:attribute.key`.
fn parts(key: &str) -> (&str, Option<&str>, &str) {
    let (place, inner) = key.rsplit_once('.').unwrap_or((key, ""));
    match place.split_once(':') {
        Some((name, path)) => (name, Some(path), inner),
        None => (place, None, inner),
    }
}

/// The row for an attribute; a new one where there is none.
fn row_of<'a>(rows: &'a mut Vec<toml::Value>, path: &str) -> Option<&'a mut toml::Value> {
    let is_for = |row: &toml::Value| row.get("path").and_then(toml::Value::as_str) == Some(path);
    let index = rows.iter().position(is_for).unwrap_or_else(|| {
        let mut row = toml::Table::new();
        row.insert("path".to_owned(), path.into());
        rows.push(row.into());
        rows.len() - 1
    });
    rows.get_mut(index)
}

/// The keys of a file that say how the vendor behaves.
fn stated(table: &toml::Table) -> Vec<String> {
    let said = |key: &&&str| {
        let Some((name, inner)) = key.split_once('.') else { return false };
        if matches!(name, "profile" | "tenant" | "evidence" | "variant") {
            return matches!(**key, "profile.wire" | "profile.instead") && has(table.get(name), inner);
        }
        // The path says which attribute a rule is for, and is no rule.
        !matches!(
            **key,
            "attr.path" | "grant.kind" | "grant.minimal" | "grant.into" | "custom.type" | "seat.roles"
        ) && has(table.get(name), inner)
    };
    KNOWN_KEYS.iter().filter(said).map(|key| (*key).to_owned()).collect()
}

fn has(value: Option<&toml::Value>, key: &str) -> bool {
    match value {
        Some(toml::Value::Table(table)) => table.contains_key(key),
        Some(toml::Value::Array(rows)) => rows.iter().any(|row| has(Some(row), key)),
        _ => false,
    }
}
