//! How many operations the client does in a time, and how many at once.
//!
//! Operations are counted, not requests: a bulk request of 50 counts as 50. Every window that applies must have room,
//! so the smallest budget decides. After a 429 the budgets halve, down to a sixteenth, and grow back with each success;
//! when the server says how long to wait, or that nothing remains, the whole client waits.
//!
//! A request takes its place among those at once first and then waits for the windows, so nothing lies between the
//! moment that a window grants and the moment of sending. A call that is dropped gives back what it did not use.

mod window;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::Semaphore;

use self::window::Log;
use crate::{
    auth::Authorize,
    clock::Clock,
    error::{TransportError, TransportKind},
    retry::{Intent, Task, asked_wait},
};

/// Limits of a server, to stay below.
///
/// ```
/// use std::time::Duration;
/// use scim_client::rate::{RateLimits, Window};
///
/// let slack = RateLimits {
///     windows: vec![
///         Window::writes(600, Duration::from_secs(60)),
///         Window::reads(1000, Duration::from_secs(60)),
///     ],
///     ..RateLimits::default()
/// };
/// assert_eq!(slack.in_flight, 32);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Operations in a time; none means that only the server's own answers slow the client down.
    pub windows: Vec<Window>,
    /// Requests at once.
    pub in_flight: usize,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { windows: Vec::new(), in_flight: 32 }
    }
}

/// So many operations in any period of that length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Most operations.
    pub operations: u32,
    /// Length of the period.
    pub per: Duration,
    /// Which operations count.
    pub scope: Scope,
}

impl Window {
    /// Of all operations.
    #[must_use]
    pub fn all(operations: u32, per: Duration) -> Self {
        Self { operations, per, scope: Scope::All }
    }

    /// Of reads.
    #[must_use]
    pub fn reads(operations: u32, per: Duration) -> Self {
        Self { operations, per, scope: Scope::Reads }
    }

    /// Of writes.
    #[must_use]
    pub fn writes(operations: u32, per: Duration) -> Self {
        Self { operations, per, scope: Scope::Writes }
    }
}

/// Which operations a [`Window`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All.
    All,
    /// Those that change nothing.
    Reads,
    /// Those that change something.
    Writes,
}

impl Scope {
    fn covers(self, intent: Intent) -> bool {
        match self {
            Self::All => true,
            Self::Reads => intent == Intent::Read,
            Self::Writes => intent != Intent::Read,
        }
    }
}

/// What was granted and when, as a pure state: times come in, times to wait go out.
#[derive(Debug)]
struct Budget {
    logs: Vec<(Window, Log)>,
    /// Nothing starts before.
    paused_until: Duration,
    /// Part of each window that is used, 1 to [`SLOWEST`].
    pace: f64,
    slowed_at: Option<Duration>,
}

impl Budget {
    fn new(windows: &[Window]) -> Self {
        Self {
            logs: windows.iter().map(|window| (*window, VecDeque::new().into())).collect(),
            paused_until: Duration::ZERO,
            pace: 1.0,
            slowed_at: None,
        }
    }

    /// Takes room for that many operations, and says from when on it is theirs.
    fn reserve(&mut self, now: Duration, operations: u32, intent: Intent) -> Duration {
        let mut at = now.max(self.paused_until);
        let pace = self.pace;
        for (window, log) in self.logs.iter_mut().filter(|(window, _)| window.scope.covers(intent)) {
            let limit = (f64::from(window.operations) * pace).floor().max(1.0) as u64;
            at = at.max(log.free_at(now, at, operations, limit, window.per));
        }
        for (_, log) in self.logs.iter_mut().filter(|(window, _)| window.scope.covers(intent)) {
            log.push(at, operations);
        }
        at
    }

    /// Gives back what was reserved and will not be used.
    fn give_back(&mut self, at: Duration, operations: u32, intent: Intent) {
        for (_, log) in self.logs.iter_mut().filter(|(window, _)| window.scope.covers(intent)) {
            log.remove(at, operations);
        }
    }

