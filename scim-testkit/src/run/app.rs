//! An application under test in this process: whatever answers HTTP requests as a tower service, such as an axum
//! router.

use std::{error::Error, fmt};

use bytes::{Bytes, BytesMut};
use futures_util::future::poll_fn;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower_service::Service;

use super::{Target, Transport};
use crate::idp::{BoxFuture, WireError, WireErrorKind};

impl Target {
    /// An application in this process, such as an axum router; `base` is the path under which it serves SCIM, with any
    /// host: `http://localhost/scim/v2`.
    ///
    /// An answer larger than 16 MiB ends the exchange with an error, as it does over the network.
    pub fn app<S, B>(base: impl Into<String>, service: S) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: fmt::Display + Send,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::new(base, std::sync::Arc::new(App(service)))
    }
}

struct App<S>(S);

impl<S, B> Transport for App<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: fmt::Display + Send,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, WireError>> {
        let mut service = self.0.clone();
        Box::pin(async move {
            let broken = |message: String| WireError { kind: WireErrorKind::Broken, message };
            poll_fn(|context| service.poll_ready(context))
                .await
                .map_err(|error| broken(error.to_string()))?;
            let answer =
                service.call(request.map(Full::new)).await.map_err(|error| broken(error.to_string()))?;
            let (head, body) = answer.into_parts();
            let mut body = std::pin::pin!(body);
            let mut bytes = BytesMut::new();
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|error| broken(error.into().to_string()))?;
                let Ok(data) = frame.into_data() else { continue };
                if bytes.len() + data.len() > MOST_BYTES {
                    let message = format!("the answer is larger than {MOST_BYTES} bytes");
                    return Err(WireError { kind: WireErrorKind::TooLarge, message });
                }
                bytes.extend_from_slice(&data);
            }
            Ok(Response::from_parts(head, bytes.freeze()))
        })
    }
}

const MOST_BYTES: usize = 16 << 20;
