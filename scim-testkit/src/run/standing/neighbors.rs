//! What a change must leave as it was: the attributes beside the one that is written, and the groups of a user.

use scim_core::{json as obj, urn};
use serde_json::{Map, Value, json};

use super::bench::{Bench, text};
use crate::{check::catalog, idp::WireError, report::StoryReport, run::play::Player};

/// One attribute of the enterprise extension is written: the others stay. And `primary` is kept.
pub(super) async fn attributes(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "neighbor-attributes", "What a change does not name stays as it was");
    let Some(manager) = bench.user().await? else { return Ok(bench.nobody()) };
    let mut body = bench.player.lab.person_body();
    let name = body["userName"].clone();
    let home = format!("home-{}@{}", bench.player.lab.unique("mail"), bench.player.run.mail_domain());
    body["emails"] = json!([
        {"value": name, "type": "work", "primary": true},
        {"value": home, "type": "home"},
    ]);
    body["schemas"] = json!([urn::USER, urn::ENTERPRISE_USER]);
    body[urn::ENTERPRISE_USER] = json!({
        "department": "before", "costCenter": "17", "employeeNumber": "4711", "manager": {"value": manager.id},
    });
    let Some(user) = bench.make("Users", body).await? else {
        bench.pass_over();
        bench.skip("the endpoint takes no user with two e-mails and the enterprise extension");
        return Ok(bench.finish());
    };
    let created = bench.last();
    let Some(before) = bench.read(&user).await? else { return Ok(bench.finish()) };
    // Which address is the primary one is the endpoint's to say; that none is, though one was sent, is a loss.
    let known = bench.player.endpoint.attributes.as_ref();
    let advertised = known.is_some_and(|known| known.iter().any(|it| it == "emails.primary"));
    let listed = obj::get(&before, "emails").and_then(Value::as_array);
    if advertised
        && let Some(listed) = listed.filter(|listed| listed.len() > 1)
        && !listed.iter().filter_map(Value::as_object).any(is_primary)
    {
        let told = ("the primary address is stored as such".to_owned(), "no `primary`".to_owned());
        bench.found_in(&catalog::USER_ATTRIBUTE_LOST, Some("emails.primary"), told, created.as_ref());
    }
    // A name that another user has: seen only in what is stored, as an endpoint may keep its names.
    let taken = manager.name();
    let change = json!([{"op": "replace", "path": "userName", "value": taken}]);
    let renamed = bench.patch(user.path.clone(), change).await?;
    let exchange = bench.last();
    let both = if renamed.is_success() { bench.read(&user).await? } else { None };
    if both.and_then(|user| text(&user, "userName")).is_some_and(|name| name.eq_ignore_ascii_case(&taken)) {
        let told = ("409: another user has this userName".to_owned(), "two users have it".to_owned());
        bench.found_in(&catalog::CREATE_DUPLICATE, Some("by PATCH"), told, exchange.as_ref());
    }
    let path = format!("{}:department", urn::ENTERPRISE_USER);
    let change = json!([{"op": "replace", "path": path, "value": "after"}]);
    let answer = bench.patch(user.path.clone(), change).await?;
    let exchange = bench.last();
    let Some(after) = bench.read(&user).await?.filter(|_| answer.is_success()) else {
        bench.pass_over();
        return Ok(bench.finish());
    };
    // Whether a path with a URN works is another check's question.
    if extension(&after, "department") == Some("after") {
        for attribute in ["costCenter", "employeeNumber", "manager"] {
            if has(&before, attribute) && !has(&after, attribute) {
                let told = (format!("`{attribute}` as before"), format!("no `{attribute}`"));
                bench.found_in(&catalog::USER_ATTRIBUTE_LOST, Some(attribute), told, exchange.as_ref());
            }
        }
    }
    Ok(bench.finish())
}

/// A member gets another name, and is deleted: the group stays. The group gets another name: its `externalId` stays.
pub(super) async fn groups(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "neighbor-groups", "A group outlasts the changes of its members");
    if !bench.groups() {
        bench.skip("the endpoint has no groups");
        return Ok(bench.finish());
    }
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let (name, external) = (bench.player.lab.unique("group"), bench.player.lab.unique("external"));
    let body = json!({
        "schemas": [urn::GROUP], "displayName": name, "externalId": external, "members": [{"value": user.id}],
    });
    let Some(group) = bench.make("Groups", body).await? else {
        bench.pass_over();
        bench.skip("no group could be created");
        return Ok(bench.finish());
    };
    let member = |group: &Map<String, Value>| {
        let members = obj::get(group, "members").and_then(Value::as_array);
        members.into_iter().flatten().any(|it| it.get("value").and_then(Value::as_str) == Some(&user.id))
    };
    let Some(before) = bench.read(&group).await? else { return Ok(bench.finish()) };
    let shown = member(&before);
    let domain = bench.player.run.mail_domain().to_owned();
    let renamed = format!("{}@{domain}", bench.player.lab.unique("renamed"));
    let change = json!([{"op": "replace", "path": "userName", "value": renamed}]);
    let answer = bench.patch(user.path.clone(), change).await?;
    let exchange = bench.last();
    if answer.is_success() && shown && bench.read(&group).await?.is_some_and(|group| !member(&group)) {
        let told = ("the user is still a member".to_owned(), "after the new userName, no more".to_owned());
        bench.found_in(&catalog::GROUP_SIDE_EFFECT, None, told, exchange.as_ref());
    }
    let new = bench.player.lab.unique("group");
    let change = json!([{"op": "replace", "path": "displayName", "value": new}]);
    let answer = bench.patch(group.path.clone(), change).await?;
    let exchange = bench.last();
    let kept = |group: &Map<String, Value>| text(group, "externalId").as_deref() == Some(external.as_str());
    if answer.is_success() && kept(&before) && bench.read(&group).await?.is_some_and(|group| !kept(&group)) {
        let told = (format!("externalId {external:?}"), "after the new displayName, another".to_owned());
        bench.found_in(&catalog::GROUP_EXTERNAL_ID, None, told, exchange.as_ref());
    }
    let gone = bench.delete(user.path.clone()).await?;
    let exchange = bench.last();
    if gone.status >= 500 && gone.status != 501 {
        let told = ("204, and the user is no member any more".to_owned(), bench.got());
        bench.found_in(&catalog::HTTP_SERVER_ERROR, None, told, exchange.as_ref());
    }
    if gone.is_success() && bench.read(&group).await?.is_none() {
        let status = bench.last().map(|it| it.answer.status).unwrap_or_default();
        if matches!(status, 404 | 410) {
            let told = ("the group, now without members".to_owned(), status.to_string());
            bench.pass_over();
            bench.found_in(&catalog::GROUP_GONE, Some("after its last member"), told, exchange.as_ref());
        }
    }
    // The writes are judged where they are what is asked.
    bench.pass_over();
    Ok(bench.finish())
}

fn is_primary(email: &Map<String, Value>) -> bool {
    obj::get(email, "primary").is_some_and(|it| !it.is_null() && *it != Value::Bool(false))
}

fn extension<'a>(user: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    obj::get(user, urn::ENTERPRISE_USER)?.get(name)?.as_str()
}

fn has(user: &Map<String, Value>, name: &str) -> bool {
    let data = obj::get(user, urn::ENTERPRISE_USER).and_then(|data| data.get(name));
    data.is_some_and(|value| !value.is_null() && *value != json!({}) && *value != json!(""))
}
