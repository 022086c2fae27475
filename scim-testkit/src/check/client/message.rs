//! What SCIM messages have in common, and the search request (RFC 7644 §3.4.3).

use scim_core::{json as obj, schema::ResourceType, urn};
use serde_json::{Map, Value};

use super::{
    address, catalog, filter,
    judge::kind_name,
    sink::{Sink, clip},
};

/// Whether `schemas` of a message lists its URN.
pub(super) fn lists(message: &Map<String, Value>, urn: &str) -> bool {
    let Some(Value::Array(listed)) = obj::get(message, "schemas") else { return false };
    listed.iter().any(|listed| listed.as_str().is_some_and(|listed| listed.eq_ignore_ascii_case(urn)))
}

/// The body of a `POST …/.search`.
pub(super) fn search(sink: &mut Sink, message: &Map<String, Value>, known: Option<&ResourceType>) {
    const MEMBERS: [&str; 9] = [
        "schemas",
        "attributes",
        "excludedAttributes",
        "filter",
        "sortBy",
        "sortOrder",
        "startIndex",
        "count",
        "cursor",
    ];
    if !lists(message, urn::SEARCH_REQUEST) {
        sink.add(&catalog::SEARCH_SCHEMA, || "`schemas` without it".to_owned());
    }
    for key in message.keys() {
        if !MEMBERS.iter().any(|member| member.eq_ignore_ascii_case(key)) {
            sink.add(&catalog::PARAMETER_UNKNOWN, || format!("`{}`", clip(key, 40)));
        }
    }
    let get = |name: &str| obj::get(message, name).filter(|value| !obj::is_unassigned(value));
    let text = |sink: &mut Sink, name: &str| match get(name)? {
        Value::String(text) => Some(text.clone()),
        other => {
            sink.add(&catalog::TYPE, || format!("{name}: expected a string, got {}", kind_name(other)));
            None
        }
    };
    if let Some(found) = text(sink, "filter") {
        filter::text(sink, &found, known);
    }
    let (by, order) = (text(sink, "sortBy"), text(sink, "sortOrder"));
    address::sorting(sink, by.as_deref(), order.as_deref());
    for name in ["startIndex", "count"] {
        match get(name) {
            Some(Value::Number(number)) if number.is_i64() || number.is_u64() => {
                address::range(sink, name, number.as_i64().unwrap_or(i64::MAX));
            }
            Some(other) => sink.add(&catalog::PAGE_NUMBER, || format!("{name} is {}", kind_name(other))),
            None => {}
        }
    }
    // An empty cursor asks for the first page, so it counts.
    address::paging(sink, get("cursor").is_some(), get("startIndex").is_some());
    let names = |sink: &mut Sink, name: &str| match get(name)? {
        Value::Array(listed) => {
            let listed: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
            Some(listed.join(","))
        }
        other => {
            sink.add(&catalog::MULTI_VALUED_SINGLE, || {
                format!("{name}: expected an array, got {}", kind_name(other))
            });
            None
        }
    };
    let (attributes, excluded) = (names(sink, "attributes"), names(sink, "excludedAttributes"));
    address::projection(sink, attributes.as_deref(), excluded.as_deref());
}
