//! What tests put between a run and the mock: a function that answers, or one that rewrites the mock's answers.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use tower_service::Service;

use crate::provider::Provider;

/// A service that answers as a function does.
#[derive(Clone)]
pub(super) struct Answering<F>(pub(super) F);

impl<F, E> Service<Request<Bytes>> for Answering<F>
where
    F: Fn(Request<Bytes>) -> Result<Response<Bytes>, E>,
{
    type Response = Response<Bytes>;
    type Error = E;
    type Future = Ready<Result<Response<Bytes>, E>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        ready((self.0)(request))
    }
}

/// Rewrites answers on their way out; the body again as JSON, if it is.
pub(super) type Rewrite = fn(&Request<Bytes>, &mut Response<Bytes>, &mut Option<Value>);

/// The mock behind a rewriting rule.
pub(super) fn rewriting(
    provider: Arc<Provider>,
    rewrite: Rewrite,
) -> Answering<impl Fn(Request<Bytes>) -> Result<Response<Bytes>, Infallible> + Clone + Send + Sync> {
    Answering(move |request| {
        let mut response = provider.handle(&request);
        let mut json: Option<Value> = serde_json::from_slice(response.body()).ok();
        rewrite(&request, &mut response, &mut json);
        if let Some(json) = json {
            *response.body_mut() = Bytes::from(json.to_string());
        }
        Ok(response)
    })
}
