//! A resource that a client sends with POST or PUT, and values of its attributes wherever they are sent.

use scim_core::{
    json as obj,
    path::AttrPath,
    schema::{Attribute, Kind, Mutability, ResourceType, Returned, Target},
    urn,
    validate::{Violation, ViolationKind, violations},
};
use serde_json::{Map, Value};

use super::{
    ClientCheck, catalog,
    judge::kind_name,
    sink::{Sink, clip},
};

/// The body of a POST.
pub(super) fn create(sink: &mut Sink, resource: &Value, known: &ResourceType) {
    let Some(members) = resource.as_object() else { return };
    if obj::get(members, "id").is_some_and(|id| !obj::is_unassigned(id) && id != "") {
        sink.add(&catalog::ID_SENT, || "an `id` in the body of a POST".to_owned());
    }
    for (key, value) in members {
        if let Some(attribute) = known.attribute(key)
            && attribute.mutability == Mutability::ReadOnly
            && attribute.name != "id"
            && !obj::is_unassigned(value)
        {
            sink.add(&catalog::READ_ONLY_SENT, || format!("`{}`", attribute.name));
        }
    }
    whole(sink, resource, members, known);
}

/// The body of a PUT to the resource with that id.
pub(super) fn replace(sink: &mut Sink, resource: &Value, known: &ResourceType, id: Option<&str>) {
    let Some(members) = resource.as_object() else { return };
    if let Some(id) = id
        && obj::get(members, "id").is_some_and(|sent| !sent.is_null() && sent.as_str() != Some(id))
    {
        sink.add(&catalog::ID_DIFFERS, || "`id` in the body is not the one in the path".to_owned());
    }
    whole(sink, resource, members, known);
}

fn whole(sink: &mut Sink, resource: &Value, members: &Map<String, Value>, known: &ResourceType) {
    schemas(sink, members, known);
    for key in members.keys().filter(|key| key.contains(':')) {
        if let Ok(path) = key.parse::<AttrPath>()
            && known.extension(key).is_none()
            && known.resolve(&path).is_some_and(|known| known.extension.is_some())
        {
            sink.add(&catalog::EXTENSION_FLAT, || format!("`{}`", clip(key, 120)));
        }
    }
    for violation in violations(resource, known) {
        report(sink, &violation, known, Strict::Resource);
    }
    for (key, value) in members {
        if let Some(attribute) = known.attribute(key) {
            never_returned(sink, attribute, value);
            json_in_text(sink, attribute, value);
        }
    }
}

/// What `schemas` says, as far as [`violations`] does not look at it.
fn schemas(sink: &mut Sink, members: &Map<String, Value>, known: &ResourceType) {
    let Some(Value::Array(listed)) = obj::get(members, "schemas") else { return };
    // More schemas than that, no resource has; comparing all with all must stay cheap.
    let listed: Vec<&str> = listed.iter().filter_map(Value::as_str).take(100).collect();
    for (index, urn) in listed.iter().enumerate() {
        if listed[..index].iter().any(|earlier| earlier.eq_ignore_ascii_case(urn)) {
            sink.add(&catalog::SCHEMAS_REPEATED, || format!("`{}`", clip(urn, 120)));
        } else if known.schema_by_urn(urn).is_none() {
            sink.add(&catalog::SCHEMAS_UNKNOWN, || format!("`{}`", clip(urn, 120)));
        }
    }
}

/// Which violations count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strict {
    /// A whole resource.
    Resource,
    /// Some attributes, in a PATCH.
    Partial,
}

/// The value of one attribute in a PATCH, in a resource that has nothing else.
pub(super) fn value(sink: &mut Sink, key: &str, value: Value, known: &ResourceType) {
    if let Some(attribute) = known.attribute(key) {
        never_returned(sink, attribute, &value);
        json_in_text(sink, attribute, &value);
    }
    let resource = Value::Object(Map::from_iter([(key.to_owned(), value)]));
    for violation in violations(&resource, known) {
        report(sink, &violation, known, Strict::Partial);
    }
}

