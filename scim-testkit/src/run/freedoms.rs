//! Liberties that RFC 7643 and 7644 grant to a server: a run reports nothing worse than information about them.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use scim_core::vendor::Profile;
use serde_json::{Map, Value, json};

use super::{
    Run, Target,
    between::{Rewrite, rewriting},
};
use crate::{
    idp::Dialect,
    provider::{Provider, World},
    report::{Report, human},
    story::Story,
};

fn play(rewrite: Rewrite) -> Report {
    play_as(rewrite, Dialect::DEFAULT.to_vec())
}

pub(super) fn play_as(rewrite: Rewrite, dialects: Vec<Dialect>) -> Report {
    let provider = Arc::new(Provider::new(Profile::builtin("interop").unwrap(), World::deterministic()));
    let target = Target::service("http://localhost/scim/v2", rewriting(provider, rewrite));
    let run = Run::new(target).stories(Story::small()).dialects(dialects).seed(1).run();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run)
}

/// Every resource in an answer.
fn resources(json: &mut Option<Value>) -> Vec<&mut Map<String, Value>> {
    let Some(Value::Object(object)) = json else { return Vec::new() };
    if object.contains_key("Resources") {
        let listed = object.get_mut("Resources").and_then(Value::as_array_mut);
        return listed.into_iter().flatten().filter_map(Value::as_object_mut).collect();
    }
    if object.contains_key("id") { vec![object] } else { Vec::new() }
}

fn users(json: &mut Option<Value>) -> Vec<&mut Map<String, Value>> {
    resources(json).into_iter().filter(|resource| resource.contains_key("userName")).collect()
}

