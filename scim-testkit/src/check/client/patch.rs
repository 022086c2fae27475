//! The PatchOp message (RFC 7644 §3.5.2).

use scim_core::{
    filter::{CompareOp, Filter, Literal},
    json as obj,
    path::{AttrPath, Path},
    schema::{Attribute, Mutability, ResourceType, Target},
    urn,
};
use serde_json::{Map, Value};

use super::{
    body, catalog, filter,
    judge::kind_name,
    message::lists,
    sink::{Sink, clip, quoted},
};

/// The body of a PATCH of the resource with that id.
pub(super) fn message(sink: &mut Sink, message: &Map<String, Value>, known: &ResourceType, id: Option<&str>) {
    if !lists(message, urn::PATCH_OP) {
        sink.add(&catalog::PATCH_SCHEMA, || match obj::get(message, "schemas") {
            None => "no `schemas`".to_owned(),
            Some(Value::Array(_)) => "`schemas` without it".to_owned(),
            Some(other) => format!("`schemas` is {}", kind_name(other)),
        });
    }
    operations(sink, obj::get(message, "Operations"), known, id);
}

/// The operations alone. In a bulk request they may come without the message around them (RFC 7644 §3.7.3's example;
/// erratum 5050 has the whole message).
pub(super) fn operations(
    sink: &mut Sink,
    operations: Option<&Value>,
    known: &ResourceType,
    id: Option<&str>,
) {
    let list = match operations {
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(Value::Array(_)) => {
            return sink.add(&catalog::PATCH_OPERATIONS, || "an empty `Operations`".to_owned());
        }
        Some(other) => {
            return sink.add(&catalog::PATCH_OPERATIONS, || format!("`Operations` is {}", kind_name(other)));
        }
        None => return sink.add(&catalog::PATCH_OPERATIONS, || "no `Operations`".to_owned()),
    };
    let outside = sink.within.clone();
    for (index, each) in list.iter().enumerate() {
        sink.within = format!("{outside}Operations[{index}]: ");
        match each {
            Value::Object(each) => operation(sink, each, known, id),
            other => sink.add(&catalog::PATCH_OPERATIONS, || format!("{}, not an object", kind_name(other))),
        }
    }
    sink.within = outside;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Add,
    Remove,
    Replace,
}

fn operation(sink: &mut Sink, operation: &Map<String, Value>, known: &ResourceType, id: Option<&str>) {
    let Some(op) = op(sink, obj::get(operation, "op")) else { return };
    let value = obj::get(operation, "value");
    match obj::get(operation, "path") {
        None | Some(Value::Null) => without_path(sink, op, value, known, id),
        Some(Value::String(text)) => match text.parse::<Path>() {
            Ok(path) => with_path(sink, op, &path, value, known, id),
            Err(error) if filter::is_large(&error) => {}
            Err(error) => sink.add(&catalog::PATCH_PATH, || filter::broken(text, &error)),
        },
        Some(other) => sink.add(&catalog::PATCH_PATH, || format!("`path` is {}", kind_name(other))),
    }
}

fn op(sink: &mut Sink, op: Option<&Value>) -> Option<Op> {
    let text = match op {
        Some(Value::String(text)) => text,
        Some(other) => {
            sink.add(&catalog::PATCH_OP, || format!("`op` is {}", kind_name(other)));
            return None;
        }
        None => {
            sink.add(&catalog::PATCH_OP, || "no `op`".to_owned());
            return None;
        }
    };
    let all = [("add", Op::Add), ("remove", Op::Remove), ("replace", Op::Replace)];
    let found = all.into_iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    match found {
        Some((word, _)) if word != text => {
            sink.add(&catalog::PATCH_OP_CASE, || format!("`{}`", clip(text, 20)));
        }
        Some(_) => {}
        None => sink.add(&catalog::PATCH_OP, || quoted(&clip(text, 40))),
    }
    found.map(|(_, op)| op)
}

