//! Which operation comes after which, as a pure function: references lead backwards, circles are broken.

use std::collections::{BTreeSet, HashMap, HashSet};

use scim_core::{
    bulk::{BulkMethod, BulkOperation},
    patch::PatchOp,
};
use serde_json::{Map, Value};

/// An operation to send, and which of the user's operations it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) origin: usize,
    /// It completes an operation that was made without some references.
    pub(super) completes: bool,
    pub(super) operation: BulkOperation,
}

/// Puts operations behind those that they refer to, otherwise in their own order.
pub(super) fn order(operations: &[BulkOperation]) -> Result<Vec<Step>, String> {
    let mut names: HashMap<&str, usize> = HashMap::new();
    for (index, operation) in operations.iter().enumerate() {
        match &operation.bulk_id {
            Some(name) if names.insert(name, index).is_some() => {
                return Err(format!("two operations have the bulkId {name:?}"));
            }
            None if operation.method == BulkMethod::Post => return Err("a POST has no bulkId".to_owned()),
            _ => {}
        }
    }
    let mut waits: Vec<BTreeSet<usize>> = Vec::with_capacity(operations.len());
    for operation in operations {
        let found = operation.references().into_iter().map(|name| {
            names.get(name).copied().ok_or_else(|| format!("there is no operation with the bulkId {name:?}"))
        });
        waits.push(found.collect::<Result<_, _>>()?);
    }
    let mut waited_for = vec![Vec::new(); operations.len()];
    for (index, others) in waits.iter().enumerate() {
        others.iter().for_each(|other| waited_for[*other].push(index));
    }
    let mut ready: BTreeSet<usize> = (0..operations.len()).filter(|index| waits[*index].is_empty()).collect();
    let mut left: BTreeSet<usize> = (0..operations.len()).collect();
    let mut steps = Vec::with_capacity(operations.len());
    let mut later = Vec::new();
    while !left.is_empty() {
        let operation;
        let index = if let Some(index) = ready.pop_first() {
            operation = operations[index].clone();
            index
        } else {
            // Every one waits for another: the first that can do without its references goes on without them.
            let broken = left.iter().find_map(|&index| {
                let (stripped, rest) = strip(&operations[index], &waits[index], &names)?;
                in_circle(index, &waits, &left).then_some((index, stripped, rest))
            });
            let (index, stripped, rest) =
                broken.ok_or("operations refer to each other in a circle that cannot be broken")?;
            operation = stripped;
            let name = operation.bulk_id.clone().unwrap_or_default();
            let endpoint = operation.path.trim_matches('/').to_owned();
            let patch = PatchOp::new().add_all(rest).to_json();
            let completion = BulkOperation::patch(endpoint, format!("bulkId:{name}"), patch);
            later.push(Step { origin: index, completes: true, operation: completion });
            index
        };
        left.remove(&index);
        for &other in &waited_for[index] {
            waits[other].remove(&index);
            if waits[other].is_empty() && left.contains(&other) {
                ready.insert(other);
            }
        }
        steps.push(Step { origin: index, completes: false, operation });
    }
    steps.extend(later);
    Ok(steps)
}

/// The operation without its references to those it waits for, and what was taken out. `None` when it is no POST, or
/// refers to another in its path.
fn strip(
    operation: &BulkOperation,
    waits: &BTreeSet<usize>,
    names: &HashMap<&str, usize>,
) -> Option<(BulkOperation, Map<String, Value>)> {
    let data = operation.data.as_ref()?.as_object()?;
    if operation.method != BulkMethod::Post || operation.path.contains("bulkId:") {
        return None;
    }
    let open: HashSet<String> = names
        .iter()
        .filter(|(_, index)| waits.contains(index))
        .map(|(name, _)| format!("bulkId:{name}"))
        .collect();
    let mut kept = data.clone();
    let rest = take(&mut kept, &open);
    let stripped = BulkOperation { data: Some(Value::Object(kept)), ..operation.clone() };
    Some((stripped, rest))
}

