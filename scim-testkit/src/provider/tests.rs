use std::collections::HashSet;

use bytes::Bytes;
use http::{Request, Response};
use scim_core::{
    urn,
    vendor::{Delete, Operation, Profile, UnknownMember, WriteBody},
};
use serde_json::{Value, json};

use super::*;

pub(super) const ENT: &str = urn::ENTERPRISE_USER;

pub(super) fn provider(name: &str) -> Provider {
    Provider::new(Profile::builtin(name).unwrap(), World::deterministic())
}

/// An answer, taken apart.
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) response: Response<Bytes>,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }
}

pub(super) fn send_with(
    provider: &Provider,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> Got {
    let mut request = Request::builder().method(method).uri(format!("{BASE_PATH}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let response = provider.handle(&request.body(body).unwrap());
    let body = serde_json::from_slice(response.body()).unwrap_or_default();
    Got { status: response.status().as_u16(), body, response }
}

pub(super) fn send(provider: &Provider, method: &str, path: &str, body: Value) -> Got {
    send_with(provider, method, path, &[], body)
}

pub(super) fn get(provider: &Provider, path: &str) -> Got {
    send(provider, "GET", path, Value::Null)
}

pub(super) fn user(name: &str, more: Value) -> Value {
    let mut user = json!({"schemas": [urn::USER], "userName": name});
    for (key, value) in more.as_object().unwrap() {
        user[key] = value.clone();
    }
    user
}

pub(super) fn add(provider: &Provider, name: &str, more: Value) -> String {
    let got = send(provider, "POST", "/Users", user(name, more));
    assert_eq!(got.status, 201, "{}", got.body);
    got.id()
}

pub(super) fn add_group(provider: &Provider, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"schemas": [urn::GROUP], "displayName": name, "members": members});
    let got = send(provider, "POST", "/Groups", body);
    assert_eq!(got.status, 201, "{}", got.body);
    got.id()
}

pub(super) fn patch(operations: Value) -> Value {
    json!({"schemas": [urn::PATCH_OP], "Operations": operations})
}

#[test]
fn create_answers_with_the_whole_resource() {
    let provider = provider("rfc");
    let got =
        send(&provider, "POST", "/Users", user("Ada", json!({"password": "x", "id": "mine", "title": "T"})));
    let id = "00000000-0000-4000-8000-000000000001";
    let location = format!("http://localhost/scim/v2/Users/{id}");
    assert_eq!(got.status, 201);
    assert_eq!(
        got.body,
        json!({
            "schemas": [urn::USER], "id": id, "userName": "Ada", "title": "T", "active": true,
            "meta": {
                "resourceType": "User", "created": "2026-01-01T00:00:00.000Z",
                "lastModified": "2026-01-01T00:00:00.000Z", "location": location, "version": "W/\"1\"",
            },
        })
    );
    assert_eq!((got.header("location"), got.header("etag")), (location.as_str(), "W/\"1\""));
    assert_eq!(got.header("content-type"), "application/scim+json");
    assert_eq!(get(&provider, &format!("/Users/{id}")).body, got.body);
}

#[test]
fn duplicates_conflict_in_any_letter_case() {
    for (name, group_again) in [("rfc", 201), ("interop", 409)] {
        let provider = provider(name);
        let ada = add(&provider, "ada@example.com", json!({}));
        let twin = send(&provider, "POST", "/Users", user("ADA@example.com", json!({})));
        assert_eq!((twin.status, &twin.body["scimType"]), (409, &json!("uniqueness")));
        let bob = add(&provider, "bob@example.com", json!({}));
        let renamed = patch(json!([{"op": "replace", "path": "userName", "value": "Ada@Example.com"}]));
        assert_eq!(send(&provider, "PATCH", &format!("/Users/{bob}"), renamed.clone()).status, 409);
        assert_eq!(
            send(&provider, "PUT", &format!("/Users/{bob}"), user("ada@example.com", json!({}))).status,
            409
        );
        assert_eq!(send(&provider, "PATCH", &format!("/Users/{ada}"), renamed).status, 200);
        add_group(&provider, "Eng", &[]);
        let group = json!({"schemas": [urn::GROUP], "displayName": "ENG"});
        assert_eq!(send(&provider, "POST", "/Groups", group).status, group_again);
    }
}

#[test]
fn lists_filter_page_and_sort() {
    let provider = provider("rfc");
    for (name, title) in [("carol", json!("B")), ("ada", json!(null)), ("Bob", json!("a"))] {
        add(&provider, name, json!({ "title": title, "externalId": name }));
    }
    let names = |path: &str| {
        let got = get(&provider, path);
        assert_eq!(got.status, 200, "{}", got.body);
        let names: Vec<String> = got.body["Resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["userName"].as_str().unwrap().to_owned())
            .collect();
        let numbers: Vec<u64> = ["totalResults", "startIndex", "itemsPerPage"]
            .map(|name| got.body[name].as_u64().unwrap())
            .to_vec();
        (names.join(","), numbers)
    };
    let found = |names: &str, numbers: [u64; 3]| (names.to_owned(), numbers.to_vec());
    assert_eq!(names("/Users"), found("carol,ada,Bob", [3, 1, 3]));
    assert_eq!(names("/Users?startIndex=2&count=1"), found("ada", [3, 2, 1]));
    assert_eq!(names("/Users?startIndex=9&count=5"), found("", [3, 9, 0]));
    assert_eq!(names("/Users?count=0"), found("", [3, 1, 0]));
    assert_eq!(names("/Users?sortBy=userName"), found("ada,Bob,carol", [3, 1, 3]));
    assert_eq!(names("/Users?sortBy=title"), found("Bob,carol,ada", [3, 1, 3]));
    assert_eq!(names("/Users?sortBy=title&sortOrder=descending"), found("ada,carol,Bob", [3, 1, 3]));
    assert_eq!(names("/Users?filter=userName+eq+%22BOB%22"), found("Bob", [1, 1, 1]));
    assert_eq!(names("/Users?filter=externalId+eq+%22BOB%22"), found("", [0, 1, 0]));
    assert_eq!(names("/Users?filter=title+pr"), found("carol,Bob", [2, 1, 2]));
    assert_eq!(get(&provider, "/Users?filter=title+zz+1").body["scimType"], "invalidFilter");
    assert_eq!(get(&provider, "/Users?sortBy=nope").status, 400);
    assert_eq!(get(&provider, "/Users?sortBy=name").body["scimType"], "invalidValue");
    let shown = get(&provider, "/Users?attributes=title&count=1").body["Resources"][0].clone();
    assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), ["schemas", "id", "title"]);
}

