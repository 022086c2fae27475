//! Changes from the command line: `PATH=VALUE` as the schema reads it, for create and patch.

use scim_core::{
    filter::ParseError,
    json as obj,
    patch::{Op, Operation, PatchOp},
    path::{AttrPath, Path},
    schema::{Attribute, Kind, ResourceType, Target},
};
use serde_json::{Map, Value, json};

use crate::exit::Stop;

/// Sets an attribute of a new resource.
pub(crate) fn set(
    resource: &mut Map<String, Value>,
    text: &str,
    resource_type: Option<&ResourceType>,
) -> Result<(), Stop> {
    let (path, value) = assignment(text, "--set")?;
    let wrong = |why: String| Stop::usage(format!("--set {path}: {why}"));
    let parsed: Path = path.parse().map_err(|error| not_a_path("--set", &error))?;
    if parsed.filter.is_some() {
        return Err(wrong(
            "a new resource has no values to choose from; give all of them as JSON".to_owned(),
        ));
    }
    let attribute = attribute(&parsed.attr, resource_type);
    let whole = resource_type.and_then(|known| known.attribute(parsed.attr.name()));
    if parsed.attr.sub().is_some() && whole.is_some_and(|whole| whole.multi_valued) {
        let name = parsed.attr.name();
        return Err(wrong(format!(
            "{name} has several values; set {name}=VALUE, or give them as JSON: --set '{name}=[{{…}}]'"
        )));
    }
    let value = read(value, attribute).map_err(wrong)?;
    let core = |urn: &str| resource_type.is_some_and(|known| known.schema.id.eq_ignore_ascii_case(urn));
    let place = match parsed.attr.urn().filter(|urn| !core(urn)) {
        None => &mut *resource,
        Some(urn) => {
            name_schema(resource, urn);
            inside(resource, urn).map_err(|why| Stop::usage(format!("--set {path}: {why}")))?
        }
    };
    match parsed.attr.sub() {
        None => insert(place, parsed.attr.name(), value),
        Some(sub) => {
            let parent = inside(place, parsed.attr.name())
                .map_err(|why| Stop::usage(format!("--set {path}: {why}")))?;
            insert(parent, sub, value);
        }
    }
    Ok(())
}

/// Adds a schema to `schemas`, if it is not there.
pub(crate) fn name_schema(resource: &mut Map<String, Value>, urn: &str) {
    let key = obj::key_of(resource, "schemas").unwrap_or_else(|| "schemas".to_owned());
    if let Value::Array(schemas) = resource.entry(key).or_insert_with(|| json!([])) {
        let known = |known: &Value| known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(urn));
        if !schemas.iter().any(known) {
            schemas.push(urn.into());
        }
    }
}

/// The PATCH request that the command line describes.
pub(crate) fn patch(
    operations: &[(Op, String)],
    resource_type: Option<&ResourceType>,
) -> Result<PatchOp, Stop> {
    let mut patch = PatchOp::new();
    for (op, text) in operations {
        let origin = format!("--{op}");
        let (path, value) = match op {
            Op::Remove => (text.as_str(), None),
            _ => assignment(text, &origin).map(|(path, value)| (path, Some(value)))?,
        };
        let parsed: Path = path.parse().map_err(|error| not_a_path(&origin, &error))?;
        let named = match &parsed.sub {
            Some(sub) => parsed.attr.clone().with_sub(sub),
            None => parsed.attr.clone(),
        };
        // A value path chooses single values, so it is not the list that is given.
        let chosen = parsed.filter.is_some() && parsed.sub.is_none();
        let attribute = attribute(&named, resource_type);
        let value = value.map(|value| match attribute {
            Some(attribute) if chosen => read(value, Some(&single(attribute))),
            known => read(value, known),
        });
        let value = value.transpose().map_err(|why| Stop::usage(format!("{origin} {path}: {why}")))?;
        patch.operations.push(Operation { op: *op, path: Some(parsed), value });
    }
    Ok(patch)
}

fn single(attribute: &Attribute) -> Attribute {
    Attribute { multi_valued: false, ..attribute.clone() }
}

/// `PATH=VALUE`, at the first equals sign that is not in a quoted text.
fn assignment<'a>(text: &'a str, origin: &str) -> Result<(&'a str, &'a str), Stop> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '=' if !quoted => return Ok((text[..at].trim(), &text[at + 1..])),
            _ => {}
        }
    }
    // The text is not quoted: it may be a secret that was meant for another argument.
    Err(Stop::usage(format!(
        "{origin}: expected PATH=VALUE, such as active=false, but there is no equals sign"
    )))
}

fn not_a_path(origin: &str, error: &ParseError) -> Stop {
    Stop::usage(format!("{origin}: not a path\n{}", error.render()))
}

fn attribute<'a>(path: &AttrPath, resource_type: Option<&'a ResourceType>) -> Option<&'a Attribute> {
    match resource_type?.resolve(path)?.target {
        Target::Extension => None,
        Target::Attribute { attribute, sub } => Some(sub.unwrap_or(attribute)),
    }
}

