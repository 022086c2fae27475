//! From arguments to the endpoint: address, credentials, headers, the network, vendor profiles.
//!
//! No message here quotes a credential, and none quotes an address that may hold one.

use std::{env, fs, path::Path, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue};
use scim_core::vendor::{Profile, load::closest};
use scim_testkit::run::{Credentials, HttpOptions, HttpTransport, Target};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    args::{AccessArgs, TestArgs},
    cmd::{name, read_bytes, read_text},
    exit::{Exit, Stop},
};

/// Reads the address of an endpoint.
pub(crate) fn base_url(text: &str) -> Result<Url, Stop> {
    let refuse = |why: &str| {
        let shown = if text.contains('@') {
            String::new()
        } else {
            format!("{text:?} is not the URL of an endpoint: ")
        };
        Err(Stop::usage(format!("{shown}{why}")))
    };
    let mut url = match Url::parse(text) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return refuse("it has no scheme; begin it with https:// or http://");
        }
        Err(error) => return refuse(&error.to_string()),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("it must begin with https:// or http://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("a URL with user and password is not taken; use --basic or SCIM_BASIC");
    }
    // Entra ID's administrators put `?aadOptscim062020` there; it is a switch for Entra, not part of the address.
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// The endpoint at `url`, over the network.
pub(crate) fn over_network(url: &Url, args: &AccessArgs) -> Result<Target, Stop> {
    let mut target = Target::new(url.as_str(), Arc::new(transport(args)?));
    target = target.with_credentials(credentials(args)?);
    for (name, value) in headers(&args.header, "--header")? {
        target = target.with_header(name, value);
    }
    Ok(target)
}

/// What carries the bytes.
pub(crate) fn transport(args: &AccessArgs) -> Result<HttpTransport, Stop> {
    let mut options = HttpOptions::default();
    options.timeout = Duration::from_secs(args.timeout);
    options.insecure = args.insecure;
    let mut origin = String::new();
    if let Some(path) = &args.ca_cert {
        options.ca_certificates = read_bytes(path)?;
        if options.ca_certificates.is_empty() {
            return Err(Stop::usage(format!("{}: the file is empty", name(path))));
        }
        origin = format!("{}: ", name(path));
    }
    HttpTransport::new(options).map_err(|error| Stop::usage(format!("{origin}{error}")))
}

/// A token from the argument, the file or `SCIM_TOKEN`, in this order.
pub(crate) fn token(given: Option<&SecretString>, file: Option<&Path>) -> Result<Option<SecretString>, Stop> {
    let (token, origin) = match (given, file) {
        (Some(token), _) => (token.clone(), "--token".to_owned()),
        (None, Some(path)) => (read_text(path)?.trim().into(), name(path)),
        (None, None) => match variable("SCIM_TOKEN")? {
            Some(token) => (token, "SCIM_TOKEN".to_owned()),
            None => return Ok(None),
        },
    };
    if token.expose_secret().is_empty() {
        return Err(Stop::usage(format!("{origin}: the token is empty")));
    }
    sendable(token.expose_secret(), &origin)?;
    Ok(Some(token))
}

/// The token of another tenant, from the argument or `SCIM_FOREIGN_TOKEN`; the embedded mock has one tenant.
pub(crate) fn foreign_token(args: &TestArgs) -> Result<Option<SecretString>, Stop> {
    let (token, origin) = match &args.foreign_token {
        Some(token) => (Some(token.clone()), "--foreign-token"),
        None if args.url.is_some() => (variable("SCIM_FOREIGN_TOKEN")?, "SCIM_FOREIGN_TOKEN"),
        None => (None, ""),
    };
    if let Some(token) = &token {
        if token.expose_secret().is_empty() {
            return Err(Stop::usage(format!("{origin}: the token is empty")));
        }
        sendable(token.expose_secret(), origin)?;
    }
    Ok(token)
}

