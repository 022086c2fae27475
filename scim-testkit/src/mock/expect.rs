//! What a test expects of a client: requests that came, and what is stored of a user.

use std::fmt::{Display, Write as _};

use scim_core::query::pairs;
use serde_json::Value;

use super::{MockScim, kind};
use crate::provider::{By, Entry, faults};

/// Which requests must have come; [`MockScim::expect`] begins one, and [`Expectation::once`] or another of the methods
/// that count ends it.
#[must_use = "nothing is looked at before `once`, `times`, `at_least`, `at_most` or `never`"]
pub struct Expectation<'a> {
    mock: &'a MockScim,
    method: String,
    path: String,
    conditions: Vec<(String, Condition<'a>)>,
}

type Condition<'a> = Box<dyn Fn(&Entry) -> bool + 'a>;

impl<'a> Expectation<'a> {
    pub(super) fn new(mock: &'a MockScim, method: &str, path: &str) -> Self {
        let (method, path) = (method.to_ascii_uppercase(), path.to_owned());
        Self { mock, method, path, conditions: Vec::new() }
    }

    /// Only those that were answered with this status.
    pub fn status(self, status: u16) -> Self {
        self.and(format!("status {status}"), move |entry| entry.status == status)
    }

    /// Only those with this parameter in the query, decoded: `.query("filter", "userName eq \"ada\"")`.
    pub fn query(self, name: &str, value: &str) -> Self {
        let (name, wanted) = (name.to_owned(), value.to_owned());
        self.and(format!("{name}={value}"), move |entry| {
            let query = entry.target.split_once('?').map_or("", |(_, query)| query);
            pairs(query).any(|(known, value)| known == name && value == wanted)
        })
    }

    /// Only those with this header; names in any letter case.
    pub fn header(self, name: &str, value: &str) -> Self {
        let (name, wanted) = (name.to_ascii_lowercase(), value.to_owned());
        self.and(format!("{name}: {value}"), move |entry| {
            entry.headers.get_all(name.as_str()).iter().any(|value| value.as_bytes() == wanted.as_bytes())
        })
    }

    /// Only those whose JSON body has this value at this place: `.body("emails[0].value", "ada@example.com")`.
    pub fn body(self, path: &str, value: impl Into<Value>) -> Self {
        let (path, wanted) = (path.to_owned(), value.into());
        self.and(format!("{path} = {wanted}"), move |entry| at(&entry.request_json(), &path) == Some(&wanted))
    }

    /// Only those for which this holds; the words say what it is when the expectation fails.
    pub fn and(mut self, words: impl Into<String>, holds: impl Fn(&Entry) -> bool + 'a) -> Self {
        self.conditions.push((words.into(), Box::new(holds)));
        self
    }

    /// Exactly one such request came; it is returned.
    ///
    /// # Panics
    /// None came, or several.
    #[track_caller]
    pub fn once(self) -> Entry {
        let mut seen = self.times(1);
        seen.remove(0)
    }

    /// Exactly so many came; they are returned.
    ///
    /// # Panics
    /// More came, or fewer.
    #[track_caller]
    pub fn times(self, count: usize) -> Vec<Entry> {
        self.look(&format!("exactly {count}"), |seen| seen == count)
    }

    /// So many came, or more; they are returned.
    ///
    /// # Panics
    /// Fewer came.
    #[track_caller]
    pub fn at_least(self, count: usize) -> Vec<Entry> {
        self.look(&format!("at least {count}"), |seen| seen >= count)
    }

    /// So many came, or fewer; they are returned.
    ///
    /// # Panics
    /// More came.
    #[track_caller]
    pub fn at_most(self, count: usize) -> Vec<Entry> {
        self.look(&format!("at most {count}"), |seen| seen <= count)
    }

    /// No such request came.
    ///
    /// # Panics
    /// One did.
    #[track_caller]
    pub fn never(self) {
        self.look("no", |seen| seen == 0);
    }

