//! Certificates for the mock on a socket.

use std::{fmt, net::IpAddr, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_rustls::TlsAcceptor;

/// A certificate and its key, for [`super::Server::start_tls`].
///
/// ```no_run
/// use scim_testkit::{provider::Provider, serve::{Server, Tls}};
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = Tls::self_signed(&[])?;
/// let provider = Provider::builder().build()?.into();
/// let server = Server::start_tls(provider, "127.0.0.1:0".parse()?, &tls).await?;
/// assert!(server.url().starts_with("https://127.0.0.1:"));
/// let _trusted = tls.authority().expect("it made one");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    authority: Option<String>,
}

/// Why there is no [`Tls`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

impl Tls {
    /// A certificate for `localhost`, `127.0.0.1`, `::1` and the given names, signed by an authority that is made for it.
    ///
    /// # Errors
    /// A name is neither a host name nor an address.
    pub fn self_signed(names: &[&str]) -> Result<Self, TlsError> {
        let wrong = |error: rcgen::Error| TlsError(format!("cannot make a certificate: {error}"));
        let key = KeyPair::generate().map_err(wrong)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(wrong)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "scim mock authority");
        let authority = params.self_signed(&key).map_err(wrong)?;
        let issuer = Issuer::from_params(&params, &key);

        let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        // `0.0.0.0` is where one listens, and nobody's name.
        let is_name = |name: &&&str| !name.parse().is_ok_and(|address: IpAddr| address.is_unspecified());
        all.extend(names.iter().filter(is_name).map(|name| (*name).to_owned()));
        all.dedup();
        let leaf_key = KeyPair::generate().map_err(wrong)?;
        let mut leaf = CertificateParams::new(all).map_err(wrong)?;
        leaf.distinguished_name.push(DnType::CommonName, "scim mock");
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = leaf.signed_by(&leaf_key, &issuer).map_err(wrong)?;
        let leaf_key = PrivateKeyDer::try_from(leaf_key.serialize_der())
            .map_err(|error| TlsError(format!("cannot use the new key: {error}")))?;
        let config = config(vec![certificate.der().clone()], leaf_key)?;
        Ok(Self { config, authority: Some(authority.pem()) })
    }

    /// A certificate with its chain, and its key, both PEM.
    ///
    /// # Errors
    /// One of them does not read, or they do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .map_err(|error| TlsError(format!("the certificate is not PEM: {error}")))?;
        if chain.is_empty() {
            return Err(TlsError("there is no certificate in the file".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| TlsError(format!("the key is not PEM: {error}")))?;
        Ok(Self { config: config(chain, key)?, authority: None })
    }

    /// The authority that clients must trust, PEM; `None` for a certificate that came from outside.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let wrong = |error: rustls::Error| TlsError(format!("the certificate cannot be used: {error}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(wrong)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