pub(super) const FREEDOMS: &[(&str, Rewrite)] = &[
    ("no Resources when nothing matches", |_, _, json| {
        if let Some(Value::Object(page)) = json
            && page.get("totalResults") == Some(&json!(0))
        {
            page.shift_remove("Resources");
        }
    }),
    ("no startIndex and itemsPerPage on a whole list", |_, _, json| {
        if let Some(Value::Object(page)) = json {
            let all = page.get("Resources").and_then(Value::as_array).map(Vec::len);
            if page.get("totalResults").and_then(Value::as_u64) == all.map(|all| all as u64) {
                page.shift_remove("startIndex");
                page.shift_remove("itemsPerPage");
            }
        }
    }),
    ("unassigned attributes as null and []", |_, _, json| {
        for user in users(json) {
            for (name, value) in
                [("nickName", Value::Null), ("phoneNumbers", json!([])), ("ims", Value::Null)]
            {
                if !user.contains_key(name) {
                    user.insert(name.to_owned(), value);
                }
            }
        }
    }),
    ("own extension and own attributes", |_, _, json| {
        for resource in resources(json) {
            if let Some(Value::Array(schemas)) = resource.get_mut("schemas") {
                schemas.push("urn:example:params:scim:schemas:extension:2.0:Thing".into());
            }
            let data = json!({"number": 1, "list": [{"deep": null}]});
            resource.insert("urn:example:params:scim:schemas:extension:2.0:Thing".to_owned(), data);
            resource.insert("x-own".to_owned(), true.into());
        }
    }),
    ("displayName is made by the server", |_, _, json| {
        for user in users(json) {
            let part = |name: &str| user.get("name")?.get(name)?.as_str().map(str::to_owned);
            if let (Some(given), Some(family)) = (part("givenName"), part("familyName")) {
                user.insert("displayName".to_owned(), format!("{family}, {given}").into());
            }
        }
    }),
    ("userName in lower case", |_, _, json| {
        for user in users(json) {
            let name = user["userName"].as_str().unwrap().to_lowercase();
            user.insert("userName".to_owned(), name.into());
        }
    }),
    ("members left out of lists", |request, _, json| {
        if request.method() == Method::GET && request.uri().path().ends_with("/Groups") {
            for group in resources(json) {
                group.shift_remove("members");
            }
        }
    }),
    ("no discovery documents", |request, response, json| {
        let path = request.uri().path();
        if ["/ServiceProviderConfig", "/Schemas", "/ResourceTypes"].iter().any(|end| path.ends_with(end)) {
            *response.status_mut() = http::StatusCode::NOT_FOUND;
            *json = None;
            *response.body_mut() = Bytes::from_static(b"<h1>Not Found</h1>");
        }
    }),
    ("no groups", |request, response, json| {
        if request.uri().path().contains("/Groups") {
            *response.status_mut() = http::StatusCode::NOT_FOUND;
            *json = Some(json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404", "detail": "no groups",
            }));
        }
    }),
    ("no ETag and no version, as the configuration says", |request, response, json| {
        response.headers_mut().remove(header::ETAG);
        if request.uri().path().ends_with("/ServiceProviderConfig")
            && let Some(config) = json
        {
            config["etag"]["supported"] = false.into();
        }
        for resource in resources(json) {
            if let Some(Value::Object(meta)) = resource.get_mut("meta") {
                meta.shift_remove("version");
            }
        }
    }),
    ("deletion later, 202", |request, response, _| {
        if request.method() == Method::DELETE && response.status() == 204 {
            *response.status_mut() = http::StatusCode::ACCEPTED;
        }
    }),
    ("PATCH answers 204", |request, response, json| {
        if request.method() == Method::PATCH && response.status() == 200 {
            *response.status_mut() = http::StatusCode::NO_CONTENT;
            response.headers_mut().remove(header::CONTENT_TYPE);
            *json = None;
            *response.body_mut() = Bytes::new();
        }
    }),
    ("charset in the media type and extra headers", |_, response, _| {
        let headers = response.headers_mut();
        if headers.contains_key(header::CONTENT_TYPE) {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/scim+json;charset=UTF-8"),
            );
        }
        headers.insert("x-request-id", HeaderValue::from_static("42"));
        headers.insert("strict-transport-security", HeaderValue::from_static("max-age=1"));
    }),
    ("meta.location behind a proxy", |_, response, json| {
        for resource in resources(json) {
            if let Some(Value::String(location)) =
                resource.get_mut("meta").and_then(|meta| meta.get_mut("location"))
            {
                *location =
                    location.replace("http://localhost/scim/v2", "https://public.example.com/t1/scim/v2");
            }
        }
        let moved = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        let moved = moved
            .map(|text| text.replace("http://localhost/scim/v2", "https://public.example.com/t1/scim/v2"));
        if let Some(moved) = moved {
            response.headers_mut().insert(header::LOCATION, moved.parse().unwrap());
        }
    }),
    ("409 and 404 without scimType, other wording", |_, response, json| {
        if response.status().is_client_error()
            && let Some(Value::Object(error)) = json
        {
            error.shift_remove("scimType");
            error.insert("detail".to_owned(), "nope".into());
            error.insert("timestamp".to_owned(), "2026-01-01T00:00:00Z".into());
        }
    }),
    ("attribute names in another case", |_, _, json| {
        for user in users(json) {
            for (name, other) in [("displayName", "DisplayName"), ("active", "Active"), ("name", "NAME")] {
                if let Some(value) = user.shift_remove(name) {
                    user.insert(other.to_owned(), value);
                }
            }
        }
    }),
    ("the enterprise URN is listed though it has no data", |_, _, json| {
        for user in users(json) {
            if let Some(Value::Array(schemas)) = user.get_mut("schemas")
                && schemas.len() == 1
            {
                schemas.push(scim_core::urn::ENTERPRISE_USER.into());
            }
        }
    }),
    ("members with display, type and $ref", |_, _, json| {
        for group in resources(json) {
            for member in group.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
                member["display"] = "someone".into();
                member["type"] = "User".into();
            }
        }
    }),
    ("another letter case where the attribute is not case-exact", |_, _, json| {
        for resource in resources(json) {
            for name in ["displayName", "title"] {
                if let Some(Value::String(text)) = resource.get_mut(name) {
                    *text = text.to_uppercase();
                }
            }
            for email in resource.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten() {
                email["type"] = "Work".into();
            }
        }
    }),
    ("one resource in a page", |request, _, json| {
        let first = request.uri().query().unwrap_or_default().contains("filter");
        if let Some(Value::Object(page)) = json
            && let Some(Value::Array(list)) = page.get_mut("Resources")
            && first
            && list.len() > 1
        {
            list.truncate(1);
            page.insert("itemsPerPage".to_owned(), 1.into());
        }
    }),
    ("Id for id", |_, _, json| {
        for resource in resources(json) {
            if let Some(id) = resource.shift_remove("id") {
                resource.insert("Id".to_owned(), id);
            }
        }
    }),
];

