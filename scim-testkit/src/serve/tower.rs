//! The provider as a `tower` service, for clients that take one.

use std::{
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;

use crate::provider::{Answer, Cut, Provider};

/// Answers each request at once, in memory.
///
/// Its only error is a fault that closes the connection; see [`crate::provider::faults`].
#[derive(Clone, Debug)]
pub struct ProviderService(pub Arc<Provider>);

/// The connection was closed before there was an answer, because a fault says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection was closed on purpose")]
pub struct Disconnected;

impl Service<Request<Bytes>> for ProviderService {
    type Response = Response<Bytes>;
    type Error = Disconnected;
    type Future = Ready<Result<Response<Bytes>, Disconnected>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Disconnected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let Answer { response, cut, .. } = self.0.answer(&request);
        ready(match cut {
            None => Ok(response),
            Some(Cut::Head) => Err(Disconnected),
            Some(Cut::Body(at)) => Ok(response.map(|body| body.slice(..at.min(body.len())))),
        })
    }
}
