//! How often a client may ask.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, Request};
use scim_core::vendor::RateScope;

use super::{Provider, State};

impl Provider {
    /// How many seconds to wait, if the request is one too many.
    pub(super) fn too_fast(&self, state: &mut State, request: &Request<Bytes>) -> Option<u64> {
        let windows = &self.profile.rate.windows;
        if !self.keeps_rates || windows.is_empty() {
            return None;
        }
        let now = state.world.now();
        let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let longest = windows.iter().map(|window| window.seconds).max().unwrap_or_default();
        let age = |time: &SystemTime| now.duration_since(*time).unwrap_or_default();
        while state.times.front().is_some_and(|(time, _)| age(time).as_secs() >= longest.into()) {
            state.times.pop_front();
        }
        for window in windows {
            let counts = |writes: bool| match window.of {
                RateScope::All => true,
                RateScope::Reads => !writes,
                RateScope::Writes => writes,
            };
            if !counts(writes) {
                continue;
            }
            let length = Duration::from_secs(window.seconds.into());
            let inside = state.times.iter().filter(|(time, writes)| counts(*writes) && age(time) < length);
            let count = inside.clone().count();
            if count >= window.operations as usize {
                let oldest = inside.map(|(time, _)| age(time)).max().unwrap_or_default();
                return Some((length.saturating_sub(oldest).as_secs()).max(1));
            }
        }
        state.times.push_back((now, writes));
        None
    }
}
