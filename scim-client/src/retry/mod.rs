//! When a request is sent again, and after how long.
//!
//! [`decide`] is the whole rule, as a pure function; the rest carries it out. A request that changes something is
//! repeated only when the server cannot have acted on it: it was never sent, or was refused with 429, with 503 and
//! `Retry-After`, or with a [`ThrottleMarker`]. Reads, PUT and DELETE without a precondition may be repeated after any
//! passing failure, since doing them twice is the same as doing them once (RFC 9110 §9.2.2).

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};
use jiff::{Timestamp, fmt::rfc2822};

use crate::{
    clock::Clock,
    error::{Trail, TransportError, TransportKind},
    rate::RateLimit,
};

/// How often and how long a request is repeated.
///
/// ```
/// use scim_client::retry::RetryPolicy;
///
/// let patient = RetryPolicy { max_attempts: 10, ..RetryPolicy::default() };
/// assert!(patient.max_attempts > RetryPolicy::never().max_attempts);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Most times that a request is sent; 1 means that it is never repeated.
    pub max_attempts: u32,
    /// Most time for all attempts and the waits between them. A wait that does not fit is not begun. Waiting for the
    /// client's own rate limit does not count.
    pub budget: Duration,
    /// Most time for one attempt, from sending to the end of the answer.
    pub try_timeout: Duration,
    /// The longest wait after the first attempt; it doubles with each attempt.
    pub base: Duration,
    /// The longest wait at all, unless the server asks for a longer one.
    pub cap: Duration,
    /// Answers that mean "slow down" although their status says something else.
    pub throttle_markers: Vec<ThrottleMarker>,
}

impl RetryPolicy {
    /// One attempt.
    #[must_use]
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            budget: Duration::from_secs(120),
            try_timeout: Duration::from_secs(30),
            base: Duration::from_millis(250),
            cap: Duration::from_secs(20),
            throttle_markers: vec![ThrottleMarker { status: 500, text: "REQUEST_LIMIT_EXCEEDED".to_owned() }],
        }
    }
}

/// An answer that means "slow down": this status with this text somewhere in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThrottleMarker {
    /// HTTP status.
    pub status: u16,
    /// Text, in exactly these letters.
    pub text: String,
}

impl ThrottleMarker {
    fn fits(&self, status: u16, body: &[u8]) -> bool {
        let text = self.text.as_bytes();
        self.status == status
            && !text.is_empty()
            && body[..body.len().min(SEARCHED)].windows(text.len()).any(|window| window == text)
    }
}

/// What doing a request twice would mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// It changes nothing.
    Read,
    /// Doing it twice is the same as doing it once.
    Idempotent,
    /// Doing it twice may do it twice.
    Once,
}

impl Intent {
    /// Of a method; with a precondition, the second time fails because the first one succeeded.
    #[must_use]
    pub fn of(method: &Method, conditional: bool) -> Self {
        match *method {
            Method::GET | Method::HEAD => Self::Read,
            Method::PUT | Method::DELETE if !conditional => Self::Idempotent,
            _ => Self::Once,
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was sent.
    NotSent,
    /// It was sent, and no complete answer came.
    Lost,
    /// It cannot be put right by repeating.
    Final,
    /// There is an answer.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body has a [`ThrottleMarker`].
        throttled: bool,
        /// How long the server asks to wait.
        wait: Option<Duration>,
    },
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send it again after `at_least`, plus a random part of `jitter`.
    Retry {
        /// What the server asked for.
        at_least: Duration,
        /// Spread, so that clients do not come back all at once.
        jitter: Duration,
    },
    /// That was it.
    Stop,
}

/// What to do after attempt number `attempt`, counted from 1, `elapsed` after the first one began.
#[must_use]
pub fn decide(
    attempt: u32,
    intent: Intent,
    outcome: Outcome,
    elapsed: Duration,
    policy: &RetryPolicy,
) -> Decision {
    let (again, asked) = match outcome {
        Outcome::NotSent => (true, None),
        Outcome::Lost => (intent != Intent::Once, None),
        Outcome::Final => (false, None),
        Outcome::Answered { status, throttled, wait } => (
            throttled
                || match status {
                    429 => true,
                    503 => wait.is_some() || intent != Intent::Once,
                    502 | 504 => intent != Intent::Once,
                    _ => false,
                },
            wait,
        ),
    };
    let left = policy.budget.saturating_sub(elapsed);
    let at_least = asked.unwrap_or_default();
    if !again || attempt >= policy.max_attempts || left.is_zero() || at_least >= left {
        return Decision::Stop;
    }
    let doubled = policy.base.saturating_mul(1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
    // The server's own wait needs only a little spread.
    let spread = if asked.is_some() { policy.base } else { doubled.min(policy.cap) };
    Decision::Retry { at_least, jitter: spread.min(left - at_least) }
}

/// How long the server asks to wait: `Retry-After` in seconds or as a date, else `X-Rate-Limit-Reset`, as a time or in
/// seconds. A date is compared with the server's own `Date`, since the two clocks may differ.
#[must_use]
pub fn asked_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let now = text(header::DATE.as_str()).and_then(http_date).unwrap_or(now);
    if let Some(after) = text(header::RETRY_AFTER.as_str()) {
        if let Some(wait) = seconds(after) {
            return Some(wait);
        }
        if let Some(at) = http_date(after) {
            return Some(until(now, at));
        }
    }
    let reset = RESET.iter().find_map(|name| text(name))?;
    let number: i64 = reset.parse().ok()?;
    if number < EPOCH_FROM {
        return u64::try_from(number).ok().map(Duration::from_secs);
    }
    Timestamp::from_second(number).ok().map(|at| until(now, at))
}

/// What one call asks of the layers below.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) intent: Intent,
    /// Operations that the request stands for, for the rate limit.
    pub(crate) operations: u32,
    pub(crate) policy: Arc<RetryPolicy>,
    /// Milliseconds that were spent waiting for the rate limit, in all attempts.
    pub(crate) queued: AtomicU64,
}

