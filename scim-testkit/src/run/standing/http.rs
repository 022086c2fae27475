//! What HTTP leaves to the client: media types of bodies, parameters, the spelling of an address.

use http::Method;
use scim_core::urn;
use serde_json::{Value, json};

use super::bench::Bench;
use crate::{check::catalog, idp::WireError, report::StoryReport, run::play::Player};

pub(super) async fn check(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "http", "Every media type of JSON is read, and every method takes it");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let patch = |value: String| {
        json!({
            "schemas": [urn::PATCH_OP],
            "Operations": [{"op": "replace", "path": "displayName", "value": value}],
        })
    };
    for method in [Method::POST, Method::PUT, Method::PATCH] {
        let path = if method == Method::POST { "/Users".to_owned() } else { user.path.clone() };
        let body = |bench: &mut Bench<'_, '_>| -> Value {
            match method {
                Method::POST => bench.player.lab.person_body(),
                Method::PUT => user.sent.clone(),
                _ => patch(bench.player.lab.unique("name")),
            }
        };
        let sent = body(&mut bench);
        if !bench.send(method.clone(), path.clone(), sent).await?.is_success() {
            // Without a control nothing can be said of the media type.
            bench.pass_over();
            continue;
        }
        for (media, check) in MEDIA_TYPES {
            let sent = body(&mut bench);
            let answer =
                bench.send_with((method.clone(), path.clone()), ("Content-Type", media), Some(sent)).await?;
            if answer.is_success() {
                continue;
            }
            let (exchange, got) = (bench.last(), format!("{method}: {}", bench.got()));
            // Once more with the usual type: the resource may be what is wrong by now.
            let sent = body(&mut bench);
            if bench.send(method.clone(), path.clone(), sent).await?.is_success() {
                let told = (format!("success with Content-Type: {media}"), got);
                bench.found_in(check, None, told, exchange.as_ref());
            } else {
                bench.pass_over();
            }
        }
    }
    bench.judge();
    for (query, check) in [
        ("/Users?startIndex=1&count=1&scimtest=1", &catalog::HTTP_UNKNOWN_PARAMETER),
        ("/Users/?startIndex=1&count=1", &catalog::HTTP_TRAILING_SLASH),
    ] {
        if !bench.get(query).await?.is_success() {
            let got = bench.got();
            bench.found(check, None, "200", got);
        }
    }
    bench.pass_over();
    Ok(bench.finish())
}

const MEDIA_TYPES: &[(&str, &crate::check::Check)] = &[
    ("application/scim+json; charset=utf-8", &catalog::HTTP_CHARSET),
    ("application/json", &catalog::HTTP_JSON_REFUSED),
];
