//! What the server says of itself (RFC 7644 §4), asked for once in a while.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt};
use scim_core::{
    call::Call,
    resource::{ResourceTypeInfo, ServiceProviderConfig},
    schema::Schema,
};
use serde_json::Value;

use crate::{
    client::Client,
    error::Error,
    options::{CallOptions, List, Totals},
    pages::Pages,
};

/// The discovery endpoints. The capabilities are kept for a while, and shared by all clones of the client.
#[derive(Clone, Copy, Debug)]
pub struct Discovery<'a> {
    client: &'a Client,
}

/// The capabilities, and when they were read.
#[derive(Debug)]
pub(crate) struct Cache {
    fixed: Option<Arc<ServiceProviderConfig>>,
    ttl: Duration,
    read: Mutex<Option<(Duration, Arc<ServiceProviderConfig>)>>,
}

impl Cache {
    pub(crate) fn new(fixed: Option<ServiceProviderConfig>, ttl: Duration) -> Self {
        Self { fixed: fixed.map(Arc::new), ttl, read: Mutex::default() }
    }

    /// What is known without asking, however old.
    pub(crate) fn known(&self) -> Option<Arc<ServiceProviderConfig>> {
        self.fixed.clone().or_else(|| self.lock().as_ref().map(|(_, config)| Arc::clone(config)))
    }

    fn fresh(&self, now: Duration) -> Option<Arc<ServiceProviderConfig>> {
        let read = || self.lock().as_ref().filter(|(at, _)| now.saturating_sub(*at) < self.ttl).map(|(_, c)| c.clone());
        self.fixed.clone().or_else(read)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Duration, Arc<ServiceProviderConfig>)>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Discovery<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// What the server can do. One wrong field turns nothing else off; a server without the document says nothing.
    ///
    /// # Errors
    /// The call failed, other than with 404, 405 or 501.
    pub async fn capabilities(&self) -> Result<Arc<ServiceProviderConfig>, Error> {
        let inner = &self.client.inner;
        if let Some(config) = inner.discovered.fresh(inner.clock.monotonic()) {
            return Ok(config);
        }
        let answer = self.client.call(&Call::ServiceProviderConfig, &CallOptions::default()).await;
        let config = match answer {
            Ok(answer) => {
                let document: Value = serde_json::from_slice(&answer.body).map_err(|error| answer.body_error(error))?;
                ServiceProviderConfig::from_json(&document)
            }
            Err(error) if error.is_not_found() || error.is_unsupported() => ServiceProviderConfig::default(),
            Err(error) => return Err(error),
        };
        let config = Arc::new(config);
        *inner.discovered.lock() = Some((inner.clock.monotonic(), Arc::clone(&config)));
        Ok(config)
    }

    /// Forgets what was read, so that the next call asks again.
    pub fn forget(&self) {
        *self.client.inner.discovered.lock() = None;
    }

    /// The resource types that the server has.
    ///
    /// # Errors
    /// The call failed.
    pub async fn resource_types(&self) -> Result<Vec<ResourceTypeInfo>, Error> {
        self.all("ResourceTypes").try_collect().await
    }

    /// The schemas that the server has. Those that cannot be read are left out.
    ///
    /// # Errors
    /// The call failed.
    pub async fn schemas(&self) -> Result<Vec<Schema>, Error> {
        let documents: Pages<'_, scim_core::resource::GenericResource> = self.all("Schemas");
        documents
            .try_filter_map(|document| async move {
                Ok(serde_json::to_value(document).ok().and_then(|value| Schema::from_json(&value).ok()))
            })
            .boxed_local()
            .try_collect()
            .await
    }

    /// Discovery endpoints give everything in one answer and ignore paging (RFC 7644 §4).
    fn all<T: scim_core::resource::Resource>(&self, endpoint: &str) -> Pages<'a, T> {
        let list = List::new().totals(Totals::Trust);
        Pages::new(self.client, endpoint.to_owned(), list, CallOptions::default())
    }
}
