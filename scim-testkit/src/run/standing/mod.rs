//! Checks that belong to no provider's story: what RFC 7643 and RFC 7644 ask of every service provider, asked once in
//! a run, in plain form.
//!
//! An endpoint may refuse what it does not support; what it may not do is answer wrongly, fail, or promise in
//! `/ServiceProviderConfig` what it does not keep. What concerns one exchange is in [`crate::check::exchange`].

pub(super) mod access;
pub(super) mod bench;
mod bulk;
pub(super) mod discovery;
mod filters;
mod http;
mod lifecycle;
mod lists;
pub(super) mod names;
mod neighbors;
mod patches;
mod projection;
mod queries;
mod tags;
#[cfg(test)]
mod tests;
mod writes;

use super::play::Player;
use crate::{idp::WireError, report::StoryReport};

/// Plays the standing checks.
pub(super) async fn check(player: &mut Player<'_>) -> Result<Vec<StoryReport>, WireError> {
    player.recorder.log.clear();
    Ok(vec![
        discovery::check(player).await?,
        names::duplicate(player).await?,
        names::case(player).await?,
        names::external_id(player).await?,
        names::groups(player).await?,
        names::rename(player).await?,
        filters::operators(player).await?,
        filters::malformed(player).await?,
        lists::users(player).await?,
        lists::groups(player).await?,
        queries::cursor(player).await?,
        queries::sort(player).await?,
        queries::search(player).await?,
        projection::check(player).await?,
        access::authentication(player).await?,
        lifecycle::deletion(player).await?,
        lifecycle::group_deletion(player).await?,
        lifecycle::inactive(player).await?,
        writes::client_chosen_id(player).await?,
        writes::location(player).await?,
        writes::malformed(player).await?,
        writes::put(player).await?,
        patches::forms(player).await?,
        patches::refused(player).await?,
        patches::precise(player).await?,
        patches::atomic(player).await?,
        patches::order(player).await?,
        patches::full_name(player).await?,
        neighbors::attributes(player).await?,
        neighbors::groups(player).await?,
        patches::name_case(player).await?,
        tags::check(player).await?,
        bulk::check(player).await?,
        http::check(player).await?,
    ])
}
