use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use scim_core::vendor::Profile;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Desk, DeskOptions};
use crate::provider::{Provider, Seed};

fn provider() -> Arc<Provider> {
    Arc::new(Provider::builder().token("t").tenant("acme").build().unwrap())
}

async fn desk(provider: &Arc<Provider>) -> Desk {
    desk_with(provider, DeskOptions { page: true, ..DeskOptions::default() }).await
}

async fn desk_with(provider: &Arc<Provider>, options: DeskOptions) -> Desk {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Desk::start(listener, Arc::clone(provider), options).unwrap()
}

fn host(desk: &Desk) -> String {
    desk.url().trim_start_matches("http://").to_owned()
}

/// Sends a request with these header lines, and returns all that comes back until the connection closes.
async fn raw(desk: &Desk, head: &str, body: &str) -> String {
    let request = format!("{head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let address = host(desk);
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    })
    .await
    .unwrap()
}

async fn get(desk: &Desk, path: &str) -> String {
    raw(desk, &format!("GET {path} HTTP/1.1\r\nhost: {}", host(desk)), "").await
}

async fn post(desk: &Desk, path: &str, headers: &str, body: &str) -> String {
    raw(desk, &format!("POST {path} HTTP/1.1\r\nhost: {}{headers}", host(desk)), body).await
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn ask(provider: &Provider, method: &str, path: &str, body: &str) -> u16 {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", "Bearer t")
        .header("content-type", "application/scim+json")
        .header("user-agent", "test/1")
        .body(Bytes::from(body.to_owned()))
        .unwrap();
    provider.handle(&request).status().as_u16()
}

fn create(provider: &Provider, name: &str) {
    let user =
        serde_json::json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name});
    assert_eq!(ask(provider, "POST", "/scim/v2/Users", &user.to_string()), 201);
}

/// A connection to the stream of events.
struct Events(TcpStream, String);

impl Events {
    fn open(desk: &Desk, query: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(host(desk)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET /events?{query} HTTP/1.1\r\nhost: localhost{headers}\r\n\r\n").unwrap();
        Self(stream, String::new())
    }

    /// The next event: its id and data. `None` once the stream has ended.
    fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) =
                self.1.split_once("\n\n").map(|(event, rest)| (event.to_owned(), rest.to_owned()))
            {
                self.1 = rest;
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let (Some(id), Some(data)) = (field("id: "), field("data: ")) {
                    return Some((id, serde_json::from_str(&data).unwrap()));
                }
            } else {
                let mut some = [0; 4096];
                match self.0.read(&mut some).unwrap() {
                    0 => return None,
                    // Chunks of the transfer coding begin with their length on a line of its own, which no field is.
                    read => self.1.push_str(&String::from_utf8_lossy(&some[..read])),
                }
            }
        }
    }
}

