//! The client, and how one call goes through it.

use std::{
    collections::HashSet,
    error,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{Request, Response, header};
use scim_core::{
    call::{Call, encode},
    reply::{Body, Reply},
    resource::{Group, Resource, User},
};
use tower_service::Service;

use crate::{
    builder::ClientBuilder,
    bulk::Bulk,
    clock::Clock,
    discovery::{Cache, Discovery},
    error::{About, AnswerError, Error, ErrorKind, Trail},
    limits::ServerLimits,
    me::Me,
    options::CallOptions,
    resources::Resources,
    retry::{Intent, Retry, RetryPolicy, Task},
};

/// A SCIM client. Cheap to clone; clones share connections, token, rate limit and what was learned of the server.
///
/// ```
/// # async fn show() -> Result<(), scim_client::Error> {
/// use scim_client::Client;
/// use scim_core::resource::User;
///
/// let client = Client::builder("https://example.com/scim/v2").bearer("token").build()?;
/// let ada = client.users().create(&User::new("ada@example.com")).await?;
/// println!("{:?}", ada.id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) base: String,
    pub(crate) stack: Retry,
    pub(crate) policy: Arc<RetryPolicy>,
    pub(crate) limits: ServerLimits,
    pub(crate) in_flight: usize,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) discovered: Cache,
    /// Endpoints that were found to have no PATCH.
    pub(crate) no_patch: Mutex<HashSet<String>>,
}

impl Client {
    /// A client of the service provider at that base address, such as `https://example.com/scim/v2`.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// A client of a service in memory: a mock provider, an application under test, a stack of your own layers.
    ///
    /// Requests go to `http://localhost/scim/v2`; [`ClientBuilder::build_with`] has the choice.
    pub fn from_service<S>(service: S) -> Self
    where
        S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + 'static,
        S::Error: Into<Box<dyn error::Error + Send + Sync>>,
        S::Future: Send,
    {
        Self::builder(MEMORY_BASE).build_with(service).expect("the options are the usual ones")
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

    /// Resources of that type, at the endpoint that the type says.
    #[must_use]
    pub fn resource<T: Resource>(&self) -> Resources<'_, T> {
        self.resource_at(T::ENDPOINT)
    }

