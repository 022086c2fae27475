//! What is long, deep, or a number of many digits is answered like everything else.

use http::Method;
use scim_core::{call::encode, urn};
use serde_json::{Value, json};

use super::{finish, start, with_headers};
use crate::{
    check::catalog,
    idp::{WireError, WireErrorKind},
    report::StoryReport,
    run::{
        play::Player,
        standing::{bench::Bench, names::eq},
    },
};

pub(super) const BODIES: (&str, &str) = ("large-bodies", "What is large or deep in a body is answered");

/// Filters and numbers; all of them about a user whom nobody knows, so that the answers stay small.
pub(super) async fn queries(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, ("large-queries", "What is large or deep in a query is answered"));
    let nobody = eq("userName", &bench.player.lab.unique("nobody"));
    let deep = format!("{}{nobody}{}", "(".repeat(DEPTH), ")".repeat(DEPTH));
    let negated = format!("{}{nobody}{}", "not (".repeat(DEPTH / 3), ")".repeat(DEPTH / 3));
    let long = vec![nobody.clone(); 40].join(" or ");
    let wide = eq("userName", &format!("scimtest-{}", "a".repeat(4000)));
    for (what, filter) in [
        ("a filter in many parentheses", deep),
        ("a filter with many negations", negated),
        ("a filter of many terms", long),
        ("a filter for a long text", wide),
    ] {
        // Of negations, everyone may be the result.
        tough(&mut bench, what, Method::GET, format!("/Users?count=1&filter={}", encode(&filter)), None)
            .await?;
    }
    for name in ["count", "startIndex"] {
        for number in ["-1", "2147483648", "9223372036854775808", "1e999", "one", "%00"] {
            let path = format!("/Users?filter={}&{name}={number}", encode(&nobody));
            tough(&mut bench, "a number out of range", Method::GET, path, None).await?;
        }
    }
    Ok(finish(bench))
}

/// Bodies, on the run's own resources.
pub(super) async fn bodies(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, BODIES);
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let operation = json!({"op": "replace", "path": "nickName", "value": "scimtest"});
    let patch = |operations: Value| json!({"schemas": [urn::PATCH_OP], "Operations": operations}).to_string();
    // Written by hand: no JSON library builds it.
    let nested = |open: &str, close: &str| {
        let value = format!("{}0{}", open.repeat(5000), close.repeat(5000));
        patch(json!([operation])).replace("\"scimtest\"", &value)
    };
    let number = patch(json!([operation])).replace("\"scimtest\"", &"9".repeat(5000));
    for (what, body) in [
        ("arrays in arrays", nested("[", "]")),
        ("objects in objects", nested("{\"a\":", "}")),
        ("a number of many digits", number),
        ("a long text", patch(json!([{"op": "replace", "path": "nickName", "value": "a".repeat(100_000)}]))),
        ("many operations", patch(Value::from(vec![operation.clone(); 500]))),
        ("a path of many parts", patch(json!([{"op": "replace", "path": "a.".repeat(2000), "value": 1}]))),
    ] {
        tough(&mut bench, what, Method::PATCH, user.path.clone(), Some(body)).await?;
    }
    // Which of two names counts is open (RFC 8259 §4); a failure is none of the answers.
    let twice =
        bench.player.lab.person_body().to_string().replacen('{', "{\"displayName\":\"scimtest twice\",", 1);
    tough(&mut bench, "a name that comes twice", Method::POST, "/Users".to_owned(), Some(twice)).await?;
    if bench.groups() {
        members(&mut bench).await?;
    }
    Ok(finish(bench))
}

/// Ten thousand members whom nobody knows.
async fn members(bench: &mut Bench<'_, '_>) -> Result<(), WireError> {
    let Some(group) = bench.group(&[]).await? else { return Ok(()) };
    let one = "00000000-0000-4000-8000-000000000000";
    bench
        .patch(group.path.clone(), json!([{"op": "add", "path": "members", "value": [{"value": one}]}]))
        .await?;
    let (exchange, now) = (bench.last(), bench.read(&group).await?);
    let holds = now.is_some_and(|now| {
        let members = now.get("members").and_then(Value::as_array);
        members.is_some_and(|members| members.iter().any(|member| member["value"] == one))
    });
    if holds {
        let told = ("400, or a group without it".to_owned(), "the group shows the member".to_owned());
        bench.found_in(&catalog::SECURITY_UNKNOWN_MEMBER, None, told, exchange.as_ref());
    }
    let many: Vec<Value> =
        (0..10_000).map(|number| json!({"value": format!("scimtest-nobody-{number}")})).collect();
    let body = json!({
        "schemas": [urn::PATCH_OP],
        "Operations": [{"op": "add", "path": "members", "value": many}],
    });
    tough(bench, "ten thousand members", Method::PATCH, group.path.clone(), Some(body.to_string())).await
}

/// Sends, and takes no answer for an answer: if the endpoint answers something small then, that request was too much.
async fn tough(
    bench: &mut Bench<'_, '_>,
    what: &'static str,
    method: Method,
    path: String,
    body: Option<String>,
) -> Result<(), WireError> {
    let size = path.len() + body.as_ref().map_or(0, String::len);
    let media: &[_] = if body.is_some() { &[("Content-Type", "application/scim+json")] } else { &[] };
    let Err(error) = with_headers(bench, (method, path), media, body).await else { return Ok(()) };
    let unanswered = match error.kind {
        // The endpoint says when it wants to be asked again.
        WireErrorKind::Timeout if error.message.contains("come back later") => return Err(error),
        WireErrorKind::Timeout => true,
        // Whoever refuses a large body may close before it has all come.
        WireErrorKind::Broken => size <= MOST_READ_WHOLE,
        WireErrorKind::TooLarge => return Ok(()),
        _ => return Err(error),
    };
    let after = bench.get("/Users?startIndex=1&count=1").await;
    if unanswered || after.is_err() {
        let then = if after.is_err() { ", and it answers nothing else since" } else { "" };
        let told = ("an answer".to_owned(), format!("{error}{then}"));
        bench.found_in(&catalog::SECURITY_EXHAUSTION, Some(what), told, None);
    }
    after.map(|_| ())
}

/// Encoded, some six thousand bytes of an address.
const DEPTH: usize = 600;
const MOST_READ_WHOLE: usize = 16 * 1024;
