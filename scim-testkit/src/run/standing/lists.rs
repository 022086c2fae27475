//! Lists as they are paged through by index (RFC 7644 §3.4.2.4).
//!
//! Others may write to the endpoint meanwhile, so what a list shows is reported only if it shows it twice, and only
//! while its total stays the same. However long a list is, a bounded number of pages is read.

use scim_core::json as obj;
use serde_json::{Value, json};

use super::bench::{Bench, ids, object, resources, total};
use crate::{
    check::{Check, catalog},
    idp::WireError,
    report::StoryReport,
    run::{Exchange, play::Player},
};

pub(super) async fn users(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "paging", "The list of users is read in small pages");
    let mut body = bench.player.lab.person_body();
    body["active"] = false.into();
    let inactive = bench.make("Users", body).await?;
    let inactive = inactive.filter(|user| obj::get(&user.stored, "active") == Some(&Value::Bool(false)));
    let mut mine = Vec::new();
    for _ in 0..3 {
        let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
        mine.push(user.id);
    }
    check(&mut bench, "Users", &mine, inactive.map(|user| user.id)).await?;
    Ok(bench.finish())
}

pub(super) async fn groups(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "group-paging", "The list of groups is read in small pages");
    if !bench.groups() {
        bench.skip("the endpoint has no groups");
        return Ok(bench.finish());
    }
    let mut mine = Vec::new();
    for _ in 0..3 {
        let name = bench.player.lab.unique("group");
        let body = json!({"schemas": [scim_core::urn::GROUP], "displayName": name});
        let Some(group) = bench.make("Groups", body).await? else {
            bench.skip("no group could be created");
            return Ok(bench.finish());
        };
        mine.push(group.id);
    }
    check(&mut bench, "Groups", &mine, None).await?;
    Ok(bench.finish())
}

