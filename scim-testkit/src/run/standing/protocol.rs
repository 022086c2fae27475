//! The protocol as such: credentials, deletion, projection, malformed requests, preconditions, search, bulk.

use http::Method;
use scim_core::{call::encode, json as obj, urn};
use serde_json::{Map, Value, json};

use super::{Outcome, create, judge, see};
use crate::{
    check::{catalog, exchange::described},
    idp::{Answer, WireError},
    report::StoryReport,
    run::{cleanup, play::Player},
};

/// Without credentials, and with wrong ones, the endpoint must not answer.
pub(super) async fn authentication(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("authentication", "Without the right credentials nothing is served");
    let mut outcome = Outcome::new();
    if !player.recorder.target().has_credentials() {
        outcome.skipped = Some("the run has no credentials".to_owned());
        return Ok(outcome.report(story, title));
    }
    for (what, token) in [("no credentials", None), ("a wrong token", Some("scimtest-not-a-token"))] {
        let answer = player.recorder.ask_as(token, "/Users?startIndex=1&count=1").await?;
        let exchange = player.recorder.last().cloned();
        if answer.is_success() {
            let got = format!("with {what}: {}", answer.status);
            let seen = (&catalog::AUTH_NOT_ENFORCED, "401".to_owned(), got);
            see(player, &mut outcome, seen, exchange.as_ref(), story);
        } else if !matches!(answer.status, 401 | 403)
            && answer.status < 500
            // Without its headers, one of which may name a tenant, an endpoint may rightly answer otherwise.
            && !player.recorder.target().has_headers()
            && !(300..400).contains(&answer.status)
        {
            let got = exchange.as_ref().map(described).unwrap_or_default();
            let seen = (&catalog::AUTH_STATUS, "401".to_owned(), format!("with {what}: {got}"));
            see(player, &mut outcome, seen, exchange.as_ref(), story);
        }
    }
    // The routes by themselves, on a user of our own.
    let Some((body, id)) = create(player).await? else { return Ok(outcome.report(story, title)) };
    let path = format!("/Users/{}", encode(&id));
    let rename = json!({
        "schemas": [urn::PATCH_OP],
        "Operations": [{"op": "replace", "path": "displayName", "value": "nobody asked who this is"}],
    });
    let routes = [
        (Method::GET, path.clone(), None),
        (Method::GET, "/Groups?startIndex=1&count=1".to_owned(), None),
        (
            Method::POST,
            "/Users/.search".to_owned(),
            Some(json!({"schemas": [urn::SEARCH_REQUEST], "count": 1})),
        ),
        (Method::POST, "/Users".to_owned(), Some(player.lab.person_body())),
        (Method::PUT, path.clone(), Some(body)),
        (Method::PATCH, path.clone(), Some(rename)),
        (Method::DELETE, path, None),
    ];
    for (method, path, body) in routes {
        let answer = player.recorder.ask_openly(method.clone(), path.clone(), body).await?;
        if answer.is_success() {
            let exchange = player.recorder.last().cloned();
            let seen = (
                &catalog::AUTH_NOT_ENFORCED,
                "401".to_owned(),
                format!("{method} {path}: {}", answer.status),
            );
            see(player, &mut outcome, seen, exchange.as_ref(), story);
        }
    }
    Ok(outcome.report(story, title))
}

/// A deleted user is gone for every later request.
pub(super) async fn deletion(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("deletion", "A deleted user is gone");
    let mut outcome = Outcome::new();
    let mark = player.recorder.log.len();
    let Some((body, id)) = create(player).await? else { return Ok(nobody(outcome, story, title)) };
    let path = format!("/Users/{}", encode(&id));
    let answer = player.recorder.ask(Method::DELETE, path.clone(), None).await?;
    if !answer.is_success() || answer.status == 202 {
        outcome.skipped = Some(format!("DELETE answered {}", answer.status));
        return Ok(outcome.report(story, title));
    }
    for method in [Method::GET, Method::DELETE] {
        let answer = player.recorder.ask(method.clone(), path.clone(), None).await?;
        let exchange = player.recorder.last().cloned();
        let got = exchange.as_ref().map(described).unwrap_or_default();
        if method == Method::GET && answer.is_success() {
            see(
                player,
                &mut outcome,
                (&catalog::DELETE_NO_EFFECT, "404".to_owned(), got),
                exchange.as_ref(),
                story,
            );
            return Ok(outcome.report(story, title));
        }
        if !matches!(answer.status, 404 | 410) && answer.status < 500 {
            let seen = (&catalog::UNKNOWN_ID, format!("404 to {method} of a deleted id"), got);
            see(player, &mut outcome, seen, exchange.as_ref(), story);
        }
    }
    let name = body["userName"].as_str().unwrap_or_default().to_owned();
    let found = player.find_user(&name).await?;
    if found.iter().any(|user| user.get("id").and_then(Value::as_str) == Some(id.as_str())) {
        let exchange = player.recorder.last().cloned();
        let seen = (&catalog::LIST_DELETED, "no such user".to_owned(), format!("id {id:?}"));
        see(player, &mut outcome, seen, exchange.as_ref(), story);
    }
    judge(player, &mut outcome, mark, story);
    Ok(outcome.report(story, title))
}

