//! The seam below the client: any `tower` service over `http` types with buffered bodies.

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower_service::Service;

use crate::error::TransportError;

/// Error of a service whose kind is not known.
pub(crate) use tower_error::BoxError;

mod tower_error {
    use std::error::Error;

    pub(crate) trait Boxed: Into<Box<dyn Error + Send + Sync>> {}
    impl<E: Into<Box<dyn Error + Send + Sync>>> Boxed for E {}
    pub(crate) use Boxed as BoxError;
}
