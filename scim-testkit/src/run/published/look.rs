//! Looking into an answer: paths such as `Resources[0].name.familyName`, `members[].value`,
//! `emails[type eq "work"].value`, and an extension's `urn:…:User:department`.

use scim_core::{json as obj, urn};
use serde_json::Value;

/// The values at a path; none when nothing is there.
pub(super) fn values<'v>(root: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = vec![root];
    for segment in segments(path) {
        let (name, pick) = match segment.split_once('[') {
            Some((name, pick)) => (name, Some(pick.trim_end_matches(']'))),
            None => (segment, None),
        };
        if !name.is_empty() {
            found = found
                .into_iter()
                .filter_map(|value| value.as_object().and_then(|object| obj::get(object, name)))
                .collect();
        }
        if let Some(pick) = pick {
            found = found.into_iter().flat_map(|value| picked(value, pick)).collect();
        }
    }
    found
}

/// The value at a path, if there is exactly one that is not null.
pub(super) fn value<'v>(root: &'v Value, path: &str) -> Option<&'v Value> {
    values(root, path).into_iter().find(|value| !value.is_null())
}

/// A value as text: what a comparison of texts, as in the providers' own suites, sees.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether there is something: not absent, null, or empty.
pub(super) fn is_filled(value: &Value) -> bool {
    !obj::is_unassigned(value) && value.as_str() != Some("")
}

/// What of `sent` is missing in `stored` or differs, as paths with what is there instead. `id`, `meta`, `schemas` and
/// `password` are left out.
pub(super) fn missing(sent: &Value, stored: &Value, at: &str) -> Vec<String> {
    match sent {
        Value::Object(members) => members
            .iter()
            .filter(|(name, value)| {
                (!at.is_empty() || !["id", "meta", "schemas", "password"].contains(&name.as_str()))
                    && is_filled(value)
            })
            .flat_map(|(name, value)| {
                let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                match stored.as_object().and_then(|object| obj::get(object, name)) {
                    Some(stored) => missing(value, stored, &path),
                    None => vec![format!("{path}: none")],
                }
            })
            .collect(),
        Value::Array(elements) => elements
            .iter()
            .flat_map(|element| {
                let there = stored.as_array().map(Vec::as_slice).unwrap_or_default();
                let best = there.iter().map(|stored| missing(element, stored, at)).min_by_key(Vec::len);
                best.unwrap_or_else(|| vec![format!("{at}: none")])
            })
            .collect(),
        _ if same(sent, stored) => Vec::new(),
        _ => vec![format!("{at}: {stored}")],
    }
}

/// What a PATCH set and `stored` does not show.
pub(super) fn unapplied(patch: &Value, stored: &Value) -> Vec<String> {
    let operations = value(patch, "Operations").and_then(Value::as_array);
    operations
        .into_iter()
        .flatten()
        .filter(|operation| {
            operation.get("op").and_then(Value::as_str).is_some_and(|op| !op.eq_ignore_ascii_case("remove"))
        })
        .flat_map(|operation| {
            let wanted = operation.get("value").cloned().unwrap_or_default();
            match operation.get("path").and_then(Value::as_str) {
                None => missing(&wanted, stored, ""),
                Some(path) => match value(stored, path) {
                    Some(there) if wanted.is_string() && there.is_object() => {
                        // A reference written as plain text is stored as an object (`manager`).
                        missing(&wanted, there.get("value").unwrap_or(&Value::Null), path)
                    }
                    Some(there) => missing(&wanted, there, path),
                    None if is_filled(&wanted) => vec![format!("{path}: none")],
                    None => Vec::new(),
                },
            }
        })
        .collect()
}

/// A server may write a value in its canonical form: another letter case, `en_GB`, `tel:+44-20-7946-0001`.
fn same(sent: &Value, stored: &Value) -> bool {
    let bare = |value: &Value| {
        let text = text(value).to_lowercase();
        let text = text.strip_prefix("tel:").map(str::to_owned).unwrap_or(text);
        text.chars().filter(|c| c.is_alphanumeric()).collect::<String>()
    };
    text(sent) == text(stored) || (!bare(sent).is_empty() && bare(sent) == bare(stored))
}