async fn check(
    bench: &mut Bench<'_, '_>,
    collection: &str,
    mine: &[String],
    inactive: Option<String>,
) -> Result<(), WireError> {
    if bench.player.endpoint.says("pagination", "index").and_then(Value::as_bool) == Some(false) {
        bench.skip("/ServiceProviderConfig says that there is no paging by index");
        return Ok(());
    }
    let Some(first) = page(bench, collection, "startIndex=1&count=2").await? else {
        let exchange = bench.last();
        let refused = exchange.as_ref().and_then(|exchange| exchange.answer.json.as_ref());
        let too_many =
            refused.and_then(|error| error.get("scimType")).and_then(Value::as_str) == Some("tooMany");
        if too_many || exchange.is_some_and(|exchange| matches!(exchange.answer.status, 403 | 501)) {
            bench.skip("the endpoint does not list all, and says so");
        } else {
            let got = bench.got();
            bench.found(&catalog::LIST_MISSING, None, format!("every resource in /{collection}"), got);
        }
        return Ok(());
    };
    let Some(all) = first.total else {
        bench.skip("the list has no totalResults: it pages by cursor only");
        return Ok(());
    };
    let least = i64::try_from(mine.len()).unwrap_or_default();
    if all < least {
        let again = page(bench, collection, "startIndex=1&count=2").await?.and_then(|page| page.total);
        let mut there = true;
        for id in mine {
            there &= readable(bench, collection, id).await?;
        }
        if there && again.is_some_and(|again| again < least) {
            let expected =
                format!("totalResults {least} or more in /{collection}, which has as many new ones");
            bench.found(&catalog::LIST_TOTAL, None, expected, format!("totalResults {all}"));
            return Ok(());
        }
    }
    edges(bench, collection).await?;
    // An endpoint that starts anywhere makes no list that could be judged.
    if bench.has(&catalog::LIST_START_INDEX) {
        return Ok(());
    }
    ends(bench, collection).await?;
    bench.judge();
    if all > MOST_WALKED {
        return Ok(());
    }
    let own = Own { mine, inactive };
    if let Some(wrong) = walk(bench, collection, all).await?.judged(bench, collection, &own).await?
        && let Some(again) = walk(bench, collection, all).await?.judged(bench, collection, &own).await?
        && wrong.check == again.check
    {
        bench.found_in(again.check, again.subject, (again.expected, again.got), again.exchange.as_ref());
    }
    Ok(())
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
struct Page {
    ids: Vec<String>,
    total: Option<i64>,
}

/// Asks for a page; `None` when the endpoint refuses.
async fn page(bench: &mut Bench<'_, '_>, collection: &str, query: &str) -> Result<Option<Page>, WireError> {
    let answer = bench.get(format!("/{collection}?{query}")).await?;
    Ok(object(&answer).map(|page| Page { ids: ids(&resources(&page)), total: total(&page) }))
}

/// Where pages start, and how long they are.
async fn edges(bench: &mut Bench<'_, '_>, collection: &str) -> Result<(), WireError> {
    let mut suspicion = None;
    for _ in 0..2 {
        let before = page(bench, collection, "startIndex=1&count=3").await?;
        let whole = page(bench, collection, "count=3").await?;
        let second = page(bench, collection, "startIndex=2&count=2").await?;
        let exchange = bench.last();
        let after = page(bench, collection, "startIndex=1&count=3").await?;
        let (Some(first), Some(second)) = (before.clone().filter(|_| before == after), second) else { break };
        let wrong = if whole.as_ref().is_some_and(|whole| whole.ids != first.ids) {
            let got = format!(
                "the page at startIndex=1 begins with {:?}, the list with another",
                first.ids.first()
            );
            Some(("the beginning of the list at startIndex=1", got))
        } else if first.ids.len() == 3 && second.ids.first().is_some_and(|id| *id != first.ids[1]) {
            Some(("the second resource at startIndex=2", format!("id {:?}", second.ids.first())))
        } else {
            None
        };
        let Some((expected, got)) = wrong else { break };
        if suspicion == Some(expected) {
            bench.found_in(&catalog::LIST_START_INDEX, None, (expected.to_owned(), got), exchange.as_ref());
        }
        suspicion = Some(expected);
    }
    for start in ["0", "-1"] {
        let query = format!("startIndex={start}&count=3");
        let below = page(bench, collection, &query).await?;
        let exchange = bench.last();
        if below.is_none() {
            refused(bench, &catalog::LIST_START_BELOW_ONE, &query, "the first page");
            continue;
        }
        let first = page(bench, collection, "startIndex=1&count=3").await?;
        let again = page(bench, collection, &query).await?;
        if below == again && first.is_some() && first != below && !bench.has(&catalog::LIST_START_INDEX) {
            let got = "other resources than at startIndex=1".to_owned();
            let told = (format!("{query}: the first page"), got);
            // Another page in between would show the same on a list that changes by itself.
            if page(bench, collection, "startIndex=1&count=3").await? == first {
                bench.found_in(&catalog::LIST_START_BELOW_ONE, None, told, exchange.as_ref());
            }
        }
    }
    for count in ["0", "-1"] {
        let query = format!("startIndex=1&count={count}");
        if page(bench, collection, &query).await?.is_none() {
            refused(bench, &catalog::LIST_COUNT_ZERO, &query, "200 with `totalResults` and no resources");
        }
    }
    Ok(())
}

/// A refusal where the RFC wants an answer; a server error has a check of its own.
fn refused(bench: &mut Bench<'_, '_>, check: &'static Check, query: &str, expected: &str) {
    if bench.last().is_some_and(|exchange| (400..500).contains(&exchange.answer.status)) {
        let got = bench.got();
        bench.found(check, None, format!("{query}: {expected}"), got);
    }
}

/// Where the list ends: its total names the last resource, and behind it there is none.
async fn ends(bench: &mut Bench<'_, '_>, collection: &str) -> Result<(), WireError> {
    let mut suspicion = None;
    for _ in 0..2 {
        let Some(all) = page(bench, collection, "startIndex=1&count=1").await?.and_then(|page| page.total)
        else {
            return Ok(());
        };
        let query = format!("startIndex={}&count=2", all.saturating_add(1000));
        let Some(beyond) = page(bench, collection, &query).await? else {
            refused(bench, &catalog::LIST_BEYOND_END, &query, "200 with an empty page");
            return Ok(());
        };
        if !beyond.ids.is_empty() && beyond.total.is_none_or(|total| total < all.saturating_add(1000)) {
            let got = format!("{} resource(s), of {all} in all", beyond.ids.len());
            bench.found(&catalog::LIST_START_INDEX, None, format!("{query}: an empty page"), got);
            return Ok(());
        }
        let last = page(bench, collection, &format!("startIndex={}&count=2", all.max(1))).await?;
        let exchange = bench.last();
        let behind =
            page(bench, collection, &format!("startIndex={}&count=2", all.saturating_add(1))).await?;
        let none = page(bench, collection, "startIndex=1&count=0").await?;
        let after = page(bench, collection, "startIndex=1&count=1").await?;
        let same = |page: &Option<Page>| page.as_ref().is_some_and(|page| page.total == Some(all));
        if !(same(&last) && same(&behind) && same(&after)) {
            return Ok(());
        }
        let empty = |page: &Option<Page>| page.as_ref().is_some_and(|page| page.ids.is_empty());
        let wrong = if all > 0 && empty(&last) {
            "nothing at the place of the last resource"
        } else if !empty(&behind) {
            "a resource behind the last"
        } else if none.as_ref().is_some_and(|none| none.total != Some(all)) {
            "another total with count=0"
        } else {
            return Ok(());
        };
        if suspicion == Some(wrong) {
            let told = (format!("/{collection}: {all} resources"), wrong.to_owned());
            bench.found_in(&catalog::LIST_TOTAL, None, told, exchange.as_ref());
        }
        suspicion = Some(wrong);
    }
    Ok(())
}

/// A whole list, read in pages.
struct Walk {
    seen: Vec<String>,
    totals: Vec<i64>,
    again: Option<Wrong>,
    /// Whether the end was reached.
    whole: bool,
    last: Option<Exchange>,
}

/// What a list shows to be wrong.
struct Wrong {
    check: &'static Check,
    subject: Option<&'static str>,
    expected: String,
    got: String,
    exchange: Option<Exchange>,
}

struct Own<'a> {
    mine: &'a [String],
    inactive: Option<String>,
}

