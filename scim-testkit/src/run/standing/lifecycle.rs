//! The end of a resource, and what comes after it.

use http::Method;
use scim_core::json as obj;
use serde_json::{Value, json};

use super::{
    bench::{Bench, Made, object},
    names::{another, eq},
};
use crate::{check::catalog, idp::WireError, report::StoryReport, run::play::Player};

/// A deleted user is gone for every later request, and the name is free.
pub(super) async fn deletion(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "deletion", "A deleted user is gone");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    deleted(&mut bench, "Users", "userName", &user).await?;
    unknown(&mut bench, "Users").await?;
    Ok(bench.finish())
}

pub(super) async fn group_deletion(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "group-deletion", "A deleted group is gone");
    if !bench.groups() {
        bench.skip("the endpoint has no groups");
        return Ok(bench.finish());
    }
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let Some(group) = bench.group(&[&user.id]).await? else {
        bench.skip("no group could be created");
        return Ok(bench.finish());
    };
    deleted(&mut bench, "Groups", "displayName", &group).await?;
    unknown(&mut bench, "Groups").await?;
    Ok(bench.finish())
}

async fn deleted(
    bench: &mut Bench<'_, '_>,
    collection: &str,
    attribute: &str,
    made: &Made,
) -> Result<(), WireError> {
    let searchable = bench.select(collection, &eq(attribute, &made.name())).await?;
    let searchable = searchable.is_some_and(|found| found.contains(&made.id));
    let answer = bench.delete(made.path.clone()).await?;
    if !answer.is_success() || answer.status == 202 {
        bench.skip(format!("DELETE answered {}", answer.status));
        return Ok(());
    }
    let rename = json!({
        "schemas": [scim_core::urn::PATCH_OP],
        "Operations": [{"op": "replace", "path": "displayName", "value": "who is this"}],
    });
    let requests = [
        (Method::GET, None),
        (Method::PUT, Some(made.sent.clone())),
        (Method::PATCH, Some(rename)),
        (Method::DELETE, None),
    ];
    for (method, body) in requests {
        bench.judge();
        let answer = bench.player.recorder.ask(method.clone(), made.path.clone(), body).await?;
        let got = bench.got();
        if method == Method::GET && answer.is_success() {
            bench.found(&catalog::DELETE_NO_EFFECT, None, "404", got);
            return Ok(());
        }
        if method == Method::PUT && answer.is_success() {
            // The resource is there again, under its old id or a new one: nothing more can be asked of its deletion.
            bench.adopt(collection, &answer, &made.name());
            bench.pass_over();
            bench.found(&catalog::PUT_CREATES, None, "404", got);
            return Ok(());
        } else if !matches!(answer.status, 404 | 405 | 410) && answer.status < 500 {
            bench.found(&catalog::UNKNOWN_ID, None, format!("404 to {method} of a deleted id"), got);
        }
    }
    if searchable {
        let found = bench.select(collection, &eq(attribute, &made.name())).await?.unwrap_or_default();
        if found.contains(&made.id) {
            let got = format!("id {:?}", made.id);
            bench.found(&catalog::LIST_DELETED, None, "no such resource", got);
            return Ok(());
        }
    }
    let body = another(bench, collection, &made.name());
    let answer = bench.send(Method::POST, format!("/{collection}"), body).await?;
    if answer.status == 409 {
        let got = bench.got();
        bench.found(&catalog::CREATE_AFTER_DELETE, Some(collection), "201", got);
    }
    Ok(())
}

/// An id that never was.
async fn unknown(bench: &mut Bench<'_, '_>, collection: &str) -> Result<(), WireError> {
    let answer = bench.get(format!("/{collection}/{NOBODY}")).await?;
    if !matches!(answer.status, 404 | 410) && answer.status < 500 {
        let got = bench.got();
        bench.pass_over();
        bench.found(&catalog::UNKNOWN_ID, None, "404 to GET of an id that does not exist", got);
    }
    Ok(())
}

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// A user who is created inactive.
pub(super) async fn inactive(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "inactive-create", "A user is created inactive");
    let mut body = bench.player.lab.person_body();
    body["active"] = false.into();
    let answer = bench.send(Method::POST, "/Users", body).await?;
    let exchange = bench.last();
    let Some(made) = object(&answer) else {
        bench.skip(format!("the endpoint refuses it: {}", answer.status));
        return Ok(bench.finish());
    };
    let Some(id) = obj::get(&made, "id").and_then(Value::as_str).map(str::to_owned) else {
        return Ok(bench.nobody());
    };
    let active = |user: &serde_json::Map<String, Value>| obj::get(user, "active").and_then(Value::as_bool);
    let answer = bench.get(format!("/Users/{}", scim_core::call::encode(&id))).await?;
    let stored = object(&answer).as_ref().and_then(active);
    match (active(&made), stored) {
        (Some(true), Some(true)) => {
            let told = ("active false".to_owned(), "active true".to_owned());
            bench.found_in(&catalog::CREATE_ACTIVE, None, told, exchange.as_ref());
        }
        (Some(false), Some(true)) => {
            let told = ("what the answer says: active false".to_owned(), "active true".to_owned());
            bench.found_in(&catalog::ANSWER_STALE, Some("active"), told, exchange.as_ref());
        }
        _ => {}
    }
    Ok(bench.finish())
}