fn picked<'v>(value: &'v Value, pick: &str) -> Vec<&'v Value> {
    let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
    if pick.is_empty() {
        return elements.iter().collect();
    }
    if let Ok(index) = pick.parse::<usize>() {
        return elements.get(index).into_iter().collect();
    }
    let Some((name, wanted)) = pick.split_once(" eq ") else { return Vec::new() };
    let wanted = wanted.trim_matches('"');
    elements
        .iter()
        .filter(|element| {
            element
                .as_object()
                .and_then(|object| obj::get(object, name))
                .is_some_and(|value| text(value).eq_ignore_ascii_case(wanted))
        })
        .collect()
}

/// The steps of a path; a dot inside brackets or in a schema URN does not divide.
fn segments(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = path;
    if let Some(after) = path.strip_prefix(urn::ENTERPRISE_USER) {
        parts.push(&path[..urn::ENTERPRISE_USER.len()]);
        rest = after.trim_start_matches([':', '.']);
    } else if let Some(after) = path.strip_prefix(urn::USER).or_else(|| path.strip_prefix(urn::GROUP)) {
        rest = after.trim_start_matches(':');
    }
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                parts.push(&rest[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < rest.len() {
        parts.push(&rest[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user() -> Value {
        json!({
            "userName": "Ada", "active": true, "name": {"familyName": "Lovelace"},
            "emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "w", "primary": true}],
            urn::ENTERPRISE_USER: {"department": "Research", "manager": {"value": "7"}},
        })
    }

    #[test]
    fn a_path_leads_to_values() {
        let user = user();
        let department = format!("{}:department", urn::ENTERPRISE_USER);
        let cases = [
            ("userName", vec!["Ada"]),
            ("USERNAME", vec!["Ada"]),
            ("name.familyName", vec!["Lovelace"]),
            ("emails[1].value", vec!["w"]),
            ("emails[].value", vec!["h", "w"]),
            ("emails[type eq \"WORK\"].value", vec!["w"]),
            ("emails[primary eq \"True\"].value", vec!["w"]),
            (department.as_str(), vec!["Research"]),
            ("emails[7].value", vec![]),
            ("title", vec![]),
        ];
        for (path, wanted) in cases {
            let found: Vec<String> = values(&user, path).into_iter().map(text).collect();
            assert_eq!(found, wanted, "{path}");
        }
    }

    #[test]
    fn what_was_sent_and_is_not_there_is_named() {
        let sent = json!({
            "schemas": ["x"], "userName": "ADA", "roles": [], "title": "Dr",
            "emails": [{"value": "w", "primary": "True"}, {"value": "fax"}],
        });
        assert_eq!(missing(&sent, &user(), ""), ["title: none", "emails.value: \"h\""]);
    }

    #[test]
    fn another_spelling_is_the_same_value() {
        let cases = [
            ("en-GB", "en_gb", true),
            ("+44 20 7946 0001", "tel:+44-20-7946-0001", true),
            ("Ada", "Adam", false),
            ("-", "+", false),
        ];
        for (sent, stored, wanted) in cases {
            assert_eq!(same(&sent.into(), &stored.into()), wanted, "{sent} {stored}");
        }
        assert!(same(&"True".into(), &true.into()));
    }

    #[test]
    fn what_a_patch_set_and_is_not_there_is_named() {
        let patch = json!({"Operations": [
            {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new"},
            {"op": "Add", "path": format!("{}:manager", urn::ENTERPRISE_USER), "value": "7"},
            {"op": "replace", "value": {"userName": "ada", "title": "Dr"}},
            {"op": "remove", "path": "active"},
        ]});
        let left = unapplied(&patch, &user());
        assert_eq!(left, ["emails[type eq \"work\"].value: \"w\"", "title: none"]);
    }
}
