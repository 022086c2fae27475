//! The end of the stack when it is a network: reqwest with rustls.

use std::{
    error::Error,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use secrecy::{ExposeSecret, SecretString};
use tower_service::Service;

use crate::{
    error::{TransportError, TransportKind},
    service::MAX_RESPONSE,
};

/// What the network needs to know.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) plain_http: bool,
    pub(crate) max_response: usize,
    /// Whether the system's certificate authorities are needed; reading them takes a while.
    pub(crate) system_authorities: bool,
    pub(crate) authorities: Vec<Vec<u8>>,
    pub(crate) identity: Option<(Vec<u8>, SecretString)>,
    pub(crate) proxy: Proxy,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            plain_http: false,
            max_response: MAX_RESPONSE,
            system_authorities: false,
            authorities: Vec::new(),
            identity: None,
            proxy: Proxy::default(),
        }
    }
}

/// How to reach the server.
#[derive(Clone, Debug, Default)]
pub(crate) enum Proxy {
    /// As the environment says (`HTTPS_PROXY`, `NO_PROXY`).
    #[default]
    Environment,
    None,
    Url(SecretString),
}

/// Sends over the network. Connections are kept and shared; HTTP/2 is used where the server offers it.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    client: reqwest::Client,
    max_response: usize,
}

impl Network {
    pub(crate) fn new(options: &Options) -> Result<Self, String> {
        // Redirects are followed above, where the origin is checked.
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // Shorter than most servers keep an idle connection, so that a request seldom meets a closing one.
            .pool_idle_timeout(Duration::from_secs(45))
            .user_agent(concat!("scim-client/", env!("CARGO_PKG_VERSION")));
        builder = builder.tls_backend_preconfigured(tls(options)?);
        builder = match &options.proxy {
            Proxy::Environment => builder,
            Proxy::None => builder.no_proxy(),
            Proxy::Url(url) => {
                let proxy =
                    reqwest::Proxy::all(url.expose_secret()).map_err(|_| "the proxy is no valid URL")?;
                builder.no_proxy().proxy(proxy)
            }
        };
        let client = builder.build().map_err(|error| chain(&error))?;
        Ok(Self { client, max_response: options.max_response })
    }
}

impl Service<Request<Bytes>> for Network {
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = BoxFuture<'static, Result<Response<Bytes>, TransportError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let Self { client, max_response } = self.clone();
        async move {
            let request = reqwest::Request::try_from(request.map(reqwest::Body::from)).map_err(failure)?;
            let mut answer = client.execute(request).await.map_err(failure)?;
            let too_large =
                || TransportError::new(TransportKind::TooLarge, format!("more than {max_response} bytes"));
            if answer.content_length().is_some_and(|length| length > max_response as u64) {
                return Err(too_large());
            }
            let mut body = BytesMut::new();
            while let Some(chunk) = answer.chunk().await.map_err(failure)? {
                if body.len() + chunk.len() > max_response {
                    return Err(too_large());
                }
                body.extend_from_slice(&chunk);
            }
            let mut response = Response::new(body.freeze());
            *response.status_mut() = answer.status();
            *response.version_mut() = answer.version();
            *response.headers_mut() = std::mem::take(answer.headers_mut());
            Ok(response)
        }
        .boxed()
    }
}

/// The address is left out: the error around it has it, without secrets.
fn failure(error: reqwest::Error) -> TransportError {
    let kind = if error.is_connect() || error.is_builder() {
        TransportKind::Connect
    } else if error.is_timeout() {
        TransportKind::Timeout
    } else {
        TransportKind::Interrupted
    };
    TransportError::new(kind, error.without_url())
}

fn tls(options: &Options) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    if options.system_authorities && options.authorities.is_empty() {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    for authority in options.authorities.iter().flat_map(|pem| CertificateDer::pem_slice_iter(pem)) {
        let authority =
            authority.map_err(|error| format!("the certificate authority is not PEM: {error}"))?;
        roots.add(authority).map_err(|error| format!("the certificate authority cannot be used: {error}"))?;
    }
    let builder = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots);
    let mut config = match &options.identity {
        None => builder.with_no_client_auth(),
        Some((certificates, key)) => {
            let wrong =
                |error: rustls::pki_types::pem::Error| format!("the client certificate is not PEM: {error}");
            let chain =
                CertificateDer::pem_slice_iter(certificates).collect::<Result<_, _>>().map_err(wrong)?;
            let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(wrong)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| format!("the client certificate cannot be used: {error}"))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
