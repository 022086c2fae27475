//! Where the client gets the time from, and how it waits.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt, ready};
use jiff::Timestamp;

/// Time for retries, rate limits and caches. The usual one is the system's; tests use [`ManualClock`].
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time of day, to compare with dates that a server sends.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment; it never goes back.
    fn monotonic(&self) -> Duration;

    /// Is ready after that time.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;
}

/// The system's clock, and tokio's timer.
#[derive(Debug)]
pub(crate) struct SystemClock {
    start: tokio::time::Instant,
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        Self { start: tokio::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(time).boxed()
    }
}

/// A clock that moves only when somebody sleeps: tests of waiting take no time, and see how long the waits were.
///
/// ```
/// use std::time::Duration;
/// use scim_client::clock::{Clock, ManualClock};
///
/// let clock = ManualClock::at("2026-01-01T00:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(clock.now().to_string(), "2026-01-01T00:00:05Z");
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    start: Timestamp,
    state: Arc<Mutex<ManualState>>,
}

#[derive(Debug, Default)]
struct ManualState {
    passed: Duration,
    sleeps: Vec<Duration>,
}

impl ManualClock {
    /// A clock that stands at that time.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self { start, state: Arc::default() }
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        self.with(|state| state.passed += time);
    }

    /// How long the client has slept, each time.
    #[must_use]
    pub fn sleeps(&self) -> Vec<Duration> {
        self.with(|state| state.sleeps.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut ManualState) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let passed = self.monotonic();
        self.start.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.with(|state| state.passed)
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.with(|state| {
            state.passed += time;
            state.sleeps.push(time);
        });
        ready(()).boxed()
    }
}
