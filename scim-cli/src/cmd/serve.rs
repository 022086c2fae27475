//! `scim serve`: the mock provider on a socket.

use std::{
    fs::{self, OpenOptions},
    hash::{BuildHasher, Hasher, RandomState},
    io::{self, Write},
    path::PathBuf,
    process,
    sync::Arc,
};

use scim_core::vendor::Profile;
use scim_testkit::{
    desk::{Desk, DeskOptions},
    provider::{BASE_PATH, Builder, CONTROL_PATH, Defect, OAuthClient, Provider, Seed, World, faults::Fault},
    serve::{self, Tls},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{net::TcpListener, runtime::Runtime};

use super::{clients::Clients, name, note, print, read_bytes, read_json, signals::Signals};
use crate::{
    args::{MockProfile, ServeArgs},
    exit::{Exit, Stop},
    target,
};

/// `scim serve`.
pub(crate) fn run(args: &ServeArgs) -> Result<Exit, Stop> {
    let (provider, title) = provider(args)?;
    let kept = args.db.as_deref().map(|path| format!("kept in {}{}", path.display(), before(&provider)));
    if args.users > 0 || args.groups > 0 {
        let seed = Seed { users: args.users, groups: args.groups };
        let sown = provider.control().seed(seed);
        sown.map_err(|error| {
            Stop::usage(format!("--users {}, --groups {}: {error}", args.users, args.groups))
        })?;
    }
    let tls = tls(args)?;
    one_thread()?.block_on(async {
        let place = format!("{}:{}", args.host, args.port);
        let failed =
            |error: io::Error| Stop::new(Exit::CouldNotAsk, format!("cannot listen on {place}: {error}"));
        let listener = TcpListener::bind((args.host.as_str(), args.port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let authority = match tls.as_ref().and_then(Tls::authority) {
            Some(pem) => Some(Authority::write(pem, address.port())?),
            None => None,
        };
        let desk = desk(args, address.port(), &provider).await?;
        let clients = args.check.then(|| Clients::watch(&provider));
        // Whoever has read the address may stop the mock, so the signals are listened to before.
        let mut signals = Signals::listen()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        print(&format!("{scheme}://{address}{BASE_PATH}"))?;
        note(&format!("{title}; Ctrl-C stops"));
        for tenant in &args.tenant {
            note(&format!("tenant {tenant}: {scheme}://{address}/tenants/{tenant}{BASE_PATH}"));
        }
        if let Some(kept) = kept {
            note(&kept);
        }
        if let Some(authority) = &authority {
            note(&format!("trust the authority in {}, as with scim test --ca-cert", authority.0.display()));
        }
        if let Some(desk) = &desk {
            if args.ui {
                note(&format!("live view: {}/", desk.url()));
            }
            note(&format!("control: {}{CONTROL_PATH}", desk.url()));
        }
        let stop = async move {
            signals.next().await;
            tokio::spawn(signals.exit_at_next());
        };
        match &tls {
            None => serve::serve(listener, provider, stop).await,
            Some(tls) => serve::serve_tls(listener, provider, tls, stop).await,
        }
        .map_err(failed)?;
        if let Some(desk) = desk {
            desk.stop().await;
        }
        if let Some(clients) = clients {
            clients.finish();
        }
        Ok(Exit::Success)
    })
}

/// The page and the control API, if they are wanted.
async fn desk(args: &ServeArgs, port: u16, provider: &Arc<Provider>) -> Result<Option<Desk>, Stop> {
    if !args.ui && !args.control {
        return match args.ui_port {
            Some(_) => Err(Stop::usage("--ui-port: nothing is there without --ui or --control".to_owned())),
            None => Ok(None),
        };
    }
    let next = || {
        port.checked_add(1)
            .ok_or_else(|| Stop::usage("--ui-port: no port follows 65535; name one".to_owned()))
    };
    let port = match args.ui_port {
        Some(port) => port,
        None if args.port == 0 => 0,
        None => next()?,
    };
    let host = args.ui_host.trim_start_matches('[').trim_end_matches(']');
    let failed = |error: io::Error| {
        let advice =
            if error.kind() == io::ErrorKind::AddrInUse { "; --ui-port takes another port" } else { "" };
        let text =
            format!("cannot listen on {host}:{port} for the page and the control API: {error}{advice}");
        Stop::new(Exit::CouldNotAsk, text)
    };
    let listener = TcpListener::bind((host, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    if !address.ip().is_loopback() {
        note(&format!(
            "warning: whoever can reach {address} sees everything and may change it; no credentials are asked for"
        ));
    }
    let access = [
        (args.token.is_some() || args.token_file.is_some(), "the token that --token or --token-file gave"),
        (args.basic.is_some(), "the user and password that --basic gave"),
        (args.oauth.is_some(), "a token from /oauth/token for the client that --oauth gave"),
    ];
    let access: Vec<&str> = access.into_iter().filter(|(asked, _)| *asked).map(|(_, text)| text).collect();
    let access = access.join(", or ");
    let options = DeskOptions { page: args.ui, access, names: vec![host.to_owned()] };
    Desk::start(listener, Arc::clone(provider), options).map(Some).map_err(failed)
}

/// The mock that was asked for, and what to call it.
fn provider(args: &ServeArgs) -> Result<(Arc<Provider>, String), Stop> {
    let profile = profile(args.vendor.as_deref(), args.profile)?;
    if !profile.has_wire() {
        let title = &profile.profile.title;
        let instead = profile.sentence("profile.instead").unwrap_or_default();
        return Err(Stop::usage(format!("{title} has no SCIM, so there is nothing to serve: {instead}")));
    }
    let token = target::token(args.token.as_ref(), args.token_file.as_deref())?;
    let open = token.is_none() && args.basic.is_none() && args.oauth.is_none();
    let title = format!("{}{}", profile.profile.title, if open { ", no token asked for" } else { "" });
    let mut builder = Provider::builder().profile(profile).world(World::system()).rate_limits(true);
    if let Some(token) = token {
        builder = builder.token(token);
    }
    if let Some(basic) = &args.basic {
        let (user, password) = pair(basic, "--basic: expected user:password")?;
        builder = builder.basic(user, password);
    }
    if let Some(client) = &args.oauth {
        let (id, secret) = pair(client, "--oauth: expected client:secret")?;
        builder = builder.oauth(OAuthClient::new(id, secret));
    }
    if let Some(user_name) = &args.me {
        builder = builder.me(user_name);
    }
    builder = args.tenant.iter().fold(builder, Builder::tenant);
    if let Some(path) = &args.db {
        builder = builder.db(path);
    }
    for path in &args.schema {
        builder = builder.schema(read_json(path)?);
    }
    for path in &args.resource_type {
        builder = builder.resource_type(read_json(path)?);
    }
    for fault in &args.fault {
        let fault: Fault = fault.parse().map_err(|error| Stop::usage(format!("--fault: {error}")))?;
        builder = builder.fault(fault);
    }
    let seed = args.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let provider = builder.seed(seed).build().map_err(|error| Stop::usage(error.to_string()))?;
    Ok((Arc::new(with_defects(provider, &args.defect)?), title))
}

/// What was there at the start.
fn before(provider: &Provider) -> String {
    let counts = provider.counts().into_iter().filter(|(_, count)| *count > 0);
    let counted = counts.map(|(kind, count)| {
        let name = match kind.name.as_str() {
            "User" => "user",
            "Group" => "group",
            name => return format!("{count} of {name}"),
        };
        format!("{count} {name}{}", if count == 1 { "" } else { "s" })
    });
    let counted: Vec<String> = counted.collect();
    match counted.split_last() {
        None => String::new(),
        Some((last, [])) => format!(": {last} from before"),
        Some((last, others)) => format!(": {} and {last} from before", others.join(", ")),
    }
}

fn pair(secret: &SecretString, expected: &str) -> Result<(String, SecretString), Stop> {
    let (left, right) = secret
        .expose_secret()
        .split_once(':')
        .ok_or_else(|| Stop::usage(format!("{expected}, but there is no colon")))?;
    Ok((left.to_owned(), right.into()))
}

fn tls(args: &ServeArgs) -> Result<Option<Tls>, Stop> {
    let made = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Tls::from_pem(&read_bytes(certificate)?, &read_bytes(key)?)
            .map_err(|error| Stop::usage(format!("{}: {error}", name(certificate)))),
        _ if args.tls => {
            Tls::self_signed(&[&args.host]).map_err(|error| Stop::usage(format!("--tls: {error}")))
        }
        _ => return Ok(None),
    };
    made.map(Some)
}

/// The file with the authority that clients must trust; it goes when the mock does.
struct Authority(PathBuf);

impl Authority {
    fn write(pem: &str, port: u16) -> Result<Self, Stop> {
        let path = std::env::temp_dir().join(format!("scim-serve-{port}-{}.pem", process::id()));
        // Never through a file, or a link, that somebody else put there.
        let written = OpenOptions::new().write(true).create_new(true).open(&path);
        written.and_then(|mut file| file.write_all(pem.as_bytes())).map_err(|error| {
            Stop::new(Exit::CouldNotAsk, format!("cannot write {}: {error}", path.display()))
        })?;
        Ok(Self(path))
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What the mock is to be like.
pub(crate) fn profile(vendor: Option<&str>, otherwise: MockProfile) -> Result<Profile, Stop> {
    target::vendor(vendor.unwrap_or_else(|| otherwise.id()))
}

/// Adds the faults that were asked for.
pub(crate) fn with_defects(mut provider: Provider, ids: &[String]) -> Result<Provider, Stop> {
    for id in ids {
        let known: Vec<&str> = Defect::ALL.iter().map(|defect| defect.id()).collect();
        let defect = Defect::from_id(id).ok_or_else(|| {
            Stop::usage(format!("no defect is named {id:?}; there are {}", known.join(", ")))
        })?;
        provider = provider.with_defect(defect);
    }
    Ok(provider)
}

/// For the mock alone. What it stores is one thing, which a second thread would only wait for: on two cores that cost
/// half of the requests.
fn one_thread() -> Result<Runtime, Stop> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot_start)
}

pub(crate) fn runtime() -> Result<Runtime, Stop> {
    Runtime::new().map_err(cannot_start)
}

fn cannot_start(error: io::Error) -> Stop {
    Stop::new(Exit::CouldNotAsk, format!("cannot start: {error}"))
}