/// Who asks, as the arguments or the environment say.
pub(crate) fn credentials(args: &AccessArgs) -> Result<Credentials, Stop> {
    if let Some(pair) = &args.basic {
        return basic(pair.clone(), "--basic");
    }
    if !has_credentials(args)
        && let Some(pair) = variable("SCIM_BASIC")?
    {
        if variable("SCIM_TOKEN")?.is_some() {
            return Err(Stop::usage("both SCIM_TOKEN and SCIM_BASIC are set; unset one"));
        }
        return basic(pair, "SCIM_BASIC");
    }
    Ok(match token(args.token.as_ref(), args.token_file.as_deref())? {
        Some(token) => Credentials::Bearer(token),
        None => Credentials::None,
    })
}

/// Whether the command line says who asks.
pub(crate) fn has_credentials(args: &AccessArgs) -> bool {
    args.token.is_some() || args.token_file.is_some() || args.basic.is_some()
}

/// Credentials from `user:password`.
pub(crate) fn basic(pair: SecretString, origin: &str) -> Result<Credentials, Stop> {
    if !pair.expose_secret().contains(':') {
        return Err(Stop::usage(format!("{origin}: expected user:password, but there is no colon")));
    }
    Ok(Credentials::Basic(pair))
}

/// Headers from `Name: value`.
pub(crate) fn headers(given: &[SecretString], origin: &str) -> Result<Vec<(HeaderName, SecretString)>, Stop> {
    let mut headers = Vec::new();
    for header in given {
        let Some((name, value)) = header.expose_secret().split_once(':') else {
            return Err(Stop::usage(format!("{origin}: expected 'Name: value', but there is no colon")));
        };
        let name = HeaderName::try_from(name.trim()).map_err(|_| {
            Stop::usage(format!("{origin}: what stands before the colon is not a header name"))
        })?;
        let value = value.trim();
        sendable(value, &format!("{origin} {name}"))?;
        headers.push((name, value.into()));
    }
    Ok(headers)
}

/// Refuses what no header can carry.
pub(crate) fn sendable(secret: &str, origin: &str) -> Result<(), Stop> {
    match HeaderValue::try_from(secret) {
        Ok(_) => Ok(()),
        Err(_) => Err(Stop::usage(format!("{origin}: the value has a character that a header cannot carry"))),
    }
}

/// An environment variable; empty is as good as unset.
pub(crate) fn variable(name: &str) -> Result<Option<SecretString>, Stop> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value.into())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Stop::usage(format!("{name} is not UTF-8"))),
    }
}

/// A vendor profile by built-in name or file.
pub(crate) fn vendor(name: &str) -> Result<Profile, Stop> {
    if let Some(profile) = Profile::builtin(name) {
        return Ok(profile);
    }
    if !is_file(name) {
        return Err(unknown("vendor", name, &Profile::names().collect::<Vec<_>>()));
    }
    Profile::parse(&data_file(name)?, name).map_err(|error| Stop::new(Exit::BadFile, error.to_string()))
}

/// Whether a `NAME|FILE` argument means a file.
pub(crate) fn is_file(argument: &str) -> bool {
    argument.ends_with(".toml") || argument.contains(['/', '\\']) || Path::new(argument).is_file()
}

/// The text of a story or profile file.
pub(crate) fn data_file(path: &str) -> Result<String, Stop> {
    let bytes =
        fs::read(path).map_err(|error| Stop::new(Exit::BadFile, format!("cannot read {path}: {error}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Stop::new(Exit::BadFile, format!("{path}: not UTF-8 at byte {at}"))
    })
}

/// A name that is not built in.
pub(crate) fn unknown(kind: &str, name: &str, known: &[&str]) -> Stop {
    let advice = match closest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => format!("there are {}; a file ends in .toml", known.join(", ")),
    };
    Stop::usage(format!("no built-in {kind} is named {name:?}; {advice}"))
}
