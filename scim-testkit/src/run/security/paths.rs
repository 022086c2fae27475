//! Addresses that are spelled in another way.

use http::Method;
use serde_json::Value;

use super::{finish, found_openly, openly, start};
use crate::{
    check::catalog,
    idp::{Answer, WireError, WireErrorKind},
    report::StoryReport,
    run::{
        play::Player,
        standing::bench::{object, resources, text},
    },
};

pub(super) const IDS: (&str, &str) = ("ids", "An id in the address is an id and nothing else");

/// Without credentials, nobody is shown at any spelling of the address.
pub(super) async fn bypass(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, ("addresses", "No spelling of the address gets past the credentials"));
    if !bench.player.recorder.target().has_credentials() {
        bench.skip("the run has no credentials");
        return Ok(finish(bench));
    }
    if !bench.player.recorder.only_reads() && bench.user().await?.is_none() {
        return Ok(bench.nobody());
    }
    let list = (Method::GET, "/Users?startIndex=1&count=1".to_owned());
    if shows_people(&openly(&mut bench, None, list, None).await?) {
        bench.skip("the endpoint asks for no credentials");
        return Ok(finish(bench));
    }
    for spelling in SPELLINGS {
        let place = (Method::GET, format!("{spelling}?startIndex=1&count=1"));
        let answer = match openly(&mut bench, None, place, None).await {
            // Something before the endpoint hangs up on such an address.
            Err(error) if error.kind == WireErrorKind::Broken => continue,
            other => other?,
        };
        if shows_people(&answer) {
            let got = format!("GET {spelling} shows users");
            found_openly(&mut bench, &catalog::SECURITY_PATH_BYPASS, Some(spelling), ("401 or 404", got));
        }
    }
    Ok(finish(bench))
}

fn shows_people(answer: &Answer) -> bool {
    let listed = object(answer).map(|page| resources(&page)).unwrap_or_default();
    listed.iter().any(|one| text(one, "userName").is_some())
}

/// What is read as a path, or only to a NUL byte, is another id than the one that was checked.
pub(super) async fn ids(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, IDS);
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    if bench.read(&user).await?.is_none() {
        return Ok(bench.nobody());
    }
    let id = user.path.rsplit('/').next().unwrap_or_default().to_owned();
    for (what, path) in [
        ("a NUL byte", format!("/Users/{id}%00")),
        ("a NUL byte", format!("/Users/{id}%00.json")),
        ("a path", format!("/Users/scimtest%2f..%2f{id}")),
        ("a path", format!("/Users/scimtest%5c..%5c{id}")),
        ("a file", "/Users/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd".to_owned()),
        (
            "a file",
            "/Users/%252e%252e%252f%252e%252e%252f%252e%252e%252f%252e%252e%252fetc%252fpasswd".to_owned(),
        ),
        ("a file", "/Schemas/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd".to_owned()),
        ("a query", format!("/Users/{id}%27%20or%20%271%27=%271")),
        ("a wildcard", "/Users/*".to_owned()),
        ("a wildcard", "/Users/%25".to_owned()),
    ] {
        let answer = match bench.get(path).await {
            Err(error) if error.kind == WireErrorKind::Broken => continue,
            other => other?,
        };
        let body = String::from_utf8_lossy(&answer.body);
        let file = body.contains("root:") && body.contains(":0:0:");
        let served = object(&answer).is_some_and(|one| {
            // A list of everyone at a wildcard is as wrong as the user.
            text(&one, "userName").is_some()
                || (what == "a wildcard" && one.get("Resources").is_some_and(Value::is_array))
        });
        if file || served {
            let got = if file { "the file".to_owned() } else { bench.got() };
            bench.found(&catalog::SECURITY_PATH_TRAVERSAL, Some(what), "404", got);
        }
    }
    Ok(finish(bench))
}

/// `/Users` for one reader, and something that needs no credentials, or nothing, for another.
const SPELLINGS: &[&str] = &[
    "//Users",
    "/./Users",
    "/%55sers",
    "/USERS",
    "/Users/",
    "/Users%2f",
    "/Users;scimtest=1",
    "/Users.json",
    "/Users%00",
    "/Users%20",
    "/Schemas/../Users",
    "/Schemas/..%2fUsers",
    "/Schemas/%2e%2e/Users",
    "/ServiceProviderConfig/..;/Users",
];