#[tokio::test]
async fn an_empty_mock_says_how_to_reach_it() {
    let provider = provider();
    let access = "the token that --token gave".to_owned();
    let desk = desk_with(&provider, DeskOptions { page: true, access, ..DeskOptions::default() }).await;
    let page = get(&desk, "/").await;
    assert_eq!(status(&page), 200);
    for wanted in [
        "Waiting for the first request",
        "/scim/v2?aadOptscim062020",
        "SCIM connector base URL",
        "the token that --token gave",
        "Nobody is there yet",
        "lang=\"en\"",
        "acme",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    desk.stop().await;
}

#[tokio::test]
async fn every_answer_keeps_strangers_out() {
    let provider = provider();
    let desk = desk(&provider).await;
    for path in ["/", "/desk.js", "/desk.css", "/control", "/nowhere"] {
        let answer = get(&desk, path).await;
        let policy = header(&answer, "content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header(&answer, "x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(header(&answer, "cache-control"), Some("no-store"), "{path}");
    }
    let page = get(&desk, "/").await;
    assert!(
        !page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick"),
        "nothing is inline"
    );
    desk.stop().await;
}

#[tokio::test]
async fn only_names_of_this_machine_are_answered() {
    let provider = provider();
    let options = DeskOptions { page: true, names: vec!["desk.lan".to_owned()], ..DeskOptions::default() };
    let desk = desk_with(&provider, options).await;
    for good in ["localhost", "localhost:8081", "127.0.0.1:1", "[::1]:8081", "LOCALHOST", "desk.lan"] {
        let answer = raw(&desk, &format!("GET / HTTP/1.1\r\nhost: {good}"), "").await;
        assert_eq!(status(&answer), 200, "{good}");
    }
    for bad in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "localhost@evil.example",
        "",
    ] {
        for path in ["/", "/events", "/control", "/desk.js"] {
            let answer = raw(&desk, &format!("GET {path} HTTP/1.1\r\nhost: {bad}"), "").await;
            assert!([400, 421].contains(&status(&answer)), "{bad} {path}: {answer}");
        }
    }
    let two = raw(&desk, "GET / HTTP/1.1\r\nhost: localhost\r\nhost: localhost", "").await;
    assert_eq!(status(&two), 400);
    let other = raw(&desk, "GET http://evil.example/ HTTP/1.1\r\nhost: localhost", "").await;
    assert_eq!(status(&other), 400);
    desk.stop().await;
}

#[tokio::test]
async fn changes_are_taken_from_the_own_page_or_from_no_page() {
    let provider = provider();
    let desk = desk(&provider).await;
    let own = format!("\r\norigin: {}\r\nsec-fetch-site: same-origin", desk.url());
    for foreign in [
        "\r\norigin: https://evil.example",
        "\r\norigin: null",
        "\r\norigin: http://127.0.0.1:1",
        "\r\nsec-fetch-site: cross-site",
        "\r\nsec-fetch-site: same-site",
    ] {
        for (path, body) in [
            ("/act/user", "userName=eve"),
            ("/control/users", r#"{"userName": "eve"}"#),
            ("/control/reset", ""),
        ] {
            assert_eq!(status(&post(&desk, path, foreign, body).await), 403, "{foreign} {path}");
        }
    }
    assert!(provider.snapshot().is_empty() && provider.journal().is_empty());
    assert_eq!(status(&post(&desk, "/act/user", &own, "userName=ada").await), 303);
    assert_eq!(status(&post(&desk, "/control/users", "", r#"{"userName": "bob"}"#).await), 200);
    assert_eq!(provider.snapshot().len(), 2);
    desk.stop().await;
}

#[tokio::test]
async fn what_a_client_sends_is_never_markup() {
    let provider = provider();
    let desk = desk(&provider).await;
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    create(&provider, evil);
    let path = "/scim/v2/Users/%3Ci%3E?filter=%3Cscript%3E&x=%22%3E%3Cimg%3E";
    assert_eq!(ask(&provider, "GET", path, ""), 404);
    provider.control().add_foreign_user(evil);
    let page = get(&desk, "/?find=%22%3E%3Cimg%3E&tenant=%3Ci%3E&note=%3Ci%3E").await;
    let page = [page, get(&desk, "/").await].concat();
    for markup in ["<script>", "<img", "<i>", "\"'>"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)"));
    let mut events = Events::open(&desk, "", "");
    let (_, news) = tokio::task::spawn_blocking(move || events.next()).await.unwrap().unwrap();
    assert!(!news.to_string().contains("<script") && !news.to_string().contains("<img"), "{news}");
    // A body by itself is text, whatever is in it.
    let body = get(&desk, "/requests/1/request").await;
    assert_eq!(header(&body, "content-type"), Some("text/plain; charset=utf-8"));
    desk.stop().await;
}

#[tokio::test]
async fn secrets_are_not_shown() {
    let provider = provider();
    let desk = desk(&provider).await;
    let body = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "password": "hunter2"}"#;
    assert_eq!(ask(&provider, "POST", "/scim/v2/Users", body), 201);
    for path in ["/", "/requests/1/request", "/requests/1/answer", "/control", "/control/journal"] {
        let page = get(&desk, path).await;
        assert_eq!(status(&page), 200, "{path}");
        assert!(!page.contains("hunter2") && !page.contains("Bearer t"), "{path}");
    }
    desk.stop().await;
}

#[tokio::test]
async fn events_tell_what_is_new_and_go_on_where_they_broke_off() {
    let provider = provider();
    create(&provider, "ada@example.com");
    let desk = desk(&provider).await;
    let mut events = Events::open(&desk, "", "");
    let (mut events, (first, news)) = tokio::task::spawn_blocking(move || {
        let event = events.next().unwrap();
        (events, event)
    })
    .await
    .unwrap();
    assert_eq!(news["fresh"], true);
    assert!(news["rows"].as_str().unwrap().contains("id=\"r1\""), "{news}");
    assert!(news["people"].as_str().unwrap().contains("ada@example.com"));

    create(&provider, "bob@example.com");
    let (events, (second, news)) = tokio::task::spawn_blocking(move || {
        let event = events.next().unwrap();
        (events, event)
    })
    .await
    .unwrap();
    assert_eq!((&news["fresh"], &news["say"]), (&false.into(), &"1 new request".into()));
    let rows = news["rows"].as_str().unwrap();
    assert!(rows.contains("id=\"r2\"") && !rows.contains("id=\"r1\""), "{rows}");
    assert!(first.ends_with("-1") && second.ends_with("-2"), "{first} {second}");
    assert!(news["people"].as_str().unwrap().contains("bob@example.com"));
    assert_eq!(ask(&provider, "GET", "/scim/v2/Users", ""), 200);
    let (events, (second, news)) = tokio::task::spawn_blocking(move || {
        let mut events = events;
        let event = events.next().unwrap();
        (events, event)
    })
    .await
    .unwrap();
    assert!(news["people"].is_null(), "nobody has changed: {news}");
    drop(events);

    create(&provider, "cyd@example.com");
    let mut again = Events::open(&desk, "after=x-9", &format!("\r\nlast-event-id: {second}"));
    let (_, news) = tokio::task::spawn_blocking(move || again.next()).await.unwrap().unwrap();
    let rows = news["rows"].as_str().unwrap();
    assert!(rows.contains("id=\"r4\"") && !rows.contains("id=\"r3\"") && news["fresh"] == false, "{news}");

    // The number of another run means nothing here.
    let mut foreign = Events::open(&desk, "after=0000-2", "");
    let (_, news) = tokio::task::spawn_blocking(move || foreign.next()).await.unwrap().unwrap();
    assert!(news["fresh"] == true && news["rows"].as_str().unwrap().contains("id=\"r1\""), "{news}");
    desk.stop().await;
}

#[tokio::test]
async fn a_reset_takes_the_rows_before_it_away() {
    let provider = provider();
    create(&provider, "ada");
    let desk = desk(&provider).await;
    assert!(get(&desk, "/").await.contains("id=\"r1\""));
    assert_eq!(status(&post(&desk, "/act/reset", "", "tenant=").await), 303);
    let page = get(&desk, "/").await;
    assert!(
        !page.contains("id=\"r1\"") && page.contains("id=\"r2\"") && page.contains("Nobody is there yet")
    );
    let mut events = Events::open(&desk, "", "");
    let (_, news) = tokio::task::spawn_blocking(move || events.next()).await.unwrap().unwrap();
    assert_eq!(news["oldest"], 2);
    desk.stop().await;
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let provider = provider();
    let desk = desk(&provider).await;
    let mut events = Events::open(&desk, "", "");
    let (told, heard) = tokio::sync::oneshot::channel();
    let reader = tokio::task::spawn_blocking(move || {
        events.next().unwrap();
        let _ = told.send(());
        events.next()
    });
    heard.await.unwrap();
    desk.stop().await;
    assert_eq!(reader.await.unwrap(), None);
}

#[tokio::test]
async fn forms_work_without_a_script() {
    let profile = Profile::builtin("bitwarden").unwrap();
    let provider = Arc::new(Provider::builder().profile(profile).token("t").tenant("acme").build().unwrap());
    let desk = desk(&provider).await;
    let added = post(&desk, "/act/user", "", "userName=ada%40example.com&tenant=acme").await;
    let place = header(&added, "location").unwrap().to_owned();
    assert_eq!((status(&added), place.as_str()), (303, "/?tenant=acme&note=1"));
    let page = get(&desk, &place).await;
    assert!(page.contains("ada@example.com is there") && page.contains("invited"), "{page}");
    assert!(!get(&desk, &place).await.contains("is there;"), "a note is shown once");
    assert!(get(&desk, "/").await.contains("Nobody is there yet"), "the other tenant has nobody");

    let control = provider.control_of("acme").unwrap();
    let id = control.snapshot()[0]["id"].as_str().unwrap().to_owned();
    let about = format!("tenant=acme&id={id}&name=ada");
    let said = |answer: String| {
        let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        let said: Value = serde_json::from_str(&body).unwrap();
        said["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(said(post(&desk, "/act/advance", "\r\nx-desk: 1", &about).await), "ada is now accepted");
    assert_eq!(said(post(&desk, "/act/deactivate", "\r\nx-desk: 1", &about).await), "ada is deactivated");
    assert_eq!(control.snapshot()[0]["active"], false);
    assert_eq!(said(post(&desk, "/act/activate", "\r\nx-desk: 1", &about).await), "ada is active");
    assert_eq!(said(post(&desk, "/act/delete", "\r\nx-desk: 1", &about).await), "ada is deleted");
    assert_eq!(
        said(post(&desk, "/act/delete", "\r\nx-desk: 1", &about).await),
        format!("there is no resource {id}")
    );
    assert_eq!(
        said(post(&desk, "/act/clock", "\r\nx-desk: 1", "advance=soon").await),
        "\"soon\" is no duration, such as 90s or 2h 30m"
    );
    assert_eq!(
        said(post(&desk, "/act/seed", "\r\nx-desk: 1", "users=3&groups=1").await),
        "3 new users and 1 new groups"
    );
    assert_eq!(said(post(&desk, "/act/user", "\r\nx-desk: 1", "").await), "userName is missing");
    assert_eq!(
        said(post(&desk, "/act/user", "\r\nx-desk: 1", "tenant=x&userName=a").await),
        "there is no tenant \"x\""
    );
    assert_eq!(status(&post(&desk, "/act/nothing", "", "").await), 404);
    assert_eq!(status(&get(&desk, "/act/reset").await), 405);

    // The new token is told once, and then it is the one that is good.
    let place = header(&post(&desk, "/act/token", "", "").await, "location").unwrap().to_owned();
    let page = get(&desk, &place).await;
    assert!(page.contains("the new token, shown this once"), "{page}");
    assert_eq!(ask(&provider, "GET", "/scim/v2/Users", ""), 401);
    desk.stop().await;
}

#[tokio::test]
async fn rows_are_filtered_without_a_script() {
    let provider = provider();
    create(&provider, "ada");
    assert_eq!(ask(&provider, "GET", "/scim/v2/Users?filter=userName%20eq%20ada", ""), 400);
    let desk = desk(&provider).await;
    let rows = |page: &str| page.matches("<li class=\"row\"").count();
    assert_eq!(rows(&get(&desk, "/").await), 2);
    assert_eq!(rows(&get(&desk, "/?find=POST").await), 1);
    let found = get(&desk, "/?findings=1").await;
    assert!(rows(&found) == 1 && found.contains("client.filter-syntax"), "{found}");
    assert_eq!(rows(&get(&desk, "/?from=1").await), 1);
    assert!(get(&desk, "/?find=nothing").await.contains("No request matches"));
    desk.stop().await;
}

#[tokio::test]
async fn a_large_store_makes_no_large_page() {
    let provider = provider();
    provider.control().seed(Seed { users: 5000, groups: 300 }).unwrap();
    let big = "x".repeat(100_000);
    for _ in 0..250 {
        ask(&provider, "POST", "/scim/v2/Users", &format!("{{\"schemas\": [\"{big}\"]}}"));
    }
    let desk = desk(&provider).await;
    let page = get(&desk, "/").await;
    assert!(page.contains("newest 200 of 5000") && page.contains("newest 200 of 300"));
    assert!(page.contains("The newest 200 are shown"));
    assert!(page.len() < 4_000_000, "{} bytes", page.len());
    desk.stop().await;
}

#[tokio::test]
async fn without_a_page_there_is_the_control_api() {
    let provider = provider();
    let desk = desk_with(&provider, DeskOptions::default()).await;
    assert_eq!(status(&get(&desk, "/").await), 404);
    assert_eq!(status(&get(&desk, "/controls").await), 404);
    let state = get(&desk, "/control").await;
    assert!(status(&state) == 200 && state.contains("\"users\":[]"), "{state}");
    let large = post(&desk, "/control/users", "", &"x".repeat(2 * 1024 * 1024)).await;
    assert_eq!(status(&large), 413);
    desk.stop().await;
}
