//! Each check where it fires, and beside it what is permitted and looks much the same.

use bytes::Bytes;
use http::Request;
use scim_core::{
    bulk::{BulkOperation, BulkRequest},
    call::Call,
    filter::attr::{text, user_name},
    patch::PatchOp,
    path::Path,
    query::ListQuery,
    schema::ResourceType,
    urn,
};
use serde_json::{Value, json};

use super::{
    ALL, ClientLevel, ClientObservation, guess, judge, judge_unreadable,
    tests_cases::{BODIES, BULKS, CASES, CREATES, OPERATIONS},
};

const PATCH: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":["#;

/// A request with the headers of a good client, some of them replaced, or left out where the value is `-`.
fn ask(line: &str, headers: &[(&str, &str)], body: &str) -> Vec<ClientObservation> {
    let (line, status) = line.strip_prefix("401 ").map_or((line, 200), |line| (line, 401));
    let (method, address) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(format!("/scim/v2{address}"));
    let mut all = vec![
        ("user-agent", "test/1"),
        ("accept", "application/scim+json"),
        ("authorization", "Bearer abc.def"),
        ("content-type", "application/scim+json"),
    ];
    all.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
    all.extend(headers.iter().filter(|(_, value)| *value != "-"));
    for (name, value) in all {
        request = request.header(name, value);
    }
    let request = request.body(Bytes::from(body.to_owned())).unwrap();
    let inside = address.split('?').next().unwrap();
    let _ = guess(&request, inside);
    judge(&request, inside, status, &[ResourceType::user(), ResourceType::group()])
}

fn ids(found: &[ClientObservation]) -> Vec<&'static str> {
    found.iter().map(|found| found.check.id).collect()
}

/// A request of the tables: `METHOD /address`, headers in lines of their own, a body.
fn send(text: &str) -> Vec<ClientObservation> {
    let mut lines = text.splitn(2, '\n');
    let line = lines.next().unwrap();
    let mut headers = Vec::new();
    let mut rest = lines.next().unwrap_or_default();
    while let Some((header, after)) = rest.split_once('\n')
        && let Some((name, value)) = header.split_once(": ")
        && !header.starts_with('{')
    {
        headers.push((name, value));
        rest = after;
    }
    ask(line, &headers, rest)
}

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Every table as pairs of found ids.
fn outcomes() -> Vec<(String, &'static str, Vec<ClientObservation>, Vec<ClientObservation>)> {
    let urns = |text: &str| text.replace("USER", USER).replace("ENT", ENT);
    let bare = |text: &str| {
        // Names in capitals are part of some requests; only the URNs of the tables are meant.
        text.replace("\"USER\"", &format!("{USER:?}"))
            .replace("\"user\"", &format!("{:?}", USER.to_ascii_uppercase()))
            .replace("\"ENT\"", &format!("{ENT:?}"))
    };
    let create = |members: &str| {
        send(&format!("POST /Users\n{{\"schemas\":[{USER:?}],\"userName\":\"a\",{}}}", urns(members)))
    };
    let patch = |operation: &str| {
        let place = if operation.contains("members") { "Groups" } else { "Users" };
        send(&format!("PATCH /{place}/1\n{PATCH}{}]}}", urns(operation)))
    };
    let bulk = |operations: &str| {
        send(&format!(
            "POST /Bulk\n{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:BulkRequest\"],\"Operations\":[{operations}]}}"
        ))
    };
    let mut out = Vec::new();
    let mut all = |cases: &[(&'static str, &'static str, &str)],
                   send: &dyn Fn(&str) -> Vec<ClientObservation>| {
        for (id, fires, near) in cases {
            out.push((format!("client.{id}"), *fires, send(fires), send(near)));
        }
    };
    all(CASES, &send);
    all(CREATES, &create);
    all(OPERATIONS, &patch);
    all(BULKS, &bulk);
    all(BODIES, &|text| send(&bare(text)));
    out
}

#[test]
fn each_check_fires_and_passes_over_what_is_near() {
    let outcomes = outcomes();
    for (id, request, fires, near) in &outcomes {
        assert!(ids(fires).contains(&id.as_str()), "{id} does not fire on {request}: {fires:?}");
        assert!(!ids(near).contains(&id.as_str()), "{id} fires beside {request}: {near:?}");
        for found in fires.iter().chain(near) {
            assert!(!found.seen.is_empty() && found.seen.chars().count() < 300, "{found:?}");
            assert!(!found.seen.contains("s3cr3t"), "{found:?}");
        }
    }
    // What is no request has a test of its own.
    for check in ALL.iter().filter(|check| check.id != "client.not-http") {
        assert!(outcomes.iter().any(|(id, ..)| id == check.id), "{} has no case", check.id);
    }
}

