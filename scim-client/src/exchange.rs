//! The lowest layer: one exchange with its timeout and its line in the trace, and redirects within the same origin.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use http::{Method, Request, Response, Uri, header};
use tower_service::Service;
use url::Url;

use crate::{
    clock::Clock,
    error::{TransportError, TransportKind},
    retry::Task,
    service::Erased,
};

/// Sends, follows redirects that stay at the same origin, and traces.
///
/// Traces have method, path, status and time: no header, no query and no body, which hold credentials and people.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    inner: Erased,
    clock: Arc<dyn Clock>,
}

impl Exchange {
    pub(crate) fn new(inner: Erased, clock: Arc<dyn Clock>) -> Self {
        Self { inner, clock }
    }
}

impl Service<Request<Bytes>> for Exchange {
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = BoxFuture<'static, Result<Response<Bytes>, TransportError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Bytes>) -> Self::Future {
        let Self { mut inner, clock } = self.clone();
        async move {
            let time =
                request.extensions().get().map_or_else(|| Task::default().time, |task: &Task| task.time);
            for _ in 0..=MOST_REDIRECTS {
                let start = clock.monotonic();
                let answer = tokio::time::timeout(time, inner.call(request.clone())).await;
                let answer = answer.unwrap_or_else(|_| Err(TransportError::plain(TransportKind::Timeout)));
                let time = clock.monotonic().saturating_sub(start);
                let (method, path) = (request.method(), request.uri().path());
                match &answer {
                    Ok(response) => {
                        tracing::debug!(%method, path, status = response.status().as_u16(), ?time);
                    }
                    Err(error) => tracing::debug!(%method, path, %error, ?time),
                }
                let response = answer?;
                match same_origin_target(&request, &response) {
                    Some(uri) => *request.uri_mut() = uri,
                    None => return Ok(response),
                }
            }
            Err(TransportError::new(TransportKind::Interrupted, "the server redirects again and again"))
        }
        .boxed()
    }
}

/// Where a redirect leads that may be followed: to the same scheme, host and port, with the same method. Every other
/// redirect is handed to the caller as it came, so that no credential reaches another host.
fn same_origin_target(request: &Request<Bytes>, response: &Response<Bytes>) -> Option<Uri> {
    let follows = match response.status().as_u16() {
        307 | 308 => true,
        301..=303 => *request.method() == Method::GET,
        _ => false,
    };
    if !follows {
        return None;
    }
    let from = Url::parse(&request.uri().to_string()).ok()?;
    let to = from.join(response.headers().get(header::LOCATION)?.to_str().ok()?).ok()?;
    let plain = to.username().is_empty() && to.password().is_none();
    (to.origin() == from.origin() && from.origin().is_tuple() && plain).then(|| to.as_str().parse().ok())?
}

const MOST_REDIRECTS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn follows(method: Method, status: u16, location: &str) -> Option<String> {
        let request =
            Request::builder().method(method).uri("https://h/scim/Me?a=1").body(Bytes::new()).unwrap();
        let response =
            Response::builder().status(status).header("location", location).body(Bytes::new()).unwrap();
        same_origin_target(&request, &response).map(|uri| uri.to_string())
    }

    #[test]
    fn stays_at_the_same_origin_and_method() {
        let here = Some("https://h/scim/Users/1".to_owned());
        assert_eq!(follows(Method::GET, 302, "/scim/Users/1"), here);
        assert_eq!(follows(Method::PATCH, 308, "https://h:443/scim/Users/1"), here);
        assert_eq!(follows(Method::POST, 302, "/scim/Users/1"), None, "it would become a GET");
        assert_eq!(follows(Method::GET, 304, "/scim/Users/1"), None);
        for elsewhere in
            ["https://evil/x", "http://h/x", "https://h:8443/x", "//evil/x", "https://u@h/x", "data:,x"]
        {
            assert_eq!(follows(Method::GET, 307, elsewhere), None, "{elsewhere}");
        }
    }
}