/// Takes out what refers to an open name: elements of arrays, other attributes whole; of an extension, its attributes.
fn take(object: &mut Map<String, Value>, open: &HashSet<String>) -> Map<String, Value> {
    let mut taken = Map::new();
    let names: Vec<String> = object.keys().cloned().collect();
    for name in names {
        let Some(value) = object.get_mut(&name) else { continue };
        if !refers(value, open) {
            continue;
        }
        let mut empty = false;
        let part = match value {
            Value::Array(elements) => {
                let (out, stay) =
                    std::mem::take(elements).into_iter().partition(|element| refers(element, open));
                *elements = stay;
                empty = elements.is_empty();
                Value::Array(out)
            }
            Value::Object(extension) if name.contains(':') => Value::Object(take(extension, open)),
            whole => {
                empty = true;
                whole.take()
            }
        };
        if empty {
            object.shift_remove(&name);
        }
        taken.insert(name, part);
    }
    taken
}

fn refers(value: &Value, open: &HashSet<String>) -> bool {
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        match value {
            Value::String(text) if open.contains(text) => return true,
            Value::Array(elements) => stack.extend(elements),
            Value::Object(members) => stack.extend(members.values()),
            _ => {}
        }
    }
    false
}

/// Whether the operation waits, over others, for itself.
fn in_circle(start: usize, waits: &[BTreeSet<usize>], left: &BTreeSet<usize>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open: Vec<usize> = waits[start].iter().copied().collect();
    while let Some(index) = open.pop() {
        if index == start {
            return true;
        }
        if left.contains(&index) && seen.insert(index) {
            open.extend(waits[index].iter().copied());
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn post(name: &str, data: Value) -> BulkOperation {
        BulkOperation::create("Groups", name, data)
    }

    fn names(steps: &[Step]) -> Vec<String> {
        steps
            .iter()
            .map(|step| step.operation.bulk_id.clone().unwrap_or_else(|| step.operation.path.clone()))
            .collect()
    }

    #[test]
    fn references_lead_backwards() {
        let group = post("g", json!({"members": [{"value": "bulkId:b"}, {"value": "bulkId:a"}]}));
        let patch = BulkOperation::patch("Groups", "bulkId:g", json!({}));
        let steps = order(&[patch, group, post("a", json!({})), post("b", json!({}))]).unwrap();
        assert_eq!(names(&steps), ["a", "b", "g", "/Groups/bulkId:g"]);
        assert_eq!(steps[2].origin, 1);
    }

    #[test]
    fn a_circle_becomes_create_and_later_patch() {
        let a = post("a", json!({"displayName": "A", "members": [{"value": "bulkId:b"}, {"value": "7"}]}));
        let b = post("b", json!({"members": [{"value": "bulkId:a"}]}));
        let steps = order(&[a, b.clone()]).unwrap();
        assert_eq!(names(&steps), ["a", "b", "/Groups/bulkId:a"]);
        assert_eq!(steps[0].operation.data, Some(json!({"displayName": "A", "members": [{"value": "7"}]})));
        assert_eq!(steps[1].operation, b);
        let data = steps[2].operation.data.as_ref().unwrap();
        assert_eq!(data["Operations"], json!([{"op": "add", "value": {"members": [{"value": "bulkId:b"}]}}]));
        assert_eq!((steps[2].origin, steps[2].completes), (0, true));
    }

    #[test]
    fn a_reference_in_an_extension_leaves_the_rest_of_it() {
        let urn = "urn:x:User";
        let own = post("a", json!({urn: {"department": "D", "manager": {"value": "bulkId:a"}}}));
        let steps = order(&[own]).unwrap();
        assert_eq!(steps[0].operation.data, Some(json!({urn: {"department": "D"}})));
        let data = steps[1].operation.data.as_ref().unwrap();
        assert_eq!(data["Operations"][0]["value"], json!({urn: {"manager": {"value": "bulkId:a"}}}));
    }

    #[test]
    fn nonsense_is_refused() {
        let twice = order(&[post("a", json!({})), post("a", json!({}))]);
        assert_eq!(twice, Err("two operations have the bulkId \"a\"".to_owned()));
        let nowhere = order(&[post("a", json!({"members": [{"value": "bulkId:x"}]}))]);
        assert_eq!(nowhere, Err("there is no operation with the bulkId \"x\"".to_owned()));
    }

    #[test]
    fn long_chains_and_large_circles_end() {
        let ring = |count: usize| -> Vec<BulkOperation> {
            (0..count)
                .map(|n| {
                    post(
                        &n.to_string(),
                        json!({"members": [{"value": format!("bulkId:{}", (n + 1) % count)}]}),
                    )
                })
                .collect()
        };
        let steps = order(&ring(1000)).unwrap();
        assert_eq!(steps.len(), 1001);
    }
}