#[test]
fn what_was_too_large_to_read_is_not_judged() {
    let request = Request::post("/scim/v2/Users").header("user-agent", "x").body(Bytes::new()).unwrap();
    let types = [ResourceType::user()];
    assert_eq!(ids(&judge(&request, "/Users", 413, &types)), Vec::<&str>::new());
    assert_ne!(ids(&judge(&request, "/Users", 400, &types)), Vec::<&str>::new());
}

#[test]
fn what_is_no_http_is_told_by_its_address() {
    let raw = judge_unreadable("/scim/v2/Users?filter=userName eq \"ada\"");
    assert_eq!(ids(&raw), ["client.url-characters"]);
    assert_eq!(ids(&judge_unreadable("")), ["client.not-http"]);
    assert_eq!(ids(&judge_unreadable("/Users?filter=a%20b")), ["client.not-http"]);
}

#[test]
fn what_is_near_is_permitted() {
    // Near misses of creates and operations are whole and right; only these are known to be worth a note or more.
    let urns = |text: &str| text.replace("USER", USER).replace("ENT", ENT);
    for (id, _, near) in OPERATIONS {
        let place = if near.contains("members") { "Groups" } else { "Users" };
        let found = send(&format!("PATCH /{place}/1\n{PATCH}{}]}}", urns(near)));
        assert!(found.iter().all(|found| found.check.level == ClientLevel::Note), "{id}: {near}: {found:?}");
    }
    for (id, _, near) in CREATES.iter().filter(|(id, ..)| !matches!(*id, "manager-text")) {
        let found =
            send(&format!("POST /Users\n{{\"schemas\":[{USER:?}],\"userName\":\"a\",{}}}", urns(near)));
        assert!(found.iter().all(|found| found.check.level == ClientLevel::Note), "{id}: {near}: {found:?}");
    }
}

#[test]
fn ids_are_unique_and_complete() {
    for (index, check) in ALL.iter().enumerate() {
        assert!(
            check.id.starts_with("client.") && !check.citation.is_empty() && !check.fix.is_empty(),
            "{}",
            check.id
        );
        assert!(!check.title.is_empty() && !check.title.ends_with('.'), "{}", check.id);
        assert!(ALL[..index].iter().all(|earlier| earlier.id != check.id), "{}", check.id);
        assert!(check.citation.contains("RFC"), "{}", check.id);
        assert_eq!(super::by_id(check.id), Some(*check));
    }
}

/// What this project's own client sends.
fn calls() -> Vec<Call> {
    let user = json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER], "userName": "ada", "externalId": "e-1", "active": true,
        "password": "s3cr3t", "name": {"givenName": "Ada"}, "nickName": null, "ims": [],
        "emails": [{"value": "ada+x@example.com", "type": "work", "primary": true}],
        urn::ENTERPRISE_USER: {"department": "R&D", "manager": {"value": "2", "$ref": "../Users/2"}},
    });
    let mut stored = user.clone();
    for (name, value) in [
        ("id", json!("1")),
        ("groups", json!([{"value": "g"}])),
        (
            "meta",
            json!({"resourceType": "User", "version": "W/\"1\"", "location": "https://example.com/Users/1"}),
        ),
    ] {
        stored[name] = value;
    }
    let patch = PatchOp::new()
        .replace("active", false)
        .replace("name.familyName", "King")
        .replace(Path::values("emails", text("type").eq("work")).with_sub("value"), "ada@example.com")
        .add(format!("{}:manager", urn::ENTERPRISE_USER).as_str(), json!({"value": "3"}))
        .replace_all(json!({"title": "Dr.", "password": "s3cr3t", "emails": []}).as_object().unwrap().clone())
        .remove("nickName")
        .remove(Path::values("emails", text("type").eq("home")))
        .to_json();
    let group =
        json!({"schemas": [urn::GROUP], "displayName": "Eng", "members": [{"value": "1", "type": "User"}]});
    let members = PatchOp::new()
        .add("members", json!([{"value": "2"}]))
        .remove(Path::values("members", text("value").eq("1")))
        .replace("members", json!([]))
        .to_json();
    let query = ListQuery {
        filter: Some(user_name().eq("a+b \"c\" \\ é").and(text("emails.value").co("@"))),
        start_index: Some(1),
        count: Some(10),
        sort_by: Some("name.familyName".into()),
        descending: true,
        ..ListQuery::default()
    };
    let cursor = ListQuery { cursor: Some("+/=".to_owned()), ..ListQuery::default() };
    let bulk = BulkRequest {
        fail_on_errors: Some(1),
        operations: vec![
            BulkOperation::create("Users", "a", user.clone()),
            BulkOperation::create(
                "Groups",
                "b",
                json!({"schemas": [urn::GROUP], "displayName": "E", "members": [{"value": "bulkId:a"}]}),
            ),
            BulkOperation::replace("Users", "1", stored.clone()),
            BulkOperation::patch("Users", "1", patch.clone()),
            BulkOperation::delete("Users", "1"),
        ],
    };
    vec![
        Call::ServiceProviderConfig,
        Call::ResourceTypes { name: None },
        Call::Schemas { id: Some(urn::USER.to_owned()) },
        Call::list("Users", query.clone()),
        Call::list("Users", cursor),
        Call::Search { endpoint: Some("Users".to_owned()), query: query.clone() },
        Call::Search { endpoint: None, query },
        Call::get("Users", "a b/é"),
        Call::create("Users", user),
        Call::replace("Users", "1", stored),
        Call::patch("Users", "1", patch),
        Call::create("Groups", group),
        Call::patch("Groups", "1", members),
        Call::delete("Users", "1"),
        Call::Bulk(bulk),
    ]
}

