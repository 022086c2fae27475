//! `scim serve`: the mock provider on a socket.

use std::{io, sync::Arc};

use scim_core::vendor::Profile;
use scim_testkit::{
    provider::{BASE_PATH, Defect, Provider, World},
    serve,
};
use tokio::{net::TcpListener, runtime::Runtime};

use super::{note, print, signals::Signals};
use crate::{
    args::{MockProfile, ServeArgs},
    exit::{Exit, Stop},
    target,
};

/// `scim serve`.
pub(crate) fn run(args: &ServeArgs) -> Result<Exit, Stop> {
    let profile = profile(args.vendor.as_deref(), args.profile)?;
    let token = target::token(args.token.as_ref(), args.token_file.as_deref())?;
    let open = token.is_none();
    let title = profile.profile.title.clone();
    let provider = with_defects(Provider::new(profile, World::system()), &args.defect)?.with_token(token);
    runtime()?.block_on(async {
        let place = format!("{}:{}", args.host, args.port);
        let failed =
            |error: io::Error| Stop::new(Exit::CouldNotAsk, format!("cannot listen on {place}: {error}"));
        let listener = TcpListener::bind((args.host.as_str(), args.port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        // Whoever has read the address may stop the mock, so the signals are listened to before.
        let mut signals = Signals::listen()?;
        print(&format!("http://{address}{BASE_PATH}"))?;
        note(&format!("{title}{}; Ctrl-C stops", if open { ", no token asked for" } else { "" }));
        let stop = async move {
            signals.next().await;
            tokio::spawn(signals.exit_at_next());
        };
        serve::serve(listener, Arc::new(provider), stop).await.map_err(failed)?;
        Ok(Exit::Success)
    })
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

pub(crate) fn runtime() -> Result<Runtime, Stop> {
    Runtime::new().map_err(|error| Stop::new(Exit::CouldNotAsk, format!("cannot start: {error}")))
}
