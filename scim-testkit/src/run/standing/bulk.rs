//! Bulk requests (RFC 7644 §3.7), where the endpoint says that it has them.

use http::Method;
use scim_core::{json as obj, urn};
use serde_json::{Map, Value, json};

use super::{
    bench::{Bench, object},
    names::eq,
};
use crate::{check::catalog, idp::WireError, report::StoryReport, run::play::Player};

pub(super) async fn check(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "bulk", "A bulk request does what it says");
    if bench.player.endpoint.bulk != Some(true) {
        bench.skip("/ServiceProviderConfig does not say that bulk is supported");
        return Ok(bench.finish());
    }
    let body = bench.player.lab.person_body();
    let mut operations = vec![json!({"method": "POST", "path": "/Users", "bulkId": "one", "data": body})];
    let team = bench.player.lab.unique("group");
    if bench.groups() && most(&bench) >= 2 {
        let data =
            json!({"schemas": [urn::GROUP], "displayName": team, "members": [{"value": "bulkId:one"}]});
        operations.push(json!({"method": "POST", "path": "/Groups", "bulkId": "two", "data": data}));
    }
    let asked = operations.len();
    let request = json!({"schemas": [urn::BULK_REQUEST], "Operations": operations});
    let limit = bench.player.endpoint.says("bulk", "maxPayloadSize").and_then(Value::as_u64);
    if limit.is_some_and(|limit| limit > 0 && (request.to_string().len() as u64) > limit) {
        bench.skip("`bulk.maxPayloadSize` leaves no room for two operations");
        return Ok(bench.finish());
    }
    let answer = bench.send(Method::POST, "/Bulk", request).await?;
    let exchange = bench.last();
    let got = bench.got();
    let replies = replies(object(&answer));
    let name = body["userName"].as_str().unwrap_or_default().to_owned();
    let user = find(&mut bench, "Users", "userName", &name).await?;
    let group = if asked > 1 { find(&mut bench, "Groups", "displayName", &team).await? } else { None };
    if replies.first().and_then(status) != Some(201) || user.is_none() {
        let stored = if user.is_some() { "the user exists" } else { "the user does not exist" };
        let told = ("200, an operation with status 201, and the user".to_owned(), format!("{got}; {stored}"));
        bench.found_in(&catalog::BULK_RESULT, None, told, exchange.as_ref());
        return Ok(bench.finish());
    }
    let unplaced = |reply: &&Map<String, Value>| {
        obj::get(reply, "location").is_none() && status(reply).is_some_and(|status| status < 300)
    };
    if let Some(reply) = replies.iter().find(unplaced) {
        let got = Value::Object(reply.clone()).to_string();
        let told = ("`location` in the operation's answer".to_owned(), got);
        bench.found_in(&catalog::BULK_RESULT, Some("location"), told, exchange.as_ref());
    }
    let id = user.as_ref().and_then(|user| obj::get(user, "id")).and_then(Value::as_str);
    if let Some(id) = id.filter(|_| asked > 1) {
        // The control: what a group with this member shows when it is created by itself.
        let control = match bench.group(&[id]).await? {
            Some(control) => bench.read(&control).await?,
            None => None,
        };
        if control.is_some_and(|control| lists(&control, id))
            && !group.as_ref().is_some_and(|group| lists(group, id))
        {
            let stored =
                group.map_or_else(|| "no group".to_owned(), |group| Value::Object(group).to_string());
            let told = ("a group with the new user as its member".to_owned(), format!("{got}; {stored}"));
            bench.found_in(&catalog::BULK_RESULT, Some("bulkId"), told, exchange.as_ref());
        }
    }
    fail_on_errors(&mut bench, &body).await?;
    Ok(bench.finish())
}

/// Whether the group has that member.
fn lists(group: &Map<String, Value>, id: &str) -> bool {
    let members = obj::get(group, "members").and_then(Value::as_array);
    members.is_some_and(|members| {
        members.iter().any(|member| member.get("value").and_then(Value::as_str) == Some(id))
    })
}

/// After as many errors as `failOnErrors` says, nothing more is done (§3.7.3).
async fn fail_on_errors(bench: &mut Bench<'_, '_>, taken: &Value) -> Result<(), WireError> {
    if most(bench) < 2 {
        return Ok(());
    }
    let body = bench.player.lab.person_body();
    let name = body["userName"].as_str().unwrap_or_default().to_owned();
    let request = json!({
        "schemas": [urn::BULK_REQUEST],
        "failOnErrors": 1,
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "taken", "data": taken},
            {"method": "POST", "path": "/Users", "bulkId": "more", "data": body},
        ],
    });
    let answer = bench.send(Method::POST, "/Bulk", request).await?;
    let exchange = bench.last();
    let failed = replies(object(&answer)).first().and_then(status) == Some(409);
    let made = find(bench, "Users", "userName", &name).await?.is_some();
    if failed && made {
        let told = ("no operation after the first error".to_owned(), "the second user exists".to_owned());
        bench.found_in(&catalog::BULK_FAIL_ON_ERRORS, None, told, exchange.as_ref());
    }
    Ok(())
}

/// What carries the name, taken over so that it is cleaned up.
async fn find(
    bench: &mut Bench<'_, '_>,
    collection: &str,
    attribute: &str,
    name: &str,
) -> Result<Option<Map<String, Value>>, WireError> {
    let target = format!("/{collection}?filter={}", scim_core::call::encode(&eq(attribute, name)));
    let found = bench.list(target).await?.unwrap_or_default();
    let named = |one: &Map<String, Value>| {
        super::bench::text(one, attribute).is_some_and(|stored| stored.eq_ignore_ascii_case(name))
    };
    let Some(listed) = found.into_iter().find(named) else { return Ok(None) };
    let Some(id) = obj::get(&listed, "id") else { return Ok(None) };
    // An id that is not text is a finding of its own.
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    bench.player.recorder.ledger.adopt(collection, &id, name);
    // A list may leave members out.
    let answer = bench.get(format!("/{collection}/{}", scim_core::call::encode(&id))).await?;
    Ok(Some(object(&answer).unwrap_or(listed)))
}

fn replies(answer: Option<Map<String, Value>>) -> Vec<Map<String, Value>> {
    let listed = answer.and_then(|answer| obj::get(&answer, "Operations").cloned());
    let listed = listed.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    listed.into_iter().filter_map(|one| one.as_object().cloned()).collect()
}

/// The status of an operation: text (§3.7.3), or what older servers send.
fn status(reply: &Map<String, Value>) -> Option<u64> {
    match obj::get(reply, "status")? {
        Value::String(text) => text.parse().ok(),
        Value::Object(status) => obj::get(status, "code")?.as_str()?.parse().ok(),
        Value::Number(code) => code.as_u64(),
        _ => None,
    }
}

fn most(bench: &Bench<'_, '_>) -> u64 {
    bench.player.endpoint.says("bulk", "maxOperations").and_then(Value::as_u64).unwrap_or(2)
}