#[test]
fn a_page_has_at_most_what_discovery_says() {
    let mut profile = Profile::builtin("rfc").unwrap();
    (profile.page.default, profile.page.max) = (2, 3);
    let provider = Provider::new(profile, World::deterministic());
    (0..5).for_each(|n| drop(add(&provider, &n.to_string(), json!({}))));
    assert_eq!(get(&provider, "/Users").body["itemsPerPage"], 2);
    assert_eq!(get(&provider, "/Users?count=1000").body["itemsPerPage"], 3);
    assert_eq!(get(&provider, "/ServiceProviderConfig").body["filter"]["maxResults"], 3);
}

#[test]
fn searches_one_type_and_all_types() {
    let provider = provider("rfc");
    let ada = add(&provider, "ada", json!({"displayName": "Eng"}));
    add_group(&provider, "eng", &[&ada]);
    let query = json!({"schemas": [urn::SEARCH_REQUEST], "filter": "displayName eq \"ENG\"", "attributes": ["displayName"]});
    assert_eq!(send(&provider, "POST", "/Users/.search", query.clone()).body["totalResults"], 1);
    let all = send(&provider, "POST", "/.search", query).body;
    assert_eq!(all["totalResults"], 2);
    assert_eq!(all["Resources"][1]["displayName"], "eng");
}