#[test]
fn a_client_that_follows_the_rfc_hears_nothing() {
    for call in calls() {
        let mut request = call.to_http("https://example.com/scim/v2").unwrap();
        request.headers_mut().insert("user-agent", "scim-client/0.1.0".parse().unwrap());
        request.headers_mut().insert("authorization", "Bearer abc".parse().unwrap());
        let inside = request.uri().path().strip_prefix("/scim/v2").unwrap().to_owned();
        let found = judge(&request, &inside, 200, &[ResourceType::user(), ResourceType::group()]);
        assert!(found.is_empty(), "{call:?}: {found:?}");
        assert_eq!(
            guess(&request, &inside).map(|guess| (guess.name, guess.sure)),
            Some(("scim-client", true))
        );
    }
}

/// The examples of the RFCs are right, whatever the checks say; answers are sent back with PUT, as clients do.
#[test]
fn examples_of_the_rfcs_are_permitted() {
    let mut judged = 0;
    for file in ["7643.json", "7644.json"] {
        let path = [env!("CARGO_MANIFEST_DIR"), "..", "scim-core", "tests", "rfc", file]
            .iter()
            .collect::<std::path::PathBuf>();
        let examples: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for example in examples {
            let (kind, body) = (example["kind"].as_str().unwrap(), &example["body"]);
            let place = if example["on"] == "group" || kind == "group" { "Groups" } else { "Users" };
            let id = body["id"].as_str().unwrap_or("1");
            let line = match kind {
                // §3.5.1 shows the body of a PUT under the same kind.
                "newUser" if body.get("id").is_none() => "POST /Users".to_owned(),
                "user" | "group" | "newUser" => format!("PUT /{place}/{id}"),
                "patch" => format!("PATCH /{place}/{id}"),
                "search" => "POST /.search".to_owned(),
                "bulkRequest" => "POST /Bulk".to_owned(),
                _ => continue,
            };
            judged += 1;
            // One example of §3.7.3 has a schema of users that nothing defines, among the messages.
            let body = body.to_string().replace("api:messages:2.0:User\"", "schemas:core:2.0:User\"");
            let found = send(&format!("{line}\n{body}"));
            assert!(
                found.iter().all(|found| found.check.level == ClientLevel::Note),
                "{example}: {found:#?}"
            );
        }
    }
    assert!(judged > 25, "{judged}");
}

