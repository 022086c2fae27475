//! OAuth 2.0 client credentials (RFC 6749 §4.4): one token for all requests, renewed before it expires.

use std::{
    error::Error,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::Headers;
use crate::{
    clock::Clock,
    error::{TransportError, TransportKind},
    exchange::Exchange,
};

/// How to get a token with the client credentials grant.
///
/// ```
/// use scim_client::{Client, OAuth};
///
/// let oauth = OAuth::new("https://id.example.com/token", "provisioner", "secret").scope("scim.write");
/// assert!(!format!("{oauth:?}").contains("secret"));
/// let client = Client::builder("https://example.com/scim/v2").oauth(oauth);
/// # let _ = client;
/// ```
#[derive(Clone)]
pub struct OAuth {
    pub(crate) token_url: String,
    client_id: String,
    client_secret: SecretString,
    parameters: Vec<(String, String)>,
    secret_in_body: bool,
}

impl OAuth {
    /// Credentials for that token endpoint.
    pub fn new(
        token_url: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
    ) -> Self {
        Self {
            token_url: token_url.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            parameters: Vec::new(),
            secret_in_body: false,
        }
    }

    /// Scopes, with spaces between.
    #[must_use]
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.parameter("scope", scope)
    }

    /// One more parameter of the token request, such as `audience` or `resource`.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Sends id and secret in the body instead of in the `Authorization` header; some servers read only that.
    #[must_use]
    pub fn secret_in_body(self) -> Self {
        Self { secret_in_body: true, ..self }
    }

    fn request(&self) -> Result<Request<Bytes>, http::Error> {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.extend_pairs(&self.parameters);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&self.token_url)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if self.secret_in_body {
            form.append_pair("client_id", &self.client_id);
            form.append_pair("client_secret", self.client_secret.expose_secret());
        } else {
            // RFC 6749 §2.3.1 wants both form-encoded before they are joined.
            let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let pair =
                format!("{}:{}", encoded(&self.client_id), encoded(self.client_secret.expose_secret()));
            let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        request.body(Bytes::from(form.finish()))
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth")
            .field("token_url", &self.token_url)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// A token, ready to be sent.
#[derive(Clone)]
pub(super) struct Token {
    /// Which one it is, so that a refusal of an old one does not throw away a new one.
    pub(super) number: u64,
    pub(super) header: HeaderValue,
    refresh_at: Option<Duration>,
}

/// The token in use. Whoever needs a new one holds the lock while getting it; the others wait and share what comes of
/// it, a token or a failure.
pub(super) struct Tokens {
    oauth: Arc<OAuth>,
    /// More headers, where the token endpoint is a part of the server.
    headers: Option<Headers>,
    clock: Arc<dyn Clock>,
    /// How often the token endpoint was asked, to the end.
    asked: AtomicU64,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    token: Option<Token>,
    /// Of the last time that the token endpoint was asked.
    failure: Option<(TransportKind, String)>,
}

impl Tokens {
    pub(super) fn new(oauth: Arc<OAuth>, headers: Option<Headers>, clock: Arc<dyn Clock>) -> Self {
        Self { oauth, headers, clock, asked: AtomicU64::default(), slot: Mutex::default() }
    }

    /// A token that has time left and is not the one that was refused.
    pub(super) async fn current(
        &self,
        refused: Option<u64>,
        exchange: &Exchange,
        time: Duration,
    ) -> Result<Token, TransportError> {
        let before = self.asked.load(Ordering::Acquire);
        let mut slot = self.slot.lock().await;
        let now = self.clock.monotonic();
        if let Some(token) = &slot.token
            && refused != Some(token.number)
            && token.refresh_at.is_none_or(|at| now < at)
        {
            return Ok(token.clone());
        }
        if let Some((kind, reason)) = &slot.failure
            && self.asked.load(Ordering::Acquire) > before
        {
            // Somebody asked while this call waited; fifty waiters must not ask a failing endpoint fifty times.
            return Err(TransportError::new(*kind, reason.clone()));
        }
        let fetched = self.fetch(exchange, time).await;
        let number = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        match fetched {
            Ok((header, lifetime)) => {
                let refresh_at = lifetime.map(|time| now + time.saturating_sub(MARGIN.min(time / 5)));
                let token = Token { number, header, refresh_at };
                *slot = Slot { token: Some(token.clone()), failure: None };
                Ok(token)
            }
            Err((kind, reason)) => {
                slot.failure = Some((kind, reason.clone()));
                Err(TransportError::new(kind, reason))
            }
        }
    }

    async fn fetch(
        &self,
        exchange: &Exchange,
        time: Duration,
    ) -> Result<(HeaderValue, Option<Duration>), (TransportKind, String)> {
        let failed = |message: String| (TransportKind::Auth, message);
        let request =
            self.oauth.request().map_err(|error| failed(format!("the token request is wrong: {error}")))?;
        let dress = |to: &mut HeaderMap| self.headers.iter().for_each(|headers| headers.put(to));
        let response = exchange.call(&request, dress, time).await.map_err(|error| {
            // However far the token request got, the request that waits for the token was not sent.
            let kind = match error.kind() {
                kind @ (TransportKind::Auth | TransportKind::TooLarge) => kind,
                TransportKind::Connect | TransportKind::Interrupted | TransportKind::Timeout => {
                    TransportKind::Connect
                }
            };
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            (kind, format!("the token endpoint: {error}{cause}"))
        })?;
        let status = response.status();
        let body: Value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        if !status.is_success() {
            let reason = body["error"].as_str().unwrap_or("no reason given");
            let text = format!("the token endpoint answered {}: {reason}", status.as_u16());
            let passing = status == 429 || status.is_server_error();
            return Err(if passing { (TransportKind::Connect, text) } else { failed(text) });
        }
        let token = body["access_token"]
            .as_str()
            .ok_or_else(|| failed("the token endpoint's answer has no access_token".to_owned()))?;
        let mut header = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| failed("the access_token has characters that no header may have".to_owned()))?;
        header.set_sensitive(true);
        let lifetime = match &body["expires_in"] {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        Ok((header, lifetime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tokens").field(&self.oauth).finish()
    }
}

/// How long before its end a token is renewed, or a fifth of its lifetime if that is shorter.
const MARGIN: Duration = Duration::from_secs(30);