#[test]
fn put_replaces_and_keeps_what_a_client_cannot_send() {
    let provider = provider("rfc");
    let id = add(&provider, "ada", json!({"title": "T", "password": "secret", "active": false}));
    let path = format!("/Users/{id}");
    let body = user("ada", json!({"id": "other", "meta": {"version": "x"}, "groups": [], "nickName": "A"}));
    let got = send(&provider, "PUT", &path, body.clone());
    assert_eq!(got.status, 200);
    assert_eq!(
        (&got.body["id"], &got.body["title"], &got.body["active"]),
        (&json!(id), &Value::Null, &json!(false))
    );
    assert_eq!(got.header("etag"), "W/\"2\"");
    assert_eq!(send(&provider, "PUT", &path, body).header("etag"), "W/\"2\"", "nothing changed");
    assert_eq!(provider.lock().tenants[0].store.get(&id).unwrap().data["password"], "secret");
    assert_eq!(send(&provider, "PUT", "/Users/nope", user("x", json!({}))).status, 404);
}

#[test]
fn patch_is_strict_or_tolerant_as_the_profile_says() {
    let entra = patch(json!([{"op": "Replace", "path": "active", "value": "False"}]));
    for (name, status, active) in [("rfc", 400, true), ("interop", 200, false)] {
        let provider = provider(name);
        let path = format!("/Users/{}", add(&provider, "ada", json!({})));
        assert_eq!(send(&provider, "PATCH", &path, entra.clone()).status, status);
        assert_eq!(get(&provider, &path).body["active"], active);
    }
}

#[test]
fn a_client_may_repeat_what_the_server_keeps() {
    let provider = provider("interop");
    let ada = add(&provider, "ada", json!({}));
    let group = add_group(&provider, "eng", &[&ada]);
    let okta = patch(json!([{"op": "replace", "value": {"id": group, "displayName": "Eng 2"}}]));
    let got = send(&provider, "PATCH", &format!("/Groups/{group}"), okta);
    assert_eq!((got.status, &got.body["displayName"]), (200, &json!("Eng 2")), "{}", got.body);
    assert_eq!(got.body["members"][0]["value"], json!(ada));
}

#[test]
fn preconditions_follow_the_version() {
    let provider = provider("rfc");
    let path = format!("/Users/{}", add(&provider, "ada", json!({})));
    let when = |method: &str, header: &str, tag: &str, body: Value| {
        send_with(&provider, method, &path, &[(header, tag)], body).status
    };
    assert_eq!(when("GET", "if-none-match", "W/\"1\"", Value::Null), 304);
    assert_eq!(when("GET", "if-none-match", "W/\"9\"", Value::Null), 200);
    let titled = patch(json!([{"op": "add", "path": "title", "value": "T"}]));
    assert_eq!(when("PATCH", "if-match", "W/\"9\"", titled.clone()), 412);
    assert_eq!(when("PATCH", "if-match", "W/\"9\", W/\"1\"", titled), 200);
    assert_eq!(when("PUT", "if-match", "W/\"1\"", user("ada", json!({}))), 412);
    assert_eq!(when("DELETE", "if-match", "W/\"1\"", Value::Null), 412);
    assert_eq!(when("DELETE", "if-match", "*", Value::Null), 204);
    assert_eq!(when("DELETE", "if-match", "*", Value::Null), 404);
}