/// The value as the schema reads it; without one, JSON if it is JSON, else text.
fn read(text: &str, attribute: Option<&Attribute>) -> Result<Value, String> {
    let parsed = serde_json::from_str::<Value>(text).ok();
    let Some(attribute) = attribute else { return Ok(parsed.unwrap_or_else(|| text.into())) };
    if attribute.multi_valued {
        return Ok(match parsed {
            Some(list @ (Value::Array(_) | Value::Null)) => list,
            Some(one @ Value::Object(_)) => json!([one]),
            // A list of plain values has one; a list of objects has one whose `value` it is (RFC 7643 §2.4).
            _ if attribute.kind == Kind::Complex => json!([{ "value": text }]),
            _ => json!([read(text, Some(&single(attribute)))?]),
        });
    }
    match (attribute.kind, parsed) {
        (_, Some(Value::Null)) if attribute.kind != Kind::String => Ok(Value::Null),
        (Kind::Boolean, Some(value @ Value::Bool(_))) => Ok(value),
        (Kind::Boolean, _) => Err(format!("expected true or false, got {text:?}")),
        (Kind::Integer, Some(value)) if value.is_i64() || value.is_u64() => Ok(value),
        (Kind::Integer, _) => Err(format!("expected a whole number, got {text:?}")),
        (Kind::Decimal, Some(value)) if value.is_number() => Ok(value),
        (Kind::Decimal, _) => Err(format!("expected a number, got {text:?}")),
        (Kind::Complex, Some(value @ Value::Object(_))) => Ok(value),
        (Kind::Complex, _) => {
            let subs: Vec<&str> = attribute.sub_attributes.iter().map(|sub| sub.name.as_str()).collect();
            let name = &attribute.name;
            Err(format!("it has parts; name one ({}), or give JSON: {name}={{…}}", subs.join(", ")))
        }
        _ => Ok(text.into()),
    }
}

fn inside<'a>(
    object: &'a mut Map<String, Value>,
    name: &str,
) -> Result<&'a mut Map<String, Value>, &'static str> {
    let key = obj::key_of(object, name).unwrap_or_else(|| name.to_owned());
    object
        .entry(key)
        .or_insert_with(|| json!({}))
        .as_object_mut()
        .ok_or("what it is a part of is no object in the file")
}

fn insert(object: &mut Map<String, Value>, name: &str, value: Value) {
    let key = obj::key_of(object, name).unwrap_or_else(|| name.to_owned());
    object.insert(key, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(texts: &[&str]) -> Result<Value, String> {
        let mut resource = Map::new();
        for text in texts {
            set(&mut resource, text, Some(&ResourceType::user())).map_err(|stop| stop.to_string())?;
        }
        Ok(Value::Object(resource))
    }

    #[test]
    fn attributes_are_set_as_the_schema_reads_them() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let number = format!("{enterprise}:employeeNumber=007");
        let user = built(&[
            "userName=true",
            "active=false",
            "name.givenName=Ada",
            "NAME.familyName=L=L",
            "emails=a@h",
            &number,
            "badge=7",
            "shoe=large",
        ]);
        assert_eq!(
            user,
            Ok(json!({
                "userName": "true", "active": false, "name": {"givenName": "Ada", "familyName": "L=L"},
                "emails": [{"value": "a@h"}], "schemas": [enterprise], (enterprise): {"employeeNumber": "007"},
                "badge": 7, "shoe": "large",
            }))
        );
    }

    #[test]
    fn what_cannot_be_is_said() {
        for (text, expected) in [
            ("hunter2", "--set: expected PATH=VALUE, such as active=false, but there is no equals sign"),
            ("active=yes", "--set active: expected true or false, got \"yes\""),
            (
                "name=Ada",
                "--set name: it has parts; name one (formatted, familyName, givenName, middleName, \
                 honorificPrefix, honorificSuffix), or give JSON: name={…}",
            ),
            (
                "emails.value=x",
                "--set emails.value: emails has several values; set emails=VALUE, or give them as JSON: \
                 --set 'emails=[{…}]'",
            ),
            (
                "emails[type eq \"a=b\"].value=x",
                "--set emails[type eq \"a=b\"].value: a new resource has no values to choose from; \
                 give all of them as JSON",
            ),
        ] {
            assert_eq!(built(&[text]).unwrap_err(), expected);
        }
        assert_eq!(
            built(&["a b=c"]).unwrap_err(),
            "--set: not a path\na b\n  ^\nunexpected `b` after the path"
        );
    }

    #[test]
    fn operations_keep_their_order() {
        let operations = [
            (Op::Remove, "members[value eq \"1=2\"]"),
            (Op::Add, "members=3"),
            (Op::Add, "members=[{\"value\": \"4\"}]"),
            (Op::Replace, "displayName=7"),
        ];
        let operations: Vec<(Op, String)> =
            operations.into_iter().map(|(op, text)| (op, text.to_owned())).collect();
        let message = patch(&operations, Some(&ResourceType::group())).unwrap().to_json();
        assert_eq!(
            message["Operations"],
            json!([
                {"op": "remove", "path": "members[value eq \"1=2\"]"},
                {"op": "add", "path": "members", "value": [{"value": "3"}]},
                {"op": "add", "path": "members", "value": [{"value": "4"}]},
                {"op": "replace", "path": "displayName", "value": "7"},
            ])
        );
        let user = |op: Op, text: &str| {
            patch(&[(op, text.to_owned())], Some(&ResourceType::user())).unwrap().to_json()["Operations"][0]["value"]
                .clone()
        };
        assert_eq!(user(Op::Replace, "emails[type eq \"work\"].primary=true"), json!(true));
        assert_eq!(user(Op::Replace, "emails[type eq \"work\"]={\"value\": \"x\"}"), json!({"value": "x"}));
    }
}
