//! A few of the resources that are there, and what reading tells of them.
//!
//! Others write meanwhile: what takes two requests to see is looked at twice, and nothing is said when the resource or
//! the list is not what it was.

use scim_core::{call::encode, json as obj};
use serde_json::{Map, Value};

use crate::{
    check::{Check, catalog},
    idp::WireError,
    report::StoryReport,
    run::{
        play::Player,
        standing::{
            bench::{Bench, emails, ids, object, resources, text, total},
            names::eq,
        },
    },
};

/// The users that are looked at.
#[derive(Default)]
pub(super) struct Sample(Vec<Map<String, Value>>);

impl Sample {
    /// Where the first one is.
    pub(super) fn path(&self) -> Option<String> {
        self.0.first().and_then(|user| path("Users", user))
    }
}

fn path(collection: &str, resource: &Map<String, Value>) -> Option<String> {
    text(resource, "id").map(|id| format!("/{collection}/{}", encode(&id)))
}

pub(super) async fn take(player: &mut Player<'_>) -> Result<Sample, WireError> {
    let answer =
        player.recorder.ask(http::Method::GET, format!("/Users?startIndex=1&count={MOST}"), None).await?;
    let listed = object(&answer).map(|page| resources(&page)).unwrap_or_default();
    Ok(Sample(listed.into_iter().filter(|user| text(user, "id").is_some()).take(MOST).collect()))
}

/// Why nothing could be looked at.
const NOBODY: &str = "the endpoint shows no users";

/// A few users, as they are shown.
pub(super) async fn people(player: &mut Player<'_>, sample: &Sample) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "read-users", "Users that are there are shown as the RFC says");
    bench.get(format!("/Users?startIndex=1&count={MOST}")).await?;
    bench.judge();
    for place in sample.0.iter().filter_map(|user| path("Users", user)).take(MOST_READ) {
        if bench.get(place.clone()).await?.status != 404 {
            continue;
        }
        // Gone a moment ago, or never readable: the list knows.
        let still = bench.list(format!("/Users?startIndex=1&count={MOST}")).await?.unwrap_or_default();
        let still = still.iter().any(|user| path("Users", user).as_ref() == Some(&place));
        if still && bench.get(place).await?.status == 404 {
            let got = bench.got();
            bench.found(&catalog::USER_GONE, Some("listed"), "the user that the list shows", got);
        }
    }
    if sample.0.is_empty() {
        bench.skip(NOBODY);
    }
    Ok(bench.finish())
}

/// Filters find who is there.
pub(super) async fn find(player: &mut Player<'_>, sample: &Sample) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "find-users", "Users that are there are found by name");
    let nobody = bench.player.lab.unique("nobody");
    let answer = bench.get(format!("/Users?filter={}", encode(&eq("userName", &nobody)))).await?;
    if answer.status == 404 {
        let got = bench.got();
        bench.found(&catalog::LOOKUP_MISS_STATUS, None, "200 with an empty list", got);
        bench.pass_over();
    } else if object(&answer).is_some_and(|page| !resources(&page).is_empty()) {
        let got = bench.got();
        bench.found(&catalog::LOOKUP_IGNORED, None, "no user of a name that nobody has", got);
    }
    let Some(user) = sample.0.iter().find(|user| text(user, "userName").is_some()) else {
        bench.skip(NOBODY);
        return Ok(bench.finish());
    };
    let (id, name) = (text(user, "id").unwrap_or_default(), text(user, "userName").unwrap_or_default());
    bench.judge();
    if bench.select("Users", &eq("userName", &name)).await?.is_none() {
        let promised = bench.player.endpoint.supports("filter") == Some(true);
        if promised && bench.last().is_some_and(|exchange| exchange.answer.status < 500) {
            let got = bench.got();
            bench.found(&catalog::DISCOVERY_PROMISE, Some("filter"), "the user", got);
        }
        bench.skip("the endpoint refuses `userName eq`");
        return Ok(bench.finish());
    }
    if !finds(&mut bench, ("userName", &name), &id, &catalog::LOOKUP_MISSES, (&id, &name)).await? {
        return Ok(bench.finish());
    }
    let other = if name.to_uppercase() == name { name.to_lowercase() } else { name.to_uppercase() };
    finds(&mut bench, ("userName", &other), &id, &catalog::LOOKUP_CASE, (&id, &name)).await?;
    if let Some(external) = text(user, "externalId").filter(|external| !external.is_empty()) {
        finds(&mut bench, ("externalId", &external), &id, &catalog::LOOKUP_EXTERNAL_ID, (&id, &name)).await?;
    }
    Ok(bench.finish())
}

