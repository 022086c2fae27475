//! The RFC's invariants, checked on every exchange: a pure function from request and answer to observations.

use http::{Method, header};
use scim_core::{
    error::ScimType,
    filter::{CompareOp, Filter},
    json as obj,
    query::pairs,
    urn,
};
use serde_json::{Map, Value};

use super::{
    Check, catalog,
    resource::{self, meta, resource_type, version},
};
use crate::run::{Exchange, cut};

/// Something that a check saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The check that failed.
    pub check: &'static Check,
    /// What the rule asks for.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// Everything that is wrong with one exchange.
#[must_use]
pub fn check(exchange: &Exchange) -> Vec<Observation> {
    let mut report = Sheet(Vec::new());
    let status = exchange.answer.status;
    if status >= 500 && status != 501 {
        report.add(
            &catalog::HTTP_SERVER_ERROR,
            "an answer below 500",
            format!("{status} {}", first_bytes(exchange)),
        );
    }
    if (300..400).contains(&status) && status != 304 {
        let target = header_text(exchange, &header::LOCATION).unwrap_or_default();
        report.add(&catalog::HTTP_REDIRECT, "an answer at this address", format!("{status} to {target:?}"));
        return report.0;
    }
    if status >= 400 {
        error_body(exchange, &mut report);
    } else if exchange.answer.is_success() {
        success(exchange, &mut report);
    }
    report.0
}

/// The observations of one exchange: each check once.
pub(super) struct Sheet(Vec<Observation>);

impl Sheet {
    pub(super) fn add(&mut self, check: &'static Check, expected: impl Into<String>, got: impl Into<String>) {
        if !self.0.iter().any(|seen| seen.check == check) {
            self.0.push(Observation { check, expected: expected.into(), got: got.into() });
        }
    }
}

fn error_body(exchange: &Exchange, report: &mut Sheet) {
    let status = exchange.answer.status;
    let Some(json) = &exchange.answer.json else {
        report.add(&catalog::ERROR_BODY, "a SCIM error message in JSON", first_bytes(exchange));
        return;
    };
    let Some(object) = json.as_object() else {
        report.add(&catalog::ERROR_SCHEMA, "a SCIM error message", cut(&json.to_string(), 200));
        return;
    };
    if !lists_schema(object, urn::ERROR) {
        report.add(
            &catalog::ERROR_SCHEMA,
            format!("`schemas` with {}", urn::ERROR),
            cut(&json.to_string(), 200),
        );
        return;
    }
    let wanted = status.to_string();
    match obj::get(object, "status") {
        Some(Value::String(text)) if *text == wanted => {}
        Some(other) => report.add(&catalog::ERROR_STATUS, format!("{wanted:?}"), other.to_string()),
        None => report.add(&catalog::ERROR_STATUS, format!("{wanted:?}"), "no `status`"),
    }
    if let Some(scim_type) = obj::get(object, "scimType").filter(|value| !value.is_null()) {
        let known = scim_type.as_str().is_some_and(|keyword| {
            keyword.is_empty()
                || ScimType::from_keyword(keyword).is_some()
                || CURSOR_KEYWORDS.contains(&keyword)
        });
        if !known {
            report.add(&catalog::ERROR_SCIM_TYPE, "a keyword of Table 9", scim_type.to_string());
        }
    }
}