#[test]
fn no_freedom_is_worse_than_information() {
    let mut wrong = Vec::new();
    for (name, rewrite) in FREEDOMS {
        let report = play(*rewrite);
        if report.findings.iter().any(|finding| finding.level != "info") || report.error.is_some() {
            wrong.push(format!("{name}:\n{}", human::render(&report, false, 120)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Defects that the mock has no switch for, put on its answers; each with a finding that must be among those reported.
const REWRITTEN: &[(&str, &str, Rewrite)] = &[
    ("a new user is inactive", "user.attribute-wrong", |request, _, json| {
        if request.method() == Method::POST || request.method() == Method::GET {
            for user in users(json) {
                user.insert("active".to_owned(), false.into());
            }
        }
    }),
    ("no User-Agent, no service", "http.user-agent-required", |request, response, json| {
        if !request.headers().contains_key(header::USER_AGENT) {
            *response.status_mut() = http::StatusCode::FORBIDDEN;
            *json = None;
            *response.body_mut() = Bytes::from_static(b"<html>Forbidden</html>");
        }
    }),
    ("no Accept, no service", "http.accept-required", |request, response, json| {
        if request.method() == Method::GET && !request.headers().contains_key(header::ACCEPT) {
            *response.status_mut() = http::StatusCode::NOT_ACCEPTABLE;
            *json = None;
        }
    }),
    ("emails are lost", "user.attribute-lost", |_, _, json| {
        for user in users(json) {
            user.shift_remove("emails");
        }
    }),
    ("emails are strings", "resource.attribute-type", |_, _, json| {
        for user in users(json) {
            user.insert("emails".to_owned(), json!(["a@example.com"]));
        }
    }),
    ("the manager is a string", "resource.manager-not-complex", |_, _, json| {
        for user in users(json) {
            let data = user.get_mut(scim_core::urn::ENTERPRISE_USER).and_then(Value::as_object_mut);
            if let Some(manager) = data.and_then(|data| data.get_mut("manager")) {
                *manager = "42".into();
            }
        }
    }),
    ("active is text", "resource.active-missing", |_, _, json| {
        for user in users(json) {
            user.insert("active".to_owned(), "true".into());
        }
    }),
    ("no schemas in resources", "resource.schemas", |_, _, json| {
        for resource in resources(json) {
            resource.shift_remove("schemas");
        }
    }),
    ("relative location", "resource.location", |_, _, json| {
        for resource in resources(json) {
            if let Some(meta) = resource.get_mut("meta") {
                meta["location"] = "Users/1".into();
            }
        }
    }),
    ("no meta", "resource.meta", |_, _, json| {
        for resource in resources(json) {
            resource.shift_remove("meta");
        }
    }),
    ("no ListResponse schema", "list.shape", |_, _, json| {
        if let Some(Value::Object(page)) = json
            && page.contains_key("Resources")
        {
            page.shift_remove("schemas");
        }
    }),
    ("a bare array instead of a list", "list.shape", |request, _, json| {
        if request.uri().path().ends_with("/Users")
            && request.uri().query().unwrap_or_default().contains("filter")
        {
            *json = json.as_ref().and_then(|page| page.get("Resources").cloned());
        }
    }),
    ("totalResults is zero", "list.total-results", |_, _, json| {
        if let Some(Value::Object(page)) = json
            && page.contains_key("Resources")
        {
            page.insert("totalResults".to_owned(), 0.into());
        }
    }),
    ("each resource twice", "list.unstable-pages", |_, _, json| {
        if let Some(Value::Object(page)) = json
            && let Some(Value::Array(list)) = page.get_mut("Resources")
        {
            let again = list.clone();
            list.extend(again);
        }
    }),
    ("duplicates are answered with 400", "create.duplicate-status", |_, response, _| {
        if response.status() == 409 {
            *response.status_mut() = http::StatusCode::BAD_REQUEST;
        }
    }),
    ("errors with status 200", "resource.id", |_, response, _| {
        if response.status().is_client_error() {
            *response.status_mut() = http::StatusCode::OK;
        }
    }),
    ("PUT is missing", "put.unsupported", |request, response, json| {
        if request.method() == Method::PUT {
            *response.status_mut() = http::StatusCode::METHOD_NOT_ALLOWED;
            *json = None;
        }
    }),
    ("PATCH is missing", "patch.unsupported", |request, response, json| {
        if request.method() == Method::PATCH {
            *response.status_mut() = http::StatusCode::METHOD_NOT_ALLOWED;
            *json = None;
        }
    }),
    ("PATCH answers 200 without a body", "patch.status", |request, response, json| {
        if request.method() == Method::PATCH && response.status() == 200 {
            *json = None;
            *response.body_mut() = Bytes::new();
        }
    }),
    ("DELETE answers 200", "delete.status", |request, response, _| {
        if request.method() == Method::DELETE && response.status() == 204 {
            *response.status_mut() = http::StatusCode::OK;
        }
    }),
    ("the title is cut", "user.attribute-wrong", |_, _, json| {
        for user in users(json) {
            if let Some(Value::String(title)) = user.get_mut("title") {
                *title = title.chars().take(4).collect();
            }
        }
    }),
    ("ETag and version differ", "resource.version", |_, response, _| {
        if response.headers().contains_key(header::ETAG) {
            response.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"other\""));
        }
    }),
    ("no Content-Type", "http.content-type", |_, response, _| {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }),
    ("plain text errors", "error.body", |_, response, json| {
        if response.status().is_client_error() {
            *json = None;
            *response.body_mut() = Bytes::from_static(b"Unsupported");
        }
    }),
    ("errors in an envelope", "error.schemas", |_, response, json| {
        if response.status().is_client_error() {
            *json = Some(json!({"status": 404, "response": json.take()}));
        }
    }),
    ("a server error on every PATCH of a group", "http.server-error", |request, response, _| {
        if request.method() == Method::PATCH && request.uri().path().contains("/Groups/") {
            *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        }
    }),
    ("externalId is lost", "user.external-id-lost", |_, _, json| {
        for user in users(json) {
            user.shift_remove("externalId");
        }
    }),
    ("attributes= is ignored", "resource.projection", |request, response, json| {
        if request.method() == Method::GET && request.uri().query() == Some("attributes=userName") {
            let _ = response;
            if let Some(Value::Object(user)) = json {
                user.insert("emails".to_owned(), json!([{"value": "x@example.com"}]));
            }
        }
    }),
    ("startIndex is zero-based", "list.start-index", |_, _, json| {
        if let Some(Value::Object(page)) = json
            && let Some(start) = page.get("startIndex").and_then(Value::as_u64)
        {
            page.insert("startIndex".to_owned(), (start - 1).into());
        }
    }),
    ("every second answer is the page of a proxy", "http.server-error", |request, response, json| {
        if request.method() == Method::PUT {
            *response.status_mut() = http::StatusCode::BAD_GATEWAY;
            *json = None;
            *response.body_mut() = Bytes::from_static(b"<html>502 Bad Gateway</html>");
        }
    }),
];

#[test]
fn what_no_switch_of_the_mock_does_is_found_too() {
    let mut wrong = Vec::new();
    for (name, expected, rewrite) in REWRITTEN {
        let report = play(*rewrite);
        let found: Vec<&str> = report.findings.iter().map(|finding| finding.id).collect();
        if !found.contains(expected) {
            wrong.push(format!("{name}: expected {expected}, got {found:?} {:?}", report.error));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_echoed_token_is_nowhere_in_the_report() {
    let provider = Arc::new(Provider::new(Profile::builtin("interop").unwrap(), World::deterministic()));
    let rewrite: Rewrite = |request, response, json| {
        if request.method() == Method::PATCH {
            *response.status_mut() = http::StatusCode::BAD_REQUEST;
            *json = Some(json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "status": "400",
                "detail": "refused for tok-3c1f9a",
            }));
        }
    };
    let target = Target::service("http://localhost/scim/v2", rewriting(provider, rewrite))
        .with_credentials(super::Credentials::Bearer("tok-3c1f9a".to_owned().into()));
    let run = Run::new(target).seed(1).run();
    let report = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run);
    assert!(report.findings.iter().any(|finding| finding.got.contains("[redacted]")));
    assert!(!report.to_json().contains("tok-3c1f9a"));
    assert!(!human::render(&report, true, 100).contains("tok-3c1f9a"));
}