/// The rules for what a server returns are those for what a client sends, but for what the server decides.
fn report(sink: &mut Sink, violation: &Violation, known: &ResourceType, strict: Strict) {
    use ViolationKind as Is;
    let whole = strict == Strict::Resource;
    let check: &'static ClientCheck = match violation.kind {
        Is::MissingRequired | Is::MissingSchema | Is::UndeclaredExtension if !whole => return,
        // Read-only: the server ignores whatever is sent (RFC 7644 §3.3, §3.5.1).
        _ if read_only(&violation.attribute, known) => return,
        Is::MissingRequired if violation.attribute == "schemas" => &catalog::SCHEMAS_MISSING,
        Is::MissingRequired => &catalog::REQUIRED_MISSING,
        Is::MissingSchema => &catalog::SCHEMAS_CORE,
        Is::UndeclaredExtension => &catalog::EXTENSION_UNDECLARED,
        Is::DuplicateName => &catalog::ATTRIBUTE_TWICE,
        Is::MultiplePrimary => &catalog::PRIMARY,
        Is::NonCanonicalName => &catalog::ATTRIBUTE_CASE,
        Is::NotArray => &catalog::MULTI_VALUED_SINGLE,
        Is::UnknownCoreAttribute => &catalog::ATTRIBUTE_UNKNOWN,
        Is::WrongType if is_manager(violation) => &catalog::MANAGER_TEXT,
        Is::WrongType if is_boolean_text(violation) => &catalog::BOOLEAN_TEXT,
        Is::WrongType => &catalog::TYPE,
        // What a server must not say, a client may.
        Is::NeverReturned => return,
        _ => return,
    };
    let is_text = violation.got.starts_with("the string ") && check != &catalog::BOOLEAN_TEXT;
    sink.add(check, || {
        // A text in the wrong place may be a password in the wrong place.
        if is_text {
            format!("{}: expected {}, got a string", violation.location, violation.expected)
        } else {
            violation.to_string()
        }
    });
}

fn read_only(attribute: &str, known: &ResourceType) -> bool {
    let Ok(path) = attribute.parse::<AttrPath>() else { return false };
    match known.resolve(&path).map(|known| known.target) {
        Some(Target::Attribute { attribute, sub }) => {
            let is = |attribute: &Attribute| attribute.mutability == Mutability::ReadOnly;
            is(attribute) || sub.is_some_and(is)
        }
        _ => false,
    }
}

fn is_manager(violation: &Violation) -> bool {
    violation.got == "a string"
        && violation
            .attribute
            .rsplit_once(':')
            .is_some_and(|(urn, name)| name == "manager" && urn.eq_ignore_ascii_case(urn::ENTERPRISE_USER))
}

fn is_boolean_text(violation: &Violation) -> bool {
    violation.expected == "a boolean"
        && violation.got.strip_prefix("the string ").is_some_and(|text| {
            ["true", "false"].iter().any(|word| text.trim_matches('"').eq_ignore_ascii_case(word))
        })
}

/// A password has a type too, though it is never returned.
fn never_returned(sink: &mut Sink, attribute: &Attribute, value: &Value) {
    let text = matches!(attribute.kind, Kind::String | Kind::Reference);
    if attribute.returned == Returned::Never
        && text
        && !attribute.multi_valued
        && !value.is_string()
        && !obj::is_unassigned(value)
    {
        sink.add(&catalog::TYPE, || {
            format!("{}: expected a string, got {}", attribute.name, kind_name(value))
        });
    }
}

/// A role whose parts are in one text.
fn json_in_text(sink: &mut Sink, attribute: &Attribute, value: &Value) {
    if !matches!(attribute.name.as_str(), "roles" | "entitlements") {
        return;
    }
    let elements = value.as_array().map_or(&[][..], Vec::as_slice);
    let holds = |element: &Value| {
        let text = element.as_object().and_then(|members| obj::get(members, "value")).and_then(Value::as_str);
        text.is_some_and(|text| {
            text.trim_start().starts_with('{') && serde_json::from_str::<Map<String, Value>>(text).is_ok()
        })
    };
    if elements.iter().any(holds) {
        sink.add(&catalog::JSON_IN_TEXT, || format!("`{}.value`", attribute.name));
    }
}
