//! Small helpers on JSON objects: member names in any letter case (RFC 7643 §2.1), unassigned values (§2.5).

use serde_json::{Map, Value};

/// The value of the member whose name equals `name`, else of the first that does in any ASCII letter case.
#[must_use]
pub fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    // In a large object, the exact spelling, which is the usual one, costs one look-up.
    if object.len() > SMALL
        && let Some(value) = object.get(name)
    {
        return Some(value);
    }
    // In a small one, a glance at each key costs less than a hash.
    let mut in_other_case = None;
    for (key, value) in object {
        if key.len() != name.len() {
            continue;
        }
        if key == name {
            return Some(value);
        }
        if in_other_case.is_none() && key.eq_ignore_ascii_case(name) {
            in_other_case = Some(value);
        }
    }
    in_other_case
}

/// As [`get`], to change the value in place.
pub fn get_mut<'a>(object: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Value> {
    let mut in_other_case = None;
    for (key, value) in object {
        if key == name {
            return Some(value);
        }
        if in_other_case.is_none() && key.eq_ignore_ascii_case(name) {
            in_other_case = Some(value);
        }
    }
    in_other_case
}

/// The value of the member with exactly that name, to change it in place.
pub(crate) fn exact_mut<'a>(object: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Value> {
    if object.len() > SMALL {
        return object.get_mut(name);
    }
    object.iter_mut().find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Removes the member that [`get`] finds; the others keep their order.
pub fn remove(object: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = key_of(object, name)?;
    object.shift_remove(&key)
}

/// The spelling under which the member that [`get`] finds is stored.
#[must_use]
pub fn key_of(object: &Map<String, Value>, name: &str) -> Option<String> {
    if object.contains_key(name) {
        return Some(name.to_owned());
    }
    object.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned()
}

/// Whether the value says "no value": `null`, `[]` or `{}` (RFC 7643 §2.5).
///
/// §2.5 names `null` and the empty array; an empty complex value has no sub-attribute and is read the same way.
#[must_use]
pub fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// What kind of JSON value it is, with its article, for error texts.
pub(crate) fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Most objects of SCIM are smaller.
const SMALL: usize = 32;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Map<String, Value> {
        json!({"UserName": "a", "title": "x", "username": "b"}).as_object().unwrap().clone()
    }

    #[test]
    fn names_are_found_in_any_case_and_exactly_first() {
        let object = sample();
        assert_eq!(get(&object, "username"), Some(&json!("b")));
        assert_eq!(get(&object, "USERNAME"), Some(&json!("a")));
        assert_eq!(get(&object, "nope"), None);
        assert_eq!(key_of(&object, "TITLE").as_deref(), Some("title"));
    }

    #[test]
    fn changes_keep_the_order() {
        let mut object = sample();
        *get_mut(&mut object, "TITLE").unwrap() = json!("y");
        assert_eq!(remove(&mut object, "USERNAME"), Some(json!("a")));
        assert_eq!(Value::Object(object).to_string(), r#"{"title":"y","username":"b"}"#);
    }

    #[test]
    fn null_and_empty_containers_are_unassigned() {
        for value in [json!(null), json!([]), json!({})] {
            assert!(is_unassigned(&value), "{value}");
        }
        for value in [json!(""), json!(false), json!(0), json!([null])] {
            assert!(!is_unassigned(&value), "{value}");
        }
    }
}
