//! The provider under a `wiremock::MockServer`, for tests that have other mocks there.

use std::{net::SocketAddr, sync::Arc};

use ::wiremock::{Request, Respond, ResponseTemplate};
use bytes::Bytes;
use http::{StatusCode, header};

use super::ProviderService;
use crate::{
    MockScim,
    provider::{Answer, Cut, Provider},
};

/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use scim_testkit::MockScim;
/// use wiremock::{Mock, MockServer, matchers::path_regex};
///
/// let server = MockServer::start().await;
/// let scim = MockScim::vendor("aws");
/// Mock::given(path_regex("^/scim/v2/")).respond_with(scim.service()).mount(&server).await;
/// // … the client under test talks to format!("{}/scim/v2", server.uri()) …
/// scim.expect("POST", "/Users").never();
/// # }
/// ```
///
/// Locations begin with the server's address, once a request has come by it. A closed connection, which wiremock does
/// not let a mock ask for, is an empty answer with 502, and a torn body a short one. wiremock reads the address of a
/// request as a browser would, so a quote that was sent as it is arrives escaped.
impl Respond for ProviderService {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        respond(&self.0, request)
    }
}

impl Respond for MockScim {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        respond(&self.service().0, request)
    }
}

fn respond(provider: &Arc<Provider>, request: &Request) -> ResponseTemplate {
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // It is the test's own server, or a name that a stranger made up.
    if let Some(host) = host.filter(|host| host.parse::<SocketAddr>().is_ok_and(|at| at.ip().is_loopback())) {
        provider.bind_if_free(&format!("http://{host}"));
    }
    let target = match request.url.query() {
        Some(query) => format!("{}?{query}", request.url.path()),
        None => request.url.path().to_owned(),
    };
    let mut asked = http::Request::new(Bytes::from(request.body.clone()));
    *asked.method_mut() = request.method.clone();
    *asked.headers_mut() = request.headers.clone();
    match target.parse() {
        Ok(uri) => *asked.uri_mut() = uri,
        Err(_) => return ResponseTemplate::new(StatusCode::BAD_REQUEST),
    }
    let Answer { response, delay, cut } = provider.answer(&asked);
    let body = match cut {
        None => response.body().clone(),
        Some(Cut::Head) => return ResponseTemplate::new(StatusCode::BAD_GATEWAY).set_delay(delay),
        Some(Cut::Body(at)) => response.body().slice(..at.min(response.body().len())),
    };
    let template = response
        .headers()
        .iter()
        .fold(ResponseTemplate::new(response.status()).set_delay(delay), |template, (name, value)| {
            template.append_header(name, value)
        });
    template.set_body_bytes(body.to_vec())
}
