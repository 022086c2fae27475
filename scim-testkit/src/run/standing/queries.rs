//! Other ways to query: by cursor, sorted, by POST, and `/Me`.

use http::Method;
use scim_core::{call::encode, json as obj, urn};
use serde_json::{Value, json};

use super::{
    bench::{Bench, emails, ids, object, resources},
    names::eq,
};
use crate::{check::catalog, idp::WireError, report::StoryReport, run::play::Player};

/// Paging by cursor, where it is advertised (RFC 9865).
pub(super) async fn cursor(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "cursor", "The list is read by cursor");
    if bench.player.endpoint.says("pagination", "cursor").and_then(Value::as_bool) != Some(true) {
        bench.skip("/ServiceProviderConfig does not say that there are cursors");
        return Ok(bench.finish());
    }
    for _ in 0..3 {
        if bench.user().await?.is_none() {
            return Ok(bench.nobody());
        }
    }
    let mut seen: Vec<String> = Vec::new();
    let mut cursors: Vec<String> = vec![String::new()];
    for number in 0..3 {
        let target = match cursors.last().filter(|cursor| !cursor.is_empty()) {
            Some(cursor) => format!("/Users?cursor={}&count=1", encode(cursor)),
            None => "/Users?cursor&count=1".to_owned(),
        };
        let answer = bench.get(target).await?;
        let Some(page) = object(&answer) else {
            if answer.status < 500 {
                let got = bench.got();
                bench.found(&catalog::LIST_CURSOR, None, "a page", got);
            }
            break;
        };
        let here = ids(&resources(&page));
        let again = here.iter().find(|id| seen.contains(id));
        let next = obj::get(&page, "nextCursor").and_then(Value::as_str);
        // There are three users at least, so the first two pages of one are not the last.
        let wrong = match (again, next) {
            (Some(id), _) => Some(format!("id {id:?} on an earlier page already")),
            (None, None) if number < 2 && here.len() < 2 => Some("no nextCursor".to_owned()),
            (None, Some(next)) if cursors.iter().any(|known| known == next) => {
                Some("the same cursor again".to_owned())
            }
            _ => None,
        };
        let Some(next) = next.map(str::to_owned).filter(|_| wrong.is_none()) else {
            if let Some(got) = wrong {
                bench.found(
                    &catalog::LIST_CURSOR,
                    None,
                    "the next page, and a cursor for the one behind it",
                    got,
                );
            }
            break;
        };
        seen.extend(here);
        cursors.push(next);
    }
    let answer = bench.get("/Users?cursor=scimtest-no-such-cursor&count=1").await?;
    if answer.is_success() {
        let got = bench.got();
        bench.found(&catalog::LIST_CURSOR, Some("an invalid cursor"), "400 invalidCursor", got);
    }
    Ok(bench.finish())
}

/// `sortBy`, where the endpoint says that it sorts.
pub(super) async fn sort(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "sort", "A sorted list is in order");
    if bench.player.endpoint.sort != Some(true) {
        bench.skip("/ServiceProviderConfig does not say that sorting is supported");
        return Ok(bench.finish());
    }
    let start = bench.player.lab.unique("sort");
    let mut made = Vec::new();
    // Not in the order in which they should come.
    for which in ["b", "a", "c"] {
        let mut body = bench.player.lab.person_body();
        body["userName"] = format!("{start}-{which}@{}", bench.player.run.mail_domain()).into();
        match bench.make("Users", body).await? {
            Some(user) => made.push(user.id),
            None => return Ok(bench.nobody()),
        }
    }
    let up = vec![made[1].clone(), made[0].clone(), made[2].clone()];
    let down: Vec<String> = up.iter().rev().cloned().collect();
    let filter = encode(&format!("userName sw \"{start}\""));
    let filtered = bench.list(format!("/Users?filter={filter}")).await?.is_some();
    // Without `sortOrder`, the order is ascending (§3.4.2.3).
    for (order, wanted) in [("&sortOrder=ascending", &up), ("&sortOrder=descending", &down), ("", &up)] {
        let query = if filtered { format!("filter={filter}&") } else { "startIndex=1&count=1&".to_owned() };
        let Some(came) = bench.list(format!("/Users?{query}sortBy=userName{order}")).await? else {
            if bench.last().is_some_and(|exchange| exchange.answer.status < 500) {
                let got = bench.got();
                bench.found(&catalog::DISCOVERY_PROMISE, Some("sort"), "a sorted list", got);
            }
            break;
        };
        let came = ids(&came);
        if filtered && came.len() == wanted.len() && came != *wanted {
            let order = if order.contains("descending") { "descending" } else { "ascending" };
            bench.found(&catalog::SORT_ORDER, None, format!("{order} by userName"), "another order");
        }
    }
    Ok(bench.finish())
}

