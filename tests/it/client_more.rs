//! The client against servers without this or that: a token endpoint that fails, no PATCH, compressed answers.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;
use scim_client::{Client, OAuth, RateLimits, RetryPolicy, TransportKind};
use scim_core::{
    patch::PatchOp,
    resource::{GenericResource, User},
};
use serde_json::json;

use crate::{
    client::client,
    client_server::{Does, Scripted, error, json as answer},
};

#[tokio::test]
async fn a_failing_token_endpoint_is_asked_once_by_all_who_wait() {
    let server = Scripted::start(|got| match got.path() {
        "/token" => error(503, "down"),
        _ => answer(200, json!({"id": "1", "userName": "ada"})),
    });
    let oauth = OAuth::new(format!("{}/token", server.url), "client", "s");
    let client = Client::builder(&server.url)
        .oauth(oauth)
        .no_proxy()
        .retry(RetryPolicy::never())
        .rate_limits(RateLimits { in_flight: 50, ..RateLimits::default() })
        .build()
        .expect("plain");
    let users = client.users();
    let results = join_all((0..50).map(|_| users.get("1"))).await;
    for failed in results {
        let failed = failed.expect_err("there is no token");
        assert!(!failed.may_have_been_applied() && failed.is_retryable(), "{failed:?}");
    }
    assert_eq!(server.lines(), ["POST /token"], "one asks, fifty hear of it");
}

#[tokio::test]
async fn a_write_whose_token_never_came_was_not_sent() {
    let server = Scripted::start(|_| Does::Cuts);
    let oauth = OAuth::new(format!("{}/token", server.url), "client", "s");
    let client = Client::builder(&server.url)
        .oauth(oauth)
        .no_proxy()
        .retry(RetryPolicy::never())
        .build()
        .expect("plain");
    let failed = client.users().create(&User::new("ada")).await.expect_err("there is no token");
    assert!(!failed.may_have_been_applied(), "{failed:?}");
    assert!(
        matches!(failed.kind(), scim_client::ErrorKind::Transport(cause) if cause.kind() == TransportKind::Connect),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_compressed_answer_is_read_and_its_size_is_limited_after_inflation() {
    let zeros = json!({"id": "1", "userName": "a".repeat(1 << 20)}).to_string();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(zeros.as_bytes()).expect("memory");
    let packed = gzip.finish().expect("memory");
    assert!(packed.len() < 10_000);
    let server = Scripted::start(move |got| {
        assert!(got.header("accept-encoding").is_some_and(|coding| coding.contains("gzip")), "{got:?}");
        let headers = vec![
            ("content-type", "application/scim+json".to_owned()),
            ("content-encoding", "gzip".to_owned()),
        ];
        Does::Answers { status: 200, headers, body: packed.clone() }
    });
    let user = client(&server).users().get("1").await.expect("it is there");
    assert_eq!(user.user_name.map(|name| name.len()), Some(1 << 20));
    let small = Client::builder(&server.url).no_proxy().max_response(100_000).build().expect("plain");
    let failed = small.users().get("1").await.expect_err("a bomb");
    assert!(
        matches!(failed.kind(), scim_client::ErrorKind::Transport(cause) if cause.kind() == TransportKind::TooLarge),
        "{failed:?}"
    );
}

#[tokio::test]
async fn patch_of_a_resource_type_of_the_servers_own_falls_back_on_put() {
    let urn = "urn:example:params:scim:schemas:core:2.0:Badge";
    let asked = Arc::new(AtomicUsize::new(0));
    let schemas_asked = Arc::clone(&asked);
    let server = Scripted::start(move |got| match (got.method.as_str(), got.path()) {
        ("PATCH", _) => error(501, "no PATCH"),
        ("GET", "/ResourceTypes") => answer(
            200,
            json!({"totalResults": 1, "Resources": [{"name": "Badge", "endpoint": "/Badges", "schema": urn}]}),
        ),
        ("GET", "/Schemas") => {
            schemas_asked.fetch_add(1, Ordering::SeqCst);
            let serial = json!({"name": "serial", "type": "string"});
            answer(
                200,
                json!({"totalResults": 1, "Resources": [{"id": urn, "name": "Badge", "attributes": [serial]}]}),
            )
        }
        ("GET", _) => answer(
            200,
            json!({"schemas": [urn], "id": "7", "serial": "a", "meta": {"version": "W/\"1\""}, "kept": {"x": 1}}),
        ),
        ("PUT", _) => {
            assert_eq!(got.header("if-match"), Some("W/\"1\""));
            answer(200, got.body.clone())
        }
        other => panic!("{other:?}"),
    });
    let client = client(&server);
    let badges = client.resource_at::<GenericResource>("Badges");
    for serial in ["b", "c"] {
        let patch = PatchOp::new().replace("serial", serial);
        badges.patch("7", &patch).await.expect("GET and PUT take its place").expect("the server shows it");
    }
    let puts: Vec<_> =
        server.log().into_iter().filter(|got| got.method == "PUT").map(|got| got.body).collect();
    assert_eq!(puts[0]["serial"], "b");
    assert_eq!(puts[1]["serial"], "c");
    assert_eq!(puts[0]["kept"]["x"], 1, "what nobody asked about survives");
    let patches = server.lines().iter().filter(|line| line.starts_with("PATCH")).count();
    assert_eq!((patches, asked.load(Ordering::SeqCst)), (1, 1), "both are remembered");
}
