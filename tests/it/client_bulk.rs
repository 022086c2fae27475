//! Bulk requests to servers with limits, gaps and no /Bulk at all, over real sockets.

use std::sync::atomic::{AtomicUsize, Ordering};

use scim_client::BulkOutcome;
use scim_core::resource::{Group, Member, User};
use serde_json::{Value, json};

use crate::{
    client::client,
    client_server::{Got, Scripted, error, json as answer},
};

/// A bulk endpoint that makes groups and users; `room` is the most operations it takes.
fn bulk_server(config: Value, room: usize, bytes: usize) -> Scripted {
    let made = AtomicUsize::new(0);
    Scripted::start(move |got| match got.path() {
        "/ServiceProviderConfig" => answer(200, config.clone()),
        "/Bulk" => {
            let operations = got.body["Operations"].as_array().expect("operations");
            if operations.len() > room || got.bytes > bytes {
                return error(413, "too much");
            }
            let results = operations.iter().map(|operation| {
                let id = made.fetch_add(1, Ordering::Relaxed);
                let path = operation["path"].as_str().expect("a path");
                let location = match operation["method"].as_str() {
                    Some("POST") => format!("http://x/scim/v2{path}/{id}"),
                    _ => format!("http://x/scim/v2{path}"),
                };
                json!({"method": operation["method"], "bulkId": operation["bulkId"], "location": location, "status": "201"})
            });
            answer(200, json!({"Operations": results.collect::<Vec<_>>()}))
        }
        _ => {
            let id = made.fetch_add(1, Ordering::Relaxed);
            answer(201, json!({"id": id.to_string()}))
        }
    })
}

fn bulk_requests(server: &Scripted) -> Vec<Got> {
    server.log().into_iter().filter(|got| got.path() == "/Bulk").collect()
}

