//! The client against servers that misbehave, over real sockets: one scenario each.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt, future::join_all};
use scim_client::{
    AnswerError, CallOptions, Client, ClientBuilder, Creation, Error, ErrorKind, Fresh, List, MemberChanges,
    OAuth, Precondition, RetryPolicy, Totals, TransportKind,
    clock::ManualClock,
    pages::{PageFault, PageWarning},
};
use scim_core::{
    patch::PatchOp,
    resource::{GenericResource, User},
};
use serde_json::{Value, json};

use crate::client_server::{Does, Scripted, error, json as answer, plain};

const TOKEN: &str = "tok-91b7aa03";

fn clock() -> ManualClock {
    ManualClock::at("2026-03-01T12:00:00Z".parse().expect("a time"))
}

fn builder(server: &Scripted) -> ClientBuilder {
    Client::builder(&server.url).bearer(TOKEN).no_proxy().clock(clock()).jitter(|| 0.0)
}

pub(crate) fn client(server: &Scripted) -> Client {
    builder(server).build().expect("the options are plain")
}

fn user(n: usize) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": n.to_string(), "userName": format!("u{n}")})
}

fn page(total: usize, numbers: impl Iterator<Item = usize>) -> Value {
    json!({"totalResults": total, "Resources": numbers.map(user).collect::<Vec<_>>()})
}

async fn names(client: &Client, list: List) -> (Vec<String>, Option<Error>, Vec<PageWarning>) {
    let mut pages = client.users().list(list);
    let (mut names, mut failed) = (Vec::new(), None);
    while let Some(user) = pages.next().await {
        match user {
            Ok(user) => names.push(user.user_name.expect("every user has a name")),
            Err(error) => failed = Some(error),
        }
    }
    (names, failed, pages.warnings().to_vec())
}

fn fault(error: &Error) -> PageFault {
    match error.kind() {
        ErrorKind::Decode(AnswerError::Paging(fault)) => fault.clone(),
        other => panic!("{other:?}"),
    }
}

/// Pages of at most 50 of 120 users, whatever is asked for, with that total.
fn capped(total: usize) -> Scripted {
    Scripted::start(move |got| {
        let start: usize = got.parameter("startIndex").map_or(1, |text| text.parse().expect("a number"));
        answer(200, page(total, start..(start + 50).min(121)))
    })
}

#[tokio::test]
async fn pages_capped_at_50_with_a_lying_total() {
    for total in [50, 120] {
        let server = capped(total);
        let (got, failed, warnings) = names(&client(&server), List::new().page_size(200)).await;
        assert_eq!(got.len(), 120, "total {total}: {failed:?}");
        assert_eq!(got.iter().collect::<HashSet<_>>().len(), 120);
        assert_eq!(warnings.len(), usize::from(total == 50), "{warnings:?}");
    }
    let (got, failed, _) = names(&client(&capped(9000)), List::new()).await;
    assert_eq!(got.len(), 120, "what there is comes before the error");
    assert_eq!(fault(&failed.expect("an error")), PageFault::Truncated { received: 120, total: 9000 });
    let (got, failed, warnings) = names(&client(&capped(9000)), List::new().totals(Totals::Warn)).await;
    assert_eq!((got.len(), failed.is_none()), (120, true));
    assert_eq!(warnings, [PageWarning::Truncated { received: 120, total: 9000 }]);
}

#[tokio::test]
async fn start_index_ignored() {
    let server = Scripted::start(|_| answer(200, page(30, 1..11)));
    let (got, failed, _) = names(&client(&server), List::new()).await;
    assert_eq!(got.len(), 10);
    assert_eq!(
        fault(&failed.expect("an error")),
        PageFault::StartIndexIgnored { received: 10, total: Some(30) }
    );
    assert_eq!(server.log().len(), 2);

    let complete = Scripted::start(|_| answer(200, page(10, 1..11)));
    let (got, failed, warnings) = names(&client(&complete), List::new()).await;
    assert_eq!((got.len(), failed.is_none()), (10, true));
    assert_eq!(warnings, [PageWarning::StartIndexIgnored]);
}

