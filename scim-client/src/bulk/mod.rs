//! Many operations in few requests (RFC 7644 §3.7), planned around the server's limits.
//!
//! Operations that refer to others by `bulkId` come after them; where they refer to each other in a circle, one is made
//! without the reference, which a PATCH adds later. Requests have at most `maxOperations` operations and
//! `maxPayloadSize` bytes; an operation that is larger goes alone, as an ordinary request. Where there is no `/Bulk`,
//! all do. Either way each operation has one result.

mod order;
mod pack;
mod run;

use std::fmt;

pub use scim_core::bulk::BulkMethod;
use scim_core::{bulk::BulkOperation, error::ScimError, patch::PatchOp, resource::Resource};

use crate::{client::Client, error::Error, options::CallOptions, read, resources::id_of};

/// Collects operations, and carries them out.
///
/// ```
/// # async fn show(client: scim_client::Client) -> Result<(), scim_client::Error> {
/// use scim_core::resource::{Group, Member, User};
///
/// let report = client
///     .bulk()
///     .create("ada", &User::new("ada@example.com"))?
///     .create("engines", &Group::new("Engines").with_member(Member::new("bulkId:ada")))?
///     .run()
///     .await?;
/// assert!(report.is_complete());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "operations are not sent before `run`"]
pub struct Bulk<'a> {
    client: &'a Client,
    operations: Vec<BulkOperation>,
    fail_on_errors: Option<u64>,
    options: CallOptions,
}

impl<'a> Bulk<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client, operations: Vec::new(), fail_on_errors: None, options: CallOptions::default() }
    }

    /// Makes a resource; others refer to it as `bulkId:` and this name.
    ///
    /// # Errors
    /// The resource is no JSON.
    pub fn create<T: Resource>(self, bulk_id: impl Into<String>, resource: &T) -> Result<Self, Error> {
        let resource = read::value(resource)?;
        Ok(self.operation(BulkOperation::create(T::ENDPOINT, bulk_id, resource)))
    }

    /// Replaces a resource, if it still has the version at hand.
    ///
    /// # Errors
    /// The resource is no JSON, or has no `id`.
    pub fn replace<T: Resource>(self, resource: &T) -> Result<Self, Error> {
        let mut operation = BulkOperation::replace(T::ENDPOINT, id_of(resource)?, read::value(resource)?);
        operation.version = resource.version().map(str::to_owned);
        Ok(self.operation(operation))
    }

    /// Changes a resource; the id may be `bulkId:` and a name.
    pub fn patch<T: Resource>(self, id: &str, patch: &PatchOp) -> Self {
        self.operation(BulkOperation::patch(T::ENDPOINT, id, patch.to_json()))
    }

    /// Deletes a resource.
    pub fn delete<T: Resource>(self, id: &str) -> Self {
        self.operation(BulkOperation::delete(T::ENDPOINT, id))
    }

    /// Any operation.
    pub fn operation(mut self, operation: BulkOperation) -> Self {
        self.operations.push(operation);
        self
    }

    /// Stops after so many errors, over all requests.
    pub fn fail_on_errors(self, errors: u64) -> Self {
        Self { fail_on_errors: Some(errors), ..self }
    }

    /// Options of every request.
    pub fn with(self, options: CallOptions) -> Self {
        Self { options, ..self }
    }

    /// Carries the operations out. What happened to each is in the report, also when the server could not be reached
    /// any more.
    ///
    /// # Errors
    /// Two operations have the same `bulkId`, a reference leads nowhere, or a circle cannot be broken; nothing was sent
    /// then. Or the server's limits could not be read.
    pub async fn run(self) -> Result<BulkReport, Error> {
        run::run(self).await
    }
}

/// What became of each operation, in the order in which they were given.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkReport {
    /// One for each operation.
    pub items: Vec<BulkItem>,
}

impl BulkReport {
    /// Whether everything was done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.items.iter().all(|item| item.outcome.is_done())
    }

    /// The operations that were not done, or not for sure.
    pub fn open(&self) -> impl Iterator<Item = &BulkItem> {
        self.items.iter().filter(|item| !item.outcome.is_done())
    }
}

/// What became of one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkItem {
    /// The operation's name.
    pub bulk_id: Option<String>,
    /// What it was to do.
    pub method: BulkMethod,
    /// `id` of the resource, when it is known.
    pub id: Option<String>,
    /// What happened. For an operation in two steps, that of the second one if the first was done.
    pub outcome: BulkOutcome,
}

/// What happened to one operation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum BulkOutcome {
    /// It was done.
    Done {
        /// HTTP status.
        status: u16,
        /// Version of the resource now.
        version: Option<String>,
    },
    /// The server refused it.
    Failed(ScimError),
    /// It was not sent, or the server said that it did not look at it.
    NotSent(String),
    /// It was sent, and the server did not say what became of it: look before sending it again.
    Unknown(String),
}

impl BulkOutcome {
    /// Whether it was done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

impl fmt::Display for BulkOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done { status, .. } => write!(f, "done ({status})"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::NotSent(reason) => write!(f, "not sent: {reason}"),
            Self::Unknown(reason) => write!(f, "unknown: {reason}"),
        }
    }
}
