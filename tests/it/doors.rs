//! The three doors to the mock: whoever comes through one sees what they would see through another.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use scim_core::{call::encode, vendor::Profile};
use scim_testkit::{
    MockScim,
    provider::{Provider, World},
    run::{HttpOptions, HttpTransport, Transport},
    serve::ProviderService,
};
use serde_json::{Value, json};
use tower_service::Service;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path},
};

const ORIGIN: &str = "http://scim.example.com";

/// Method, path and body. `{user}` and `{group}` are the ids that the creates gave.
fn script() -> Vec<(&'static str, String, Value)> {
    let user = "urn:ietf:params:scim:schemas:core:2.0:User";
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let ada = json!({
        "schemas": [user, enterprise],
        "userName": "ada@example.com",
        "externalId": "00u1",
        "displayName": "Ada Lovelace",
        "name": {"givenName": "Ada", "familyName": "Lovelace é"},
        "emails": [{"value": "ada@example.com", "type": "work", "primary": true}],
        "title": "Sales Rep",
        enterprise: {"department": "Engines"},
    });
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Engines",
        "members": [{"value": "{user}"}],
    });
    let patch = |operation: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
    let off = patch(json!({"op": "Replace", "path": "active", "value": "False"}));
    let leave = patch(json!({"op": "remove", "path": "members[value eq \"{user}\"]"}));
    let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 1});
    let filter = encode("userName eq \"ada@example.com\"");
    let get = |path: &str| ("GET", path.to_owned(), Value::Null);
    vec![
        get("/ServiceProviderConfig"),
        get("/ResourceTypes"),
        get("/Schemas"),
        get(&format!("/Users?filter={filter}")),
        ("POST", "/Users".into(), ada.clone()),
        ("POST", "/Users".into(), ada.clone()),
        get(&format!("/Users?filter={filter}&attributes=userName")),
        get("/Users/{user}"),
        ("POST", "/Groups".into(), group),
        get("/Groups/{group}"),
        ("PUT", "/Users/{user}".into(), ada),
        ("PATCH", "/Users/{user}".into(), off),
        ("PATCH", "/Groups/{group}".into(), leave),
        ("POST", "/.search".into(), search),
        get("/Users?startIndex=1&count=2&sortBy=userName"),
        get("/Users?filter=userName"),
        get("/Nothing"),
        ("POST", "/Users".into(), json!("no user")),
        ("DELETE", "/Groups/{group}".into(), Value::Null),
        ("DELETE", "/Users/{user}".into(), Value::Null),
        get("/Users/{user}"),
    ]
}

/// What a client sees of an answer; the rest is the road's.
type Seen = (u16, Vec<(String, String)>, String);

fn seen(response: &Response<Bytes>) -> Seen {
    // `Date`, `Connection` and lengths are the business of whoever carries the answer.
    let told =
        [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::ALLOW, header::WWW_AUTHENTICATE];
    let text = |headers: &HeaderMap, name: &str| headers[name].to_str().expect("text").to_owned();
    let headers = told.iter().filter(|name| response.headers().contains_key(*name));
    let headers = headers.map(|name| (name.to_string(), text(response.headers(), name.as_str()))).collect();
    (response.status().as_u16(), headers, String::from_utf8_lossy(response.body()).into_owned())
}

/// Sends the script through a door.
async fn through(origin: &str, mut send: impl AsyncFnMut(Request<Bytes>) -> Response<Bytes>) -> Vec<Seen> {
    let (mut user, mut group) = ("none".to_owned(), "none".to_owned());
    let mut all = Vec::new();
    for (method, path, body) in script() {
        let fill = |text: &str| text.replace("{user}", &user).replace("{group}", &group);
        let request = Request::builder().method(method).uri(format!("{origin}/scim/v2{}", fill(&path)));
        let request = match body {
            Value::Null => request.body(Bytes::new()),
            body => {
                let request = request.header(header::CONTENT_TYPE, "application/scim+json");
                request.body(Bytes::from(fill(&body.to_string())))
            }
        };
        let response = send(request.expect("the address is valid")).await;
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        if response.status().is_success() && method == "POST" {
            let id = encode(body["id"].as_str().unwrap_or("none"));
            match path.as_str() {
                "/Users" => user = id,
                "/Groups" => group = id,
                _ => {}
            }
        }
        all.push(seen(&response));
    }
    all
}

