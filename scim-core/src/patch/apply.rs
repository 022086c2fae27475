//! From message to changed resource: reads the operations, dispatches each on its target, checks the result.

use serde_json::{Map, Value};

use crate::{
    error::ScimError,
    filter::ParseError,
    json as obj,
    patch::{Op, Tolerances, draft::Draft, target},
    path::{AttrPath, Path},
    schema::{ResourceType, Target},
    urn, validate,
};

/// What [`apply`] made of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The resource after all operations.
    pub resource: Map<String, Value>,
    /// Whether it differs from the resource before.
    pub changed: bool,
}

/// Applies a `PatchOp` message: all operations or none.
///
/// `resource` is in canonical form, as [`validate::accept`] leaves it. Other letter case in its names does no harm; an
/// attribute that is there twice in different letter case, which no form allows, would be changed once.
///
/// # Errors
/// 400 with the `scimType` that RFC 7644 §3.5.2 and Table 9 give: `invalidSyntax` for the message itself,
/// `invalidPath`, `invalidFilter`, `noTarget`, `mutability`, `invalidValue` for an operation. The text names the
/// operation by its position.
pub fn apply(
    resource: &Map<String, Value>,
    patch: &Value,
    resource_type: &ResourceType,
    tolerances: &Tolerances,
) -> Result<Applied, ScimError> {
    let operations = operations(patch, tolerances)?;
    let mut after = resource.clone();
    run_all(&mut after, operations, resource_type, tolerances)?;
    if !lists_its_schemas(&after, resource_type) {
        sync_schemas(&mut after, resource_type);
    }
    validate::check_stored(&after, resource_type)?;
    let changed = after != *resource;
    Ok(Applied { resource: after, changed })
}

/// Applies a `PatchOp` message to the resource itself: all operations or none. Whether it changed is the answer.
///
/// Only the attributes that the message names are copied, to put them back after an error, so this is faster than
/// [`apply`] where the resource before is of no use any more.
///
/// ```
/// use scim_core::{patch::{PatchOp, Tolerances, apply_in_place}, schema::ResourceType};
/// use serde_json::json;
///
/// let mut user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"});
/// let user = user.as_object_mut().expect("an object literal");
/// let wrong = PatchOp::new().add("title", "Dr.").remove("userName").to_json();
/// assert!(apply_in_place(user, &wrong, &ResourceType::user(), &Tolerances::strict()).is_err());
/// assert!(!user.contains_key("title"), "all or none");
/// let right = PatchOp::new().add("title", "Dr.").to_json();
/// assert!(apply_in_place(user, &right, &ResourceType::user(), &Tolerances::strict())?);
/// # Ok::<(), scim_core::error::ScimError>(())
/// ```
///
/// # Errors
/// As [`apply`]; the resource is then as it was.
pub fn apply_in_place(
    resource: &mut Map<String, Value>,
    patch: &Value,
    resource_type: &ResourceType,
    tolerances: &Tolerances,
) -> Result<bool, ScimError> {
    let operations = operations(patch, tolerances)?;
    let mut draft = Draft::new(resource);
    let outcome = run_draft(&mut draft, operations, resource_type, tolerances).and_then(|()| {
        if !lists_its_schemas(draft.resource, resource_type) {
            draft.touch("schemas");
            sync_schemas(draft.resource, resource_type);
        }
        validate::check_stored(draft.resource, resource_type)
    });
    match outcome {
        Ok(()) => Ok(draft.changed()),
        Err(error) => {
            draft.roll_back();
            Err(error)
        }
    }
}

/// The operations alone: whether the outcome is a good resource is not asked.
pub(super) fn run_all(
    resource: &mut Map<String, Value>,
    operations: &[Value],
    resource_type: &ResourceType,
    tolerances: &Tolerances,
) -> Result<(), ScimError> {
    run_draft(&mut Draft::of_copy(resource), operations, resource_type, tolerances)
}

fn run_draft<'s>(
    draft: &mut Draft<'_, 's>,
    operations: &[Value],
    resource_type: &'s ResourceType,
    tolerances: &'s Tolerances,
) -> Result<(), ScimError> {
    let context = Context { resource_type, tolerances };
    for (index, operation) in operations.iter().enumerate() {
        context.run(draft, operation).map_err(|error| at(index, error))?;
    }
    Ok(())
}

/// The same error, of the operation at that position.
pub(super) fn at(index: usize, mut error: ScimError) -> ScimError {
    error.detail = format!("Operations[{index}]: {}", error.detail);
    error
}