#[test]
fn groups_and_users_know_each_other() {
    let provider = provider("rfc");
    let ada = add(&provider, "ada", json!({}));
    let group = add_group(&provider, "eng", &[&ada, &ada]);
    let base = "http://localhost/scim/v2";
    assert_eq!(
        get(&provider, &format!("/Groups/{group}")).body["members"],
        json!([{"value": ada, "type": "User", "$ref": format!("{base}/Users/{ada}"), "display": "ada"}])
    );
    assert_eq!(
        get(&provider, &format!("/Users/{ada}")).body["groups"],
        json!([{"value": group, "$ref": format!("{base}/Groups/{group}"), "display": "eng", "type": "direct"}])
    );
    let by_group = format!("/Users?filter=groups.value+eq+%22{group}%22");
    assert_eq!(get(&provider, &by_group).body["totalResults"], 1);
    let stranger = json!({"schemas": [urn::GROUP], "displayName": "x", "members": [{"value": "nobody"}]});
    assert_eq!(send(&provider, "POST", "/Groups", stranger).body["scimType"], "invalidValue");
    assert_eq!(send(&provider, "DELETE", &format!("/Users/{ada}"), Value::Null).status, 204);
    assert_eq!(get(&provider, &format!("/Groups/{group}")).body.get("members"), None);
}

#[test]
fn every_route_asks_for_the_token() {
    let provider = provider("rfc").with_token(Some("s3cret".into()));
    for path in ["/Users", "/ServiceProviderConfig", "/nowhere"] {
        for token in [None, Some("Bearer wrong"), Some("Bearer"), Some("Basic s3cret"), Some("s3cret")] {
            let headers: Vec<_> = token.iter().map(|token| ("authorization", *token)).collect();
            let got = send_with(&provider, "GET", path, &headers, Value::Null);
            assert_eq!((got.status, &got.body["status"]), (401, &json!("401")), "{path} {token:?}");
            assert_eq!(got.header("www-authenticate"), "Bearer");
        }
    }
    let ok = send_with(&provider, "GET", "/Users", &[("authorization", "bearer s3cret")], Value::Null);
    assert_eq!(ok.status, 200);
}

#[test]
fn what_is_not_there_is_said_in_scim() {
    let provider = provider("rfc");
    let id = add(&provider, "ada", json!({}));
    for (method, path, status) in [
        ("PUT", "/Users", 405),
        ("POST", "/Schemas", 405),
        ("GET", "/Nothing", 404),
        ("GET", "/Users/nope", 404),
        ("GET", "/Groups/x", 404),
        ("GET", "/Me", 501),
        ("GET", "/Bulk", 405),
        ("POST", "/Bulk", 400),
        ("GET", "/Schemas?filter=id+pr", 403),
        ("GET", "/ResourceTypes/Nope", 404),
    ] {
        let body = if method == "POST" { json!({}) } else { Value::Null };
        let got = send(&provider, method, path, body);
        assert_eq!((got.status, &got.body["schemas"][0]), (status, &json!(urn::ERROR)), "{method} {path}");
        assert_eq!(got.header("allow").is_empty(), status != 405);
    }
    assert_eq!(get(&provider, &format!("/Groups/{id}")).status, 404, "a user is no group");
    let text = send_with(&provider, "POST", "/Users", &[("content-type", "text/plain")], json!({}));
    assert_eq!(text.status, 415);
    let large = user("ada", json!({"title": "x".repeat(MAX_BODY)}));
    assert_eq!(send(&provider, "POST", "/Users", large).status, 413);
}

#[test]
fn discovery_is_complete_and_its_locations_work() {
    let provider = provider("rfc").with_base_url("https://scim.example.com/scim/v2/");
    for (path, count) in [("/ResourceTypes", 2), ("/Schemas", 3)] {
        let list = get(&provider, path).body;
        assert_eq!(list["totalResults"], count);
        for document in list["Resources"].as_array().unwrap() {
            let location = document["meta"]["location"].as_str().unwrap();
            let inside = location.strip_prefix("https://scim.example.com/scim/v2").unwrap();
            assert_eq!(get(&provider, inside).body, *document);
        }
    }
    let config = get(&provider, "/ServiceProviderConfig").body;
    for (feature, supported) in [
        ("patch", true),
        ("bulk", true),
        ("filter", true),
        ("changePassword", true),
        ("sort", true),
        ("etag", true),
    ] {
        assert_eq!(config[feature]["supported"], supported, "{feature}");
    }
}

