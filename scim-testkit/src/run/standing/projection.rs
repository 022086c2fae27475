//! `attributes` and `excludedAttributes` (RFC 7644 §3.9), wherever a resource is returned.

use http::Method;
use scim_core::{call::encode, json as obj};
use serde_json::{Map, Value};

use super::{
    bench::{Bench, object, resources},
    names::eq,
};
use crate::{check::catalog, idp::WireError, report::StoryReport, run::play::Player};

pub(super) async fn check(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "projection", "A client gets the attributes that it asks for");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let Some(whole) = bench.read(&user).await? else { return Ok(bench.nobody()) };
    for (query, kept) in CASES {
        let answer = bench.get(format!("{}?{query}", user.path)).await?;
        refused(&mut bench, query);
        if let Some(part) = object(&answer) {
            judge(&mut bench, None, query, kept, (&whole, &part));
        }
    }
    // A sub-attribute alone.
    let answer = bench.get(format!("{}?attributes=name.familyName", user.path)).await?;
    let given = |user: &Map<String, Value>| super::bench::text(user, "name.givenName").is_some();
    if object(&answer).is_some_and(|part| given(&part) && given(&whole)) {
        let expected = "no `name.givenName` with ?attributes=name.familyName";
        bench.found(&catalog::PROJECTION, Some("a sub-attribute"), expected, "`name.givenName` is there");
    }
    let filter = encode(&eq("userName", &user.name()));
    for (query, kept) in CASES {
        let answer = bench.get(format!("/Users?filter={filter}&{query}")).await?;
        refused(&mut bench, query);
        let found = object(&answer).map(|page| resources(&page)).unwrap_or_default();
        let mine = |one: &&Map<String, Value>| {
            obj::get(one, "id").and_then(Value::as_str).is_none_or(|id| id == user.id)
        };
        if let ([part], true) = (found.as_slice(), found.iter().any(|one| mine(&one))) {
            judge(&mut bench, Some("in a list"), query, kept, (&whole, part));
        }
    }
    let body = bench.player.lab.person_body();
    let (query, kept) = CASES[0];
    let answer = bench.send(Method::POST, format!("/Users?{query}"), body).await?;
    if let Some(part) = object(&answer) {
        judge(&mut bench, Some("in the answer to a POST"), query, kept, (&whole, &part));
    }
    // `password` is never returned; the judgement of the exchange sees it.
    bench.get(format!("{}?attributes=password,userName", user.path)).await?;
    Ok(bench.finish())
}

/// What `query` leaves of `whole`: everything that it `kept`, and no `emails`.
fn judge(
    bench: &mut Bench<'_, '_>,
    subject: Option<&str>,
    query: &str,
    kept: &[&str],
    (whole, part): (&Map<String, Value>, &Map<String, Value>),
) {
    let there = obj::get(whole, "emails").is_some()
        && obj::get(part, "emails").is_some_and(|value| !obj::is_unassigned(value));
    let lost: Vec<&str> = kept
        .iter()
        .copied()
        .filter(|name| obj::get(whole, name).is_some() && obj::get(part, name).is_none())
        .collect();
    if there {
        bench.found(&catalog::PROJECTION, subject, format!("no `emails` with ?{query}"), "`emails` is there");
    } else if !lost.is_empty() {
        let expected = format!("{} with ?{query}", kept.join(", "));
        bench.found(&catalog::PROJECTION, subject, expected, format!("no {}", lost.join(", ")));
    }
}

fn refused(bench: &mut Bench<'_, '_>, query: &str) {
    if bench.last().is_some_and(|exchange| (400..500).contains(&exchange.answer.status)) {
        let got = bench.got();
        bench.found(&catalog::PROJECTION, Some("refused"), format!("200 with ?{query}"), got);
    }
}

const CASES: &[(&str, &[&str])] =
    &[("attributes=userName", &["id", "userName"]), ("excludedAttributes=emails", &["id", "userName"])];
