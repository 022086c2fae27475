//! Resources against their schema: what a client sends, what a server keeps, what a server answers (RFC 7643 §2, §3).
//!
//! [`accept`] is the way in: names get the schema's spelling, what the client has no say in is dropped, wrong types
//! are refused. [`coerce`] does the same for one attribute's value, as a PATCH operation has it. [`check_stored`] is the
//! last look before storing. [`canonical()`] reads a stored resource from a file. [`violations`] judges a resource that somebody else's server returned, and drops nothing.
//!
//! # Readings
//!
//! * Read-only attributes in a request are ignored (RFC 7644 §3.3, §3.5.1), and so are attributes that no schema has;
//!   the RFC leaves the latter to the server.
//! * `null`, `[]` and `{}` are no value (RFC 7643 §2.5), at every level.
//! * A required attribute with an empty string is missing (RFC 7643 §4.1.1 says it for `userName`).
//! * A number with a fraction part, even `1.0`, is not an integer (RFC 7643 §2.3.4).
//! * A `dateTime` may lack its time zone, as `xsd:dateTime` allows (RFC 7643 §2.3.5).
//!
//! Not checked: canonical values (they are suggestions), that a reference is a URI, and that an immutable value stays
//! what it was, which takes the stored resource.

mod canonical;
mod judge;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, fmt};

use serde_json::{Map, Value, json};

pub use self::{
    canonical::canonical,
    judge::{Violation, ViolationKind, violations},
};
use crate::{
    error::ScimError,
    json as obj,
    patch::Tolerances,
    schema::{Attribute, Kind, Mutability, ResourceType},
};

/// What the resource is sent for; it names itself in error texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `POST` (RFC 7644 §3.3).
    Create,
    /// `PUT` (RFC 7644 §3.5.1).
    Replace,
}

/// Turns what a client sent into what a server may keep.
///
/// Names get the schema's spelling, values without meaning and read-only attributes are dropped, types and required
/// attributes are checked, and `schemas` lists every extension that has data.
///
/// ```
/// use scim_core::{patch::Tolerances, schema::ResourceType, validate::{Operation, accept}};
/// use serde_json::{Value, json};
///
/// let sent = json!({
///     "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
///     "USERNAME": "ada",
///     "id": "chosen by the client",
///     "emails": [],
/// });
/// let kept = accept(&sent, &ResourceType::user(), Operation::Create, &Tolerances::strict())?;
/// let expected = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"});
/// assert_eq!(Value::Object(kept), expected);
/// # Ok::<(), scim_core::error::ScimError>(())
/// ```
///
/// # Errors
///
/// 400 `invalidSyntax` when it is not an object or says the same attribute twice in different letter case;
/// 400 `invalidValue` otherwise. The detail begins with the place, such as `emails[0].primary`.
pub fn accept(
    resource: &Value,
    resource_type: &ResourceType,
    operation: Operation,
    tolerances: &Tolerances,
) -> Result<Map<String, Value>, ScimError> {
    let Value::Object(sent) = resource else {
        let got = obj::kind_name(resource);
        return Err(ScimError::invalid_syntax(format!("a resource is an object, got {got}")));
    };
    let mut schemas = None;
    let mut seen = Seen::default();
    let mut kept = Map::new();
    // `schemas` comes first; its final value is known last.
    kept.insert("schemas".to_owned(), Value::Null);
    for (key, value) in sent {
        if let Some(attribute) = resource_type.attribute(key) {
            seen.once(&attribute.name, Place::Name(&attribute.name))?;
            if attribute.name == "schemas" {
                schemas = Some(accept_schemas(value, resource_type, tolerances)?);
            } else if let Some(value) =
                accept_one(value, attribute, tolerances, Place::Name(&attribute.name))?
            {
                kept.insert(attribute.name.clone(), value);
            }
        } else if let Some(extension) = resource_type.extension(key) {
            let schema = &extension.schema;
            seen.once(&schema.id, Place::Name(&schema.id))?;
            let place = Place::Name(&schema.id);
            if obj::is_unassigned(value) {
                continue;
            }
            let Value::Object(members) = value else { return Err(wrong(place, "an object", value)) };
            let find = |name: &str| schema.attribute(name);
            let inner = accept_members(members, find, tolerances, Place::Extension(&schema.id))?;
            if !inner.is_empty() {
                kept.insert(schema.id.clone(), Value::Object(inner));
            }
        }
    }
    let Some(mut schemas) = schemas else {
        return Err(ScimError::invalid_value("schemas: missing"));
    };
    for extension in &resource_type.extensions {
        let id = &extension.schema.id;
        if kept.contains_key(id) && !schemas.contains(id) {
            schemas.push(id.clone());
        }
    }
    kept.insert("schemas".to_owned(), json!(schemas));
    check(&kept, resource_type, Some(operation))?;
    Ok(kept)
}