#[test]
fn a_host_header_is_never_reflected() {
    let provider = provider("rfc");
    let got = send_with(&provider, "POST", "/Users", &[("host", "evil.example")], user("ada", json!({})));
    assert!(!got.body.to_string().contains("evil"), "{}", got.body);
}

#[test]
fn profile_keys_are_obeyed() {
    let mut profile = Profile::builtin("interop").unwrap();
    profile.user.patch_status = 204;
    profile.user.write_body = WriteBody::None;
    profile.user.ops.retain(|op| *op != Operation::Search);
    profile.life.delete = Delete::Soft;
    profile.group.unknown_member = UnknownMember::Skip;
    let provider = Provider::new(profile, World::deterministic());
    let created = send(&provider, "POST", "/Users", user("ada", json!({})));
    assert_eq!((created.status, created.response.body().len()), (201, 0));
    let path = created.header("location").strip_prefix("http://localhost/scim/v2").unwrap().to_owned();
    assert_eq!(send(&provider, "PUT", &path, user("ada", json!({"title": "T"}))).status, 204);
    let titled = patch(json!([{"op": "add", "path": "title", "value": "U"}]));
    assert_eq!(send(&provider, "PATCH", &path, titled).status, 204);
    assert_eq!(get(&provider, &path).body["title"], "U");
    assert_eq!(send(&provider, "POST", "/Users/.search", json!({})).status, 405);
    assert_eq!(send(&provider, "DELETE", &path, Value::Null).status, 204);
    assert_eq!(get(&provider, &path).body["active"], false);
    let group = add_group(&provider, "eng", &["nobody"]);
    assert_eq!(get(&provider, &format!("/Groups/{group}")).body.get("members"), None);
}

#[test]
fn hubspot_maps_titles_and_deletes_on_deactivation() {
    let provider = provider("hubspot");
    let elsewhere = send(&provider, "POST", "/Users", user("ada@other.org", json!({})));
    assert_eq!((elsewhere.status, &elsewhere.body["scimType"]), (400, &json!("invalidValue")));

    let sent = json!({"title": "Sales Rep", "roles": [{"value": "Super Admin"}]});
    let got = send(&provider, "POST", "/Users", user("ada@Example.com", sent));
    assert_eq!(got.body["roles"], json!([{"value": "Sales Rep", "primary": true}]));
    assert_eq!(got.id(), "1");
    let path = "/Users/1";
    for (title, role) in
        [("sales rep", "View Only"), ("Marketing Manager", "Marketing Manager"), ("", "View Only")]
    {
        let moved = patch(json!([{"op": "replace", "path": "title", "value": title}]));
        let got = send(&provider, "PATCH", path, moved);
        assert_eq!(
            (got.status, &got.body["roles"][0]["value"]),
            (200, &json!(role)),
            "{title}: {}",
            got.body
        );
    }
    let locked = provider.control().edit("1", "title", json!("Super Admin"));
    assert_eq!(locked, Err(ControlError::Locked("1".into())));

    assert_eq!(get(&provider, "/Groups").status, 404);
    assert_eq!(get(&provider, "/ResourceTypes").body["totalResults"], 1);
    assert_eq!(get(&provider, "/Schemas").body["totalResults"], 2);

    let off = send(&provider, "PATCH", path, patch(json!([{"op": "replace", "value": {"active": false}}])));
    assert_eq!((off.status, &off.body["active"]), (200, &json!(false)));
    assert_eq!(get(&provider, path).status, 404);
    let back = send(&provider, "POST", "/Users", user("ada@example.com", json!({})));
    assert_eq!((back.status, back.id().as_str()), (201, "2"));
}

