//! The credentials of another tenant open nothing here.

use http::Method;
use scim_core::{call::encode, urn};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{finish, start};
use crate::{
    check::catalog,
    idp::{Answer, WireError},
    report::StoryReport,
    run::{
        Credentials,
        play::Player,
        standing::{
            bench::{Bench, Made, object, resources, text},
            names::eq,
        },
    },
};

pub(super) const ROW: (&str, &str) = ("foreign-tenant", "Another tenant's token has no access");

pub(super) async fn check(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let foreign = player.run.foreign.clone();
    let mut bench = start(player, ROW);
    let secret = match &foreign {
        Credentials::None => {
            bench.skip("no credentials of another tenant were given");
            return Ok(finish(bench));
        }
        Credentials::Bearer(secret) | Credentials::Basic(secret) => secret.clone(),
    };
    bench.player.recorder.hide(secret.clone());
    if let Credentials::Bearer(ours) | Credentials::Basic(ours) = bench.player.recorder.target().credentials()
        && ours.expose_secret() == secret.expose_secret()
    {
        bench.skip("the other tenant's credentials are the run's own");
        return Ok(finish(bench));
    }
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let group = if bench.groups() { bench.group(&[&user.id]).await? } else { None };
    let filter = encode(&eq("userName", &user.name())).to_string();
    let list = "/Users?startIndex=1&count=100".to_owned();
    for path in [format!("/Users?filter={filter}"), list] {
        let answer = ask(&mut bench, &foreign, (Method::GET, &path), None).await?;
        let listed = object(&answer).map(|page| resources(&page)).unwrap_or_default();
        if listed.iter().any(|one| same(one, &user)) {
            report(&mut bench, "reading", &Method::GET, &path);
        }
    }
    for made in [Some(&user), group.as_ref()].into_iter().flatten() {
        writes(&mut bench, &foreign, made).await?;
    }
    Ok(finish(bench))
}

async fn writes(bench: &mut Bench<'_, '_>, foreign: &Credentials, made: &Made) -> Result<(), WireError> {
    let read = ask(bench, foreign, (Method::GET, &made.path), None).await?;
    match object(&read) {
        Some(shown) if same(&shown, made) => report(bench, "reading", &Method::GET, &made.path),
        // Ids are counted for each tenant: this one is theirs, and is left alone.
        Some(_) => return Ok(()),
        None if !(400..500).contains(&read.status) => return Ok(()),
        None => {}
    }
    let rename = json!({
        "schemas": [urn::PATCH_OP],
        "Operations": [{"op": "replace", "path": "displayName", "value": MARK}],
    });
    let mut put = made.sent.clone();
    put["displayName"] = MARK.into();
    for (method, body) in [(Method::PATCH, Some(rename)), (Method::PUT, Some(put)), (Method::DELETE, None)] {
        ask(bench, foreign, (method.clone(), &made.path), body).await?;
        let exchange = bench.last();
        let now = bench.get(made.path.clone()).await?;
        let changed = match object(&now) {
            Some(now) => text(&now, "displayName").as_deref() == Some(MARK),
            None => now.status == 404,
        };
        if changed {
            let told = ("401, 403 or 404".to_owned(), format!("{method} {} was carried out", made.path));
            bench.found_in(&catalog::SECURITY_FOREIGN_TENANT, Some("writing"), told, exchange.as_ref());
            return Ok(());
        }
    }
    Ok(())
}

async fn ask(
    bench: &mut Bench<'_, '_>,
    foreign: &Credentials,
    (method, path): (Method, &str),
    body: Option<Value>,
) -> Result<Answer, WireError> {
    bench.player.recorder.ask_as(foreign.clone(), method, path.to_owned(), body).await
}

fn report(bench: &mut Bench<'_, '_>, what: &str, method: &Method, path: &str) {
    let got = format!("{method} {path} shows this tenant's resource");
    bench.found(&catalog::SECURITY_FOREIGN_TENANT, Some(what), "nothing of this tenant's", got);
}

/// Whether it is the resource that was made: the same id may be another's in another tenant.
fn same(shown: &serde_json::Map<String, Value>, made: &Made) -> bool {
    let name = text(shown, "userName").or_else(|| text(shown, "displayName")).unwrap_or_default();
    text(shown, "id").as_deref() == Some(made.id.as_str()) && name.eq_ignore_ascii_case(&made.name())
}

const MARK: &str = "scimtest another tenant was here";
