//! What a provider's PATCH relies on.

use http::Method;
use serde_json::Value;

use super::{Exchange, probe::Feature};

/// What a PATCH relies on, beyond its plainest form. In the order in which the causes are tried.
pub(super) fn features(exchange: &Exchange) -> Vec<Feature> {
    let mut found = Vec::new();
    let mut add = |feature: Feature| {
        if !found.contains(&feature) {
            found.push(feature);
        }
    };
    let group = exchange.is(&Method::PATCH, "Groups");
    let body = exchange.sent_json().unwrap_or_default();
    let operations = body.get("Operations").and_then(Value::as_array).cloned().unwrap_or_default();
    for operation in &operations {
        let op = operation.get("op").and_then(Value::as_str).unwrap_or_default();
        let path = operation.get("path").and_then(Value::as_str);
        let value = operation.get("value").cloned().unwrap_or_default();
        let verb = op.to_ascii_lowercase();
        if op != verb {
            add(if group { Feature::GroupOpCase } else { Feature::OpCase });
            // One may be read and the other not.
            if group && verb == "add" && path == Some("members") {
                add(Feature::MembersOpCase);
            }
        }
        if value
            .as_str()
            .is_some_and(|text| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"))
        {
            add(Feature::BooleanString);
        }
        match (path, group) {
            (None, false) => {
                let keys: Vec<&String> =
                    value.as_object().map(|value| value.keys().collect()).unwrap_or_default();
                if keys.iter().any(|key| key.as_str() == "active") {
                    add(Feature::PathlessActive);
                } else {
                    add(Feature::Pathless);
                }
                if keys.iter().any(|key| key.starts_with("urn:")) {
                    add(Feature::UrnKeys);
                }
                if keys.iter().any(|key| !key.starts_with("urn:") && key.contains('.')) {
                    add(Feature::DottedKeys);
                }
            }
            (None, true) => {
                add(Feature::GroupPathless);
                if value.get("id").is_some() {
                    add(Feature::GroupIdInValue);
                }
                if value.get("externalId").is_some() {
                    add(Feature::GroupExternalId);
                }
            }
            (Some(path), false) => user_path(path, &verb, &value, &mut add),
            (Some(path), true) => group_path(path, &verb, &value, &mut add),
        }
    }
    if operations.len() > 1 && !group {
        add(Feature::Multiple);
    }
    if operations.len() > 1 && group {
        add(Feature::GroupMultiple);
    }
    found
}

fn user_path(path: &str, verb: &str, value: &Value, add: &mut impl FnMut(Feature)) {
    if path == "active" {
        add(if verb == "add" { Feature::AddActive } else { Feature::ReplaceActive });
    } else if path.contains('[') {
        add(if verb == "add" { Feature::ValuePathCreate } else { Feature::ValuePath });
    } else if path.to_ascii_lowercase().ends_with(":manager") {
        add(Feature::UrnPath);
        let empty = |value: &Value| value.as_str() == Some("");
        if empty(value) || value.get("value").is_some_and(empty) {
            add(Feature::ManagerClear);
        } else if value.is_string() {
            add(Feature::ManagerString);
        }
    } else if path.starts_with("urn:") {
        add(if verb == "add" { Feature::UrnPathAdd } else { Feature::UrnPath });
    } else if path.contains('.') {
        add(Feature::SubAttribute);
    } else if verb == "add" {
        add(Feature::AddSingle);
    } else if verb == "remove" {
        add(Feature::Remove);
    } else {
        add(Feature::Replace);
        add(Feature::ReplaceAbsent);
    }
}

fn group_path(path: &str, verb: &str, value: &Value, add: &mut impl FnMut(Feature)) {
    let members = path.to_ascii_lowercase().starts_with("members");
    if path.eq_ignore_ascii_case("externalId") {
        add(Feature::GroupExternalId);
    } else if !members {
        add(Feature::GroupRename);
    } else if path.contains('[') {
        add(Feature::MembersRemovePath);
    } else {
        let null_ref = value
            .as_array()
            .is_some_and(|list| list.iter().any(|item| item.get("$ref") == Some(&Value::Null)));
        match verb {
            "add" => {
                add(Feature::MembersAdd);
                add(Feature::MembersAddAgain);
                if null_ref {
                    add(Feature::MembersRefNull);
                }
            }
            "remove" => add(Feature::MembersRemoveValue),
            _ if value.as_array().is_some_and(Vec::is_empty) => add(Feature::MembersReplaceEmpty),
            _ => add(Feature::MembersReplace),
        }
    }
}