#[test]
fn hubspot_takes_over_people_it_knows() {
    let provider = provider("hubspot");
    let id = provider.control().add_user("grace@example.com");
    assert_eq!(provider.control().edit(&id, "title", json!("Captain")), Ok(()));
    assert_eq!(get(&provider, "/Users").body["totalResults"], 0);
    assert_eq!(get(&provider, &format!("/Users/{id}")).status, 404);
    let grace = user("Grace@example.com", json!({"title": "Sales Rep"}));
    let got = send(&provider, "POST", "/Users", grace.clone());
    assert_eq!((got.status, got.id()), (201, id.clone()));
    assert_eq!(provider.control().edit(&id, "title", json!("x")), Err(ControlError::Locked(id.clone())));
    assert_eq!(send(&provider, "POST", "/Users", grace).status, 409);
    assert_eq!(provider.snapshot().len(), 1);
}

#[test]
fn elsewhere_is_free_where_no_profile_locks_it() {
    let provider = provider("interop");
    let id = add(&provider, "ada", json!({}));
    assert_eq!(provider.control().edit(&id, "title", json!("T")), Ok(()));
    assert_eq!(get(&provider, &format!("/Users/{id}")).body["title"], "T");
    let wrong = provider.control().edit(&id, "active", json!("x")).unwrap_err();
    assert!(matches!(wrong, ControlError::Invalid(_)), "{wrong}");
    assert_eq!(provider.control().edit("9", "title", json!("T")), Err(ControlError::NotFound("9".into())));
}

#[test]
fn requests_are_logged() {
    let provider = provider("rfc");
    get(&provider, "/Users?count=1");
    let log = provider.journal();
    assert_eq!((log[0].target.as_str(), log[0].status, log.len()), ("/scim/v2/Users?count=1", 200, 1));
}

#[test]
fn the_systems_world_makes_unlike_ids() {
    let mut world = World::system();
    let ids: HashSet<u128> = (0..1000).map(|_| world.next_id()).collect();
    assert_eq!(ids.len(), 1000);
}

