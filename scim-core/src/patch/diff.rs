//! The PATCH request that turns one resource into another.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Op, Operation, PatchOp, Tolerances, apply::run_all, target::identity};
use crate::{
    filter::{CompareOp, Filter, Literal},
    json as obj,
    path::{AttrPath, Path},
    schema::{Attribute, Kind, Mutability, ResourceType, Schema},
    validate::canonical,
};

/// How [`diff`] removes a value of a multi-valued attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RemoveForm {
    /// `"path": "members[value eq \"…\"]"`, as RFC 7644 §3.5.2.2 has it: one operation for each value.
    #[default]
    ValuePath,
    /// `"path": "members", "value": [{"value": "…"}]`: one operation, for servers that know no value paths. Never send
    /// it to a server that follows the RFC strictly: it may remove every value.
    ValueList,
}

/// There is no PATCH request that does it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no PATCH request makes the change: {message}")]
pub struct DiffError {
    message: String,
}

/// A PATCH request that turns `before` into `after`; empty when there is nothing to do.
///
/// Attributes that differ are changed one by one, values of a multi-valued attribute too: the others stay untouched,
/// whatever the server knows about them. Each attribute's operations are tried on `before`; if they did not lead to
/// `after`, the attribute is replaced whole.
///
/// What a client cannot write is not looked at: read-only attributes, attributes that no schema has, and those of a
/// group member beside its `value`. The order of values does not count.
///
/// ```
/// use scim_core::{patch::{RemoveForm, diff}, schema::ResourceType};
/// use serde_json::json;
///
/// let before = json!({"displayName": "Eng", "members": [{"value": "1"}, {"value": "2"}]});
/// let after = json!({"displayName": "Eng", "members": [{"value": "2"}, {"value": "3"}]});
/// let patch = diff(&before, &after, &ResourceType::group(), RemoveForm::ValuePath)?;
/// assert_eq!(patch.to_json()["Operations"], json!([
///     {"op": "remove", "path": "members[value eq \"1\"]"},
///     {"op": "add", "path": "members", "value": [{"value": "3"}]},
/// ]));
/// # Ok::<(), scim_core::patch::DiffError>(())
/// ```
///
/// # Errors
/// One of the two is no resource, a required attribute is gone, an immutable one is different, or `after` has the same
/// value twice.
pub fn diff(
    before: &Value,
    after: &Value,
    resource_type: &ResourceType,
    remove: RemoveForm,
) -> Result<PatchOp, DiffError> {
    let read =
        |resource| canonical(resource, resource_type).map_err(|error| DiffError { message: error.detail });
    let (before, after) = (read(before)?, read(after)?);
    let mut operations = Vec::new();
    let core = resource_type.schema.attributes.iter().chain(crate::schema::common_attributes());
    let core = core.filter(|attribute| attribute.name != "schemas").map(|attribute| (attribute, None));
    let extensions = resource_type.extensions.iter().flat_map(|extension| {
        extension.schema.attributes.iter().map(|attribute| (attribute, Some(&*extension.schema)))
    });
    let mut done = Vec::new();
    for (attribute, extension) in core.chain(extensions) {
        // The core schema may have a common attribute of its own; it wins.
        if attribute.mutability == Mutability::ReadOnly
            || done.contains(&(&attribute.name, extension.is_some()))
        {
            continue;
        }
        if extension.is_none() {
            done.push((&attribute.name, false));
        }
        let change = Change::new(&before, &after, attribute, extension, resource_type, remove);
        operations.extend(change.operations()?);
    }
    Ok(PatchOp { operations })
}

/// One attribute in both resources, without what a client cannot write.
struct Change<'a> {
    attribute: &'a Attribute,
    extension: Option<&'a Schema>,
    resource_type: &'a ResourceType,
    remove: RemoveForm,
    path: AttrPath,
    before: Option<Value>,
    after: Option<Value>,
    /// Whether a value is told by its `value` alone, as a group's member is.
    by_value: bool,
}

