//! How many operations the client does in a time, and how many at once.
//!
//! Operations are counted, not requests: a bulk request of 50 counts as 50. Every window that applies must have room,
//! so the smallest budget decides. After a 429 the budgets halve, down to a sixteenth, and grow back with each success;
//! when the server says how long to wait, or that nothing remains, the whole client waits.

mod window;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use tokio::sync::Semaphore;
use tower_service::Service;

use self::window::Log;
use crate::{
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

    /// Takes room for that many operations, and says how long to wait for it.
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
        at - now
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
#[derive(Clone, Debug)]
pub(crate) struct RateLimit<S> {
    inner: S,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    budget: Mutex<Budget>,
    slots: Semaphore,
    clock: Arc<dyn Clock>,
}

impl<S> RateLimit<S> {
    pub(crate) fn new(inner: S, limits: &RateLimits, clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            budget: Mutex::new(Budget::new(&limits.windows)),
            slots: Semaphore::new(limits.in_flight.clamp(1, Semaphore::MAX_PERMITS)),
            clock,
        };
        Self { inner, shared: Arc::new(shared) }
    }
}

impl Shared {
    fn with<T>(&self, act: impl FnOnce(&mut Budget, Duration) -> T) -> T {
        let now = self.clock.monotonic();
        act(&mut self.budget.lock().unwrap_or_else(PoisonError::into_inner), now)
    }
}

impl<S> Service<Request<Bytes>> for RateLimit<S>
where
    S: Service<Request<Bytes>, Response = Response<Bytes>, Error = TransportError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = BoxFuture<'static, Result<Response<Bytes>, TransportError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let Self { mut inner, shared } = self.clone();
        async move {
            let task: Task = request.extensions().get().cloned().unwrap_or_default();
            let (intent, operations) = (task.intent, task.operations);
            let came = shared.clock.monotonic();
            let wait = shared.with(|budget, now| budget.reserve(now, operations, intent));
            if !wait.is_zero() {
                tracing::debug!(?wait, operations, "waiting for the rate limit");
                shared.clock.sleep(wait).await;
            }
            let slot = shared.slots.acquire().await;
            let slot = slot.map_err(|error| TransportError::new(TransportKind::Connect, error))?;
            let queued = shared.clock.monotonic().saturating_sub(came).as_millis();
            task.queued.fetch_add(u64::try_from(queued).unwrap_or(u64::MAX), Ordering::Relaxed);
            let answer = inner.call(request).await;
            drop(slot);
            if let Ok(response) = &answer {
                let throttled = response.status() == 429;
                let spent = response
                    .headers()
                    .iter()
                    .any(|(name, value)| REMAINING.contains(&name.as_str()) && value.as_bytes() == b"0");
                let wait = (throttled || spent).then(|| asked_wait(response.headers(), shared.clock.now()));
                shared.with(|budget, now| budget.observe(now, throttled, wait.flatten()));
            }
            answer
        }
        .boxed()
    }
}

const SLOWEST: f64 = 1.0 / 16.0;
/// A server's wish for more is left to the retry budget of each call.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
const REMAINING: &[&str] = &["x-rate-limit-remaining", "x-ratelimit-remaining", "ratelimit-remaining"];

#[cfg(test)]
mod tests;
