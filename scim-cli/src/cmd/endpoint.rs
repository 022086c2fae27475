//! The endpoint of an everyday command: which one, who asks, and what to say when it fails.

use std::{env, time::Duration};

use http::HeaderName;
use scim_client::{
    AnswerError, Client, Error, ErrorKind, RateLimits, RetryPolicy, ServerLimits, TransportKind,
    pages::PageFault,
};
use scim_testkit::run::{Credentials, Redactor};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::{name, note, read_bytes, wire::Sent};
use crate::{
    config::{Auth, Config},
    everyday::EndpointArgs,
    exit::{Exit, Stop},
    table::plain,
    target,
};

/// An endpoint that can be asked.
pub(crate) struct Endpoint {
    pub(crate) client: Client,
    sent: Sent,
    /// What must not be printed, beside what is sent as `Authorization`.
    secrets: Vec<String>,
    anonymous: bool,
}

/// What arguments, environment and configuration say together.
struct Place {
    url: Url,
    auth: Auth,
    headers: Vec<(HeaderName, SecretString)>,
    vendor: Option<String>,
    ca_cert: Option<std::path::PathBuf>,
    secrets: Vec<String>,
}

impl Endpoint {
    /// Must be called within the runtime. Nothing is sent yet.
    pub(crate) fn open(args: &EndpointArgs) -> Result<Self, Stop> {
        let place = Place::find(args)?;
        let anonymous = matches!(place.auth, Auth::Fixed(Credentials::None)) && place.headers.is_empty();
        if !anonymous && place.url.scheme() == "http" && !is_this_machine(&place.url) {
            note("warning: plain http shows the credentials to everyone on the way; use https");
        }
        let timeout = Duration::from_secs(args.access.timeout);
        // A person waits, but a throttled endpoint may ask for a minute or two.
        let budget = timeout * MOST_ATTEMPTS + THROTTLED;
        let mut retry = RetryPolicy::default();
        let mut builder = Client::builder(place.url.as_str()).user_agent(USER_AGENT).allow_plain_http();
        if let Some(vendor) = &place.vendor {
            let profile = target::vendor(vendor).map_err(|stop| Stop::usage(stop.to_string()))?;
            retry = RetryPolicy::from(&profile);
            builder = builder.limits(ServerLimits::from(&profile)).rate_limits(RateLimits::from(&profile));
        }
        builder =
            builder.retry(RetryPolicy { max_attempts: MOST_ATTEMPTS, try_timeout: timeout, budget, ..retry });
        for (name, value) in place.headers {
            builder = builder.header(name.as_str(), value);
        }
        if args.access.insecure {
            builder = builder.accept_any_certificate();
        }
        let mut origin = String::new();
        if let Some(path) = &place.ca_cert {
            builder = builder.certificate_authority(read_bytes(path)?).system_authorities_too();
            origin = format!("{}: ", name(path));
        }
        builder = match place.auth {
            Auth::Fixed(Credentials::None) => builder,
            Auth::Fixed(Credentials::Bearer(token)) => builder.bearer(token),
            Auth::Fixed(Credentials::Basic(pair)) => {
                let (user, password) = pair.expose_secret().split_once(':').unwrap_or_default();
                builder.basic(user, password)
            }
            Auth::OAuth { oauth, .. } => builder.oauth(oauth),
        };
        let sent = Sent::default();
        let client = builder.build_around(|network| sent.watch(network)).map_err(|error| {
            let text = error.to_string();
            let origin = if text.contains("certificate authority") { origin.as_str() } else { "" };
            Stop::usage(plain(&format!("{origin}{text}")))
        })?;
        Ok(Self { client, sent, secrets: place.secrets, anonymous })
    }

    /// Text from the endpoint, fit for a terminal: without secrets, in one line.
    pub(crate) fn clean(&self, text: &str) -> String {
        let secrets = self.secrets.iter().cloned().chain(self.sent.secrets());
        plain(&Redactor::new(secrets).text(text))
    }

    /// Keeps a password that is sent out of all messages: servers quote what they refuse.
    pub(crate) fn keep_secret(&self, value: Option<&Value>) {
        if let Some(Value::String(text)) = value {
            self.sent.keep_secret(text);
        }
    }

    /// What to say, and how to exit.
    pub(crate) fn stop(&self, error: &Error) -> Stop {
        let mut text = error.to_string();
        let mut exit = Exit::Findings;
        match error.kind() {
            ErrorKind::Build(_) => exit = Exit::Usage,
            ErrorKind::Transport(transport) => {
                exit = Exit::CouldNotAsk;
                let source = std::error::Error::source(transport);
                if let Some(source) = source {
                    text.push_str(&format!(": {source}"));
                }
            }
            _ => {}
        }
        if let Some(advice) = self.advice(error) {
            text.push_str("; ");
            text.push_str(advice);
        }
        if error.may_have_been_applied() {
            text.push_str("; the change may have been made, so look before you try again");
        }
        Stop::new(exit, self.clean(&text))
    }

