//! The end of the stack when it is a network: reqwest with rustls.

use std::{
    error::Error,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
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
    /// Whether the system's are trusted beside those above.
    pub(crate) system_too: bool,
    pub(crate) any_certificate: bool,
    pub(crate) user_agent: String,
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
            system_too: false,
            any_certificate: false,
            user_agent: concat!("scim-client/", env!("CARGO_PKG_VERSION")).to_owned(),
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

/// The end of the stack when it is a network: connections are kept and shared, HTTP/2 is used where the server offers it,
/// compressed answers are unpacked. [`ClientBuilder::build_around`](crate::ClientBuilder::build_around) puts layers of
/// your own around it.
#[derive(Clone, Debug)]
pub struct Network {
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
            .user_agent(&options.user_agent)
            .tls_backend_preconfigured(tls(options)?);
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
        self.send(request)
    }
}

impl Network {
    pub(crate) fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'static, Result<Response<Bytes>, TransportError>> {
        let Self { client, max_response } = self.clone();
        async move {
            let request = reqwest::Request::try_from(request.map(reqwest::Body::from)).map_err(failure)?;
            let mut answer = client.execute(request).await.map_err(failure)?;
            let too_large =
                || TransportError::new(TransportKind::TooLarge, format!("more than {max_response} bytes"));
            if answer.content_length().is_some_and(|length| length > max_response as u64) {
                return Err(too_large());
            }
            let mut body = Body::default();
            while let Some(chunk) = answer.chunk().await.map_err(failure)? {
                if body.len() + chunk.len() > max_response {
                    return Err(too_large());
                }
                body.push(chunk);
            }
            let mut response = Response::new(body.whole());
            *response.status_mut() = answer.status();
            *response.version_mut() = answer.version();
            *response.headers_mut() = std::mem::take(answer.headers_mut());
            Ok(response)
        }
        .boxed()
    }
}

/// A body as it comes in. Most come in one piece, which need not be copied.
#[derive(Default)]
struct Body {
    first: Bytes,
    all: BytesMut,
}

impl Body {
    fn len(&self) -> usize {
        self.first.len().max(self.all.len())
    }

    fn push(&mut self, piece: Bytes) {
        if self.len() == 0 {
            self.first = piece;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&piece);
    }

    fn whole(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

/// What went wrong, as text: the address is left out, since the error around it has it without secrets, and so are the
/// layers that say nothing.
fn failure(error: reqwest::Error) -> TransportError {
    let kind = if error.is_connect() || error.is_builder() {
        TransportKind::Connect
    } else if error.is_timeout() {
        TransportKind::Timeout
    } else {
        TransportKind::Interrupted
    };
    TransportError::new(kind, chain(&error.without_url()))
}

fn tls(options: &Options) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    let system = options.authorities.is_empty() || options.system_too;
    if options.system_authorities && system && !options.any_certificate {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    for pem in &options.authorities {
        let mut found = false;
        for authority in CertificateDer::pem_slice_iter(pem) {
            let authority =
                authority.map_err(|error| format!("the certificate authority is not PEM: {error}"))?;
            roots
                .add(authority)
                .map_err(|error| format!("the certificate authority cannot be used: {error}"))?;
            found = true;
        }
        if !found {
            return Err("the certificate authority has no certificate in PEM".to_owned());
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = if options.any_certificate {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
    } else {
        builder.with_root_certificates(roots)
    };
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

/// Believes every certificate, but not that somebody has a key who does not: whoever answers signs the handshake.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn chain(error: &dyn Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        // Some errors repeat the text of what is below them.
        if let Some(last) = parts.last_mut().filter(|last| last.ends_with(&text)) {
            last.truncate(last.len() - text.len());
            last.truncate(last.trim_end_matches([':', ' ']).len());
        }
        parts.push(text);
        cause = error.source();
    }
    let told: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty() && !EMPTY.iter().any(|empty| part.starts_with(empty)))
        .collect();
    if told.is_empty() { parts.pop().unwrap_or_default() } else { told.join(": ") }
}

const EMPTY: &[&str] = &["error sending request", "client error (", "request or response body error"];
