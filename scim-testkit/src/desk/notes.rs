//! What came of an act, for the page that is shown after it. A note is shown once: it may be a token.

use std::collections::VecDeque;

/// What came of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) done: bool,
    pub(super) text: String,
}

/// The notes that nobody has seen yet.
#[derive(Debug, Default)]
pub(super) struct Notes {
    waiting: VecDeque<(u64, Note)>,
    last: u64,
}

impl Notes {
    /// Keeps it, and returns its number.
    pub(super) fn add(&mut self, note: Note) -> u64 {
        self.last += 1;
        self.waiting.push_back((self.last, note));
        if self.waiting.len() > MOST {
            self.waiting.pop_front();
        }
        self.last
    }

    pub(super) fn take(&mut self, number: u64) -> Option<Note> {
        let at = self.waiting.iter().position(|(known, _)| *known == number)?;
        self.waiting.remove(at).map(|(_, note)| note)
    }
}

const MOST: usize = 20;