    #[track_caller]
    fn look(self, wanted: &str, enough: impl Fn(usize) -> bool) -> Vec<Entry> {
        let all: Vec<Entry> = self.mock.journal().into_iter().filter(|entry| entry.by == By::Scim).collect();
        let here: Vec<&Entry> = all.iter().filter(|entry| self.is_here(entry)).collect();
        let seen: Vec<Entry> = here
            .iter()
            .filter(|entry| self.conditions.iter().all(|(_, holds)| holds(entry)))
            .map(|entry| Entry::clone(entry))
            .collect();
        if enough(seen.len()) {
            return seen;
        }
        let mut text = format!("expected {wanted} {} {}", self.method, self.path);
        for (words, _) in &self.conditions {
            // Writing to a string cannot fail.
            let _ = write!(text, " with {words}");
        }
        let _ = write!(
            text,
            ", saw {}",
            if seen.is_empty() { "none".to_owned() } else { seen.len().to_string() }
        );
        list(&mut text, "seen", &seen);
        let missed: Vec<&Entry> =
            here.into_iter().filter(|entry| !seen.iter().any(|seen| seen.number == entry.number)).collect();
        for entry in missed.iter().take(MOST_LINES) {
            let broken = self.conditions.iter().find(|(_, holds)| !holds(entry));
            let _ = write!(text, "\n  {entry:?}, but not {}", broken.map_or("", |(words, _)| words.as_str()));
            let body = entry.request_body();
            if !body.is_empty() {
                let _ = write!(text, "\n    {}", cut(&body));
            }
        }
        if seen.is_empty() && missed.is_empty() {
            list(&mut text, "all requests", &all);
        }
        panic!("{text}");
    }

    fn is_here(&self, entry: &Entry) -> bool {
        let method = self.method == "*" || self.method == entry.method.as_str();
        method && entry.inside().is_some_and(|inside| faults::matches(&self.path, inside))
    }
}

/// What must be stored of a user; [`MockScim::expect_user`] begins it. Each method looks at once.
pub struct UserExpectation<'a> {
    mock: &'a MockScim,
    user_name: String,
}

impl<'a> UserExpectation<'a> {
    pub(super) fn new(mock: &'a MockScim, user_name: &str) -> Self {
        Self { mock, user_name: user_name.to_owned() }
    }

    /// The user is there, and active.
    ///
    /// # Panics
    /// They are not.
    #[track_caller]
    pub fn active(self) -> Self {
        let user = self.there();
        if user["active"] != true {
            self.fail(&user, "to be active")
        }
        self
    }

    /// The user is there, and not active.
    ///
    /// # Panics
    /// They are not there, or active.
    #[track_caller]
    pub fn inactive(self) -> Self {
        let user = self.there();
        if user["active"] != false {
            self.fail(&user, "to be inactive")
        }
        self
    }

    /// The attribute has this value: `.has("title", "Countess")`, `.has("emails[0].value", "ada@example.com")`.
    ///
    /// # Panics
    /// It has another, or none, or there is no such user.
    #[track_caller]
    pub fn has(self, path: &str, value: impl Into<Value>) -> Self {
        let (user, wanted) = (self.there(), value.into());
        if at(&user, path) != Some(&wanted) {
            self.fail(&user, format_args!("to have {path} = {wanted}"))
        }
        self
    }

    /// The attribute has no value.
    ///
    /// # Panics
    /// It has one, or there is no such user.
    #[track_caller]
    pub fn lacks(self, path: &str) -> Self {
        let user = self.there();
        if at(&user, path).is_some() {
            self.fail(&user, format_args!("to have no {path}"))
        }
        self
    }

    /// The user is a member of the group with this `displayName`.
    ///
    /// # Panics
    /// They are not, or there is no such user or group.
    #[track_caller]
    pub fn member_of(self, group: &str) -> Self {
        let user = self.there();
        if !self.groups(&user).iter().any(|name| name == group) {
            let groups = self.groups(&user);
            self.fail(&user, format_args!("to be a member of {group:?}, but the groups are {groups:?}"));
        }
        self
    }