impl<'a> Change<'a> {
    fn new(
        before: &Map<String, Value>,
        after: &Map<String, Value>,
        attribute: &'a Attribute,
        extension: Option<&'a Schema>,
        resource_type: &'a ResourceType,
        remove: RemoveForm,
    ) -> Self {
        let find = |resource: &Map<String, Value>| {
            let holder = match extension {
                Some(schema) => resource.get(&schema.id)?.as_object()?,
                None => resource,
            };
            writable(holder.get(&attribute.name)?, attribute)
        };
        let path = AttrPath::new(&attribute.name);
        let path = match extension {
            Some(schema) => path.with_urn(&schema.id),
            None => path,
        };
        let by_value = attribute.sub("value").is_some_and(|value| value.mutability == Mutability::Immutable);
        Self {
            attribute,
            extension,
            resource_type,
            remove,
            path,
            before: find(before),
            after: find(after),
            by_value,
        }
    }

    fn operations(&self) -> Result<Vec<Operation>, DiffError> {
        let (before, after) = match (&self.before, &self.after) {
            (before, after) if self.same(before.as_ref(), after.as_ref()) => return Ok(Vec::new()),
            (None, Some(after)) => return self.first_that_works([vec![self.set(Op::Add, after.clone())]]),
            (Some(before), Some(after)) => (before, after),
            (_, None) => return self.first_that_works([vec![self.gone()]]),
        };
        let whole = vec![self.set(Op::Replace, after.clone())];
        match (before, after) {
            (Value::Array(before), Value::Array(after)) => match self.values(before, after) {
                Some(parts) if parts.len() <= 1 || self.has_common(before, after) => {
                    self.first_that_works([parts, whole])
                }
                _ => self.first_that_works([whole]),
            },
            (Value::Object(before), Value::Object(after)) => {
                let parts = sub_changes(&self.path.clone().into(), before, after);
                self.first_that_works([
                    parts,
                    vec![self.gone(), self.set(Op::Add, Value::Object(after.clone()))],
                ])
            }
            _ => self.first_that_works([whole]),
        }
    }

    /// The operations that lead from `before` to `after`, tried out.
    fn first_that_works<const N: usize>(
        &self,
        candidates: [Vec<Operation>; N],
    ) -> Result<Vec<Operation>, DiffError> {
        let mut message = String::new();
        for candidate in candidates {
            let mut resource = self.holding(self.before.clone());
            let messages: Vec<Value> = candidate.iter().map(Operation::to_json).collect();
            let tolerances = Tolerances {
                remove_with_value: self.remove == RemoveForm::ValueList,
                ..Tolerances::strict()
            };
            match run_all(&mut resource, &messages, self.resource_type, &tolerances) {
                Ok(()) if self.same(self.held(&resource), self.after.as_ref()) => return Ok(candidate),
                Ok(()) => message = format!("{} does not become what it should be", self.path),
                Err(error) => message = error.detail,
            }
        }
        Err(DiffError { message })
    }

    /// A resource that has the attribute alone.
    fn holding(&self, value: Option<Value>) -> Map<String, Value> {
        let holder: Map<String, Value> =
            value.map(|value| (self.attribute.name.clone(), value)).into_iter().collect();
        match self.extension {
            Some(schema) if !holder.is_empty() => {
                Map::from_iter([(schema.id.clone(), Value::Object(holder))])
            }
            Some(_) => Map::new(),
            None => holder,
        }
    }