impl Task {
    pub(crate) fn new(intent: Intent, operations: u32, policy: Arc<RetryPolicy>) -> Self {
        Self { intent, operations, policy, queued: AtomicU64::default() }
    }
}

/// The layer that repeats requests.
#[derive(Debug)]
pub(crate) struct Retry {
    inner: RateLimit,
    clock: Arc<dyn Clock>,
    jitter: Jitter,
}

/// Where a number from 0 to 1 comes from.
#[derive(Clone)]
pub(crate) struct Jitter(pub(crate) Arc<dyn Fn() -> f64 + Send + Sync>);

impl Default for Jitter {
    fn default() -> Self {
        Self(Arc::new(fastrand::f64))
    }
}

impl fmt::Debug for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jitter")
    }
}

impl Retry {
    pub(crate) fn new(inner: RateLimit, clock: Arc<dyn Clock>, jitter: Jitter) -> Self {
        Self { inner, clock, jitter }
    }

    /// How it ended, and what it took.
    pub(crate) async fn call(
        &self,
        request: &Request<Bytes>,
        task: &Task,
    ) -> (Result<Response<Bytes>, TransportError>, Trail) {
        let policy = &*task.policy;
        let start = self.clock.monotonic();
        let mut trail = Trail::default();
        // The budget is for the server's time. A long queue at the rate limit must not use it up.
        let served = |elapsed: Duration| {
            elapsed.saturating_sub(Duration::from_millis(task.queued.load(Ordering::Relaxed)))
        };
        let mut time = policy.try_timeout.min(policy.budget);
        loop {
            let answer = self.inner.call(request, task, time).await;
            let outcome = outcome(&answer, policy, &*self.clock);
            trail.attempts += 1;
            trail.elapsed = self.clock.monotonic().saturating_sub(start);
            trail.uncertain |= task.intent != Intent::Read && is_uncertain(outcome);
            match decide(trail.attempts, task.intent, outcome, served(trail.elapsed), policy) {
                Decision::Retry { at_least, jitter: spread } => {
                    let wait = at_least + spread.mul_f64((self.jitter.0)().clamp(0.0, 1.0));
                    tracing::debug!(attempt = trail.attempts, ?outcome, ?wait, "sending the request again");
                    self.clock.sleep(wait).await;
                    let elapsed = self.clock.monotonic().saturating_sub(start);
                    time = policy.try_timeout.min(policy.budget.saturating_sub(served(elapsed)));
                }
                Decision::Stop => return (answer, trail),
            }
        }
    }
}

fn outcome(
    answer: &Result<Response<Bytes>, TransportError>,
    policy: &RetryPolicy,
    clock: &dyn Clock,
) -> Outcome {
    match answer {
        Ok(response) => {
            let status = response.status().as_u16();
            Outcome::Answered {
                status,
                throttled: policy.throttle_markers.iter().any(|marker| marker.fits(status, response.body())),
                wait: if status >= 400 { asked_wait(response.headers(), clock.now()) } else { None },
            }
        }
        Err(error) => match error.kind() {
            TransportKind::Connect => Outcome::NotSent,
            TransportKind::Interrupted | TransportKind::Timeout => Outcome::Lost,
            TransportKind::Auth | TransportKind::TooLarge => Outcome::Final,
        },
    }
}

/// Whether an attempt that ended so may have done something.
fn is_uncertain(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Lost => true,
        Outcome::NotSent | Outcome::Final => false,
        Outcome::Answered { status, throttled, wait } => {
            !throttled
                && match status {
                    500 | 502 | 504 => true,
                    503 => wait.is_none(),
                    _ => false,
                }
        }
    }
}

fn seconds(text: &str) -> Option<Duration> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    // A number that is too large to wait for is still a wish to wait.
    Duration::try_from_secs_f64(text.parse().ok()?).ok().or(Some(Duration::MAX))
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn until(now: Timestamp, at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or_default()
}

/// How much of a body is searched for markers.
const SEARCHED: usize = 16 << 10;
/// A reset number from here on is a time since 1970, below it is a number of seconds to wait.
const EPOCH_FROM: i64 = 1_000_000_000;
const RESET: &[&str] = &["x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset"];

#[cfg(test)]
mod tests;
