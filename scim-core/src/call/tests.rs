use serde_json::json;

use super::*;
use crate::bulk::BulkOperation;

const BASE: &str = "https://example.com/scim/v2/";

#[track_caller]
fn round_trip(call: &Call, method: &str, uri: &str) {
    let request = call.to_http(BASE).unwrap();
    assert_eq!(request.method().as_str(), method);
    assert_eq!(request.uri().to_string(), format!("https://example.com/scim/v2{uri}"));
    assert_eq!(Call::from_http(&request, "/scim/v2").as_ref(), Ok(call));
}

#[test]
fn every_call_survives_the_wire() {
    let query = ListQuery::from_query_string(
        "filter=userName+eq+%22a%2Bb%26c%22&startIndex=2&count=5&sortBy=name.familyName&sortOrder=descending&attributes=userName,emails.value",
    )
    .unwrap();
    round_trip(
        &Call::list("Users", query.clone()),
        "GET",
        "/Users?filter=userName%20eq%20%22a%2Bb%26c%22&startIndex=2&count=5&sortBy=name.familyName&sortOrder=descending&attributes=userName,emails.value",
    );
    round_trip(
        &Call::Search { endpoint: Some("Users".into()), query: query.clone() },
        "POST",
        "/Users/.search",
    );
    round_trip(&Call::Search { endpoint: None, query }, "POST", "/.search");
    round_trip(&Call::get("Users", "ü ?/#"), "GET", "/Users/%C3%BC%20%3F%2F%23");
    round_trip(&Call::create("Users", json!({"userName": "x"})), "POST", "/Users");
    round_trip(&Call::replace("Users", "1", json!({"userName": "x"})), "PUT", "/Users/1");
    round_trip(&Call::patch("Groups", "1", json!({"Operations": []})), "PATCH", "/Groups/1");
    round_trip(&Call::delete("Groups", "1"), "DELETE", "/Groups/1");
    let me =
        Me::Patch { patch: json!({}), projection: Projection::default(), if_match: Some("W/\"1\"".into()) };
    round_trip(&Call::Me(me), "PATCH", "/Me");
    let projection = Projection::parse(Some("userName"), None).unwrap();
    round_trip(
        &Call::Me(Me::Get { projection, if_none_match: Some("*".into()) }),
        "GET",
        "/Me?attributes=userName",
    );
    round_trip(&Call::Me(Me::Delete { if_match: None }), "DELETE", "/Me");
    let operation = BulkOperation::create("Users", "qwerty", json!({"userName": "Alice"}));
    round_trip(
        &Call::Bulk(BulkRequest { fail_on_errors: Some(1), operations: vec![operation] }),
        "POST",
        "/Bulk",
    );
    round_trip(&Call::ServiceProviderConfig, "GET", "/ServiceProviderConfig");
    round_trip(&Call::ResourceTypes { name: Some("User".into()) }, "GET", "/ResourceTypes/User");
    round_trip(&Call::Schemas { id: None }, "GET", "/Schemas");
}

#[test]
fn tolerates_the_slashes_and_separators_that_clients_send() {
    for uri in ["/scim/v2//Users", "/scim/v2/Users/", "/scim/v2/Users?", "/scim/v2/Users?x=1&"] {
        let request = Request::get(uri).body(Bytes::new()).unwrap();
        assert_eq!(
            Call::from_http(&request, "/scim/v2"),
            Ok(Call::list("Users", ListQuery::default())),
            "{uri}"
        );
    }
}

#[test]
fn says_what_is_wrong_with_a_request() {
    let post = |uri: &str, media: &str, body: &'static str| {
        let request = Request::post(uri).header("content-type", media).body(Bytes::from(body)).unwrap();
        Call::from_http(&request, "/scim/v2").unwrap_err().status
    };
    assert_eq!(post("/scim/v2/Users", "application/scim+json; charset=utf-8", "{"), 400);
    assert_eq!(post("/scim/v2/Users", "text/plain", "{}"), 415);
    assert_eq!(post("/scim/v2/Schemas", MEDIA_TYPE, "{}"), 405);
    assert_eq!(post("/elsewhere/Users", MEDIA_TYPE, "{}"), 404);
    assert_eq!(post("/scim/v2/Users/1/2", MEDIA_TYPE, "{}"), 404);
}

#[test]
fn me_stands_for_a_resource() {
    let me = Me::Get { projection: Projection::default(), if_none_match: None };
    assert_eq!(me.resolve("Users", "1"), Call::get("Users", "1"));
}