    /// Learns from an answer.
    fn observe(&mut self, now: Duration, throttled: bool, wait: Option<Duration>) {
        if let Some(wait) = wait {
            self.paused_until = self.paused_until.max(now.saturating_add(wait.min(LONGEST_PAUSE)));
        }
        if !throttled {
            self.pace = (self.pace * 1.02).min(1.0);
        } else if self.slowed_at.is_none_or(|at| now.saturating_sub(at) >= Duration::from_secs(1)) {
            // One burst of refusals is one reason to slow down.
            self.pace = (self.pace / 2.0).max(SLOWEST);
            self.slowed_at = Some(now);
        }
    }
}

/// The layer that waits before sending.
#[derive(Debug)]
pub(crate) struct RateLimit {
    inner: Authorize,
    shared: Shared,
    /// Whether there are windows whose pace may change.
    paced: bool,
}

#[derive(Debug)]
struct Shared {
    budget: Mutex<Budget>,
    slots: Semaphore,
    clock: Arc<dyn Clock>,
}

impl Shared {
    fn with<T>(&self, act: impl FnOnce(&mut Budget, Duration) -> T) -> T {
        let now = self.clock.monotonic();
        act(&mut self.budget.lock().unwrap_or_else(PoisonError::into_inner), now)
    }
}

impl RateLimit {
    pub(crate) fn new(inner: Authorize, limits: &RateLimits, clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            budget: Mutex::new(Budget::new(&limits.windows)),
            slots: Semaphore::new(limits.in_flight.clamp(1, Semaphore::MAX_PERMITS)),
            clock,
        };
        Self { inner, shared, paced: !limits.windows.is_empty() }
    }

    pub(crate) async fn call(
        &self,
        request: &Request<Bytes>,
        task: &Task,
        time: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let Self { inner, shared, .. } = self;
        let (intent, operations) = (task.intent, task.operations);
        let mut came = None;
        let slot = match shared.slots.try_acquire() {
            Ok(slot) => slot,
            Err(_) => {
                came = Some(shared.clock.monotonic());
                let slot = shared.slots.acquire().await;
                slot.map_err(|error| TransportError::new(TransportKind::Connect, error))?
            }
        };
        let (at, now) = shared.with(|budget, now| (budget.reserve(now, operations, intent), now));
        let wait = at.saturating_sub(now);
        if !wait.is_zero() {
            tracing::debug!(?wait, operations, "waiting for the rate limit");
            let mut unused = Unused { shared, grant: Some((at, operations, intent)) };
            shared.clock.sleep(wait).await;
            unused.grant = None;
        }
        let queued = came.map_or(Duration::ZERO, |came| now.saturating_sub(came)).saturating_add(wait);
        task.queued.fetch_add(u64::try_from(queued.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        let answer = inner.call(request, time).await;
        drop(slot);
        if let Ok(response) = &answer {
            let throttled = response.status() == 429;
            let spent = response
                .headers()
                .iter()
                .any(|(name, value)| value.as_bytes() == b"0" && REMAINING.contains(&name.as_str()));
            if throttled || spent || self.paced {
                let wait = (throttled || spent).then(|| asked_wait(response.headers(), shared.clock.now()));
                shared.with(|budget, now| budget.observe(now, throttled, wait.flatten()));
            }
        }
        answer
    }
}

/// What a call holds while it waits; dropped in the waiting, it gives that back.
struct Unused<'a> {
    shared: &'a Shared,
    grant: Option<(Duration, u32, Intent)>,
}

impl Drop for Unused<'_> {
    fn drop(&mut self) {
        if let Some((at, operations, intent)) = self.grant {
            self.shared.with(|budget, _| budget.give_back(at, operations, intent));
        }
    }
}

const SLOWEST: f64 = 1.0 / 16.0;
/// A server's wish for more is left to the retry budget of each call.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
const REMAINING: &[&str] = &["x-rate-limit-remaining", "x-ratelimit-remaining", "ratelimit-remaining"];

#[cfg(test)]
mod tests;
