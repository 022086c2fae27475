//! What an attacker would try, asked politely: a bounded number of small requests, and writes on the run's own resources
//! alone.
//!
//! Only what is seen to have worked is reported: a request that is refused, in whatever words, is fine. A firewall
//! before the endpoint may refuse in words that are not SCIM, so here errors are judged for two things, whether the
//! server failed (500) and whether the text shows its inside ([`leak`]).
//!
//! Not supported: TLS, limits on guessing, timing, and whatever would take the service down if it worked.

mod attributes;
mod filters;
mod foreign;
mod leak;
mod password;
mod paths;
mod requests;
mod sizes;
#[cfg(test)]
pub(super) mod tests;
mod tokens;

use http::Method;
use serde_json::Value;

use super::{Credentials, Exchange, Reach, Target, play::Player, reach::ONLY_READS, standing::bench::Bench};
use crate::{
    check::{Check, catalog},
    idp::{Answer, WireError, WireRequest},
    report::{Status, StoryReport},
};

/// Plays the suite.
pub(super) async fn check(player: &mut Player<'_>, stories: &mut Vec<StoryReport>) -> Result<(), WireError> {
    player.recorder.log.clear();
    if player.run.reach != Reach::Full {
        stories.push(paths::bypass(player).await?);
        stories.push(tokens::in_address(player).await?);
        stories.push(sizes::queries(player).await?);
        stories.push(requests::headers(player).await?);
        stories.extend(WRITING.iter().map(|(story, title)| StoryReport {
            idp: FAMILY.to_owned(),
            story: (*story).to_owned(),
            title: (*title).to_owned(),
            status: Status::Skipped,
            reason: Some(ONLY_READS.to_owned()),
            confirmed: Vec::new(),
        }));
        return Ok(());
    }
    stories.push(tokens::check(player).await?);
    stories.push(paths::bypass(player).await?);
    stories.push(tokens::in_address(player).await?);
    stories.push(foreign::check(player).await?);
    stories.push(password::check(player).await?);
    stories.push(filters::check(player).await?);
    stories.push(sizes::queries(player).await?);
    stories.push(sizes::bodies(player).await?);
    stories.push(attributes::read_only(player).await?);
    stories.push(attributes::adopted(player).await?);
    stories.push(paths::ids(player).await?);
    stories.push(requests::headers(player).await?);
    stories.push(requests::method_override(player).await?);
    stories.push(requests::media_types(player).await?);
    Ok(())
}

/// The rows of the report that need resources of the run's own: name and title.
const WRITING: &[(&str, &str)] = &[
    tokens::ROW,
    foreign::ROW,
    password::ROW,
    filters::ROW,
    sizes::BODIES,
    attributes::READ_ONLY,
    attributes::ADOPTED,
    paths::IDS,
    requests::METHOD_OVERRIDE,
    requests::MEDIA_TYPES,
];

fn start<'p, 'r>(player: &'p mut Player<'r>, (story, title): (&'static str, &'static str)) -> Bench<'p, 'r> {
    player.recorder.log.clear();
    Bench::new(player, story, title).of(FAMILY)
}

/// Judges the errors of a story, and reports.
fn finish(mut bench: Bench<'_, '_>) -> StoryReport {
    let shows = |exchange: &&Exchange| exchange.answer.status >= 400;
    let log = &bench.player.recorder.log;
    let leaking = log.iter().filter(shows).find_map(|exchange| Some((leak::of(exchange)?, exchange.clone())));
    if let Some((what, exchange)) = leaking {
        let told = ("one sentence for a person".to_owned(), format!("{what} in the answer"));
        bench.found_in(&catalog::SECURITY_ERROR_DETAIL, None, told, Some(&exchange));
    }
    bench.judge_for(|exchange, check| check == &catalog::HTTP_SERVER_ERROR && exchange.answer.status == 500);
    bench.finish()
}

/// Reports what was seen without the run's credentials, so that the command shown has none.
fn found_openly(
    bench: &mut Bench<'_, '_>,
    check: &'static Check,
    subject: Option<&str>,
    (expected, got): (&str, String),
) {
    let target = stranger(bench.player.recorder.target());
    let exchange = bench.last();
    bench.found_at(check, subject, (expected.to_owned(), got), exchange.as_ref(), &target);
}

/// The same endpoint for someone without credentials; reports still do not show the run's.
fn stranger(target: &Target) -> Target {
    let stranger = target.clone().without_headers().with_credentials(Credentials::None);
    match target.credentials() {
        Credentials::None => stranger,
        Credentials::Bearer(secret) | Credentials::Basic(secret) => stranger.hiding(secret.clone()),
    }
}

/// Sends with that `Authorization`, or with none.
async fn openly(
    bench: &mut Bench<'_, '_>,
    authorization: Option<&str>,
    (method, target): (Method, String),
    body: Option<&Value>,
) -> Result<Answer, WireError> {
    let mut headers = headers();
    if body.is_some() {
        headers.push(("Content-Type", "application/scim+json".to_owned()));
    }
    headers.extend(authorization.map(|value| ("Authorization", value.to_owned())));
    let body = body.map(Value::to_string);
    bench.player.recorder.resend_openly(WireRequest { method, target, headers, body }).await
}

/// Sends with more headers, and a body that need not be JSON.
async fn with_headers(
    bench: &mut Bench<'_, '_>,
    (method, target): (Method, String),
    more: &[(&'static str, &str)],
    body: Option<String>,
) -> Result<Answer, WireError> {
    let mut headers = headers();
    headers.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    bench.player.recorder.resend(WireRequest { method, target, headers, body }).await
}

fn headers() -> Vec<(&'static str, String)> {
    vec![
        ("Accept", "application/scim+json, application/json;q=0.9".to_owned()),
        ("User-Agent", concat!("scim-testkit/", env!("CARGO_PKG_VERSION")).to_owned()),
    ]
}

const FAMILY: &str = "security";