pub(super) fn object(operation: &Value) -> Result<&Map<String, Value>, ScimError> {
    operation.as_object().ok_or_else(|| ScimError::invalid_syntax("the operation is not a JSON object"))
}

/// What every operation is applied under.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) resource_type: &'a ResourceType,
    pub(super) tolerances: &'a Tolerances,
}

impl<'s> Context<'s> {
    fn run(self, draft: &mut Draft<'_, 's>, operation: &Value) -> Result<(), ScimError> {
        let object = object(operation)?;
        let op = Op::of(object, self.tolerances)?;
        // `"value": null` beside a remove is a client's way to say that there is no value.
        let value = obj::get(object, "value").filter(|value| op != Op::Remove || !value.is_null());
        match obj::get(object, "path") {
            None | Some(Value::Null) if op == Op::Remove => {
                Err(ScimError::no_target("remove needs a path (RFC 7644 §3.5.2.2)"))
            }
            None | Some(Value::Null) => {
                let members = value.and_then(Value::as_object).ok_or_else(|| {
                    ScimError::invalid_value("without a path, value must be an object of attributes")
                })?;
                self.each_member(draft, op, members)
            }
            Some(Value::String(text)) => {
                let path = parse_path(text)?;
                if op != Op::Remove && value.is_none() {
                    return Err(ScimError::invalid_value(format!("{text}: the operation needs a value")));
                }
                self.at(draft, op, &path, value)
            }
            Some(other) => Err(ScimError::invalid_path(format!("path must be a string, got {other}"))),
        }
    }

    /// A value without path: each member is an attribute to add or replace.
    fn each_member(
        self,
        draft: &mut Draft<'_, 's>,
        op: Op,
        members: &Map<String, Value>,
    ) -> Result<(), ScimError> {
        for (key, value) in members {
            if key.eq_ignore_ascii_case("schemas") {
                continue; // Follows from the data; see `sync_schemas`.
            }
            if let Some(extension) = self.resource_type.extension(key) {
                self.whole_extension(draft, op, &extension.schema.id, Some(value))?;
                continue;
            }
            let path = parse_path(key)?;
            if !self.key_allowed(&path) {
                return Err(ScimError::invalid_path(format!("{key} is not the name of an attribute")));
            }
            self.at(draft, op, &path, Some(value))?;
        }
        Ok(())
    }

    /// Strictly, a key of a path-less value is an attribute name.
    fn key_allowed(self, path: &Path) -> bool {
        let dotted = path.filter.is_some() || path.attr.sub().is_some();
        let urn = path.attr.urn().is_some();
        (!dotted || self.tolerances.dotted_keys) && (!urn || self.tolerances.urn_keys)
    }

    fn at(
        self,
        draft: &mut Draft<'_, 's>,
        op: Op,
        path: &Path,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let Some(resolved) = self.resource_type.resolve(&path.attr) else {
            if self.tolerances.unknown_attributes {
                return Ok(());
            }
            let hint = match self.resource_type.suggest(&path.attr) {
                Some(meant) => format!("; did you mean {meant}?"),
                None => String::new(),
            };
            return Err(ScimError::invalid_path(format!(
                "{path} names no attribute of {}{hint}",
                self.resource_type.name
            )));
        };
        if path.attr.name().eq_ignore_ascii_case("schemas") && resolved.extension.is_none() {
            return Ok(());
        }
        match resolved.target {
            Target::Extension => {
                let schema = resolved.extension.ok_or_else(|| {
                    ScimError::invalid_path(format!("{path} names the core schema, not an attribute"))
                })?;
                self.whole_extension(draft, op, &schema.id, value)
            }
            Target::Attribute { attribute, sub } => {
                let place = target::Place { context: self, op, path, attribute, sub };
                match resolved.extension {
                    None => {
                        if place.run_in_small(draft, value)? {
                            return Ok(());
                        }
                        draft.touch(&attribute.name);
                        place.run(draft.resource, value)
                    }
                    Some(schema) => {
                        draft.touch(&schema.id);
                        let resource = &mut *draft.resource;
                        let key = obj::key_of(resource, &schema.id).unwrap_or_else(|| schema.id.clone());
                        let mut data = match resource.get_mut(&key).map(Value::take) {
                            Some(Value::Object(data)) => data,
                            _ => Map::new(),
                        };
                        place.run(&mut data, value)?;
                        if data.is_empty() {
                            resource.shift_remove(&key);
                        } else {
                            resource.insert(key, Value::Object(data));
                        }
                        Ok(())
                    }
                }
            }
        }
    }

