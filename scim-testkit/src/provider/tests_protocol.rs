//! Bulk requests, cursors, `/Me`, credentials, tenants, own resource types, faults.

use std::time::{Duration, SystemTime};

use scim_core::urn;
use serde_json::{Value, json};

use super::{
    tests::{ENT, Got, add, add_group, get, patch, provider, send, send_with, user},
    *,
};

fn bulk(provider: &Provider, message: Value) -> Got {
    send(provider, "POST", "/Bulk", message)
}

fn operations(operations: Value) -> Value {
    json!({"schemas": [urn::BULK_REQUEST], "Operations": operations})
}

/// Of each result: method, status, and the error's `scimType` or detail.
fn results(got: &Got) -> Vec<String> {
    assert_eq!((got.status, &got.body["schemas"]), (200, &json!([urn::BULK_RESPONSE])), "{}", got.body);
    let line = |result: &Value| {
        let text = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
        let error = result["response"]["detail"].as_str().map(|detail| format!(" {detail}"));
        format!("{} {}{}", text("method"), text("status"), error.unwrap_or_default())
    };
    got.body["Operations"].as_array().unwrap().iter().map(line).collect()
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    json!({"schemas": [urn::GROUP], "displayName": name, "members": members})
}

fn post(path: &str, name: &str, data: Value) -> Value {
    json!({"method": "POST", "path": path, "bulkId": name, "data": data})
}

#[test]
fn bulk_runs_every_kind_of_operation() {
    let provider = provider("rfc");
    let ada = add(&provider, "ada", json!({}));
    let bob = add(&provider, "bob", json!({}));
    let base = "http://localhost/scim/v2";
    let got = bulk(
        &provider,
        operations(json!([
            post("/Users", "new", user("carol", json!({}))),
            {"method": "PUT", "path": format!("/Users/{ada}"), "version": "W/\"1\"", "data": user("ada", json!({"title": "T"}))},
            {"method": "PATCH", "path": format!("/Users/{ada}"), "data": patch(json!([{"op": "add", "path": "nickName", "value": "N"}]))},
            {"method": "DELETE", "path": format!("/Users/{bob}")},
            {"method": "DELETE", "path": "/Users/nobody"},
            {"method": "PUT", "path": format!("/Users/{ada}"), "version": "W/\"1\"", "data": user("ada", json!({}))},
            post("/Users", "twin", user("CAROL", json!({}))),
            {"method": "POST", "path": "/Users/.search", "bulkId": "s", "data": {}},
        ])),
    );
    let carol = get(&provider, "/Users?filter=userName+eq+%22carol%22").body["Resources"][0]["id"].clone();
    let carol = carol.as_str().unwrap();
    assert_eq!(
        got.body["Operations"][0],
        json!({"method": "POST", "bulkId": "new", "version": "W/\"1\"", "location": format!("{base}/Users/{carol}"), "status": "201"})
    );
    assert_eq!(
        got.body["Operations"][1],
        json!({"method": "PUT", "version": "W/\"2\"", "location": format!("{base}/Users/{ada}"), "status": "200"})
    );
    assert_eq!(got.body["Operations"][4]["location"], format!("{base}/Users/nobody"));
    assert_eq!(got.body["Operations"][6].get("location"), None);
    assert_eq!(
        results(&got),
        [
            "POST 201",
            "PUT 200",
            "PATCH 200",
            "DELETE 204",
            "DELETE 404 there is no User nobody",
            "PUT 412 the version is now W/\"3\"",
            "POST 409 userName: another User has the same value",
            "POST 400 POST /Users/.search is no operation of a bulk request",
        ]
    );
    let shown = get(&provider, &format!("/Users/{ada}")).body;
    assert_eq!((&shown["title"], &shown["nickName"]), (&json!("T"), &json!("N")));
}