fn without_path(sink: &mut Sink, op: Op, value: Option<&Value>, known: &ResourceType, id: Option<&str>) {
    if op == Op::Remove {
        return sink.add(&catalog::PATCH_REMOVE_PATH, || "`remove` without `path`".to_owned());
    }
    let members = match value {
        Some(Value::Object(members)) => members,
        Some(other) => {
            return sink.add(&catalog::PATCH_VALUE_OBJECT, || {
                format!("no `path`, and `value` is {}", kind_name(other))
            });
        }
        None => return sink.add(&catalog::PATCH_VALUE, || "neither `path` nor `value`".to_owned()),
    };
    for (key, value) in members {
        if let Some(attribute) = known.attribute(key) {
            if changes_read_only(sink, attribute, None, value, id) {
                continue;
            }
            assigned(sink, op, key, attribute, value, known);
        } else if known.extension(key).is_some() {
            body::value(sink, key, value.clone(), known);
        } else if key.contains([':', '.', '[']) {
            path_as_key(sink, op, key, value, known, id);
        } else {
            body::value(sink, key, value.clone(), known);
        }
    }
}

/// A key such as `name.givenName` or `urn:…:User:department`.
fn path_as_key(sink: &mut Sink, op: Op, key: &str, value: &Value, known: &ResourceType, id: Option<&str>) {
    let Ok(path) = key.parse::<Path>() else {
        return sink.add(&catalog::ATTRIBUTE_UNKNOWN, || quoted(key));
    };
    // The URN of an extension that the type does not have, with its object: that is somebody's extension.
    if path.attr.urn().is_some() && known.resolve(&path.attr).is_none() {
        return sink.add(&catalog::PATCH_EXTENSION, || quoted(key));
    }
    sink.add(&catalog::PATCH_PATH_KEYS, || quoted(key));
    with_path(sink, op, &path, Some(value), known, id);
}

fn with_path(
    sink: &mut Sink,
    op: Op,
    path: &Path,
    value: Option<&Value>,
    known: &ResourceType,
    id: Option<&str>,
) {
    let Some(resolved) = known.resolve(&path.attr) else { return unresolved(sink, path, known) };
    let urn = resolved.extension.map(|extension| extension.id.as_str());
    let Target::Attribute { attribute, sub } = resolved.target else {
        if op != Op::Remove
            && present(sink, path, value)
            && let (Some(urn), Some(value)) = (urn, value)
        {
            body::value(sink, urn, value.clone(), known);
        }
        return;
    };
    if let Some(selection) = &path.filter {
        if !attribute.multi_valued {
            return sink.add(&catalog::PATCH_ATTRIBUTE, || {
                format!("{}: `{}` has one value", quoted(&path.to_string()), attribute.name)
            });
        }
        let whole =
            Filter::ValuePath { attr: path.attr.clone(), filter: Box::new(selection.clone()), test: None };
        filter::meaning(sink, &whole, known);
    }
    let sub = match &path.sub {
        None => sub,
        Some(name) => match attribute.sub(name) {
            Some(sub) => Some(sub),
            // `value` of a list of plain values is the value itself.
            None if attribute.sub_attributes.is_empty() && name.eq_ignore_ascii_case("value") => None,
            None => {
                return sink.add(&catalog::PATCH_ATTRIBUTE, || {
                    format!("{}: no such sub-attribute", quoted(&path.to_string()))
                });
            }
        },
    };
    if changes_read_only(sink, attribute, sub, value.unwrap_or(&Value::Null), id) {
        return;
    }
    if let (Some(sub), Some(selection)) = (sub, &path.filter) {
        immutable(sink, op, sub, selection, value, path);
    }
    if op == Op::Remove {
        return removed(sink, path, attribute, sub, value);
    }
    if !present(sink, path, value) {
        return;
    }
    let Some(value) = value else { return };
    let value = match (sub, &path.filter) {
        (None, None) => return assigned_in(sink, op, attribute, value, known, urn),
        (Some(sub), _) => {
            let object = Value::Object(Map::from_iter([(sub.name.clone(), value.clone())]));
            if attribute.multi_valued { Value::Array(vec![object]) } else { object }
        }
        (None, Some(_)) => Value::Array(vec![value.clone()]),
    };
    in_place(sink, attribute, value, known, urn);
}

/// Whether an `add` or `replace` has a value other than `null`.
fn present(sink: &mut Sink, path: &Path, value: Option<&Value>) -> bool {
    match value {
        None => sink.add(&catalog::PATCH_VALUE, || format!("{} without `value`", quoted(&path.to_string()))),
        Some(Value::Null) => sink.add(&catalog::PATCH_NULL, || quoted(&path.to_string())),
        Some(_) => return true,
    }
    false
}

