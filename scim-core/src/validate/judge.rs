//! What is wrong with a resource that a server returned.

use std::{collections::HashSet, fmt};

use serde_json::{Map, Value};

use super::{Place, Wrong, primaries, type_error};
use crate::{
    json as obj,
    schema::{Attribute, Kind, ResourceType, Returned, Schema, common_attributes},
    urn,
};

/// One departure of a returned resource from its schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where in the JSON, such as `emails[0].primary`.
    pub location: String,
    /// Which attribute, such as `emails.primary`; empty for the resource itself.
    pub attribute: String,
    /// What should have been there.
    pub expected: String,
    /// What was there. Text of the user's is never quoted.
    pub got: String,
    /// Which sort of departure it is.
    pub kind: ViolationKind,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = if self.location.is_empty() { "resource" } else { &self.location };
        write!(f, "{location}: expected {}, got {}", self.expected, self.got)
    }
}

/// The sorts of [`Violation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// The same attribute twice, in different letter case (RFC 7643 §2.1).
    DuplicateName,
    /// A required attribute has no value (RFC 7643 §2.2), `id` and `schemas` included (§3, §3.1).
    MissingRequired,
    /// `schemas` lacks the core schema (RFC 7643 §3).
    MissingSchema,
    /// More than one value is primary (RFC 7643 §2.4).
    MultiplePrimary,
    /// The attribute must never be in an answer, as `password` (RFC 7643 §7).
    NeverReturned,
    /// The name is right but for letter case. Names are case-insensitive, so this is a blemish (RFC 7643 §2.1).
    NonCanonicalName,
    /// A multi-valued attribute that is not an array (RFC 7643 §2.4).
    NotArray,
    /// Data of an extension that `schemas` does not list (RFC 7643 §3).
    UndeclaredExtension,
    /// A name that the schema it stands under does not have. Many servers add some; in itself it does no harm.
    UnknownCoreAttribute,
    /// A value of the wrong type (RFC 7643 §2.3).
    WrongType,
}

/// Judges a resource that a server returned, without changing it; empty means that it follows its schemas.
///
/// The resource is taken to be whole: after a request with `attributes`, required attributes may rightly be missing.
/// Members named by a URI that the resource type does not know are somebody's extension and are passed over.
///
/// ```
/// use scim_core::{schema::ResourceType, validate::{ViolationKind, violations}};
/// use serde_json::json;
///
/// let returned = json!({
///     "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
///     "id": "7",
///     "userName": "ada",
///     "active": "True",
/// });
/// let found = violations(&returned, &ResourceType::user());
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].kind, ViolationKind::WrongType);
/// assert_eq!(found[0].to_string(), r#"active: expected a boolean, got the string "True""#);
/// ```
#[must_use]
pub fn violations(resource: &Value, resource_type: &ResourceType) -> Vec<Violation> {
    let mut judge = Judge { found: Vec::new() };
    match resource {
        Value::Object(members) => judge.resource(members, resource_type),
        other => judge.add(At::name(""), ViolationKind::WrongType, "an object", obj::kind_name(other)),
    }
    judge.found
}

/// A place in the JSON and the path of the attribute there.
#[derive(Clone, Copy)]
struct At<'a> {
    place: Place<'a>,
    path: Place<'a>,
}

impl<'a> At<'a> {
    fn name(name: &'a str) -> Self {
        Self { place: Place::Name(name), path: Place::Name(name) }
    }

    fn member(&'a self, key: &'a str, name: &'a str) -> Self {
        if matches!(self.place, Place::Name("")) {
            return Self { place: Place::Name(key), path: Place::Name(name) };
        }
        Self { place: Place::Member(&self.place, key), path: Place::Member(&self.path, name) }
    }

    fn element(&'a self, index: usize) -> Self {
        Self { place: Place::Element(&self.place, index), path: self.path }
    }
}

struct Judge {
    found: Vec<Violation>,
}

impl Judge {
    fn add(&mut self, at: At<'_>, kind: ViolationKind, expected: impl Into<String>, got: impl Into<String>) {
        self.found.push(Violation {
            location: at.place.to_string(),
            attribute: at.path.to_string(),
            expected: expected.into(),
            got: got.into(),
            kind,
        });
    }

    fn resource(&mut self, members: &Map<String, Value>, resource_type: &ResourceType) {
        let root = At::name("");
        let mut seen = HashSet::new();
        for (key, value) in members {
            if let Some(attribute) = resource_type.attribute(key) {
                self.named(root.member(key, &attribute.name), key, &attribute.name, &mut seen);
                self.value(root.member(key, &attribute.name), attribute, value);
            } else if let Some(extension) = resource_type.extension(key) {
                self.named(root.member(key, &extension.schema.id), key, &extension.schema.id, &mut seen);
                self.extension(key, &extension.schema, value);
            } else if !key.contains(':') {
                self.unknown(root.member(key, key), &resource_type.schema.id, key);
            }
        }
        let core = &resource_type.schema;
        // RFC 7643 §5: this resource alone needs no `id`.
        let without_id = core.id == urn::SERVICE_PROVIDER_CONFIG;
        let common = common_attributes()
            .iter()
            .filter(|common| core.attribute(&common.name).is_none() && !(without_id && common.name == "id"));
        self.required(root, members, common.chain(&core.attributes));
        for extension in resource_type.extensions.iter().filter(|extension| extension.required) {
            let id = &extension.schema.id;
            if obj::get(members, id).is_none_or(obj::is_unassigned) {
                self.add(At::name(id), ViolationKind::MissingRequired, "the required extension", "nothing");
            }
        }
        self.schemas(members, resource_type);
    }

