//! What a write must keep to: ids, locations, malformed bodies, the meaning of PUT.

use http::{Method, header};
use scim_core::{json as obj, urn};
use serde_json::{Value, json};

use super::bench::{Bench, emails, object, text};
use crate::{
    check::catalog,
    idp::WireError,
    report::StoryReport,
    run::{cleanup, play::Player},
};

/// `id` is the server's to give.
pub(super) async fn client_chosen_id(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "client-chosen-id", "A client cannot choose the id of a new user");
    let mut body = bench.player.lab.person_body();
    let chosen = bench.player.lab.unique("chosen");
    body["id"] = chosen.clone().into();
    let answer = bench.send(Method::POST, "/Users", body).await?;
    let id = answer.json.as_ref().and_then(|user| user.get("id")).and_then(Value::as_str);
    if answer.is_success() && id == Some(chosen.as_str()) {
        bench.found(
            &catalog::CREATE_CLIENT_ID,
            None,
            "an id that the server makes",
            format!("id {chosen:?}"),
        );
    }
    Ok(bench.finish())
}

/// The `Location` of a new resource leads to it.
pub(super) async fn location(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "location", "The Location of a new resource leads to it");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let created = bench.last();
    let header = created
        .as_ref()
        .and_then(|exchange| exchange.answer.headers.get(header::LOCATION)?.to_str().ok().map(str::to_owned));
    let inside = text(&user.stored, "meta.location");
    let base = bench.player.recorder.target().base().to_owned();
    let mut tried = Vec::new();
    for location in [header, inside].into_iter().flatten() {
        // An address outside of the base, as behind a proxy, is not ours to follow.
        let Some(target) = below(&base, &location).filter(|target| !tried.contains(target)) else { continue };
        let answer = bench.get(target.clone()).await?;
        let id = object(&answer).and_then(|user| obj::get(&user, "id")?.as_str().map(str::to_owned));
        if id.as_deref() != Some(user.id.as_str()) && answer.status < 500 {
            let got = bench.got();
            bench.pass_over();
            bench.found(&catalog::CREATE_LOCATION_DEAD, None, format!("the user at {location}"), got);
        }
        tried.push(target);
    }
    Ok(bench.finish())
}

/// What follows the base URL in an address, if the address is below it.
pub(super) fn below(base: &str, location: &str) -> Option<String> {
    let split = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        let slash = rest.find('/').unwrap_or(rest.len());
        Some((format!("{scheme}://{}", &rest[..slash]).to_lowercase(), rest[slash..].to_owned()))
    };
    let (origin, base) = split(base)?;
    let path = match split(location) {
        Some((other, path)) => Some(path).filter(|_| other == origin)?,
        None => location.to_owned(),
    };
    path.strip_prefix(&base).filter(|rest| rest.starts_with('/')).map(str::to_owned)
}

/// What is not JSON, or lacks what is required, is refused with 400.
pub(super) async fn malformed(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "malformed-requests", "What is malformed is refused with a 4xx");
    let cut = format!("{{\"schemas\":[\"{}\"],\"userName\":", urn::USER);
    let nameless =
        json!({"schemas": [urn::USER], "displayName": bench.player.lab.unique("nameless")}).to_string();
    let no_user = json!({"schemas": [urn::PATCH_OP], "Operations": "all of them"}).to_string();
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let mut cases = vec![
        (Method::POST, "/Users".to_owned(), cut, "a body that is not JSON"),
        (Method::POST, "/Users".to_owned(), "[]".to_owned(), "a body that is not an object"),
        (Method::POST, "/Users".to_owned(), nameless, "a user without userName"),
        (Method::PATCH, user.path.clone(), no_user, "Operations that are not an array"),
    ];
    if bench.groups() {
        let nameless = json!({"schemas": [urn::GROUP], "members": []}).to_string();
        cases.push((Method::POST, "/Groups".to_owned(), nameless, "a group without displayName"));
    }
    for (method, path, body, what) in cases {
        let answer = bench.player.recorder.ask_raw(method, path, body).await?;
        if answer.is_success() {
            let got = bench.got();
            bench.found(&catalog::MALFORMED_ACCEPTED, Some(what), "400", got);
        }
    }
    Ok(bench.finish())
}