/// Whether a filter finds the user, looked at twice; an endpoint may refuse it.
async fn finds(
    bench: &mut Bench<'_, '_>,
    (attribute, value): (&str, &str),
    id: &str,
    check: &'static Check,
    (user, name): (&str, &str),
) -> Result<bool, WireError> {
    for _ in 0..2 {
        let found = bench.select("Users", &eq(attribute, value)).await?;
        let whole = bench
            .player
            .recorder
            .last()
            .and_then(|exchange| exchange.answer.json.as_ref()?.as_object().cloned());
        // Not all that matches may be on one page.
        let more = whole.as_ref().and_then(total).zip(found.as_ref()).is_some_and(|(total, found)| {
            i64::try_from(found.len()).is_ok_and(|here| total > here) && !found.is_empty()
        });
        if found.is_none_or(|found| found.iter().any(|one| one == id)) || more {
            return Ok(true);
        }
    }
    let (exchange, got) = (bench.last(), bench.got());
    let now = bench.get(format!("/Users/{}", encode(user))).await?;
    if object(&now).and_then(|user| text(&user, "userName")).as_deref() == Some(name) {
        let told = ("the user that the list shows".to_owned(), got);
        bench.found_in(check, None, told, exchange.as_ref());
    }
    Ok(false)
}

/// A filter that cannot be understood is refused.
pub(super) async fn malformed(player: &mut Player<'_>, sample: &Sample) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "malformed-filter", "A filter that cannot be understood is refused");
    let Some(name) = sample.0.iter().find_map(|user| text(user, "userName")) else {
        bench.skip(NOBODY);
        return Ok(bench.finish());
    };
    if bench.select("Users", &eq("userName", &name)).await?.is_none_or(|found| found.len() != 1) {
        bench.skip("filters do not work");
        return Ok(bench.finish());
    }
    for (what, filter) in [
        ("an open quote", "userName eq \"scimtest-nobody"),
        ("an unknown operator", "userName zz \"scimtest-nobody\""),
        ("an open parenthesis", "(userName eq \"scimtest-nobody\""),
        ("an operator without a value", "userName eq"),
    ] {
        if let Some(found) = bench.select("Users", filter).await? {
            let got = format!("200 with {} user(s)", found.len());
            bench.found(&catalog::FILTER_MALFORMED, Some(what), format!("{filter}: 400 invalidFilter"), got);
        }
    }
    Ok(bench.finish())
}

/// A client gets the attributes that it asks for.
pub(super) async fn projection(player: &mut Player<'_>, sample: &Sample) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "projection", "A client gets the attributes that it asks for");
    let Some((user, place)) = sample
        .0
        .iter()
        .filter(|user| !emails(user).is_empty())
        .find_map(|user| Some((user, path("Users", user)?)))
    else {
        bench.skip("the endpoint shows no user who has an e-mail address");
        return Ok(bench.finish());
    };
    let name = text(user, "userName");
    for query in ["attributes=userName", "excludedAttributes=emails"] {
        let answer = bench.get(format!("{place}?{query}")).await?;
        let Some(part) = object(&answer) else {
            if (400..500).contains(&answer.status) && answer.status != 404 {
                let got = bench.got();
                bench.found(&catalog::PROJECTION, Some("refused"), format!("200 with ?{query}"), got);
            }
            continue;
        };
        if !emails(&part).is_empty() {
            let expected = format!("no `emails` with ?{query}");
            bench.found(&catalog::PROJECTION, None, expected, "`emails` is there");
        } else if name.is_some() && text(&part, "userName").is_none() || obj::get(&part, "id").is_none() {
            let expected = format!("id, userName with ?{query}");
            bench.found(&catalog::PROJECTION, None, expected, "one is missing");
        }
    }
    Ok(bench.finish())
}

