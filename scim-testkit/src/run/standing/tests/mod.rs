//! Each standing check on an endpoint that is wrong in one way, and on one that is not. The mock has no switch for
//! these, so a rule between run and mock changes requests and answers.

mod defects;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use scim_core::{urn, vendor::Profile};
use serde_json::{Map, Value, json};

use crate::{
    provider::{Provider, World},
    report::{Report, human},
    run::{Credentials, Run, Suite, Target, between::Answering},
};

/// What stands between the run and the mock.
type Rule = fn(&Wire, Request<Bytes>) -> Response<Bytes>;

struct Wire {
    provider: Provider,
    /// What a rule remembers.
    notes: Mutex<Vec<String>>,
}

fn play_with(rule: Rule, token: Option<&str>) -> Report {
    let mut provider = Provider::new(Profile::builtin("interop").unwrap(), World::deterministic());
    if let Some(token) = token {
        provider = provider.with_token(Some(token.to_owned().into()));
    }
    let wire = Arc::new(Wire { provider, notes: Mutex::default() });
    let mut target = Target::service(
        "http://localhost/scim/v2",
        Answering(move |request| Ok::<_, Infallible>(rule(&wire, request))),
    );
    if let Some(token) = token {
        target = target.with_credentials(Credentials::Bearer(token.to_owned().into()));
    }
    let run = Run::new(target).suites(vec![Suite::Rfc]).stories(Vec::new()).seed(1).run();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run)
}

fn found(report: &Report) -> Vec<&'static str> {
    let mut ids: Vec<&str> =
        report.findings.iter().filter(|finding| finding.level != "info").map(|finding| finding.id).collect();
    ids.dedup();
    ids
}

impl Wire {
    fn pass(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.provider.handle(request)
    }

    fn note(&self, text: impl Into<String>) {
        self.notes.lock().unwrap().push(text.into());
    }

    fn noted(&self, text: &str) -> bool {
        self.notes.lock().unwrap().iter().any(|note| note == text)
    }

    /// The resource as it is stored, asked for with the credentials of a request.
    fn stored(&self, like: &Request<Bytes>) -> Value {
        let mut request = Request::get(like.uri().clone()).body(Bytes::new()).unwrap();
        if let Some(token) = like.headers().get(header::AUTHORIZATION) {
            request.headers_mut().insert(header::AUTHORIZATION, token.clone());
        }
        json_of(&self.pass(&request))
    }
}

fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_default()
}

fn body_of(request: &Request<Bytes>) -> Value {
    serde_json::from_slice(request.body()).unwrap_or_default()
}

fn answer(status: u16, body: &Value) -> Response<Bytes> {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/scim+json");
    response.body(Bytes::from(body.to_string())).unwrap()
}

fn error(status: u16) -> Response<Bytes> {
    answer(status, &json!({"schemas": [urn::ERROR], "status": status.to_string(), "detail": "no"}))
}

/// The answer with another body.
fn edited(mut response: Response<Bytes>, edit: impl FnOnce(&mut Value)) -> Response<Bytes> {
    let mut json = json_of(&response);
    if json.is_null() {
        return response;
    }
    edit(&mut json);
    *response.body_mut() = Bytes::from(json.to_string());
    response
}

/// The answer with each resource in it changed.
fn each(response: Response<Bytes>, edit: impl Fn(&mut Map<String, Value>)) -> Response<Bytes> {
    edited(response, |json| {
        if let Some(list) = json.get_mut("Resources").and_then(Value::as_array_mut) {
            list.iter_mut().filter_map(Value::as_object_mut).for_each(edit);
        } else if json.get("id").is_some() {
            json.as_object_mut().into_iter().for_each(edit);
        }
    })
}

fn is(request: &Request<Bytes>, method: &Method, end: &str) -> bool {
    request.method() == *method && request.uri().path().ends_with(end)
}

fn on(request: &Request<Bytes>, collection: &str) -> bool {
    request.uri().path().contains(&format!("/{collection}/"))
}

fn query<'a>(request: &'a Request<Bytes>, name: &str) -> Option<&'a str> {
    let pairs = request.uri().query().unwrap_or_default().split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn with_query(request: &Request<Bytes>, from: &str, to: &str) -> Request<Bytes> {
    let uri = request.uri().to_string().replace(from, to);
    let mut other =
        Request::builder().method(request.method()).uri(uri).body(request.body().clone()).unwrap();
    *other.headers_mut() = request.headers().clone();
    other
}

fn with_body(mut request: Request<Bytes>, body: &Value) -> Request<Bytes> {
    *request.body_mut() = Bytes::from(body.to_string());
    request
}

fn has_op(request: &Request<Bytes>, test: impl Fn(&Value) -> bool) -> bool {
    body_of(request)["Operations"].as_array().is_some_and(|operations| operations.iter().any(test))
}

