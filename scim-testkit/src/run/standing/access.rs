//! Without the right credentials nothing is served: every route, every method.

use http::{Method, header};
use scim_core::{json as obj, urn};
use serde_json::{Value, json};

use super::{bench::Bench, names::eq};
use crate::{
    check::{catalog, exchange::first_bytes},
    idp::{Answer, WireError},
    report::StoryReport,
    run::play::Player,
};

pub(super) async fn authentication(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "authentication", "Without the right credentials nothing is served");
    if !bench.player.recorder.target().has_credentials() {
        bench.skip("the run has no credentials");
        return Ok(bench.finish());
    }
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let group = if bench.groups() { bench.group(&[]).await? } else { None };
    let rename = |value: &str| {
        json!({
            "schemas": [urn::PATCH_OP],
            "Operations": [{"op": "replace", "path": "displayName", "value": value}],
        })
    };
    let mut routes = vec![
        (Method::GET, "/Users?startIndex=1&count=1".to_owned(), None),
        (
            Method::GET,
            format!("/Users?filter={}", scim_core::call::encode(&eq("userName", &user.name()))),
            None,
        ),
        (Method::GET, user.path.clone(), None),
        (
            Method::POST,
            "/Users/.search".to_owned(),
            Some(json!({"schemas": [urn::SEARCH_REQUEST], "startIndex": 1, "count": 1})),
        ),
        (Method::POST, "/Users".to_owned(), Some(Value::Null)),
        (Method::PUT, user.path.clone(), Some(user.sent.clone())),
        (Method::PATCH, user.path.clone(), Some(rename("nobody asked who this is"))),
    ];
    if bench.groups() {
        routes.push((Method::GET, "/Groups?startIndex=1&count=1".to_owned(), None));
    }
    if let Some(group) = &group {
        routes.push((Method::GET, group.path.clone(), None));
        routes.push((Method::PATCH, group.path.clone(), Some(rename("nobody asked who this is"))));
        routes.push((Method::DELETE, group.path.clone(), None));
    }
    // Last, since it may work.
    routes.push((Method::DELETE, user.path.clone(), None));
    bench.judge();
    for (what, token) in [("no credentials", None), ("a wrong token", Some("scimtest-not-a-token"))] {
        for (method, path, body) in &routes {
            // A create has a body of its own each time.
            let body = match body {
                Some(Value::Null) => Some(bench.player.lab.person_body()),
                other => other.clone(),
            };
            let answer = bench.send_as(token, (method.clone(), path.clone()), body).await?;
            judge(&mut bench, what, (method, path), &answer);
        }
    }
    bench.pass_over();
    Ok(bench.finish())
}

/// As far as GET tells; `someone`: the path of a user.
pub(in crate::run) async fn by_reading(
    player: &mut Player<'_>,
    someone: Option<String>,
) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "authentication", "Without the right credentials nothing is served");
    if !bench.player.recorder.target().has_credentials() {
        bench.skip("the run has no credentials");
        return Ok(bench.finish());
    }
    let mut routes = vec!["/Users?startIndex=1&count=1".to_owned()];
    routes.extend(someone);
    if bench.groups() {
        routes.push("/Groups?startIndex=1&count=1".to_owned());
    }
    for (what, token) in [("no credentials", None), ("a wrong token", Some("scimtest-not-a-token"))] {
        for path in &routes {
            let answer = bench.send_as(token, (Method::GET, path.clone()), None).await?;
            // As recorded: an id may be an e-mail address.
            let shown = bench.last().map_or_else(|| path.clone(), |exchange| exchange.request.target);
            judge(&mut bench, what, (&Method::GET, &shown), &answer);
        }
    }
    bench.pass_over();
    Ok(bench.finish())
}

fn judge(bench: &mut Bench<'_, '_>, what: &str, (method, path): (&Method, &str), answer: &Answer) {
    let told = format!("{method} {path} with {what}: {}", answer.status);
    let bytes = bench.player.recorder.last().map(first_bytes).unwrap_or_default();
    if answer.is_success() && (answer.body.is_empty() || answer.json.as_ref().is_some_and(is_scim)) {
        bench.found(&catalog::AUTH_NOT_ENFORCED, None, "401", told);
        return;
    }
    // Without its headers, one of which may name a tenant, an endpoint may rightly answer otherwise.
    if bench.player.recorder.target().has_headers() {
        return;
    }
    match answer.status {
        // With the right credentials there may be no such route either.
        _ if path.ends_with("/.search") && answer.status != 401 => {}
        401 => {
            if !answer.headers.contains_key(header::WWW_AUTHENTICATE) {
                bench.found(&catalog::AUTH_CHALLENGE, None, "`WWW-Authenticate`", told);
            }
            if !answer.json.as_ref().is_some_and(Value::is_object) {
                bench.found(&catalog::AUTH_ERROR_BODY, None, "a SCIM error message", bytes);
            }
        }
        403 => bench.found(&catalog::AUTH_FORBIDDEN, None, "401", told),
        // Not to say whether there is such a resource is prudent (RFC 9110 §15.5.4); not to have the route is another
        // matter.
        404 | 405 | 501 if path != "/Users" && !path.starts_with("/Users?startIndex") => {}
        _ => bench.found(&catalog::AUTH_STATUS, None, "401", format!("{told} ({bytes})")),
    }
}

/// Whether this is a resource or a list, as opposed to a page that asks to log in.
pub(in crate::run) fn is_scim(json: &Value) -> bool {
    json.as_object().is_some_and(|object| {
        ["Resources", "id", "totalResults", "schemas"].iter().any(|name| obj::get(object, name).is_some())
    })
}
