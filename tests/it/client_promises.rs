//! What the client promises beyond single calls: headers and certificates, dropped calls, what is kept how long, and
//! bulk requests to the mock.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use http::{Request, Response};
use scim_client::{
    BulkOutcome, Client, Fresh, List, OAuth, Paging, RateLimits, RetryPolicy, clock::ManualClock,
    rate::Window,
};
use scim_core::{
    patch::PatchOp,
    resource::{Group, Member, User},
    vendor::Profile,
};
use scim_testkit::{
    provider::{Provider, World},
    serve::{ProviderService, Server, Tls},
};
use serde_json::json;
use tower_service::Service;

use crate::client_server::{Does, Scripted, error, json as answer};

fn clock() -> ManualClock {
    ManualClock::at("2026-03-01T12:00:00Z".parse().expect("a time"))
}

fn ada() -> Does {
    answer(200, json!({"id": "1", "userName": "ada"}))
}

#[tokio::test]
async fn headers_stand_beside_the_token_and_stay_at_home() {
    let token = |got: &crate::client_server::Got| match got.path() {
        "/token" => answer(200, json!({"access_token": "t"})),
        _ => ada(),
    };
    let (server, elsewhere) = (Scripted::start(token), Scripted::start(token));
    for place in [&server.url, &elsewhere.url] {
        let client = Client::builder(&server.url)
            .oauth(OAuth::new(format!("{place}/token"), "client", "s"))
            .header("x-api-key", "k3y")
            .user_agent("hr-sync/2")
            .build()
            .expect("the options are plain");
        client.users().get("1").await.expect("it is there");
    }
    let log = server.log();
    assert_eq!(log.iter().filter(|got| got.path() == "/token").count(), 1);
    for got in &log {
        assert_eq!((got.header("x-api-key"), got.header("user-agent")), (Some("k3y"), Some("hr-sync/2")));
    }
    assert!(log.iter().any(|got| got.header("authorization") == Some("Bearer t")), "both are sent");
    assert_eq!(elsewhere.log()[0].header("x-api-key"), None, "another origin gets no secret");
    let shown = format!("{:?}", Client::builder(&server.url).header("x-api-key", "k3y"));
    assert!(!shown.contains("k3y"), "{shown}");
    let wrong = Client::builder(&server.url).header("x key", "k3y").build().expect_err("that is no name");
    assert!(wrong.to_string().ends_with("has characters that no header may have"), "{wrong}");
}

#[tokio::test]
async fn any_certificate_is_accepted_only_on_demand() {
    let profile = Profile::builtin("interop").expect("it is built in");
    let provider = Arc::new(Provider::new(profile, World::deterministic()));
    let tls = Tls::self_signed(&["elsewhere.example.com"]).expect("a certificate");
    let address = "127.0.0.1:0".parse().expect("an address");
    let server = Server::start_tls(provider, address, &tls).await.expect("a port is free");
    let builder = || Client::builder(server.url()).retry(RetryPolicy::never());
    let refused = builder().build().expect("plain").users().get("1").await.expect_err("who is that?");
    assert!(!refused.may_have_been_applied() && refused.status().is_none(), "{refused}");
    let client = builder().accept_any_certificate().build().expect("plain");
    assert!(client.users().get("1").await.expect_err("there is none").is_not_found());
    let empty = builder().certificate_authority("").build().expect_err("there is nothing in it");
    assert_eq!(empty.to_string(), "the certificate authority has no certificate in PEM");
}

/// Notes what passes.
#[derive(Clone)]
struct Noted<S>(S, Arc<Mutex<Vec<String>>>);

impl<S: Service<Request<Bytes>, Response = Response<Bytes>>> Service<Request<Bytes>> for Noted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Bytes>) -> S::Future {
        self.1.lock().expect("no panic").push(request.uri().path().to_owned());
        self.0.call(request)
    }
}