/// `attributes` and `excludedAttributes`.
pub(super) async fn projection(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("projection", "A client gets the attributes that it asks for");
    let mut outcome = Outcome::new();
    let Some((_, id)) = create(player).await? else { return Ok(nobody(outcome, story, title)) };
    let path = format!("/Users/{}", encode(&id));
    let whole = player.recorder.ask(Method::GET, path.clone(), None).await?;
    let Some(whole) = object(&whole) else { return Ok(nobody(outcome, story, title)) };
    let cases =
        [("attributes=userName", "emails", "userName"), ("excludedAttributes=emails", "emails", "userName")];
    for (query, unwanted, wanted) in cases {
        let answer = player.recorder.ask(Method::GET, format!("{path}?{query}"), None).await?;
        let exchange = player.recorder.last().cloned();
        let Some(part) = object(&answer) else { continue };
        let kept = obj::get(&whole, unwanted).is_some()
            && obj::get(&part, unwanted).is_some_and(|value| !obj::is_unassigned(value));
        let lost: Vec<&str> =
            [wanted, "id"].into_iter().filter(|name| obj::get(&part, name).is_none()).collect();
        if kept {
            let seen = (
                &catalog::PROJECTION,
                format!("no `{unwanted}` with ?{query}"),
                format!("`{unwanted}` is there"),
            );
            see(player, &mut outcome, seen, exchange.as_ref(), story);
        } else if !lost.is_empty() {
            let seen = (
                &catalog::PROJECTION,
                format!("`{wanted}` and `id` with ?{query}"),
                format!("no {}", lost.join(", ")),
            );
            see(player, &mut outcome, seen, exchange.as_ref(), story);
        }
    }
    Ok(outcome.report(story, title))
}

/// `id` is the server's to give.
pub(super) async fn client_chosen_id(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("client-chosen-id", "A client cannot choose the id of a new user");
    let mut outcome = Outcome::new();
    let mut body = player.lab.person_body();
    let chosen = player.lab.unique("chosen");
    body["id"] = chosen.clone().into();
    let answer = player.recorder.ask(Method::POST, "/Users", Some(body)).await?;
    let exchange = player.recorder.last().cloned();
    let id = answer.json.as_ref().and_then(|user| user.get("id")).and_then(Value::as_str);
    if answer.is_success() && id == Some(chosen.as_str()) {
        let seen =
            (&catalog::CREATE_CLIENT_ID, "an id that the server makes".to_owned(), format!("id {chosen:?}"));
        see(player, &mut outcome, seen, exchange.as_ref(), story);
    }
    Ok(outcome.report(story, title))
}

/// What is not JSON, or lacks what is required, is refused with 400.
pub(super) async fn malformed(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("malformed-requests", "What is malformed is refused with a 4xx");
    let mut outcome = Outcome::new();
    let mark = player.recorder.log.len();
    let cut = format!("{{\"schemas\":[\"{}\"],\"userName\":", urn::USER);
    let nameless = json!({"schemas": [urn::USER], "displayName": player.lab.unique("nameless")}).to_string();
    let no_user = json!({"schemas": [urn::PATCH_OP], "Operations": "all of them"}).to_string();
    let Some((_, id)) = create(player).await? else { return Ok(nobody(outcome, story, title)) };
    let cases = [
        (Method::POST, "/Users".to_owned(), cut, "a body that is not JSON"),
        (Method::POST, "/Users".to_owned(), nameless, "a user without userName"),
        (Method::PATCH, format!("/Users/{}", encode(&id)), no_user, "Operations that are not an array"),
    ];
    for (method, path, body, what) in cases {
        let answer = player.recorder.ask_raw(method, path, body).await?;
        let exchange = player.recorder.last().cloned();
        if answer.is_success() {
            let got = exchange.as_ref().map(described).unwrap_or_default();
            super::see_about(
                player,
                &mut outcome,
                Some(what),
                (&catalog::MALFORMED_ACCEPTED, "400".to_owned(), got),
                exchange.as_ref(),
                story,
            );
        }
    }
    judge(player, &mut outcome, mark, story);
    Ok(outcome.report(story, title))
}

