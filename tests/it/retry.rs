//! Repeating requests, over real sockets and with a clock that does not wait.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use scim_client::{CallOptions, Client, RateLimits, RetryPolicy, clock::ManualClock, rate::Window};
use scim_core::resource::User;
use serde_json::json;

use crate::client_server::{Does, Scripted, error, json as answer};

/// A server that does `first` so many times and then answers, a client, and the client's clock.
fn after(times: usize, first: impl Fn() -> Does + Send + Sync + 'static) -> (Scripted, Client, ManualClock) {
    let count = AtomicUsize::new(0);
    let server = Scripted::start(move |_| {
        if count.fetch_add(1, Ordering::Relaxed) < times { first() } else { answer(200, json!({"id": "1"})) }
    });
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().expect("a time"));
    let client = Client::builder(&server.url).bearer("t").no_proxy().clock(clock.clone()).jitter(|| 0.0);
    (server, client.build().expect("the options are plain"), clock)
}

#[tokio::test]
async fn a_429_with_a_date_is_waited_for_even_by_a_write() {
    let (server, client, clock) =
        after(1, || error(429, "slow down").with("retry-after", "Sun, 01 Mar 2026 12:00:42 GMT"));
    client.users().create(&User::new("ada")).await.expect("the second attempt is answered");
    assert_eq!(server.log().len(), 2);
    assert_eq!(clock.sleeps(), [Duration::from_secs(42)]);
}

#[tokio::test]
async fn a_throttle_that_looks_like_500_is_a_throttle() {
    let (server, client, _) = after(2, || error(500, "REQUEST_LIMIT_EXCEEDED: concurrent limit of 4"));
    client.users().create(&User::new("ada")).await.expect("the third attempt is answered");
    assert_eq!(server.log().len(), 3);
    let (server, client, _) = after(2, || error(500, "out of memory"));
    let error = client.users().get("1").await.expect_err("500 is 500");
    assert_eq!((server.log().len(), error.attempts()), (1, 1));
}

#[tokio::test]
async fn reads_survive_cut_connections_and_creates_are_not_repeated() {
    let (server, client, _) = after(2, || Does::Cuts);
    client.users().get("1").await.expect("the third attempt is answered");
    assert_eq!(server.log().len(), 3);
    let (server, client, _) = after(2, || Does::Cuts);
    let error = client.users().create(&User::new("ada")).await.expect_err("nobody knows");
    assert!(error.may_have_been_applied());
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_delete_that_happened_and_was_cut_is_done() {
    let count = AtomicUsize::new(0);
    let server = Scripted::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Does::Cuts,
        _ => error(404, "it is gone"),
    });
    let client = Client::builder(&server.url).no_proxy().build().expect("plain");
    client.users().delete("1").await.expect("the first attempt did it");
    let error = client.users().delete("1").await.expect_err("now it was not there");
    assert!(error.is_not_found());
}

#[tokio::test]
async fn nobody_listening_is_retried_within_the_budget() {
    let closed =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("bound");
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().expect("a time"));
    let client = Client::builder(format!("http://{closed}")).no_proxy().clock(clock.clone()).jitter(|| 1.0);
    let client = client.build().expect("plain");
    let error = client.users().create(&User::new("ada")).await.expect_err("nobody is there");
    assert_eq!(error.attempts(), 5);
    assert!(!error.may_have_been_applied() && error.is_retryable());
    assert_eq!(clock.sleeps().iter().map(Duration::as_millis).collect::<Vec<_>>(), [250, 500, 1000, 2000]);
    let once = CallOptions { retry: Some(RetryPolicy::never()), ..CallOptions::default() };
    let error = client.users().with(once).get("1").await.expect_err("nobody is there");
    assert_eq!(error.attempts(), 1, "a call can say otherwise");
}

#[tokio::test]
async fn a_wait_that_does_not_fit_the_budget_is_not_begun() {
    let (server, client, clock) = after(9, || error(429, "slow down").with("retry-after", "3600"));
    let error = client.users().get("1").await.expect_err("an hour is too long");
    assert!(error.is_throttled());
    assert_eq!((server.log().len(), clock.sleeps().len()), (1, 0));
}

#[tokio::test]
async fn the_rate_limit_spreads_requests() {
    let server = Scripted::start(|_| answer(200, json!({"id": "1"})));
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().expect("a time"));
    let rate = RateLimits { windows: vec![Window::all(5, Duration::from_secs(10))], ..RateLimits::default() };
    let client = Client::builder(&server.url)
        .no_proxy()
        .clock(clock.clone())
        .rate_limits(rate)
        .build()
        .expect("plain");
    for _ in 0..12 {
        client.users().get("1").await.expect("it is there");
    }
    assert_eq!(clock.sleeps(), [Duration::from_secs(10); 2]);
}

#[tokio::test]
async fn waiting_for_the_rate_limit_uses_up_no_budget() {
    let count = AtomicUsize::new(0);
    let server = Scripted::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        2 => error(429, "slow down").with("retry-after", "1"),
        _ => answer(200, json!({"id": "1"})),
    });
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().expect("a time"));
    let windows = vec![Window::all(1, Duration::from_secs(100))];
    let client = Client::builder(&server.url).no_proxy().clock(clock.clone());
    let client = client.rate_limits(RateLimits { windows, in_flight: 4 }).build().expect("plain");
    let users = client.users();
    // One after the other: at once, the waiting of one would pass as the server's time of another on this clock.
    for _ in 0..3 {
        users.get("1").await.expect("200 seconds in a queue are not the server's fault");
    }
    assert_eq!(server.log().len(), 4);
}

#[tokio::test]
async fn no_more_requests_at_once_than_allowed() {
    let (now, most) = (std::sync::Arc::new(AtomicUsize::new(0)), std::sync::Arc::new(AtomicUsize::new(0)));
    let seen = std::sync::Arc::clone(&most);
    let server = Scripted::start(move |_| {
        seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(5));
        now.fetch_sub(1, Ordering::SeqCst);
        answer(200, json!({"id": "1"}))
    });
    let rate = RateLimits { in_flight: 3, ..RateLimits::default() };
    let client = Client::builder(&server.url).no_proxy().rate_limits(rate).build().expect("plain");
    let users = client.users();
    let results = futures_util::future::join_all((0..30).map(|_| users.get("1"))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 3);
}