/// Gives one attribute's value its stored form; `None` means that it is no value.
///
/// The attribute may be a sub-attribute. Read-only sub-attributes and unknown ones are dropped. Whether required
/// sub-attributes are there is not asked, since a PATCH value may be partial; [`check_stored`] asks.
///
/// # Errors
///
/// 400 `invalidValue` for a wrong type or a second `primary`, 400 `invalidSyntax` for a sub-attribute that is there twice
/// in different letter case. The detail begins with `location`.
pub fn coerce(
    value: &Value,
    attribute: &Attribute,
    tolerances: &Tolerances,
    location: &str,
) -> Result<Option<Value>, ScimError> {
    coerce_at(value, attribute, tolerances, Place::Name(location))
}

/// As [`coerce`], for one element of a multi-valued attribute.
///
/// # Errors
///
/// As [`coerce`].
pub fn coerce_element(
    value: &Value,
    attribute: &Attribute,
    tolerances: &Tolerances,
    location: &str,
) -> Result<Option<Value>, ScimError> {
    element(value, attribute, tolerances, Place::Name(location))
}

/// Checks that a resource in canonical form can be stored: required attributes and extensions are there, and no
/// multi-valued attribute has two `primary` values (RFC 7643 §2.4).
///
/// Read-only attributes are the server's business and are not asked for.
///
/// # Errors
///
/// 400 `invalidValue`; the detail begins with the place.
pub fn check_stored(resource: &Map<String, Value>, resource_type: &ResourceType) -> Result<(), ScimError> {
    check(resource, resource_type, None)
}

/// Where in the resource something is; written out only when there is something to say.
#[derive(Clone, Copy)]
enum Place<'a> {
    Name(&'a str),
    /// Members of an extension are named `urn:…:User:department`.
    Extension(&'a str),
    Member(&'a Self, &'a str),
    Element(&'a Self, usize),
}

impl fmt::Display for Place<'_> {
    // Four levels at most: extension, attribute, element, sub-attribute, and the elements of that.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) | Self::Extension(name) => f.write_str(name),
            Self::Member(parent @ Self::Extension(_), name) => write!(f, "{parent}:{name}"),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Element(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Names already met in one object, in canonical spelling.
#[derive(Default)]
struct Seen<'a>(HashSet<&'a str>);

impl<'a> Seen<'a> {
    fn once(&mut self, name: &'a str, place: Place<'_>) -> Result<(), ScimError> {
        if self.0.insert(name) {
            return Ok(());
        }
        Err(ScimError::invalid_syntax(format!("{place}: given more than once, in different letter case")))
    }
}

fn wrong(place: Place<'_>, expected: &str, got: &Value) -> ScimError {
    ScimError::invalid_value(format!("{place}: expected {expected}, got {}", obj::kind_name(got)))
}

fn accept_schemas(
    value: &Value,
    resource_type: &ResourceType,
    tolerances: &Tolerances,
) -> Result<Vec<String>, ScimError> {
    let place = Place::Name("schemas");
    let Value::Array(elements) = value else { return Err(wrong(place, "an array", value)) };
    let mut out: Vec<String> = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let place = Place::Element(&place, index);
        let Value::String(urn) = element else { return Err(wrong(place, "a string", element)) };
        match resource_type.schema_by_urn(urn) {
            Some(schema) if out.contains(&schema.id) => {}
            Some(schema) => out.push(schema.id.clone()),
            None if tolerances.unknown_schemas => {}
            None => {
                let text = format!("{place}: `{urn}` is not a schema of {}", resource_type.name);
                return Err(ScimError::invalid_value(text));
            }
        }
    }
    let core = &resource_type.schema.id;
    let foreign = tolerances.unknown_schemas && tolerances.missing_schemas && !elements.is_empty();
    if !out.contains(core) && foreign {
        // OneLogin names the schemas of SCIM 1.1 and of drafts, and means these.
        out.insert(0, core.clone());
    }
    if !out.contains(core) {
        return Err(ScimError::invalid_value(format!("schemas: `{core}` is missing")));
    }
    Ok(out)
}

fn accept_one(
    value: &Value,
    attribute: &Attribute,
    tolerances: &Tolerances,
    place: Place<'_>,
) -> Result<Option<Value>, ScimError> {
    if attribute.mutability == Mutability::ReadOnly {
        return Ok(None);
    }
    coerce_at(value, attribute, tolerances, place)
}

/// The members of an extension or of a complex value.
fn accept_members<'a>(
    members: &Map<String, Value>,
    find: impl Fn(&str) -> Option<&'a Attribute>,
    tolerances: &Tolerances,
    place: Place<'_>,
) -> Result<Map<String, Value>, ScimError> {
    let mut seen = Seen::default();
    let mut out = Map::new();
    for (key, value) in members {
        let Some(attribute) = find(key) else { continue };
        let place = Place::Member(&place, &attribute.name);
        seen.once(&attribute.name, place)?;
        if let Some(value) = accept_one(value, attribute, tolerances, place)? {
            out.insert(attribute.name.clone(), value);
        }
    }
    Ok(out)
}

