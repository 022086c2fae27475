//! Where a run sends its requests: the endpoint's address, the credentials, and what carries the bytes.

use std::{fmt, sync::Arc, task::Poll};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use secrecy::{ExposeSecret, SecretString};
use tower_service::Service;

use super::exchange::{CurlAuth, Redactor};
use crate::idp::{BoxFuture, WireError, WireErrorKind};

/// Carries one HTTP request to the endpoint and its whole answer back.
pub trait Transport: Send + Sync {
    /// Sends the request. Redirects are not followed: no identity provider simulated here is known to follow one
    /// with credentials.
    ///
    /// # Errors
    /// When there is no whole answer.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, WireError>>;
}

/// The endpoint under test.
#[derive(Clone)]
pub struct Target {
    base: String,
    credentials: Credentials,
    extra: Vec<(HeaderName, SecretString)>,
    /// Other secrets, which no report may show.
    hidden: Vec<SecretString>,
    transport: Arc<dyn Transport>,
}

/// How requests authenticate.
#[derive(Clone, Debug, Default)]
pub enum Credentials {
    /// Not at all.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer(SecretString),
    /// `Authorization: Basic …`, from `user:password`.
    Basic(SecretString),
}

impl Target {
    /// An endpoint at `base`, such as `https://example.com/scim/v2`; a query string (`?aadOptscim062020`) is dropped.
    pub fn new(base: impl Into<String>, transport: Arc<dyn Transport>) -> Self {
        let base: String = base.into();
        let base = base.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned();
        Self { base, credentials: Credentials::None, extra: Vec::new(), hidden: Vec::new(), transport }
    }

    /// An endpoint in this process: any tower service, such as the mock provider or an axum router.
    pub fn service<S>(base: impl Into<String>, service: S) -> Self
    where
        S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + Sync + 'static,
        S::Error: fmt::Display + Send,
        S::Future: Send,
    {
        Self::new(base, Arc::new(ServiceTransport(service)))
    }

    /// Authenticates every request.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// Adds a header to every request. Its value is treated as a secret.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: SecretString) -> Self {
        self.extra.push((name, value));
        self
    }

    /// Whether requests carry credentials.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        !matches!(self.credentials, Credentials::None) || !self.extra.is_empty()
    }

    /// Whether requests carry extra headers.
    pub(crate) fn has_headers(&self) -> bool {
        !self.extra.is_empty()
    }

    /// The same endpoint without the extra headers.
    #[must_use]
    pub(crate) fn without_headers(mut self) -> Self {
        self.extra.clear();
        self
    }

    /// Keeps another secret out of reports.
    #[must_use]
    pub(crate) fn hiding(mut self, secret: SecretString) -> Self {
        self.hidden.push(secret);
        self
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The base URL, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// What carries the bytes.
    #[must_use]
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// Adds credentials and extra headers to a request.
    ///
    /// # Errors
    /// When a credential holds a character that no header may have.
    pub(crate) fn authorize(&self, request: &mut Request<Bytes>) -> Result<(), WireError> {
        let mut set = |name: HeaderName, value: String| {
            let mut value = HeaderValue::try_from(value).map_err(|_| WireError {
                kind: WireErrorKind::Connect,
                message: format!("the value for the {name} header has a character that headers cannot carry"),
            })?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
            Ok(())
        };
        match &self.credentials {
            Credentials::None => {}
            Credentials::Bearer(token) => {
                set(http::header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()))?;
            }
            Credentials::Basic(pair) => {
                use base64::Engine as _;
                let encoded = base64::engine::general_purpose::STANDARD.encode(pair.expose_secret());
                set(http::header::AUTHORIZATION, format!("Basic {encoded}"))?;
            }
        }
        for (name, value) in &self.extra {
            set(name.clone(), value.expose_secret().to_owned())?;
        }
        Ok(())
    }

    /// Removes this target's credentials from text.
    #[must_use]
    pub fn redactor(&self) -> Redactor {
        let mut secrets: Vec<String> =
            self.extra.iter().map(|(_, value)| value.expose_secret().to_owned()).collect();
        secrets.extend(self.hidden.iter().map(|secret| secret.expose_secret().to_owned()));
        match &self.credentials {
            Credentials::None => {}
            Credentials::Bearer(token) => secrets.push(token.expose_secret().to_owned()),
            Credentials::Basic(pair) => {
                use base64::Engine as _;
                secrets.push(base64::engine::general_purpose::STANDARD.encode(pair.expose_secret()));
                secrets.extend(pair.expose_secret().split_once(':').map(|(_, password)| password.to_owned()));
            }
        }
        Redactor::new(secrets)
    }

    pub(crate) fn curl_auth(&self) -> CurlAuth {
        match self.credentials {
            Credentials::Bearer(_) => CurlAuth::Bearer,
            Credentials::Basic(_) => CurlAuth::Basic,
            Credentials::None if self.extra.is_empty() => CurlAuth::None,
            Credentials::None => CurlAuth::Other,
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("base", &self.base).finish_non_exhaustive()
    }
}

struct ServiceTransport<S>(S);

impl<S> Transport for ServiceTransport<S>
where
    S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + Sync + 'static,
    S::Error: fmt::Display + Send,
    S::Future: Send,
{
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, WireError>> {
        let mut service = self.0.clone();
        Box::pin(async move {
            let broken =
                |error: S::Error| WireError { kind: WireErrorKind::Broken, message: error.to_string() };
            futures_util::future::poll_fn(|context| match service.poll_ready(context) {
                Poll::Ready(ready) => Poll::Ready(ready),
                Poll::Pending => Poll::Pending,
            })
            .await
            .map_err(broken)?;
            service.call(request).await.map_err(broken)
        })
    }
}
