//! Carries a plan out.

use std::collections::{HashMap, HashSet, VecDeque};

use futures_util::{StreamExt, stream};
use scim_core::{
    bulk::{BulkMethod, BulkOperation, BulkRequest, BulkResponse, BulkResult},
    call::Call,
    error::ScimError,
};
use serde_json::Value;

use super::{
    Bulk, BulkItem, BulkOutcome, BulkReport,
    order::{Step, order},
    pack::{Batch, Room, assign, take},
};
use crate::{
    client::Answer,
    error::{Error, ErrorKind, TransportKind},
    resources::id_in,
};

pub(super) async fn run(bulk: Bulk<'_>) -> Result<BulkReport, Error> {
    let steps = order(&bulk.operations).map_err(Error::build)?;
    let config = bulk.client.discovery().capabilities().await?;
    let limits = &bulk.client.inner.limits;
    let said = config.bulk.as_ref();
    let size = |said: Option<u64>, default: usize| {
        said.and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0).unwrap_or(default)
    };
    let room = Room {
        operations: size(said.and_then(|bulk| bulk.max_operations), limits.bulk_operations),
        bytes: size(said.and_then(|bulk| bulk.max_payload_size), limits.bulk_bytes),
    };
    let mut run = Run { done: Done::new(&bulk.operations), queue: steps.into(), room, bulk: &bulk };
    if config.bulk_supported() == Some(false) {
        run.singly().await;
    } else {
        run.together().await;
    }
    Ok(run.done.report(&bulk.operations))
}

struct Run<'a> {
    bulk: &'a Bulk<'a>,
    queue: VecDeque<Step>,
    room: Room,
    done: Done,
}

impl Run<'_> {
    async fn together(&mut self) {
        loop {
            self.done.drop_orphans(&mut self.queue);
            let left = self.bulk.fail_on_errors.map(|limit| limit.saturating_sub(self.done.errors));
            if left == Some(0) {
                return self.give_up("too many operations failed");
            }
            let steps = match take(&mut self.queue, &self.done.ids, self.room) {
                None => return,
                Some(Batch::Single(step)) if self.done.is_resolved(&step) => {
                    let outcome = single(self.bulk, &step).await;
                    self.done.note(&step, outcome);
                    continue;
                }
                Some(Batch::Single(step)) => {
                    self.done.note(
                        &step,
                        (None, BulkOutcome::NotSent("what it refers to was not made".to_owned())),
                    );
                    continue;
                }
                Some(Batch::Bulk(steps)) => steps,
            };
            let operations = steps.iter().map(|step| step.operation.clone()).collect();
            let call = Call::Bulk(BulkRequest { fail_on_errors: left, operations });
            let answer = self.bulk.client.call(&call, &self.bulk.options).await;
            match answer.and_then(|answer| read(&answer)) {
                Ok(results) => {
                    for (step, result) in steps.iter().zip(assign(&steps, results)) {
                        self.done.note(step, outcome(result));
                    }
                }
                Err(error) if error.is_unsupported() || error.is_not_found() => {
                    tracing::info!("no /Bulk here: sending the operations one by one");
                    steps.into_iter().rev().for_each(|step| self.queue.push_front(step));
                    return self.singly().await;
                }
                Err(error) if error.status() == Some(413) => {
                    // The limit is lower than the server says, or than we assumed.
                    self.room.bytes = if steps.len() == 1 { 0 } else { self.room.bytes };
                    self.room.operations = (steps.len() / 2).max(1);
                    steps.into_iter().rev().for_each(|step| self.queue.push_front(step));
                }
                Err(error) if error.may_have_been_applied() => {
                    for step in &steps {
                        self.done.note(step, (None, BulkOutcome::Unknown(error.to_string())));
                    }
                }
                Err(error) => {
                    steps.into_iter().rev().for_each(|step| self.queue.push_front(step));
                    return self.give_up(&error.to_string());
                }
            }
        }
    }

    /// Ordinary requests, as many at once as the client may have.
    async fn singly(&mut self) {
        let at_once = self.bulk.client.inner.in_flight;
        loop {
            self.done.drop_orphans(&mut self.queue);
            let mut ready = Vec::new();
            let mut waiting = VecDeque::new();
            for mut step in std::mem::take(&mut self.queue) {
                step.operation.resolve(&self.done.ids);
                let room = self.bulk.fail_on_errors.is_none() || ready.len() < at_once;
                if room && self.done.is_resolved(&step) { ready.push(step) } else { waiting.push_back(step) }
            }
            self.queue = waiting;
            if ready.is_empty() {
                return self.give_up("what it refers to was not made");
            }
            let bulk = self.bulk;
            let outcomes: Vec<(Step, (Option<String>, BulkOutcome))> = stream::iter(ready)
                .map(|step| async move {
                    let outcome = single(bulk, &step).await;
                    (step, outcome)
                })
                .buffer_unordered(at_once)
                .collect()
                .await;
            for (step, outcome) in outcomes {
                self.done.note(&step, outcome);
            }
            if self.bulk.fail_on_errors.is_some_and(|limit| self.done.errors >= limit) {
                return self.give_up("too many operations failed");
            }
        }
    }

    fn give_up(&mut self, reason: &str) {
        for step in std::mem::take(&mut self.queue) {
            self.done.note(&step, (None, BulkOutcome::NotSent(reason.to_owned())));
        }
    }
}