// The recursion through `element` and `accept_members` ends after one round: sub-attributes have none.
fn coerce_at(
    value: &Value,
    attribute: &Attribute,
    tolerances: &Tolerances,
    place: Place<'_>,
) -> Result<Option<Value>, ScimError> {
    if obj::is_unassigned(value) {
        return Ok(None);
    }
    if !attribute.multi_valued {
        return element(value, attribute, tolerances, place);
    }
    let Value::Array(elements) = value else { return Err(wrong(place, "an array", value)) };
    let mut out = Vec::with_capacity(elements.len());
    for (index, value) in elements.iter().enumerate() {
        out.extend(element(value, attribute, tolerances, Place::Element(&place, index))?);
    }
    one_primary(&out, place)?;
    Ok((!out.is_empty()).then_some(Value::Array(out)))
}

fn element(
    value: &Value,
    attribute: &Attribute,
    tolerances: &Tolerances,
    place: Place<'_>,
) -> Result<Option<Value>, ScimError> {
    if obj::is_unassigned(value) {
        return Ok(None);
    }
    if attribute.kind != Kind::Complex {
        if tolerances.bool_strings
            && attribute.kind == Kind::Boolean
            && let Some(flag) = written_boolean(value)
        {
            return Ok(Some(Value::Bool(flag)));
        }
        return match type_error(value, attribute.kind) {
            None => Ok(Some(value.clone())),
            Some(Wrong::Json(expected)) => Err(wrong(place, expected, value)),
            Some(Wrong::Text(expected)) => {
                Err(ScimError::invalid_value(format!("{place}: expected {expected}")))
            }
        };
    }
    match value {
        // Only the schema of schemas has a complex attribute that declares nothing.
        Value::Object(_) if attribute.sub_attributes.is_empty() => Ok(Some(value.clone())),
        Value::Object(members) => {
            let out = accept_members(members, |name| attribute.sub(name), tolerances, place)?;
            Ok((!out.is_empty()).then_some(Value::Object(out)))
        }
        Value::String(text) if tolerances.manager_string && !attribute.multi_valued => {
            match attribute.sub("value") {
                Some(_) if text.is_empty() => Ok(None),
                Some(sub) => Ok(Some(json!({ &sub.name: text }))),
                None => Err(wrong(place, "an object", value)),
            }
        }
        other => Err(wrong(place, "an object", other)),
    }
}

fn written_boolean(value: &Value) -> Option<bool> {
    let text = value.as_str()?;
    [("true", true), ("false", false)]
        .into_iter()
        .find(|(word, _)| text.eq_ignore_ascii_case(word))
        .map(|(_, flag)| flag)
}

