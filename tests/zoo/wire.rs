//! What stands between a run and the mock: a rule sees each request and makes the answer, and may ask the mock itself.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use scim_core::{call::encode, query::pairs, urn};
use scim_testkit::provider::Provider;
use serde_json::{Map, Value, json};
use tower_service::Service;

pub(crate) const BASE: &str = "http://localhost/scim/v2";
/// The path of the base URL.
const ROOT: &str = "/scim/v2";
/// The token of a mock that asks for one.
pub(crate) const TOKEN: &str = "tok-7d1f0c";

/// How a server answers, with the mock behind it.
pub(crate) type Rule = fn(&Wire, Ask) -> Reply;

/// Answers as the mock does.
pub(crate) fn plain(wire: &Wire, ask: Ask) -> Reply {
    wire.pass(ask)
}

/// The mock, and what a rule remembers.
pub(crate) struct Wire {
    provider: Provider,
    notes: Mutex<Notes>,
}

/// What a rule remembers.
#[derive(Default)]
pub(crate) struct Notes {
    /// How many requests there were.
    pub(crate) asked: usize,
    /// Texts, in the order in which they were noted.
    pub(crate) words: Vec<String>,
    /// Resources or whatever else, by key.
    pub(crate) kept: BTreeMap<String, Value>,
}

impl Wire {
    pub(crate) fn new(provider: Provider) -> Self {
        Self { provider, notes: Mutex::default() }
    }

    /// Lets the mock answer.
    pub(crate) fn pass(&self, ask: Ask) -> Reply {
        let answer = self.provider.answer(&ask.into_request());
        Reply::from(answer.response)
    }

    pub(crate) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, word: impl Into<String>) {
        self.notes().words.push(word.into());
    }

    pub(crate) fn noted(&self, word: &str) -> bool {
        self.notes().words.iter().any(|known| known == word)
    }

    /// How often this was counted, this time included.
    pub(crate) fn count(&self, what: &str) -> u64 {
        let mut notes = self.notes();
        let number = notes.kept.entry(what.to_owned()).or_insert_with(|| 0.into());
        *number = (number.as_u64().unwrap_or_default() + 1).into();
        number.as_u64().unwrap_or_default()
    }

    /// Asks the mock on the rule's own behalf.
    pub(crate) fn ask(&self, method: &Method, path: &str, body: Option<&Value>) -> Reply {
        let mut headers = HeaderMap::new();
        let text = |text: &str| HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
        headers.insert(header::AUTHORIZATION, text(&format!("Bearer {TOKEN}")));
        headers.insert(header::CONTENT_TYPE, text("application/scim+json"));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let query = query.to_owned();
        self.pass(Ask {
            method: method.clone(),
            path: path.to_owned(),
            query,
            headers,
            body,
            before: Value::Null,
        })
    }

    /// What is stored at a path such as `/Users/1`; null if nothing is.
    pub(crate) fn get(&self, path: &str) -> Value {
        let reply = self.ask(&Method::GET, path, None);
        if reply.ok() { reply.json() } else { Value::Null }
    }

    /// What is stored under the address of a request.
    pub(crate) fn stored(&self, ask: &Ask) -> Value {
        self.get(&ask.path)
    }

    pub(crate) fn patch(&self, path: &str, operations: Value) -> Reply {
        self.ask(&Method::PATCH, path, Some(&json!({"schemas": [urn::PATCH_OP], "Operations": operations})))
    }

    /// Every resource of a collection.
    pub(crate) fn all(&self, collection: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let page = self.get(&format!("/{collection}?startIndex={}&count=100", all.len() + 1));
            let Some(list) = page["Resources"].as_array().filter(|list| !list.is_empty()) else { return all };
            all.extend(list.iter().cloned());
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// Below the base: `/Users/1`.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What was stored under the address when the request came, where requests may overtake each other.
    pub(crate) before: Value,
}

impl Ask {
    fn from_request(request: Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().strip_prefix(ROOT).unwrap_or_else(|| parts.uri.path()).to_owned();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Self { method: parts.method, path, query, headers: parts.headers, body, before: Value::Null }
    }

    fn into_request(self) -> Request<Bytes> {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = format!("{BASE}{}{query}", self.path).parse().unwrap_or_default();
        *request.headers_mut() = self.headers;
        request
    }

    pub(crate) fn is(&self, method: &str) -> bool {
        self.method.as_str() == method
    }

    pub(crate) fn writes(&self) -> bool {
        !self.is("GET")
    }

    fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|segment| !segment.is_empty()).collect()
    }

    /// Whether it is for a collection as a whole: `at("POST", "Users")`.
    pub(crate) fn at(&self, method: &str, collection: &str) -> bool {
        self.is(method) && self.segments() == [collection]
    }

    /// Whether it is for one resource of a collection.
    pub(crate) fn one(&self, collection: &str) -> bool {
        matches!(self.segments()[..], [first, id] if first == collection && id != ".search")
    }

    /// Whether it is a method for one resource of a collection.
    pub(crate) fn of(&self, method: &str, collection: &str) -> bool {
        self.is(method) && self.one(collection)
    }

    /// Whether anything of the collection is asked for.
    pub(crate) fn in_(&self, collection: &str) -> bool {
        self.segments().first() == Some(&collection)
    }

    pub(crate) fn searches(&self) -> bool {
        self.path.ends_with("/.search")
    }

    /// The id in the path.
    pub(crate) fn id(&self) -> String {
        let last = self.segments().get(1).copied().unwrap_or_default();
        pairs(&format!("id={}", last.replace('+', "%2B"))).next().map(|(_, id)| id).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The same request with this body.
    pub(crate) fn with(mut self, json: &Value) -> Self {
        self.body = Bytes::from(json.to_string());
        self
    }

    /// The same request with its body changed, if that is an object.
    pub(crate) fn edit(self, edit: impl FnOnce(&mut Value)) -> Self {
        let mut json = self.json();
        if !json.is_object() {
            return self;
        }
        edit(&mut json);
        self.with(&json)
    }

    /// The same request with each operation of its PATCH changed; an operation stays if `edit` says so.
    pub(crate) fn edit_ops(self, mut edit: impl FnMut(&mut Map<String, Value>) -> bool) -> Self {
        if !self.is("PATCH") {
            return self;
        }
        self.edit(|json| {
            if let Some(operations) = json.get_mut("Operations").and_then(Value::as_array_mut) {
                operations.retain_mut(|operation| operation.as_object_mut().is_none_or(&mut edit));
            }
        })
    }

    /// The operations of a PATCH.
    pub(crate) fn ops(&self) -> Vec<Op> {
        if !self.is("PATCH") {
            return Vec::new();
        }
        let json = self.json();
        json["Operations"].as_array().into_iter().flatten().filter_map(Op::of).collect()
    }

    /// Whether an operation of a PATCH is like that.
    pub(crate) fn has_op(&self, test: impl Fn(&Op) -> bool) -> bool {
        self.ops().iter().any(test)
    }

    /// Whether the body speaks of something, in any case.
    pub(crate) fn names(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).to_lowercase().contains(&text.to_lowercase())
    }

    pub(crate) fn param(&self, name: &str) -> Option<String> {
        pairs(&self.query).find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub(crate) fn filter(&self) -> Option<String> {
        self.param("filter")
    }

    /// The same request with a parameter set, or without it.
    pub(crate) fn set(mut self, name: &str, value: Option<&str>) -> Self {
        let mut all: Vec<(String, String)> = pairs(&self.query).filter(|(key, _)| key != name).collect();
        all.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        let all: Vec<String> =
            all.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
        self.query = all.join("&");
        self
    }

    /// The same request with another filter.
    pub(crate) fn refilter(self, collection: &str, change: impl FnOnce(String) -> String) -> Self {
        match self.filter().filter(|_| self.at("GET", collection)) {
            Some(filter) => {
                let changed = change(filter);
                self.set("filter", Some(&changed))
            }
            None => self,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name)?.to_str().ok().map(str::to_owned)
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// The same request with the right credentials.
    pub(crate) fn trusted(mut self) -> Self {
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {TOKEN}")) {
            self.headers.insert(header::AUTHORIZATION, value);
        }
        self
    }
}

/// One operation of a PATCH.
#[derive(Clone, Debug)]
pub(crate) struct Op {
    /// As it is written.
    pub(crate) written: String,
    /// In lower case.
    pub(crate) op: String,
    /// Empty if there is none.
    pub(crate) path: String,
    pub(crate) value: Value,
}

impl Op {
    fn of(json: &Value) -> Option<Self> {
        let object = json.as_object()?;
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let written = text("op");
        Some(Self {
            op: written.to_lowercase(),
            written,
            path: text("path"),
            value: object.get("value").cloned().unwrap_or_default(),
        })
    }