#[tokio::test]
async fn cursor_unasked() {
    let server = Scripted::start(|got| {
        let (numbers, next) = match got.parameter("cursor").as_deref() {
            None => (1..3, Some("a&b=c")),
            Some("a&b=c") => (3..3, Some("d")),
            Some("d") => (3..5, None),
            other => panic!("{other:?}"),
        };
        let mut body = page(4, numbers);
        if let Some(next) = next {
            body["nextCursor"] = next.into();
        }
        answer(200, body)
    });
    let (got, failed, warnings) = names(&client(&server), List::new().page_size(2)).await;
    assert_eq!(got, ["u1", "u2", "u3", "u4"], "{failed:?}");
    assert!(warnings.is_empty());
    assert!(
        server.log().iter().all(|got| got.parameter("count").as_deref() == Some("2")),
        "{:?}",
        server.lines()
    );
    assert!(server.log().iter().all(|got| got.parameter("startIndex").is_none()));
}

#[tokio::test]
async fn a_failure_on_page_two_yields_page_one_first() {
    let server = Scripted::start(|got| match got.parameter("startIndex") {
        None => answer(200, page(4, 1..3)),
        Some(_) => error(500, "disk on fire"),
    });
    let (got, failed, _) = names(&client(&server), List::new()).await;
    assert_eq!(got, ["u1", "u2"]);
    let failed = failed.expect("an error").to_string();
    assert_eq!(failed, format!("GET {}/Users?startIndex=3&count=100: 500: disk on fire", server.url));
}

/// Keeps users, and answers filters on `userName` and `externalId`. `cut` says on which creates the answer is lost.
fn directory(cut: impl Fn(usize) -> bool + Send + Sync + 'static) -> Scripted {
    let users: Mutex<Vec<Value>> = Mutex::default();
    let creates = AtomicUsize::new(0);
    Scripted::start(move |got| {
        let mut users = users.lock().expect("no panic");
        match got.method.as_str() {
            "POST" => {
                if users.iter().any(|known| known["userName"] == got.body["userName"]) {
                    return plain(409, "taken");
                }
                let mut made = got.body.clone();
                made["id"] = users.len().to_string().into();
                users.push(made.clone());
                if cut(creates.fetch_add(1, Ordering::Relaxed)) { Does::Cuts } else { answer(201, made) }
            }
            _ => {
                let filter = got.parameter("filter").expect("a lookup");
                let filter = scim_core::filter::Filter::parse(&filter).expect("it parses");
                let types = scim_core::schema::ResourceType::user();
                let found: Vec<&Value> =
                    users.iter().filter(|user| filter.matches(user, &types) == Ok(true)).collect();
                answer(200, json!({"totalResults": found.len(), "Resources": found}))
            }
        }
    })
}

#[tokio::test]
async fn created_and_then_cut_is_adopted_not_doubled() {
    let server = directory(|create| create == 0);
    let client = client(&server);
    let mut ada = User::new("ada \"the\" countess");
    ada.external_id = Some("e-1".into());
    let plain_create = client.users().create(&ada).await.expect_err("the answer was lost");
    assert!(plain_create.may_have_been_applied() && !plain_create.is_retryable(), "{plain_create}");
    assert_eq!(plain_create.attempts(), 1);

    let server = directory(|create| create == 0);
    let adopted = self::client(&server).users().create_or_adopt(&ada).await.expect("it is found");
    assert!(
        matches!(&adopted, Creation::Adopted(user) if user.external_id.as_deref() == Some("e-1")),
        "{adopted:?}"
    );
    let posts = server.log().iter().filter(|got| got.method == "POST").count();
    assert_eq!(posts, 1, "{:?}", server.lines());
}

#[tokio::test]
async fn a_conflict_is_adopted_unless_it_is_somebody_else() {
    let server = directory(|_| false);
    let client = client(&server);
    let ada = User::new("ada");
    assert!(matches!(client.users().create_or_adopt(&ada).await, Ok(Creation::Created(_))));
    assert!(
        matches!(client.users().create_or_adopt(&ada).await, Ok(Creation::Adopted(_))),
        "409 without a scimType"
    );
    let mut first = User::new("bob");
    first.external_id = Some("1".into());
    let mut second = first.clone();
    second.external_id = Some("2".into());
    assert!(matches!(client.users().create_or_adopt(&first).await, Ok(Creation::Created(_))));
    let Ok(Creation::Conflict(error)) = client.users().create_or_adopt(&second).await else {
        panic!("it is another")
    };
    assert!(error.is_uniqueness());
}

