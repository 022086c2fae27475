//! Each check on an endpoint that has the defect, and the suite on one that has none.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use scim_core::{urn, vendor::Profile};
use serde_json::{Value, json};

use crate::{
    provider::{Provider, World},
    report::{Report, human},
    run::{Credentials, Reach, Run, Suite, Target, between::Answering},
};

/// What stands between the run and the mock.
pub(in crate::run) type Rule = fn(&Wire, Request<Bytes>) -> Response<Bytes>;

pub(in crate::run) struct Wire {
    provider: Provider,
    /// What a rule remembers.
    notes: Mutex<Vec<Value>>,
    /// Every request, as it came.
    pub(in crate::run) sent: Mutex<Vec<(Method, String)>>,
}

/// The connection breaks in place of this answer.
#[derive(Clone)]
struct Broken;

impl Wire {
    pub(in crate::run) fn new(profile: &str) -> Self {
        let provider = Provider::new(Profile::builtin(profile).unwrap(), World::deterministic());
        let provider = provider.with_token(Some(TOKEN.to_owned().into()));
        Self { provider, notes: Mutex::default(), sent: Mutex::default() }
    }

    pub(in crate::run) fn pass(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.provider.handle(request)
    }

    /// Passed on as if the right token had come with it.
    fn trusted(&self, mut request: Request<Bytes>) -> Response<Bytes> {
        request.headers_mut().insert(header::AUTHORIZATION, bearer());
        self.pass(&request)
    }

    fn note(&self, note: Value) {
        self.notes.lock().unwrap().push(note);
    }
}

/// A run to be on the mock behind a rule.
pub(in crate::run) fn run_on(wire: &Arc<Wire>, rule: Rule) -> Run {
    let wire = Arc::clone(wire);
    let service = Answering(move |request: Request<Bytes>| {
        let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        wire.sent.lock().unwrap().push((request.method().clone(), target));
        let response = rule(&wire, request);
        let broken = response.extensions().get::<Broken>().is_some();
        if broken { Err("connection reset") } else { Ok(response) }
    });
    let target = Target::service("http://localhost/scim/v2", service);
    Run::new(target.with_credentials(Credentials::Bearer(TOKEN.to_owned().into()))).seed(1)
}

pub(in crate::run) fn finished(run: Run) -> Report {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run.run())
}

fn play(rule: Rule) -> Report {
    let foreign = Credentials::Bearer(FOREIGN.to_owned().into());
    let run = run_on(&Arc::new(Wire::new("interop")), rule);
    finished(run.suites(vec![Suite::Security]).foreign_credentials(foreign))
}

pub(in crate::run) fn bearer() -> HeaderValue {
    HeaderValue::from_str(&format!("Bearer {TOKEN}")).unwrap()
}

fn given(request: &Request<Bytes>) -> &str {
    request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn decoded(request: &Request<Bytes>) -> String {
    let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    percent_decode_str(&target).decode_utf8_lossy().into_owned()
}

fn moved(request: &Request<Bytes>, method: &Method, target: &str) -> Request<Bytes> {
    let uri = format!("http://localhost/scim/v2{target}");
    let mut other = Request::builder().method(method).uri(uri).body(request.body().clone()).unwrap();
    *other.headers_mut() = request.headers().clone();
    other
}

fn json_of(bytes: &Bytes) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}

fn answer(status: u16, body: &Value) -> Response<Bytes> {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/scim+json");
    response.body(Bytes::from(body.to_string())).unwrap()
}

fn error(status: u16, detail: &str) -> Response<Bytes> {
    answer(status, &json!({"schemas": [urn::ERROR], "status": status.to_string(), "detail": detail}))
}

/// The list, whatever the filter says.
fn everyone(wire: &Wire, request: &Request<Bytes>) -> Response<Bytes> {
    wire.pass(&moved(request, &Method::GET, "/Users"))
}

/// The id at the end of a path below `/Users`.
fn id_of(request: &Request<Bytes>) -> Option<String> {
    request.uri().path().split_once("/Users/").map(|(_, id)| id.to_owned())
}

