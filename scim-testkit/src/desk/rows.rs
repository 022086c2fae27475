//! The latest requests as rows of the page, and the counts above them.

use std::{collections::VecDeque, sync::Arc};

use scim_core::schema::ResourceType;

use super::{Exchange, page};
use crate::{
    check::client::ClientLevel,
    provider::{By, CONTROL_PATH, Entry, Provider},
};

/// A request, as the page shows it. It is made once: what happened does not change.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) html: String,
    /// What a filter is looked for in, in lower case.
    pub(super) find: String,
    /// Whether anything is wrong with the request.
    pub(super) found: bool,
}

/// What has happened since the start, or the latest reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) requests: usize,
    /// Requests that were refused, or had no answer.
    pub(super) refused: usize,
    /// Requests of clients that got something wrong, by the worst: errors, warnings, notes.
    pub(super) found: [usize; 3],
}

/// The latest rows, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: VecDeque<Arc<Row>>,
    tally: Tally,
    /// Number of the latest entry.
    last: u64,
    /// Number of the latest reset: what was before is gone.
    oldest: u64,
}

impl Rows {
    pub(super) fn catch_up(&mut self, provider: &Provider, types: &[ResourceType]) {
        for entry in provider.journal_after(self.last) {
            self.last = entry.number;
            if is_reset(&entry) {
                self.rows.clear();
                (self.tally, self.oldest) = (Tally::default(), entry.number);
            }
            let exchange = Exchange::read(entry, types);
            self.tally.add(&exchange);
            self.rows.push_back(Arc::new(page::row(&exchange)));
            if self.rows.len() > MOST_ROWS {
                self.rows.pop_front();
            }
        }
    }

    /// Number of the latest entry.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Entries with a lower number are gone.
    pub(super) fn oldest(&self) -> u64 {
        self.oldest
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// Those with a higher number, the newest first.
    pub(super) fn after(&self, number: u64) -> Vec<Arc<Row>> {
        self.rows.iter().rev().take_while(|row| row.number > number).map(Arc::clone).collect()
    }
}

impl Tally {
    fn add(&mut self, exchange: &Exchange) {
        if exchange.entry.by == By::Control {
            return;
        }
        self.requests += 1;
        let status = exchange.entry.status;
        self.refused += usize::from(status == 0 || status >= 400);
        let levels = [ClientLevel::Error, ClientLevel::Warning, ClientLevel::Note];
        if let Some(worst) = levels.iter().position(|level| exchange.count(*level) > 0) {
            self.found[worst] += 1;
        }
    }
}

fn is_reset(entry: &Entry) -> bool {
    entry.by == By::Control && entry.target.strip_prefix(CONTROL_PATH) == Some("/reset")
}

/// Rows of the page.
pub(super) const MOST_ROWS: usize = 200;