#[test]
fn bulk_ids_may_point_forward_and_in_a_circle() {
    let provider = provider("interop");
    let got = bulk(
        &provider,
        operations(json!([
            post("/Groups", "all", group("All", &["bulkId:ada", "bulkId:eng"])),
            {"method": "PATCH", "path": "/Groups/bulkId:eng", "data": patch(json!([{"op": "add", "path": "members", "value": [{"value": "bulkId:bob"}]}]))},
            post("/Groups", "eng", group("Eng", &["bulkId:all", "bulkId:ada"])),
            post("/Users", "ada", user("ada", json!({}))),
            post("/Users", "bob", user("bob", json!({ENT: {"manager": {"value": "bulkId:ada"}}, "schemas": [urn::USER, ENT]}))),
            post("/Groups", "self", group("Self", &["bulkId:self"])),
        ])),
    );
    assert_eq!(results(&got), ["POST 201", "PATCH 200", "POST 201", "POST 201", "POST 201", "POST 201"]);
    let id = |index: usize| {
        got.body["Operations"][index]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    };
    let members = |index: usize| {
        let body = get(&provider, &format!("/Groups/{}", id(index))).body;
        let members = body["members"].as_array().cloned().unwrap_or_default();
        members
            .iter()
            .map(|m| (m["value"].as_str().unwrap().to_owned(), m["type"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let (user, group) = ("User".to_owned(), "Group".to_owned());
    assert_eq!(members(0), [(id(3), user.clone()), (id(2), group.clone())]);
    assert_eq!(members(2), [(id(0), group.clone()), (id(3), user.clone()), (id(4), user)]);
    assert_eq!(members(5), [(id(5), group)]);
    let bob = get(&provider, &format!("/Users/{}", id(4))).body;
    assert_eq!(bob[ENT]["manager"]["value"], id(3));
}

#[test]
fn bulk_says_what_cannot_be_resolved_and_leaves_nothing_behind() {
    let provider = provider("interop");
    add(&provider, "ada", json!({}));
    let got = bulk(
        &provider,
        operations(json!([
            post("/Groups", "a", group("A", &["bulkId:nobody"])),
            post("/Groups", "b", group("B", &["bulkId:twin"])),
            post("/Users", "twin", user("ada", json!({}))),
            post("/Users", "twin", user("bob", json!({}))),
            // A circle of which one half is refused.
            post("/Groups", "c", json!({"schemas": [urn::GROUP], "members": [{"value": "bulkId:d"}]})),
            post("/Groups", "d", group("D", &["bulkId:c"])),
            {"method": "PUT", "path": "/Users/bulkId:loop", "bulkId": "loop", "data": user("x", json!({}))},
        ])),
    );
    assert_eq!(
        results(&got),
        [
            "POST 400 bulkId:nobody: no operation has that name",
            "POST 409 bulkId:twin: that operation made no resource to refer to",
            "POST 409 userName: another User has the same value",
            "POST 400 bulkId: another operation is called \"twin\"",
            "POST 400 displayName: required to create the resource, but it has no value",
            "POST 201",
            "PUT 409 bulkId:loop: that operation made no resource to refer to",
        ]
    );
    let all = provider.snapshot();
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(all[1].get("members"), None);
}

#[test]
fn bulk_stops_after_so_many_errors_and_has_limits() {
    let mut profile = Profile::builtin("rfc").unwrap();
    (profile.bulk.max_operations, profile.bulk.max_payload) = (3, 2000);
    let provider = Provider::new(profile, World::deterministic());
    let wrong = |name: &str| post("/Users", name, json!({"schemas": [urn::USER]}));
    let mut message = operations(json!([wrong("a"), post("/Users", "b", user("b", json!({}))), wrong("c")]));
    for (limit, done) in [(json!(1), 1), (json!(0), 1), (json!(2), 3), (Value::Null, 3)] {
        message["failOnErrors"] = limit;
        assert_eq!(results(&bulk(&provider, message.clone())).len(), done, "{message}");
    }
    message["Operations"].as_array_mut().unwrap().push(wrong("d"));
    let many = bulk(&provider, message);
    assert_eq!(
        (many.status, &many.body["detail"]),
        (413, &json!("4 operations are more than maxOperations (3)"))
    );
    let large = operations(json!([post("/Users", "a", user("a", json!({"title": "x".repeat(2000)})))]));
    assert_eq!(bulk(&provider, large).body["detail"], "the body has more than 2000 bytes");
    let config = get(&provider, "/ServiceProviderConfig").body;
    assert_eq!(config["bulk"], json!({"supported": true, "maxOperations": 3, "maxPayloadSize": 2000}));
    assert_eq!(bulk(&tests::provider("hubspot"), operations(json!([]))).status, 501);
}

fn page(provider: &Provider, query: &str) -> (Vec<String>, Option<String>, Option<String>, Value) {
    let got = get(provider, &format!("/Users?{query}"));
    assert_eq!(got.status, 200, "{query}: {}", got.body);
    let names = got.body["Resources"].as_array().unwrap().iter();
    let names = names.map(|user| user["userName"].as_str().unwrap().to_owned()).collect();
    let cursor = |name: &str| got.body[name].as_str().map(str::to_owned);
    (names, cursor("nextCursor"), cursor("previousCursor"), got.body["totalResults"].clone())
}

#[test]
fn cursors_stay_stable_while_things_change() {
    let provider = provider("rfc");
    let ids: Vec<String> =
        ["c", "a", "e", "b", "d"].iter().map(|name| add(&provider, name, json!({}))).collect();
    let (names, next, before, total) = page(&provider, "cursor&count=2&sortBy=userName");
    assert_eq!((names.join(","), before, total), ("a,b".to_owned(), None, json!(5)));
    // Somebody in front is renamed and somebody ahead is deleted; somebody new comes in between.
    let renamed = patch(json!([{"op": "replace", "path": "userName", "value": "z"}]));
    assert_eq!(send(&provider, "PATCH", &format!("/Users/{}", ids[1]), renamed).status, 200);
    send(&provider, "DELETE", &format!("/Users/{}", ids[4]), Value::Null);
    add(&provider, "bb", json!({}));
    let query = format!("cursor={}&count=2&sortBy=userName", next.unwrap());
    let (names, next, before, total) = page(&provider, &query);
    assert_eq!((names.join(","), total), ("c".to_owned(), json!(5)));
    let (names, end, _, _) = page(&provider, &format!("cursor={}&count=2&sortBy=userName", next.unwrap()));
    assert_eq!((names.join(","), end), ("e".to_owned(), None));
    let (names, ..) = page(&provider, &format!("cursor={}&count=2&sortBy=userName", before.unwrap()));
    assert_eq!(names.join(","), "z,b");
    let searched = send(&provider, "POST", "/Users/.search", json!({"cursor": "", "count": 2}));
    assert!(searched.body["nextCursor"].is_string(), "{}", searched.body);
    let (names, next, _, total) = page(&provider, "cursor=&count=0");
    assert_eq!((names.len(), next, total), (0, None, json!(5)));
    let (names, next, ..) = page(&provider, "cursor=&count=5");
    assert_eq!((names.len(), next), (5, None));
}

#[test]
fn cursors_that_cannot_be_used_say_why() {
    let mut profile = Profile::builtin("rfc").unwrap();
    (profile.page.max, profile.page.cursor_timeout) = (3, 3);
    let provider = Provider::new(profile, World::deterministic());
    (0..4).for_each(|n| drop(add(&provider, &n.to_string(), json!({}))));
    let (_, next, ..) = page(&provider, "cursor&count=2");
    let next = next.unwrap();
    let refused = |query: &str| {
        let got = get(&provider, &format!("/Users?{query}"));
        assert_eq!(got.status, 400);
        got.body["scimType"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("cursor=nonsense"), "invalidCursor");
    assert_eq!(refused(&format!("cursor={next}&count=2&filter=title+pr")), "invalidCursor");
    assert_eq!(refused(&format!("cursor={next}&count=1")), "invalidCount");
    assert_eq!(refused("cursor&count=4"), "invalidCount");
    // The clock moves a second each time it is asked.
    assert_eq!(refused(&format!("cursor={next}&count=2")), "expiredCursor");
    assert_eq!(
        get(&provider, "/ServiceProviderConfig").body["pagination"],
        json!({
            "cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 3,
            "maxPageSize": 3, "cursorTimeout": 3,
        })
    );
    let hubspot = tests::provider("hubspot");
    assert_eq!(get(&hubspot, "/ServiceProviderConfig").body.get("pagination"), None);
    assert_eq!(get(&hubspot, "/Users?cursor=").body["startIndex"], 1, "an unknown parameter is ignored");
}

#[test]
fn me_is_whoever_the_mock_is_told() {
    let provider = Provider::builder().me("Ada@example.com").build().unwrap();
    assert_eq!(get(&provider, "/Me").status, 404);
    assert_eq!(send(&provider, "POST", "/Me", user("bob", json!({}))).body["scimType"], "invalidValue");
    let made = send(&provider, "POST", "/Me", user("ada@example.com", json!({})));
    assert_eq!(made.status, 201);
    let location = format!("http://localhost/scim/v2/Users/{}", made.id());
    let titled = patch(json!([{"op": "add", "path": "title", "value": "T"}]));
    for (method, body, status) in [
        ("GET", Value::Null, 200),
        ("PATCH", titled, 200),
        ("PUT", user("ada@example.com", json!({})), 200),
        ("DELETE", Value::Null, 204),
    ] {
        let got = send(&provider, method, "/Me", body);
        assert_eq!((got.status, got.header("location")), (status, location.as_str()), "{method}");
        if status == 200 {
            assert_eq!(got.body["meta"]["location"], location);
        }
    }
    assert_eq!(get(&provider, "/Me").status, 404);
}

#[test]
fn basic_credentials_and_client_credentials_let_in() {
    let clock = SystemTime::UNIX_EPOCH;
    let client = OAuthClient { lifetime: Duration::from_secs(2), ..OAuthClient::new("app", "s3cret") };
    let provider = Provider::builder().basic("ada", "pw").oauth(client).build().unwrap();
    let with = |authorization: &str| {
        send_with(&provider, "GET", "/Users", &[("authorization", authorization)], Value::Null)
    };
    let open = get(&provider, "/Users");
    let challenges: Vec<_> = open.response.headers().get_all("www-authenticate").iter().collect();
    assert_eq!((open.status, challenges.len()), (401, 2));
    assert_eq!(with("basic YWRhOnB3").status, 200);
    assert_eq!(with("Basic YWRhOng=").status, 401);
    assert_eq!(with("Bearer x").header("www-authenticate"), "Bearer error=\"invalid_token\"");

    let ask = |headers: &[(&str, &str)], body: &str| {
        let mut request = Request::post(TOKEN_PATH);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = provider.handle(&request.body(Bytes::from(body.to_owned())).unwrap());
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        (response.status().as_u16(), body)
    };
    let by_header = [("authorization", "Basic YXBwOnMzY3JldA==")];
    assert_eq!(ask(&[], "grant_type=client_credentials").1["error"], "invalid_client");
    assert_eq!(ask(&by_header, "").1["error"], "invalid_request");
    assert_eq!(ask(&by_header, "grant_type=password").1["error"], "unsupported_grant_type");
    for (headers, body) in [
        (&by_header[..], "grant_type=client_credentials"),
        (&[], "grant_type=client_credentials&client_id=app&client_secret=s3cret"),
    ] {
        let (status, answer) = ask(headers, body);
        assert_eq!(
            (status, &answer["token_type"], &answer["expires_in"]),
            (200, &json!("Bearer"), &json!(2))
        );
        let token = format!("Bearer {}", answer["access_token"].as_str().unwrap());
        assert_eq!(with(&token).status, 200);
        assert_eq!(with(&token).status, 401, "the clock moves a second each time it is asked");
    }
    let schemes = send_with(
        &provider,
        "GET",
        "/ServiceProviderConfig",
        &[("authorization", "Basic YWRhOnB3")],
        Value::Null,
    );
    let kinds: Vec<&Value> = schemes.body["authenticationSchemes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scheme| &scheme["type"])
        .collect();
    assert_eq!(kinds, ["oauth2", "httpbasic"]);
    assert!(clock < SystemTime::now());
    let shown = format!("{provider:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("pw"), "{shown}");
}

#[test]
fn tenants_share_nothing_but_the_credentials() {
    let provider = Provider::builder().tenant("acme").tenant("globex").token("t").build().unwrap();
    let ask = |method: &str, path: &str, body: Value| {
        let request = Request::builder().method(method).uri(path).header("authorization", "Bearer t");
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let response = provider.handle(&request.body(body).unwrap());
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or(Value::Null))
    };
    let (status, made) = ask("POST", "/tenants/acme/scim/v2/Users", user("ada", json!({})));
    assert_eq!(status, 201);
    let location = format!("http://localhost/tenants/acme/scim/v2/Users/{}", made["id"].as_str().unwrap());
    assert_eq!(made["meta"]["location"], location);
    assert_eq!(ask("GET", location.strip_prefix("http://localhost").unwrap(), Value::Null).0, 200);
    for (path, status, total) in [
        ("/tenants/acme/scim/v2/Users", 200, json!(1)),
        ("/tenants/globex/scim/v2/Users", 200, json!(0)),
        ("/scim/v2/Users", 200, json!(0)),
        ("/tenants/initech/scim/v2/Users", 404, Value::Null),
        ("/tenants/acme/Users", 404, Value::Null),
        ("/tenants/acme/scim/v2x/Users", 404, Value::Null),
    ] {
        let (got, body) = ask("GET", path, Value::Null);
        assert_eq!((got, body.get("totalResults").cloned().unwrap_or_default()), (status, total), "{path}");
    }
    assert_eq!((provider.control_of("acme").unwrap().snapshot().len(), provider.snapshot().len()), (1, 0));
    assert_eq!(provider.tenant_url("acme").as_deref(), Some("http://localhost/tenants/acme/scim/v2"));
    assert_eq!(provider.tenant_url("initech"), None);
    for name in ["", "..", "a/b", "acme"] {
        let error = Provider::builder().tenant("acme").tenant(name).build().unwrap_err();
        assert_eq!(error, BuildError::Tenant(name.to_owned()));
    }
}

const BADGE: &str = "urn:example:params:scim:schemas:core:2.0:Badge";
const COLOR: &str = "urn:example:params:scim:schemas:extension:2.0:Color";

fn badges() -> Provider {
    let serial =
        json!({"name": "serial", "required": true, "uniqueness": "server", "mutability": "immutable"});
    let level = json!({"name": "level", "type": "integer"});
    let color = json!({"id": COLOR, "attributes": [{"name": "color", "required": true}]});
    Provider::builder()
        .schema(json!({"id": BADGE, "name": "Badge", "attributes": [serial, level, {"name": "issued", "type": "dateTime"}]}))
        .schema(color)
        .schema(json!({"id": "urn:example:desk", "attributes": [{"name": "room"}]}))
        .resource_type(json!({
            "name": "Badge", "endpoint": "/Badges", "schema": BADGE,
            "schemaExtensions": [{"schema": COLOR, "required": false}],
        }))
        .build()
        .unwrap()
}

#[test]
fn own_resource_types_do_what_built_in_ones_do() {
    let provider = badges();
    let badge = |serial: &str, more: Value| {
        let mut badge = json!({"schemas": [BADGE], "serial": serial});
        badge.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        badge
    };
    let made = send(
        &provider,
        "POST",
        "/Badges",
        badge("A", json!({"level": 10, COLOR: {"color": "red"}, "issued": "2026-01-01T01:00:00+02:00"})),
    );
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(
        (&made.body["meta"]["resourceType"], &made.body["schemas"]),
        (&json!("Badge"), &json!([BADGE, COLOR]))
    );
    let path = format!("/Badges/{}", made.id());
    assert_eq!(made.header("location"), format!("http://localhost/scim/v2{path}"));
    assert_eq!(send(&provider, "POST", "/Badges", badge("a", json!({}))).body["scimType"], "uniqueness");
    assert_eq!(
        send(&provider, "POST", "/Badges", badge("C", json!({"level": "high"}))).body["scimType"],
        "invalidValue"
    );
    send(&provider, "POST", "/Badges", badge("B", json!({"level": 9, "issued": "2026-01-01T00:00:00Z"})));
    send(&provider, "POST", "/Badges", badge("C", json!({})));
    let order = |query: &str| {
        let body = get(&provider, &format!("/Badges?{query}")).body;
        let all = body["Resources"].as_array().unwrap().clone();
        all.iter().map(|badge| badge["serial"].as_str().unwrap().to_owned()).collect::<String>()
    };
    assert_eq!(order("sortBy=level"), "BAC");
    assert_eq!(order("sortBy=level&sortOrder=descending"), "CAB");
    assert_eq!(order("sortBy=issued"), "ABC", "an instant, not text");
    assert_eq!(order(&format!("filter={COLOR}:color+eq+%22RED%22")), "A");
    assert_eq!(order("filter=level+gt+9"), "A");
    assert_eq!(send(&provider, "PUT", &path, badge("Z", json!({}))).body["scimType"], "mutability");
    let up = patch(json!([{"op": "replace", "path": "level", "value": 11}]));
    assert_eq!(send(&provider, "PATCH", &path, up).body["level"], 11);
    assert_eq!(send(&provider, "POST", "/.search", json!({"filter": "serial pr"})).body["totalResults"], 3);
    assert_eq!(send(&provider, "DELETE", &path, Value::Null).status, 204);
    let names = get(&provider, "/ResourceTypes").body["Resources"].as_array().unwrap().len();
    assert_eq!(names, 3);
    assert_eq!(get(&provider, &format!("/Schemas/{COLOR}")).body["id"], COLOR);
    // A schema that no type names extends User.
    let seated =
        user("ada", json!({"schemas": [urn::USER, "urn:example:desk"], "urn:example:desk": {"room": "7"}}));
    assert_eq!(send(&provider, "POST", "/Users", seated).body["urn:example:desk"]["room"], "7");
}

#[test]
fn documents_that_make_no_resource_type_are_refused() {
    let schema = || json!({"id": BADGE, "attributes": [{"name": "serial"}]});
    let kind = |name: &str, endpoint: &str| json!({"name": name, "endpoint": endpoint, "schema": BADGE});
    let error = |builder: Builder| builder.build().unwrap_err().to_string();
    assert_eq!(
        error(
            Provider::builder().schema(json!({"id": BADGE, "attributes": [{"name": "x", "type": "strnig"}]}))
        )
        .split(": attributes")
        .next(),
        Some(format!("schema {BADGE}").as_str())
    );
    for (document, expected) in [
        (kind("Badge", "/Me"), "resource type Badge: endpoint: SCIM has something else there"),
        (
            kind("Badge", "Badges"),
            "resource type Badge: endpoint: it must be one segment of a path, such as /Badges",
        ),
        (kind("Badge", "/Users"), "resource type Badge: another resource type has the same name or endpoint"),
        (
            json!({"name": "Badge", "endpoint": "/Badges", "schema": "urn:x"}),
            "resource type Badge: schema: `urn:x` is not among the schemas",
        ),
        (
            json!({"name": "Badge", "endpoint": "/Badges", "schema": BADGE, "schemaExtensions": [{"schema": "urn:x"}]}),
            "resource type Badge: schemaExtensions: \"urn:x\" is not among the schemas",
        ),
    ] {
        assert_eq!(error(Provider::builder().schema(schema()).resource_type(document)), expected);
    }
}

fn faulty(fault: &str) -> Provider {
    Provider::builder().fault(fault.parse().unwrap()).build().unwrap()
}

#[test]
fn faults_answer_instead_of_the_provider() {
    let provider = faulty("POST /Users 429 retry-after 5, 503, html, drop, drop-after");
    let statuses: Vec<u16> =
        (0..6).map(|_| send(&provider, "POST", "/Users", user("ada", json!({}))).status).collect();
    assert_eq!(statuses, [429, 503, 502, 502, 502, 409], "the fifth was carried out");
    let log = provider.journal();
    assert_eq!(log.iter().map(|entry| entry.status).collect::<Vec<_>>(), [429, 503, 502, 0, 0, 409]);
    assert!(log[0].fault.is_some() && log[5].fault.is_none());

    let provider = faulty("once 429 retry-after 5");
    let got = get(&provider, "/Users");
    assert_eq!((got.header("retry-after"), &got.body["status"]), ("5", &json!("429")));
    assert_eq!(get(&provider, "/Users").status, 200);

    let request = Request::get("/scim/v2/Users").body(Bytes::new()).unwrap();
    let answer = faulty("wait 2s").answer(&request);
    assert_eq!(
        (answer.delay, answer.cut, answer.response.status().as_u16()),
        (Duration::from_secs(2), None, 200)
    );
    let answer = faulty("cut").answer(&request);
    assert_eq!(answer.cut, Some(Cut::Body(answer.response.body().len() / 2)));
    assert_eq!(faulty("drop").answer(&request).cut, Some(Cut::Head));
}

#[test]
fn stale_reads_and_lost_writes() {
    let provider = faulty("GET #2-3 stale");
    let ada = add(&provider, "ada", json!({}));
    let group = add_group(&provider, "eng", &[&ada]);
    let path = format!("/Users/{ada}");
    assert_eq!(get(&provider, &path).body["groups"][0]["value"], group);
    assert_eq!(get(&provider, &path).body.get("groups"), None, "the group is not seen yet");
    assert_eq!(get(&provider, &format!("/Groups/{group}")).status, 404);
    assert_eq!(get(&provider, &format!("/Groups/{group}")).status, 200);

    let provider = faulty("POST once lost");
    let made = send(&provider, "POST", "/Users", user("ada", json!({})));
    assert_eq!(made.status, 201);
    assert_eq!(get(&provider, &format!("/Users/{}", made.id())).status, 404);
    assert_eq!(send(&provider, "POST", "/Users", user("ada", json!({}))).status, 201);
}

#[test]
fn deep_and_long_input_is_refused_in_scim() {
    let provider = provider("interop");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let request = Request::post("/scim/v2/Users").body(Bytes::from(deep)).unwrap();
    let response = provider.handle(&request);
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((response.status().as_u16(), &body["scimType"]), (400, &json!("invalidSyntax")));
    for filter in [format!("{}title pr{}", "(".repeat(5000), ")".repeat(5000)), "title pr and ".repeat(5000)]
    {
        let got = send(&provider, "POST", "/Users/.search", json!({ "filter": filter }));
        assert_eq!((got.status, &got.body["scimType"]), (400, &json!("invalidFilter")));
    }
}
