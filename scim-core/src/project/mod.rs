//! Which attributes of a resource an answer has: `attributes` and `excludedAttributes` (RFC 7644 §3.9).
//!
//! # Readings
//!
//! * Both parameters at once are refused with 400 `invalidValue`; the RFC calls them mutually exclusive and stops there.
//! * `schemas` counts as returned `always`, since RFC 7643 §3 requires it in every representation.
//! * Names that no schema has are ignored. `attributes` with such names only yields what is always returned, and not
//!   the default set, which would be more than the client asked for.
//! * Naming an attribute does not name those of its sub-attributes that are returned on `request` only.
//! * An attribute that no schema knows, which a server keeps anyway, is treated as returned by `default`.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::{
    error::ScimError,
    path::AttrPath,
    schema::{Attribute, Resolved, ResourceType, Returned, Schema, Target},
};

/// What a client asks to see of a resource (RFC 7644 §3.9). The default asks for nothing in particular.
///
/// ```
/// use scim_core::{project::Projection, schema::ResourceType};
/// use serde_json::{Value, json};
///
/// let user = json!({"schemas": [], "id": "7", "userName": "ada", "name": {"givenName": "Ada", "familyName": "King"}});
/// let user = user.as_object().expect("an object literal");
/// let projection = Projection::parse(Some("name.givenName"), None)?;
/// let shown = projection.apply(user, &ResourceType::user());
/// assert_eq!(Value::Object(shown), json!({"schemas": [], "id": "7", "name": {"givenName": "Ada"}}));
/// # Ok::<(), scim_core::error::ScimError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projection {
    /// Only these, and what is always returned.
    pub attributes: Vec<AttrPath>,
    /// The default set without these.
    pub excluded: Vec<AttrPath>,
}

impl Projection {
    /// Reads the two query parameters, lists of attribute names with commas between; an empty one counts as absent.
    ///
    /// # Errors
    ///
    /// 400 `invalidValue` when both are given.
    pub fn parse(attributes: Option<&str>, excluded: Option<&str>) -> Result<Self, ScimError> {
        let projection = Self { attributes: paths(attributes), excluded: paths(excluded) };
        if !projection.attributes.is_empty() && !projection.excluded.is_empty() {
            return Err(ScimError::invalid_value("attributes and excludedAttributes exclude each other"));
        }
        Ok(projection)
    }

    /// The part of the resource to show. Attributes that are never returned are left out in any case.
    #[must_use]
    pub fn apply(&self, resource: &Map<String, Value>, resource_type: &ResourceType) -> Map<String, Value> {
        self.apply_to(resource.clone(), resource_type)
    }

    /// As [`Projection::apply`], of a resource that is not needed any more: nothing is copied.
    #[must_use]
    pub fn apply_to(
        &self,
        mut resource: Map<String, Value>,
        resource_type: &ResourceType,
    ) -> Map<String, Value> {
        let view = View::new(self, resource_type);
        resource.retain(|key, value| {
            if let Some(attribute) = resource_type.attribute(key) {
                view.attribute(None, attribute, value)
            } else if let Some(extension) = resource_type.extension(key) {
                view.extension(&extension.schema, value)
            } else {
                view.foreign(key)
            }
        });
        resource
    }
}

fn paths(list: Option<&str>) -> Vec<AttrPath> {
    list.unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
        // What is no path is kept as a name that resolves to nothing, so that the list does not become empty.
        .map(|text| text.parse().unwrap_or_else(|_| AttrPath::new(text)))
        .collect()
}

/// A projection with its paths looked up.
struct View<'a> {
    projection: &'a Projection,
    /// Whether `named` is all that is shown by default, or all that is not.
    only: bool,
    named: Vec<Resolved<'a>>,
}

/// How far a list names an attribute.
enum Named<'a> {
    No,
    Whole,
    Subs(Vec<&'a Attribute>),
}

