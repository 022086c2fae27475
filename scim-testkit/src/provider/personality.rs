//! What a vendor's profile adds to the RFC when data is written: domains, uniqueness, grants, seats, and whom a single
//! sign-on brings.

use std::collections::HashSet;

use scim_core::{
    error::{ScimError, ScimType},
    json,
    schema::{ResourceType, Target},
    urn,
    vendor::{DomainCheck, Foreign, Grant, GrantTarget, Profile, SeatBy},
};
use serde_json::{Map, Value, json};

use super::{
    store::{Kind, Record, Store},
    vendor,
};

/// Refuses a new user whose `userName` is not in a verified domain. `told` are those that were verified since, in lower
/// case.
pub(super) fn check_domain(
    profile: &Profile,
    told: &HashSet<String>,
    data: &Map<String, Value>,
) -> Result<(), ScimError> {
    if profile.domain.verified == DomainCheck::No {
        return Ok(());
    }
    let user_name = data.get("userName").and_then(Value::as_str).unwrap_or_default();
    let domain = user_name.rsplit_once('@').map_or("", |(_, domain)| domain);
    let verified = &profile.tenant.verified_domains;
    if verified.iter().any(|verified| verified.eq_ignore_ascii_case(domain))
        || told.contains(&domain.to_lowercase())
    {
        return Ok(());
    }
    Err(ScimError::invalid_value(format!("userName: the domain {domain:?} is not verified")))
}

/// Refuses a new user whose name or e-mail an account outside of the organization has, as far
/// as the vendor minds. `foreign` is in lower case.
pub(super) fn check_foreign(
    profile: &Profile,
    foreign: &HashSet<String>,
    data: &Map<String, Value>,
) -> Result<(), ScimError> {
    if profile.conflict.foreign == Foreign::Ignore || foreign.is_empty() {
        return Ok(());
    }
    let name = json::get(data, "userName").and_then(Value::as_str);
    let by_mail = profile.conflict.foreign == Foreign::Reject;
    let mails = emails(data).filter(|_| by_mail);
    match name.into_iter().chain(mails).find(|text| foreign.contains(&text.to_lowercase())) {
        Some(text) => {
            let text = format!("{text}: an account outside of the organization has it");
            Err(ScimError::new(409, ScimType::Uniqueness, text))
        }
        None => Ok(()),
    }
}

/// The account that a single sign-on makes for somebody who has none; `None`: the vendor makes none then. `sign_in` is
/// what the identity provider says about the person, by the names that SCIM has for it.
pub(super) fn jit(
    profile: &Profile,
    sign_in: &Map<String, Value>,
) -> Result<Option<Map<String, Value>>, ScimError> {
    let rules = &profile.jit;
    if !rules.supported {
        return Ok(None);
    }
    for path in &rules.required {
        if vendor::value(sign_in, path).is_none() {
            return Err(ScimError::invalid_value(format!("{path}: a sign-in needs it")));
        }
    }
    let named = vendor::value(sign_in, "userName").and_then(Value::as_str).or_else(|| emails(sign_in).next());
    let Some(name) = named else {
        return Err(ScimError::invalid_value("userName: a sign-in needs it"));
    };
    let mut account = Map::new();
    account.insert("schemas".to_owned(), vec![urn::USER].into());
    account.insert("userName".to_owned(), name.into());
    for path in &rules.attributes {
        let Some(value) = vendor::value(sign_in, path) else { continue };
        match path.split_once('.') {
            Some((outer, inner)) => {
                let holder = account.entry(outer).or_insert_with(|| json!({}));
                if let Some(holder) = holder.as_object_mut() {
                    holder.insert(inner.to_owned(), value.clone());
                }
            }
            None => {
                account.insert(path.clone(), value.clone());
            }
        }
    }
    account.insert("active".to_owned(), true.into());
    if !rules.role.is_empty() {
        account.insert("roles".to_owned(), json!([{ "value": rules.role, "primary": true }]));
    }
    Ok(Some(account))
}

