//! What stands for the data of people in what a run records.
//!
//! The same value always gets the same stand-in, whatever its letter case, in answers and in filters, so that a judge
//! of the recorded exchange sees whether a filter matched.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use http::{HeaderValue, header};
use percent_encoding::percent_decode_str;
use scim_core::call::encode;
use serde_json::{Map, Value};

use crate::run::Exchange;

/// The stand-ins so far.
#[derive(Clone, Debug, Default)]
pub(in crate::run) struct Mask {
    names: BTreeMap<String, String>,
    /// Each text as it came, to find it in prose.
    seen: Vec<(String, String)>,
}

impl Mask {
    /// Replaces what an exchange tells of people.
    pub(in crate::run) fn hide(&mut self, exchange: &mut Exchange) {
        let target = self.target(&exchange.request.target);
        if let Some(base) = exchange.url.strip_suffix(exchange.request.target.as_str()) {
            exchange.url = format!("{base}{target}");
        }
        exchange.request.target = target;
        if exchange.is_discovery() && exchange.answer.status < 400 {
            return;
        }
        let success = exchange.answer.is_success();
        match &mut exchange.answer.json {
            Some(json) if success => {
                self.answer(json);
                exchange.answer.body = Bytes::from(json.to_string());
            }
            None if success && !exchange.answer.body.is_empty() => {
                let note = format!("({} bytes that are not shown)", exchange.answer.body.len());
                exchange.answer.body = Bytes::from(note);
            }
            _ => {
                let text = self.prose(&String::from_utf8_lossy(&exchange.answer.body)).into_owned();
                exchange.answer.json =
                    exchange.answer.json.as_ref().and_then(|_| serde_json::from_str(&text).ok());
                exchange.answer.body = Bytes::from(text);
            }
        }
        for name in [header::LOCATION, header::CONTENT_LOCATION] {
            let place = exchange.answer.headers.get(&name).and_then(|place| place.to_str().ok());
            if let Some(place) = place.map(|place| self.reference(place)) {
                let place = HeaderValue::try_from(place).unwrap_or(HeaderValue::from_static("hidden"));
                exchange.answer.headers.insert(name, place);
            }
        }
    }

    fn name(&mut self, text: &str) -> String {
        let key = text.to_lowercase();
        if let Some(known) = self.names.get(&key) {
            return known.clone();
        }
        // Letters and digits, in fours: it passes for text, a URI and base64 alike.
        let name = format!("text{:04}", self.names.len() + 1);
        self.names.insert(key, name.clone());
        if text.len() > 2 && self.seen.len() < MOST_SEEN {
            self.seen.push((text.to_owned(), name.clone()));
        }
        name
    }

