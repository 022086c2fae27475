//! Where the next page is, and whether a list can be believed: pure, one step for each page.

use std::{
    collections::HashSet,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::options::Totals;

/// A list that cannot be right. What came before it was yielded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageFault {
    /// Page after page is empty, and each promises a next one.
    EmptyPages,
    /// A cursor came a second time, so the list would go round for ever.
    RepeatedCursor,
    /// A page came a second time.
    RepeatedPage,
    /// The server gives the first page whatever is asked for, and there is more.
    StartIndexIgnored {
        /// Resources so far.
        received: u64,
        /// `totalResults`.
        total: Option<u64>,
    },
    /// The list ended before as many resources came as the server says there are.
    Truncated {
        /// Resources so far.
        received: u64,
        /// `totalResults`.
        total: u64,
    },
}

/// Something odd in a list that is complete all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageWarning {
    /// The request behind the last page was refused instead of answered with an empty page.
    EndRefused {
        /// HTTP status.
        status: u16,
    },
    /// The server gives the first page whatever is asked for; it has everything.
    StartIndexIgnored,
    /// More resources came than the server says there are.
    TotalTooLow {
        /// Resources so far.
        received: u64,
        /// `totalResults`.
        total: u64,
    },
    /// Fewer resources came than the server says there are; see [`Totals::Warn`].
    Truncated {
        /// Resources so far.
        received: u64,
        /// `totalResults`.
        total: u64,
    },
}

impl fmt::Display for PageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyPages => f.write_str("page after page is empty, and each promises a next one"),
            Self::RepeatedCursor => {
                f.write_str("a cursor came a second time, so the list would go round for ever")
            }
            Self::RepeatedPage => {
                f.write_str("a page came a second time, so the list would go round for ever")
            }
            Self::StartIndexIgnored { received, total: Some(total) } => {
                write!(f, "the server ignores startIndex: only {received} of {total} resources can be had")
            }
            Self::StartIndexIgnored { received, total: None } => {
                write!(f, "the server ignores startIndex: only {received} resources can be had")
            }
            Self::Truncated { received, total } => {
                write!(f, "the list ended after {received} resources, and totalResults is {total}")
            }
        }
    }
}

/// What a page says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Page<'a> {
    /// Resources in it.
    pub(crate) items: u64,
    /// What tells its first resource from others.
    pub(crate) first: Option<&'a str>,
    pub(crate) next_cursor: Option<&'a str>,
    pub(crate) total: Option<u64>,
}

/// Where the next page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Cursor(String),
    End,
    Index(u64),
}

/// What was seen so far; it grows by a few bytes for each page.
#[derive(Debug)]
pub(crate) struct Walk {
    totals: Totals,
    start: u64,
    received: u64,
    total: Option<u64>,
    by_cursor: bool,
    empty_pages: u32,
    first_page: Option<u64>,
    firsts: HashSet<u64>,
    cursors: HashSet<u64>,
    told_too_low: bool,
}

impl Walk {
    pub(crate) fn new(start: u64, by_cursor: bool, totals: Totals) -> Self {
        Self {
            totals,
            start,
            received: 0,
            total: None,
            by_cursor,
            empty_pages: 0,
            first_page: None,
            firsts: HashSet::new(),
            cursors: HashSet::new(),
            told_too_low: false,
        }
    }

    /// Whether as many resources came as the server says there are.
    pub(crate) fn is_complete(&self) -> bool {
        !self.by_cursor && self.total.is_some_and(|total| self.position() >= total)
    }

    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Where the list stands after that page. When the page is an old one, its resources are not to be yielded: that
    /// is so with [`Next::End`] and [`PageWarning::StartIndexIgnored`], and with every fault.
    pub(crate) fn step(&mut self, page: Page<'_>) -> Result<(Next, Option<PageWarning>), PageFault> {
        let cursor = page.next_cursor.filter(|cursor| !cursor.is_empty());
        self.by_cursor |= cursor.is_some();
        if let Some(first) = page.first.map(hash) {
            if self.first_page == Some(first) && !self.by_cursor {
                return if self.is_complete() {
                    Ok((Next::End, Some(PageWarning::StartIndexIgnored)))
                } else {
                    Err(PageFault::StartIndexIgnored { received: self.received, total: self.total })
                };
            }
            if !self.firsts.insert(first) {
                return Err(PageFault::RepeatedPage);
            }
            self.first_page.get_or_insert(first);
        }
        // The latest total counts: resources come and go while they are listed.
        self.total = page.total.or(self.total);
        self.received += page.items;
        let warning = self.too_low();
        if let Some(cursor) = cursor {
            self.empty_pages = if page.items == 0 { self.empty_pages + 1 } else { 0 };
            if !self.cursors.insert(hash(cursor)) {
                return Err(PageFault::RepeatedCursor);
            }
            if self.empty_pages > MOST_EMPTY_PAGES {
                return Err(PageFault::EmptyPages);
            }
            return Ok((Next::Cursor(cursor.to_owned()), warning));
        }
        let trusted =
            self.totals == Totals::Trust && self.total.is_some_and(|total| self.position() >= total);
        if !self.by_cursor && page.items > 0 && !trusted {
            return Ok((Next::Index(self.position() + 1), warning));
        }
        match self.total.filter(|total| self.position() < *total) {
            None => Ok((Next::End, warning)),
            Some(total) if self.totals == Totals::Check => {
                Err(PageFault::Truncated { received: self.received, total })
            }
            Some(total) => Ok((Next::End, Some(PageWarning::Truncated { received: self.received, total }))),
        }
    }