    fn schemas(&mut self, members: &Map<String, Value>, resource_type: &ResourceType) {
        // Its absence and its type are reported already.
        let Some(Value::Array(listed)) =
            obj::get(members, "schemas").filter(|listed| !obj::is_unassigned(listed))
        else {
            return;
        };
        let lists = |urn: &str| {
            listed.iter().any(|listed| listed.as_str().is_some_and(|text| text.eq_ignore_ascii_case(urn)))
        };
        let core = &resource_type.schema.id;
        if !lists(core) {
            self.add(
                At::name("schemas"),
                ViolationKind::MissingSchema,
                format!("`{core}` among them"),
                "others only",
            );
        }
        for extension in &resource_type.extensions {
            let id = &extension.schema.id;
            if obj::get(members, id).is_some_and(|data| !obj::is_unassigned(data)) && !lists(id) {
                let expected = format!("`{id}` among them, as the resource has its data");
                self.add(
                    At::name("schemas"),
                    ViolationKind::UndeclaredExtension,
                    expected,
                    "a list without it",
                );
            }
        }
    }

    fn extension(&mut self, key: &str, schema: &Schema, value: &Value) {
        let at = At { place: Place::Extension(key), path: Place::Extension(&schema.id) };
        match value {
            Value::Null => {}
            Value::Object(members) if members.is_empty() => {}
            Value::Object(members) => {
                self.members(at, members, &schema.attributes, &schema.id);
            }
            other => self.add(at, ViolationKind::WrongType, "an object", obj::kind_name(other)),
        }
    }

    /// The members of an extension or a complex value.
    fn members(&mut self, at: At<'_>, members: &Map<String, Value>, attributes: &[Attribute], owner: &str) {
        let mut seen = HashSet::new();
        for (key, value) in members {
            match attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(key)) {
                Some(attribute) => {
                    let at = at.member(key, &attribute.name);
                    self.named(at, key, &attribute.name, &mut seen);
                    self.value(at, attribute, value);
                }
                None => self.unknown(at.member(key, key), owner, key),
            }
        }
        self.required(at, members, attributes);
    }

    fn named<'a>(&mut self, at: At<'_>, key: &str, name: &'a str, seen: &mut HashSet<&'a str>) {
        if key != name {
            self.add(at, ViolationKind::NonCanonicalName, format!("the name `{name}`"), format!("`{key}`"));
        }
        if !seen.insert(name) {
            self.add(at, ViolationKind::DuplicateName, format!("`{name}` once"), "it again");
        }
    }

    fn unknown(&mut self, at: At<'_>, owner: &str, key: &str) {
        self.add(
            at,
            ViolationKind::UnknownCoreAttribute,
            format!("an attribute of `{owner}`"),
            format!("`{key}`"),
        );
    }

    fn required<'a>(
        &mut self,
        at: At<'_>,
        members: &Map<String, Value>,
        attributes: impl IntoIterator<Item = &'a Attribute>,
    ) {
        for attribute in attributes {
            if !attribute.required || attribute.returned == Returned::Never {
                continue;
            }
            let value = obj::get(members, &attribute.name);
            if value.is_none_or(|value| obj::is_unassigned(value) || value.as_str() == Some("")) {
                let got = value.map_or("nothing", |_| "an empty value");
                self.add(
                    at.member(&attribute.name, &attribute.name),
                    ViolationKind::MissingRequired,
                    "a value, since it is required",
                    got,
                );
            }
        }
    }

    fn value(&mut self, at: At<'_>, attribute: &Attribute, value: &Value) {
        if obj::is_unassigned(value) {
            return;
        }
        if attribute.returned == Returned::Never {
            return self.add(at, ViolationKind::NeverReturned, "it left out", obj::kind_name(value));
        }
        if !attribute.multi_valued {
            return self.element(at, attribute, value);
        }
        let Value::Array(elements) = value else {
            return self.add(at, ViolationKind::NotArray, "an array", obj::kind_name(value));
        };
        for (index, element) in elements.iter().enumerate() {
            self.element(at.element(index), attribute, element);
        }
        let primaries = primaries(elements);
        if primaries > 1 {
            self.add(at, ViolationKind::MultiplePrimary, "at most one primary value", primaries.to_string());
        }
    }

    fn element(&mut self, at: At<'_>, attribute: &Attribute, value: &Value) {
        match (type_error(value, attribute.kind), value) {
            (Some(Wrong::Json(expected) | Wrong::Text(expected)), _) => {
                self.add(at, ViolationKind::WrongType, expected, described(value, attribute.kind));
            }
            // Only the schema of schemas has a complex attribute that declares nothing; all is welcome there.
            (None, Value::Object(members)) if !attribute.sub_attributes.is_empty() => {
                self.members(at, members, &attribute.sub_attributes, &attribute.name);
            }
            _ => {}
        }
    }
}

/// The value itself where it is short and cannot be a secret or a person's text.
fn described(value: &Value, kind: Kind) -> String {
    const SHORT: usize = 40;
    match value {
        Value::String(text)
            if text.len() <= SHORT
                && matches!(kind, Kind::Boolean | Kind::Integer | Kind::Decimal | Kind::DateTime) =>
        {
            format!("the string {value}")
        }
        Value::Bool(_) | Value::Number(_) => format!("{} ({value})", obj::kind_name(value)),
        other => obj::kind_name(other).to_owned(),
    }
}
