//! By what name a user or group is known: duplicates, letter case, `externalId`, renames.

use http::Method;
use scim_core::json as obj;
use serde_json::{Value, json};

use super::bench::{Bench, Made, text};
use crate::{check::catalog, idp::WireError, report::StoryReport, run::play::Player};

pub(super) async fn duplicate(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "duplicate-create", "The same user is created twice");
    let Some(first) = bench.user().await? else { return Ok(bench.nobody()) };
    let answer = bench.send(Method::POST, "/Users", first.sent.clone()).await?;
    let got = bench.got();
    if answer.is_success() {
        bench.found(&catalog::CREATE_DUPLICATE, None, "409", got);
    } else if answer.status != 409 {
        bench.found(&catalog::CREATE_DUPLICATE_STATUS, None, "409", got);
    } else {
        // The same name in another case is the same name (RFC 7643 §4.1.1).
        let mut shouted = bench.player.lab.person_body();
        shouted["userName"] = first.name().to_uppercase().into();
        let answer = bench.send(Method::POST, "/Users", shouted).await?;
        if answer.is_success() {
            let got = bench.got();
            bench.found(&catalog::CREATE_DUPLICATE, Some("in another letter case"), "409", got);
        }
    }
    Ok(bench.finish())
}

pub(super) async fn case(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench =
        Bench::new(player, "user-name-case", "A user is found whatever the case of the user name");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let found = bench.select("Users", &eq("userName", &user.name())).await?;
    if !found.is_some_and(|found| found.contains(&user.id)) {
        bench.skip("the filter does not find the user in any case");
        return Ok(bench.finish());
    }
    let found = bench.select("Users", &eq("userName", &user.name().to_uppercase())).await?;
    if !found.is_some_and(|found| found.contains(&user.id)) {
        let got = bench.got();
        bench.found(&catalog::LOOKUP_CASE, None, "the user", got);
    }
    Ok(bench.finish())
}

pub(super) async fn external_id(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench =
        Bench::new(player, "external-id-filter", "A user is found by externalId, and by no part of it");
    let start = bench.player.lab.unique("external");
    let Some(pair) = pair(&mut bench, "Users", &start).await? else {
        bench.skip("the endpoint does not store externalId");
        return Ok(bench.finish());
    };
    exact(&mut bench, "Users", "externalId", &start, &pair).await?;
    Ok(bench.finish())
}

/// Groups by name and by `externalId`: a provider that finds the wrong group writes to it.
pub(super) async fn groups(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "group-filter", "A group is found by its name, and by no part of it");
    if !bench.groups() {
        bench.skip("the endpoint has no groups");
        return Ok(bench.finish());
    }
    let start = bench.player.lab.unique("team");
    let mut made = Vec::new();
    // The third is what an endpoint shows that does not filter at all.
    for name in [start.clone(), format!("{start}-two"), bench.player.lab.unique("stranger")] {
        let body = json!({"schemas": [scim_core::urn::GROUP], "displayName": name});
        match bench.make("Groups", body).await? {
            Some(group) => made.push(group),
            None => {
                bench.skip("no group could be created");
                return Ok(bench.finish());
            }
        }
    }
    let stored = made[0].stored.clone();
    if text(&stored, "displayName").as_deref() == Some(start.as_str()) {
        exact(&mut bench, "Groups", "displayName", &start, &made).await?;
        let filter = format!("{} and {}", eq("displayName", &start), eq("id", &made[1].id));
        let found = bench.select("Groups", &filter).await?.unwrap_or_default();
        if found.iter().any(|id| made.iter().any(|one| one.id == *id)) && bench.is_clean() {
            let got = bench.got();
            bench.found(&catalog::FILTER_RESULT, Some("groups: and"), format!("{filter}: nothing"), got);
        }
    }
    members(&mut bench, &made[0]).await?;
    let start = bench.player.lab.unique("external");
    if let Some(pair) = pair(&mut bench, "Groups", &start).await? {
        exact(&mut bench, "Groups", "externalId", &start, &pair).await?;
    }
    Ok(bench.finish())
}

