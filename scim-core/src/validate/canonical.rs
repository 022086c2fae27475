//! A stored resource from outside, such as a file, in the spelling that the rest of the crate works on.

use serde_json::{Map, Value};

use super::{Place, Seen, wrong};
use crate::{
    error::ScimError,
    json as obj,
    schema::{Attribute, Kind, ResourceType},
};

/// Gives a whole resource the schema's spelling of names and drops values that are none, and nothing else.
///
/// Where [`accept`](super::accept) reads what a client may say, this reads what a server has: `id`, `meta` and other
/// read-only attributes stay, and so do attributes that no schema has. Values are not checked beyond their shape:
/// [`violations`](super::violations) does that.
///
/// # Errors
///
/// 400 `invalidSyntax` when it is not an object or has the same attribute twice in different letter case;
/// 400 `invalidValue` when a multi-valued attribute is no array or a complex value no object.
pub fn canonical(resource: &Value, resource_type: &ResourceType) -> Result<Map<String, Value>, ScimError> {
    let Value::Object(members) = resource else {
        let got = obj::kind_name(resource);
        return Err(ScimError::invalid_syntax(format!("a resource is an object, got {got}")));
    };
    let mut seen = Seen::default();
    let mut out = Map::new();
    for (key, value) in members {
        if let Some(attribute) = resource_type.attribute(key) {
            let place = Place::Name(&attribute.name);
            seen.once(&attribute.name, place)?;
            insert(&mut out, &attribute.name, whole(value, attribute, place)?);
        } else if let Some(extension) = resource_type.extension(key) {
            let schema = &extension.schema;
            seen.once(&schema.id, Place::Name(&schema.id))?;
            if obj::is_unassigned(value) {
                continue;
            }
            let Value::Object(members) = value else {
                return Err(wrong(Place::Name(&schema.id), "an object", value));
            };
            let members = object(members, |name| schema.attribute(name), Place::Extension(&schema.id))?;
            insert(&mut out, &schema.id, Value::Object(members));
        } else {
            out.insert(key.clone(), value.clone());
        }
    }
    Ok(out)
}

fn insert(out: &mut Map<String, Value>, name: &str, value: Value) {
    if !obj::is_unassigned(&value) {
        out.insert(name.to_owned(), value);
    }
}

fn object<'a>(
    members: &'a Map<String, Value>,
    find: impl Fn(&str) -> Option<&'a Attribute>,
    place: Place<'_>,
) -> Result<Map<String, Value>, ScimError> {
    let mut seen = Seen::default();
    let mut out = Map::new();
    for (key, value) in members {
        match find(key) {
            Some(attribute) => {
                let place = Place::Member(&place, &attribute.name);
                seen.once(&attribute.name, place)?;
                insert(&mut out, &attribute.name, whole(value, attribute, place)?);
            }
            None => {
                out.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(out)
}

// The recursion through `object` ends after one round: sub-attributes have none.
fn whole(value: &Value, attribute: &Attribute, place: Place<'_>) -> Result<Value, ScimError> {
    if obj::is_unassigned(value) {
        return Ok(Value::Null);
    }
    if !attribute.multi_valued {
        return element(value, attribute, place);
    }
    let Value::Array(elements) = value else { return Err(wrong(place, "an array", value)) };
    let mut out = Vec::with_capacity(elements.len());
    for (index, value) in elements.iter().enumerate().filter(|(_, value)| !obj::is_unassigned(value)) {
        out.push(element(value, attribute, Place::Element(&place, index))?);
    }
    out.retain(|element| !obj::is_unassigned(element));
    Ok(Value::Array(out))
}

fn element(value: &Value, attribute: &Attribute, place: Place<'_>) -> Result<Value, ScimError> {
    if attribute.kind != Kind::Complex || attribute.sub_attributes.is_empty() {
        return Ok(value.clone());
    }
    let Value::Object(members) = value else { return Err(wrong(place, "an object", value)) };
    object(members, |name| attribute.sub(name), place).map(Value::Object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::urn;

    fn spelled(resource: &Value) -> Result<Value, String> {
        canonical(resource, &ResourceType::user()).map(Value::Object).map_err(|error| error.to_string())
    }

    #[test]
    fn names_change_and_values_stay() {
        let stored = json!({
            "Schemas": [urn::USER],
            "ID": "7",
            "username": "ada",
            "active": "True",
            "title": null,
            "EMAILS": [{"VALUE": "a@x.org", "x": 1}, {}, null, {"type": null}],
            "urn:IETF:params:scim:schemas:extension:enterprise:2.0:user": {"MANAGER": {"DisplayName": "B"}},
            "meta": {"resourcetype": "User"},
            "shoeSize": 44,
        });
        let expected = json!({
            "schemas": [urn::USER],
            "id": "7",
            "userName": "ada",
            "active": "True",
            "emails": [{"value": "a@x.org", "x": 1}],
            urn::ENTERPRISE_USER: {"manager": {"displayName": "B"}},
            "meta": {"resourceType": "User"},
            "shoeSize": 44,
        });
        assert_eq!(spelled(&stored), Ok(expected));
    }

    #[test]
    fn shapes_are_checked() {
        for (resource, message) in [
            (json!([]), "400 invalidSyntax: a resource is an object, got an array"),
            (json!({"emails": {"value": "x"}}), "400 invalidValue: emails: expected an array, got an object"),
            (json!({"emails": ["x"]}), "400 invalidValue: emails[0]: expected an object, got a string"),
            (json!({"name": "x"}), "400 invalidValue: name: expected an object, got a string"),
            (
                json!({urn::ENTERPRISE_USER: {"manager": "x"}}),
                "400 invalidValue: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager: \
                 expected an object, got a string",
            ),
            (
                json!({"title": "a", "TITLE": "b"}),
                "400 invalidSyntax: title: given more than once, in different letter case",
            ),
        ] {
            assert_eq!(spelled(&resource), Err(message.to_owned()), "{resource}");
        }
    }
}
