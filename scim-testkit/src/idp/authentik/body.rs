//! The bodies that authentik writes, in the order of its models.

use serde_json::{Map, Value, json};

use super::super::{
    Person, Team,
    encode::{GROUP, PATCH_OP, USER},
};

/// A user, with the endpoint's `id` on an update.
pub(super) fn user(person: &Person, id: Option<&str>) -> Value {
    let mut user = Map::new();
    user.insert("userName".to_owned(), json!(person.user_name));
    if let Some(id) = id {
        user.insert("id".to_owned(), json!(id));
    }
    let name = json!({
        "formatted": person.display_name,
        "familyName": person.family_name,
        "givenName": person.given_name,
    });
    user.insert("name".to_owned(), name);
    user.insert("displayName".to_owned(), json!(person.display_name));
    user.insert("active".to_owned(), json!(person.active));
    user.insert("emails".to_owned(), json!([{ "value": person.email, "type": "other", "primary": true }]));
    user.insert("schemas".to_owned(), json!([USER]));
    user.insert("externalId".to_owned(), json!(person.local_id));
    Value::Object(user)
}

/// A group; it has members only where the endpoint takes no PATCH.
pub(super) fn group(team: &Team, id: Option<&str>, members: &[Value]) -> Value {
    let mut group = Map::new();
    if let Some(id) = id {
        group.insert("id".to_owned(), json!(id));
    }
    group.insert("displayName".to_owned(), json!(team.display_name));
    if !members.is_empty() {
        group.insert("members".to_owned(), json!(members));
    }
    group.insert("schemas".to_owned(), json!([GROUP]));
    group.insert("externalId".to_owned(), json!(team.local_id));
    Value::Object(group)
}

/// A PATCH of members or of single attributes.
pub(super) fn patch(operations: &[Value]) -> Value {
    json!({ "Operations": operations, "schemas": [PATCH_OP] })
}

/// A PATCH of the whole group: a default counts as not set, so `schemas` is missing.
pub(super) fn patch_whole(group: &Value) -> Value {
    json!({ "Operations": [{ "op": "replace", "value": group }] })
}

/// Whether all that we would write is in what the endpoint is known to have.
pub(super) fn adds_nothing(known: &Value, ours: &Value) -> bool {
    match (known, ours) {
        (Value::Object(known), Value::Object(ours)) => {
            ours.iter().all(|(name, value)| known.get(name).is_some_and(|known| adds_nothing(known, value)))
        }
        (Value::Array(known), Value::Array(ours)) => ours.iter().all(|value| known.contains(value)),
        _ => known == ours,
    }
}