fn success(exchange: &Exchange, report: &mut Sheet) {
    let answer = &exchange.answer;
    let method = &exchange.request.method;
    let segments = exchange.segments();
    if !answer.body.is_empty() && *method != Method::DELETE {
        media_type(exchange, report);
        if answer.json.is_none() {
            report.add(&catalog::HTTP_NOT_JSON, "JSON", first_bytes(exchange));
            return;
        }
    }
    let Some(collection) = segments.first().copied() else { return };
    if is_search(exchange) {
        list(exchange, if collection == ".search" { "" } else { collection }, report);
        return;
    }
    let one = match collection {
        "Users" | "Groups" => collection,
        _ => return,
    };
    match (method.as_str(), segments.len()) {
        ("GET", 1) => list(exchange, one, report),
        ("GET", 2) => {
            if let Some(Value::Object(object)) = &answer.json {
                resource::judge(object, one, projected(exchange), report);
                version(exchange, object, report);
                let members = obj::get(object, "members").and_then(Value::as_array).map_or(0, Vec::len);
                if excludes_members(exchange) && members > 0 {
                    report.add(&catalog::LOOKUP_EXCLUDED, "no `members`", format!("{members} members"));
                }
                let asked =
                    percent_encoding::percent_decode_str(segments[1]).decode_utf8_lossy().into_owned();
                match obj::get(object, "id") {
                    Some(Value::String(id)) if *id != asked => report.add(
                        &catalog::RESOURCE_ID,
                        format!("the resource with id {asked:?}"),
                        format!("id {id:?}"),
                    ),
                    _ => {}
                }
            } else {
                report.add(&catalog::HTTP_NOT_JSON, "the resource as a JSON object", first_bytes(exchange));
            }
        }
        ("POST", 1) => created(exchange, one, report),
        ("PUT", 2) => match &answer.json {
            Some(Value::Object(object)) if answer.status == 200 => {
                resource::judge(object, one, projected(exchange), report);
                version(exchange, object, report);
                same_id(object, segments[1], report);
            }
            _ => report.add(&catalog::PUT_STATUS, "200 with the resource", described(exchange)),
        },
        ("PATCH", 2) => match (&answer.json, answer.status) {
            (Some(Value::Object(object)), 200) => {
                resource::judge(object, one, projected(exchange), report);
                version(exchange, object, report);
                same_id(object, segments[1], report);
            }
            (None, 204) if answer.body.is_empty() => {}
            _ => report.add(
                &catalog::PATCH_STATUS,
                "200 with the resource, or 204 without a body",
                described(exchange),
            ),
        },
        // 202 is left alone: a server may delete later.
        ("DELETE", 2) if answer.status != 204 && answer.status != 202 => {
            report.add(&catalog::DELETE_STATUS, "204 without a body", described(exchange));
        }
        _ => {}
    }
}

fn same_id(object: &Map<String, Value>, segment: &str, report: &mut Sheet) {
    let asked = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
    if let Some(Value::String(id)) = obj::get(object, "id")
        && *id != asked
    {
        report.add(&catalog::ID_CHANGED, format!("id {asked:?}"), format!("id {id:?}"));
    }
}

fn media_type(exchange: &Exchange, report: &mut Sheet) {
    let declared = header_text(exchange, &header::CONTENT_TYPE).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/scim+json" => {}
        "application/json" => {
            report.add(&catalog::HTTP_MEDIA_TYPE_JSON, "application/scim+json", declared);
        }
        _ => report.add(
            &catalog::HTTP_CONTENT_TYPE,
            "Content-Type application/scim+json",
            if declared.is_empty() { "no Content-Type".to_owned() } else { declared },
        ),
    }
}

fn created(exchange: &Exchange, collection: &str, report: &mut Sheet) {
    let answer = &exchange.answer;
    if answer.status != 201 {
        report.add(&catalog::CREATE_STATUS, "201", answer.status.to_string());
    }
    let Some(Value::Object(object)) = &answer.json else {
        report.add(&catalog::CREATE_BODY, "the new resource", described(exchange));
        return;
    };
    if obj::get(object, "id").is_none() {
        report.add(
            &catalog::CREATE_BODY,
            "the new resource with its `id`",
            cut(&Value::Object(object.clone()).to_string(), 200),
        );
        return;
    }
    resource::judge(object, collection, projected(exchange), report);
    version(exchange, object, report);
    let location = header_text(exchange, &header::LOCATION);
    match (location, meta(object, "location")) {
        (None, _) => report.add(&catalog::CREATE_LOCATION, "a `Location` header", "none"),
        // A relative reference is permitted in the header (RFC 9110 §10.2.2).
        (Some(header), Some(inside)) if header != inside && !inside.ends_with(&header) => report.add(
            &catalog::CREATE_LOCATION,
            "the same URI in `Location` and `meta.location`",
            format!("{header} and {inside}"),
        ),
        _ => {}
    }
}