/// `POST /Users/.search` answers as the same query by GET; so do the root's, and `/Me`.
pub(super) async fn search(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "search", "A query by POST answers as one by GET");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let filter = eq("userName", &user.name());
    let by_get = bench.select("Users", &filter).await?.unwrap_or_default();
    if by_get != [user.id.clone()] {
        bench.skip("the filter does not find the user by GET either");
        return Ok(bench.finish());
    }
    for path in ["/Users/.search", "/.search"] {
        let request = json!({
            "schemas": [urn::SEARCH_REQUEST], "filter": filter, "startIndex": 1, "count": 10,
        });
        bench.judge();
        let answer = bench.send(Method::POST, path, request).await?;
        if matches!(answer.status, 400 | 403 | 404 | 405 | 501) {
            bench.pass_over();
            bench.skip(format!("the endpoint has no {path}: {}", answer.status));
            continue;
        }
        let Some(page) = object(&answer) else { continue };
        if ids(&resources(&page)) != by_get {
            let got = bench.got();
            bench.found(&catalog::SEARCH_RESULT, None, format!("{path}: the user that GET finds"), got);
            continue;
        }
        projected(&mut bench, path, &filter, user.stored.contains_key("emails")).await?;
    }
    bench.judge();
    bench.get("/Me").await?;
    let served = bench.last().is_some_and(|exchange| {
        exchange.answer.is_success()
            || matches!(exchange.answer.status, 308 | 401 | 403 | 404)
            || exchange.answer.status >= 500
    });
    if !served {
        let got = bench.got();
        bench.found(&catalog::ME_STATUS, None, "the person, 308, 404 or 501", got);
    }
    // Where there is no such route, whatever serves the address answers.
    bench.judge_for(|_, check| check == &catalog::HTTP_SERVER_ERROR || check == &catalog::HTTP_NOT_JSON);
    Ok(bench.finish())
}

/// Projection and a negative count in the body of the query.
async fn projected(
    bench: &mut Bench<'_, '_>,
    path: &str,
    filter: &str,
    has_emails: bool,
) -> Result<(), WireError> {
    let request = json!({"schemas": [urn::SEARCH_REQUEST], "filter": filter, "attributes": ["userName"]});
    let answer = bench.send(Method::POST, path, request).await?;
    let found = object(&answer).map(|page| resources(&page)).unwrap_or_default();
    if has_emails && found.iter().any(|user| !emails(user).is_empty()) {
        let expected = format!("{path}: no `emails` with attributes [\"userName\"]");
        bench.found(&catalog::PROJECTION, Some("by POST"), expected, "`emails` is there");
    }
    let request = json!({"schemas": [urn::SEARCH_REQUEST], "filter": filter, "count": -1});
    let answer = bench.send(Method::POST, path, request).await?;
    if (400..500).contains(&answer.status) {
        let got = bench.got();
        bench.found(
            &catalog::LIST_COUNT_ZERO,
            None,
            format!("{path} with count -1: totalResults alone"),
            got,
        );
    }
    Ok(())
}