/// `eq` on an attribute of a collection, answered as `sw`.
fn loosely(wire: &Wire, request: &Request<Bytes>, collection: &str, attribute: &str) -> Response<Bytes> {
    let start = format!("filter={attribute}%20eq");
    if is(request, &Method::GET, collection)
        && request.uri().query().is_some_and(|query| query.starts_with(&start))
    {
        return wire.pass(&with_query(request, &start, &format!("filter={attribute}%20sw")));
    }
    wire.pass(request)
}

/// A PATCH of `emails` with another operation.
fn emails_op(wire: &Wire, request: Request<Bytes>, from: &str, to: &str) -> Response<Bytes> {
    let mut body = body_of(&request);
    if request.method() != Method::PATCH {
        return wire.pass(&request);
    }
    for operation in body["Operations"].as_array_mut().into_iter().flatten() {
        if operation["path"] == "emails" && operation["op"] == from {
            operation["op"] = to.into();
        }
    }
    wire.pass(&with_body(request, &body))
}

fn set_meta(resource: &mut Map<String, Value>, name: &str, value: &str) {
    if let Some(meta) = resource.get_mut("meta") {
        meta[name] = value.into();
    }
}

fn tagged(wire: &Wire, request: &Request<Bytes>, tag: &'static str) -> Response<Bytes> {
    let mut response = wire.pass(request);
    if response.headers().contains_key(header::ETAG) {
        response.headers_mut().insert(header::ETAG, HeaderValue::from_static(tag));
    }
    each(response, |resource| set_meta(resource, "version", tag))
}

fn config(wire: &Wire, request: &Request<Bytes>, edit: impl FnOnce(&mut Value)) -> Response<Bytes> {
    let response = wire.pass(request);
    if is(request, &Method::GET, "/ServiceProviderConfig") { edited(response, edit) } else { response }
}

fn schemas(wire: &Wire, request: &Request<Bytes>, edit: impl Fn(&mut Value)) -> Response<Bytes> {
    let response = wire.pass(request);
    if !is(request, &Method::GET, "/Schemas") {
        return response;
    }
    edited(response, |json| json["Resources"].as_array_mut().into_iter().flatten().for_each(edit))
}

fn types(wire: &Wire, request: &Request<Bytes>, edit: impl Fn(&mut Value)) -> Response<Bytes> {
    let response = wire.pass(request);
    if !is(request, &Method::GET, "/ResourceTypes") {
        return response;
    }
    edited(response, |json| json["Resources"].as_array_mut().into_iter().flatten().for_each(edit))
}

/// Bulk, made of single requests: with and without references and `failOnErrors`.
fn bulk(wire: &Wire, request: &Request<Bytes>, resolves: bool, stops: bool) -> Response<Bytes> {
    if !is(request, &Method::POST, "/Bulk") {
        return config(wire, request, |json| {
            json["bulk"] = json!({"supported": true, "maxOperations": 10, "maxPayloadSize": 100_000});
        });
    }
    let sent = body_of(request);
    let mut made: Vec<(String, String)> = Vec::new();
    let (mut replies, mut errors) = (Vec::new(), 0);
    for operation in sent["Operations"].as_array().into_iter().flatten() {
        let mut data = operation["data"].to_string();
        for (reference, id) in made.iter().filter(|_| resolves) {
            data = data.replace(&format!("bulkId:{reference}"), id);
        }
        let path = format!("/scim/v2{}", operation["path"].as_str().unwrap());
        let mut one = Request::post(path).body(Bytes::from(data)).unwrap();
        *one.headers_mut() = request.headers().clone();
        let reply = wire.pass(&one);
        let json = json_of(&reply);
        let mut told = json!({
            "method": "POST", "bulkId": operation["bulkId"], "status": reply.status().as_str(),
        });
        if reply.status() == 201 {
            told["location"] = json["meta"]["location"].clone();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            made.push((text(&operation["bulkId"]), text(&json["id"])));
        } else {
            told["response"] = json;
            errors += 1;
        }
        replies.push(told);
        if stops && sent["failOnErrors"].as_u64().is_some_and(|most| errors >= most) {
            break;
        }
    }
    answer(200, &json!({"schemas": [urn::BULK_RESPONSE], "Operations": replies}))
}

