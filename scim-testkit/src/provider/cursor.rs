//! Cursors (RFC 9865): a list is written down when its first page is asked for, so that later changes move nothing
//! from one page to another.
//!
//! # Readings
//!
//! * Every page must be asked for with the same parameters, `count` included; another `count` is `invalidCount`,
//!   anything else that differs is `invalidCursor`.
//! * What was deleted meanwhile is missing from its page, which is then shorter; what was created is not in the list.
//! * `totalResults` is the number that matched when the list was written down.
//! * `count=0` asks for the number alone: no resources, and no cursor.

use std::{
    collections::{VecDeque, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use scim_core::{
    error::{ScimError, ScimType},
    list::ListResponse,
    query::ListQuery,
    reply::Reply,
};

use super::{
    service::Service,
    store::{Kind, Place},
};

/// The lists that somebody is paging through.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    /// Tells the cursors of one tenant from those of another.
    tenant: usize,
    kept: VecDeque<Kept>,
    /// Places in all kept lists together.
    size: usize,
    next: u64,
}

/// One list, written down.
#[derive(Debug)]
struct Kept {
    number: u64,
    places: Vec<Place>,
    /// What was asked for, but for the cursor and `count`.
    asked: u64,
    page: usize,
    begun: SystemTime,
}

impl Cursors {
    pub(super) fn of_tenant(tenant: usize) -> Self {
        Self { tenant, ..Self::default() }
    }

    fn keep(&mut self, list: Kept) {
        self.size += list.places.len();
        self.kept.push_back(list);
        while self.kept.len() > MOST_LISTS || (self.size > MOST_PLACES && self.kept.len() > 1) {
            let oldest = self.kept.pop_front();
            self.size -= oldest.map_or(0, |oldest| oldest.places.len());
        }
    }

    fn find(&self, number: u64) -> Option<&Kept> {
        self.kept.iter().find(|list| list.number == number)
    }

    fn write(&self, number: u64, at: usize) -> String {
        URL_SAFE_NO_PAD.encode(format!("{number}.{at}.{:x}", self.check(number, at)))
    }

    /// The list's number, and where in it the page begins.
    fn read(&self, cursor: &str) -> Option<(u64, usize)> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let mut parts = text.split('.');
        let (number, at, check) = (parts.next()?, parts.next()?, parts.next()?);
        let (number, at) = (number.parse().ok()?, at.parse().ok()?);
        (u64::from_str_radix(check, 16) == Ok(self.check(number, at))).then_some((number, at))
    }

    /// Lets a cursor that somebody made up be told from one that was given out.
    fn check(&self, number: u64, at: usize) -> u64 {
        hash(&("scim", self.tenant, number, at)) & 0xffff_ffff
    }
}

impl Service<'_> {
    /// A page of the list that `cursor` stands for; an empty one begins a list.
    pub(super) fn cursor_page(
        &mut self,
        kinds: &[Kind],
        cursor: &str,
        query: &ListQuery,
    ) -> Result<Reply, ScimError> {
        let (default, most) = self.page_sizes();
        if query.count.is_some_and(|count| usize::try_from(count).is_ok_and(|count| count > most)) {
            return Err(cursor_error(ScimType::InvalidCount, format!("count must be at most {most}")));
        }
        let page = query.page_size(default, most);
        let asked = fingerprint(kinds, query);
        let now = self.world.now();
        let (number, at) = if cursor.is_empty() {
            let places = self.matching(kinds, query)?;
            if page == 0 || places.len() <= page {
                let shown = if page == 0 { &[][..] } else { &places[..] };
                let list =
                    ListResponse::cursor_page(self.total(places.len()), None, self.show_all(shown, query));
                return Ok(Reply::json(200, list.into_json()));
            }
            let number = self.cursors.next;
            self.cursors.next += 1;
            self.cursors.keep(Kept { number, places, asked, page, begun: now });
            (number, 0)
        } else {
            let invalid = |why: &str| cursor_error(ScimType::InvalidCursor, format!("cursor: {why}"));
            let Some((number, at)) = self.cursors.read(cursor) else {
                return Err(invalid("it is none that was given out"));
            };
            let timeout = self.profile.page.cursor_timeout;
            let list = self.cursors.find(number).filter(|list| {
                let age = now.duration_since(list.begun).unwrap_or_default();
                age <= Duration::from_secs(timeout)
            });
            let Some(list) = list else {
                let text = format!("cursor: it is older than {timeout} s, or there were many since");
                return Err(cursor_error(ScimType::ExpiredCursor, text));
            };
            if list.asked != asked {
                return Err(invalid("it was given out for another request; repeat all other parameters"));
            }
            if list.page != page {
                let text = format!("count must stay {}, as on the page before", list.page);
                return Err(cursor_error(ScimType::InvalidCount, text));
            }
            (number, at)
        };
        let Some(list) = self.cursors.find(number) else {
            return Err(cursor_error(
                ScimType::ExpiredCursor,
                "cursor: the list is too long to be kept".into(),
            ));
        };
        let end = at.saturating_add(page).min(list.places.len());
        let shown = list.places.get(at..end).unwrap_or_default();
        let next = (end < list.places.len()).then(|| self.cursors.write(number, end));
        let before = (at > 0).then(|| self.cursors.write(number, at.saturating_sub(page)));
        let mut answer =
            ListResponse::cursor_page(self.total(list.places.len()), next, self.show_all(shown, query));
        answer.previous_cursor = before;
        Ok(Reply::json(200, answer.into_json()))
    }
}

impl Service<'_> {
    fn total(&self, found: usize) -> Option<usize> {
        self.profile.page.cursor_total.then_some(found)
    }
}

fn cursor_error(scim_type: ScimType, detail: String) -> ScimError {
    ScimError::new(400, scim_type, detail)
}

fn fingerprint(kinds: &[Kind], query: &ListQuery) -> u64 {
    let rest = ListQuery { cursor: None, count: None, start_index: None, ..query.clone() };
    hash(&(kinds, rest.to_query_string()))
}

/// The same in every run.
fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

const MOST_LISTS: usize = 256;
const MOST_PLACES: usize = 1_000_000;
