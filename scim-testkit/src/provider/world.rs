//! What a provider needs from outside: the time and new ids.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::{Duration, SystemTime},
};

/// Tells the time. Asked once per write, per page by cursor, and per token.
pub trait Clock: Send {
    /// Now.
    fn now(&mut self) -> SystemTime;
}

/// Makes ids.
pub trait IdSource: Send {
    /// A number that was not given before.
    fn next_id(&mut self) -> u128;
}

/// The clock and the ids of a [`super::Provider`].
pub struct World {
    /// The clock.
    pub clock: Box<dyn Clock>,
    /// The ids.
    pub ids: Box<dyn IdSource>,
}

impl World {
    /// The same in every run: time starts at 2026-01-01T00:00:00Z and moves one second per write; ids count from 1.
    #[must_use]
    pub fn deterministic() -> Self {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        Self { clock: Box::new(SteppingClock { next: start }), ids: Box::new(Counter { last: 0 }) }
    }

    /// The system's time, and random ids that are good enough for tests; they are no secrets.
    #[must_use]
    pub fn system() -> Self {
        let seed = RandomState::new().build_hasher().finish();
        Self { clock: Box::new(SystemClock), ids: Box::new(SplitMix::new(seed)) }
    }
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
}

struct Counter {
    last: u128,
}

impl IdSource for Counter {
    fn next_id(&mut self) -> u128 {
        self.last += 1;
        self.last
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
}
