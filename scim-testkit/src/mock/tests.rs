use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use http::Request;
use serde_json::json;

use super::*;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn post(mock: &MockScim, path: &str, body: &Value) {
    let request = Request::post(format!("/scim/v2{path}")).header("content-type", "application/scim+json");
    mock.provider().handle(&request.body(Bytes::from(body.to_string())).unwrap());
}

fn panic_text(look: impl FnOnce()) -> String {
    let error = catch_unwind(AssertUnwindSafe(look)).expect_err("it should have panicked");
    error.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn expectations_hold_or_say_what_was_seen() {
    let mock = MockScim::new();
    post(
        &mock,
        "/Users",
        &json!({"schemas": [USER], "userName": "ada", "emails": [{"value": "a@example.com"}]}),
    );
    post(&mock, "/Users", &json!({"schemas": [USER], "userName": "Ada"}));

    mock.expect("POST", "/Users").times(2);
    mock.expect("post", "/U*").status(409).once();
    mock.expect("*", "*").header("Content-Type", "application/scim+json").at_least(2);
    let first = mock.expect("POST", "/Users").body("emails[0].value", "a@example.com").once();
    assert_eq!((first.number, first.status), (1, 201));
    mock.expect("DELETE", "*").never();
    mock.expect("POST", "/Users").at_most(2);

    let text = panic_text(|| drop(mock.expect("POST", "/Users").once()));
    assert_eq!(
        text,
        "expected exactly 1 POST /Users, saw 2\nseen:\n  #1 POST /scim/v2/Users -> 201\n  #2 POST /scim/v2/Users -> 409"
    );
    let text = panic_text(|| drop(mock.expect("POST", "/Users").body("userName", "bob").once()));
    assert!(text.starts_with("expected exactly 1 POST /Users with userName = \"bob\", saw none\n"), "{text}");
    assert!(
        text.contains("\n  #1 POST /scim/v2/Users -> 201, but not userName = \"bob\"\n    {\"schemas\""),
        "{text}"
    );
    let text = panic_text(|| mock.expect("POST", "*").never());
    assert!(text.starts_with("expected no POST *, saw 2\n"), "{text}");
    let text = panic_text(|| drop(mock.expect("GET", "/Groups").at_least(1)));
    assert!(
        text.ends_with("all requests:\n  #1 POST /scim/v2/Users -> 201\n  #2 POST /scim/v2/Users -> 409"),
        "{text}"
    );
}

#[test]
fn a_query_is_compared_as_it_is_meant() {
    let mock = MockScim::new();
    let request =
        Request::get("/scim/v2/Users?filter=userName+eq+%22ada%22&count=1").body(Bytes::new()).unwrap();
    mock.provider().handle(&request);
    mock.expect("GET", "/Users").query("filter", "userName eq \"ada\"").query("count", "1").once();
    mock.expect("GET", "/Users").query("filter", "userName eq \"bob\"").never();
}

#[test]
fn users_are_as_expected_or_shown_as_they_are() {
    let mock = MockScim::vendor("interop");
    post(
        &mock,
        "/Users",
        &json!({"schemas": [USER], "userName": "ada", "title": "Countess", "name": {"givenName": "Ada"}}),
    );
    let id = mock.users()[0].id.clone().unwrap();
    post(
        &mock,
        "/Groups",
        &json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Eng", "members": [{"value": id}]}),
    );
    mock.expect_user("ADA")
        .active()
        .has("title", "Countess")
        .has("name.givenName", "Ada")
        .has("schemas[0]", USER)
        .lacks("nickName")
        .member_of("Eng")
        .not_member_of("Sales");
    mock.expect_user("bob").gone();
    assert_eq!(mock.groups()[0].members.len(), 1);

    let text = panic_text(|| drop(mock.expect_user("ada").inactive()));
    assert!(text.starts_with("expected ada to be inactive\nstored: {\n"), "{text}");
    assert!(text.ends_with("changed by:\n  #1 POST /scim/v2/Users -> 201"), "{text}");
    let text = panic_text(|| drop(mock.expect_user("ada").has("title", "Lady")));
    assert!(text.starts_with("expected ada to have title = \"Lady\"\n"), "{text}");
    let text = panic_text(|| drop(mock.expect_user("ada").member_of("Sales")));
    assert!(text.contains("to be a member of \"Sales\", but the groups are [\"Eng\"]"), "{text}");
    let text = panic_text(|| drop(mock.expect_user("bob").active()));
    assert!(text.starts_with("expected a user bob, but there is ada\nall requests:\n"), "{text}");
    let text = panic_text(|| mock.expect_user("ada").gone());
    assert!(text.starts_with("expected ada to be gone\n"), "{text}");
}

#[test]
fn a_member_is_known_where_the_vendor_shows_none() {
    let aws = MockScim::vendor("aws");
    aws.control().seed(crate::provider::Seed { users: 1, groups: 1 }).unwrap();
    let name = aws.users()[0].user_name.clone().unwrap();
    assert!(aws.groups()[0].members.is_empty(), "as over SCIM");
    aws.expect_user(&name).member_of("Team 1");
}

#[test]
fn an_unknown_vendor_is_named() {
    let text = panic_text(|| drop(MockScim::vendor("hubspt")));
    assert!(text.starts_with("there is no profile \"hubspt\"; there are "), "{text}");
}

#[test]
fn paths_lead_into_extensions() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let value = json!({enterprise: {"manager": {"value": "7"}}, "a": [[1]]});
    let found = |path: &str| expect::at(&value, path).map(ToString::to_string);
    assert_eq!(found(&format!("{enterprise}:manager.value")).as_deref(), Some("\"7\""));
    assert_eq!(found(&format!("{enterprise}.manager")).as_deref(), Some("{\"value\":\"7\"}"));
    assert_eq!(found("a[0][0]").as_deref(), Some("1"));
    assert_eq!(
        [found("a[1]"), found("b"), found("a[x]"), found("a[0"), found("[")],
        [None, None, None, None, None]
    );
}
