//! Runs that do not write: what can be said of an endpoint by reading alone.
//!
//! Such a run meets real people. It reads a few of them, and what it records and reports of them has their data
//! replaced: names of attributes and ids stay, values do not ([`mask`]). The recorder holds back every request that
//! could write, whatever asks for it.

mod mask;
mod sample;
#[cfg(test)]
mod tests;

use http::Method;
use scim_core::json as obj;
use serde_json::Value;

pub(super) use self::mask::Mask;
use super::{
    play::Player,
    standing::{access, discovery},
};
use crate::{
    idp::WireError,
    report::{Status, StoryReport},
};

/// Whether a request of that method leaves the endpoint as it is (RFC 9110 §9.2.1).
pub(super) fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Why a story is not played.
pub(super) const ONLY_READS: &str = "the run only reads, and this writes";

/// What RFC 7643 and RFC 7644 ask of every service provider, as far as reading tells.
pub(super) async fn check(player: &mut Player<'_>) -> Result<Vec<StoryReport>, WireError> {
    player.recorder.log.clear();
    let someone = sample::take(player).await?;
    Ok(vec![
        discovery::documents_alone(player).await?,
        sample::people(player, &someone).await?,
        sample::find(player, &someone).await?,
        sample::malformed(player, &someone).await?,
        sample::projection(player, &someone).await?,
        sample::pages(player).await?,
        sample::groups(player).await?,
        sample::unknown(player).await?,
        access::by_reading(player, someone.path()).await?,
    ])
}

/// What the endpoint offers, as one line each.
pub(super) async fn offer(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let answer = player.recorder.ask(Method::GET, "/ResourceTypes", None).await?;
    let known = &player.endpoint;
    let mut lines = Vec::new();
    for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        lines.push(match known.supports(feature) {
            Some(true) => match limits(known, feature) {
                limits if limits.is_empty() => format!("{feature}: supported"),
                limits => format!("{feature}: supported ({limits})"),
            },
            Some(false) => format!("{feature}: not supported"),
            None => format!("{feature}: /ServiceProviderConfig does not say"),
        });
    }
    if let Some(schemes) = names(obj::get(&known.config, "authenticationSchemes"), "type") {
        lines.push(format!("authentication: {schemes}"));
    }
    let listed = answer.json.as_ref().filter(|_| answer.status == 200).and_then(Value::as_object);
    lines.push(match names(listed.and_then(|page| obj::get(page, "Resources")), "name") {
        Some(types) => format!("resource types: {types}"),
        None => format!("resource types: GET /ResourceTypes answered {}", answer.status),
    });
    lines.push(match &known.attributes {
        Some(paths) => format!("user attributes in /Schemas: {}", paths.len()),
        None => "user attributes: /Schemas does not say".to_owned(),
    });
    lines.push(known.no_groups.clone().unwrap_or_else(|| "groups: there are".to_owned()));
    Ok(StoryReport {
        idp: "rfc".to_owned(),
        story: "probe".to_owned(),
        title: "What the endpoint offers".to_owned(),
        status: Status::Passed,
        reason: None,
        confirmed: lines,
    })
}

fn limits(known: &super::endpoint::Endpoint, feature: &str) -> String {
    let details = ["maxResults", "maxOperations", "maxPayloadSize"];
    let said = details.iter().filter_map(|detail| Some((detail, known.says(feature, detail)?.as_i64()?)));
    said.map(|(detail, most)| format!("{detail} {most}")).collect::<Vec<_>>().join(", ")
}

/// The texts at `name` in a list of objects.
fn names(list: Option<&Value>, name: &str) -> Option<String> {
    let list = list?.as_array()?.iter().filter_map(Value::as_object);
    let named: Vec<&str> = list.filter_map(|one| obj::get(one, name)?.as_str()).take(MOST_NAMED).collect();
    Some(named.join(", ")).filter(|named| !named.is_empty())
}

const MOST_NAMED: usize = 20;