fn unresolved(sink: &mut Sink, path: &Path, known: &ResourceType) {
    let attr = &path.attr;
    if attr.urn().is_some_and(|urn| known.schema_by_urn(urn).is_none()) {
        return sink.add(&catalog::PATCH_EXTENSION, || quoted(&path.to_string()));
    }
    let elsewhere = attr.urn().is_none()
        && known.extensions.iter().any(|extension| {
            known.resolve(&AttrPath::from(attr.to_string().as_str()).with_urn(&extension.schema.id)).is_some()
        });
    let check = if elsewhere { &catalog::PATCH_UNQUALIFIED } else { &catalog::PATCH_ATTRIBUTE };
    sink.add(check, || match known.suggest(attr) {
        Some(suggestion) => format!("{}; did you mean `{suggestion}`?", quoted(&path.to_string())),
        None => quoted(&path.to_string()),
    });
}

/// Whether the target is read-only; the `id` that the resource has is no change.
fn changes_read_only(
    sink: &mut Sink,
    attribute: &Attribute,
    sub: Option<&Attribute>,
    value: &Value,
    id: Option<&str>,
) -> bool {
    let is = |attribute: &Attribute| attribute.mutability == Mutability::ReadOnly;
    if !is(attribute) && !sub.is_some_and(is) {
        return false;
    }
    if attribute.name == "id" && id.is_some() && value.as_str() == id {
        sink.add(&catalog::PATCH_ID_ECHO, || "`id`".to_owned());
    } else {
        sink.add(&catalog::PATCH_READ_ONLY, || match sub {
            Some(sub) => format!("`{}.{}`", attribute.name, sub.name),
            None => format!("`{}`", attribute.name),
        });
    }
    true
}

/// A value that is there for certain, since the path selects by it, is given another or taken away.
fn immutable(
    sink: &mut Sink,
    op: Op,
    sub: &Attribute,
    selection: &Filter,
    value: Option<&Value>,
    path: &Path,
) {
    if sub.mutability != Mutability::Immutable {
        return;
    }
    let Filter::Compare { path: by, op: CompareOp::Eq, value: Literal::String(was) } = selection else {
        return;
    };
    let same = op != Op::Remove && value.and_then(Value::as_str) == Some(was);
    if by.name().eq_ignore_ascii_case(&sub.name) && by.sub().is_none() && !same {
        sink.add(&catalog::PATCH_IMMUTABLE, || quoted(&path.to_string()));
    }
}

fn removed(
    sink: &mut Sink,
    path: &Path,
    attribute: &Attribute,
    sub: Option<&Attribute>,
    value: Option<&Value>,
) {
    if path.filter.is_some() || sub.is_some() {
        return;
    }
    if attribute.required {
        return sink.add(&catalog::PATCH_REMOVE_REQUIRED, || format!("`{}`", attribute.name));
    }
    if attribute.multi_valued && value.is_some_and(|value| !obj::is_unassigned(value)) {
        let count = value.and_then(Value::as_array).map_or(1, Vec::len);
        sink.add(&catalog::PATCH_REMOVE_VALUE, || format!("`{}` with {count} in `value`", attribute.name));
    }
}

/// A whole attribute of the core schema.
fn assigned(sink: &mut Sink, op: Op, key: &str, attribute: &Attribute, value: &Value, known: &ResourceType) {
    let value = listed(sink, op, attribute, value);
    body::value(sink, key, value, known);
}

/// A whole attribute, of an extension perhaps.
fn assigned_in(
    sink: &mut Sink,
    op: Op,
    attribute: &Attribute,
    value: &Value,
    known: &ResourceType,
    urn: Option<&str>,
) {
    let value = listed(sink, op, attribute, value);
    in_place(sink, attribute, value, known, urn);
}

/// The value, in an array where an `add` may leave it out.
fn listed(sink: &mut Sink, op: Op, attribute: &Attribute, value: &Value) -> Value {
    let single = attribute.multi_valued && !value.is_array() && !obj::is_unassigned(value);
    if single && op == Op::Add {
        sink.add(&catalog::PATCH_ADD_SINGLE, || format!("`{}` is {}", attribute.name, kind_name(value)));
        return Value::Array(vec![value.clone()]);
    }
    value.clone()
}

fn in_place(sink: &mut Sink, attribute: &Attribute, value: Value, known: &ResourceType, urn: Option<&str>) {
    match urn {
        None => body::value(sink, &attribute.name, value, known),
        Some(urn) => {
            let object = Map::from_iter([(attribute.name.clone(), value)]);
            body::value(sink, urn, Value::Object(object), known);
        }
    }
}