fn mock(profile: &str) -> MockScim {
    let profile = Profile::builtin(profile).expect("it is built in");
    MockScim::from(Provider::new(profile, World::deterministic()).with_base_url(format!("{ORIGIN}/scim/v2")))
}

#[tokio::test]
async fn each_vendor_is_the_same_behind_all_three_doors() {
    let transport = HttpTransport::new(HttpOptions::default()).expect("plain options");
    for name in Profile::names() {
        let direct = mock(name);
        let expected = through("", async |request| direct.provider().handle(&request)).await;

        let mut service = mock(name).service();
        let by_service = through("", async |request| service.call(request).await.expect("no fault")).await;
        assert_eq!(by_service, expected, "{name} as a tower service");

        // The address of its own socket is where one knocks; its locations are what it was told.
        let listening = scim_testkit::serve::Server::start(
            Arc::clone(&mock(name).service().0),
            "127.0.0.1:0".parse().expect("an address"),
        );
        let listening = listening.await.expect("a port is free");
        let origin = listening.url().replace("/scim/v2", "");
        let send = async |request| transport.send(request).await.expect("an answer");
        assert_eq!(through(&origin, send).await, expected, "{name} on a socket");

        let server = MockServer::start().await;
        let behind = mock(name);
        Mock::given(any()).respond_with(behind.service()).mount(&server).await;
        let send = async |request| transport.send(request).await.expect("an answer");
        assert_eq!(through(&server.uri(), send).await, expected, "{name} under wiremock");
        let received = server.received_requests().await.expect("they are recorded");
        assert_eq!(received.len(), script().len());
        assert_eq!(behind.journal().len(), script().len());
    }
}

#[tokio::test]
async fn under_wiremock_it_lives_beside_other_mocks_and_knows_where() {
    let server = MockServer::start().await;
    let scim = MockScim::new();
    Mock::given(path("/health")).respond_with(ResponseTemplate::new(204)).expect(1).mount(&server).await;
    Mock::given(any()).respond_with(scim.service()).mount(&server).await;
    let transport = HttpTransport::new(HttpOptions::default()).expect("plain options");
    let send = async |method: &str, path: &str, body: &str| {
        let request = Request::builder().method(method).uri(format!("{}{path}", server.uri()));
        let request = request.header(header::CONTENT_TYPE, "application/scim+json");
        let request = request.body(Bytes::from(body.to_owned())).expect("the address is valid");
        transport.send(request).await.expect("an answer")
    };
    assert_eq!(send("GET", "/health", "").await.status(), 204);
    let body = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}"#;
    let made = send("POST", "/scim/v2/Users", body).await;
    let location = made.headers()[header::LOCATION].to_str().expect("text");
    assert!(location.starts_with(&format!("{}/scim/v2/Users/", server.uri())), "{location}");
    scim.expect("POST", "/Users").status(201).once();
    assert_eq!(scim.url(), format!("{}/scim/v2", server.uri()));
}

#[tokio::test]
async fn a_mock_on_a_port_of_its_own_is_looked_into_and_closed() {
    let mock = MockScim::vendor("fullstory").listen().await;
    let transport = HttpTransport::new(HttpOptions::default()).expect("plain options");
    let list = || Request::get(format!("{}/Users", mock.url())).body(Bytes::new()).expect("a valid address");
    assert_eq!(transport.send(list()).await.expect("an answer").status(), 200);
    mock.expect("GET", "/Users").once();
    let request = list();
    let mock = mock.close().await;
    assert!(transport.send(request).await.is_err(), "nobody listens");
    assert_eq!(mock.journal().len(), 1);
}

/// Two services of one mock are the same mock; two mocks share nothing.
#[tokio::test]
async fn mocks_are_worlds_of_their_own() {
    let (one, two) = (MockScim::new(), MockScim::new());
    one.control().add_user("ada");
    let again = MockScim::service(&one);
    let ProviderService(inside) = &again;
    assert_eq!((inside.snapshot().len(), two.users().len()), (1, 0));
}
