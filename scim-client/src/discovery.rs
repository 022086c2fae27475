//! What the server says of itself (RFC 7644 §4), asked for once in a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use scim_core::{
    call::Call,
    resource::{GenericResource, Resource, ResourceTypeInfo, ServiceProviderConfig},
    schema::{ResourceType, Schema},
};
use serde_json::Value;

use crate::{client::Client, error::Error, options::CallOptions, pages};

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
    /// By endpoint, such as `Devices`.
    types: Mutex<HashMap<String, Arc<ResourceType>>>,
}

impl Cache {
    pub(crate) fn new(fixed: Option<ServiceProviderConfig>, ttl: Duration) -> Self {
        Self { fixed: fixed.map(Arc::new), ttl, read: Mutex::default(), types: Mutex::default() }
    }

    /// What is known without asking, however old.
    pub(crate) fn known(&self) -> Option<Arc<ServiceProviderConfig>> {
        self.fixed.clone().or_else(|| self.lock().as_ref().map(|(_, config)| Arc::clone(config)))
    }

    fn fresh(&self, now: Duration) -> Option<Arc<ServiceProviderConfig>> {
        let read = || {
            self.lock().as_ref().filter(|(at, _)| now.saturating_sub(*at) < self.ttl).map(|(_, c)| c.clone())
        };
        self.fixed.clone().or_else(read)
    }

    fn types(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<ResourceType>>> {
        self.types.lock().unwrap_or_else(PoisonError::into_inner)
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
                let document: Value =
                    serde_json::from_slice(&answer.body).map_err(|error| answer.body_error(error))?;
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
        self.client.inner.discovered.types().clear();
    }

    /// The resource types that the server has.
    ///
    /// # Errors
    /// The call failed.
    pub async fn resource_types(&self) -> Result<Vec<ResourceTypeInfo>, Error> {
        self.all(Call::ResourceTypes { name: None }).await
    }

    /// The schemas that the server has. Those that cannot be read are left out.
    ///
    /// # Errors
    /// The call failed.
    pub async fn schemas(&self) -> Result<Vec<Schema>, Error> {
        let documents: Vec<GenericResource> = self.all(Call::Schemas { id: None }).await?;
        let read = |document: GenericResource| Schema::from_json(&serde_json::to_value(document).ok()?).ok();
        Ok(documents.into_iter().filter_map(read).collect())
    }

    /// Discovery endpoints give everything in one answer, whatever is asked (RFC 7644 §4).
    async fn all<T: Resource>(&self, call: Call) -> Result<Vec<T>, Error> {
        let answer = self.client.call(&call, &CallOptions::default()).await?;
        pages::resources(&answer)?.into_iter().collect()
    }
}

impl Client {
    /// What the resources of an endpoint look like: users and groups as RFC 7643 says, others as the server says.
    pub(crate) async fn resource_type_of(&self, endpoint: &str) -> Result<Arc<ResourceType>, Error> {
        match endpoint {
            "Users" => return Ok(Arc::new(ResourceType::user())),
            "Groups" => return Ok(Arc::new(ResourceType::group())),
            _ => {}
        }
        if let Some(known) = self.inner.discovered.types().get(endpoint) {
            return Ok(Arc::clone(known));
        }
        let discovery = self.discovery();
        let types = discovery.resource_types().await?;
        let here = |info: &&ResourceTypeInfo| {
            info.endpoint.as_deref().is_some_and(|path| path.trim_matches('/') == endpoint)
        };
        let info = types.iter().find(here).ok_or_else(|| {
            Error::build(format!("/{endpoint} has no PATCH, and the server names no resource type for it"))
        })?;
        let schemas = discovery.schemas().await?;
        let found = ResourceType::from_discovery(info, &schemas).map_err(|error| {
            Error::build(format!("/{endpoint} has no PATCH, and its schema cannot be used: {error}"))
        })?;
        let found = Arc::new(found);
        self.inner.discovered.types().insert(endpoint.to_owned(), Arc::clone(&found));
        Ok(found)
    }
}