/// What is known so far.
struct Done {
    /// By the user's operation: outcome and id.
    outcomes: Vec<(Option<String>, Option<BulkOutcome>)>,
    /// `bulkId` of finished operations, and their `id`.
    ids: HashMap<String, String>,
    /// `bulkId` of operations that will have no id.
    lost: HashSet<String>,
    errors: u64,
}

impl Done {
    fn new(operations: &[BulkOperation]) -> Self {
        let outcomes = vec![(None, None); operations.len()];
        Self { outcomes, ids: HashMap::new(), lost: HashSet::new(), errors: 0 }
    }

    fn note(&mut self, step: &Step, (id, outcome): (Option<String>, BulkOutcome)) {
        if matches!(outcome, BulkOutcome::Failed(_)) {
            self.errors += 1;
        }
        if let Some(name) = step.operation.bulk_id.as_ref() {
            match &id {
                Some(id) if outcome.is_done() => drop(self.ids.insert(name.clone(), id.clone())),
                _ => drop(self.lost.insert(name.clone())),
            }
        }
        let (known, slot) = &mut self.outcomes[step.origin];
        *known = known.take().or(id);
        // The second half tells only when the first one was done.
        if slot.as_ref().is_none_or(BulkOutcome::is_done) {
            *slot = Some(outcome);
        }
    }

    fn is_resolved(&self, step: &Step) -> bool {
        step.operation.references().is_empty()
    }

    /// Operations that refer to one that was not made are not sent.
    fn drop_orphans(&mut self, queue: &mut VecDeque<Step>) {
        if self.lost.is_empty() {
            return;
        }
        for step in std::mem::take(queue) {
            let lost = step.operation.references().into_iter().find(|name| self.lost.contains(*name));
            match lost.map(str::to_owned) {
                None => queue.push_back(step),
                Some(name) => {
                    let reason = format!("it refers to {name:?}, which was not made");
                    self.note(&step, (None, BulkOutcome::NotSent(reason)));
                }
            }
        }
    }

    fn report(self, operations: &[BulkOperation]) -> BulkReport {
        let items = operations.iter().zip(self.outcomes).map(|(operation, (id, outcome))| BulkItem {
            bulk_id: operation.bulk_id.clone(),
            method: operation.method,
            id,
            outcome: outcome.unwrap_or_else(|| BulkOutcome::NotSent("its turn did not come".to_owned())),
        });
        BulkReport { items: items.collect() }
    }
}

fn read(answer: &Answer) -> Result<Vec<BulkResult>, Error> {
    let message: Value = serde_json::from_slice(&answer.body).map_err(|error| answer.body_error(error))?;
    BulkResponse::from_json(&message)
        .map(|response| response.operations)
        .map_err(|error| answer.body_error(error))
}

fn outcome(result: Option<BulkResult>) -> (Option<String>, BulkOutcome) {
    let Some(result) = result else {
        return (None, BulkOutcome::Unknown("the answer has no result for it".to_owned()));
    };
    match result.error() {
        Some(error) => (None, BulkOutcome::Failed(error)),
        None => {
            let in_body = || Some(result.response.as_ref()?.get("id")?.as_str()?.to_owned());
            let id = result.id().or_else(in_body);
            (id, BulkOutcome::Done { status: result.status, version: result.version })
        }
    }
}

async fn single(bulk: &Bulk<'_>, step: &Step) -> (Option<String>, BulkOutcome) {
    let call = match step.operation.to_call() {
        Ok(call) => call,
        Err(error) => return (None, BulkOutcome::NotSent(error.to_string())),
    };
    match bulk.client.call(&call, &bulk.options).await {
        Ok(answer) => {
            let endpoint = call.endpoint().unwrap_or_default();
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
            let id = body["id"].as_str().map(str::to_owned);
            let id = id.or_else(|| id_in(answer.location.as_deref()?, endpoint));
            let id = id.or_else(|| {
                (step.operation.method != BulkMethod::Post).then(|| id_in(&step.operation.path, endpoint))?
            });
            let version = answer.etag.or_else(|| body["meta"]["version"].as_str().map(str::to_owned));
            (id, BulkOutcome::Done { status: answer.status, version })
        }
        Err(error) if error.may_have_been_applied() => (None, BulkOutcome::Unknown(error.to_string())),
        Err(error) => (
            None,
            match (error.kind(), error.status()) {
                (ErrorKind::Scim(scim), Some(status)) => {
                    BulkOutcome::Failed(ScimError { status, ..scim.clone() })
                }
                (_, Some(status)) => BulkOutcome::Failed(ScimError::plain(status, error.to_string())),
                (ErrorKind::Transport(cause), _) if cause.kind() == TransportKind::TooLarge => {
                    BulkOutcome::Unknown(error.to_string())
                }
                _ => BulkOutcome::NotSent(error.to_string()),
            },
        ),
    }
}