/// What a simple value should have been.
enum Wrong {
    /// Another type of JSON value.
    Json(&'static str),
    /// A string of another form. It is not quoted back: it may be long or secret.
    Text(&'static str),
}

fn type_error(value: &Value, kind: Kind) -> Option<Wrong> {
    match (kind, value) {
        (Kind::Boolean, Value::Bool(_))
        | (Kind::Decimal, Value::Number(_))
        | (Kind::Complex, Value::Object(_)) => None,
        (Kind::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => None,
        (Kind::Integer, Value::Number(_)) => Some(Wrong::Text("an integer, without fraction or exponent")),
        (Kind::String | Kind::Reference, Value::String(_)) => None,
        (Kind::DateTime, Value::String(text)) => {
            (!is_date_time(text)).then_some(Wrong::Text("a date and time such as 2024-05-13T04:42:34Z"))
        }
        (Kind::Binary, Value::String(text)) => (!is_base64(text)).then_some(Wrong::Text("base64 text")),
        (Kind::Boolean, _) => Some(Wrong::Json("a boolean")),
        (Kind::Decimal, _) => Some(Wrong::Json("a number")),
        (Kind::Integer, _) => Some(Wrong::Json("an integer")),
        (Kind::Complex, _) => Some(Wrong::Json("an object")),
        (Kind::String | Kind::Reference | Kind::DateTime | Kind::Binary, _) => Some(Wrong::Json("a string")),
    }
}

/// RFC 3339, or the same without time zone. The parsers of `jiff` read more forms than that, so the shape is checked
/// first: `YYYY-MM-DDThh:mm:ss`, a fraction, a zone.
fn is_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00";
    let Some((head, tail)) = bytes.split_at_checked(shape.len()) else { return false };
    let shaped = head.iter().zip(shape).all(|(byte, model)| match model {
        b'0' => byte.is_ascii_digit(),
        _ => byte.eq_ignore_ascii_case(model),
    });
    let zone = match tail.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            &fraction[digits..]
        }
        None => tail,
    };
    let zoned = match zone {
        [] | [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit())
                && (*h1, *h2) <= (b'2', b'3')
                && *m1 <= b'5'
        }
        _ => false,
    };
    // With zone and fraction known to be well-formed, only the calendar is left to ask.
    shaped
        && zoned
        && text.get(..shape.len()).is_some_and(|head| head.parse::<jiff::civil::DateTime>().is_ok())
}

/// The alphabets of RFC 4648 §4 and §5, with or without padding.
fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len() - body.len() <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))
}

fn one_primary(elements: &[Value], place: Place<'_>) -> Result<(), ScimError> {
    match primaries(elements) {
        0 | 1 => Ok(()),
        many => {
            Err(ScimError::invalid_value(format!("{place}: {many} values are primary, expected at most one")))
        }
    }
}

fn primaries(elements: &[Value]) -> usize {
    let primary = |element: &&Value| {
        element.as_object().and_then(|members| obj::get(members, "primary")) == Some(&Value::Bool(true))
    };
    elements.iter().filter(primary).count()
}

fn check(
    resource: &Map<String, Value>,
    resource_type: &ResourceType,
    operation: Option<Operation>,
) -> Result<(), ScimError> {
    for attribute in &resource_type.schema.attributes {
        check_attribute(resource, attribute, Place::Name(&attribute.name), operation)?;
    }
    for extension in &resource_type.extensions {
        let schema = &extension.schema;
        let holder = Place::Extension(&schema.id);
        match obj::get(resource, &schema.id) {
            Some(Value::Object(members)) if !members.is_empty() => {
                for attribute in &schema.attributes {
                    check_attribute(members, attribute, Place::Member(&holder, &attribute.name), operation)?;
                }
            }
            _ if extension.required => return Err(missing(holder, operation)),
            _ => {}
        }
    }
    Ok(())
}

fn check_attribute(
    holder: &Map<String, Value>,
    attribute: &Attribute,
    place: Place<'_>,
    operation: Option<Operation>,
) -> Result<(), ScimError> {
    if !attribute.required && !attribute.multi_valued && attribute.sub_attributes.is_empty() {
        return Ok(()); // Most attributes are so, and looking for them all takes time.
    }
    let value = obj::get(holder, &attribute.name);
    if attribute.required
        && attribute.mutability != Mutability::ReadOnly
        && value.is_none_or(|value| obj::is_unassigned(value) || value.as_str() == Some(""))
    {
        return Err(missing(place, operation));
    }
    let subs = || attribute.sub_attributes.iter();
    match value {
        Some(Value::Array(elements)) => {
            one_primary(elements, place)?;
            if !subs().any(|sub| sub.required) {
                return Ok(());
            }
            for (index, element) in elements.iter().enumerate() {
                let Value::Object(members) = element else { continue };
                let place = Place::Element(&place, index);
                subs().try_for_each(|sub| {
                    check_attribute(members, sub, Place::Member(&place, &sub.name), operation)
                })?;
            }
            Ok(())
        }
        Some(Value::Object(members)) => subs()
            .try_for_each(|sub| check_attribute(members, sub, Place::Member(&place, &sub.name), operation)),
        _ => Ok(()),
    }
}

fn missing(place: Place<'_>, operation: Option<Operation>) -> ScimError {
    let purpose = match operation {
        Some(Operation::Create) => " to create the resource",
        Some(Operation::Replace) => " to replace the resource",
        None => "",
    };
    ScimError::invalid_value(format!("{place}: required{purpose}, but it has no value"))
}
