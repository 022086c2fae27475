//! What a vendor's profile adds to the RFC when data is written: domains, uniqueness, grants.

use scim_core::{
    error::{ScimError, ScimType},
    json,
    schema::{ResourceType, Target},
    vendor::{DomainCheck, Grant, GrantTarget, Profile},
};
use serde_json::{Map, Value, json};

use super::store::{Kind, Record, Store};

/// Refuses a new user whose `userName` is not in a verified domain.
pub(super) fn check_domain(profile: &Profile, data: &Map<String, Value>) -> Result<(), ScimError> {
    if profile.domain.verified == DomainCheck::No {
        return Ok(());
    }
    let user_name = data.get("userName").and_then(Value::as_str).unwrap_or_default();
    let domain = user_name.rsplit_once('@').map_or("", |(_, domain)| domain);
    if profile.tenant.verified_domains.iter().any(|verified| verified.eq_ignore_ascii_case(domain)) {
        return Ok(());
    }
    Err(ScimError::invalid_value(format!("userName: the domain {domain:?} is not verified")))
}

/// Sets the attributes that show what the profile grants. What the client sent there is gone.
pub(super) fn apply_grants(
    profile: &Profile,
    resource_type: &ResourceType,
    data: &mut Map<String, Value>,
) -> Result<(), ScimError> {
    for grant in profile.grants.iter().filter(|grant| grant.into != GrantTarget::Hidden) {
        let granted =
            grant.role(&profile.tenant, deciding_value(grant, resource_type, data).as_deref()).map_err(
                |value| ScimError::invalid_value(format!("{}: there is no role {value:?}", grant.from)),
            )?;
        match granted {
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

fn same_but_case(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}
