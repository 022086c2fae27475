//! The network transport: HTTP/1.1 with hyper and rustls.
//!
//! Identity providers are recognized by the headers that they send and do not send. hyper adds `Host` and
//! `Content-Length` and nothing else, where higher-level clients add an `Accept` that Entra ID does not send. Okta asks
//! for `gzip,deflate`, so both are decoded here.

use std::{
    io::{ErrorKind, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};

use super::target::Transport;
use crate::idp::{BoxFuture, WireError, WireErrorKind};

/// How the network transport connects.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpOptions {
    /// Longest time for one request and its whole answer; default 30 s (Okta gives up after 60 s).
    pub timeout: Duration,
    /// Largest answer body in bytes; default 10 MiB.
    pub max_body: usize,
    /// Additional CA certificates, PEM.
    pub ca_certificates: Vec<u8>,
    /// Accepts any server certificate.
    pub insecure: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            max_body: 10 * 1024 * 1024,
            ca_certificates: Vec::new(),
            insecure: false,
        }
    }
}

/// Sends over the network.
pub struct HttpTransport {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Opens a connection for each request.
    single: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Whether the last answer was a refusal, behind which the server may have closed the connection.
    refused: AtomicBool,
    options: HttpOptions,
}

impl HttpTransport {
    /// A transport with a connection pool.
    ///
    /// # Errors
    /// When the CA certificates do not read, in one line.
    pub fn new(options: HttpOptions) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let config = if options.insecure {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AcceptAny(provider)))
                .with_no_client_auth()
        } else {
            builder.with_root_certificates(roots(&options.ca_certificates)?).with_no_client_auth()
        };
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(options.timeout.min(Duration::from_secs(10))));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).http1_title_case_headers(true);
        let single = builder.clone().pool_max_idle_per_host(0).build(connector.clone());
        // Some servers close an idle connection after two seconds, and a request that meets the closing is lost.
        let client = builder.pool_idle_timeout(Duration::from_secs(1)).build(connector);
        Ok(Self { client, single, refused: AtomicBool::new(false), options })
    }

    /// Sends so that a connection which the server closes behind an earlier answer costs nothing. What can be repeated
    /// is sent once more; a create or a deletion, whose repetition has another answer, gets a connection of its own
    /// after a refusal, which is when servers close: they leave the rest of a body unread.
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, WireError> {
        let once = matches!(*request.method(), Method::POST | Method::DELETE);
        let request = request.map(Full::new);
        let sent = if once && self.refused.swap(false, Ordering::Relaxed) {
            self.single.request(request).await
        } else if once {
            self.client.request(request).await
        } else {
            match self.client.request(request.clone()).await {
                // Whoever cuts the connection for what was asked does so again.
                Err(error) if lost(&error) => self.single.request(request).await,
                sent => sent,
            }
        };
        if sent.as_ref().is_ok_and(|response| response.status().as_u16() >= 400) {
            self.refused.store(true, Ordering::Relaxed);
        }
        let response = sent.map_err(|error| {
            let kind = if error.is_connect() { WireErrorKind::Connect } else { WireErrorKind::Broken };
            WireError { kind, message: chain(&error) }
        })?;
        let (parts, mut body) = response.into_parts();
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| WireError {
                kind: WireErrorKind::Broken,
                message: format!("the answer broke off after {} bytes: {}", bytes.len(), chain(&error)),
            })?;
            if let Some(data) = frame.data_ref() {
                if bytes.len() + data.len() > self.options.max_body {
                    return Err(too_large(self.options.max_body));
                }
                bytes.extend_from_slice(data);
            }
        }
        decoded(Response::from_parts(parts, bytes.freeze()), self.options.max_body)
    }

    async fn with_time_limit(&self, request: Request<Bytes>) -> Result<Response<Bytes>, WireError> {
        match tokio::time::timeout(self.options.timeout, self.exchange(request)).await {
            Ok(result) => result,
            Err(_) => Err(WireError {
                kind: WireErrorKind::Timeout,
                message: format!("no whole answer within {:?}", self.options.timeout),
            }),
        }
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, WireError>> {
        Box::pin(async move {
            for _ in 0..RATE_LIMIT_TRIES {
                let response = self.with_time_limit(request.clone()).await?;
                // A run is a guest: it waits as long as it is told to, within reason.
                match wait(&response) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Ok(response),
                }
            }
            self.with_time_limit(request).await
        })
    }
}

/// Undoes the content coding. A small body that unpacks to a huge one is refused at the same limit.
fn decoded(mut response: Response<Bytes>, most: usize) -> Result<Response<Bytes>, WireError> {
    let coding = response
        .headers()
        .get(header::CONTENT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.trim().to_ascii_lowercase());
    let compressed = response.body().clone();
    let mut plain = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let read = match coding.as_deref() {
        Some("gzip" | "x-gzip") => {
            flate2::read::GzDecoder::new(&compressed[..]).take(limit).read_to_end(&mut plain)
        }
        // "deflate" is the zlib format by RFC 9110 §8.4.1.2; some servers send it without the zlib header.
        Some("deflate") => {
            let zlib = flate2::read::ZlibDecoder::new(&compressed[..]).take(limit).read_to_end(&mut plain);
            zlib.or_else(|_| {
                plain.clear();
                flate2::read::DeflateDecoder::new(&compressed[..]).take(limit).read_to_end(&mut plain)
            })
        }
        _ => return Ok(response),
    };
    read.map_err(|error| WireError {
        kind: WireErrorKind::Broken,
        message: format!("the answer's content coding does not decode: {error}"),
    })?;
    if plain.len() > most {
        return Err(too_large(most));
    }
    *response.body_mut() = Bytes::from(plain);
    Ok(response)
}

fn too_large(most: usize) -> WireError {
    WireError {
        kind: WireErrorKind::TooLarge,
        message: format!("the answer is larger than {} MiB", most / (1024 * 1024)),
    }
}

/// How long a 429 asks to wait; `None` for every other answer and for a wait that is too long.
fn wait(response: &Response<Bytes>) -> Option<Duration> {
    let later = response.headers().contains_key(header::RETRY_AFTER);
    if response.status() != 429 && !(response.status() == 503 && later) {
        return None;
    }
    let seconds = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Some(Duration::from_secs(seconds.unwrap_or(1))).filter(|pause| *pause <= LONGEST_WAIT)
}

fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let mut added = 0;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("the CA file is not PEM: {error:?}"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("a certificate in the CA file is not usable: {error}"))?;
        added += 1;
    }
    if !pem.is_empty() && added == 0 {
        return Err("the CA file holds no certificate".to_owned());
    }
    Ok(roots)
}

/// The error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// For `--insecure`: the certificate is not checked, the handshake's signatures are.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

const RATE_LIMIT_TRIES: usize = 3;
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Whether the connection was gone before a byte of the answer came.
fn lost(error: &hyper_util::client::legacy::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>()
            && (error.is_incomplete_message() || error.is_closed() || error.is_canceled())
        {
            return true;
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>()
            && matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
        {
            return true;
        }
        cause = error.source();
    }
    false
}