/// PUT replaces what it names, answers with what is stored, and leaves the id alone.
pub(super) async fn put(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "put", "PUT replaces the resource, and shows what is stored");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let old = user.name().to_lowercase();
    let domain = bench.player.run.mail_domain().to_owned();
    let address = format!("{}@{domain}", bench.player.lab.unique("mail"));
    let family = bench.player.lab.unique("family");
    let mut body = user.sent.clone();
    body["id"] = user.id.clone().into();
    body["emails"] = json!([{"value": address, "type": "work", "primary": true}]);
    body["name"]["familyName"] = family.clone().into();
    let answer = bench.send(Method::PUT, user.path.clone(), body.clone()).await?;
    let exchange = bench.last();
    if !answer.is_success() {
        if matches!(answer.status, 404 | 405 | 501) {
            bench.pass_over();
        }
        bench.skip(format!("PUT answered {}", answer.status));
        return Ok(bench.finish());
    }
    let shown = object(&answer);
    let Some(stored) = bench.read(&user).await? else { return Ok(bench.finish()) };
    let has = |value: &str| emails(&stored).iter().any(|(_, stored)| *stored == value);
    if emails(&user.stored).iter().any(|(_, stored)| *stored == old) && has(&old) {
        let expected = format!("no e-mail but {address}");
        if has(&address.to_lowercase()) {
            let told = (expected, format!("{old} is still there"));
            bench.found_in(&catalog::PUT_APPENDS, Some("emails"), told, exchange.as_ref());
        } else {
            let told = (expected, format!("{old} is there, {address} is not"));
            bench.found_in(&catalog::PUT_ATTRIBUTE, Some("emails"), told, exchange.as_ref());
        }
    }
    let now = text(&stored, "name.familyName");
    let said = shown.as_ref().and_then(|shown| text(shown, "name.familyName"));
    if now.as_deref() == Some(family.as_str())
        && said.is_some()
        && said == text(&user.stored, "name.familyName")
    {
        let told =
            (format!("familyName {family:?}, as is stored"), format!("{:?}", said.unwrap_or_default()));
        bench.found_in(&catalog::ANSWER_STALE, Some("PUT"), told, exchange.as_ref());
    }
    // The id in the body is read-only: ignored, or refused.
    body["id"] = bench.player.lab.unique("other").into();
    bench.judge();
    let answer = bench.send(Method::PUT, user.path.clone(), body).await?;
    let exchange = bench.last();
    if answer.is_success() && bench.get(user.path.clone()).await?.status == 404 {
        bench.adopt(cleanup::USERS, &answer, &user.name());
        let told = (format!("id {:?}", user.id), "it is not there any more".to_owned());
        bench.found_in(&catalog::ID_CHANGED, None, told, exchange.as_ref());
        bench.pass_over();
    }
    Ok(bench.finish())
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn only_what_is_below_the_base_is_followed() {
        let base = "https://Example.com/scim/v2";
        assert_eq!(below(base, "HTTPS://example.com/scim/v2/Users/1?t=2").as_deref(), Some("/Users/1?t=2"));
        assert_eq!(below(base, "/scim/v2/Users/1").as_deref(), Some("/Users/1"));
        assert_eq!(
            below(base, "https://example.com/scim/v2/scim/v2/Users/1").as_deref(),
            Some("/scim/v2/Users/1")
        );
        for other in
            ["https://example.org/scim/v2/Users/1", "https://example.com/scim/v22/Users/1", "Users/1", ""]
        {
            assert_eq!(below(base, other), None, "{other}");
        }
    }
}