    /// The members that an operation carries.
    pub(crate) fn members(&self) -> Vec<String> {
        let list = match (&self.value, self.path.is_empty()) {
            (Value::Object(values), true) => values.get("members").cloned().unwrap_or_default(),
            (value, _) if self.path == "members" => value.clone(),
            _ => Value::Null,
        };
        let id = |member: &Value| member["value"].as_str().map(str::to_owned);
        list.as_array().into_iter().flatten().filter_map(id).collect()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl From<Response<Bytes>> for Reply {
    fn from(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

impl Reply {
    fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        response
    }

    pub(crate) fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(crate) fn text(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The same answer with its body changed, if that is an object.
    pub(crate) fn edit(mut self, edit: impl FnOnce(&mut Value)) -> Self {
        let mut json = self.json();
        if json.is_object() {
            edit(&mut json);
            self.body = Bytes::from(json.to_string());
        }
        self
    }

    /// The same with each resource in it changed.
    pub(crate) fn each(self, mut edit: impl FnMut(&mut Map<String, Value>)) -> Self {
        if !self.ok() {
            return self;
        }
        self.edit(|json| {
            if let Some(list) = json.get_mut("Resources").and_then(Value::as_array_mut) {
                list.iter_mut().filter_map(Value::as_object_mut).for_each(edit);
            } else if let Some(one) = json.as_object_mut().filter(|one| one.contains_key("id")) {
                edit(one);
            }
        })
    }

    pub(crate) fn users(self, mut edit: impl FnMut(&mut Map<String, Value>)) -> Self {
        self.each(|one| {
            if one.contains_key("userName") {
                edit(one);
            }
        })
    }

    pub(crate) fn groups(self, mut edit: impl FnMut(&mut Map<String, Value>)) -> Self {
        self.each(|one| {
            if resource_type(one) == Some("Group") {
                edit(one);
            }
        })
    }

    /// The same list with other resources, counted anew.
    pub(crate) fn relist(self, change: impl FnOnce(&mut Vec<Value>)) -> Self {
        self.edit(|json| {
            let Some(list) = json.get_mut("Resources").and_then(Value::as_array_mut) else { return };
            let before = list.len();
            change(list);
            let here = list.len();
            let total = json["totalResults"].as_u64().unwrap_or_default() + here as u64 - before as u64;
            json["totalResults"] = total.into();
            json["itemsPerPage"] = here.into();
        })
    }
}

fn resource_type(one: &Map<String, Value>) -> Option<&str> {
    one.get("meta")?.get("resourceType")?.as_str()
}

pub(crate) fn answer(status: u16, json: &Value) -> Reply {
    let reply = Reply { status, headers: HeaderMap::new(), body: Bytes::from(json.to_string()) };
    reply.header("content-type", "application/scim+json")
}

pub(crate) fn error(status: u16) -> Reply {
    answer(status, &json!({"schemas": [urn::ERROR], "status": status.to_string(), "detail": "no"}))
}

pub(crate) fn refused(status: u16, scim_type: &str) -> Reply {
    error(status).edit(|json| json["scimType"] = scim_type.into())
}

pub(crate) fn page(status: u16, text: &'static str) -> Reply {
    error(status).header("content-type", "text/html").text(text)
}

pub(crate) fn empty(status: u16) -> Reply {
    error(status).without_header("content-type").text("")
}

pub(crate) fn no_results() -> Value {
    json!({"schemas": [urn::LIST_RESPONSE], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})
}

/// Whether somebody is in a group, as it is stored.
pub(crate) fn member_ids(group: &Value) -> Vec<String> {
    let id = |member: &Value| member["value"].as_str().map(str::to_owned);
    group["members"].as_array().into_iter().flatten().filter_map(id).collect()
}

/// The rule as a service.
#[derive(Clone)]
pub(crate) struct Between {
    pub(crate) wire: Arc<Wire>,
    pub(crate) rule: Rule,
    /// Whether it reads first, thinks, and lets others work meanwhile.
    pub(crate) thinks: bool,
}

impl Service<Request<Bytes>> for Between {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move {
            server.wire.notes().asked += 1;
            let mut ask = Ask::from_request(request);
            if server.thinks {
                ask.before = server.wire.stored(&ask);
                tokio::task::yield_now().await;
            }
            let head = ask.is("HEAD");
            let mut reply = (server.rule)(&server.wire, ask);
            if head {
                reply.body = Bytes::new();
            }
            Ok(reply.into_response())
        })
    }
}
