//! What the provider was asked, what it answered, and what that changed.
//!
//! Entries hold no credentials: headers that carry them are blotted out as an entry is written, and passwords and tokens
//! in bodies and addresses as they are read from it.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use percent_encoding::percent_decode_str;
use scim_core::json;
use serde_json::{Map, Value};

use super::{
    TOKEN_PATH,
    store::{Change as Stored, Kind, Record},
};

/// One answered request, or one act of the [`super::Control`].
#[derive(Clone)]
#[non_exhaustive]
pub struct Entry {
    /// Its turn, from 1.
    pub number: u64,
    /// When it came.
    pub at: SystemTime,
    /// How long the provider worked on it, and a fault made it wait.
    pub took: Duration,
    /// Whose it is: `None` for the tenant at [`super::BASE_PATH`].
    pub tenant: Option<String>,
    /// Whether it came by SCIM, or is an act of the [`super::Control`], whose method and path it then has.
    pub by: By,
    /// Its method.
    pub method: Method,
    /// Its path and query, as sent, but for tokens.
    pub target: String,
    /// Its headers, as sent, but for credentials.
    pub headers: HeaderMap,
    /// Status of the answer; 0 if the connection was closed without one.
    pub status: u16,
    /// The fault that struck, as it was written.
    pub fault: Option<String>,
    /// Whether it is no HTTP, so that only its first line is known, and nothing was done.
    pub unreadable: bool,
    /// What it changed; a thousand changes at most.
    pub changes: Vec<Change>,
    /// How many more there were.
    pub more_changes: usize,
    request: Bytes,
    answer: Bytes,
}

/// Who did what an [`Entry`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A SCIM client.
    Scim,
    /// Somebody at the vendor.
    Control,
}

/// What a request did to one resource.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Change {
    /// Name of the resource type, such as `User`.
    pub resource_type: String,
    /// The resource; the id that it has now, if it is there.
    pub id: String,
    /// What people call it: `userName` or `displayName`.
    pub name: String,
    change: Stored,
}

/// One attribute that a [`Change`] touched; an absent side had no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its path, such as `name.familyName` or `members`.
    pub path: String,
    /// Its value before.
    pub before: Option<Value>,
    /// Its value since.
    pub after: Option<Value>,
}

impl Entry {
    /// The body of the request as text; in JSON, passwords and tokens are `"…"`.
    #[must_use]
    pub fn request_body(&self) -> String {
        self.shown(&self.request)
    }

    /// The body of the request as JSON, passwords and tokens are `"…"`; `Null` if it is none.
    #[must_use]
    pub fn request_json(&self) -> Value {
        serde_json::from_str(&self.request_body()).unwrap_or_default()
    }

    /// The body of the answer as text; in JSON, passwords and tokens are `"…"`.
    #[must_use]
    pub fn answer_body(&self) -> String {
        self.shown(&self.answer)
    }

    /// The body of the answer as JSON; `Null` if it is none.
    #[must_use]
    pub fn answer_json(&self) -> Value {
        serde_json::from_str(&self.answer_body()).unwrap_or_default()
    }

    /// The request as it was sent, but for credentials in its address and headers.
    #[must_use]
    pub fn request(&self) -> Request<Bytes> {
        let mut request = Request::new(self.request.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.parse().unwrap_or_default();
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// Path below the base, such as `/Users/7`, without the query; `None` if the request was for something else.
    #[must_use]
    pub fn inside(&self) -> Option<&str> {
        let path = self.target.split('?').next().unwrap_or_default();
        let inside = match path.strip_prefix(super::BASE_PATH) {
            Some(inside) => inside,
            None => path.strip_prefix(super::route::TENANTS_PATH)?.split_once(super::BASE_PATH)?.1,
        };
        (inside.is_empty() || inside.starts_with('/')).then_some(inside)
    }

    fn shown(&self, body: &Bytes) -> String {
        if self.by == By::Scim && self.target.split('?').next() == Some(TOKEN_PATH) {
            return HIDDEN.to_owned();
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(mut value) => {
                // What holds no secret is shown as it was written.
                if hide(&mut value) { value.to_string() } else { String::from_utf8_lossy(body).into_owned() }
            }
            // Not JSON, so nobody knows where a secret begins.
            Err(_) if speaks_of_secrets(body) => HIDDEN.to_owned(),
            Err(_) => String::from_utf8_lossy(body).into_owned(),
        }
    }

    /// Roughly what the entry keeps in memory.
    fn weight(&self) -> usize {
        1000 + self.request.len() + self.answer.len() + self.changes.len() * 2000
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{} {} {} -> {}", self.number, self.method, self.target, self.status)
    }
}

impl Change {
    /// The attributes before; `None` if the resource is new.
    #[must_use]
    pub fn before(&self) -> Option<Map<String, Value>> {
        self.change.before.as_deref().map(plain)
    }

    /// The attributes since; `None` if the resource is gone.
    #[must_use]
    pub fn after(&self) -> Option<Map<String, Value>> {
        self.change.after.as_deref().map(plain)
    }

    /// Attribute by attribute; a complex attribute part by part, a multi-valued one as a whole.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        differ("", &self.before().unwrap_or_default(), &self.after().unwrap_or_default(), &mut found);
        found
    }
}

/// What an answered request leaves behind.
pub(super) struct Answered<'a> {
    pub(super) by: By,
    pub(super) at: SystemTime,
    pub(super) took: Duration,
    pub(super) tenant: Option<String>,
    pub(super) request: &'a Request<Bytes>,
    pub(super) response: &'a Response<Bytes>,
    pub(super) status: u16,
    pub(super) fault: Option<String>,
    pub(super) changes: Vec<Change>,
}