/// A PATCH that fails changes nothing.
pub(super) async fn atomic_patch(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("atomic-patch", "A PATCH that fails changes nothing");
    let mut outcome = Outcome::new();
    let Some((_, id)) = create(player).await? else { return Ok(nobody(outcome, story, title)) };
    let path = format!("/Users/{}", encode(&id));
    let family = player.lab.unique("half");
    let patch = json!({
        "schemas": [urn::PATCH_OP],
        "Operations": [
            {"op": "replace", "path": "name.familyName", "value": family},
            {"op": "replace", "path": "][", "value": "x"},
        ],
    });
    let answer = player.recorder.ask(Method::PATCH, path.clone(), Some(patch)).await?;
    let exchange = player.recorder.last().cloned();
    if answer.is_success() {
        outcome.skipped = Some(format!("the second operation was not refused: {}", answer.status));
        return Ok(outcome.report(story, title));
    }
    let after = player.recorder.ask(Method::GET, path, None).await?;
    let stored = object(&after).and_then(|user| obj::get(&user, "name").cloned());
    if stored.as_ref().and_then(|name| name.get("familyName")).and_then(Value::as_str)
        == Some(family.as_str())
    {
        let got = format!("{}, and the first operation is stored", answer.status);
        let seen = (&catalog::PATCH_NOT_ATOMIC, "no change".to_owned(), got);
        see(player, &mut outcome, seen, exchange.as_ref(), story);
    }
    Ok(outcome.report(story, title))
}

/// `If-Match`, where the endpoint says that it has entity tags.
pub(super) async fn preconditions(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("preconditions", "A write with a stale entity tag is refused");
    let mut outcome = Outcome::new();
    if player.endpoint.etag != Some(true) {
        outcome.skipped =
            Some("/ServiceProviderConfig does not say that entity tags are supported".to_owned());
        return Ok(outcome.report(story, title));
    }
    let Some((mut body, id)) = create(player).await? else { return Ok(nobody(outcome, story, title)) };
    let path = format!("/Users/{}", encode(&id));
    let family = player.lab.unique("stale");
    body["name"]["familyName"] = family.clone().into();
    let answer =
        player.recorder.ask_if_match(Method::PUT, path.clone(), body, "W/\"scimtest-stale\"").await?;
    let exchange = player.recorder.last().cloned();
    if answer.is_success() {
        let got = exchange.as_ref().map(described).unwrap_or_default();
        see(player, &mut outcome, (&catalog::ETAG_IGNORED, "412".to_owned(), got), exchange.as_ref(), story);
    }
    Ok(outcome.report(story, title))
}

/// `POST /Users/.search` answers as the same query by GET.
pub(super) async fn search(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("search", "A query by POST answers as one by GET");
    let mut outcome = Outcome::new();
    let Some((body, id)) = create(player).await? else { return Ok(nobody(outcome, story, title)) };
    let name = body["userName"].as_str().unwrap_or_default().to_owned();
    let by_get = player.find_user(&name).await?;
    let ours =
        |list: &[Value]| list.iter().any(|user| user.get("id").and_then(Value::as_str) == Some(id.as_str()));
    if !ours(&by_get) || by_get.len() > 1 {
        outcome.skipped = Some("the filter does not find the user by GET either".to_owned());
        return Ok(outcome.report(story, title));
    }
    let literal = Value::from(name).to_string();
    let request = json!({
        "schemas": [urn::SEARCH_REQUEST], "filter": format!("userName eq {literal}"), "startIndex": 1, "count": 10,
    });
    let answer = player.recorder.ask(Method::POST, "/Users/.search", Some(request)).await?;
    let exchange = player.recorder.last().cloned();
    if matches!(answer.status, 400 | 404 | 405 | 501) {
        outcome.skipped = Some(format!("the endpoint has no /.search: {}", answer.status));
        return Ok(outcome.report(story, title));
    }
    let found = object(&answer).and_then(|page| obj::get(&page, "Resources").cloned());
    let found = found.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    if answer.is_success() && (!ours(&found) || found.len() != by_get.len()) {
        let got = exchange.as_ref().map(described).unwrap_or_default();
        let expected = format!("200 with {} user(s)", by_get.len());
        see(player, &mut outcome, (&catalog::SEARCH_RESULT, expected, got), exchange.as_ref(), story);
    }
    Ok(outcome.report(story, title))
}