    fn held<'v>(&self, resource: &'v Map<String, Value>) -> Option<&'v Value> {
        match self.extension {
            Some(schema) => resource.get(&schema.id)?.get(&self.attribute.name),
            None => resource.get(&self.attribute.name),
        }
    }

    fn set(&self, op: Op, value: Value) -> Operation {
        Operation { op, path: Some(self.path.clone().into()), value: Some(value) }
    }

    fn gone(&self) -> Operation {
        Operation { op: Op::Remove, path: Some(self.path.clone().into()), value: None }
    }

    fn same(&self, a: Option<&Value>, b: Option<&Value>) -> bool {
        let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
        match (a, b) {
            (Value::Array(a), Value::Array(b)) => {
                let mut a: Vec<String> = a.iter().map(|value| identity(value, self.by_value)).collect();
                let mut b: Vec<String> = b.iter().map(|value| identity(value, self.by_value)).collect();
                a.sort_unstable();
                b.sort_unstable();
                a == b
            }
            _ => a == b,
        }
    }

    fn has_common(&self, before: &[Value], after: &[Value]) -> bool {
        let known: std::collections::HashSet<String> =
            before.iter().map(|value| identity(value, self.by_value)).collect();
        after.iter().any(|value| known.contains(&identity(value, self.by_value)))
    }

    /// Operations on single values: removals, changes, additions. `None` when a value cannot be told from the others.
    fn values(&self, before: &[Value], after: &[Value]) -> Option<Vec<Operation>> {
        let selector = Selector::new(before, self.attribute);
        let (mut gone, mut added) = self.differing(before, after);
        let changed = if self.by_value { Vec::new() } else { pair(&mut gone, &mut added) };
        let mut operations = Vec::new();
        let listed = gone.iter().map(|value| listed(value)).collect::<Option<Vec<_>>>();
        match (self.remove, listed) {
            (RemoveForm::ValueList, Some(listed)) if !listed.is_empty() => {
                operations.push(Operation { value: Some(Value::Array(listed)), ..self.gone() });
            }
            _ => {
                for value in gone {
                    let filter = selector.filter(value, &["value", "type"])?;
                    operations.push(Operation {
                        op: Op::Remove,
                        path: Some(self.selected(filter)),
                        value: None,
                    });
                }
            }
        }
        for (old, new) in changed {
            let path = self.selected(selector.filter(old, &["type", "value"])?);
            match (old, new) {
                (Value::Object(old), Value::Object(new)) => match sub_changes(&path, old, new) {
                    parts
                        if parts.len() == 1
                            && parts[0].path.as_ref().is_some_and(|path| path.sub.is_some()) =>
                    {
                        operations.extend(parts);
                    }
                    _ => operations.push(Operation {
                        op: Op::Replace,
                        path: Some(path),
                        value: Some(Value::Object(new.clone())),
                    }),
                },
                _ => return None,
            }
        }
        if !added.is_empty() {
            operations.push(self.set(Op::Add, added.into_iter().cloned().collect()));
        }
        Some(operations)
    }

    fn selected(&self, filter: Filter) -> Path {
        Path { attr: self.path.clone(), filter: Some(filter), sub: None }
    }

    /// The values that only one of the two has.
    fn differing<'v>(&self, before: &'v [Value], after: &'v [Value]) -> (Vec<&'v Value>, Vec<&'v Value>) {
        let mut left: HashMap<String, usize> = HashMap::with_capacity(after.len());
        for value in after {
            *left.entry(identity(value, self.by_value)).or_default() += 1;
        }
        let mut take = |value: &Value| {
            let count = left.get_mut(&identity(value, self.by_value)).filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_some()
        };
        let old = before.iter().filter(|value| !take(value)).collect();
        // What is left over is what `before` does not have.
        let new = after.iter().filter(|value| take(value)).collect();
        (old, new)
    }
}

/// Which new value is an old one changed: that with the same `value`, else that with the same `type`.
///
/// Takes them out of both lists.
fn pair<'v>(old: &mut Vec<&'v Value>, new: &mut Vec<&'v Value>) -> Vec<(&'v Value, &'v Value)> {
    let mut changed = Vec::new();
    for name in ["value", "type"] {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, value) in new.iter().enumerate() {
            if let Some(Value::String(text)) = value.get(name) {
                by_name.entry(text.clone()).or_default().push(index);
            }
        }
        let mut used = vec![false; new.len()];
        old.retain(|value| {
            let found = value.get(name).and_then(Value::as_str).and_then(|text| by_name.get(text));
            match found.map(Vec::as_slice) {
                Some([index]) if !used[*index] => {
                    used[*index] = true;
                    changed.push((*value, new[*index]));
                    false
                }
                _ => true,
            }
        });
        let mut used = used.into_iter();
        new.retain(|_| !used.next().unwrap_or(false));
    }
    changed
}

