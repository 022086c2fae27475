//! Bulk requests (RFC 7644 §3.7).
//!
//! # Readings
//!
//! * Operations run in the order of the request, but one that refers to another runs after it. Results are in the order
//!   of the request.
//! * Circular references are resolved: each resource of the circle is promised its id before any of them is made.
//! * An operation that refers to one that failed gets 409, as §3.7.1 has it for references that cannot be resolved; a
//!   reference to what no operation is called gets 400 `invalidValue`. Both count as errors for `failOnErrors`.
//! * What `failOnErrors` leaves undone has no result. What was done stays done: a bulk request is no transaction.
//! * Successful results have no `response`, which §3.7.3 leaves to the server.

use std::collections::{HashMap, HashSet};

use scim_core::{
    bulk::{BulkMethod, BulkOperation, BulkRequest, BulkResponse, BulkResult},
    call::Call,
    error::ScimError,
    reply::{Body, Reply},
    vendor::Operation,
};

use super::service::Service;

impl Service<'_> {
    pub(super) fn bulk(&mut self, request: BulkRequest) -> Result<Reply, ScimError> {
        let rules = &self.profile.bulk;
        if !rules.supported {
            return Err(ScimError::plain(501, "/Bulk is not supported"));
        }
        let (count, most) = (request.operations.len(), rules.max_operations);
        if count > most {
            let text = format!("{count} operations are more than maxOperations ({most})");
            return Err(ScimError::plain(413, text));
        }
        // None accepted means the same as one: the first ends the request.
        let limit = request.fail_on_errors.unwrap_or(u64::MAX).max(1);
        let mut job = Job::new(request.operations);
        while job.errors < limit {
            let Some(index) = job.next(self) else { break };
            let result = self.operation(&job, index);
            job.done(index, result);
        }
        // A promise that was not kept leaves nothing behind.
        for (id, _) in std::mem::take(&mut self.promised) {
            if self.store.get(&id).is_none() {
                self.store.remove_member(&id);
            }
        }
        let operations = job.results.into_iter().flatten().collect();
        Ok(Reply::json(200, BulkResponse { operations }.to_json()))
    }

    fn operation(&mut self, job: &Job, index: usize) -> BulkResult {
        let mut operation = job.operations[index].clone();
        if let Err(error) = job.objection(index) {
            return self.result(&operation, Err(error));
        }
        operation.resolve(&job.ids);
        let promised = operation.bulk_id.as_ref().and_then(|name| job.promised.get(name)).cloned();
        self.own_id = promised.filter(|_| operation.method == BulkMethod::Post);
        let answer = operation.to_call().and_then(|call| match call {
            Call::Create { .. } | Call::Replace { .. } | Call::Patch { .. } | Call::Delete { .. } => {
                self.answer(call)
            }
            _ => {
                let text = format!(
                    "{} {} is no operation of a bulk request",
                    operation.method.as_str(),
                    operation.path
                );
                Err(ScimError::invalid_value(text))
            }
        });
        self.own_id = None;
        self.result(&operation, answer)
    }

    fn result(&self, operation: &BulkOperation, answer: Result<Reply, ScimError>) -> BulkResult {
        let reply = answer.unwrap_or_else(Reply::error);
        // §3.7.3: everything but a failed POST has a location.
        let known =
            (operation.method != BulkMethod::Post).then(|| format!("{}{}", self.base, operation.path));
        let response = match &reply.body {
            Body::Scim(error) => Some(error.to_json()),
            Body::Json(body) if reply.status >= 400 => Some(body.clone()),
            _ => None,
        };
        BulkResult {
            method: Some(operation.method),
            bulk_id: operation.bulk_id.clone(),
            version: reply.etag,
            location: reply.location.or(known),
            status: reply.status,
            response,
        }
    }
}