/// The latest entries.
#[derive(Default)]
pub(super) struct Journal {
    entries: VecDeque<Entry>,
    last: u64,
    weight: usize,
}

impl Journal {
    pub(super) fn add(&mut self, answered: Answered<'_>) {
        let Answered { by, at, took, tenant, request, response, status, fault, mut changes } = answered;
        // They keep what was stored before, which must not outlive a store of a million users for long.
        let more_changes = changes.len().saturating_sub(MOST_CHANGES);
        changes.truncate(MOST_CHANGES);
        self.push(Entry {
            number: 0,
            at,
            took,
            tenant,
            by,
            method: request.method().clone(),
            target: target(request.uri().path(), request.uri().query()),
            headers: headers(request.headers()),
            status,
            fault,
            unreadable: false,
            changes,
            more_changes,
            request: request.body().clone(),
            answer: response.body().clone(),
        });
    }

    /// Something that is no HTTP came, and was refused with 400.
    #[cfg(feature = "server")]
    pub(super) fn add_unreadable(&mut self, at: SystemTime, line: &str) {
        let (method, rest) = line.split_once(' ').unwrap_or(("", line));
        let asked = rest.rsplit_once(" HTTP/").map_or(rest, |(asked, _)| asked);
        let (path, query) = asked.split_once('?').map_or((asked, None), |(path, query)| (path, Some(query)));
        self.push(Entry {
            number: 0,
            at,
            took: Duration::ZERO,
            tenant: None,
            by: By::Scim,
            method: method.parse().unwrap_or_default(),
            target: target(path, query),
            headers: HeaderMap::new(),
            status: 400,
            fault: None,
            unreadable: true,
            changes: Vec::new(),
            more_changes: 0,
            request: Bytes::new(),
            answer: Bytes::new(),
        });
    }

    fn push(&mut self, mut entry: Entry) {
        self.last += 1;
        entry.number = self.last;
        self.weight += entry.weight();
        self.entries.push_back(entry);
        while self.entries.len() > LENGTH || (self.weight > MOST_WEIGHT && self.entries.len() > 1) {
            let oldest = self.entries.pop_front();
            self.weight -= oldest.map_or(0, |entry| entry.weight());
        }
    }

    pub(super) fn after(&self, number: u64) -> Vec<Entry> {
        let first = self.entries.partition_point(|entry| entry.number <= number);
        self.entries.range(first..).cloned().collect()
    }

    /// Number of the latest entry, 0 before the first.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Forgets a tenant's entries; numbers go on.
    pub(super) fn clear(&mut self, tenant: Option<&str>) {
        self.entries.retain(|entry| entry.tenant.as_deref() != tenant);
        self.weight = self.entries.iter().map(Entry::weight).sum();
    }
}

pub(super) fn change(resource_type: &str, change: Stored) -> Option<Change> {
    let record = change.after.as_deref().or(change.before.as_deref())?;
    let name = if record.kind == Kind::User { "userName" } else { "displayName" };
    Some(Change {
        resource_type: resource_type.to_owned(),
        id: record.id.clone(),
        name: record.text(name).unwrap_or(&record.id).to_owned(),
        change,
    })
}

/// The attributes, without what is nobody's to see.
fn plain(record: &Record) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("id".to_owned(), record.id.as_str().into());
    for (name, value) in record.data.iter().chain(&record.overlay) {
        out.insert(name.clone(), value.clone());
    }
    let mut whole = Value::Object(out);
    hide(&mut whole);
    match whole {
        Value::Object(out) => out,
        _ => Map::new(),
    }
}

fn differ(at: &str, before: &Map<String, Value>, after: &Map<String, Value>, found: &mut Vec<Difference>) {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        // A schema's URN ends in a colon, as in a PATCH path.
        let path = match at {
            "" => name.clone(),
            at if at.starts_with("urn:") => format!("{at}:{name}"),
            at => format!("{at}.{name}"),
        };
        match (old, new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => differ(&path, old, new, found),
            _ => found.push(Difference { path, before: old.cloned(), after: new.cloned() }),
        }
    }
}

