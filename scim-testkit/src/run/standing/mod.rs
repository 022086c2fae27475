//! Checks that belong to no provider's story: asked once in a run, in plain RFC form.

mod filters;
mod protocol;

use http::Method;
use scim_core::{call::encode, json as obj};
use serde_json::Value;

use super::{
    Exchange,
    findings::Sighting,
    play::Player,
    probe::{Feature, Outcome as Answered},
};

use crate::{
    check::{
        Check, Level, catalog,
        exchange::{self as invariants, described},
    },
    idp::WireError,
    report::{Status, StoryReport},
};

/// Plays the standing checks.
pub(super) async fn check(player: &mut Player<'_>) -> Result<Vec<StoryReport>, WireError> {
    Ok(vec![
        duplicate(player).await?,
        case(player).await?,
        external_id(player).await?,
        filters::operators(player).await?,
        paging(player).await?,
        protocol::authentication(player).await?,
        protocol::deletion(player).await?,
        protocol::projection(player).await?,
        protocol::client_chosen_id(player).await?,
        protocol::malformed(player).await?,
        protocol::atomic_patch(player).await?,
        protocol::preconditions(player).await?,
        protocol::search(player).await?,
        protocol::bulk(player).await?,
        protocol::sort(player).await?,
        patch(player).await?,
    ])
}

/// The forms of PATCH that the RFC itself demands, whether or not a provider of this run uses them.
async fn patch(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("patch-forms", "Every form of PATCH that the RFC defines works");
    let mut outcome = Outcome::new();
    if let Answered::Fails(failures) = player.probe(Feature::Replace).await? {
        let status =
            failures.first().and_then(|failure| failure.exchange.as_ref()).map(|it| it.answer.status);
        if let Some(status @ (404 | 405 | 501)) = status {
            outcome.skipped = Some(format!("PATCH is not supported: {status}"));
            return Ok(outcome.report(story, title));
        }
    }
    let groups: &[Feature] = if player.endpoint.no_groups.is_some() { &[] } else { RFC_GROUP_FORMS };
    for feature in RFC_USER_FORMS.iter().chain(groups) {
        let Answered::Fails(failures) = player.probe(*feature).await? else { continue };
        for failure in failures {
            let seen = (failure.check, failure.expected, failure.got);
            see(player, &mut outcome, seen, failure.exchange.as_ref(), story);
        }
    }
    Ok(outcome.report(story, title))
}

const RFC_USER_FORMS: &[Feature] = &[
    Feature::Replace,
    Feature::Pathless,
    Feature::SubAttribute,
    Feature::AddSingle,
    Feature::Remove,
    Feature::Multiple,
    Feature::ValuePath,
    Feature::UrnPath,
    Feature::ReplaceActive,
];

const RFC_GROUP_FORMS: &[Feature] = &[
    Feature::GroupRename,
    Feature::MembersAdd,
    Feature::MembersAddAgain,
    Feature::MembersRemovePath,
    Feature::MembersReplace,
    Feature::MembersReplaceEmpty,
];

struct Outcome {
    failed: Vec<&'static str>,
    skipped: Option<String>,
}

impl Outcome {
    fn new() -> Self {
        Self { failed: Vec::new(), skipped: None }
    }

    fn report(self, story: &str, title: &str) -> StoryReport {
        let (status, reason) = match (self.failed.is_empty(), self.skipped) {
            (false, _) => (Status::Failed, Some(self.failed.join("; "))),
            (true, Some(reason)) => (Status::Skipped, Some(reason)),
            (true, None) => (Status::Passed, None),
        };
        StoryReport {
            idp: "rfc".to_owned(),
            story: story.to_owned(),
            title: title.to_owned(),
            status,
            reason,
            confirmed: Vec::new(),
        }
    }
}