    fn advice(&self, error: &Error) -> Option<&'static str> {
        let start = error.body().iter().find(|byte| !byte.is_ascii_whitespace());
        match error.kind() {
            ErrorKind::Transport(transport) => match transport.kind() {
                TransportKind::Connect => {
                    Some("check the address, the network and the certificate (--ca-cert)")
                }
                TransportKind::Timeout => Some("--timeout allows more time"),
                TransportKind::TooLarge => Some("ask for less with --count or --excluded-attributes"),
                _ => None,
            },
            ErrorKind::Decode(AnswerError::Several { .. }) => {
                Some("look at them with list, and choose by id")
            }
            ErrorKind::Decode(AnswerError::Paging(PageFault::StartIndexIgnored { .. })) => {
                Some("a larger --count may get the rest")
            }
            ErrorKind::Decode(_) | ErrorKind::Status(_) if start == Some(&b'<') => {
                Some("that is a web page and no SCIM answer: is the URL the base of the SCIM endpoint?")
            }
            _ if error.url().contains("/.search") && matches!(error.status(), Some(404 | 405 | 501)) => {
                Some("few endpoints have /.search; list has the same filters")
            }
            ErrorKind::Status(404) => Some("is the URL the base of the SCIM endpoint?"),
            _ => match error.status() {
                Some(401) if self.anonymous => {
                    Some("no credentials were sent: use SCIM_TOKEN, --token-file, or a configured endpoint")
                }
                Some(401) => Some("the credentials are wrong or expired"),
                Some(403) => Some("the credentials do not allow this"),
                Some(412) => {
                    Some("somebody else changed it in the meantime: get it again, and repeat the change")
                }
                Some(300..=399) => Some("the endpoint has moved: change the URL"),
                _ => None,
            },
        }
    }
}

impl Place {
    /// `--url`, `--at`, `SCIM_URL`, the configuration's default: the first that is given. Whoever gives the address
    /// gives the credentials, so that none go to another endpoint than they are meant for.
    fn find(args: &EndpointArgs) -> Result<Self, Stop> {
        if let Some(url) = &args.url {
            return Self::plain(url, args);
        }
        if let Some(name) = &args.at {
            return Self::configured(&Config::load()?, name, args);
        }
        if let Ok(url) = env::var("SCIM_URL")
            && !url.is_empty()
        {
            return Self::plain(&url, args);
        }
        let config = Config::load()?;
        if let Some(name) = config.default_name() {
            return Self::configured(&config, name, args);
        }
        let names: Vec<&str> = config.entries().map(|(name, _)| name).collect();
        let known =
            if names.is_empty() { String::new() } else { format!(" (there are {})", names.join(", ")) };
        Err(Stop::usage(format!(
            "no endpoint is named: use --url URL or --at NAME{known}, set SCIM_URL, or a default in {}",
            config.path().display()
        )))
    }

    fn plain(url: &str, args: &EndpointArgs) -> Result<Self, Stop> {
        let auth = Auth::Fixed(target::credentials(&args.access)?);
        let ca_cert = args.access.ca_cert.clone();
        Self::new(target::base_url(url)?, auth, &[], args).map(|place| Self { ca_cert, ..place })
    }

    fn configured(config: &Config, name: &str, args: &EndpointArgs) -> Result<Self, Stop> {
        let entry = config.entry(name)?;
        let origin =
            |stop: Stop| Stop::usage(format!("{}: endpoint {name}: {stop}", config.path().display()));
        let url = target::base_url(&entry.url).map_err(origin)?;
        let auth = if target::has_credentials(&args.access) {
            Auth::Fixed(target::credentials(&args.access)?)
        } else {
            config.auth(name, entry)?
        };
        let place = Self::new(url, auth, &config.headers(name, entry)?, args)?;
        let ca_cert = args.access.ca_cert.clone().or_else(|| config.ca_cert(entry));
        Ok(Self { ca_cert, vendor: config.vendor(entry), ..place })
    }

    fn new(url: Url, auth: Auth, headers: &[SecretString], args: &EndpointArgs) -> Result<Self, Stop> {
        let mut secrets = match &auth {
            Auth::Fixed(Credentials::None) => Vec::new(),
            Auth::Fixed(Credentials::Bearer(token)) => vec![token.expose_secret().to_owned()],
            Auth::Fixed(Credentials::Basic(pair)) => {
                let password = pair.expose_secret().split_once(':').map(|(_, password)| password.to_owned());
                password.into_iter().chain([pair.expose_secret().to_owned()]).collect()
            }
            Auth::OAuth { secret, .. } => vec![secret.expose_secret().to_owned()],
        };
        let mut sent = target::headers(headers, "header-env")?;
        sent.extend(target::headers(&args.access.header, "--header")?);
        secrets.extend(sent.iter().map(|(_, value)| value.expose_secret().to_owned()));
        Ok(Self { url, auth, headers: sent, vendor: None, ca_cert: None, secrets })
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

const MOST_ATTEMPTS: u32 = 4;
/// How long all waits together may take that the endpoint asks for.
const THROTTLED: Duration = Duration::from_secs(120);
const USER_AGENT: &str = concat!("scim/", env!("CARGO_PKG_VERSION"));