/// A bulk create, where the endpoint says that it has bulk.
pub(super) async fn bulk(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("bulk", "A bulk request creates what it says it creates");
    let mut outcome = Outcome::new();
    if player.endpoint.bulk != Some(true) {
        outcome.skipped = Some("/ServiceProviderConfig does not say that bulk is supported".to_owned());
        return Ok(outcome.report(story, title));
    }
    let body = player.lab.person_body();
    let name = body["userName"].as_str().unwrap_or_default().to_owned();
    let request = json!({
        "schemas": [urn::BULK_REQUEST],
        "Operations": [{"method": "POST", "path": "/Users", "bulkId": "one", "data": body}],
    });
    let answer = player.recorder.ask(Method::POST, "/Bulk", Some(request)).await?;
    let exchange = player.recorder.last().cloned();
    let found = player.find_user(&name).await?;
    let id = found.first().and_then(|user| user.get("id")).and_then(Value::as_str).map(str::to_owned);
    if let Some(id) = &id {
        player.recorder.ledger.adopt(cleanup::USERS, id, &name);
    }
    let first = object(&answer)
        .and_then(|reply| obj::get(&reply, "Operations").cloned())
        .and_then(|operations| operations.get(0).cloned());
    let status =
        first.as_ref().and_then(Value::as_object).and_then(|first| obj::get(first, "status").cloned());
    let promised = match &status {
        Some(Value::String(text)) => text == "201",
        Some(Value::Object(status)) => obj::get(status, "code").and_then(Value::as_str) == Some("201"),
        Some(Value::Number(code)) => code.as_u64() == Some(201),
        _ => false,
    };
    if !answer.is_success() || !promised || id.is_none() {
        let got = exchange.as_ref().map(described).unwrap_or_default();
        let stored = if id.is_some() { "the user exists" } else { "the user does not exist" };
        let seen = (
            &catalog::BULK_RESULT,
            "200, an operation with status 201, and the user".to_owned(),
            format!("{got}; {stored}"),
        );
        see(player, &mut outcome, seen, exchange.as_ref(), story);
    }
    Ok(outcome.report(story, title))
}

/// `sortBy`, where the endpoint says that it sorts.
pub(super) async fn sort(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("sort", "A sorted list is in order");
    let mut outcome = Outcome::new();
    if player.endpoint.sort != Some(true) {
        outcome.skipped = Some("/ServiceProviderConfig does not say that sorting is supported".to_owned());
        return Ok(outcome.report(story, title));
    }
    let start = player.lab.unique("sort");
    let mut ids = Vec::new();
    // Not in the order in which they should come.
    for which in ["b", "a", "c"] {
        let mut body = player.lab.person_body();
        body["userName"] = format!("{start}-{which}@{}", player.run.mail_domain()).into();
        let answer = player.recorder.ask(Method::POST, "/Users", Some(body)).await?;
        match object(&answer)
            .and_then(|user| obj::get(&user, "id").and_then(Value::as_str).map(str::to_owned))
        {
            Some(id) => ids.push(id),
            None => return Ok(nobody(outcome, story, title)),
        }
    }
    let sorted = [(true, vec![&ids[1], &ids[0], &ids[2]]), (false, vec![&ids[2], &ids[0], &ids[1]])];
    let filter = encode(&format!("userName sw \"{start}\""));
    for (ascending, wanted) in sorted {
        let order = if ascending { "ascending" } else { "descending" };
        let target = format!("/Users?filter={filter}&sortBy=userName&sortOrder={order}");
        let answer = player.recorder.ask(Method::GET, target, None).await?;
        let exchange = player.recorder.last().cloned();
        let Some(page) = object(&answer) else { continue };
        let listed = obj::get(&page, "Resources").and_then(Value::as_array).cloned().unwrap_or_default();
        let came: Vec<&str> =
            listed.iter().filter_map(|user| user.get("id").and_then(Value::as_str)).collect();
        if came.len() == wanted.len() && came != wanted {
            let seen = (&catalog::SORT_ORDER, format!("{order} by userName"), "another order".to_owned());
            see(player, &mut outcome, seen, exchange.as_ref(), story);
        }
    }
    Ok(outcome.report(story, title))
}

fn nobody(mut outcome: Outcome, story: &str, title: &str) -> StoryReport {
    outcome.skipped = Some("no user could be created".to_owned());
    outcome.report(story, title)
}

fn object(answer: &Answer) -> Option<Map<String, Value>> {
    answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success()).cloned()
}
