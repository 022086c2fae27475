//! Entity tags (RFC 7644 §3.14), where the endpoint says that it has them.

use http::{Method, header};
use serde_json::{Value, json};

use super::bench::{Bench, Made, text};
use crate::{check::catalog, idp::WireError, report::StoryReport, run::play::Player};

pub(super) async fn check(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "preconditions", "Entity tags guard a resource against lost updates");
    if bench.player.endpoint.etag != Some(true) {
        bench.skip("/ServiceProviderConfig does not say that entity tags are supported");
        return Ok(bench.finish());
    }
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    if bench.read(&user).await?.is_none() {
        return Ok(bench.nobody());
    }
    let Some(first) = tag(&mut bench, &user).await? else {
        bench.found(&catalog::ETAG_MISSING, None, "`ETag`", "neither `ETag` nor `meta.version`");
        return Ok(bench.finish());
    };
    stale(&mut bench).await?;
    let answer = bench.send_with((Method::GET, user.path.clone()), ("If-None-Match", &first), None).await?;
    if answer.status == 200 {
        let got = bench.got();
        bench.found(&catalog::ETAG_NONE_MATCH, None, format!("304 with If-None-Match: {first}"), got);
    }
    let (method, body, family) = change(&mut bench, &user);
    let path = user.path.clone();
    let answer = bench.send_with((method, path), ("If-Match", &first), Some(body)).await?;
    if answer.status == 412 {
        let got = bench.got();
        bench.found(&catalog::ETAG_MATCH_REFUSED, None, format!("200 with If-Match: {first}"), got);
        return Ok(bench.finish());
    }
    if !answer.is_success() {
        return Ok(bench.finish());
    }
    let stored = bench.read(&user).await?.and_then(|user| text(&user, "name.familyName"));
    let second = tag(&mut bench, &user).await?;
    if stored.as_deref() == Some(family.as_str()) && second.as_deref() == Some(first.as_str()) {
        bench.found(&catalog::ETAG_UNCHANGED, None, "another tag after the change", first);
    }
    Ok(bench.finish())
}

/// Writes with a tag that was never given out, each on a user of its own.
async fn stale(bench: &mut Bench<'_, '_>) -> Result<(), WireError> {
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let Some(user) = bench.user().await? else { return Ok(()) };
        let body = match method {
            Method::PUT => Some(user.sent.clone()),
            Method::PATCH => Some(json!({
                "schemas": [scim_core::urn::PATCH_OP],
                "Operations": [{"op": "replace", "path": "name.familyName", "value": "Stale"}],
            })),
            _ => None,
        };
        let path = user.path.clone();
        let answer =
            bench.send_with((method.clone(), path), ("If-Match", "W/\"scimtest-stale\""), body).await?;
        if answer.is_success() {
            let got = format!("{method}: {}", bench.got());
            bench.found(&catalog::ETAG_IGNORED, None, "412", got);
        }
    }
    Ok(())
}

/// The tag of the resource as it is now.
async fn tag(bench: &mut Bench<'_, '_>, user: &Made) -> Result<Option<String>, WireError> {
    let answer = bench.get(user.path.clone()).await?;
    let header = answer.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let inside = answer.json.as_ref().and_then(Value::as_object).and_then(|user| text(user, "meta.version"));
    Ok(header.or(inside))
}

/// A change of the family name, in the way that the endpoint has.
fn change(bench: &mut Bench<'_, '_>, user: &Made) -> (Method, Value, String) {
    let family = bench.player.lab.unique("family");
    if bench.player.endpoint.patch == Some(false) {
        let mut body = user.sent.clone();
        body["name"]["familyName"] = family.clone().into();
        return (Method::PUT, body, family);
    }
    let operations = json!([{"op": "replace", "path": "name.familyName", "value": family}]);
    let body = json!({"schemas": [scim_core::urn::PATCH_OP], "Operations": operations});
    (Method::PATCH, body, family)
}
