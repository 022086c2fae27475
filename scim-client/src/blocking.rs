//! The same client for programs without an async runtime.
//!
//! ```no_run
//! use scim_client::{Client, List, blocking};
//! use scim_core::resource::User;
//!
//! let client = Client::builder("https://example.com/scim/v2").bearer("token").build()?;
//! let client = blocking::Client::new(client).expect("a runtime starts");
//! let ada = client.users().create(&User::new("ada@example.com"))?;
//! for user in client.users().list(List::new()) {
//!     println!("{:?}", user?.user_name);
//! }
//! # let _ = ada;
//! # Ok::<(), scim_client::Error>(())
//! ```
//!
//! Do not use it inside of an async runtime: it would block it, and tokio panics. What is not here is reached with
//! [`Client::block_on`].

use std::{fmt, future::Future, io, sync::Arc};

use futures_util::StreamExt;
use scim_core::{
    filter::Filter,
    patch::PatchOp,
    resource::{Group, Resource, ResourceTypeInfo, ServiceProviderConfig, User},
    schema::Schema,
};
use tokio::runtime::{Builder, Runtime};

use crate::{
    BulkReport, CallOptions, Creation, Error, Fresh, List, MemberChanges, bulk::Bulk, discovery, me, pages,
    resources,
};

/// A client that waits for each answer.
#[derive(Clone, Debug)]
pub struct Client {
    inner: crate::Client,
    runtime: Arc<Runtime>,
}

impl Client {
    /// Makes a client wait; it gets a runtime of its own, on one thread.
    ///
    /// # Errors
    /// The runtime could not be started.
    pub fn new(inner: crate::Client) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Self { inner, runtime: Arc::new(runtime) })
    }

    /// `/Users`.
    #[must_use]
    pub fn users(&self) -> Resources<'_, User> {
        self.resource()
    }

    /// `/Groups`.
    #[must_use]
    pub fn groups(&self) -> Resources<'_, Group> {
        self.resource()
    }

    /// Resources of that type.
    #[must_use]
    pub fn resource<T: Resource>(&self) -> Resources<'_, T> {
        Resources { client: self, inner: self.inner.resource() }
    }

    /// Resources of that type at another endpoint.
    pub fn resource_at<T: Resource>(&self, endpoint: impl Into<String>) -> Resources<'_, T> {
        Resources { client: self, inner: self.inner.resource_at(endpoint) }
    }

    /// Carries out many operations; collect them with [`crate::Client::bulk`].
    ///
    /// # Errors
    /// As [`Bulk::run`].
    pub fn bulk(
        &self,
        collect: impl FnOnce(Bulk<'_>) -> Result<Bulk<'_>, Error>,
    ) -> Result<BulkReport, Error> {
        let bulk = collect(self.inner.bulk())?;
        self.block_on(bulk.run())
    }

    /// The user that the credentials stand for.
    #[must_use]
    pub fn me(&self) -> Me<'_> {
        Me { client: self, inner: self.inner.me() }
    }

    /// What the server says of itself.
    #[must_use]
    pub fn discovery(&self) -> Discovery<'_> {
        Discovery { client: self, inner: self.inner.discovery() }
    }

    /// The base address.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.inner.base_url()
    }

    /// The client that does not wait.
    #[must_use]
    pub fn as_async(&self) -> &crate::Client {
        &self.inner
    }

    /// Waits for anything that the async client does.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// Resources of one type; see [`crate::Resources`] for what each call does and when it fails.
pub struct Resources<'a, T> {
    client: &'a Client,
    inner: resources::Resources<'a, T>,
}

#[expect(clippy::missing_errors_doc, reason = "they fail as the calls of the async handle do")]
impl<'a, T: Resource> Resources<'a, T> {
    /// The same handle with other options.
    #[must_use]
    pub fn with(self, options: CallOptions) -> Self {
        Self { inner: self.inner.with(options), ..self }
    }

    /// Makes a resource.
    pub fn create(&self, resource: &T) -> Result<T, Error> {
        self.client.block_on(self.inner.create(resource))
    }

    /// Makes a resource, or finds the one that is there already.
    pub fn create_or_adopt(&self, resource: &T) -> Result<Creation<T>, Error> {
        self.client.block_on(self.inner.create_or_adopt(resource))
    }