    /// How many resources lie behind, with those before the first page asked for.
    fn position(&self) -> u64 {
        self.start - 1 + self.received
    }

    fn too_low(&mut self) -> Option<PageWarning> {
        let total = self.total.filter(|total| self.position() > *total)?;
        (!std::mem::replace(&mut self.told_too_low, true))
            .then_some(PageWarning::TotalTooLow { received: self.received, total })
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

const MOST_EMPTY_PAGES: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn page<'a>(items: u64, first: &'a str, total: Option<u64>) -> Page<'a> {
        Page { items, first: (items > 0).then_some(first), next_cursor: None, total }
    }

    fn walk() -> Walk {
        Walk::new(1, false, Totals::Check)
    }

    #[test]
    fn goes_on_from_what_was_received() {
        let mut walk = walk();
        assert_eq!(walk.step(page(50, "a", Some(120))), Ok((Next::Index(51), None)));
        assert_eq!(walk.step(page(50, "b", Some(120))), Ok((Next::Index(101), None)));
        assert_eq!(walk.step(page(20, "c", Some(120))), Ok((Next::Index(121), None)));
        assert_eq!(walk.step(page(0, "", Some(120))), Ok((Next::End, None)));
    }

    #[test]
    fn a_total_that_is_too_low_ends_nothing() {
        let mut walk = walk();
        assert_eq!(walk.step(page(50, "a", Some(50))), Ok((Next::Index(51), None)));
        let warned = walk.step(page(50, "b", Some(50)));
        assert_eq!(
            warned,
            Ok((Next::Index(101), Some(PageWarning::TotalTooLow { received: 100, total: 50 })))
        );
        assert_eq!(walk.step(page(1, "c", Some(1))), Ok((Next::Index(102), None)), "it is said once");
        assert_eq!(walk.step(page(0, "", Some(0))), Ok((Next::End, None)));
    }

    #[test]
    fn a_total_that_is_too_high_is_never_a_silent_end() {
        let steps = |totals| {
            let mut walk = Walk::new(1, false, totals);
            assert_eq!(walk.step(page(50, "a", Some(500))), Ok((Next::Index(51), None)));
            walk.step(page(0, "", None))
        };
        assert_eq!(steps(Totals::Check), Err(PageFault::Truncated { received: 50, total: 500 }));
        let warning = PageWarning::Truncated { received: 50, total: 500 };
        assert_eq!(steps(Totals::Warn), Ok((Next::End, Some(warning))));
    }

    #[test]
    fn a_trusted_total_saves_a_request() {
        let mut walk = Walk::new(1, false, Totals::Trust);
        assert_eq!(walk.step(page(2, "a", Some(3))), Ok((Next::Index(3), None)));
        assert_eq!(walk.step(page(1, "b", Some(3))), Ok((Next::End, None)));
    }

    #[test]
    fn a_server_that_ignores_start_index_is_found_out() {
        let mut more = walk();
        assert_eq!(more.step(page(10, "a", Some(30))), Ok((Next::Index(11), None)));
        let fault = PageFault::StartIndexIgnored { received: 10, total: Some(30) };
        assert_eq!(more.step(page(10, "a", Some(30))), Err(fault.clone()));
        assert_eq!(fault.to_string(), "the server ignores startIndex: only 10 of 30 resources can be had");
        let mut all = walk();
        assert_eq!(all.step(page(10, "a", Some(10))), Ok((Next::Index(11), None)));
        assert_eq!(all.step(page(10, "a", Some(10))), Ok((Next::End, Some(PageWarning::StartIndexIgnored))));
    }

    #[test]
    fn going_round_is_found_out() {
        let mut walk = walk();
        for first in ["a", "b"] {
            walk.step(page(10, first, None)).unwrap();
        }
        assert_eq!(walk.step(page(10, "b", None)), Err(PageFault::RepeatedPage));
    }

    #[test]
    fn a_cursor_wins_also_when_unasked_and_its_absence_is_the_end() {
        let cursor = |items, first, cursor| Page { next_cursor: Some(cursor), ..page(items, first, Some(3)) };
        let mut walk = walk();
        assert_eq!(walk.step(cursor(2, "a", "x")), Ok((Next::Cursor("x".into()), None)));
        assert_eq!(
            walk.step(cursor(0, "", "y")),
            Ok((Next::Cursor("y".into()), None)),
            "an empty page is no end"
        );
        assert_eq!(walk.step(page(1, "b", None)), Ok((Next::End, None)));
        let mut round = Walk::new(1, true, Totals::Check);
        round.step(cursor(1, "a", "x")).unwrap();
        assert_eq!(round.step(cursor(1, "b", "x")), Err(PageFault::RepeatedCursor));
        let mut empty = Walk::new(1, true, Totals::Check);
        let names: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let ends: Vec<bool> = names.iter().map(|name| empty.step(cursor(0, "", name)).is_err()).collect();
        assert_eq!(ends.iter().position(|end| *end), Some(10));
        let mut short = Walk::new(1, true, Totals::Check);
        assert_eq!(short.step(page(1, "a", Some(3))), Err(PageFault::Truncated { received: 1, total: 3 }));
    }

    #[test]
    fn starts_in_the_middle() {
        let mut walk = Walk::new(11, false, Totals::Check);
        assert_eq!(walk.step(page(5, "a", Some(15))), Ok((Next::Index(16), None)));
        assert_eq!(walk.step(page(0, "", Some(15))), Ok((Next::End, None)));
    }
}