    fn whole_extension(
        self,
        draft: &mut Draft<'_, 's>,
        op: Op,
        schema: &'s str,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        if op == Op::Remove {
            draft.touch(schema);
            obj::remove(draft.resource, schema);
            return Ok(());
        }
        let Some(Value::Object(members)) = value else {
            return Err(ScimError::invalid_value(format!(
                "{schema}: the value must be an object of attributes"
            )));
        };
        for (key, value) in members {
            let attr: AttrPath = key.parse().map_err(|error| invalid_path(key, &error))?;
            if attr.urn().is_some() || (attr.sub().is_some() && !self.tolerances.dotted_keys) {
                return Err(ScimError::invalid_path(format!(
                    "{key} is not the name of an attribute of {schema}"
                )));
            }
            let path = Path::from(attr.with_urn(schema));
            // A client that writes each schema's part as a message of its own repeats `schemas` in it.
            if key.eq_ignore_ascii_case("schemas") && self.resource_type.resolve(&path.attr).is_none() {
                continue;
            }
            self.at(draft, op, &path, Some(value))?;
        }
        Ok(())
    }
}

pub(super) fn operations<'a>(patch: &'a Value, tolerances: &Tolerances) -> Result<&'a Vec<Value>, ScimError> {
    let message =
        patch.as_object().ok_or_else(|| ScimError::invalid_syntax("the PATCH body is not a JSON object"))?;
    match obj::get(message, "schemas") {
        None if tolerances.missing_schemas => {}
        Some(Value::Array(urns)) if urns.iter().any(|listed| is_urn(listed, urn::PATCH_OP)) => {}
        _ => return Err(ScimError::invalid_syntax(format!("schemas must hold {}", urn::PATCH_OP))),
    }
    match obj::get(message, "Operations") {
        Some(Value::Array(operations)) if !operations.is_empty() => Ok(operations),
        Some(Value::Array(_)) => Err(ScimError::invalid_syntax("Operations is empty")),
        Some(_) => Err(ScimError::invalid_syntax("Operations must be an array")),
        None => Err(ScimError::invalid_syntax("the PATCH body has no Operations")),
    }
}

pub(super) fn parse_path(text: &str) -> Result<Path, ScimError> {
    text.parse().map_err(|error: ParseError| {
        // Table 9 keeps `invalidFilter` for what is wrong between the brackets.
        let at = error.span().start;
        let in_brackets = text.get(..at).is_some_and(|before| before.contains('['))
            && text.get(at..).is_some_and(|after| after.contains(']'));
        if in_brackets {
            return ScimError::invalid_filter(format!("{text:?} has no valid value filter: {error}"));
        }
        invalid_path(text, &error)
    })
}

fn invalid_path(text: &str, error: &impl std::fmt::Display) -> ScimError {
    ScimError::invalid_path(format!("{text:?} is not a path: {error}"))
}

fn is_urn(listed: &Value, urn: &str) -> bool {
    listed.as_str().is_some_and(|text| text == urn || text.eq_ignore_ascii_case(urn))
}

/// Whether `schemas` is as [`sync_schemas`] makes it.
fn lists_its_schemas(resource: &Map<String, Value>, resource_type: &ResourceType) -> bool {
    let Some(Value::Array(listed)) = obj::get(resource, "schemas") else { return true };
    resource_type.extensions.iter().all(|extension| {
        let id = &extension.schema.id;
        listed.iter().any(|listed| is_urn(listed, id)) == obj::get(resource, id).is_some()
    })
}

/// `schemas` lists the core schema and each extension that has data (RFC 7643 §3).
fn sync_schemas(resource: &mut Map<String, Value>, resource_type: &ResourceType) {
    let Some(Value::Array(before)) = obj::get(resource, "schemas") else { return };
    let mut after: Vec<Value> = before
        .iter()
        .filter(|listed| {
            let extension = resource_type.extensions.iter().find(|extension| {
                listed.as_str().is_some_and(|text| text.eq_ignore_ascii_case(&extension.schema.id))
            });
            extension.is_none_or(|extension| obj::get(resource, &extension.schema.id).is_some())
        })
        .cloned()
        .collect();
    for extension in &resource_type.extensions {
        let id = &extension.schema.id;
        let listed = after.iter().any(|urn| urn.as_str().is_some_and(|text| text.eq_ignore_ascii_case(id)));
        if !listed && obj::get(resource, id).is_some() {
            after.push(id.as_str().into());
        }
    }
    if let Some(schemas) = obj::get_mut(resource, "schemas") {
        *schemas = Value::Array(after);
    }
}