#[tokio::test]
async fn a_server_that_never_keeps_what_it_is_given_is_given_up() {
    let server = Scripted::start(|got| match got.method.as_str() {
        "POST" => Does::Cuts,
        // It ignores the filter and shows a user of its own.
        _ => answer(200, page(1, 1..2)),
    });
    let error =
        client(&server).users().create_or_adopt(&User::new("ada")).await.expect_err("it is not there");
    assert!(error.may_have_been_applied());
    assert_eq!(server.log().iter().filter(|got| got.method == "POST").count(), 3);
}

#[tokio::test]
async fn find_tells_one_from_several_and_escapes() {
    let server = Scripted::start(|got| {
        assert_eq!(got.parameter("filter").as_deref(), Some(r#"userName eq "a\"b""#));
        let named = |id: &str| json!({"id": id, "userName": "A\"b"});
        answer(200, json!({"totalResults": 2, "Resources": [named("1"), named("2")]}))
    });
    let error = client(&server).users().find_by("userName", "a\"b").await.expect_err("there are two");
    assert!(matches!(error.kind(), ErrorKind::Decode(AnswerError::Several { matches: 2 })), "{error}");
}

#[tokio::test]
async fn ids_with_slashes_and_quotes_are_one_segment() {
    let server = Scripted::start(|got| match got.method.as_str() {
        "DELETE" => Does::Answers { status: 204, headers: Vec::new(), body: Vec::new() },
        _ => answer(200, json!({"id": "a/b?c#d", "userName": "x"})),
    });
    let client = client(&server);
    client.users().get("a/b?c#d").await.expect("it is there");
    client.users().delete("a/b?c#d").await.expect("it was there");
    assert_eq!(server.lines(), ["GET /Users/a%2Fb%3Fc%23d", "DELETE /Users/a%2Fb%3Fc%23d"]);
    for id in ["", ".", ".."] {
        assert!(client.users().delete(id).await.is_err(), "{id:?} would be another address");
    }
    assert_eq!(server.log().len(), 2);
}

#[tokio::test]
async fn patch_answered_204_is_success() {
    let server = Scripted::start(|_| Does::Answers { status: 204, headers: Vec::new(), body: Vec::new() });
    let patched = client(&server).users().patch("1", &PatchOp::new().replace("active", false)).await;
    assert_eq!(patched.expect("204 is success"), None);
}

#[tokio::test]
async fn without_patch_the_client_reads_changes_and_replaces() {
    let stored = Arc::new(Mutex::new(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "userName": "ada", "title": "old",
        "urn:vendor:x": {"a": {"b": {"c": [1, 2]}}}, "meta": {"resourceType": "User", "version": "W/\"1\""},
    })));
    let shared = Arc::clone(&stored);
    let beaten = AtomicUsize::new(0);
    let server = Scripted::start(move |got| {
        let mut stored = shared.lock().expect("no panic");
        match got.method.as_str() {
            "PATCH" => error(501, "no PATCH here"),
            "GET" => answer(200, stored.clone()),
            "PUT" if beaten.fetch_add(1, Ordering::Relaxed) == 0 => error(412, "somebody was faster"),
            "PUT" => {
                assert_eq!(got.header("if-match"), Some("W/\"1\""));
                *stored = got.body.clone();
                answer(200, stored.clone())
            }
            other => panic!("{other}"),
        }
    });
    let client = client(&server);
    let patch = PatchOp::new().replace("title", "new");
    let patched =
        client.users().patch("1", &patch).await.expect("it works without PATCH").expect("it is shown");
    assert_eq!(patched.title.as_deref(), Some("new"));
    assert_eq!(stored.lock().expect("no panic")["urn:vendor:x"]["a"]["b"]["c"], json!([1, 2]));
    client.users().patch("1", &PatchOp::new().replace("title", "newer")).await.expect("it is remembered");
    let methods: Vec<String> = server.log().into_iter().map(|got| got.method).collect();
    assert_eq!(methods, ["PATCH", "GET", "PUT", "GET", "PUT", "GET", "PUT"]);
}

#[tokio::test]
async fn a_vendor_attribute_three_levels_deep_survives_get_edit_put() {
    let before = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "userName": "ada",
        "emails": [{"value": "a@b.c", "x-verified": {"by": {"whom": ["me"]}}}],
        "urn:vendor:x": {"a": {"b": {"c": null}}}, "Z": [],
    });
    let sent = before.clone();
    let server = Scripted::start(move |got| match got.method.as_str() {
        "GET" => answer(200, sent.clone()),
        _ => answer(200, got.body.clone()),
    });
    let client = client(&server);
    let mut user = client.users().get("1").await.expect("it is there");
    user.title = Some("Countess".into());
    client.users().replace(&user).await.expect("it is replaced");
    let mut expected = before;
    expected["title"] = "Countess".into();
    assert_eq!(server.log()[1].body, expected);
    assert_eq!(server.log()[1].header("if-match"), None, "no version is known");
}