#[test]
fn no_secret_is_repeated() {
    let seen = |found: Vec<ClientObservation>| {
        found.iter().map(|found| found.seen.clone()).collect::<Vec<_>>().join("\n")
    };
    for request in [
        "GET /Users?filter=password%20eq%20s3cr3t",
        "GET /Users?filter=password%20eq%20%22s3cr3t%22%20and",
        "GET /Users?filter=emails%5Bpassword%20eq%20%22s3cr3t%22%5D.value%20pr",
        "GET /Users?s3cr3t",
        "GET /Users?api-key=s3cr3t&token=s3cr3t&client_secret=s3cr3t",
        "401 GET /Users\nauthorization: s3cr3t\n",
        "401 GET /Users\nauthorization: Bearer Bearer s3cr3t\n",
        "401 GET /Users\nauthorization: Bearer s3cr3t s3cr3t\n",
        "POST /Users\n{\"password\":[\"s3cr3t\"],\"active\":\"s3cr3t\",\"title\":[\"s3cr3t\"]}",
        "POST /Users\n{\"password\":\"s3cr3t\" x}",
        "PATCH /Users/1\n{\"Operations\":[{\"op\":\"replace\",\"path\":\"password s3cr3t\",\"value\":\"s3cr3t\"},{\"op\":\"add\",\"value\":\"s3cr3t\"},{\"op\":\"add\",\"path\":\"password\",\"value\":{\"a\":\"s3cr3t\"}}]}",
    ] {
        let seen = seen(send(request));
        assert!(!seen.is_empty() && !seen.contains("s3cr3t"), "{request}: {seen}");
    }
}

#[test]
fn further_places_are_counted_and_text_is_made_visible() {
    let operation = r#"{"op":"Remove","path":"title"}"#;
    let found = send(&format!("PATCH /Users/1\n{PATCH}{}]}}", [operation; 5000].join(",")));
    assert_eq!(ids(&found), ["client.patch-op-case"]);
    assert_eq!(found[0].seen, "Operations[0]: `Remove` (and 4999 more)");
    let found = send(
        "POST /Users\n{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"a\",\"a\\u0007\\u202eb\":1}",
    );
    assert_eq!(
        found[0].seen,
        "a␇\u{fffd}b: expected an attribute of `urn:ietf:params:scim:schemas:core:2.0:User`, got `a␇\u{fffd}b`"
    );
    let found = send("GET /Users?filter=externalId%20eq%20jyoung");
    assert_eq!(
        found[0].seen,
        "`externalId eq jyoung`: expected a value, found `jyoung` at column 15; put the value in double quotes: \"jyoung\""
    );
}

/// Pieces that mean something, put together at random: nothing may panic, and everything stays short.
#[test]
fn garbage_does_no_harm() {
    const PIECES: [&str; 44] = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        ":",
        ",",
        "/",
        "//",
        ".search",
        "Users",
        "Bulk",
        "Me",
        "?",
        "&",
        "=",
        "%",
        "%2",
        "%22",
        "%5C",
        "%FF",
        "+",
        "filter",
        "eq",
        "schemas",
        "Operations",
        "op",
        "Add",
        "path",
        "value",
        "members",
        "null",
        "true",
        "7",
        "é",
        "\u{202e}",
        "\0",
        "urn:ietf:params:scim:api:messages:2.0:PatchOp",
        ENT,
        "password",
        "emails[type eq",
        "data",
        "POST",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % most as u64).unwrap()
    };
    let types = [ResourceType::user(), ResourceType::group()];
    let seeds = [
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"emails[type eq \"x\"].value","value":[{"value":1}]}]}"#,
        r#"{"schemas":["a"],"userName":7,"emails":[{"primary":true}],"roles":[{"value":"{}"}],"id":"x","meta":{}}"#,
        r#"{"schemas":[],"Operations":[{"method":"PATCH","path":"/Users/1","bulkId":"a","data":{"Operations":[{"op":"Add"}]}}],"filter":"x","count":1.5}"#,
    ];
    for round in 0..6000 {
        let mut text = |most: usize| (0..next(most)).map(|_| PIECES[next(PIECES.len())]).collect::<String>();
        let (inside, header) = (format!("/{}", text(6)), text(6));
        let query = text(12);
        let mut body = text(30).into_bytes();
        if round % 2 == 0 {
            body = seeds[next(seeds.len())].as_bytes().to_vec();
            for _ in 0..next(4) {
                let at = next(body.len());
                let piece = PIECES[next(PIECES.len())].bytes();
                body.splice(at..(at + next(9)).min(body.len()), piece);
            }
        }
        let method = ["GET", "POST", "PUT", "PATCH", "DELETE", "X"][next(6)];
        let place = ["/Users/1", "/Bulk", "/Users/.search", "/Me", "/Users", inside.as_str()][next(6)];
        let address = [format!("{place}?{query}"), place.to_owned(), "/".to_owned()];
        let Some(uri) = address.iter().find_map(|address| address.parse::<http::Uri>().ok()) else {
            continue;
        };
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = uri;
        if let Ok(value) = http::HeaderValue::from_bytes(header.as_bytes()) {
            for name in ["accept", "if-match", "authorization", "content-type", "user-agent"] {
                if next(3) == 0 {
                    request.headers_mut().insert(name, value.clone());
                }
            }
        }
        for found in judge(&request, place, 401, &types) {
            assert!(found.seen.chars().count() < 300, "{found:?}");
            assert!(!found.seen.contains(|letter: char| letter.is_control()), "{found:?}");
        }
        let _ = guess(&request, place);
    }
    assert_eq!(judge(&Request::new(Bytes::new()), "", 200, &[]).len(), 1, "no `User-Agent`");
}