#[tokio::test]
async fn layers_of_ones_own_see_every_attempt() {
    let count = AtomicUsize::new(0);
    let server =
        Scripted::start(move |_| if count.fetch_add(1, Ordering::Relaxed) == 0 { Does::Cuts } else { ada() });
    let seen = Arc::new(Mutex::new(Vec::new()));
    let client = Client::builder(&server.url).clock(clock());
    let client = client.build_around(|network| Noted(network, Arc::clone(&seen))).expect("plain");
    client.users().get("1").await.expect("the second attempt is answered");
    assert_eq!(*seen.lock().expect("no panic"), ["/scim/v2/Users/1"; 2]);
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_nothing_behind() {
    let count = AtomicUsize::new(0);
    let server = Scripted::start(move |got| match got.path() {
        "/Users/slow" => Does::Dawdles,
        _ => {
            count.fetch_add(1, Ordering::Relaxed);
            ada()
        }
    });
    let limits = RateLimits { in_flight: 1, windows: vec![Window::all(3, Duration::from_secs(3600))] };
    let client = Client::builder(&server.url).rate_limits(limits).build().expect("plain");
    let users = client.users();
    // Dropped while the answer comes in, and, as others, while they wait for the one place.
    let mut slow = Box::pin(users.get("slow"));
    let mut waiting: Vec<_> = (0..5).map(|_| Box::pin(users.get("1"))).collect();
    while server.log().is_empty() {
        assert!((&mut slow).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    assert!(waiting.iter_mut().all(|call| call.now_or_never().is_none()));
    drop(waiting);
    drop(slow);
    // One of three operations was sent; two are left, and the place is free.
    users.get("1").await.expect("the place is free");
    // Those that wait for the window are dropped too, and give back what they did not use.
    users.get("1").await.expect("there was room for it");
    for _ in 0..5 {
        assert!(users.get("1").now_or_never().is_none(), "the window is full");
    }
    assert_eq!(server.log().len(), 3);
}

#[tokio::test]
async fn cursors_are_asked_for_by_name_alone() {
    let server = Scripted::start(|got| match got.parameter("cursor").as_deref() {
        Some("") => answer(200, json!({"nextCursor": "n=1", "Resources": [{"id": "1"}], "totalResults": 2})),
        Some("n=1") => answer(200, json!({"Resources": [{"id": "2"}], "totalResults": 2})),
        other => error(400, &format!("{other:?}")),
    });
    let client = Client::builder(&server.url).build().expect("plain");
    let listed: Vec<User> =
        client.users().list(List::new().paging(Paging::Cursor)).try_collect().await.expect("two pages");
    assert_eq!(listed.len(), 2);
    assert_eq!(server.lines(), ["GET /Users?count=100&cursor", "GET /Users?count=100&cursor=n%3D1"]);
}

#[tokio::test]
async fn a_raw_filter_goes_out_as_it_is() {
    let server = Scripted::start(|_| answer(200, json!({"totalResults": 0})));
    let client = Client::builder(&server.url).build().expect("plain");
    let list = List::new().raw_filter("a ~= \"b&c\"");
    assert!(client.users().list(list.clone()).next().await.is_none());
    assert!(client.users().list(list.by_post()).next().await.is_none());
    let log = server.log();
    assert_eq!(log[0].parameter("filter").as_deref(), Some("a ~= \"b&c\""));
    assert_eq!((log[1].path(), &log[1].body["filter"]), ("/Users/.search", &json!("a ~= \"b&c\"")));
}

#[tokio::test]
async fn capabilities_are_kept_for_their_time() {
    let server = Scripted::start(|_| answer(200, json!({"patch": {"supported": true}})));
    let clock = clock();
    let client = Client::builder(&server.url).clock(clock.clone()).discovery_ttl(Duration::from_secs(60));
    let client = client.build().expect("plain");
    let mut asked = Vec::new();
    for _ in 0..4 {
        client.discovery().capabilities().await.expect("they are told");
        asked.push(server.log().len());
        clock.advance(Duration::from_secs(30));
    }
    assert_eq!(asked, [1, 1, 2, 2]);
    client.discovery().forget();
    client.discovery().capabilities().await.expect("they are told");
    assert_eq!(server.log().len(), 3);
}

#[tokio::test]
async fn an_unchanged_resource_is_not_sent_again() {
    let server = Scripted::start(|got| match got.header("if-none-match") {
        Some("W/\"1\"") => answer(304, json!(null)),
        _ => answer(200, json!({"id": "1", "userName": "ada", "meta": {"version": "W/\"1\""}})),
    });
    let client = Client::builder(&server.url).build().expect("plain");
    let known = client.users().get("1").await.expect("it is there");
    assert_eq!(client.users().get_fresh(&known).await.expect("it is asked for"), Fresh::Unchanged);
    let nameless = User::new("ada");
    let refused = client.users().get_fresh(&nameless).await.expect_err("which one?");
    assert_eq!(refused.to_string(), "the resource has no id");
}

#[tokio::test]
async fn errors_say_what_they_mean() {
    // Status, scimType, and which of the predicates hold: not found, uniqueness, precondition, unauthorized,
    // throttled, unsupported, retryable.
    let table = [
        (401, None, [0, 0, 0, 1, 0, 0, 0]),
        (404, None, [1, 0, 0, 0, 0, 0, 0]),
        (405, None, [0, 0, 0, 0, 0, 1, 0]),
        (409, None, [0, 1, 0, 0, 0, 0, 0]),
        (400, Some("uniqueness"), [0, 1, 0, 0, 0, 0, 0]),
        (412, None, [0, 0, 1, 0, 0, 0, 0]),
        (429, None, [0, 0, 0, 0, 1, 0, 1]),
        (501, None, [0, 0, 0, 0, 0, 1, 0]),
        (503, None, [0, 0, 0, 0, 0, 0, 1]),
    ];
    for (status, scim_type, expected) in table {
        let server = Scripted::start(move |_| {
            let mut body = scim_core::error::ScimError::plain(status, "no").to_json();
            if let Some(name) = scim_type {
                body["scimType"] = name.into();
            }
            answer(status, body)
        });
        let client = Client::builder(&server.url).retry(RetryPolicy::never()).build().expect("plain");
        let error = client.users().get("1").await.expect_err("it is refused");
        let held = [
            error.is_not_found(),
            error.is_uniqueness(),
            error.is_precondition_failed(),
            error.is_unauthorized(),
            error.is_throttled(),
            error.is_unsupported(),
            error.is_retryable(),
        ];
        assert_eq!(held.map(u8::from), expected, "{status} {scim_type:?}");
        assert!(!error.is_timeout() && !error.may_have_been_applied());
    }
}

#[tokio::test]
async fn a_bulk_request_counts_each_of_its_operations() {
    let server = Scripted::start(|got| match got.path() {
        "/ServiceProviderConfig" => answer(200, json!({"bulk": {"supported": true, "maxOperations": 50}})),
        _ => {
            let operations = got.body["Operations"].as_array().expect("operations").iter();
            let results = operations
                .map(|one| json!({"bulkId": one["bulkId"], "location": "x/Users/1", "status": "201"}));
            answer(200, json!({"Operations": results.collect::<Vec<_>>()}))
        }
    });
    let clock = clock();
    let limits =
        RateLimits { windows: vec![Window::writes(100, Duration::from_secs(60))], ..Default::default() };
    let client =
        Client::builder(&server.url).clock(clock.clone()).rate_limits(limits).build().expect("plain");
    let mut bulk = client.bulk();
    for n in 0..150 {
        bulk = bulk.create(n.to_string(), &User::new(format!("u{n}"))).expect("it is JSON");
    }
    assert!(bulk.run().await.expect("it is planned").is_complete());
    assert_eq!(clock.sleeps(), [Duration::from_secs(60)], "two of fifty, a minute, and the third");
}

/// The mock's own /Bulk, with what the plan is for: more than fits, references forwards and in a circle, a failure.
#[tokio::test]
async fn bulk_requests_work_with_the_mock() {
    for profile in ["rfc", "interop"] {
        let profile = Profile::builtin(profile).expect("it is built in");
        let provider = Arc::new(Provider::new(profile, World::deterministic()));
        let client = Client::from_service(ProviderService(Arc::clone(&provider)));
        let member = |name: &str| Member::new(format!("bulkId:{name}"));
        let mut bulk = client
            .bulk()
            .create("a", &Group::new("A").with_member(member("b")).with_member(member("u7")))
            .and_then(|bulk| bulk.create("b", &Group::new("B").with_member(member("a"))))
            .expect("it is JSON");
        for n in 0..120 {
            bulk = bulk.create(format!("u{n}"), &User::new(format!("u{n}"))).expect("it is JSON");
        }
        let bulk = bulk.create("twice", &User::new("u3")).expect("it is JSON");
        let report = bulk.patch::<User>("bulkId:u5", &PatchOp::new().replace("title", "Dr.")).run().await;
        let report = report.expect("it is planned");
        let open: Vec<_> = report.open().collect();
        assert!(
            matches!(&open[..], [one] if one.bulk_id.as_deref() == Some("twice")
                && matches!(&one.outcome, BulkOutcome::Failed(error) if error.status == 409)),
            "{open:?}"
        );
        let stored = provider.snapshot();
        let group = |name: &str| stored.iter().find(|one| one["displayName"] == name).expect("it was made");
        let id = |n: usize| report.items[n].id.clone().expect("it was made");
        let members = |name: &str| {
            let list = group(name)["members"].as_array().expect("it has members").iter();
            let mut ids: Vec<_> = list.filter_map(|one| one["value"].as_str().map(str::to_owned)).collect();
            ids.sort();
            ids
        };
        let mut expected = vec![id(1), id(2 + 7)];
        expected.sort();
        assert_eq!(members("A"), expected);
        assert_eq!(members("B"), [id(0)]);
        assert!(stored.iter().any(|one| one["userName"] == "u5" && one["title"] == "Dr."));
        assert_eq!(stored.len(), 122, "nothing twice");
    }
}
