//! What the RFCs ask of one resource, wherever it is returned.

use http::header;
use scim_core::{
    json as obj,
    schema::ResourceType,
    urn,
    validate::{ViolationKind, violations},
};
use serde_json::{Map, Value};

use super::{
    catalog,
    exchange::{Sheet, header_text, lists_schema},
};
use crate::run::{Exchange, cut};

pub(super) fn judge(object: &Map<String, Value>, collection: &str, projected: bool, report: &mut Sheet) {
    let kind = resource_type(collection);
    match obj::get(object, "id") {
        Some(Value::String(id)) if !id.is_empty() => location(object, collection, id, report),
        Some(other) => report.add(&catalog::RESOURCE_ID, "a non-empty string", other.to_string()),
        None => report.add(&catalog::RESOURCE_ID, "an `id`", "none"),
    }
    let asks_schemas = obj::get(object, "schemas").is_none();
    if !(lists_schema(object, &kind.schema.id) || (projected && asks_schemas)) {
        let got = obj::get(object, "schemas").map_or_else(|| "none".to_owned(), ToString::to_string);
        report.add(&catalog::RESOURCE_SCHEMAS, format!("`schemas` with {}", kind.schema.id), got);
    }
    if let Some(password) = obj::get(object, "password").filter(|value| !obj::is_unassigned(value)) {
        let shape = if password.is_string() { "a `password`" } else { "a `password` that is not text" };
        report.add(&catalog::RESOURCE_PASSWORD, "no `password`", shape);
    }
    let enterprise = obj::get(object, urn::ENTERPRISE_USER).and_then(Value::as_object);
    if let Some(manager) = enterprise.and_then(|data| obj::get(data, "manager"))
        && !manager.is_object()
        && !obj::is_unassigned(manager)
        && manager.as_str() != Some("")
    {
        report.add(&catalog::RESOURCE_MANAGER, "an object with `value`", manager.to_string());
    }
    for violation in violations(&Value::Object(object.clone()), &kind) {
        if matches!(violation.kind, ViolationKind::WrongType | ViolationKind::NotArray)
            && !matches!(violation.attribute.as_str(), "id" | "schemas" | "password")
            && !violation.attribute.ends_with("manager")
        {
            report.add(
                &catalog::RESOURCE_TYPE,
                format!("{}: {}", violation.location, violation.expected),
                violation.got.clone(),
            );
        }
    }
    extensions(object, report);
    primaries(object, report);
    if projected {
        return;
    }
    if let Some(named) = meta(object, "resourceType").filter(|named| !named.eq_ignore_ascii_case(&kind.name))
    {
        report.add(
            &catalog::RESOURCE_KIND,
            format!("meta.resourceType {:?}", kind.name),
            format!("{named:?}"),
        );
    }
    if meta(object, "resourceType").is_none() || meta(object, "location").is_none() {
        report.add(
            &catalog::RESOURCE_META,
            "`meta` with `resourceType` and `location`",
            obj::get(object, "meta").map_or_else(|| "none".to_owned(), ToString::to_string),
        );
    }
    if collection == "Users" && !obj::get(object, "active").is_some_and(Value::is_boolean) {
        let got = obj::get(object, "active").map_or_else(|| "none".to_owned(), ToString::to_string);
        report.add(&catalog::RESOURCE_ACTIVE, "`active` as true or false", got);
    }
}

/// Every extension that has data is listed in `schemas`.
fn extensions(object: &Map<String, Value>, report: &mut Sheet) {
    if obj::get(object, "schemas").is_none() {
        return;
    }
    for (name, data) in object {
        let has_data =
            data.as_object().is_some_and(|data| data.values().any(|value| !obj::is_unassigned(value)));
        let extension = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
        if extension && has_data && !lists_schema(object, name) {
            let got =
                obj::get(object, "schemas").map_or_else(String::new, |listed| cut(&listed.to_string(), 200));
            report.add(&catalog::RESOURCE_EXTENSION, format!("`schemas` with {name}"), got);
        }
    }
}

/// Not more than one value of an attribute is primary.
fn primaries(object: &Map<String, Value>, report: &mut Sheet) {
    for (name, values) in object {
        let primary = |value: &&Value| {
            value.as_object().and_then(|value| obj::get(value, "primary")).and_then(Value::as_bool)
                == Some(true)
        };
        let count = values.as_array().map_or(0, |values| values.iter().filter(primary).count());
        if count > 1 {
            report.add(
                &catalog::RESOURCE_PRIMARY,
                format!("one primary value in `{name}`"),
                count.to_string(),
            );
        }
    }
}

fn location(object: &Map<String, Value>, collection: &str, id: &str, report: &mut Sheet) {
    let Some(location) = meta(object, "location") else { return };
    let address = location.split(['?', '#']).next().unwrap_or_default();
    let path = percent_encoding::percent_decode_str(address).decode_utf8_lossy();
    let scheme = location.to_ascii_lowercase();
    let absolute = scheme.starts_with("https://") || scheme.starts_with("http://");
    // What a template leaves behind when it has no host to fill in.
    let hostless = ["https://undefined/", "http://undefined/", "https://null/", "http://null/"]
        .iter()
        .any(|start| scheme.starts_with(start));
    let names_it = path.trim_end_matches('/').ends_with(&format!("/{collection}/{id}"));
    if !absolute || hostless || !names_it {
        report.add(
            &catalog::RESOURCE_LOCATION,
            format!("an absolute URI that ends in /{collection}/{id}"),
            location,
        );
    }
}

pub(super) fn version(exchange: &Exchange, object: &Map<String, Value>, report: &mut Sheet) {
    let tag = header_text(exchange, &header::ETAG);
    let inside =
        obj::get(object, "meta").and_then(Value::as_object).and_then(|meta| obj::get(meta, "version"));
    if let Some(tag) = tag.as_deref().filter(|tag| !is_entity_tag(tag)) {
        report.add(&catalog::ETAG_SYNTAX, "a tag in double quotes", tag);
    }
    if let (Some(tag), Some(inside)) = (tag, inside)
        && inside.as_str() != Some(tag.as_str())
    {
        report.add(&catalog::RESOURCE_VERSION, format!("meta.version {tag}"), inside.to_string());
    }
}

fn is_entity_tag(text: &str) -> bool {
    let quoted = text.strip_prefix("W/").unwrap_or(text);
    quoted.len() >= 2 && quoted.starts_with('"') && quoted.ends_with('"')
}

pub(super) fn meta<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    obj::get(object, "meta")
        .and_then(Value::as_object)
        .and_then(|meta| obj::get(meta, name))
        .and_then(Value::as_str)
}

pub(super) fn resource_type(collection: &str) -> ResourceType {
    if collection == "Groups" { ResourceType::group() } else { ResourceType::user() }
}