#[tokio::test]
async fn bulk_without_max_operations_still_works() {
    let server = bulk_server(json!({"bulk": {"supported": true}}), 100, 1 << 20);
    let client = client(&server);
    let mut bulk = client.bulk();
    for n in 0..250 {
        bulk = bulk.create(n.to_string(), &User::new(format!("u{n}"))).expect("it is JSON");
    }
    let report = bulk.run().await.expect("it is planned");
    assert!(report.is_complete());
    let sizes: Vec<usize> = bulk_requests(&server)
        .iter()
        .map(|got| got.body["Operations"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(sizes, [100, 100, 50]);
    assert_eq!(report.items[249].id.as_deref(), Some("249"));
}

#[tokio::test]
async fn cyclic_bulk_ids_with_max_operations_1() {
    let server = bulk_server(json!({"bulk": {"supported": true, "maxOperations": 1}}), 1, 1 << 20);
    let client = client(&server);
    let group =
        |name: &str, other: &str| Group::new(name).with_member(Member::new(format!("bulkId:{other}")));
    let bulk = client
        .bulk()
        .create("a", &group("A", "b"))
        .expect("JSON")
        .create("b", &group("B", "a"))
        .expect("JSON");
    let report = bulk.run().await.expect("it is planned");
    assert!(report.is_complete(), "{report:?}");
    let sent: Vec<Value> =
        bulk_requests(&server).into_iter().map(|got| got.body["Operations"][0].clone()).collect();
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[0]["data"].get("members"), None);
    assert_eq!(sent[1]["data"]["members"], json!([{"value": "0"}]));
    assert_eq!((sent[2]["method"].as_str(), sent[2]["path"].as_str()), (Some("PATCH"), Some("/Groups/0")));
    assert_eq!(sent[2]["data"]["Operations"][0]["value"], json!({"members": [{"value": "1"}]}));
}

#[tokio::test]
async fn a_payload_limit_smaller_than_one_operation() {
    let server = bulk_server(json!({"bulk": {"supported": true, "maxPayloadSize": 400}}), 100, 400);
    let client = client(&server);
    let large = User::new("large").with_title("x".repeat(1000));
    let bulk =
        client.bulk().create("s", &User::new("small")).expect("JSON").create("l", &large).expect("JSON");
    let report = bulk.run().await.expect("it is planned");
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(bulk_requests(&server).len(), 1);
    assert_eq!(server.lines().last().map(String::as_str), Some("POST /Users"), "it goes alone");
}

#[tokio::test]
async fn a_bulk_limit_that_the_server_does_not_tell_is_found() {
    let server = bulk_server(json!({"bulk": {"supported": true}}), 3, 1 << 20);
    let client = client(&server);
    let mut bulk = client.bulk();
    for n in 0..10 {
        bulk = bulk.create(n.to_string(), &User::new(format!("u{n}"))).expect("it is JSON");
    }
    assert!(bulk.run().await.expect("it is planned").is_complete());
}

#[tokio::test]
async fn operations_without_a_result_are_unknown_and_their_dependents_are_not_sent() {
    let server = Scripted::start(|got| match got.path() {
        "/ServiceProviderConfig" => answer(200, json!({"bulk": {"supported": true, "maxOperations": 2}})),
        _ => answer(
            200,
            json!({"Operations": [{"bulkId": "a", "location": "http://x/Users/1", "status": "201"}]}),
        ),
    });
    let client = client(&server);
    let group = Group::new("G").with_member(Member::new("bulkId:b"));
    let bulk =
        client.bulk().create("a", &User::new("a")).expect("JSON").create("b", &User::new("b")).expect("JSON");
    let report = bulk.create("g", &group).expect("JSON").run().await.expect("it is planned");
    assert!(report.items[0].outcome.is_done());
    assert!(matches!(report.items[1].outcome, BulkOutcome::Unknown(_)));
    assert_eq!(report.items[2].outcome.to_string(), "not sent: it refers to \"b\", which was not made");
    assert_eq!(bulk_requests(&server).len(), 1);
}

#[tokio::test]
async fn without_bulk_single_calls_have_the_same_results() {
    for config in [json!({"bulk": {"supported": false}}), json!({})] {
        let users = AtomicUsize::new(0);
        let server = Scripted::start(move |got| match got.path() {
            "/ServiceProviderConfig" => answer(200, config.clone()),
            "/Bulk" => error(501, "no bulk here"),
            "/Users" if got.body["userName"] == "bad" => error(400, "no such name"),
            "/Groups" => {
                assert_eq!(got.body["members"], json!([{"value": "7"}]), "the reference is put in");
                answer(201, json!({"id": "g"}))
            }
            _ => {
                users.fetch_add(1, Ordering::Relaxed);
                answer(201, json!({"id": "7"})).with("etag", "W/\"1\"")
            }
        });
        let client = client(&server);
        let group = Group::new("G").with_member(Member::new("bulkId:a"));
        let bulk =
            client.bulk().create("g", &group).expect("JSON").create("a", &User::new("a")).expect("JSON");
        let bulk = bulk.create("x", &User::new("bad")).expect("JSON").delete::<User>("9/9");
        let report = bulk.run().await.expect("it is planned");
        let shown: Vec<String> = report.items.iter().map(|item| item.outcome.to_string()).collect();
        assert_eq!(shown, ["done (201)", "done (201)", "failed: 400: no such name", "done (201)"]);
        let ids: Vec<Option<&str>> = report.items.iter().map(|item| item.id.as_deref()).collect();
        assert_eq!(ids[..2], [Some("g"), Some("7")]);
        assert!(server.lines().contains(&"DELETE /Users/9%2F9".to_owned()), "{:?}", server.lines());
    }
}

#[tokio::test]
async fn errors_are_counted_over_all_bulk_requests() {
    let server = Scripted::start(|got| match got.path() {
        "/ServiceProviderConfig" => answer(200, json!({"bulk": {"supported": true, "maxOperations": 1}})),
        _ => {
            let id = &got.body["Operations"][0]["bulkId"];
            answer(200, json!({"Operations": [{"bulkId": id, "status": {"code": 400}}]}))
        }
    });
    let client = client(&server);
    let mut bulk = client.bulk().fail_on_errors(2);
    for n in 0..5 {
        bulk = bulk.create(n.to_string(), &User::new("x")).expect("it is JSON");
    }
    let report = bulk.run().await.expect("it is planned");
    let limits: Vec<Value> =
        bulk_requests(&server).into_iter().map(|got| got.body["failOnErrors"].clone()).collect();
    assert_eq!(limits, [2, 1]);
    assert_eq!(report.items.iter().filter(|item| matches!(item.outcome, BulkOutcome::NotSent(_))).count(), 3);
}