/// A bulk request under way.
struct Job {
    operations: Vec<BulkOperation>,
    results: Vec<Option<BulkResult>>,
    /// Who refers to whom, by position; a name that nobody has is left out.
    waits_for: Vec<Vec<usize>>,
    /// Position by name; of two with the same name, the first.
    names: HashMap<String, usize>,
    /// Ids that references stand for, by name: of what was done, and of what was promised.
    ids: HashMap<String, String>,
    /// Ids that members of a circle will have, by name.
    promised: HashMap<String, String>,
    errors: u64,
    /// Where the search for the next operation begins: all before are done.
    first: usize,
}

impl Job {
    fn new(operations: Vec<BulkOperation>) -> Self {
        let mut names = HashMap::new();
        for (index, operation) in operations.iter().enumerate() {
            if let Some(name) = &operation.bulk_id {
                names.entry(name.clone()).or_insert(index);
            }
        }
        let waits_for = operations
            .iter()
            .map(|operation| {
                operation.references().into_iter().filter_map(|name| names.get(name).copied()).collect()
            })
            .collect();
        let results = operations.iter().map(|_| None).collect();
        let (ids, promised) = (HashMap::new(), HashMap::new());
        Self { operations, results, waits_for, names, ids, promised, errors: 0, first: 0 }
    }

    /// The operation to run now.
    fn next(&mut self, service: &mut Service<'_>) -> Option<usize> {
        while self.results.get(self.first).is_some_and(Option::is_some) {
            self.first += 1;
        }
        if self.first >= self.operations.len() {
            return None;
        }
        // From the first that is left, along the references, to one that waits for nobody.
        let mut index = self.first;
        let mut path = vec![index];
        let mut met = HashSet::from([index]);
        while let Some(other) = self.open(index) {
            if met.insert(other) {
                path.push(other);
                index = other;
                continue;
            }
            let circle = path.iter().position(|known| *known == other).unwrap_or_default();
            self.promise(&path[circle..], service);
            if !self.is_promised(other) {
                break;
            }
        }
        Some(index)
    }

    /// One that the operation waits for, has not run, and has no id yet.
    fn open(&self, index: usize) -> Option<usize> {
        let mut open = self.waits_for[index].iter().copied();
        open.find(|other| self.results[*other].is_none() && !self.is_promised(*other))
    }

    fn is_promised(&self, index: usize) -> bool {
        self.operations[index].bulk_id.as_ref().is_some_and(|name| self.promised.contains_key(name))
    }

    /// Gives those that a circle creates their ids before they are there.
    fn promise(&mut self, circle: &[usize], service: &mut Service<'_>) {
        for operation in circle.iter().map(|index| &self.operations[*index]) {
            let (BulkMethod::Post, Some(name)) = (operation.method, &operation.bulk_id) else { continue };
            let Ok(kind) = service.kind(operation.path.trim_matches('/'), Operation::Create) else {
                continue;
            };
            let id = service.new_id(kind);
            service.promised.insert(id.clone(), kind);
            self.ids.insert(name.clone(), id.clone());
            self.promised.insert(name.clone(), id);
        }
    }

    /// Why the operation cannot run.
    fn objection(&self, index: usize) -> Result<(), ScimError> {
        let operation = &self.operations[index];
        if let Some(name) = &operation.bulk_id
            && self.names.get(name) != Some(&index)
        {
            return Err(ScimError::invalid_value(format!("bulkId: another operation is called {name:?}")));
        }
        for name in operation.references() {
            let Some(other) = self.names.get(name) else {
                return Err(ScimError::invalid_value(format!("bulkId:{name}: no operation has that name")));
            };
            let failed = self.results[*other].as_ref().is_some_and(|result| !result.is_success());
            if failed || !self.ids.contains_key(name) {
                let text = format!("bulkId:{name}: that operation made no resource to refer to");
                return Err(ScimError::plain(409, text));
            }
        }
        Ok(())
    }

    fn done(&mut self, index: usize, result: BulkResult) {
        if !result.is_success() {
            self.errors += 1;
        }
        let made = result.id().filter(|_| result.is_success());
        if let (Some(name), Some(id)) = (&self.operations[index].bulk_id, made) {
            self.ids.insert(name.clone(), id);
        }
        self.results[index] = Some(result);
    }
}