/// Two small pages, and one beyond the end.
pub(super) async fn pages(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "paging", "The list of users is read in small pages");
    if bench.player.endpoint.says("pagination", "index").and_then(Value::as_bool) == Some(false) {
        bench.skip("/ServiceProviderConfig says that there is no paging by index");
        return Ok(bench.finish());
    }
    let mut seen: Vec<(i64, Vec<String>)> = Vec::new();
    for _ in 0..2 {
        let mut both = Vec::new();
        for start in [1, 3] {
            let answer = bench.get(format!("/Users?startIndex={start}&count=2")).await?;
            let page = object(&answer).unwrap_or_default();
            both.push((total(&page).unwrap_or_default(), ids(&resources(&page))));
        }
        bench.judge();
        let [(first, one), (second, two)] = both.as_slice() else { return Ok(bench.finish()) };
        if *first != *second || one.len() != 2 || two.is_empty() || !two.iter().any(|id| one.contains(id)) {
            break;
        }
        seen.push((*first, two.clone()));
    }
    if let [before, after] = seen.as_slice()
        && before == after
    {
        let check = if before.1.len() == 2 { &catalog::LIST_START_INDEX } else { &catalog::LIST_UNSTABLE };
        let got = format!("a user of the page before, though totalResults stays {}", before.0);
        bench.found(check, None, "the third user and the fourth", got);
    }
    bench.get("/Users?count=0").await?;
    let answer = bench.get("/Users?startIndex=2000000000&count=1").await?;
    if matches!(answer.status, 400 | 404) {
        let got = bench.got();
        bench.found(&catalog::LIST_BEYOND_END, None, "200 with an empty page", got);
    } else if object(&answer)
        .is_some_and(|page| !resources(&page).is_empty() && total(&page) < Some(2_000_000_000))
    {
        let got = bench.got();
        bench.found(&catalog::LIST_START_INDEX, Some("beyond the end"), "an empty page", got);
        bench.pass_over();
    }
    Ok(bench.finish())
}

/// A few groups, and one of them by name.
pub(super) async fn groups(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "read-groups", "Groups that are there are shown, and found by name");
    if !bench.groups() {
        bench.skip("the endpoint has no groups");
        return Ok(bench.finish());
    }
    let listed = bench.list(format!("/Groups?startIndex=1&count={MOST}")).await?.unwrap_or_default();
    let Some(group) = listed.iter().find(|group| path("Groups", group).is_some()) else {
        bench.skip("the endpoint shows no groups");
        return Ok(bench.finish());
    };
    let place = path("Groups", group).unwrap_or_default();
    bench.get(format!("{place}?excludedAttributes=members")).await?;
    let (Some(id), Some(name)) = (text(group, "id"), text(group, "displayName")) else {
        return Ok(bench.finish());
    };
    for round in 0..2 {
        let found = bench.select("Groups", &eq("displayName", &name)).await?;
        if found.is_none_or(|found| found.len() > 1 || found.contains(&id)) {
            break;
        }
        if round == 1 {
            let (exchange, got) = (bench.last(), bench.got());
            let now = bench.get(place.clone()).await?;
            if object(&now).and_then(|group| text(&group, "displayName")).as_deref() == Some(name.as_str()) {
                let told = ("the group that the list shows".to_owned(), got);
                bench.found_in(&catalog::LOOKUP_MISSES, Some("groups"), told, exchange.as_ref());
            }
        }
    }
    Ok(bench.finish())
}

/// An id that never was.
pub(super) async fn unknown(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "unknown-ids", "A resource that does not exist is answered with 404");
    let collections: &[&str] = if bench.groups() { &["Users", "Groups"] } else { &["Users"] };
    for collection in collections {
        let answer = bench.get(format!("/{collection}/00000000-0000-4000-8000-000000000000")).await?;
        if !matches!(answer.status, 404 | 410) && answer.status < 500 {
            let got = bench.got();
            bench.pass_over();
            bench.found(&catalog::UNKNOWN_ID, None, "404 to GET of an id that does not exist", got);
        }
    }
    Ok(bench.finish())
}

/// So many users are asked for at once, and so many of them are read one by one.
const MOST: usize = 5;
const MOST_READ: usize = 3;
