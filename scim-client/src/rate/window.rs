//! One window: which operations were granted lately.

use std::{collections::VecDeque, time::Duration};

/// Grants in the order of their times, which never go back.
#[derive(Debug)]
pub(super) struct Log(VecDeque<(Duration, u32)>);

impl From<VecDeque<(Duration, u32)>> for Log {
    fn from(grants: VecDeque<(Duration, u32)>) -> Self {
        Self(grants)
    }
}

impl Log {
    /// The first moment, not before `earliest`, when the period that ends there has room for so many operations.
    /// More operations than the window has at all wait until it is empty.
    pub(super) fn free_at(
        &mut self,
        now: Duration,
        earliest: Duration,
        operations: u32,
        limit: u64,
        per: Duration,
    ) -> Duration {
        while self.0.front().is_some_and(|(at, _)| at.saturating_add(per) <= now) {
            self.0.pop_front();
        }
        let room = limit.saturating_sub(u64::from(operations));
        let mut later = 0u64;
        // From the newest back: the first grant that does not fit beside the new one must have left the period.
        for (at, granted) in self.0.iter().rev() {
            later += u64::from(*granted);
            if later > room {
                return earliest.max(at.saturating_add(per));
            }
        }
        // Grants may lie in the future; nobody overtakes them.
        earliest.max(self.0.back().map_or(Duration::ZERO, |(at, _)| *at))
    }

    pub(super) fn push(&mut self, at: Duration, operations: u32) {
        self.0.push_back((at, operations));
    }

    /// Takes one such grant back.
    pub(super) fn remove(&mut self, at: Duration, operations: u32) {
        if let Some(index) = self.0.iter().rposition(|grant| *grant == (at, operations)) {
            self.0.remove(index);
        }
    }
}