    /// Text with every known value replaced.
    fn prose<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut clean = Cow::Borrowed(text);
        for (known, name) in &self.seen {
            if clean.contains(known.as_str()) {
                clean = Cow::Owned(clean.replace(known.as_str(), name));
            }
        }
        clean
    }

    fn answer(&mut self, json: &mut Value) {
        match json {
            Value::Object(object) => {
                let list = object.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("Resources"));
                match list {
                    Some((_, Value::Array(list))) => list.iter_mut().for_each(|one| self.entry(one)),
                    _ => self.resource(object),
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|one| self.entry(one)),
            other => self.value("", other, 0),
        }
    }

    fn entry(&mut self, entry: &mut Value) {
        match entry {
            Value::Object(resource) => self.resource(resource),
            other => self.value("", other, 0),
        }
    }

    fn resource(&mut self, resource: &mut Map<String, Value>) {
        for (name, value) in resource.iter_mut() {
            match name.to_ascii_lowercase().as_str() {
                "schemas" | "totalresults" | "startindex" | "itemsperpage" => {}
                "meta" => self.meta(value),
                _ => self.value(name, value, 0),
            }
        }
    }

    fn meta(&mut self, meta: &mut Value) {
        for (name, value) in meta.as_object_mut().into_iter().flatten() {
            match (name.to_ascii_lowercase().as_str(), &*value) {
                ("location", Value::String(place)) => *value = self.reference(place).into(),
                ("resourcetype" | "created" | "lastmodified" | "version", _) => {}
                _ => self.value("", value, 0),
            }
        }
    }

    fn value(&mut self, name: &str, value: &mut Value, depth: usize) {
        match value {
            Value::Object(object) if depth < DEEPEST => {
                let refers = ["members", "groups", "manager"].iter().any(|it| name.eq_ignore_ascii_case(it));
                for (inner, value) in object.iter_mut() {
                    // The `value` of a member is an id.
                    let inner = if refers && inner.eq_ignore_ascii_case("value") { "id" } else { inner };
                    self.value(inner, value, depth + 1);
                }
            }
            Value::Array(list) if depth < DEEPEST => {
                list.iter_mut().for_each(|one| self.value(name, one, depth + 1));
            }
            Value::Object(_) | Value::Array(_) => *value = Value::Null,
            Value::Number(number) if !name.eq_ignore_ascii_case("id") => *number = 0.into(),
            Value::String(text) if name.eq_ignore_ascii_case("id") => *text = self.id(text),
            Value::String(text) if name.eq_ignore_ascii_case("$ref") => *text = self.reference(text),
            Value::String(text) => {
                let plain =
                    text.is_empty() || ["true", "false"].iter().any(|it| text.eq_ignore_ascii_case(it));
                if !plain {
                    *text = self.name(text);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// An id says nothing of a person, unless it is an e-mail address.
    fn id(&mut self, id: &str) -> String {
        if id.contains('@') { self.name(id) } else { id.to_owned() }
    }

    fn reference(&mut self, place: &str) -> String {
        let (before, last) = place.rsplit_once('/').map_or(("", place), |(before, last)| (before, last));
        let id = percent_decode_str(last).decode_utf8_lossy();
        if !id.contains('@') {
            return place.to_owned();
        }
        let name = self.name(&id);
        if place.contains('/') { format!("{before}/{name}") } else { name }
    }

    /// A path and query.
    pub(in crate::run) fn target(&mut self, target: &str) -> String {
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let path: Vec<String> = path
            .split('/')
            .map(|segment| {
                let id = percent_decode_str(segment).decode_utf8_lossy().into_owned();
                if id.contains('@') { self.name(&id) } else { segment.to_owned() }
            })
            .collect();
        let path = path.join("/");
        let Some(query) = query else { return path };
        let pairs: Vec<String> = query
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((name, filter)) if name.eq_ignore_ascii_case("filter") => {
                    let filter = percent_decode_str(filter).decode_utf8_lossy().into_owned();
                    format!("{name}={}", encode(&self.filter(&filter)))
                }
                _ => pair.to_owned(),
            })
            .collect();
        format!("{path}?{}", pairs.join("&"))
    }

    /// Replaces the quoted texts of a filter, but for those of a run's own making.
    fn filter(&mut self, filter: &str) -> String {
        let mut out = String::new();
        let mut rest = filter;
        while let Some(open) = rest.find('"') {
            out.push_str(&rest[..open]);
            rest = &rest[open..];
            let close = closing(rest);
            let quoted = &rest[..close.unwrap_or(rest.len())];
            let text: Option<String> = serde_json::from_str(quoted).ok();
            let ours = quoted.trim_start_matches('"').to_lowercase().starts_with("scimtest-");
            match (text, close) {
                _ if ours => out.push_str(quoted),
                (Some(text), _) => out.push_str(&Value::from(self.name(&text)).to_string()),
                (None, Some(_)) => out.push_str(&Value::from(self.name(quoted)).to_string()),
                // An open quote stays one.
                (None, None) => out.push_str(&format!("\"{}", self.name(&quoted[1..]))),
            }
            rest = &rest[quoted.len()..];
        }
        out + rest
    }
}

/// Where a quoted text ends.
fn closing(quoted: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in quoted.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

const DEEPEST: usize = 32;
const MOST_SEEN: usize = 2000;