fn list(exchange: &Exchange, collection: &str, report: &mut Sheet) {
    let Some(Value::Object(object)) = &exchange.answer.json else {
        report.add(&catalog::LIST_SHAPE, "a ListResponse", first_bytes(exchange));
        return;
    };
    if !lists_schema(object, urn::LIST_RESPONSE) {
        report.add(
            &catalog::LIST_SHAPE,
            format!("`schemas` with {}", urn::LIST_RESPONSE),
            cut(&Value::Object(object.clone()).to_string(), 200),
        );
    }
    for name in ["totalResults", "startIndex", "itemsPerPage"] {
        match obj::get(object, name) {
            Some(Value::Number(number)) if number.is_i64() || number.is_u64() => {}
            Some(other) => {
                report.add(
                    &catalog::LIST_NUMBER,
                    format!("{name} as an integer"),
                    format!("{name}: {other}"),
                );
            }
            None if name == "totalResults" && obj::get(object, "nextCursor").is_none() => {
                report.add(&catalog::LIST_SHAPE, "`totalResults`", "none");
            }
            None => {}
        }
    }
    let none = Vec::new();
    let total = integer(object, "totalResults");
    let resources = match obj::get(object, "Resources") {
        Some(Value::Array(resources)) => resources,
        None | Some(Value::Null) if total.unwrap_or(0) == 0 => &none,
        other => {
            let count_zero = parameter(exchange, "count").as_deref() == Some("0");
            let beyond = parameter(exchange, "startIndex")
                .and_then(|start| start.parse::<i64>().ok())
                .zip(total)
                .is_some_and(|(start, total)| start > total);
            if !(other.is_none() && (count_zero || beyond)) {
                report.add(
                    &catalog::LIST_SHAPE,
                    "`Resources` as an array",
                    other.map_or_else(|| "none".to_owned(), |other| cut(&other.to_string(), 100)),
                );
            }
            return;
        }
    };
    paging(exchange, object, resources, report);
    filtered(exchange, collection, resources, report);
    let projected = projected(exchange);
    let excluded = excludes_members(exchange);
    for item in resources {
        let Value::Object(item) = item else {
            report.add(&catalog::LIST_SHAPE, "resources as JSON objects", cut(&item.to_string(), 100));
            continue;
        };
        // A query at the root finds resources of every type.
        let collection = match collection {
            "" if lists_schema(item, urn::USER) => "Users",
            "" if lists_schema(item, urn::GROUP) => "Groups",
            "" => continue,
            one => one,
        };
        resource::judge(item, collection, projected, report);
        let members = obj::get(item, "members").and_then(Value::as_array).map_or(0, Vec::len);
        if excluded && members > 0 {
            report.add(&catalog::LOOKUP_EXCLUDED, "no `members`", format!("{members} members"));
        }
    }
}

fn paging(exchange: &Exchange, object: &Map<String, Value>, resources: &[Value], report: &mut Sheet) {
    let here = i64::try_from(resources.len()).unwrap_or(i64::MAX);
    if let Some(total) = integer(object, "totalResults").filter(|total| *total < here) {
        report.add(&catalog::LIST_TOTAL, format!("at least {here}"), total.to_string());
    }
    if let Some(items) = integer(object, "itemsPerPage").filter(|items| *items != here) {
        report.add(&catalog::LIST_ITEMS_PER_PAGE, here.to_string(), items.to_string());
    }
    let number = |name: &str| parameter(exchange, name).and_then(|text| text.parse::<i64>().ok());
    if let Some(count) = number("count").filter(|count| here > (*count).max(0)) {
        let check = if count > 0 { &catalog::LIST_COUNT } else { &catalog::LIST_COUNT_ZERO };
        report.add(check, format!("at most {}", count.max(0)), format!("{here} resources"));
    }
    // `userName` and `id` are unique, so `eq` on them has one result at most.
    let unique = parameter(exchange, "filter").and_then(|text| Filter::parse(&text).ok()).is_some_and(|filter| {
        matches!(&filter, Filter::Compare { path, op: CompareOp::Eq, .. }
            if path.sub().is_none() && ["username", "id"].contains(&path.name().to_ascii_lowercase().as_str()))
    });
    if let Some(total) = integer(object, "totalResults").filter(|total| unique && here == 1 && *total > 1) {
        report.add(&catalog::LIST_TOTAL, "1", total.to_string());
    }
    let asked = number("startIndex").unwrap_or(1).max(1);
    if let Some(start) = integer(object, "startIndex").filter(|start| *start != asked && here > 0) {
        report.add(&catalog::LIST_START_INDEX, format!("startIndex {asked}"), format!("startIndex {start}"));
    }
    let mut ids: Vec<&str> =
        resources.iter().filter_map(|item| item.get("id").and_then(Value::as_str)).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < all {
        report.add(
            &catalog::LIST_UNSTABLE,
            "each resource once",
            format!("{all} resources with {} ids", ids.len()),
        );
    }
}