/// Sets the attributes that show what the profile grants. What the client sent there is gone.
pub(super) fn apply_grants(
    profile: &Profile,
    resource_type: &ResourceType,
    data: &mut Map<String, Value>,
) -> Result<(), ScimError> {
    for grant in profile.grants.iter().filter(|grant| !grant.by_setting()) {
        let granted =
            grant.role(&profile.tenant, deciding_value(grant, resource_type, data).as_deref()).map_err(
                |value| ScimError::invalid_value(format!("{}: there is no role {value:?}", grant.from)),
            )?;
        if profile.seat.by == SeatBy::Role {
            if granted.as_ref().is_some_and(|role| profile.seat.roles.contains(role)) {
                data.insert("entitlements".to_owned(), json!([{ "value": SEAT }]));
            } else {
                data.shift_remove("entitlements");
            }
        }
        match granted {
            _ if grant.into == GrantTarget::Hidden => {}
            Some(role) => {
                data.insert(grant.into.attribute().to_owned(), json!([{ "value": role, "primary": true }]));
            }
            None => {
                data.shift_remove(grant.into.attribute());
            }
        }
    }
    Ok(())
}

/// The resource that already has a value which must be unique, other than the one with `own_id`.
pub(super) fn twin<'a>(
    store: &'a Store,
    resource_type: &ResourceType,
    kind: Kind,
    unique: &[impl AsRef<str>],
    data: &Map<String, Value>,
    own_id: Option<&str>,
) -> Option<(&'a Record, String)> {
    for name in unique.iter().map(AsRef::as_ref) {
        if name.eq_ignore_ascii_case("emails") {
            let same = |record: &&Record| {
                let shared = |mine: &str| emails(data).any(|email| same_but_case(email, mine));
                !record.ghost && Some(record.id.as_str()) != own_id && emails(&record.data).any(shared)
            };
            match store.of(kind).find(same) {
                Some(record) => return Some((record, name.to_owned())),
                None => continue,
            }
        }
        let Some(wanted) = json::get(data, name).and_then(Value::as_str) else { continue };
        let exact = resource_type.attribute(name).is_some_and(|attribute| attribute.case_exact);
        let taken = |record: &&Record| {
            let same = !exact || record.text(name) == Some(wanted);
            same && !record.ghost && Some(record.id.as_str()) != own_id
        };
        let found = match store.with_text(kind, name, wanted) {
            Some(mut same_text) => same_text.find(taken),
            None => store.of(kind).find(|record| {
                record.text(name).is_some_and(|text| same_but_case(text, wanted)) && taken(record)
            }),
        };
        if let Some(record) = found {
            return Some((record, name.to_owned()));
        }
    }
    None
}

/// 409, naming the attribute.
pub(super) fn conflict(resource_type: &ResourceType, name: &str) -> ScimError {
    let text = format!("{name}: another {} has the same value", resource_type.name);
    ScimError::new(409, ScimType::Uniqueness, text)
}

fn deciding_value(grant: &Grant, resource_type: &ResourceType, data: &Map<String, Value>) -> Option<String> {
    let path = grant.from_path();
    let resolved = resource_type.resolve(&path)?;
    let Target::Attribute { attribute, sub } = resolved.target else { return None };
    let holder = match resolved.extension {
        Some(schema) => json::get(data, &schema.id)?.as_object()?,
        None => data,
    };
    let value = json::get(holder, &attribute.name)?;
    let one = match value {
        Value::Array(values) => {
            values.iter().find(|value| value["primary"] == true).or_else(|| values.first())?
        }
        other => other,
    };
    let text = match one {
        Value::Object(object) => json::get(object, sub.map_or("value", |sub| &sub.name))?,
        other => other,
    };
    text.as_str().map(str::to_owned)
}

/// The addresses of `emails`.
fn emails(data: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let all = json::get(data, "emails").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    all.iter().filter_map(|email| json::get(email.as_object()?, "value")?.as_str())
}

fn same_but_case(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// What `entitlements` shows of a paid seat.
const SEAT: &str = "paid seat";