async fn walk(bench: &mut Bench<'_, '_>, collection: &str, all: i64) -> Result<Walk, WireError> {
    let size = (all / 20).clamp(2, MOST_IN_PAGE);
    let mut walk = Walk { seen: Vec::new(), totals: Vec::new(), again: None, whole: false, last: None };
    let mut start = 1;
    for _ in 0..MOST_PAGES {
        let page = page(bench, collection, &format!("startIndex={start}&count={size}")).await?;
        let Some(page) = page else { break };
        walk.last = bench.last();
        walk.totals.extend(page.total);
        if page.ids.is_empty() {
            walk.whole = true;
            break;
        }
        if walk.again.is_none()
            && let Some(id) = page.ids.iter().find(|id| walk.seen.contains(id))
        {
            let restarts = page.ids.first() == walk.seen.first();
            walk.again = Some(Wrong {
                check: if restarts { &catalog::LIST_START_INDEX } else { &catalog::LIST_UNSTABLE },
                subject: None,
                expected: format!("the page of /{collection} that starts at {start}"),
                got: format!("id {id:?} on an earlier page already"),
                exchange: walk.last.clone(),
            });
        }
        start += page.ids.len();
        walk.seen.extend(page.ids);
    }
    Ok(walk)
}

impl Walk {
    async fn judged(
        self,
        bench: &mut Bench<'_, '_>,
        collection: &str,
        own: &Own<'_>,
    ) -> Result<Option<Wrong>, WireError> {
        if self.totals.iter().any(|total| Some(total) != self.totals.first()) {
            // Somebody else writes; pages need not be consistent then (§3.4.2.4).
            bench.skip("the list changed while it was read");
            return Ok(None);
        }
        if self.again.is_some() || !self.whole {
            return Ok(self.again);
        }
        let wrong = |check, subject, expected: String, got: String| {
            Some(Wrong { check, subject, expected, got, exchange: self.last.clone() })
        };
        let every = format!("every resource in /{collection}");
        let missing: Vec<&String> = own.mine.iter().filter(|id| !self.seen.contains(id)).collect();
        if let Some(id) = missing.first()
            && readable(bench, collection, id).await?
        {
            let got = format!(
                "{} of {} new ones missing from the {} read",
                missing.len(),
                own.mine.len(),
                self.seen.len()
            );
            return Ok(wrong(&catalog::LIST_MISSING, None, every, got));
        }
        if let Some(id) = own.inactive.as_ref().filter(|id| !self.seen.contains(id))
            && readable(bench, collection, id).await?
        {
            let got = "a user with `active: false` is missing".to_owned();
            return Ok(wrong(&catalog::LIST_MISSING, Some("inactive users"), every, got));
        }
        let total = self.totals.first().copied().unwrap_or_default();
        if i64::try_from(self.seen.len()).is_ok_and(|seen| seen != total) {
            let got = format!("totalResults {total}, and {} resources came", self.seen.len());
            return Ok(wrong(&catalog::LIST_TOTAL, None, format!("totalResults {}", self.seen.len()), got));
        }
        Ok(None)
    }
}

async fn readable(bench: &mut Bench<'_, '_>, collection: &str, id: &str) -> Result<bool, WireError> {
    Ok(bench.get(format!("/{collection}/{}", scim_core::call::encode(id))).await?.is_success())
}

/// A list that is longer is judged by its beginning and its end.
const MOST_WALKED: i64 = 2000;
const MOST_IN_PAGE: i64 = 100;
const MOST_PAGES: usize = 40;
