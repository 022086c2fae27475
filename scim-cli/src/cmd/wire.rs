//! What an everyday command sees of its own requests: the credentials in them, to keep them out of messages.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, header};
use tower_service::Service;

/// Texts that no message may have: credentials that were sent, those from a token endpoint among them, and passwords.
/// Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Sent(Arc<Mutex<BTreeSet<String>>>);

impl Sent {
    /// One more.
    pub(crate) fn keep_secret(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
    }

    /// Those so far.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The service, watched.
    pub(crate) fn watch<S>(&self, inner: S) -> Watched<S> {
        Watched { inner, sent: self.clone() }
    }
}

/// A service whose credentials are noted.
#[derive(Clone)]
pub(crate) struct Watched<S> {
    inner: S,
    sent: Sent,
}

impl<S: Service<Request<Bytes>>> Service<Request<Bytes>> for Watched<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Bytes>) -> S::Future {
        let authorization =
            request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some(secret) = authorization.and_then(|value| value.split_whitespace().last()) {
            self.sent.keep_secret(secret);
        }
        self.inner.call(request)
    }
}
