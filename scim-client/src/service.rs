//! The seam below the client: any `tower` service over `http` types with buffered bodies.

use std::{
    error::Error,
    fmt,
    future::poll_fn,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower_service::Service;

use crate::error::{TransportError, TransportKind};

/// A service without its type, so that no type parameter reaches the user.
pub(crate) struct Erased(Box<Answer>);

type Answer =
    dyn Fn(Request<Bytes>) -> BoxFuture<'static, Result<Response<Bytes>, TransportError>> + Send + Sync;

impl Erased {
    pub(crate) fn new<S>(service: S) -> Self
    where
        S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        S::Future: Send,
    {
        // Behind a mutex, because not every tower service is `Sync`; it is held for the clone only.
        let service = Mutex::new(service);
        Self(Box::new(move |request| {
            let mut service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
            async move { oneshot(&mut service, request).await.map_err(TransportError::from_box) }.boxed()
        }))
    }

    /// A service that needs no lock and says by itself what its errors are.
    #[cfg(feature = "reqwest")]
    pub(crate) fn plain(
        answer: impl Fn(Request<Bytes>) -> BoxFuture<'static, Result<Response<Bytes>, TransportError>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self(Box::new(answer))
    }

    pub(crate) fn call(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'static, Result<Response<Bytes>, TransportError>> {
        (self.0)(request)
    }
}

impl fmt::Debug for Erased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Erased")
    }
}

/// Waits until the service is ready, and calls it once.
async fn oneshot<S>(
    service: &mut S,
    request: Request<Bytes>,
) -> Result<S::Response, Box<dyn Error + Send + Sync>>
where
    S: Service<Request<Bytes>>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
{
    poll_fn(|context| service.poll_ready(context)).await.map_err(Into::into)?;
    service.call(request).await.map_err(Into::into)
}

/// Lets a client talk to a service whose bodies are streams, such as an axum `Router`: bodies are buffered.
///
/// ```
/// # use bytes::Bytes;
/// # use http_body_util::Full;
/// # use std::{convert::Infallible, future::{Ready, ready}, task::{Context, Poll}};
/// # #[derive(Clone)]
/// # struct Router;
/// # impl tower_service::Service<http::Request<Full<Bytes>>> for Router {
/// #     type Response = http::Response<Full<Bytes>>;
/// #     type Error = Infallible;
/// #     type Future = Ready<Result<Self::Response, Infallible>>;
/// #     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> { Poll::Ready(Ok(())) }
/// #     fn call(&mut self, _: http::Request<Full<Bytes>>) -> Self::Future { ready(Ok(http::Response::default())) }
/// # }
/// # let router = Router;
/// use scim_client::{Client, service::Buffered};
///
/// let client = Client::from_service(Buffered::new(router));
/// # let _ = client;
/// ```
#[derive(Clone, Debug)]
pub struct Buffered<S> {
    inner: S,
    limit: usize,
}

impl<S> Buffered<S> {
    /// Wraps a service; an answer may have 32 MiB.
    pub fn new(inner: S) -> Self {
        Self { inner, limit: MAX_RESPONSE }
    }
}

impl<S, B> Service<Request<Bytes>> for Buffered<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = BoxFuture<'static, Result<Response<Bytes>, TransportError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let mut inner = self.inner.clone();
        let limit = self.limit;
        async move {
            poll_fn(|context| inner.poll_ready(context))
                .await
                .map_err(|error| TransportError::from_box(error.into()))?;
            let answer = inner.call(request.map(Full::new)).await;
            let (head, body) = answer.map_err(|error| TransportError::from_box(error.into()))?.into_parts();
            match http_body_util::Limited::new(body, limit).collect().await {
                Ok(body) => Ok(Response::from_parts(head, body.to_bytes())),
                Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                    Err(TransportError::new(TransportKind::TooLarge, error))
                }
                Err(error) => Err(TransportError::new(TransportKind::Interrupted, error)),
            }
        }
        .boxed()
    }
}

/// Most bytes of an answer, unless the user says otherwise.
pub(crate) const MAX_RESPONSE: usize = 32 << 20;