/// The groups of a user, by a filter: the one with the user and not the one without.
async fn members(bench: &mut Bench<'_, '_>, without: &Made) -> Result<(), WireError> {
    let Some(user) = bench.user().await? else { return Ok(()) };
    let Some(with) = bench.group(&[&user.id]).await? else { return Ok(()) };
    let filter = eq("members.value", &user.id);
    let Some(found) = bench.select("Groups", &filter).await? else { return Ok(()) };
    // Whether a group that hides its members is found is another question, and so is a filter that is ignored.
    if found.contains(&without.id) && bench.is_clean() {
        let got = bench.got();
        let expected = format!("{filter}: group {} alone", with.id);
        bench.found(&catalog::FILTER_RESULT, Some("groups: members"), expected, got);
    }
    Ok(())
}

/// Two resources, the `externalId` of the second beginning with that of the first, and a stranger; `None` if it is not
/// stored.
async fn pair(
    bench: &mut Bench<'_, '_>,
    collection: &str,
    start: &str,
) -> Result<Option<Vec<Made>>, WireError> {
    let mut made = Vec::new();
    for external in [start.to_owned(), format!("{start}-two"), bench.player.lab.unique("stranger")] {
        let mut body = if collection == "Users" {
            bench.player.lab.person_body()
        } else {
            json!({"schemas": [scim_core::urn::GROUP], "displayName": bench.player.lab.unique("group")})
        };
        body["externalId"] = external.clone().into();
        let Some(one) = bench.make(collection, body).await? else { return Ok(None) };
        if text(&one.stored, "externalId").as_deref() != Some(external.as_str()) {
            return Ok(None);
        }
        made.push(one);
    }
    Ok(Some(made))
}

/// `attribute eq start` finds the first of two, and a part of the value finds neither.
async fn exact(
    bench: &mut Bench<'_, '_>,
    collection: &str,
    attribute: &str,
    start: &str,
    made: &[Made],
) -> Result<(), WireError> {
    let subject = format!("{collection} by {attribute}");
    let Some(found) = bench.select(collection, &eq(attribute, start)).await? else {
        return Ok(());
    };
    let (first, second) = (found.contains(&made[0].id), found.contains(&made[1].id));
    let short = is_short(bench, found.len());
    let (exchange, got) = (bench.last(), bench.got());
    if second {
        let got = format!("also the one with {attribute} \"{start}-two\"");
        let expected = format!("only what has {attribute} {start:?}");
        loose(bench, strangers(&found, made), &subject, expected, got);
    } else if !first && !short && bench.read(&made[0]).await?.is_some() {
        let check = match (collection, attribute) {
            ("Users", _) => &catalog::LOOKUP_EXTERNAL_ID,
            (_, "displayName") => &catalog::LOOKUP_MISSES,
            // No provider needs it of a group.
            _ => return Ok(()),
        };
        let expected = if collection == "Users" { "the user" } else { "the group" };
        bench.found_in(check, None, (expected.to_owned(), got), exchange.as_ref());
    }
    // What stands in the middle of both values.
    let part = &start[1..start.len() - 1];
    let found = bench.select(collection, &eq(attribute, part)).await?.unwrap_or_default();
    if let Some(id) = found.iter().find(|id| made.iter().any(|one| one.id == **id)) {
        let got = format!("the resource with id {id:?}");
        loose(bench, strangers(&found, made), &subject, format!("nothing: no {attribute} is {part:?}"), got);
    }
    Ok(())
}

/// Whether there is somebody who resembles nobody: the filter is not applied at all.
fn strangers(found: &[String], made: &[Made]) -> bool {
    found.iter().any(|id| made.iter().take(2).all(|one| one.id != *id))
}

