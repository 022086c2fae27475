//! Schemas and resource types (RFC 7643 §2, §6, §7): what the attributes of a resource mean.
//!
//! Everything else in the crate takes a [`ResourceType`] to know letter case, types and mutability. Start from
//! [`ResourceType::user`] or [`ResourceType::group`], add extensions with [`ResourceType::with_extension`], or build
//! a type of your own from a schema document with [`Schema::from_json`] and [`ResourceType::from_schema`].
//!
//! Not supported: sub-attributes below sub-attributes (forbidden by RFC 7643 §2.3.8), and canonical values as a closed
//! list; they are suggestions here, as in §7.

pub mod builtin;

mod attribute;
mod resource_type;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use self::attribute::{Level, Reader};
pub use self::{
    attribute::{Attribute, Kind, Mutability, Returned, Uniqueness},
    builtin::common_attributes,
    resource_type::{Extension, Resolved, ResourceType, Target},
};
use crate::{json as obj, urn};

/// A schema: a URN and the attributes it defines (RFC 7643 §7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// URN.
    pub id: String,
    /// Name for a person.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// Reads a schema document (RFC 7643 §7). Characteristics that are missing have the defaults of §2.2, and
    /// keywords may be in any letter case.
    ///
    /// ```
    /// use scim_core::schema::Schema;
    /// use serde_json::json;
    ///
    /// let badge = json!({"id": "urn:example:badge", "attributes": [{"name": "color", "type": "strnig"}]});
    /// let error = Schema::from_json(&badge).expect_err("there is a typing error");
    /// assert_eq!(error.location(), "attributes[0].type");
    /// ```
    ///
    /// # Errors
    ///
    /// When `id` or `attributes` is missing, or a member has the wrong type or an unknown keyword.
    pub fn from_json(document: &Value) -> Result<Self, SchemaError> {
        let Value::Object(object) = document else {
            return Err(SchemaError::expected("", "an object", document));
        };
        let reader = Reader { object, at: "" };
        let Some(id) = reader.string("id")?.filter(|id| !id.is_empty()) else {
            return Err(SchemaError::new("id", "missing"));
        };
        let Some(attributes) = reader.get("attributes") else {
            return Err(SchemaError::new("attributes", "missing"));
        };
        let last = id.rsplit(':').next().unwrap_or(id);
        // RFC 7643 §8.7.2 breaks its own rule on nesting, and servers that copy it are not to blame.
        let lenient = id.eq_ignore_ascii_case(urn::SCHEMA);
        Ok(Self {
            id: id.to_owned(),
            name: reader.string("name")?.unwrap_or(last).to_owned(),
            description: reader.string("description")?.unwrap_or_default().to_owned(),
            attributes: attribute::list(attributes, "attributes", Level::Top, lenient)?,
        })
    }

    /// The document that `/Schemas` serves (RFC 7643 §7); its location is relative to the base address.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "schemas": [urn::SCHEMA],
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "attributes": self.attributes.iter().map(Attribute::to_json).collect::<Vec<_>>(),
            "meta": { "resourceType": "Schema", "location": format!("/Schemas/{}", self.id) },
        })
    }

    /// The attribute of that name, in any letter case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// A schema document that cannot be read: where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", if location.is_empty() { "schema document" } else { location })]
pub struct SchemaError {
    location: String,
    message: String,
}

impl SchemaError {
    /// Path of the JSON member, such as `attributes[3].type`; empty for the document itself.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// What is wrong there.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    fn new(location: impl Into<String>, message: impl Into<String>) -> Self {
        Self { location: location.into(), message: message.into() }
    }

    fn expected(location: &str, expected: &str, got: &Value) -> Self {
        Self::new(location, format!("expected {expected}, got {}", obj::kind_name(got)))
    }
}