    /// Reads a resource.
    pub fn get(&self, id: &str) -> Result<T, Error> {
        self.client.block_on(self.inner.get(id))
    }

    /// Reads a resource again, if it is another version than the one at hand.
    pub fn get_fresh(&self, known: &T) -> Result<Fresh<T>, Error> {
        self.client.block_on(self.inner.get_fresh(known))
    }

    /// The one resource that matches, if any.
    pub fn find(&self, filter: Filter) -> Result<Option<T>, Error> {
        self.client.block_on(self.inner.find(filter))
    }

    /// The one resource that has this value, if any.
    pub fn find_by(&self, attribute: &str, value: &str) -> Result<Option<T>, Error> {
        self.client.block_on(self.inner.find_by(attribute, value))
    }

    /// Lists resources, page by page, as an iterator.
    pub fn list(&self, list: List) -> Pages<'a, T> {
        Pages { client: self.client, inner: self.inner.list(list) }
    }

    /// Replaces a resource.
    pub fn replace(&self, resource: &T) -> Result<T, Error> {
        self.client.block_on(self.inner.replace(resource))
    }

    /// Changes a resource.
    pub fn patch(&self, id: &str, patch: &PatchOp) -> Result<Option<T>, Error> {
        self.client.block_on(self.inner.patch(id, patch))
    }

    /// Deletes a resource.
    pub fn delete(&self, id: &str) -> Result<(), Error> {
        self.client.block_on(self.inner.delete(id))
    }
}

impl Resources<'_, Group> {
    /// Changes who is in a group.
    ///
    /// # Errors
    /// As [`crate::Resources::change_members`].
    pub fn change_members(&self, id: &str, changes: &MemberChanges) -> Result<(), Error> {
        self.client.block_on(self.inner.change_members(id, changes))
    }
}

impl<T> fmt::Debug for Resources<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// `/Me`; see [`crate::Me`] for what each call does.
#[derive(Clone, Copy, Debug)]
pub struct Me<'a> {
    client: &'a Client,
    inner: me::Me<'a>,
}

#[expect(clippy::missing_errors_doc, reason = "they fail as the calls of the async handle do")]
impl Me<'_> {
    /// Reads it.
    pub fn get(&self) -> Result<User, Error> {
        self.client.block_on(self.inner.get())
    }

    /// Changes it.
    pub fn patch(&self, patch: &PatchOp) -> Result<Option<User>, Error> {
        self.client.block_on(self.inner.patch(patch))
    }

    /// Replaces it.
    pub fn replace(&self, user: &User) -> Result<Option<User>, Error> {
        self.client.block_on(self.inner.replace(user))
    }

    /// Deletes it.
    pub fn delete(&self) -> Result<(), Error> {
        self.client.block_on(self.inner.delete())
    }
}

/// The discovery endpoints; see [`crate::Discovery`] for what each call does.
#[derive(Clone, Copy, Debug)]
pub struct Discovery<'a> {
    client: &'a Client,
    inner: discovery::Discovery<'a>,
}

#[expect(clippy::missing_errors_doc, reason = "they fail as the calls of the async handle do")]
impl Discovery<'_> {
    /// What the server can do.
    pub fn capabilities(&self) -> Result<Arc<ServiceProviderConfig>, Error> {
        self.client.block_on(self.inner.capabilities())
    }

    /// Forgets what was read, so that the next call asks again.
    pub fn forget(&self) {
        self.inner.forget();
    }

    /// The resource types that the server has.
    pub fn resource_types(&self) -> Result<Vec<ResourceTypeInfo>, Error> {
        self.client.block_on(self.inner.resource_types())
    }

    /// The schemas that the server has.
    pub fn schemas(&self) -> Result<Vec<Schema>, Error> {
        self.client.block_on(self.inner.schemas())
    }
}

/// The resources of a list, as an iterator.
#[derive(Debug)]
#[must_use = "iterators do nothing unless used"]
pub struct Pages<'a, T> {
    client: &'a Client,
    inner: pages::Pages<'a, T>,
}

impl<T> Pages<'_, T> {
    /// What was odd so far.
    #[must_use]
    pub fn warnings(&self) -> &[pages::PageWarning] {
        self.inner.warnings()
    }

    /// How many resources there are, as the server last said.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.inner.total()
    }
}

impl<T: Resource> Iterator for Pages<'_, T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.client.block_on(self.inner.next())
    }
}