#[test]
fn clients_are_told_by_their_marks() {
    let ask = |headers: &[(&str, &str)], method: &str, address: &str, body: &Value| {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let inside = address.split('?').next().unwrap();
        guess(&request.body(body).unwrap(), inside).map(|guess| (guess.name, guess.sure))
    };
    let agent = |agent: &str| ask(&[("user-agent", agent)], "GET", "/Users", &Value::Null);
    for (name, product, sure) in [
        ("Okta SCIM Client 1.0.0", "Okta", true),
        ("OKTA SCIM Integration", "Okta", true),
        ("authentik@2026.2.0", "authentik", true),
        ("scim/0.1.0", "scim", true),
        ("scim-testkit/0.1.0", "scim test", true),
        ("scim-client/0.1.0", "scim-client", true),
        ("curl/8.5.0", "curl", true),
        ("PostmanRuntime/7.40.0", "Postman", true),
        ("Mozilla/5.0 (X11; Linux x86_64)", "a browser", false),
        ("Go-http-client/2.0", "a program in Go", false),
        ("python-requests/2.32.0", "a program in Python", false),
        ("Apache-HttpClient/4.5.14 (Java/17.0.9)", "a program in Java", false),
        ("axios/1.7.0", "a program in JavaScript", false),
    ] {
        assert_eq!(agent(name), Some((product, sure)), "{name}");
    }
    for name in ["azure-ad-scim-provisioning/1.0", "acme", "", "my curl/8"] {
        assert_eq!(agent(name), None, "{name}: what others made up speaks for nobody");
    }
    assert_eq!(ask(&[], "GET", "/Users", &Value::Null), None);
    assert_eq!(ask(&[("Adscimversion", "2")], "GET", "/Users", &Value::Null), Some(("Entra ID", true)));
    assert_eq!(ask(&[], "GET", "/Users?aadOptscim062020&count=1", &Value::Null), Some(("Entra ID", true)));
    let claims = |aud: &str| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let claims = json!({"iss": "https://sts.windows.net/72f988bf/", "aud": aud}).to_string();
        format!("Bearer e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
    };
    let entra = claims("8adf8e6e-67b2-4cf2-a259-e3dc5476c621");
    assert_eq!(ask(&[("authorization", &entra)], "GET", "/Users", &Value::Null), Some(("Entra ID", true)));
    assert_eq!(ask(&[("authorization", &claims("api://mine"))], "GET", "/Users", &Value::Null), None);
    let capital = json!({"Operations": [{"op": "Replace", "path": "active", "value": "False"}]});
    assert_eq!(ask(&[], "PATCH", "/Users/1", &capital), Some(("Entra ID", false)));
    assert_eq!(ask(&[("user-agent", "curl/8")], "PATCH", "/Users/1", &capital), Some(("curl", true)));
    assert_eq!(ask(&[("user-agent", "acme")], "PATCH", "/Users/1", &capital), None);
}

/// The RFC limits neither filters nor paths, this program does.
#[test]
fn what_is_too_large_to_read_is_passed_over() {
    let search = |filter: &str| {
        let found = send(&format!(
            "POST /Users/.search\n{{\"schemas\":[{:?}],\"filter\":{filter:?}}}",
            urn::SEARCH_REQUEST
        ));
        assert!(found.is_empty(), "{found:?}");
    };
    search(&["title pr"; 2000].join(" or "));
    search(&format!("{}title pr{}", "(".repeat(200), ")".repeat(200)));
    search(&format!("title eq \"{}\"", "x".repeat(70_000)));
    let selected = ["value eq \\\"1\\\""; 2000].join(" or ");
    let found =
        send(&format!("PATCH /Groups/1\n{PATCH}{{\"op\":\"remove\",\"path\":\"members[{selected}]\"}}]}}"));
    assert!(found.is_empty(), "{found:?}");
}
