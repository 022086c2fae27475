//! The provider as a `tower` service, for clients that take one.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;

use crate::provider::Provider;

/// Answers each request at once, in memory.
#[derive(Clone, Debug)]
pub struct ProviderService(pub Arc<Provider>);

impl Service<Request<Bytes>> for ProviderService {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        ready(Ok(self.0.handle(&request)))
    }
}