/// What an identity provider does in its life, short enough to be run once per defect.
fn transcript(provider: &Provider) -> Vec<String> {
    let mut lines = Vec::new();
    let mut go = |method: &str, path: &str, body: Value| {
        let got = send(provider, method, path, body);
        let media = got.header("content-type");
        let location = got.header("location");
        let body = String::from_utf8_lossy(got.response.body());
        lines.push(format!("{method} {path}: {} {media} {location} {body}", got.status));
        got
    };
    let id_of = |got: &Got, location: &str| match &got.body["id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => location.rsplit('/').next().unwrap_or_default().to_owned(),
    };
    let ada = user(
        "Ada+1@example.com",
        json!({"schemas": [urn::USER, ENT], "externalId": "e1", "title": "T", "locale": "en-US", "password": "p", ENT: {"department": "R"}}),
    );
    let made = go("POST", "/Users", ada.clone());
    let ada_id = id_of(&made, made.header("location"));
    let again = go("POST", "/Users", ada);
    if again.status == 201 {
        let twin = id_of(&again, again.header("location"));
        go("DELETE", &format!("/Users/{twin}"), Value::Null);
    }
    let made = go("POST", "/Users", user("bob", json!({})));
    let bob_id = id_of(&made, made.header("location"));
    for query in [
        "/Users?filter=userName+eq+%22ADA%2B1@example.com%22",
        "/Users?filter=externalId%20eq%20%22e1%22",
        "/Users?filter=userName%20eq%20%22nobody%22",
        "/Users?startIndex=2&count=1",
        "/Users/nope",
    ] {
        go("GET", query, Value::Null);
    }
    let path = format!("/Users/{ada_id}");
    for operations in [
        json!([{"op": "Replace", "path": "title", "value": "U"}, {"op": "add", "path": "nickName", "value": "N"}]),
        json!([{"op": "replace", "value": {"displayName": "D"}}]),
        json!([{"op": "replace", "value": {"name.givenName": "G"}}]),
        json!([{"op": "add", "path": "emails[type eq \"work\"].value", "value": "a@example.com"}]),
        json!([{"op": "replace", "path": format!("{ENT}:department"), "value": "S"}]),
        json!([{"op": "add", "path": format!("{ENT}:manager"), "value": bob_id}]),
        json!([{"op": "Replace", "path": format!("{ENT}:manager"), "value": ""}]),
        json!([{"op": "replace", "path": "active", "value": "False"}]),
    ] {
        go("PATCH", &path, patch(operations));
        go("GET", &path, Value::Null);
    }
    let put = user("ada+1@example.com", json!({"id": ada_id, "active": true, ENT: {"department": "Q"}}));
    go("PUT", &path, put);
    go("GET", &path, Value::Null);
    let members = json!([{"value": bob_id}]);
    let group = json!({"schemas": [urn::GROUP], "displayName": "G", "externalId": "g1", "members": members});
    let made = go("POST", "/Groups", group);
    let group_id = id_of(&made, made.header("location"));
    let path = format!("/Groups/{group_id}");
    let member = |id: &str| json!([{ "value": id }]);
    for operations in [
        json!([{"op": "replace", "value": {"id": group_id, "displayName": "H"}}]),
        json!([{"op": "replace", "path": "externalId", "value": "g2"}]),
        json!([{"op": "add", "path": "members", "value": member(&ada_id)}]),
        json!([{"op": "add", "path": "members", "value": member(&ada_id)}]),
        json!([{"op": "remove", "path": "members", "value": member(&bob_id)}]),
        json!([{"op": "add", "path": "members", "value": member(&bob_id)}]),
        json!([{"op": "remove", "path": format!("members[value eq \"{bob_id}\"]")}]),
        json!([{"op": "replace", "path": "members", "value": []}]),
    ] {
        go("PATCH", &path, patch(operations));
        go("GET", &path, Value::Null);
    }
    let put = json!({"schemas": [urn::GROUP], "displayName": "H", "members": [{"value": bob_id}]});
    go("PUT", &path, put);
    go("GET", &path, Value::Null);
    go("GET", "/Groups?excludedAttributes=members", Value::Null);
    go("GET", "/Users?sortBy=userName&sortOrder=descending", Value::Null);
    for n in 0..6 {
        go("POST", "/Users", user(&format!("u{n}"), json!({})));
    }
    go("GET", "/Users", Value::Null);
    let mut crowd = Vec::new();
    let mut operations = Vec::new();
    for n in 0..101 {
        crowd.push(json!({"value": format!("bulkId:{n}")}));
        let data = user(&format!("c{n}"), json!({}));
        operations.push(json!({"method": "POST", "path": "/Users", "bulkId": n.to_string(), "data": data}));
    }
    let data = json!({"schemas": [urn::GROUP], "displayName": "Crowd", "members": crowd});
    operations.push(json!({"method": "POST", "path": "/Groups", "bulkId": "crowd", "data": data}));
    go("POST", "/Bulk", json!({"schemas": [urn::BULK_REQUEST], "Operations": operations}));
    go("GET", "/Groups?filter=displayName+eq+%22Crowd%22", Value::Null);
    go("DELETE", &format!("/Users/{bob_id}"), Value::Null);
    go("GET", &format!("/Users/{bob_id}"), Value::Null);
    go("GET", "/Users", Value::Null);
    lines
}

#[test]
fn every_defect_and_liberty_changes_what_a_client_sees() {
    let clean = transcript(&provider("interop"));
    assert_eq!(clean, transcript(&provider("interop")), "the mock is deterministic");
    for line in &clean {
        let status = line.split(": ").nth(1).unwrap().split(' ').next().unwrap();
        assert!(["200", "201", "204", "404", "409"].contains(&status), "{line}");
    }
    let unseen: Vec<&Defect> = Defect::ALL
        .iter()
        .filter(|defect| clean == transcript(&provider("interop").with_defect(**defect)))
        .collect();
    assert_eq!(unseen, [] as [&Defect; 0]);
    let unseen: Vec<&Liberty> = Liberty::ALL
        .iter()
        .filter(|liberty| clean == transcript(&provider("interop").with_liberty(**liberty)))
        .collect();
    assert_eq!(unseen, [] as [&Liberty; 0]);
}