/// A returned resource that has the attribute and does not match proves that the filter was not applied.
fn filtered(exchange: &Exchange, collection: &str, resources: &[Value], report: &mut Sheet) {
    let Some(filter) = parameter(exchange, "filter").and_then(|text| Filter::parse(&text).ok()) else {
        return;
    };
    let Filter::Compare { path, .. } = &filter else { return };
    if path.sub().is_some() || path.urn().is_some() {
        return;
    }
    let kind = resource_type(collection);
    for item in resources {
        let shown = item.as_object().is_some_and(|object| obj::get(object, path.name()).is_some());
        if shown && filter.matches(item, &kind) == Ok(false) {
            let value = item
                .as_object()
                .and_then(|object| obj::get(object, path.name()))
                .cloned()
                .unwrap_or_default();
            report.add(
                &catalog::LOOKUP_IGNORED,
                format!("only resources with {filter}"),
                format!("a resource with {} {value}", path.name()),
            );
            return;
        }
    }
}

pub(super) fn lists_schema(object: &Map<String, Value>, wanted: &str) -> bool {
    obj::get(object, "schemas").and_then(Value::as_array).is_some_and(|urns| {
        urns.iter().any(|listed| listed.as_str().is_some_and(|listed| listed.eq_ignore_ascii_case(wanted)))
    })
}

/// Whether this was a query by POST (RFC 7644 §3.4.3).
fn is_search(exchange: &Exchange) -> bool {
    exchange.request.method == Method::POST && exchange.segments().last() == Some(&".search")
}

fn integer(object: &Map<String, Value>, name: &str) -> Option<i64> {
    obj::get(object, name).and_then(Value::as_i64)
}

/// A parameter of the query, in the address or in the body of a `/.search`.
fn parameter(exchange: &Exchange, name: &str) -> Option<String> {
    if is_search(exchange) {
        let sent = exchange.sent_json()?;
        return Some(match obj::get(sent.as_object()?, name)? {
            Value::String(text) => text.clone(),
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            other => other.to_string(),
        });
    }
    pairs(exchange.query()).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn excludes_members(exchange: &Exchange) -> bool {
    parameter(exchange, "excludedAttributes")
        .is_some_and(|names| names.split(',').any(|name| name.trim().eq_ignore_ascii_case("members")))
}

/// Whether the request asked for some attributes only.
fn projected(exchange: &Exchange) -> bool {
    parameter(exchange, "attributes").is_some()
}

pub(super) fn header_text(exchange: &Exchange, name: &header::HeaderName) -> Option<String> {
    exchange.answer.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The status and what the body is, in a few words.
#[must_use]
pub fn described(exchange: &Exchange) -> String {
    if exchange.answer.body.is_empty() {
        return format!("{} without a body", exchange.answer.status);
    }
    format!("{} with {}", exchange.answer.status, cut(&String::from_utf8_lossy(&exchange.answer.body), 200))
}

/// Content type and first bytes of an answer.
#[must_use]
pub fn first_bytes(exchange: &Exchange) -> String {
    let media = header_text(exchange, &header::CONTENT_TYPE).unwrap_or_else(|| "no Content-Type".to_owned());
    if exchange.answer.body.is_empty() {
        return format!("{media}, empty body");
    }
    let start = &exchange.answer.body[..exchange.answer.body.len().min(400)];
    format!("{media}, body begins {:?}", cut(String::from_utf8_lossy(start).trim(), 120))
}

/// RFC 9865 adds these to Table 9.
const CURSOR_KEYWORDS: &[&str] = &["invalidCursor", "expiredCursor", "invalidCount"];
