//! What a provider needs from outside: the time and new ids.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::{Duration, SystemTime},
};

/// Tells the time.
pub trait Clock: Send {
    /// Now. Asked once per write, per page by cursor, and per token; a clock may move by being asked.
    fn now(&mut self) -> SystemTime;

    /// What time it is, without an effect on the clock; for the journal.
    fn peek(&self) -> SystemTime;
}

/// Makes ids.
pub trait IdSource: Send {
    /// A number that was not given before.
    fn next_id(&mut self) -> u128;

    /// Text for a token, which must not follow from the ids that were given. Here it does; [`World::system`] knows
    /// better.
    fn secret(&mut self) -> String {
        format!("{:032x}", self.next_id())
    }

    /// Goes on as if so many numbers had been given, so that a provider that is continued gives none of them again.
    /// Random numbers need not care.
    fn skip(&mut self, count: u64) {
        let _ = count;
    }
}

/// The clock and the ids of a [`super::Provider`].
pub struct World {
    clock: Box<dyn Clock>,
    ids: Box<dyn IdSource>,
    /// How far the clock was put forward.
    ahead: Duration,
    /// How many numbers were asked for.
    drawn: u64,
}

impl World {
    /// From a clock and ids of one's own.
    #[must_use]
    pub fn new(clock: impl Clock + 'static, ids: impl IdSource + 'static) -> Self {
        Self { clock: Box::new(clock), ids: Box::new(ids), ahead: Duration::ZERO, drawn: 0 }
    }

    /// The same in every run: time starts at 2026-01-01T00:00:00Z and moves one second per write; ids count from 1.
    #[must_use]
    pub fn deterministic() -> Self {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        Self::new(SteppingClock { next: start }, Counter { last: 0 })
    }

    /// The system's time, and random ids that are good enough for tests; they are no secrets, but its tokens are.
    #[must_use]
    pub fn system() -> Self {
        Self::new(SystemClock, SplitMix::new(random()))
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    pub(super) fn now(&mut self) -> SystemTime {
        later(self.clock.now(), self.ahead)
    }

    pub(super) fn peek(&self) -> SystemTime {
        later(self.clock.peek(), self.ahead)
    }

    pub(super) fn next_id(&mut self) -> u128 {
        self.drawn += 1;
        self.ids.next_id()
    }

    /// Text for a token; see [`IdSource::secret`].
    pub fn secret(&mut self) -> String {
        self.drawn += 1;
        self.ids.secret()
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(by).min(FARTHEST);
    }

    #[cfg(feature = "sqlite")]
    pub(super) fn ahead(&self) -> Duration {
        self.ahead
    }

    #[cfg(feature = "sqlite")]
    pub(super) fn set_ahead(&mut self, ahead: Duration) {
        self.ahead = ahead.min(FARTHEST);
    }

    #[cfg(feature = "sqlite")]
    pub(super) fn drawn(&self) -> u64 {
        self.drawn
    }

    /// Goes on where another left off that had given so many numbers.
    #[cfg(feature = "sqlite")]
    pub(super) fn skip(&mut self, drawn: u64) {
        self.ids.skip(drawn);
        self.drawn = drawn;
    }
}

/// A hundred years, so that every time that is told can be written as a date.
const FARTHEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

fn later(time: SystemTime, by: Duration) -> SystemTime {
    time.checked_add(by).unwrap_or(time)
}

/// Unlike any other, also to whoever has seen others.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&mut self) -> SystemTime {
        SystemTime::now()
    }

    fn peek(&self) -> SystemTime {
        SystemTime::now()
    }
}

struct SteppingClock {
    next: SystemTime,
}

impl Clock for SteppingClock {
    fn now(&mut self) -> SystemTime {
        let now = self.next;
        self.next = now + Duration::from_secs(1);
        now
    }

    fn peek(&self) -> SystemTime {
        self.next
    }
}

struct Counter {
    last: u128,
}

impl IdSource for Counter {
    fn next_id(&mut self) -> u128 {
        self.last += 1;
        self.last
    }

    fn skip(&mut self, count: u64) {
        self.last += u128::from(count);
    }
}

/// SplitMix64.
#[derive(Clone, Debug)]
pub(super) struct SplitMix {
    state: u64,
}

impl SplitMix {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// From 0 to 1, without 1.
    pub(super) fn fraction(&mut self) -> f64 {
        // 53 bits are what a float holds exactly.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl IdSource for SplitMix {
    fn next_id(&mut self) -> u128 {
        (u128::from(self.next()) << 64) | u128::from(self.next())
    }

    fn secret(&mut self) -> String {
        format!("{:016x}{:016x}", random(), random())
    }
}
