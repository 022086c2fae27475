//! A resource type: a core schema, its extensions, and an endpoint (RFC 7643 §6).

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Attribute, Schema, SchemaError, builtin};
use crate::{path::AttrPath, resource::ResourceTypeInfo, urn};

/// A kind of resource: which schema it follows, which extensions it may have, and where it lives (RFC 7643 §6).
///
/// ```
/// use scim_core::{path::AttrPath, schema::ResourceType};
///
/// let user = ResourceType::user();
/// assert!(user.resolve(&AttrPath::new("EMAILS").with_sub("value")).is_some());
/// assert!(user.resolve(&AttrPath::new("costCenter")).is_none(), "an extension attribute needs its URN");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// Name, such as `User`.
    pub name: String,
    /// Path below the base address, such as `/Users`.
    pub endpoint: String,
    /// What it is, for a person.
    pub description: String,
    /// Core schema.
    pub schema: Arc<Schema>,
    /// Extensions of the core schema.
    pub extensions: Vec<Extension>,
}

/// A schema that extends the core schema of a resource type (RFC 7643 §3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The schema; its id is the member of the resource that holds its attributes.
    pub schema: Arc<Schema>,
    /// Whether every resource must have it.
    pub required: bool,
}

impl ResourceType {
    /// `User` with the enterprise extension.
    #[must_use]
    pub fn user() -> Self {
        let extension = Extension { schema: builtin::enterprise_user(), required: false };
        Self::new("User", "/Users", builtin::user(), vec![extension])
    }

    /// `Group`.
    #[must_use]
    pub fn group() -> Self {
        Self::new("Group", "/Groups", builtin::group(), Vec::new())
    }