/// Finds a filter that selects one value of an array and no other.
struct Selector<'a> {
    values: &'a [Value],
    attribute: &'a Attribute,
    /// How many values have a sub-attribute's text, letter case apart.
    counts: HashMap<(&'static str, String), usize>,
}

impl<'a> Selector<'a> {
    fn new(values: &'a [Value], attribute: &'a Attribute) -> Self {
        let mut counts = HashMap::new();
        for value in values {
            for name in ["value", "type"] {
                if let Some(text) = told_by(value, name) {
                    *counts.entry((name, text.to_lowercase())).or_default() += 1;
                }
            }
        }
        Self { values, attribute, counts }
    }

    fn filter(&self, value: &Value, names: &[&'static str]) -> Option<Filter> {
        for name in names {
            if let Some(text) = told_by(value, name)
                && self.counts.get(&(*name, text.to_lowercase())) == Some(&1)
            {
                return Some(equals(name, text.into()));
            }
        }
        if self.values.len() > FEW {
            return None;
        }
        let terms: Vec<Filter> = value
            .as_object()?
            .iter()
            .filter_map(|(name, value)| match value {
                Value::String(text) => Some(equals(name, text.as_str().into())),
                Value::Bool(flag) => Some(equals(name, (*flag).into())),
                _ => None,
            })
            .collect();
        let filter = Some(Filter::all(terms)).filter(|filter| *filter != Filter::And(Vec::new()))?;
        let matcher = filter.element_matcher(self.attribute).ok()?;
        let unique = self.values.iter().filter(|value| matcher.matches(value)).count() == 1;
        unique.then_some(filter)
    }
}

fn told_by<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    match value {
        Value::Object(object) => object.get(name)?.as_str(),
        Value::String(text) if name == "value" => Some(text),
        _ => None,
    }
}

fn equals(name: &str, value: Literal) -> Filter {
    Filter::Compare { path: AttrPath::new(name), op: CompareOp::Eq, value }
}

/// The value as an element of a removal's list; `None` when nothing but the whole tells it.
fn listed(value: &Value) -> Option<Value> {
    match value {
        Value::Object(object) => {
            let name = object.get("value")?;
            Some(Value::Object(Map::from_iter([("value".to_owned(), name.clone())])))
        }
        other => Some(other.clone()),
    }
}

/// Operations on the sub-attributes of one complex value.
fn sub_changes(path: &Path, before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Operation> {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let mut operations: Vec<Operation> = gone
        .map(|name| Operation { op: Op::Remove, path: Some(path.clone().with_sub(name)), value: None })
        .collect();
    let changed: Vec<(&String, &Value)> =
        after.iter().filter(|(name, value)| before.get(*name) != Some(*value)).collect();
    let (path, value) = match changed.as_slice() {
        [] => return operations,
        [(name, value)] => (path.clone().with_sub(*name), (*value).clone()),
        _ => {
            let members = changed.into_iter().map(|(name, value)| (name.clone(), value.clone()));
            (path.clone(), Value::Object(members.collect()))
        }
    };
    operations.push(Operation { op: Op::Replace, path: Some(path), value: Some(value) });
    operations
}

/// The part of a value that a client can write; `None` when there is nothing.
fn writable(value: &Value, attribute: &Attribute) -> Option<Value> {
    let value = match value {
        Value::Array(values) if attribute.multi_valued => {
            values.iter().filter_map(|value| writable_one(value, attribute)).collect()
        }
        value => writable_one(value, attribute)?,
    };
    (!obj::is_unassigned(&value)).then_some(value)
}

fn writable_one(value: &Value, attribute: &Attribute) -> Option<Value> {
    let value = match value {
        Value::Object(members) if attribute.kind == Kind::Complex => {
            let known = members.iter().filter(|(name, value)| {
                let sub = attribute.sub(name);
                sub.is_some_and(|sub| sub.mutability != Mutability::ReadOnly) && !obj::is_unassigned(value)
            });
            Value::Object(known.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        value => value.clone(),
    };
    (!obj::is_unassigned(&value)).then_some(value)
}

/// Up to so many values are compared one with another.
const FEW: usize = 100;