/// The statuses of a few requests tell that a defect is the one that it claims to be.
#[track_caller]
fn shows(defect: Defect, line: &str, expected: &str) {
    let lines = transcript(&provider("interop").with_defect(defect));
    let found: Vec<&String> = lines.iter().filter(|text| text.starts_with(line)).collect();
    assert!(found.iter().any(|text| text.contains(expected)), "{defect:?}: {found:#?}");
}

#[test]
fn defects_do_what_they_say() {
    let ada = "/Users/00000000-0000-4000-8000-000000000001";
    let group = "/Groups/00000000-0000-4000-8000-000000000003";
    for (defect, line, expected) in [
        (Defect::OpCaseRefused, "PATCH /Users", "400 application/scim+json"),
        (Defect::BoolStringStoredAsText, &format!("GET {ada}"), "\"active\":\"False\""),
        (Defect::DottedKeysLiteral, &format!("GET {ada}"), "\"name.givenName\":\"G\""),
        (Defect::ValuePathCreateRefused, "PATCH /Users", "noTarget"),
        (Defect::ManagerStringRefused, "PATCH /Users", "400"),
        (Defect::FilterMiss404, "GET /Users?filter=userName%20eq%20%22nobody%22", ": 404"),
        (Defect::FilterUnknownAttrEmpty, "GET /Users?filter=externalId", "\"totalResults\":0"),
        (Defect::PlusNotDecoded, "GET /Users?filter=userName+eq", "invalidFilter"),
        (Defect::ListStartIndexString, "GET /Users?startIndex=2", "\"startIndex\":\"2\""),
        (Defect::TotalResultsIsPageLength, "GET /Users?startIndex=2", "\"totalResults\":1"),
        (Defect::ItemsPerPageRequested, "GET /Users?filter", "\"itemsPerPage\":100"),
        (Defect::DeactivateDeletes, &format!("GET {ada}"), ": 404"),
        (Defect::InactiveHidden, &format!("GET {ada}"), ": 404"),
        (Defect::PutRefusesReadOnly, "PUT /Users", "mutability"),
        (Defect::GroupAddExisting409, &format!("PATCH {group}"), ": 409"),
        (Defect::ReplaceMembersEmptyRefused, &format!("PATCH {group}"), ": 400"),
        (Defect::GroupReplaceReadOnlyIdRefused, &format!("PATCH {group}"), "mutability"),
        (Defect::CreateReturns200, "POST /Users", ": 200"),
        (Defect::DuplicateAccepted, "POST /Users", "000000000002\",\"userName\":\"Ada+1@example.com\""),
        (Defect::PasswordReturned, "GET /Users", "\"password\":\"p\""),
        (Defect::HtmlErrors, "GET /Users/nope", "404 text/html  <!DOCTYPE html>"),
        (Defect::ErrorStatusNumber, "GET /Users/nope", "\"status\":404"),
        (Defect::ContentTypeHtml, "GET /Users", "200 text/html"),
        (Defect::DeleteNoEffect, "GET /Users/00000000-0000-4000-8000-000000000002", ": 200"),
    ] {
        shows(defect, line, expected);
    }
    shows(Defect::IdNumber, "GET /Users", "\"id\":1,");
}

#[test]
fn the_address_is_what_was_said_last() {
    let provider = provider("interop");
    assert_eq!(provider.base_url(), "http://localhost/scim/v2");
    let provider = provider.with_base_url("https://scim.example.com/scim/v2/");
    assert_eq!(provider.base_url(), "https://scim.example.com/scim/v2");
}

#[test]
fn head_is_get_without_a_body() {
    let provider = provider("interop");
    let (whole, head) = (get(&provider, "/Users"), send(&provider, "HEAD", "/Users", Value::Null));
    assert_eq!((head.status, head.header("content-type")), (200, whole.header("content-type")));
    assert!(head.response.body().is_empty());
    assert_eq!(head.header("content-length"), whole.response.body().len().to_string());
}