    /// `Device` of RFC 9944, with the extension that names its endpoint apps. Those for a kind of radio, such as
    /// `urn:ietf:params:scim:schemas:extension:ble:2.0:Device`, come by [`Self::with_extension`] from a schema document.
    ///
    /// ```
    /// use scim_core::{
    ///     patch::{PatchOp, Tolerances, apply},
    ///     resource::GenericResource,
    ///     schema::ResourceType,
    ///     urn,
    ///     validate::{Operation, accept},
    /// };
    /// use serde_json::{Value, json};
    ///
    /// let device_type = ResourceType::device();
    /// let device = GenericResource::new(urn::DEVICE).with("displayName", "Heart monitor").with("active", true);
    /// let sent = serde_json::to_value(&device)?;
    /// let stored = accept(&sent, &device_type, Operation::Create, &Tolerances::strict())?;
    ///
    /// let patch = PatchOp::new()
    ///     .replace("active", false)
    ///     .add(format!("{}:applications", urn::ENDPOINT_APPS).as_str(), json!([{"value": "a1b2"}]));
    /// let after = apply(&stored, &patch.to_json(), &device_type, &Tolerances::strict())?.resource;
    /// assert_eq!(after["schemas"], json!([urn::DEVICE, urn::ENDPOINT_APPS]));
    /// let read: GenericResource = serde_json::from_value(Value::Object(after))?;
    /// assert_eq!(read.extra.get("active"), Some(&json!(false)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn device() -> Self {
        let extension = Extension { schema: builtin::endpoint_apps(), required: false };
        Self::new("Device", "/Devices", builtin::device(), vec![extension])
    }

    /// `EndpointApp` of RFC 9944.
    #[must_use]
    pub fn endpoint_app() -> Self {
        Self::new("EndpointApp", "/EndpointApps", builtin::endpoint_app(), Vec::new())
    }

    /// A resource type of your own, without extensions.
    pub fn from_schema(name: impl Into<String>, endpoint: impl Into<String>, schema: Schema) -> Self {
        Self::new(name, endpoint, Arc::new(schema), Vec::new())
    }

    /// A resource type from what `/ResourceTypes` and `/Schemas` of a service provider say.
    ///
    /// ```
    /// use scim_core::{resource::ResourceTypeInfo, schema::{ResourceType, Schema}};
    /// use serde_json::json;
    ///
    /// let urn = "urn:example:params:scim:schemas:core:2.0:Badge";
    /// let info: ResourceTypeInfo = serde_json::from_value(json!({"name": "Badge", "endpoint": "/Badges", "schema": urn}))?;
    /// let schemas = [Schema::from_json(&json!({"id": urn, "attributes": [{"name": "serial"}]}))?];
    /// let badge = ResourceType::from_discovery(&info, &schemas)?;
    /// assert!(badge.attribute("serial").is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The core schema is not named or not among the schemas. An optional extension that is not there is left out.
    pub fn from_discovery(info: &ResourceTypeInfo, schemas: &[Schema]) -> Result<Self, SchemaError> {
        let find = |urn: &str| {
            let schema = schemas.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn));
            schema.ok_or_else(|| SchemaError::new("schema", format!("`{urn}` is not among the schemas")))
        };
        let urn = info.schema.as_deref().ok_or_else(|| SchemaError::new("schema", "missing"))?;
        let schema = find(urn)?;
        let name = info.name.clone().or_else(|| info.id.clone()).unwrap_or_else(|| schema.name.clone());
        let endpoint = info.endpoint.clone().unwrap_or_else(|| format!("/{name}s"));
        let mut extensions = Vec::new();
        for extension in &info.schema_extensions {
            let required = extension.required == Some(true);
            match find(extension.schema.as_deref().unwrap_or_default()) {
                Ok(schema) => extensions.push(Extension { schema: Arc::new(schema.clone()), required }),
                Err(error) if required => return Err(error),
                Err(_) => {}
            }
        }
        Ok(Self {
            description: info.description.clone().unwrap_or_else(|| schema.description.clone()),
            ..Self::new(name, endpoint, Arc::new(schema.clone()), extensions)
        })
    }

    fn new(
        name: impl Into<String>,
        endpoint: impl Into<String>,
        schema: Arc<Schema>,
        extensions: Vec<Extension>,
    ) -> Self {
        let description = schema.description.clone();
        Self { name: name.into(), endpoint: endpoint.into(), description, schema, extensions }
    }

    /// The same with one more, optional extension. One with the same URN is replaced.
    #[must_use]
    pub fn with_extension(mut self, schema: Schema) -> Self {
        self.extensions.retain(|known| !known.schema.id.eq_ignore_ascii_case(&schema.id));
        self.extensions.push(Extension { schema: Arc::new(schema), required: false });
        self
    }

    /// The document that `/ResourceTypes` serves; `base` is the address that its location starts with.
    #[must_use]
    pub fn to_json(&self, base: &str) -> Value {
        let extensions: Vec<_> = self
            .extensions
            .iter()
            .map(|extension| json!({ "schema": extension.schema.id, "required": extension.required }))
            .collect();
        json!({
            "schemas": [urn::RESOURCE_TYPE],
            "id": self.name,
            "name": self.name,
            "endpoint": self.endpoint,
            "description": self.description,
            "schema": self.schema.id,
            "schemaExtensions": extensions,
            "meta": {
                "resourceType": "ResourceType",
                "location": format!("{}/ResourceTypes/{}", base.trim_end_matches('/'), self.name),
            },
        })
    }

    /// The core or common attribute of that name, in any letter case. The core schema wins over the common ones.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        let common =
            || builtin::common_attributes().iter().find(|common| common.name.eq_ignore_ascii_case(name));
        self.schema.attribute(name).or_else(common)
    }

    /// The extension with that URN, in any letter case.
    #[must_use]
    pub fn extension(&self, urn: &str) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.schema.id.eq_ignore_ascii_case(urn))
    }

    /// The core or extension schema with that URN, in any letter case.
    #[must_use]
    pub fn schema_by_urn(&self, urn: &str) -> Option<&Schema> {
        if self.schema.id.eq_ignore_ascii_case(urn) {
            return Some(&self.schema);
        }
        self.extension(urn).map(|extension| &*extension.schema)
    }

    /// What a path means for this type, in any letter case; `None` if the schemas do not have it.
    ///
    /// The core URN as prefix changes nothing (RFC 7644 §3.10); an extension attribute needs its URN.
    #[must_use]
    pub fn resolve(&self, path: &AttrPath) -> Option<Resolved<'_>> {
        let Some(urn) = path.urn() else {
            return target(self.attribute(path.name())?, path.sub(), None);
        };
        if self.schema.id.eq_ignore_ascii_case(urn) {
            return target(self.attribute(path.name())?, path.sub(), None);
        }
        if let Some(extension) = self.extension(urn)
            && let Some(attribute) = extension.schema.attribute(path.name())
        {
            return target(attribute, path.sub(), Some(&extension.schema));
        }
        let whole = self.extension(&path.as_urn()?)?;
        Some(Resolved { extension: Some(&whole.schema), target: Target::Extension })
    }
}

/// What an attribute path means for a resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// The extension the attribute belongs to; its id is the member of the resource to look in.
    pub extension: Option<&'a Schema>,
    /// What the path names.
    pub target: Target<'a>,
}

/// What an attribute path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A whole extension.
    Extension,
    /// An attribute or one of its sub-attributes.
    Attribute {
        /// The attribute.
        attribute: &'a Attribute,
        /// Its sub-attribute, if the path goes on.
        sub: Option<&'a Attribute>,
    },
}

fn target<'a>(
    attribute: &'a Attribute,
    sub: Option<&str>,
    extension: Option<&'a Schema>,
) -> Option<Resolved<'a>> {
    let sub = match sub {
        Some(name) => Some(attribute.sub(name)?),
        None => None,
    };
    Some(Resolved { extension, target: Target::Attribute { attribute, sub } })
}
