//! The seam between a simulator and the network: exact requests out, answers in.

use std::{fmt, future::Future, pin::Pin};

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;

use super::encode::spelled;

/// A future that a simulator or a wire returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries a simulator's requests. A run's wire adds credentials, records the exchange and checks it; the golden
/// test's wire answers from a script.
pub trait Wire: Send {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// When there is no answer: no connection, a time-out, a body that broke off or was too large.
    fn send<'a>(&'a mut self, request: WireRequest) -> BoxFuture<'a, Result<Answer, WireError>>;
}

/// A request as the provider writes it, less `Host`, `Authorization` and `Content-Length`, which the wire adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireRequest {
    /// The method.
    pub method: Method,
    /// What follows the base URL: path and query, encoded exactly as the provider encodes them.
    pub target: String,
    /// Headers in the order and with the values that the provider sends.
    pub headers: Vec<(&'static str, String)>,
    /// The body's exact text.
    pub body: Option<String>,
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The bytes of the body.
    pub body: Bytes,
    /// The body as JSON, if it is.
    pub json: Option<Value>,
}

impl Answer {
    /// Builds an answer and parses its body.
    #[must_use]
    pub fn new(status: u16, headers: HeaderMap, body: Bytes) -> Self {
        let json: Option<Value> = if body.is_empty() { None } else { serde_json::from_slice(&body).ok() };
        // Attribute names are case-insensitive (RFC 7643 §2.1), so `Id` is `id`, for the provider as for the judge.
        let json = json.map(|json| spelled(&json));
        Self { status, headers, body, json }
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// No answer: we could not ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    /// What kind of failure.
    pub kind: WireErrorKind,
    /// What failed, in one line, without secrets.
    pub message: String,
}

/// How the exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireErrorKind {
    /// No connection: name not found, refused, TLS failure.
    Connect,
    /// No complete answer within the time limit.
    Timeout,
    /// The answer broke off or was not HTTP.
    Broken,
    /// The answer was larger than the limit.
    TooLarge,
    /// The run was interrupted.
    Interrupted,
    /// The request would have changed a resource that the run did not create; it was not sent.
    NotOurs,
    /// The request would have written, and the run only reads; it was not sent.
    ReadOnly,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WireError {}
