//! How a client is set up.

use std::{error, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use scim_core::resource::ServiceProviderConfig;
use secrecy::{ExposeSecret, SecretString};
use tower_service::Service;
use url::Url;

#[cfg(feature = "reqwest")]
use crate::network::{Network, Options, Proxy};
use crate::{
    auth::{Auth, Authorize, Headers, OAuth},
    client::{Client, Inner},
    clock::{Clock, SystemClock},
    discovery::Cache,
    error::Error,
    exchange::Exchange,
    limits::ServerLimits,
    rate::{RateLimit, RateLimits},
    retry::{Jitter, Retry, RetryPolicy},
    service::Erased,
};

/// Sets up a [`Client`].
///
/// From the outside in, a request passes: retry, rate limit, credentials, trace, network. So every attempt is counted
/// by the rate limit, and carries credentials that are valid then.
#[derive(Debug)]
pub struct ClientBuilder {
    url: String,
    auth: Result<Auth, &'static str>,
    headers: Result<HeaderMap, &'static str>,
    policy: RetryPolicy,
    rate: RateLimits,
    limits: ServerLimits,
    capabilities: Option<ServiceProviderConfig>,
    discovery_ttl: Duration,
    #[cfg(feature = "reqwest")]
    network: Options,
    clock: Option<Arc<dyn Clock>>,
    jitter: Jitter,
}

impl ClientBuilder {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            auth: Ok(Auth::None),
            headers: Ok(HeaderMap::new()),
            policy: RetryPolicy::default(),
            rate: RateLimits::default(),
            limits: ServerLimits::default(),
            capabilities: None,
            discovery_ttl: Duration::from_secs(3600),
            #[cfg(feature = "reqwest")]
            network: Options::default(),
            clock: None,
            jitter: Jitter::default(),
        }
    }

    /// A bearer token (RFC 6750).
    #[must_use]
    pub fn bearer(self, token: impl Into<SecretString>) -> Self {
        let auth = Auth::bearer(&token.into()).ok_or("the token has characters that no header may have");
        Self { auth, ..self }
    }

    /// User and password (RFC 7617).
    #[must_use]
    pub fn basic(self, user: &str, password: impl Into<SecretString>) -> Self {
        let auth = Auth::basic(user, &password.into()).ok_or("user and password make no header");
        Self { auth, ..self }
    }

    /// One more header of every request, such as `x-api-key`; its value is kept as secret as a token. It goes to the
    /// server alone, and to a token endpoint only at the same origin. It wins over credentials of the same name.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<SecretString>) -> Self {
        let name: Result<HeaderName, _> = name.parse();
        match (name, HeaderValue::from_str(value.into().expose_secret()), &mut self.headers) {
            (Ok(name), Ok(mut value), Ok(headers)) => {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
            (Ok(_), Ok(_), Err(_)) => {}
            _ => self.headers = Err("the header's name or value has characters that no header may have"),
        }
        self
    }

    /// Tokens by OAuth 2.0 client credentials.
    #[must_use]
    pub fn oauth(self, oauth: OAuth) -> Self {
        Self { auth: Ok(Auth::Token(Arc::new(oauth))), ..self }
    }

    /// How often and how long requests are repeated.
    #[must_use]
    pub fn retry(self, policy: RetryPolicy) -> Self {
        Self { policy, ..self }
    }

    /// How many operations in a time, and how many at once.
    #[must_use]
    pub fn rate_limits(self, rate: RateLimits) -> Self {
        Self { rate, ..self }
    }

    /// What the server can bear.
    #[must_use]
    pub fn limits(self, limits: ServerLimits) -> Self {
        Self { limits, ..self }
    }

    /// What the server can do, in place of what it says; its `/ServiceProviderConfig` is then never asked for.
    #[must_use]
    pub fn capabilities(self, config: ServiceProviderConfig) -> Self {
        Self { capabilities: Some(config), ..self }
    }

    /// How long discovery documents are kept; an hour, unless said otherwise.
    #[must_use]
    pub fn discovery_ttl(self, ttl: Duration) -> Self {
        Self { discovery_ttl: ttl, ..self }
    }

    /// Allows `http` to hosts other than this one. Credentials and people's data then travel unprotected.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn allow_plain_http(mut self) -> Self {
        self.network.plain_http = true;
        self
    }

    /// The largest answer, in bytes; 32 MiB, unless said otherwise.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn max_response(mut self, bytes: usize) -> Self {
        self.network.max_response = bytes;
        self
    }

    /// What the client calls itself; `scim-client/` and the version, unless said otherwise.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.network.user_agent = name.into();
        self
    }

    /// Certificate authorities in PEM. With one or more of them, the system's are not trusted; see
    /// [`ClientBuilder::system_authorities_too`].
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn certificate_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.network.authorities.push(pem.into());
        self
    }

    /// Trusts the system's certificate authorities also beside those of [`ClientBuilder::certificate_authority`].
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn system_authorities_too(mut self) -> Self {
        self.network.system_too = true;
        self
    }

    /// Accepts every server certificate: expired, for another host, signed by anybody.
    ///
    /// **Dangerous.** Whoever can get between client and server reads the credentials and people's data, and changes
    /// them. It is for servers under test that have no proper certificate; where the certificate can be had,
    /// [`ClientBuilder::certificate_authority`] trusts it and nothing else.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn accept_any_certificate(mut self) -> Self {
        self.network.any_certificate = true;
        self
    }

    /// A client certificate with its chain, and its key, in PEM.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn identity(mut self, certificates: impl Into<Vec<u8>>, key: impl Into<SecretString>) -> Self {
        self.network.identity = Some((certificates.into(), key.into()));
        self
    }

    /// A proxy, such as `http://user:password@proxy:3128`, in place of the one that the environment names
    /// (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`). What goes to this machine alone passes no proxy of the environment.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn proxy(mut self, url: impl Into<SecretString>) -> Self {
        self.network.proxy = Proxy::Url(url.into());
        self
    }

    /// No proxy, whatever the environment says.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.network.proxy = Proxy::None;
        self
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Some(Arc::new(clock)), ..self }
    }

    /// Where the random part of each wait comes from: a number from 0 to 1. For tests.
    #[must_use]
    pub fn jitter(self, jitter: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Self { jitter: Jitter(Arc::new(jitter)), ..self }
    }

    /// A client over the network. Needs a tokio runtime when it is used.
    ///
    /// # Errors
    /// The address, the credentials or the certificates are wrong, or the address is plain `http` to another host.
    #[cfg(feature = "reqwest")]
    pub fn build(self) -> Result<Client, Error> {
        let (builder, network) = self.network()?;
        builder.finish(Erased::plain(move |request| network.send(request)))
    }

    /// A client over the network with your own layers around it: metrics, a journal, a circuit breaker. They see every
    /// attempt with its credentials, and requests for tokens too.
    ///
    /// ```
    /// # use tower_service::Service;
    /// # #[derive(Clone)]
    /// # struct Counted<S>(S);
    /// # impl<S: Service<http::Request<bytes::Bytes>>> Service<http::Request<bytes::Bytes>> for Counted<S> {
    /// #     type Response = S::Response;
    /// #     type Error = S::Error;
    /// #     type Future = S::Future;
    /// #     fn poll_ready(&mut self, context: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), S::Error>> {
    /// #         self.0.poll_ready(context)
    /// #     }
    /// #     fn call(&mut self, request: http::Request<bytes::Bytes>) -> S::Future { self.0.call(request) }
    /// # }
    /// use scim_client::Client;
    ///
    /// let client = Client::builder("https://example.com/scim/v2").build_around(|network| Counted(network))?;
    /// # let _ = client;
    /// # Ok::<(), scim_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    #[cfg(feature = "reqwest")]
    pub fn build_around<S>(self, wrap: impl FnOnce(Network) -> S) -> Result<Client, Error>
    where
        S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + 'static,
        S::Error: Into<Box<dyn error::Error + Send + Sync>>,
        S::Future: Send,
    {
        let (builder, network) = self.network()?;
        builder.build_with(wrap(network))
    }

    #[cfg(feature = "reqwest")]
    fn network(mut self) -> Result<(Self, Network), Error> {
        let base = parse_base(&self.url)?;
        let mut secure = self.check_transport(&base, "the base address")?;
        let mut here = is_loopback(&base);
        if let Ok(Auth::Token(oauth)) = &self.auth {
            let token_url = Url::parse(&oauth.token_url)
                .map_err(|error| Error::build(format!("the token address is no URL: {error}")))?;
            secure |= self.check_transport(&token_url, "the token address")?;
            here &= is_loopback(&token_url);
        }
        self.network.system_authorities = secure;
        if here && matches!(self.network.proxy, Proxy::Environment) {
            self.network.proxy = Proxy::None;
        }
        let network = Network::new(&self.network).map_err(Error::build)?;
        Ok((self, network))
    }

    /// A client over any service. Certificates, proxy and the response limit are the service's business.
    ///
    /// # Errors
    /// The address or the credentials are wrong.
    pub fn build_with<S>(self, service: S) -> Result<Client, Error>
    where
        S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + 'static,
        S::Error: Into<Box<dyn error::Error + Send + Sync>>,
        S::Future: Send,
    {
        self.finish(Erased::new(service))
    }

    fn finish(self, service: Erased) -> Result<Client, Error> {
        let url = parse_base(&self.url)?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let auth = self.auth.map_err(Error::build)?;
        let headers = Headers { base: url.origin(), headers: self.headers.map_err(Error::build)? };
        let exchange = Exchange::new(service, Arc::clone(&clock));
        let authorized = Authorize::new(exchange, auth, headers, Arc::clone(&clock));
        let limited = RateLimit::new(authorized, &self.rate, Arc::clone(&clock));
        let retried = Retry::new(limited, Arc::clone(&clock), self.jitter);
        Ok(Client {
            inner: Arc::new(Inner {
                base,
                stack: retried,
                policy: Arc::new(self.policy),
                limits: self.limits,
                in_flight: self.rate.in_flight.max(1),
                discovered: Cache::new(self.capabilities, self.discovery_ttl),
                clock,
                no_patch: Default::default(),
            }),
        })
    }

    /// Whether the address is `https`.
    #[cfg(feature = "reqwest")]
    fn check_transport(&self, url: &Url, what: &str) -> Result<bool, Error> {
        match url.scheme() {
            "https" => Ok(true),
            "http" if is_loopback(url) || self.network.plain_http => Ok(false),
            "http" => Err(Error::build(format!(
                "{what} is plain http, which shows credentials to everyone on the way; use https or allow_plain_http"
            ))),
            other => Err(Error::build(format!("{what} must be http or https, got {other}"))),
        }
    }
}

#[cfg(feature = "reqwest")]
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn parse_base(text: &str) -> Result<Url, Error> {
    let url =
        Url::parse(text).map_err(|error| Error::build(format!("the base address is no URL: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::build("the base address has credentials in it; use basic()"));
    }
    if url.cannot_be_a_base() || url.query().is_some() || url.fragment().is_some() {
        return Err(Error::build("the base address must have a host and no query or fragment"));
    }
    Ok(url)
}