    /// Resources of that type at another endpoint, such as `Devices`.
    pub fn resource_at<T: Resource>(&self, endpoint: impl Into<String>) -> Resources<'_, T> {
        Resources::new(self, endpoint.into())
    }

    /// The user that the credentials stand for (RFC 7644 §3.11).
    #[must_use]
    pub fn me(&self) -> Me<'_> {
        Me::new(self)
    }

    /// Many operations at once, planned around the server's limits (RFC 7644 §3.7).
    pub fn bulk(&self) -> Bulk<'_> {
        Bulk::new(self)
    }

    /// What the server says of itself (RFC 7644 §4).
    #[must_use]
    pub fn discovery(&self) -> Discovery<'_> {
        Discovery::new(self)
    }

    /// The base address.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.inner.base
    }

    pub(crate) fn page_size(&self, asked: Option<u32>) -> u32 {
        let size = asked.unwrap_or(self.inner.limits.page_size);
        let most = self.inner.discovered.known().and_then(|config| config.pagination.as_ref()?.max_page_size);
        most.and_then(|most| u32::try_from(most).ok())
            .filter(|most| *most > 0)
            .map_or(size, |most| size.min(most))
    }

    /// Whether PATCH works there, as far as is known.
    pub(crate) fn has_patch(&self, endpoint: &str) -> bool {
        let known = self.inner.discovered.known().and_then(|config| config.patch_supported());
        known != Some(false)
            && !self.inner.limits.no_patch.iter().any(|other| other.eq_ignore_ascii_case(endpoint))
            && !self.learned().contains(endpoint)
    }

    pub(crate) fn remember_no_patch(&self, endpoint: &str) {
        self.learned().insert(endpoint.to_owned());
    }

    fn learned(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.inner.no_patch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn call(&self, call: &Call, options: &CallOptions) -> Result<Answer, Error> {
        self.call_raw(call, &[], None, options).await
    }

    /// As [`Client::call`], with that body in the place of the call's own: a typed resource becomes bytes at once, and
    /// not JSON values first.
    pub(crate) async fn call_with_body(
        &self,
        call: &Call,
        body: Bytes,
        options: &CallOptions,
    ) -> Result<Answer, Error> {
        self.call_raw(call, &[], Some(body), options).await
    }

    /// As [`Client::call`], with more query parameters, such as the `cursor` of RFC 9865. One without a value is its
    /// name alone: RFC 9865 allows that for the first page, and AWS knows nothing else.
    pub(crate) async fn call_with_parameters(
        &self,
        call: &Call,
        parameters: &[(&str, &str)],
        options: &CallOptions,
    ) -> Result<Answer, Error> {
        self.call_raw(call, parameters, None, options).await
    }

    async fn call_raw(
        &self,
        call: &Call,
        parameters: &[(&str, &str)],
        body: Option<Bytes>,
        options: &CallOptions,
    ) -> Result<Answer, Error> {
        if call.endpoint() == Some("") {
            return Err(Error::build("the type has no endpoint of its own; use Client::resource_at"));
        }
        let mut request = call
            .to_http(&self.inner.base)
            .map_err(|error| Error::build(format!("the request cannot be built: {error}")))?;
        if let Some(body) = body {
            *request.body_mut() = body;
        }
        if !parameters.is_empty() {
            let mut uri = request.uri().to_string();
            for (name, value) in parameters {
                uri.push(if uri.contains('?') { '&' } else { '?' });
                uri.push_str(name);
                if !value.is_empty() {
                    uri.push('=');
                    uri.push_str(&encode(value));
                }
            }
            *request.uri_mut() = uri
                .parse()
                .map_err(|error| Error::build(format!("the list fits into no address: {error}")))?;
        }
        let intent = match call {
            Call::Search { .. } => Intent::Read,
            _ => Intent::of(request.method(), request.headers().contains_key(header::IF_MATCH)),
        };
        let operations = match call {
            Call::Bulk(bulk) => u32::try_from(bulk.operations.len()).unwrap_or(u32::MAX),
            _ => 1,
        };
        self.send(request, intent, operations, options).await
    }

    /// Sends a request through all layers. Every status but 2xx and 304 is an error.
    async fn send(
        &self,
        mut request: Request<Bytes>,
        intent: Intent,
        operations: u32,
        options: &CallOptions,
    ) -> Result<Answer, Error> {
        let about = About { method: request.method().clone(), uri: request.uri().clone(), intent };
        if !options.headers.is_empty() {
            request.headers_mut().extend(options.headers.clone());
        }
        let policy = options.retry.clone().map_or_else(|| Arc::clone(&self.inner.policy), Arc::new);
        let task = Task::new(intent, operations, policy);
        // In a box, so that the futures of the handles are small.
        let (answer, trail) = Box::pin(self.inner.stack.call(&request, &task)).await;
        let response = answer.map_err(|error| Error::new(ErrorKind::Transport(error), &about, trail))?;
        let status = response.status().as_u16();
        let text = |name: header::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        if (200..300).contains(&status) || status == 304 {
            let (etag, location) = (text(header::ETAG), text(header::LOCATION));
            return Ok(Answer { status, etag, location, body: response.into_body(), about, trail });
        }
        let kind = match Reply::from_http(&response).body {
            Body::Scim(error) => ErrorKind::Scim(error),
            _ => ErrorKind::Status(status),
        };
        Err(Error::new(kind, &about, trail).with_answer(status, response.body()))
    }
}

/// An answer that is no error.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) body: Bytes,
    pub(crate) about: About,
    pub(crate) trail: Trail,
}

impl Answer {
    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind, &self.about, self.trail).with_answer(self.status, &self.body)
    }

    pub(crate) fn body_error(&self, reason: impl ToString) -> Error {
        self.error(ErrorKind::Decode(AnswerError::Body(reason.to_string())))
    }
}

const MEMORY_BASE: &str = "http://localhost/scim/v2";