fn loose(bench: &mut Bench<'_, '_>, ignored: bool, subject: &str, expected: String, got: String) {
    if ignored {
        bench.found(&catalog::LOOKUP_IGNORED, None, expected, got);
    } else {
        bench.found(&catalog::LOOKUP_NOT_EXACT, Some(subject), expected, got);
    }
}

/// After a rename, the new name finds the resource, and the old one is free.
pub(super) async fn rename(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "rename", "After a rename only the new name counts");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let domain = bench.player.run.mail_domain().to_owned();
    let new = format!("{}@{domain}", bench.player.lab.unique("renamed"));
    renamed(&mut bench, "Users", "userName", user, &new).await?;
    if bench.groups()
        && let Some(group) = bench.group(&[]).await?
    {
        let new = bench.player.lab.unique("renamed");
        renamed(&mut bench, "Groups", "displayName", group, &new).await?;
    }
    Ok(bench.finish())
}

async fn renamed(
    bench: &mut Bench<'_, '_>,
    collection: &str,
    attribute: &str,
    made: Made,
    new: &str,
) -> Result<(), WireError> {
    let old = made.name();
    // Otherwise an index that lags is no news, and an endpoint without the filter cannot be asked.
    let before = bench.select(collection, &eq(attribute, &old)).await?;
    if before.is_none_or(|found| found != [made.id.clone()]) {
        return Ok(());
    }
    let operations = json!([{"op": "replace", "path": attribute, "value": new}]);
    let answer = bench.patch(made.path.clone(), operations).await?;
    if !answer.is_success() {
        let mut body = made.sent.clone();
        body["id"] = made.id.clone().into();
        body[attribute] = new.into();
        bench.send(Method::PUT, made.path.clone(), body).await?;
    }
    let stored = bench.read(&made).await?.and_then(|now| text(&now, attribute));
    if stored.is_none_or(|stored| stored.to_lowercase() != new.to_lowercase()) {
        // A name that cannot be changed, or a change that is lost, is not what this is about.
        return Ok(());
    }
    let found = bench.select(collection, &eq(attribute, &old)).await?.unwrap_or_default();
    if found.contains(&made.id) {
        let expected = format!("nothing in /{collection} by the old {attribute}");
        bench.found(&catalog::RENAME_STALE, None, expected, format!("id {:?}", made.id));
    }
    let found = bench.select(collection, &eq(attribute, new)).await?;
    if found.is_some_and(|found| found.is_empty()) {
        let got = bench.got();
        let expected = format!("the resource in /{collection} by the new {attribute}");
        bench.found(&catalog::RENAME_STALE, None, expected, got);
    }
    let body = another(bench, collection, &old);
    let answer = bench.send(Method::POST, format!("/{collection}"), body).await?;
    if answer.status == 409 {
        let got = bench.got();
        let expected = format!("201 to a new resource in /{collection} under the old {attribute}");
        bench.found(&catalog::RENAME_STALE, None, expected, got);
    }
    Ok(())
}

/// A new resource under a name that was used before, and different from the first in all else.
pub(super) fn another(bench: &mut Bench<'_, '_>, collection: &str, name: &str) -> Value {
    if collection == "Groups" {
        return json!({"schemas": [scim_core::urn::GROUP], "displayName": name});
    }
    let mut body = bench.player.lab.person_body();
    body["userName"] = name.into();
    body
}

/// `attribute eq "value"`.
pub(in crate::run) fn eq(attribute: &str, value: &str) -> String {
    format!("{attribute} eq {}", Value::from(value))
}

/// Whether the last page holds less than all that matches.
pub(super) fn is_short(bench: &Bench<'_, '_>, here: usize) -> bool {
    let exchange = bench.last();
    let page =
        exchange.as_ref().and_then(|exchange| exchange.answer.json.as_ref()).and_then(Value::as_object);
    let total = page.and_then(|page| obj::get(page, "totalResults")).and_then(Value::as_u64).unwrap_or(0);
    let cursor = page.and_then(|page| obj::get(page, "nextCursor")).is_some_and(Value::is_string);
    cursor || total > here as u64
}