const DEFECTS: &[(&str, &str, Rule)] = &[
    ("no token is needed to read", "auth.not-enforced", |wire, request| {
        if request.method() == Method::GET { wire.trusted(request) } else { wire.pass(&request) }
    }),
    ("no token is needed for bulk requests", "auth.not-enforced", |wire, request| {
        if request.uri().path().ends_with("/Bulk") { wire.trusted(request) } else { wire.pass(&request) }
    }),
    ("an empty token is the token that is not set", "security.token-not-checked", |wire, request| {
        if given(&request).trim() == "Bearer" { wire.trusted(request) } else { wire.pass(&request) }
    }),
    ("any user and password will do", "security.token-not-checked", |wire, request| {
        if given(&request).starts_with("Basic") { wire.trusted(request) } else { wire.pass(&request) }
    }),
    ("a token is compared by its length", "security.token-not-checked", |wire, request| {
        if given(&request).len() == TOKEN.len() + 7 { wire.trusted(request) } else { wire.pass(&request) }
    }),
    ("a token is compared by its beginning", "security.token-not-checked", |wire, request| {
        let begins =
            given(&request).strip_prefix("Bearer ").is_some_and(|it| it.len() > 4 && TOKEN.starts_with(it));
        if begins { wire.trusted(request) } else { wire.pass(&request) }
    }),
    ("a token is taken without its signature", "security.token-not-checked", |wire, request| {
        let claims = |token: &str| token.split('.').nth(1).unwrap_or_default().to_owned();
        let unsigned = given(&request).ends_with('.') && claims(given(&request)) == claims(TOKEN);
        if unsigned { wire.trusted(request) } else { wire.pass(&request) }
    }),
    ("401 is said when it is done", "security.refused-but-done", |wire, request| {
        let response = wire.pass(&request);
        if response.status() == StatusCode::UNAUTHORIZED && request.method() == Method::PATCH {
            wire.trusted(request);
        }
        response
    }),
    ("a create goes through before the token is looked at", "security.refused-but-done", |wire, request| {
        let response = wire.pass(&request);
        if response.status() == StatusCode::UNAUTHORIZED && request.uri().path().ends_with("/Users") {
            wire.trusted(request);
        }
        response
    }),
    ("the guard knows one spelling of the path", "security.path-bypass", |wire, request| {
        if request.uri().path().ends_with("/v2//Users") {
            let plain = moved(&request, &Method::GET, "/Users?startIndex=1&count=1");
            return wire.trusted(plain);
        }
        wire.pass(&request)
    }),
    ("what begins like a public path is public", "security.path-bypass", |wire, request| {
        if request.uri().path().contains("/Schemas/..") {
            return wire.trusted(moved(&request, &Method::GET, "/Users"));
        }
        wire.pass(&request)
    }),
    ("the token is taken from the address", "security.token-in-query", |wire, request| {
        if request.uri().query().is_some_and(|query| query.contains(&format!("access_token={TOKEN}"))) {
            return wire.trusted(request);
        }
        wire.pass(&request)
    }),
    ("another tenant's token reads", "security.foreign-tenant", |wire, request| {
        let foreign = given(&request).ends_with(FOREIGN) && request.method() == Method::GET;
        if foreign { wire.trusted(request) } else { wire.pass(&request) }
    }),
    ("another tenant's token deletes what it cannot read", "security.foreign-tenant", |wire, request| {
        let foreign = given(&request).ends_with(FOREIGN) && request.method() == Method::DELETE;
        if foreign { wire.trusted(request) } else { wire.pass(&request) }
    }),
    ("a password is found by its beginning", "security.password-guessable", |wire, request| {
        guessing(wire, request, "sw", |password, part| password.starts_with(part))
    }),
    ("a password is found by a part of it", "security.password-guessable", |wire, request| {
        guessing(wire, request, "co", |password, part| password.contains(part))
    }),
    ("a whole password is found", "security.password-filter", |wire, request| {
        guessing(wire, request, "eq", |password, part| password == part)
    }),
    ("users are sorted by password", "security.password-guessable", |wire, request| {
        remember(wire, &request);
        let response = wire.pass(&request);
        let query = decoded(&request);
        if !query.contains("sortBy=password") {
            return response;
        }
        let mut page = json_of(
            wire.pass(&moved(
                &request,
                &Method::GET,
                &query.replace("/scim/v2", "").replace("sortBy", "x").replace(' ', "%20").replace('"', "%22"),
            ))
            .body(),
        );
        let list = page["Resources"].as_array_mut().unwrap();
        list.sort_by_key(|user| known_password(wire, user["id"].as_str().unwrap()));
        if query.contains("descending") {
            list.reverse();
        }
        answer(200, &page)
    }),
    ("the password comes back", "resource.password-returned", |wire, request| {
        let response = wire.pass(&request);
        let mut body = json_of(response.body());
        if request.uri().query().is_some_and(|query| query == "attributes=userName,password") {
            body["password"] = "secret".into();
            return answer(200, &body);
        }
        response
    }),
    ("a quote ends the text of a filter", "security.filter-injection", |wire, request| {
        if decoded(&request).contains("' or '1'='1") { everyone(wire, &request) } else { wire.pass(&request) }
    }),
    ("an escaped quote ends it", "security.filter-injection", |wire, request| {
        if decoded(&request).contains("\\\" or userName pr") {
            everyone(wire, &request)
        } else {
            wire.pass(&request)
        }
    }),
    ("eq is LIKE", "security.filter-injection", |wire, request| {
        if decoded(&request).contains("%\"") { everyone(wire, &request) } else { wire.pass(&request) }
    }),
    ("the filter is a template", "security.template-injection", |wire, request| {
        if decoded(&request).contains("{{91373*91381}}") {
            return error(400, "no user is called scimtest-8349756113");
        }
        wire.pass(&request)
    }),
    ("displayName is a template", "security.template-injection", |wire, request| {
        let text = String::from_utf8_lossy(request.body()).replace("${91373*91381}", "8349756113");
        let mut other = request;
        *other.body_mut() = Bytes::from(text);
        wire.pass(&other)
    }),
    ("an error is a stack trace", "security.error-detail", |wire, request| {
        let response = wire.pass(&request);
        if response.status() == 400 {
            return error(400, "bad filter\n\tat org.example.scim.Parser.parse(Parser.java:42)");
        }
        response
    }),
    ("a quote is an error of the database", "http.server-error", |wire, request| {
        if decoded(&request).contains("'1'='1") { error(500, "oops") } else { wire.pass(&request) }
    }),
    ("the server has a version", "security.version-banner", |wire, request| {
        let mut response = wire.pass(&request);
        response.headers_mut().insert(header::SERVER, HeaderValue::from_static("Apache/2.4.1 (Unix)"));
        response
    }),
    ("depth exhausts the stack", "security.exhaustion", |wire, request| {
        let body = String::from_utf8_lossy(request.body()).contains(&"[".repeat(1000));
        let mut response = wire.pass(&request);
        if body {
            response.extensions_mut().insert(Broken);
        }
        response
    }),
    ("parentheses exhaust the stack", "security.exhaustion", |wire, request| {
        let mut response = wire.pass(&request);
        if decoded(&request).contains(&"(".repeat(500)) {
            response.extensions_mut().insert(Broken);
        }
        response
    }),
    ("created is what the client says", "security.read-only-written", |wire, request| {
        let sent = json_of(request.body());
        if let Some(created) = sent["meta"]["created"].as_str() {
            wire.note(created.into());
        }
        let response = wire.pass(&request);
        let forged = wire.notes.lock().unwrap().last().cloned();
        let mut body = json_of(response.body());
        match forged {
            Some(created) if body["userName"].is_string() => {
                body["meta"]["created"] = created;
                answer(response.status().as_u16(), &body)
            }
            _ => response,
        }
    }),
    ("groups of a user are memberships", "security.read-only-written", |wire, request| {
        let group = json_of(request.body())["groups"][0]["value"].as_str().map(str::to_owned);
        let response = wire.pass(&request);
        if let (Some(group), Some(user)) = (group, json_of(response.body())["id"].as_str()) {
            let body = json!({
                "schemas": [urn::PATCH_OP],
                "Operations": [{"op": "add", "path": "members", "value": [{"value": user}]}],
            });
            let mut join = moved(&request, &Method::PATCH, &format!("/Groups/{group}"));
            *join.body_mut() = Bytes::from(body.to_string());
            wire.pass(&join);
        }
        response
    }),
    ("an account is found by its e-mail", "security.account-adopted", |wire, request| {
        let sent = json_of(request.body());
        let mail = sent["emails"][0]["value"].as_str().unwrap_or_default().to_owned();
        if request.method() == Method::POST && !mail.is_empty() && sent["userName"] != mail.as_str() {
            let query = format!("/Users?filter=userName%20eq%20%22{mail}%22");
            let found = json_of(wire.pass(&moved(&request, &Method::GET, &query)).body());
            if found["Resources"][0].is_object() {
                return answer(201, &found["Resources"][0]);
            }
        }
        wire.pass(&request)
    }),
    ("a NUL byte ends the id", "security.path-traversal", |wire, request| {
        match id_of(&request).and_then(|id| id.split_once("%00").map(|(id, _)| id.to_owned())) {
            Some(id) => wire.pass(&moved(&request, &Method::GET, &format!("/Users/{id}"))),
            None => wire.pass(&request),
        }
    }),
    ("the id is the name of a file", "security.path-traversal", |wire, request| {
        if decoded(&request).ends_with("/../etc/passwd") {
            return Response::new(Bytes::from_static(b"root:x:0:0:root:/root:/bin/sh\n"));
        }
        wire.pass(&request)
    }),
    ("the location has the request's host", "security.host-reflected", |wire, request| {
        let response = wire.pass(&request);
        let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let Some(host) = named else { return response };
        let text = String::from_utf8_lossy(response.body()).replace("//localhost/", &format!("//{host}/"));
        answer(response.status().as_u16(), &serde_json::from_str(&text).unwrap())
    }),
    ("a header is the method", "security.method-override", |wire, request| {
        let named = request.headers().get("x-http-method-override").is_some();
        if named {
            let path = format!("/Users/{}", id_of(&request).unwrap());
            return wire.pass(&moved(&request, &Method::DELETE, &path));
        }
        wire.pass(&request)
    }),
    ("every origin is allowed", "security.cors", |wire, request| {
        let origin = request.headers().get(header::ORIGIN).cloned();
        let mut response = wire.pass(&request);
        if let Some(origin) = origin {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            let yes = HeaderValue::from_static("true");
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
        response
    }),
    ("the media type is not looked at", "security.content-type", |wire, mut request| {
        let json = HeaderValue::from_static("application/scim+json");
        if request.headers().contains_key(header::CONTENT_TYPE) {
            request.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        wire.pass(&request)
    }),
    ("members are not looked up", "security.unknown-members", |wire, request| {
        let unknown = "00000000-0000-4000-8000-000000000000";
        if request.method() == Method::PATCH && String::from_utf8_lossy(request.body()).contains(unknown) {
            wire.note(request.uri().path().into());
        }
        let response = wire.pass(&request);
        let noted = wire.notes.lock().unwrap().contains(&request.uri().path().into());
        let mut body = json_of(response.body());
        if noted && body["displayName"].is_string() {
            body["members"] = json!([{"value": unknown}]);
            return answer(200, &body);
        }
        response
    }),
];

/// Keeps the passwords that are sent.
fn remember(wire: &Wire, request: &Request<Bytes>) {
    let sent = json_of(request.body());
    let value = match &sent["Operations"][0] {
        operation if operation["path"] == "password" => operation["value"].clone(),
        _ => sent["password"].clone(),
    };
    if value.is_string() {
        let id = id_of(request);
        wire.note(json!({"id": id, "name": sent["userName"], "password": value}));
    }
}

fn known_password(wire: &Wire, id: &str) -> String {
    let asked = Request::get(format!("http://localhost/scim/v2/Users/{id}")).body(Bytes::new()).unwrap();
    let user = json_of(wire.trusted(asked).body());
    let notes = wire.notes.lock().unwrap();
    let mine =
        |note: &&Value| note["id"] == id || (note["name"] == user["userName"] && note["name"].is_string());
    let last = notes.iter().rev().find(mine);
    last.and_then(|note| note["password"].as_str()).unwrap_or_default().to_owned()
}

/// An endpoint whose filter looks into passwords.
fn guessing(
    wire: &Wire,
    request: Request<Bytes>,
    operator: &str,
    test: fn(&str, &str) -> bool,
) -> Response<Bytes> {
    remember(wire, &request);
    let query = decoded(&request);
    let Some((before, part)) = query.split_once(&format!(" and password {operator} ")) else {
        return wire.pass(&request);
    };
    let part: String = serde_json::from_str(part).unwrap();
    let before = before.replace("/scim/v2", "").replace(' ', "%20").replace('"', "%22");
    let mut page = json_of(wire.pass(&moved(&request, &Method::GET, &before)).body());
    let id = page["Resources"][0]["id"].as_str().unwrap().to_owned();
    if !test(&known_password(wire, &id), &part) {
        page["Resources"] = json!([]);
        page["totalResults"] = 0.into();
        page["itemsPerPage"] = 0.into();
    }
    answer(200, &page)
}

#[test]
fn every_defect_is_found() {
    let mut wrong = Vec::new();
    for (name, id, rule) in DEFECTS {
        let report = play(*rule);
        if !report.findings.iter().any(|finding| finding.id == *id) || report.error.is_some() {
            wrong.push(format!("{name}: no {id}\n{}", human::render(&report, false, 120)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_check_of_the_suite_has_a_defect() {
    let checks =
        crate::check::catalog::ALL.iter().map(|check| check.id).filter(|id| id.starts_with("security."));
    let without: Vec<&str> = checks.filter(|id| !DEFECTS.iter().any(|(_, found, _)| found == id)).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn an_endpoint_without_defects_is_clean() {
    for profile in ["interop", "rfc"] {
        let wire = Arc::new(Wire::new(profile));
        let foreign = Credentials::Bearer(FOREIGN.to_owned().into());
        let run = run_on(&wire, |wire, request| wire.pass(&request));
        let report = finished(run.suites(vec![Suite::Security]).foreign_credentials(foreign));
        let text = human::render(&report, false, 120);
        assert!(report.findings.is_empty() && report.error.is_none(), "{profile}: {text}");
        assert!(report.leftovers.is_empty(), "{text}");
        assert_eq!((report.summary.skipped, report.summary.passed), (0, 14), "{text}");
        assert!(report.summary.requests < 400, "{}", report.summary.requests);
        // What is sent is small.
        assert!(wire.sent.lock().unwrap().iter().all(|(_, target)| target.len() < 8000));
    }
}

#[test]
fn no_report_shows_a_token() {
    let report = play(|wire, request| wire.trusted(request));
    let json = report.to_json();
    assert!(report.findings.len() > 2, "{json}");
    for secret in [TOKEN, FOREIGN, &TOKEN[..TOKEN.len() / 2]] {
        assert!(!json.contains(secret), "{secret} in {json}");
    }
    // Nor the token itself to send again what was sent without it.
    let open = report.findings.iter().find(|finding| finding.id == "auth.not-enforced").unwrap();
    assert!(!open.curl.contains("SCIM_TOKEN"), "{}", open.curl);
}

#[test]
fn without_credentials_there_is_nothing_to_get_past() {
    let provider = Provider::new(Profile::builtin("interop").unwrap(), World::deterministic());
    let target =
        Target::service("http://localhost/scim/v2", crate::serve::ProviderService(Arc::new(provider)));
    let report = finished(Run::new(target).seed(1).suites(vec![Suite::Security]));
    assert!(report.findings.is_empty(), "{}", human::render(&report, false, 120));
    assert_eq!(report.summary.skipped, 4);
}

#[test]
fn what_only_reads_sends_nothing_that_writes() {
    let wire = Arc::new(Wire::new("interop"));
    let report = finished(
        run_on(&wire, |wire, request| wire.pass(&request)).suites(vec![Suite::Security]).reach(Reach::Safe),
    );
    assert!(report.findings.is_empty(), "{}", human::render(&report, false, 120));
    assert!(wire.sent.lock().unwrap().iter().all(|(method, _)| method == Method::GET));
}

/// A signed token: {"alg":"HS256","typ":"JWT"} . {"sub":"scimtest"} . a signature.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzY2ltdGVzdCJ9.c2NpbXRlc3Qtc2lnbmF0dXJl";
const FOREIGN: &str = "the-token-of-another-tenant";