impl<'a> View<'a> {
    fn new(projection: &'a Projection, resource_type: &'a ResourceType) -> Self {
        let only = !projection.attributes.is_empty();
        let list = if only { &projection.attributes } else { &projection.excluded };
        let named = list.iter().filter_map(|path| resource_type.resolve(path)).collect();
        Self { projection, only, named }
    }

    /// Whether anything is left to show; so the other methods that take a value.
    fn extension(&self, schema: &Schema, value: &mut Value) -> bool {
        let Value::Object(members) = value else { return false };
        members.retain(|key, value| match schema.attribute(key) {
            Some(attribute) => self.attribute(Some(schema), attribute, value),
            None => self.whole_extension(schema) == self.only,
        });
        !members.is_empty()
    }

    fn attribute(&self, extension: Option<&Schema>, attribute: &Attribute, value: &mut Value) -> bool {
        let named = self.named(extension, attribute);
        match (attribute.returned, &named) {
            (Returned::Never, _) => false,
            (Returned::Request, _) if !self.only => false,
            (Returned::Default | Returned::Request, Named::No) if self.only => false,
            (Returned::Default, Named::Whole) if !self.only => false,
            _ => self.parts(attribute, &named, value),
        }
    }

    /// Chooses sub-attributes; an element of which nothing is left goes.
    fn parts(&self, attribute: &Attribute, named: &Named<'_>, value: &mut Value) -> bool {
        // What a list of a thousand members usually comes to.
        if !self.only
            && matches!(named, Named::No)
            && attribute.sub_attributes.iter().all(|sub| self.shows_sub(named, sub))
        {
            return true;
        }
        match value {
            _ if attribute.sub_attributes.is_empty() => true,
            Value::Array(elements) => {
                let was_empty = elements.is_empty();
                elements.retain_mut(|one| self.element(attribute, named, one));
                was_empty || !elements.is_empty()
            }
            _ => self.element(attribute, named, value),
        }
    }

    fn element(&self, attribute: &Attribute, named: &Named<'_>, value: &mut Value) -> bool {
        let Value::Object(members) = value else { return true };
        let was_empty = members.is_empty();
        members.retain(|key, _| match attribute.sub(key) {
            Some(sub) => self.shows_sub(named, sub),
            None => !self.only || !matches!(named, Named::Subs(_)),
        });
        was_empty || !members.is_empty()
    }

    fn shows_sub(&self, named: &Named<'_>, sub: &Attribute) -> bool {
        let listed =
            matches!(named, Named::Subs(subs) if subs.iter().any(|listed| std::ptr::eq(*listed, sub)));
        match sub.returned {
            Returned::Always => true,
            Returned::Never => false,
            Returned::Request => self.only && listed,
            Returned::Default if self.only => listed || !matches!(named, Named::Subs(_)),
            Returned::Default => !listed,
        }
    }

    /// Whether to show a member that no schema knows.
    fn foreign(&self, key: &str) -> bool {
        let list = if self.only { &self.projection.attributes } else { &self.projection.excluded };
        let listed = list.iter().any(|path| match path.as_urn() {
            Some(urn) => urn.eq_ignore_ascii_case(key),
            None => path.name().eq_ignore_ascii_case(key) && (self.only || path.sub().is_none()),
        });
        listed == self.only
    }

    fn whole_extension(&self, schema: &Schema) -> bool {
        self.named
            .iter()
            .any(|named| named.target == Target::Extension && same(named.extension, Some(schema)))
    }

    fn named(&self, extension: Option<&Schema>, wanted: &Attribute) -> Named<'_> {
        let mut subs = Vec::new();
        for named in self.named.iter().filter(|named| same(named.extension, extension)) {
            match named.target {
                Target::Extension => return Named::Whole,
                Target::Attribute { attribute, sub } if std::ptr::eq(attribute, wanted) => match sub {
                    Some(sub) => subs.push(sub),
                    None => return Named::Whole,
                },
                Target::Attribute { .. } => {}
            }
        }
        if subs.is_empty() { Named::No } else { Named::Subs(subs) }
    }
}

fn same(left: Option<&Schema>, right: Option<&Schema>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => std::ptr::eq(left, right),
        _ => false,
    }
}
