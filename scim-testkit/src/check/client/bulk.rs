//! The bulk request (RFC 7644 §3.7), and the requests in it.

use std::collections::HashSet;

use scim_core::{json as obj, schema::ResourceType, urn};
use serde_json::{Map, Value};

use super::{
    body, catalog,
    judge::{Place, kind_name},
    message::lists,
    patch,
    sink::{Sink, clip, quoted},
};

/// The body of a `POST /Bulk`.
pub(super) fn bulk(sink: &mut Sink, message: &Map<String, Value>, types: &[ResourceType]) {
    if !lists(message, urn::BULK_REQUEST) {
        sink.add(&catalog::BULK_SCHEMA, || "`schemas` without it".to_owned());
    }
    if let Some(limit) = obj::get(message, "failOnErrors")
        && !limit.is_null()
        && !limit.is_u64()
    {
        sink.add(&catalog::BULK_SHAPE, || format!("`failOnErrors` is {}", kind_name(limit)));
    }
    let Some(Value::Array(operations)) = obj::get(message, "Operations") else {
        return sink.add(&catalog::BULK_SHAPE, || "no `Operations` that is an array".to_owned());
    };
    let mut ids = HashSet::new();
    for (index, operation) in operations.iter().enumerate() {
        sink.within = format!("Operations[{index}]: ");
        match operation {
            Value::Object(operation) => one(sink, operation, types, &mut ids),
            other => sink.add(&catalog::BULK_SHAPE, || format!("{}, not an object", kind_name(other))),
        }
    }
    sink.within = String::new();
}

fn one<'a>(
    sink: &mut Sink,
    operation: &'a Map<String, Value>,
    types: &[ResourceType],
    ids: &mut HashSet<&'a str>,
) {
    let Some(method) = obj::get(operation, "method").and_then(Value::as_str) else {
        return sink.add(&catalog::BULK_SHAPE, || "no `method` that is a text".to_owned());
    };
    if !["POST", "PUT", "PATCH", "DELETE"].contains(&method) {
        return sink.add(&catalog::BULK_SHAPE, || format!("method {}", quoted(&clip(method, 20))));
    }
    let given = obj::get(operation, "bulkId").and_then(Value::as_str).filter(|id| !id.is_empty());
    match given {
        None if method == "POST" => sink.add(&catalog::BULK_ID, || "a POST without `bulkId`".to_owned()),
        Some(id) if !ids.insert(id) => {
            sink.add(&catalog::BULK_ID, || format!("{} again", quoted(&clip(id, 60))));
        }
        _ => {}
    }
    let Some(path) = obj::get(operation, "path").and_then(Value::as_str).filter(|path| !path.is_empty())
    else {
        return sink.add(&catalog::BULK_SHAPE, || "no `path` that is a text".to_owned());
    };
    let data = obj::get(operation, "data").filter(|data| !data.is_null());
    if data.is_none() && method != "DELETE" {
        sink.add(&catalog::BULK_SHAPE, || format!("a {method} without `data`"));
    }
    let place = Place::of(path.split('?').next().unwrap_or_default(), types);
    match (&place, method, data) {
        (Place::Type(known), "POST", Some(data)) => body::create(sink, data, known),
        (Place::Resource(known, id), "PUT", Some(data)) => body::replace(sink, data, known, Some(id)),
        (Place::Resource(known, id), "PATCH", Some(Value::Object(data))) => {
            // Examples of the RFC have the operations alone, so the message's own `schemas` is not asked for.
            patch::operations(sink, obj::get(data, "Operations"), known, Some(id));
        }
        (Place::Resource(known, id), "PATCH", data @ Some(Value::Array(_))) => {
            patch::operations(sink, data, known, Some(id));
        }
        (Place::Type(_), "PUT" | "PATCH" | "DELETE", _)
        | (Place::Resource(..), "POST", _)
        | (Place::Bulk, ..) => {
            sink.add(&catalog::BULK_SHAPE, || format!("{method} {}", quoted(path)));
        }
        _ => {}
    }
}