fn headers(sent: &HeaderMap) -> HeaderMap {
    let mut headers = sent.clone();
    for (name, value) in &mut headers {
        if CREDENTIALS.contains(name) {
            *value = without_credentials(value.to_str().unwrap_or_default());
        } else if SECRET_HEADERS.iter().any(|part| name.as_str().contains(part)) {
            *value = HeaderValue::from_static(HIDDEN_ASCII);
        } else if name == header::HOST
            && let Some(at) = value.as_bytes().iter().rposition(|byte| *byte == b'@')
        {
            let host = HeaderValue::from_bytes(&value.as_bytes()[at..]);
            *value = host.unwrap_or(HeaderValue::from_static(HIDDEN_ASCII));
        }
    }
    headers
}

/// The schemes as they were written, since what is wrong is often there.
fn without_credentials(text: &str) -> HeaderValue {
    let is_scheme = |word: &str| ["bearer", "basic"].iter().any(|known| word.eq_ignore_ascii_case(known));
    match text.split_once(' ') {
        Some(("Bearer", rest)) if !rest.contains(' ') => HeaderValue::from_static("Bearer ..."),
        _ => {
            let words = text.split(' ').map(|word| if is_scheme(word) { word } else { HIDDEN_ASCII });
            let shown = words.take(10).collect::<Vec<_>>().join(" ");
            HeaderValue::from_str(&shown).unwrap_or(HeaderValue::from_static(HIDDEN_ASCII))
        }
    }
}

fn target(path: &str, query: Option<&str>) -> String {
    let Some(query) = query else { return path.to_owned() };
    let mut out = format!("{path}?");
    for (index, pair) in query.split('&').enumerate() {
        let separator = if index == 0 { "" } else { "&" };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        // Writing to a string cannot fail.
        let _ = match pair.split_once('=') {
            Some((name, value)) if is_secret(&decoded(name)) || filters_by_secret(&decoded(value)) => {
                write!(out, "{separator}{name}={HIDDEN_ASCII}")
            }
            _ => write!(out, "{separator}{pair}"),
        };
    }
    out
}

/// Whether a text, such as a filter, compares a password with something.
fn filters_by_secret(text: &str) -> bool {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    text.contains([' ', '+']) && words.into_iter().any(is_secret)
}

/// Blots out passwords and tokens; `true` if there were any. Recursion ends, since JSON that was read is no deeper than
/// its reader allows.
fn hide(value: &mut Value) -> bool {
    match value {
        Value::Object(object) => {
            let mut found = hide_operation(object);
            for (name, value) in object.iter_mut() {
                let compares =
                    name.eq_ignore_ascii_case("filter") && value.as_str().is_some_and(filters_by_secret);
                if (is_secret(name) || compares) && !value.is_null() {
                    *value = HIDDEN.into();
                    found = true;
                } else {
                    found |= hide(value);
                }
            }
            found
        }
        Value::Array(elements) => elements.iter_mut().fold(false, |found, element| hide(element) | found),
        _ => false,
    }
}

/// A PATCH operation names the attribute beside the value.
fn hide_operation(object: &mut Map<String, Value>) -> bool {
    // `password`, ` password `, `urn:…:User:password`, `password.x`, `password[value eq "…"]`
    let names_secret = json::get(object, "path").and_then(Value::as_str).is_some_and(|path| {
        let name = path.split('[').next().unwrap_or_default();
        name.rsplit(':').next().unwrap_or_default().split('.').any(|part| is_secret(part.trim()))
    });
    for name in ["path", "value"] {
        if let Some(value) = json::get_mut(object, name).filter(|_| names_secret) {
            *value = if name == "path" { "password".into() } else { HIDDEN.into() };
        }
    }
    names_secret
}

fn is_secret(name: &str) -> bool {
    let name = name.rsplit(':').next().unwrap_or(name);
    let letters = || name.bytes().filter(|byte| !b"_-".contains(byte)).map(|byte| byte.to_ascii_lowercase());
    SECRETS.iter().any(|secret| letters().eq(secret.bytes()))
}

fn speaks_of_secrets(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase().replace(['_', '-'], "");
    SECRETS.iter().any(|name| text.contains(name))
}

const CREDENTIALS: [header::HeaderName; 3] =
    [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE];
/// Less `_` and `-`.
const SECRETS: [&str; 10] = [
    "password",
    "accesstoken",
    "refreshtoken",
    "clientsecret",
    "apikey",
    "apitoken",
    "authtoken",
    "xapikey",
    "secret",
    "token",
];
/// Parts of the names of headers that carry credentials.
const SECRET_HEADERS: [&str; 8] =
    ["token", "secret", "password", "api-key", "apikey", "auth", "session", "signature"];
const HIDDEN: &str = "…";
const HIDDEN_ASCII: &str = "...";
/// Most entries that are kept.
const LENGTH: usize = 1000;
/// Most changes of an entry that are kept.
const MOST_CHANGES: usize = 1000;
/// Most bytes that they keep, roughly.
const MOST_WEIGHT: usize = 32 * 1024 * 1024;
