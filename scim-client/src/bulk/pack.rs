//! Which operations go into the next request, and which result belongs to which operation: pure functions.

use std::collections::{HashMap, VecDeque};

use scim_core::bulk::{BulkMethod, BulkRequest, BulkResult};

use super::order::Step;

/// Most of what one request may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) operations: usize,
    pub(super) bytes: usize,
}

/// What to send next.
#[derive(Debug, PartialEq)]
pub(super) enum Batch {
    Bulk(Vec<Step>),
    /// Too large for a bulk request.
    Single(Box<Step>),
}

/// Takes the next operations from the queue. References to finished operations are put in before the bytes are counted.
pub(super) fn take(queue: &mut VecDeque<Step>, ids: &HashMap<String, String>, room: Room) -> Option<Batch> {
    let envelope =
        BulkRequest { fail_on_errors: Some(u64::MAX), operations: Vec::new() }.to_json().to_string().len();
    let mut bytes = envelope;
    let mut taken: Vec<Step> = Vec::new();
    while taken.len() < room.operations.max(1) {
        let Some(mut step) = queue.pop_front() else { break };
        step.operation.resolve(ids);
        // One more for the comma.
        let size = step.operation.to_json().to_string().len() + 1;
        if envelope + size > room.bytes && taken.is_empty() {
            return Some(Batch::Single(Box::new(step)));
        }
        if bytes + size > room.bytes {
            queue.push_front(step);
            break;
        }
        bytes += size;
        taken.push(step);
    }
    (!taken.is_empty()).then_some(Batch::Bulk(taken))
}

/// The result of each operation: by `bulkId`, then by address, then, if nothing else tells them apart, by position.
pub(super) fn assign(sent: &[Step], results: Vec<BulkResult>) -> Vec<Option<BulkResult>> {
    let mut results: Vec<Option<BulkResult>> = results.into_iter().map(Some).collect();
    let mut assigned: Vec<Option<BulkResult>> = vec![None; sent.len()];
    let as_many = results.len() == sent.len();
    let nameless =
        results.iter().flatten().all(|result| result.bulk_id.is_none() && result.location.is_none());
    let mut pair = |fits: &dyn Fn(usize, &Step, usize, &BulkResult) -> bool| {
        for (index, step) in sent.iter().enumerate() {
            if assigned[index].is_none() {
                let found = results
                    .iter()
                    .enumerate()
                    .find_map(|(at, result)| fits(index, step, at, result.as_ref()?).then_some(at));
                assigned[index] = found.and_then(|at| results[at].take());
            }
        }
    };
    let method =
        |step: &Step, result: &BulkResult| result.method.is_none_or(|method| method == step.operation.method);
    pair(&|_, step, _, result| step.operation.bulk_id.is_some() && step.operation.bulk_id == result.bulk_id);
    pair(&|_, step, _, result| {
        step.operation.method != BulkMethod::Post
            && method(step, result)
            && result.location.as_deref().is_some_and(|location| location.ends_with(&step.operation.path))
    });
    // A server that stops early answers the first few; with names on some results, a gap could be anywhere.
    pair(&|index, step, at, result| {
        (as_many || nameless)
            && index == at
            && method(step, result)
            && (result.bulk_id.is_none() || step.operation.bulk_id.is_none())
    });
    assigned
}

#[cfg(test)]
mod tests {
    use scim_core::bulk::BulkOperation;
    use serde_json::json;

    use super::*;

    fn step(origin: usize, operation: BulkOperation) -> Step {
        Step { origin, completes: false, operation }
    }

    fn posts(count: usize, size: usize) -> VecDeque<Step> {
        (0..count)
            .map(|n| {
                step(n, BulkOperation::create("Users", n.to_string(), json!({"userName": "x".repeat(size)})))
            })
            .collect()
    }

    fn sizes(queue: &mut VecDeque<Step>, room: Room) -> Vec<usize> {
        let ids = HashMap::new();
        std::iter::from_fn(|| take(queue, &ids, room))
            .map(|batch| match batch {
                Batch::Bulk(steps) => {
                    let operations = steps.into_iter().map(|step| step.operation).collect::<Vec<_>>();
                    let count = operations.len();
                    let request = BulkRequest { fail_on_errors: Some(1), operations };
                    assert!(request.to_json().to_string().len() <= room.bytes);
                    count
                }
                Batch::Single(_) => 0,
            })
            .collect()
    }

    #[test]
    fn splits_by_operations_and_by_bytes() {
        assert_eq!(sizes(&mut posts(7, 10), Room { operations: 3, bytes: 1 << 20 }), [3, 3, 1]);
        let by_bytes = sizes(&mut posts(7, 100), Room { operations: 100, bytes: 600 });
        assert!(by_bytes.len() > 1 && by_bytes.iter().sum::<usize>() == 7, "{by_bytes:?}");
        assert_eq!(
            sizes(&mut posts(2, 1000), Room { operations: 100, bytes: 600 }),
            [0, 0],
            "each goes alone"
        );
        assert_eq!(sizes(&mut posts(2, 10), Room { operations: 0, bytes: 1 << 20 }), [1, 1]);
    }

    fn result(bulk_id: Option<&str>, location: Option<&str>, status: u16) -> BulkResult {
        BulkResult {
            method: None,
            bulk_id: bulk_id.map(str::to_owned),
            version: None,
            location: location.map(str::to_owned),
            status,
            response: None,
        }
    }

    fn statuses(sent: &[Step], results: Vec<BulkResult>) -> Vec<Option<u16>> {
        assign(sent, results).iter().map(|result| result.as_ref().map(|result| result.status)).collect()
    }

    #[test]
    fn results_find_their_operations() {
        let sent = [
            step(0, BulkOperation::create("Users", "a", json!({}))),
            step(1, BulkOperation::delete("Users", "1")),
            step(2, BulkOperation::create("Users", "b", json!({}))),
        ];
        let mixed = vec![
            result(Some("b"), None, 202),
            result(None, Some("https://h/scim/Users/1"), 204),
            result(Some("a"), None, 201),
        ];
        assert_eq!(statuses(&sent, mixed), [Some(201), Some(204), Some(202)]);
        let nameless = vec![result(None, None, 201), result(None, None, 404)];
        assert_eq!(statuses(&sent, nameless), [Some(201), Some(404), None], "the server stopped");
        let gap = vec![result(Some("b"), None, 201), result(None, None, 404)];
        assert_eq!(statuses(&sent, gap), [None, None, Some(201)], "a nameless one could be anybody's");
        assert_eq!(statuses(&sent, Vec::new()), [None, None, None]);
    }
}
