//! The lowest layer: one exchange with its timeout and its line in the trace, and redirects within the same origin.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri, header};
use url::Url;

use crate::{
    clock::Clock,
    error::{TransportError, TransportKind},
    service::Erased,
};

/// Sends, follows redirects that stay at the same origin, and traces.
///
/// Traces have method, path, status and time: no header, no query and no body, which hold credentials and people.
#[derive(Debug)]
pub(crate) struct Exchange {
    inner: Erased,
    clock: Arc<dyn Clock>,
}

impl Exchange {
    pub(crate) fn new(inner: Erased, clock: Arc<dyn Clock>) -> Self {
        Self { inner, clock }
    }

    /// `dress` adds what only this origin is to see.
    pub(crate) async fn call(
        &self,
        request: &Request<Bytes>,
        dress: impl Fn(&mut HeaderMap),
        time: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let mut moved: Option<Uri> = None;
        for _ in 0..=MOST_REDIRECTS {
            let mut sent = Request::new(request.body().clone());
            sent.method_mut().clone_from(request.method());
            let uri = moved.as_ref().unwrap_or_else(|| request.uri());
            sent.uri_mut().clone_from(uri);
            sent.headers_mut().clone_from(request.headers());
            dress(sent.headers_mut());
            let start = self.clock.monotonic();
            let answer = tokio::time::timeout(time, self.inner.call(sent)).await;
            let answer = answer.unwrap_or_else(|_| Err(TransportError::plain(TransportKind::Timeout)));
            let (method, path) = (request.method(), uri.path());
            let took = || self.clock.monotonic().saturating_sub(start);
            match &answer {
                Ok(response) => {
                    tracing::debug!(%method, path, status = response.status().as_u16(), time = ?took());
                }
                Err(error) => tracing::debug!(%method, path, %error, time = ?took()),
            }
            let response = answer?;
            match same_origin_target(method, uri, &response) {
                Some(target) => moved = Some(target),
                None => return Ok(response),
            }
        }
        Err(TransportError::new(TransportKind::Interrupted, "the server redirects again and again"))
    }
}

/// Where a redirect leads that may be followed: to the same scheme, host and port, with the same method. Every other
/// redirect is handed to the caller as it came, so that no credential reaches another host.
fn same_origin_target(method: &Method, uri: &Uri, response: &Response<Bytes>) -> Option<Uri> {
    let follows = match response.status().as_u16() {
        307 | 308 => true,
        301..=303 => *method == Method::GET,
        _ => false,
    };
    if !follows {
        return None;
    }
    let from = Url::parse(&uri.to_string()).ok()?;
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
        let uri = Uri::from_static("https://h/scim/Me?a=1");
        let response =
            Response::builder().status(status).header("location", location).body(Bytes::new()).unwrap();
        same_origin_target(&method, &uri, &response).map(|uri| uri.to_string())
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