    /// The user is not a member of the group with this `displayName`.
    ///
    /// # Panics
    /// They are, or there is no such user.
    #[track_caller]
    pub fn not_member_of(self, group: &str) -> Self {
        let user = self.there();
        if self.groups(&user).iter().any(|name| name == group) {
            self.fail(&user, format_args!("not to be a member of {group:?}"));
        }
        self
    }

    /// There is no such user.
    ///
    /// # Panics
    /// There is.
    #[track_caller]
    pub fn gone(self) {
        if let Some(user) = self.find() {
            self.fail(&user, "to be gone");
        }
    }

    /// The user as it is stored, hidden or not, as JSON.
    ///
    /// # Panics
    /// There is no such user.
    #[track_caller]
    pub fn there(&self) -> Value {
        let Some(user) = self.find() else {
            let all = self.mock.provider().snapshot();
            let names: Vec<&str> = all
                .iter()
                .filter(|one| kind(one) == "User")
                .filter_map(|one| one["userName"].as_str())
                .take(MOST_LINES)
                .collect();
            let names = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
            let mut text = format!("expected a user {}, but there is {names}", self.user_name);
            list(&mut text, "all requests", &self.mock.journal());
            panic!("{text}");
        };
        user
    }

    fn find(&self) -> Option<Value> {
        let wanted = self.user_name.to_lowercase();
        let same = |one: &Value| one["userName"].as_str().is_some_and(|name| name.to_lowercase() == wanted);
        self.mock.provider().snapshot().into_iter().find(|one| kind(one) == "User" && same(one))
    }

    fn groups(&self, user: &Value) -> Vec<String> {
        let id = user["id"].as_str();
        let groups = self.mock.provider().control().members_by_group();
        let with = groups.into_iter().filter(|(_, members)| members.iter().any(|m| Some(m.as_str()) == id));
        with.map(|(name, _)| name).collect()
    }

    /// Says what was expected, what is stored, and who changed it.
    #[track_caller]
    fn fail(&self, user: &Value, expected: impl Display) -> ! {
        let mut text = format!("expected {} {expected}", self.user_name);
        let stored = serde_json::to_string_pretty(user).unwrap_or_default();
        let _ = write!(text, "\nstored: {stored}");
        let id = user["id"].as_str().unwrap_or_default();
        let touched: Vec<Entry> = self
            .mock
            .journal()
            .into_iter()
            .filter(|entry| entry.changes.iter().any(|change| change.id == id))
            .collect();
        list(&mut text, "changed by", &touched);
        panic!("{text}");
    }
}

/// The latest of the entries, a line each.
fn list(text: &mut String, title: &str, entries: &[Entry]) {
    if entries.is_empty() {
        return;
    }
    let _ = write!(text, "\n{title}:");
    let left_out = entries.len().saturating_sub(MOST_LINES);
    if left_out > 0 {
        let _ = write!(text, "\n  ({left_out} before)");
    }
    for entry in &entries[left_out..] {
        let _ = write!(text, "\n  {entry:?}");
    }
}

fn cut(text: &str) -> String {
    let mut out: String = text.chars().take(300).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

/// The value at a path of names and positions, such as `emails[0].value`. A name may be a URN.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut here = value;
    let mut rest = path;
    while !rest.is_empty() {
        // A URN has dots of its own, so a member that is spelled so comes first.
        if let Some((name, value)) = here.as_object().and_then(|object| {
            object
                .iter()
                .filter(|(name, _)| rest.starts_with(name.as_str()))
                .max_by_key(|(name, _)| name.len())
        }) && matches!(rest.as_bytes().get(name.len()), None | Some(b'.' | b'[' | b':'))
        {
            (here, rest) = (value, rest[name.len()..].trim_start_matches(['.', ':']));
            continue;
        }
        let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
        here = here.get(index.parse::<usize>().ok()?)?;
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    Some(here)
}

/// Most lines of a list in a failure.
const MOST_LINES: usize = 20;