#[test]
fn every_defect_is_found() {
    let mut wrong = Vec::new();
    for (name, expected, rule) in defects::DEFECTS {
        let report = play_with(*rule, None);
        if !found(&report).contains(expected) {
            wrong.push(format!("{name}: expected {expected}, got {:?} {:?}", found(&report), report.error));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What an endpoint may do.
const FREEDOMS: &[(&str, Rule)] = &[
    ("nothing", |wire, request| wire.pass(&request)),
    ("bulk that works", |wire, request| bulk(wire, &request, true, true)),
    ("newest first, and others write", |wire, request| {
        // One comes and one goes: the total says nothing of it.
        if is(&request, &Method::GET, "/Users") && query(&request, "startIndex").is_some() {
            let list = wire.notes.lock().unwrap().len();
            if list % 3 == 1 {
                let body = json!({"schemas": [urn::USER], "userName": format!("other{list}@example.org")});
                wire.pass(&Request::post("/scim/v2/Users").body(Bytes::from(body.to_string())).unwrap());
            }
            if list % 6 == 5 {
                let all = json_of(&wire.pass(&Request::get("/scim/v2/Users").body(Bytes::new()).unwrap()));
                let theirs =
                    |user: &&Value| user["userName"].as_str().is_some_and(|name| name.starts_with("other"));
                let id = all["Resources"].as_array().and_then(|all| all.iter().find(theirs));
                if let Some(id) = id.and_then(|user| user["id"].as_str()) {
                    wire.pass(&Request::delete(format!("/scim/v2/Users/{id}")).body(Bytes::new()).unwrap());
                }
            }
            wire.note("read");
            if query(&request, "sortBy").is_none() {
                let sorted = "startIndex=";
                let newest = "sortBy=meta.created&sortOrder=descending&startIndex=";
                return wire.pass(&with_query(&request, sorted, newest));
            }
        }
        wire.pass(&request)
    }),
    ("no search and no /Me, in HTML", |wire, request| {
        let path = request.uri().path();
        if path.ends_with("/.search") || path.ends_with("/Me") {
            let page = Bytes::from_static(b"<h1>Not Found</h1>");
            return Response::builder()
                .status(404)
                .header(header::CONTENT_TYPE, "text/html")
                .body(page)
                .unwrap();
        }
        wire.pass(&request)
    }),
    ("`eq` and `and` only", |wire, request| {
        let plain = |filter: &str| {
            let words = [
                "%20sw", "%20co", "%20ew", "%20ne", "%20gt", "%20ge", "%20lt", "%20le", "%20pr", "or", "not",
                "%5B",
            ];
            !words.iter().any(|word| filter.contains(word))
        };
        if query(&request, "filter").is_some_and(|filter| !plain(filter)) {
            error(400)
        } else {
            wire.pass(&request)
        }
    }),
    ("a new user is active", |wire, request| {
        let mut body = body_of(&request);
        if is(&request, &Method::POST, "/Users") && body["active"] == false {
            body["active"] = true.into();
            return wire.pass(&with_body(request, &body));
        }
        wire.pass(&request)
    }),
    ("an unknown member is refused", |wire, request| {
        let gone =
            |operation: &Value| operation["value"][0]["value"].as_str().is_some_and(|id| wire.noted(id));
        if request.method() == Method::DELETE {
            wire.note(request.uri().path().rsplit('/').next().unwrap_or_default());
        }
        if has_op(&request, gone) { error(400) } else { wire.pass(&request) }
    }),
    ("all of it is behind a proxy", |wire, request| {
        let out = |text: &str| text.replace("http://localhost/scim/v2", "https://scim.example.com/t/1");
        let mut response = wire.pass(&request);
        let header = response.headers().get(header::LOCATION).and_then(|it| it.to_str().ok()).map(out);
        if let Some(header) = header {
            response.headers_mut().insert(header::LOCATION, header.parse().unwrap());
        }
        let body = out(&String::from_utf8_lossy(response.body()));
        *response.body_mut() = Bytes::from(body);
        response
    }),
];

#[test]
fn no_freedom_is_a_finding() {
    for (name, rule) in FREEDOMS {
        let report = play_with(*rule, None);
        assert!(
            found(&report).is_empty() && report.error.is_none(),
            "{name}: {}",
            human::render(&report, false, 120)
        );
    }
}

#[test]
fn the_number_of_requests_is_bounded() {
    let report = play_with(|wire, request| wire.pass(&request), Some("tok-5ba1"));
    assert!(report.summary.requests < 600, "{}", report.summary.requests);
}

#[test]
fn wrong_credentials_are_a_401() {
    let right = play_with(|wire, request| wire.pass(&request), Some("tok-5ba1"));
    assert_eq!(found(&right), Vec::<&str>::new());
    let cases: &[(&str, Rule)] = &[
        ("auth.status-403", |wire, request| refusal(wire, &request, 403, "application/scim+json")),
        ("auth.status", |wire, request| refusal(wire, &request, 500, "application/scim+json")),
        ("auth.status", |wire, request| refusal(wire, &request, 302, "text/html")),
        ("auth.status", |wire, request| refusal(wire, &request, 200, "text/html")),
    ];
    for (expected, rule) in cases {
        let report = play_with(*rule, Some("tok-5ba1"));
        assert!(found(&report).contains(expected), "{expected}: {:?}", found(&report));
    }
}

/// What the mock answers with 401, answered otherwise.
fn refusal(wire: &Wire, request: &Request<Bytes>, status: u16, media: &'static str) -> Response<Bytes> {
    let mut response = wire.pass(request);
    if response.status() == 401 {
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        if media == "text/html" {
            *response.body_mut() = Bytes::from_static(b"<h1>Log in</h1>");
        }
    }
    response
}
