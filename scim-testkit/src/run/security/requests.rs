//! Headers that change what a request means, and what answers say to a browser.

use http::{Method, header};
use serde_json::Value;

use super::{finish, start, with_headers};
use crate::{
    check::catalog,
    idp::{Answer, WireError, WireErrorKind},
    report::StoryReport,
    run::{play::Player, standing::bench::Bench},
};

pub(super) const METHOD_OVERRIDE: (&str, &str) = ("method-override", "Only the method says what is done");
pub(super) const MEDIA_TYPES: (&str, &str) = ("media-types", "Only JSON is carried out");

/// Host, origin, versions.
pub(super) async fn headers(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, ("headers", "Headers reveal and reflect nothing"));
    let list = "/Users?startIndex=1&count=1";
    let origin = [("Origin", ORIGIN)];
    let answer = with_headers(&mut bench, (Method::GET, list.to_owned()), &origin, None).await?;
    let says =
        |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let allowed = says("access-control-allow-origin");
    if (allowed == "*" || allowed == ORIGIN) && says("access-control-allow-credentials") == "true" {
        let got = format!("Access-Control-Allow-Origin: {allowed}, with credentials");
        bench.found(&catalog::SECURITY_CORS, None, "no such header", got);
    }
    if let Some(banner) = banner(&answer) {
        bench.found(&catalog::SECURITY_VERSION, None, "no version", banner);
    }
    for name in ["Host", "X-Forwarded-Host"] {
        let forged = [(name, FORGED)];
        let answer = match with_headers(&mut bench, (Method::GET, list.to_owned()), &forged, None).await {
            Err(error) if error.kind == WireErrorKind::Broken => continue,
            other => other?,
        };
        if answer.is_success() && answer.json.as_ref().is_some_and(reflects) {
            let got = format!("the host that `{name}` names");
            bench.found(&catalog::SECURITY_HOST, Some(name), "the endpoint's own address", got);
        }
    }
    Ok(finish(bench))
}

/// Whether a location names the forged host.
fn reflects(json: &Value) -> bool {
    let place = |one: &Value| {
        one["meta"]["location"]
            .as_str()
            .is_some_and(|place| place.split('/').nth(2).is_some_and(|host| host == FORGED))
    };
    place(json) || json["Resources"].as_array().is_some_and(|list| list.iter().any(place))
}

/// A header with a version in it.
fn banner(answer: &Answer) -> Option<String> {
    let names = [header::SERVER.as_str(), "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version"];
    let texts = names.iter().filter_map(|name| Some((name, answer.headers.get(*name)?.to_str().ok()?)));
    let mut versions = texts.filter(|(_, text)| {
        text.split(['/', ' '])
            .skip(usize::from(!text.starts_with(|c: char| c.is_ascii_digit())))
            .any(|part| part.starts_with(|c: char| c.is_ascii_digit()))
    });
    versions.next().map(|(name, text)| format!("{name}: {text}"))
}

/// A GET or POST that says it is a DELETE.
pub(super) async fn method_override(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, METHOD_OVERRIDE);
    for (what, method, query, headers) in [
        ("POST with a header", Method::POST, "", OVERRIDES),
        ("GET with a header", Method::GET, "", OVERRIDES),
        ("POST with a parameter", Method::POST, "?_method=DELETE", &[]),
        ("GET with a parameter", Method::GET, "?_method=DELETE", &[]),
    ] {
        let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
        if bench.read(&user).await?.is_none() {
            return Ok(bench.nobody());
        }
        with_headers(&mut bench, (method, format!("{}{query}", user.path)), headers, None).await?;
        let exchange = bench.last();
        if bench.get(user.path.clone()).await?.status == 404 {
            let told = ("a user who is still there".to_owned(), "the user is deleted".to_owned());
            bench.found_in(&catalog::SECURITY_METHOD_OVERRIDE, Some(what), told, exchange.as_ref());
        }
    }
    Ok(finish(bench))
}

/// A create that a web page could send without being asked (Fetch: a "simple" request).
pub(super) async fn media_types(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, MEDIA_TYPES);
    let sent = bench.player.lab.person_body().to_string();
    create(&mut bench, "text/plain", sent).await?;
    let sent = bench.player.lab.person_body().to_string();
    create(&mut bench, FORM, sent).await?;
    let name = format!("{}@{}", bench.player.lab.unique("form"), bench.player.run.mail_domain());
    create(&mut bench, FORM, format!("schemas={}&userName={name}&active=true", scim_core::urn::USER)).await?;
    Ok(finish(bench))
}

async fn create(bench: &mut Bench<'_, '_>, media: &'static str, body: String) -> Result<(), WireError> {
    let name = body.split('&').find_map(|pair| pair.strip_prefix("userName=")).unwrap_or_default().to_owned();
    let headers = [("Content-Type", media)];
    let answer = with_headers(bench, (Method::POST, "/Users".to_owned()), &headers, Some(body)).await?;
    if answer.is_success() && answer.json.as_ref().is_some_and(|made| made.get("id").is_some()) {
        bench.adopt("Users", &answer, &name);
        let got = bench.got();
        bench.found(&catalog::SECURITY_CONTENT_TYPE, Some(media), "415", got);
    }
    Ok(())
}

const OVERRIDES: &[(&str, &str)] =
    &[("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "DELETE"), ("X-Method-Override", "DELETE")];
const FORM: &str = "application/x-www-form-urlencoded";
const ORIGIN: &str = "https://scimtest-origin.invalid";
const FORGED: &str = "scimtest-host.invalid";