#[tokio::test]
async fn a_stale_etag_is_an_error_of_its_own() {
    let server = Scripted::start(|got| match (got.method.as_str(), got.header("if-none-match")) {
        ("GET", Some("W/\"7\"")) => Does::Answers { status: 304, headers: Vec::new(), body: Vec::new() },
        // The version is in the header only.
        ("GET", _) => answer(200, user(1)).with("etag", "W/\"7\""),
        _ if got.header("if-match") == Some("W/\"8\"") => answer(200, user(1)),
        _ => error(412, "it was changed"),
    });
    let client = client(&server);
    let user = client.users().get("1").await.expect("it is there");
    assert_eq!(client.users().get_fresh(&user).await.expect("it can be asked"), Fresh::Unchanged);
    let error = client.users().replace(&user).await.expect_err("it is stale");
    assert!(error.is_precondition_failed() && !error.is_uniqueness() && !error.may_have_been_applied());
    assert_eq!(server.log().last().expect("a request").header("if-match"), Some("W/\"7\""));
    let options =
        CallOptions { precondition: Precondition::IfMatch("W/\"8\"".into()), ..CallOptions::default() };
    client.users().with(options).replace(&user).await.expect("that version is right");
    let options = CallOptions { precondition: Precondition::None, ..CallOptions::default() };
    client.users().with(options).replace(&user).await.expect_err("412 as scripted");
    assert_eq!(server.log().last().expect("a request").header("if-match"), None);
}

#[tokio::test]
async fn a_redirect_to_another_host_gets_no_credential() {
    let thief = Scripted::start(|_| answer(200, user(1)));
    let elsewhere = thief.url.clone();
    let server = Scripted::start(move |got| match got.path() {
        "/Users/1" => plain(307, "").with("location", format!("{elsewhere}/Users/1")),
        "/Users/2" => plain(308, "").with("location", "/scim/v2/Users/3"),
        _ => answer(200, user(3)),
    });
    let client = client(&server);
    let error = client.users().get("1").await.expect_err("it is not followed");
    assert_eq!(error.status(), Some(307));
    assert!(thief.log().is_empty());
    client.users().get("2").await.expect("the same origin is followed");
    assert_eq!(
        server.log().last().expect("a request").header("authorization"),
        Some(&*format!("Bearer {TOKEN}"))
    );
}

#[tokio::test]
async fn a_html_502_keeps_what_the_server_said() {
    let server = Scripted::start(|_| plain(502, "<html>\n<h1>Bad Gateway</h1>"));
    let error = client(&server).users().create(&User::new("ada")).await.expect_err("502");
    assert!(matches!(error.kind(), ErrorKind::Status(502)));
    assert_eq!(error.body().as_ref(), b"<html>\n<h1>Bad Gateway</h1>");
    assert!(error.may_have_been_applied(), "a gateway does not know");
    assert_eq!(server.log().len(), 1, "so it is not repeated");
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("502 without a SCIM error, but with \"<html> <h1>Bad Gateway</h1>\""), "{shown}");
    assert!(!shown.contains(TOKEN));
}