fn see(
    player: &mut Player<'_>,
    outcome: &mut Outcome,
    (check, expected, got): (&'static Check, String, String),
    exchange: Option<&Exchange>,
    story: &str,
) {
    see_about(player, outcome, None, (check, expected, got), exchange, story);
}

/// The same, where one check can be about several things.
fn see_about(
    player: &mut Player<'_>,
    outcome: &mut Outcome,
    subject: Option<&str>,
    (check, expected, got): (&'static Check, String, String),
    exchange: Option<&Exchange>,
    story: &str,
) {
    let target = player.recorder.target().clone();
    let subject = subject.map(str::to_owned);
    let sighting = Sighting { check, subject, expected, got, exchange, stumbled: None, story };
    if player.findings.add(sighting, &target)
        && check.level != Level::Info
        && !outcome.failed.contains(&check.id)
    {
        outcome.failed.push(check.id);
    }
}

/// The RFC's invariants over what was exchanged since `mark`.
fn judge(player: &mut Player<'_>, outcome: &mut Outcome, mark: usize, story: &str) {
    let exchanges: Vec<Exchange> = player.recorder.log[mark..].to_vec();
    for exchange in &exchanges {
        for seen in invariants::check(exchange) {
            see(player, outcome, (seen.check, seen.expected, seen.got), Some(exchange), story);
        }
    }
}

async fn create(player: &mut Player<'_>) -> Result<Option<(Value, String)>, WireError> {
    let body = player.lab.person_body();
    let answer = player.recorder.ask(Method::POST, "/Users", Some(body.clone())).await?;
    let id = answer.json.as_ref().and_then(|user| user.get("id")).and_then(Value::as_str).map(str::to_owned);
    Ok(id.filter(|_| answer.is_success()).map(|id| (body, id)))
}

async fn duplicate(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("duplicate-create", "The same user is created twice");
    let mut outcome = Outcome::new();
    let mark = player.recorder.log.len();
    let Some((body, _)) = create(player).await? else {
        outcome.skipped = Some("no user could be created".to_owned());
        return Ok(outcome.report(story, title));
    };
    let name = body["userName"].as_str().unwrap_or_default().to_owned();
    let answer = player.recorder.ask(Method::POST, "/Users", Some(body)).await?;
    let exchange = player.recorder.last().cloned();
    judge(player, &mut outcome, mark, story);
    let got = exchange.as_ref().map(described).unwrap_or_default();
    if answer.is_success() {
        see(
            player,
            &mut outcome,
            (&catalog::CREATE_DUPLICATE, "409".to_owned(), got),
            exchange.as_ref(),
            story,
        );
    } else if answer.status != 409 {
        see(
            player,
            &mut outcome,
            (&catalog::CREATE_DUPLICATE_STATUS, "409".to_owned(), got),
            exchange.as_ref(),
            story,
        );
    }
    // The same name in another case is the same name (RFC 7643 §4.1.1).
    if answer.status == 409 {
        let mut shouted = player.lab.person_body();
        shouted["userName"] = name.to_uppercase().into();
        let answer = player.recorder.ask(Method::POST, "/Users", Some(shouted)).await?;
        if answer.is_success() {
            let exchange = player.recorder.last().cloned();
            let got = exchange.as_ref().map(described).unwrap_or_default();
            let seen = (&catalog::CREATE_DUPLICATE, "409".to_owned(), got);
            see_about(player, &mut outcome, Some("in another letter case"), seen, exchange.as_ref(), story);
        }
    }
    Ok(outcome.report(story, title))
}

async fn case(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("user-name-case", "A user is found whatever the case of the user name");
    let mut outcome = Outcome::new();
    let Some((body, id)) = create(player).await? else {
        outcome.skipped = Some("no user could be created".to_owned());
        return Ok(outcome.report(story, title));
    };
    let name = body["userName"].as_str().unwrap_or_default().to_owned();
    let holds = |found: &[Value]| {
        found.iter().any(|user| user.get("id").and_then(Value::as_str) == Some(id.as_str()))
    };
    if !holds(&player.find_user(&name).await?) {
        outcome.skipped = Some("the filter does not find the user in any case".to_owned());
        return Ok(outcome.report(story, title));
    }
    if !holds(&player.find_user(&name.to_uppercase()).await?) {
        let exchange = player.recorder.last().cloned();
        let got = exchange.as_ref().map(described).unwrap_or_default();
        see(
            player,
            &mut outcome,
            (&catalog::LOOKUP_CASE, "the user".to_owned(), got),
            exchange.as_ref(),
            story,
        );
    }
    Ok(outcome.report(story, title))
}

async fn external_id(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("external-id-filter", "A user is found by externalId");
    let mut outcome = Outcome::new();
    let mut body = player.lab.person_body();
    let external = player.lab.unique("external");
    body["externalId"] = external.clone().into();
    let answer = player.recorder.ask(Method::POST, "/Users", Some(body)).await?;
    let stored = answer.json.as_ref().and_then(|user| user.get("externalId")).and_then(Value::as_str);
    let id = answer.json.as_ref().and_then(|user| user.get("id")).and_then(Value::as_str).map(str::to_owned);
    let Some(id) = id.filter(|_| answer.is_success() && stored == Some(external.as_str())) else {
        outcome.skipped = Some("the endpoint does not store externalId".to_owned());
        return Ok(outcome.report(story, title));
    };
    let target = format!("/Users?filter={}", encode(&format!("externalId eq \"{external}\"")));
    let answer = player.recorder.ask(Method::GET, target, None).await?;
    let exchange = player.recorder.last().cloned();
    let found = answer.json.as_ref().and_then(Value::as_object).and_then(|page| obj::get(page, "Resources"));
    let holds = found.and_then(Value::as_array).is_some_and(|list| {
        list.iter().any(|user| user.get("id").and_then(Value::as_str) == Some(id.as_str()))
    });
    if answer.status == 400 || answer.status == 501 {
        outcome.skipped = Some("the endpoint does not filter by externalId, and says so".to_owned());
    } else if !holds {
        let got = exchange.as_ref().map(described).unwrap_or_default();
        let seen = (&catalog::LOOKUP_EXTERNAL_ID, "the user".to_owned(), got);
        see(player, &mut outcome, seen, exchange.as_ref(), story);
    }
    Ok(outcome.report(story, title))
}

/// Walks through the list in pages of two, as far as is polite.
async fn paging(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("paging", "The list is read in small pages");
    let mut outcome = Outcome::new();
    let mut mine = Vec::new();
    for _ in 0..3 {
        match create(player).await? {
            Some((_, id)) => mine.push(id),
            None => {
                outcome.skipped = Some("no user could be created".to_owned());
                return Ok(outcome.report(story, title));
            }
        }
    }
    let mark = player.recorder.log.len();
    let mut seen: Vec<String> = Vec::new();
    let mut start = 1;
    let mut total = 0;
    let mut totals = Vec::new();
    for page in 0..MOST_PAGES {
        let target = format!("/Users?startIndex={start}&count=2");
        let answer = player.recorder.ask(Method::GET, target, None).await?;
        let body = answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success());
        let Some(body) = body else { break };
        total = obj::get(body, "totalResults").and_then(Value::as_u64).unwrap_or(0);
        if page == 0 && total > 2 * MOST_PAGES as u64 {
            outcome.skipped =
                Some(format!("the endpoint has {total} users; reading them all would not be polite"));
            judge(player, &mut outcome, mark, story);
            return Ok(outcome.report(story, title));
        }
        let ids: Vec<String> = obj::get(body, "Resources")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|user| user.get("id").and_then(Value::as_str).map(str::to_owned))
            .collect();
        let received = ids.len() as u64;
        totals.push(total);
        let changed = totals.iter().any(|earlier| *earlier != total);
        if changed && ids.iter().any(|id| seen.contains(id)) {
            // Somebody else writes; pages need not be consistent then (§3.4.2.4).
            outcome.skipped = Some("the list changed while it was read".to_owned());
            return Ok(outcome.report(story, title));
        }
        if let Some(again) = ids.iter().find(|id| seen.contains(id)).cloned() {
            let exchange = player.recorder.last().cloned();
            let check = if ids.first().is_some_and(|first| seen.first() == Some(first)) {
                &catalog::LIST_START_INDEX
            } else {
                &catalog::LIST_UNSTABLE
            };
            let got = format!("id {again:?} on an earlier page already");
            see(
                player,
                &mut outcome,
                (check, format!("the page that starts at {start}"), got),
                exchange.as_ref(),
                story,
            );
            judge(player, &mut outcome, mark, story);
            return Ok(outcome.report(story, title));
        }
        seen.extend(ids);
        start += received;
        if received == 0 {
            break;
        }
    }
    judge(player, &mut outcome, mark, story);
    let exchange = player.recorder.last().cloned();
    let missing: Vec<&String> = mine.iter().filter(|id| !seen.contains(id)).collect();
    if !missing.is_empty() {
        let path = format!("/Users/{}", encode(missing[0]));
        let answer = player.recorder.ask(Method::GET, path, None).await?;
        if answer.is_success() {
            let got =
                format!("{} of {} new users missing from the {} read", missing.len(), mine.len(), seen.len());
            see(
                player,
                &mut outcome,
                (&catalog::LIST_MISSING, "every user".to_owned(), got),
                exchange.as_ref(),
                story,
            );
        }
    } else if (seen.len() as u64) > total
        || (seen.len() as u64) < total && totals.iter().all(|one| *one == total)
    {
        let got = format!("totalResults {total}, and {} users came", seen.len());
        see(
            player,
            &mut outcome,
            (&catalog::LIST_TOTAL, format!("totalResults {}", seen.len()), got),
            exchange.as_ref(),
            story,
        );
    }
    Ok(outcome.report(story, title))
}

const MOST_PAGES: usize = 200;