#[tokio::test]
async fn a_slow_loris_body_ends_in_time() {
    let server = Scripted::start(|_| Does::Dawdles);
    let policy = RetryPolicy { try_timeout: Duration::from_millis(300), ..RetryPolicy::never() };
    let error =
        builder(&server).retry(policy).build().expect("plain").users().get("1").await.expect_err("too slow");
    assert!(error.is_timeout(), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused() {
    let server = Scripted::start(|_| plain(200, &"x".repeat(5000)));
    let error = builder(&server)
        .max_response(4096)
        .build()
        .expect("plain")
        .users()
        .get("1")
        .await
        .expect_err("large");
    assert!(matches!(error.kind(), ErrorKind::Transport(error) if error.kind() == TransportKind::TooLarge));
}

#[tokio::test]
async fn one_refresh_for_50_requests_whose_token_expires() {
    let tokens = Arc::new(AtomicUsize::new(0));
    let shared = Arc::clone(&tokens);
    let server = Scripted::start(move |got| {
        if got.path() == "/token" {
            assert_eq!(got.header("authorization"), Some("Basic Y2xpZW50OnMlM0FjcmV0"), "{got:?}");
            assert_eq!(got.body, "grant_type=client_credentials&scope=scim");
            let number = shared.fetch_add(1, Ordering::SeqCst) + 1;
            return answer(200, json!({"access_token": format!("t{number}"), "expires_in": 3600}));
        }
        // The first token is valid for one request only.
        match got.header("authorization") {
            Some("Bearer t1") if got.path() == "/Users/0" => answer(200, user(0)),
            Some("Bearer t2") => answer(200, user(1)),
            _ => error(401, "the token has expired"),
        }
    });
    let oauth = OAuth::new(server.url.replace("/scim/v2", "/token"), "client", "s:cret").scope("scim");
    let client = Client::builder(&server.url).oauth(oauth).no_proxy().build().expect("plain");
    client.users().get("0").await.expect("the first token works");
    let users = client.users();
    let ids: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
    let results = join_all(ids.iter().map(|id| users.get(id))).await;
    assert!(results.iter().all(Result::is_ok), "{:?}", results.iter().find(|result| result.is_err()));
    assert_eq!(tokens.load(Ordering::SeqCst), 2, "one at first, one refresh");
}

#[tokio::test]
async fn a_refused_client_is_unauthorized_and_nothing_is_sent() {
    let server = Scripted::start(|_| answer(401, json!({"error": "invalid_client"})));
    let oauth = OAuth::new(format!("{}/token", server.url), "client", "wrong-s3cret");
    let client = Client::builder(&server.url).oauth(oauth).no_proxy().build().expect("plain");
    let error = client.users().create(&User::new("ada")).await.expect_err("no token");
    assert!(error.is_unauthorized() && !error.may_have_been_applied());
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert_eq!(cause, "the token endpoint answered 401: invalid_client");
    assert_eq!(server.lines(), ["POST /token"]);
    assert!(!format!("{error:?}{client:?}").contains("s3cret"));
}

#[tokio::test]
async fn plain_http_elsewhere_needs_consent() {
    let error = Client::builder("http://scim.example.com/v2").bearer("t").build().expect_err("not protected");
    assert!(error.to_string().contains("plain http"), "{error}");
    Client::builder("http://scim.example.com/v2")
        .bearer("t")
        .allow_plain_http()
        .build()
        .expect("consent was given");
    Client::builder("https://scim.example.com/v2").bearer("t").build().expect("it is protected");
    Client::builder("https://me:pw@scim.example.com/v2").build().expect_err("credentials belong elsewhere");
}

#[tokio::test]
async fn connections_are_kept() {
    let server = Scripted::start(|_| answer(200, user(1)));
    let client = client(&server);
    for _ in 0..20 {
        client.users().get("1").await.expect("it is there");
    }
    let connections: HashSet<usize> = server.log().iter().map(|got| got.connection).collect();
    assert_eq!(connections.len(), 1);
}

#[tokio::test]
async fn group_members_go_in_portions_and_are_verified() {
    let server = Scripted::start(|got| match got.method.as_str() {
        "PATCH" => Does::Answers { status: 204, headers: Vec::new(), body: Vec::new() },
        // It confirms everything and does nothing.
        _ => answer(200, json!({"id": "g", "displayName": "G", "members": [{"value": "old"}]})),
    });
    let client = client(&server);
    let ids: Vec<String> = (0..250).map(|id| id.to_string()).collect();
    let changes = MemberChanges::new().adding(ids).removing(["old"]);
    client.groups().change_members("g", &changes).await.expect("the server says so");
    assert_eq!(server.log().len(), 4);
    let error = client.groups().change_members("g", &changes.verify()).await.expect_err("it is not so");
    let expected = "the server confirmed the write and did not do it: 250 added members are missing, 1 removed members \
                    are still there";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[tokio::test]
async fn loose_answers_are_read_as_they_are_meant() {
    let server = Scripted::start(|got| match got.path() {
        "/ServiceProviderConfig" => answer(200, json!({"patch": "yes", "bulk": {"supported": "true"}})),
        "/Users" => answer(200, json!({"TotalResults": "0"})),
        _ => Does::Answers {
            status: 200,
            headers: vec![("content-type", "text/plain".into())],
            body: br#"{"ID": 7, "USERNAME": "ada", "active": "True"}"#.to_vec(),
        },
    });
    let client = client(&server);
    let ada = client.users().get("7").await.expect("it is meant well");
    assert_eq!((ada.user_name.as_deref(), ada.active), (Some("ada"), Some(true)));
    let config = client.discovery().capabilities().await.expect("it is meant well");
    assert_eq!((config.patch_supported(), config.bulk_supported()), (None, Some(true)));
    client.discovery().capabilities().await.expect("it is kept");
    assert_eq!(server.log().iter().filter(|got| got.path() == "/ServiceProviderConfig").count(), 1);
    let nobody: Vec<User> =
        client.users().list(List::new()).try_collect().await.expect("no Resources is none");
    assert!(nobody.is_empty());
    let device: GenericResource = client.resource_at("Devices").get("7").await.expect("any type");
    assert_eq!(device.extra.get("username"), Some(&json!("ada")));
}

#[tokio::test]
async fn what_the_server_says_it_lacks_fails_before_it_is_sent() {
    let server = Scripted::start(|_| {
        answer(200, json!({"filter": {"supported": false}, "patch": {"supported": false}, "Resources": []}))
    });
    let client = client(&server);
    client.discovery().capabilities().await.expect("they are told");
    let filter = scim_core::filter::Filter::parse("active eq true").expect("it parses");
    let error = client.users().find(filter.clone()).await.expect_err("no filters");
    assert_eq!(error.to_string(), "the server says that it does not support filters");
    let listed = client.users().list(List::new().filter(filter)).next().await.expect("an item");
    assert_eq!(listed.expect_err("no filters").to_string(), error.to_string());
    let patch = PatchOp::new().replace("x", 1);
    let error =
        client.resource_at::<GenericResource>("Devices").patch("1", &patch).await.expect_err("no PATCH");
    assert_eq!(error.to_string(), "/Devices has no PATCH, and the server names no resource type for it");
    assert_eq!(server.lines(), ["GET /ServiceProviderConfig", "GET /ResourceTypes"]);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    let tokens = AtomicUsize::new(0);
    let server = Scripted::start(move |got| match got.path() {
        "/token" => {
            let number = tokens.fetch_add(1, Ordering::SeqCst);
            answer(200, json!({"access_token": format!("t{number}"), "expires_in": 300}))
        }
        _ => answer(200, user(1)),
    });
    let clock = clock();
    let oauth = OAuth::new(server.url.replace("/scim/v2", "/token"), "me", "s").secret_in_body();
    let client =
        Client::builder(&server.url).oauth(oauth).no_proxy().clock(clock.clone()).build().expect("plain");
    let mut used = Vec::new();
    for wait in [0, 200, 69, 2] {
        clock.advance(Duration::from_secs(wait));
        client.users().get("1").await.expect("it is there");
        used.push(server.log().last().and_then(|got| got.header("authorization").map(str::to_owned)));
    }
    assert_eq!(
        used.into_iter().flatten().collect::<Vec<_>>(),
        ["Bearer t0", "Bearer t0", "Bearer t0", "Bearer t1"]
    );
    assert_eq!(server.log()[0].body, "grant_type=client_credentials&client_id=me&client_secret=s");
}

#[tokio::test]
async fn a_create_without_a_body_is_read_at_its_location() {
    let server = Scripted::start(|got| match got.method.as_str() {
        "POST" => Does::Answers { status: 201, headers: Vec::new(), body: Vec::new() }
            .with("location", "/x/Users/a%2Fb"),
        _ => answer(200, user(7)),
    });
    let made = client(&server).users().create_or_adopt(&User::new("ada")).await.expect("it is made");
    assert!(matches!(made, Creation::Created(user) if user.id.as_deref() == Some("7")));
    assert_eq!(server.lines(), ["POST /Users", "GET /Users/a%2Fb"]);
}

#[tokio::test]
async fn a_search_by_post_keeps_the_filter_out_of_the_address() {
    let server = Scripted::start(|got| match got.body["cursor"].as_str() {
        None => answer(200, json!({"Resources": [user(1)], "nextCursor": "n"})),
        Some("n") => answer(200, json!({"Resources": [user(2)]})),
        other => panic!("{other:?}"),
    });
    let filter = scim_core::filter::Filter::parse("userName sw \"u\"").expect("it parses");
    let (got, failed, _) = names(&client(&server), List::new().filter(filter).by_post()).await;
    assert_eq!(got, ["u1", "u2"], "{failed:?}");
    assert_eq!(server.lines(), ["POST /Users/.search", "POST /Users/.search"]);
    assert_eq!(server.log()[1].body["filter"], "userName sw \"u\"");
}
