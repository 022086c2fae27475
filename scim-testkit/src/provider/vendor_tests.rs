//! Every key of a profile that speaks of the wire changes what is on the wire.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, Request};
use scim_core::{urn, vendor::Profile};
use serde_json::{Value, json};

use super::*;

/// Method, path, body. `{1}` is the id of the first resource that was created, `{2}` of the second.
type Ask = (&'static str, &'static str, &'static str);

const ADA: Ask = (
    "POST",
    "/Users",
    r#"{"userName": "ada@example.com", "externalId": "x-1", "title": "Chief", "displayName": "Ada", "name": {"givenName": "Ada", "familyName": "L"}}"#,
);
const TEAM: Ask = ("POST", "/Groups", r#"{"displayName": "Team", "members": [{"value": "{1}"}]}"#);
const OFF: Ask =
    ("PATCH", "/Users/{1}", r#"{"Operations": [{"op": "replace", "path": "active", "value": false}]}"#);
const ON: Ask =
    ("PATCH", "/Users/{1}", r#"{"Operations": [{"op": "replace", "path": "active", "value": true}]}"#);
const READ: Ask = ("GET", "/Users/{1}", "");

/// What the last request is answered with.
fn last(rules: &str, asks: &[Ask]) -> (u16, Value) {
    let text = format!(
        "profile = {{ id = \"x\", title = \"X\", as_of = \"2026-01\" }}\n{rules}\n\
         [tenant]\nroles = [\"Guest\", \"Chief\"]\nverified_domains = [\"example.org\"]\n"
    );
    let profile = Profile::parse(&text, "x.toml").unwrap_or_else(|error| panic!("{error}"));
    let provider = Provider::new(profile, World::deterministic());
    provider.control().add_user("bob@example.com");
    let mut ids: Vec<String> = Vec::new();
    let mut answer = (0, Value::Null);
    for (method, path, body) in asks {
        let fill = |text: &str| {
            ids.iter()
                .enumerate()
                .fold(text.to_owned(), |text, (index, id)| text.replace(&format!("{{{}}}", index + 1), id))
        };
        let (path, mut body) = (fill(path), fill(body));
        if let Ok(Value::Object(mut object)) = serde_json::from_str(&body) {
            let schema = match *method {
                "PATCH" => urn::PATCH_OP,
                _ if path.starts_with("/Groups") => urn::GROUP,
                _ => urn::USER,
            };
            object.insert("schemas".to_owned(), json!([schema]));
            body = Value::from(object).to_string();
        }
        let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap());
        let request = request.uri(format!("{BASE_PATH}{path}")).body(Bytes::from(body)).unwrap();
        let response = provider.handle(&request);
        let json: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        if *method == "POST"
            && let Some(id) = json["id"].as_str()
        {
            ids.push(id.to_owned());
        }
        answer = (response.status().as_u16(), json);
    }
    answer
}

#[test]
fn every_key_shows_on_the_wire() {
    let grant = |rest: &str| format!("[[grant]]\nkind = \"role\"\nmatch = \"exact\"\n{rest}");
    let role = |from: &str, none: &str, unknown: &str, into: &str| {
        grant(&format!(
            "from = {from:?}\nnone = {none:?}\nunknown = {unknown:?}\nminimal = \"Guest\"\ninto = {into:?}"
        ))
    };
    let usual = role("title", "minimal", "minimal", "roles");
    let cases: Vec<(&str, String, String, Vec<Ask>)> = vec![
        (
            "service.discovery",
            "service.discovery = \"absent\"".into(),
            String::new(),
            vec![("GET", "/Schemas", "")],
        ),
        ("service.need_headers", "service.need_headers = [\"user-agent\"]".into(), String::new(), vec![ADA]),
        ("user.ops", "user.ops = [\"create\"]".into(), String::new(), vec![ADA, READ]),
        ("user.id", "user.id = \"number\"".into(), String::new(), vec![ADA]),
        ("user.id", "user.id = \"email\"".into(), String::new(), vec![ADA]),
        ("user.id", "user.id = \"externalId\"".into(), String::new(), vec![ADA]),
        (
            "user.list_scope",
            "user.list_scope = \"scim_managed\"".into(),
            String::new(),
            vec![("GET", "/Users", "")],
        ),
        ("user.patch_status", "user.patch_status = 204".into(), String::new(), vec![ADA, OFF]),
        ("user.write_body", "user.write_body = \"none\"".into(), String::new(), vec![ADA]),
        ("user.write_body", "user.write_body = \"echo\"".into(), String::new(), vec![ADA]),
        ("group.ops", "group.ops = []".into(), String::new(), vec![ADA, TEAM]),
        ("group.id", "group.id = \"number\"".into(), String::new(), vec![ADA, TEAM]),
        ("group.create_status", "group.create_status = 200".into(), String::new(), vec![ADA, TEAM]),
        (
            "group.patch_status",
            "group.patch_status = 204".into(),
            String::new(),
            vec![
                ADA,
                TEAM,
                (
                    "PATCH",
                    "/Groups/{2}",
                    r#"{"Operations": [{"op": "replace", "path": "displayName", "value": "B"}]}"#,
                ),
            ],
        ),
        ("group.members_read", "group.members_read = \"never\"".into(), String::new(), vec![ADA, TEAM]),
        (
            "group.members_on_create",
            "group.members_on_create = \"drop\"".into(),
            String::new(),
            vec![ADA, TEAM],
        ),
        (
            "group.members_max",
            "group.members_max = 1".into(),
            String::new(),
            vec![
                ADA,
                TEAM,
                (
                    "PATCH",
                    "/Groups/{2}",
                    r#"{"Operations": [{"op": "add", "path": "members", "value": [{"value": "{1}"}, {"value": "{1}"}]}]}"#,
                ),
            ],
        ),
        (
            "group.replace_members",
            "group.replace_members = \"reject_400\"".into(),
            String::new(),
            vec![
                ADA,
                TEAM,
                (
                    "PATCH",
                    "/Groups/{2}",
                    r#"{"Operations": [{"op": "replace", "path": "members", "value": [{"value": "{1}"}]}]}"#,
                ),
            ],
        ),
        (
            "group.remove_all",
            "group.remove_all = \"reject_400\"".into(),
            String::new(),
            vec![
                ADA,
                TEAM,
                ("PATCH", "/Groups/{2}", r#"{"Operations": [{"op": "remove", "path": "members"}]}"#),
            ],
        ),
        (
            "group.rename",
            "group.rename = \"ignore\"".into(),
            String::new(),
            vec![
                ADA,
                TEAM,
                (
                    "PATCH",
                    "/Groups/{2}",
                    r#"{"Operations": [{"op": "replace", "path": "displayName", "value": "B"}]}"#,
                ),
            ],
        ),
        (
            "group.nested",
            "group.nested = \"reject_400\"".into(),
            String::new(),
            vec![ADA, TEAM, ("POST", "/Groups", r#"{"displayName": "B", "members": [{"value": "{2}"}]}"#)],
        ),
        (
            "group.unknown_member",
            "group.unknown_member = \"skip\"".into(),
            String::new(),
            vec![("POST", "/Groups", r#"{"displayName": "B", "members": [{"value": "nobody"}]}"#)],
        ),
        (
            "group.unknown_member",
            "group.unknown_member = \"reject_404\"".into(),
            String::new(),
            vec![("POST", "/Groups", r#"{"displayName": "B", "members": [{"value": "nobody"}]}"#)],
        ),
        ("group.unique", "group.unique = [\"displayName\"]".into(), String::new(), vec![ADA, TEAM, TEAM]),
        ("attr.need", "attr = [{ path = \"emails\", need = \"required\" }]".into(), String::new(), vec![ADA]),
        ("attr.need", "attr = [{ path = \"title\", need = \"rejected\" }]".into(), String::new(), vec![ADA]),
        (
            "attr.need",
            "attr = [{ path = \"displayName\", need = \"ignored\" }]".into(),
            String::new(),
            vec![ADA],
        ),
        (
            "attr.mut",
            "attr = [{ path = \"title\", mut = \"create_only\" }]".into(),
            String::new(),
            vec![
                ADA,
                (
                    "PATCH",
                    "/Users/{1}",
                    r#"{"Operations": [{"op": "replace", "path": "title", "value": "New"}]}"#,
                ),
            ],
        ),
        (
            "attr.mut",
            "attr = [{ path = \"title\", mut = \"refused\" }]".into(),
            String::new(),
            vec![
                ADA,
                (
                    "PATCH",
                    "/Users/{1}",
                    r#"{"Operations": [{"op": "replace", "path": "title", "value": "New"}]}"#,
                ),
            ],
        ),
        ("attr.format", "attr = [{ path = \"title\", format = \"email\" }]".into(), String::new(), vec![ADA]),
        (
            "attr.format",
            "attr = [{ path = \"userName\", format = \"no_at\" }]".into(),
            String::new(),
            vec![ADA],
        ),
        ("attr.max_len", "attr = [{ path = \"title\", max_len = 3 }]".into(), String::new(), vec![ADA]),
        (
            "attr.max_items",
            "attr = [{ path = \"emails\", max_items = 1 }]".into(),
            String::new(),
            vec![(
                "POST",
                "/Users",
                r#"{"userName": "a", "emails": [{"value": "a@b.c"}, {"value": "d@e.f"}]}"#,
            )],
        ),
        (
            "filter.user",
            "filter.user = [\"userName\"]".into(),
            String::new(),
            vec![("GET", "/Users?filter=title%20eq%20%22a%22", "")],
        ),
        (
            "filter.group",
            "filter.group = [\"displayName\"]".into(),
            String::new(),
            vec![("GET", "/Groups?filter=displayName%20co%20%22a%22", "")],
        ),
        (
            "filter.and",
            "filter = { user = [\"userName\"], and = true }".into(),
            "filter.user = [\"userName\"]".into(),
            vec![("GET", "/Users?filter=userName%20eq%20%22a%22%20and%20userName%20eq%20%22a%22", "")],
        ),
        (
            "filter.unsupported",
            "filter = { user = [\"userName\"], unsupported = \"empty\" }".into(),
            "filter.user = [\"userName\"]".into(),
            vec![("GET", "/Users?filter=title%20pr", "")],
        ),
        (
            "filter.unsupported",
            "filter = { user = [\"userName\"], unsupported = \"plain_400\" }".into(),
            "filter.user = [\"userName\"]".into(),
            vec![("GET", "/Users?filter=title%20pr", "")],
        ),
        ("page.default", "page.default = 1".into(), String::new(), vec![ADA, ("GET", "/Users", "")]),
        (
            "page.max",
            "page = { default = 1, max = 1 }".into(),
            String::new(),
            vec![ADA, ("GET", "/Users?count=5", "")],
        ),
        (
            "page.over_max",
            "page = { default = 1, max = 1, over_max = \"reject_400\" }".into(),
            "page = { default = 1, max = 1 }".into(),
            vec![("GET", "/Users?count=5", "")],
        ),
        (
            "page.count_param",
            "page.count_param = \"itemsPerPage\"".into(),
            String::new(),
            vec![ADA, ("GET", "/Users?count=1", "")],
        ),
        (
            "page.start_ignored",
            "page.start_ignored = true".into(),
            String::new(),
            vec![ADA, ("GET", "/Users?startIndex=2", "")],
        ),
        (
            "page.per_page_echo",
            "page.per_page_echo = \"requested\"".into(),
            String::new(),
            vec![ADA, ("GET", "/Users?count=50", "")],
        ),
        (
            "page.cursor",
            "page.cursor = true".into(),
            String::new(),
            vec![ADA, ("GET", "/Users?cursor&count=1", "")],
        ),
        (
            "bulk.supported",
            "bulk.supported = true".into(),
            String::new(),
            vec![("POST", "/Bulk", r#"{"Operations": []}"#)],
        ),
        (
            "patch.tolerances",
            "patch.tolerances = [\"op_case\"]".into(),
            String::new(),
            vec![
                ADA,
                (
                    "PATCH",
                    "/Users/{1}",
                    r#"{"Operations": [{"op": "Replace", "path": "title", "value": "New"}]}"#,
                ),
            ],
        ),
        (
            "patch.user_paths",
            "patch.user_paths = [\"active\"]".into(),
            String::new(),
            vec![
                ADA,
                (
                    "PATCH",
                    "/Users/{1}",
                    r#"{"Operations": [{"op": "replace", "path": "title", "value": "New"}]}"#,
                ),
            ],
        ),
        (
            "patch.group_paths",
            "patch.group_paths = [\"members\"]".into(),
            String::new(),
            vec![
                ADA,
                TEAM,
                (
                    "PATCH",
                    "/Groups/{2}",
                    r#"{"Operations": [{"op": "replace", "value": {"displayName": "B"}}]}"#,
                ),
            ],
        ),
        (
            "patch.unhandled",
            "patch = { user_paths = [\"active\"], unhandled = \"noop\" }".into(),
            "patch.user_paths = [\"active\"]".into(),
            vec![
                ADA,
                (
                    "PATCH",
                    "/Users/{1}",
                    r#"{"Operations": [{"op": "replace", "path": "title", "value": "New"}]}"#,
                ),
            ],
        ),
        (
            "patch.remove_form",
            "patch.remove_form = \"value_list\"".into(),
            String::new(),
            vec![
                ADA,
                TEAM,
                (
                    "PATCH",
                    "/Groups/{2}",
                    r#"{"Operations": [{"op": "remove", "path": "members[value eq \"{1}\"]"}]}"#,
                ),
            ],
        ),
        (
            "put.only",
            "put.only = [\"active\"]".into(),
            String::new(),
            vec![ADA, ("PUT", "/Users/{1}", r#"{"userName": "ada@example.com", "title": "New"}"#)],
        ),
        ("life.deactivate", "life.deactivate = \"delete\"".into(), String::new(), vec![ADA, OFF, READ]),
        ("life.deactivate", "life.deactivate = \"unlink\"".into(), String::new(), vec![ADA, OFF, READ]),
        ("life.reactivate", "life.reactivate = \"reject\"".into(), String::new(), vec![ADA, OFF, ON]),
        (
            "life.delete",
            "life.delete = \"soft\"".into(),
            String::new(),
            vec![ADA, ("DELETE", "/Users/{1}", ""), READ],
        ),
        (
            "life.delete",
            "life.delete = \"refused\"".into(),
            String::new(),
            vec![ADA, ("DELETE", "/Users/{1}", "")],
        ),
        (
            "life.create_inactive",
            "life.create_inactive = \"reject_400\"".into(),
            String::new(),
            vec![("POST", "/Users", r#"{"userName": "a", "active": false}"#)],
        ),
        (
            "life.mangle",
            "life.mangle = [\"userName\", \"emails\"]".into(),
            String::new(),
            vec![ADA, OFF, READ],
        ),
        (
            "conflict.on",
            "conflict.on = [\"userName\", \"externalId\"]".into(),
            String::new(),
            vec![ADA, ("POST", "/Users", r#"{"userName": "other", "externalId": "x-1"}"#)],
        ),
        (
            "conflict.existing",
            "conflict.existing = \"adopt_unmanaged\"".into(),
            String::new(),
            vec![("POST", "/Users", r#"{"userName": "bob@example.com"}"#)],
        ),
        ("domain.verified", "domain.verified = \"create\"".into(), String::new(), vec![ADA]),
        ("error.status_as", "error.status_as = \"int\"".into(), String::new(), vec![READ]),
        ("error.scim_type", "error.scim_type = \"never\"".into(), String::new(), vec![ADA, ADA]),
        ("error.extra", "error.extra = [\"Errors\"]".into(), String::new(), vec![READ]),
        (
            "service.config_path",
            "service.config_path = \"both\"".into(),
            String::new(),
            vec![("GET", "/ServiceProviderConfigs", "")],
        ),
        (
            "service.config_path",
            "service.config_path = \"plural\"".into(),
            String::new(),
            vec![("GET", "/ServiceProviderConfig", "")],
        ),
        (
            "service.told_max_results",
            "service.told_max_results = 7".into(),
            String::new(),
            vec![("GET", "/ServiceProviderConfig", "")],
        ),
        ("group.names", "group.names = \"slug\"".into(), String::new(), vec![ADA, TEAM]),
        (
            "group.inactive_members",
            "group.inactive_members = \"hide\"".into(),
            String::new(),
            vec![ADA, TEAM, OFF, ("GET", "/Groups/{2}", "")],
        ),
        (
            "group.unknown_member",
            "group.unknown_member = \"create_user\"".into(),
            String::new(),
            vec![("POST", "/Groups", r#"{"displayName": "B", "members": [{"value": "new@example.com"}]}"#)],
        ),
        ("attr.mut", "attr = [{ path = \"title\", mut = \"read_only\" }]".into(), String::new(), vec![ADA]),
        ("attr.shown", "attr = [{ path = \"title\", shown = \"never\" }]".into(), String::new(), vec![ADA]),
        (
            "attr.default_from",
            "attr = [{ path = \"nickName\", default_from = \"userName\" }]".into(),
            String::new(),
            vec![ADA],
        ),
        (
            "custom.path",
            "custom = [{ path = \"urn:example:User:badge\" }]".into(),
            String::new(),
            vec![("GET", "/Schemas/urn:example:User", "")],
        ),
        (
            "custom.type",
            "custom = [{ path = \"urn:example:User:badge\", type = \"integer\" }]".into(),
            "custom = [{ path = \"urn:example:User:badge\" }]".into(),
            vec![("GET", "/Schemas/urn:example:User", "")],
        ),
        (
            "page.projection",
            "page.projection = \"none\"".into(),
            String::new(),
            vec![ADA, ("GET", "/Users/{1}?attributes=id", "")],
        ),
        (
            "page.cursor_total",
            "page = { cursor = true, cursor_total = false }".into(),
            "page = { cursor = true }".into(),
            vec![ADA, ("GET", "/Users?cursor&count=1", "")],
        ),
        (
            "put.required",
            "put.required = [\"nickName\"]".into(),
            String::new(),
            vec![ADA, ("PUT", "/Users/{1}", r#"{"userName": "ada@example.com"}"#)],
        ),
        (
            "seat.by",
            format!("seat = {{ by = \"role\", roles = [\"Chief\"] }}\n{usual}"),
            usual.clone(),
            vec![ADA],
        ),
        ("grant.from", usual.clone(), role("userType", "minimal", "minimal", "roles"), vec![ADA]),
        (
            "grant.none",
            role("userType", "ignore", "minimal", "roles"),
            role("userType", "minimal", "minimal", "roles"),
            vec![ADA],
        ),
        (
            "grant.unknown",
            role("displayName", "minimal", "reject_400", "roles"),
            role("displayName", "minimal", "minimal", "roles"),
            vec![ADA],
        ),
        ("grant.into", role("title", "minimal", "minimal", "entitlements"), usual, vec![ADA]),
    ];
    for (key, with, without, asks) in cases {
        assert_ne!(last(&with, &asks), last(&without, &asks), "{key} changes nothing: {with}");
    }
}

struct Still(SystemTime);

impl Clock for Still {
    fn now(&mut self) -> SystemTime {
        self.0
    }

    fn peek(&self) -> SystemTime {
        self.0
    }
}

fn asked_often(rules: &str) -> Vec<u16> {
    let text = format!("profile = {{ id = \"x\", title = \"X\", as_of = \"2026-01\" }}\n{rules}");
    let profile = Profile::parse(&text, "x.toml").unwrap();
    let clock = Still(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let provider = Provider::new(profile, World::deterministic().with_clock(clock)).with_rate_limits();
    let ask = |method: &str| {
        let request = Request::builder().method(method).uri(format!("{BASE_PATH}/Users"));
        provider.handle(&request.body(Bytes::new()).unwrap())
    };
    let answers = ["GET", "GET", "POST", "GET"].map(ask);
    let refused = answers.iter().find(|answer| answer.headers().contains_key(header::RETRY_AFTER));
    assert!(refused.is_none_or(|answer| answer.headers()[header::RETRY_AFTER] == "60"));
    answers.iter().map(|answer| answer.status().as_u16()).collect()
}

#[test]
fn whoever_asks_too_often_is_asked_to_wait() {
    assert_eq!(asked_often(""), [200, 200, 400, 200]);
    assert_eq!(
        asked_often("[[rate.window]]\noperations = 2\nseconds = 60\nof = \"reads\""),
        [200, 200, 400, 429]
    );
    assert_eq!(asked_often("[[rate.window]]\noperations = 2\nseconds = 60"), [200, 200, 429, 429]);
    let marked = "[[rate.window]]\noperations = 1\nseconds = 60\nof = \"reads\"\n[[rate.throttle]]\nstatus = 500\ntext = \"LIMIT\"";
    assert_eq!(asked_often(marked), [200, 500, 400, 500]);
}

#[test]
fn public_discovery_needs_no_token_and_accounts_have_states() {
    let asks = |name: &str| {
        let profile = Profile::builtin(name).unwrap();
        let provider = Provider::new(profile, World::deterministic()).with_token(Some("t".into()));
        let request = Request::get(format!("{BASE_PATH}/ServiceProviderConfig")).body(Bytes::new()).unwrap();
        provider.handle(&request).status().as_u16()
    };
    assert_eq!((asks("slack"), asks("interop")), (200, 401));

    let provider = Provider::new(Profile::builtin("bitwarden").unwrap(), World::deterministic());
    let ada = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.com", "emails": [{"value": "ada@example.com"}]}"#;
    let create = Request::post(format!("{BASE_PATH}/Users")).body(Bytes::from(ada)).unwrap();
    let user: Value = serde_json::from_slice(provider.handle(&create).body()).unwrap();
    let id = user["id"].as_str().unwrap();
    assert_eq!(user["active"], true);
    assert_eq!(provider.control().account_state(id).as_deref(), Some("invited"));
    assert_eq!(provider.control().advance_account(id).as_deref(), Some("accepted"));
    assert_eq!(provider.control().advance_account(id).as_deref(), Some("confirmed"));
    assert_eq!(provider.control().advance_account(id).as_deref(), Some("confirmed"));
    let turn = |active: &str| {
        let body = format!(
            r#"{{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{{"op": "replace", "path": "active", "value": {active}}}]}}"#
        );
        let request = Request::patch(format!("{BASE_PATH}/Users/{id}")).body(Bytes::from(body)).unwrap();
        assert_eq!(provider.handle(&request).status(), 204);
        provider.control().account_state(id)
    };
    assert_eq!(turn("false").as_deref(), Some("revoked"));
    assert_eq!(turn("true").as_deref(), Some("confirmed"));
}

#[test]
fn a_mark_of_the_request_chooses_the_variant() {
    let text = "profile = { id = \"x\", title = \"X\", as_of = \"2026-01\" }\n\
        [[variant]]\nname = \"a\"\nwhen = { header = \"X-Client\" }\nset = { \"attr:title.need\" = \"required\" }\n\
        [[variant]]\nname = \"b\"\nwhen = { user_agent = \"okta\" }\nset = { \"attr:title.need\" = \"rejected\" }\n";
    let provider = Provider::new(Profile::parse(text, "x.toml").unwrap(), World::deterministic());
    let create = |mark: Option<(&str, &str)>, user: &str| {
        let body = format!(r#"{{"schemas": ["{}"], {user}}}"#, urn::USER);
        let mut request = Request::post(format!("{BASE_PATH}/Users"));
        if let Some((name, value)) = mark {
            request = request.header(name, value);
        }
        provider.handle(&request.body(Bytes::from(body)).unwrap()).status().as_u16()
    };
    let (client, okta) = (Some(("x-client", "1")), Some(("User-Agent", "Okta SCIM Client 1.0.0")));
    assert_eq!(create(None, r#""userName": "a""#), 201);
    assert_eq!(create(client, r#""userName": "b""#), 400);
    assert_eq!(create(client, r#""userName": "c", "title": "T""#), 201);
    assert_eq!(create(okta, r#""userName": "d", "title": "T""#), 400);
    assert_eq!(create(Some(("User-Agent", "curl")), r#""userName": "e""#), 201);
}

#[test]
fn a_401_has_the_body_that_the_vendor_gives_it() {
    let body = |rules: &str| {
        let text = format!("profile = {{ id = \"x\", title = \"X\", as_of = \"2026-01\" }}\n{rules}");
        let profile = Profile::parse(&text, "x.toml").unwrap();
        let provider = Provider::new(profile, World::deterministic()).with_token(Some("t".into()));
        let request = Request::get(format!("{BASE_PATH}/Users")).body(Bytes::new()).unwrap();
        let response = provider.handle(&request);
        assert_eq!(response.status(), 401);
        serde_json::from_slice::<Value>(response.body()).unwrap_or_default()
    };
    assert_eq!(body("")["status"], "401");
    assert_eq!(body("error.unauthorized = \"empty\""), Value::Null);
    assert_eq!(body("error.unauthorized = \"errors\"")["Errors"]["code"], 401);
    assert_eq!(body("error.unauthorized = \"detail\"").as_object().unwrap().len(), 1);
}

#[test]
fn allow_names_what_the_vendor_has() {
    let ask = |vendor: &str, method: &str, path: &str| {
        let provider = Provider::new(Profile::builtin(vendor).unwrap(), World::deterministic());
        let request = Request::builder().method(method).uri(format!("{BASE_PATH}{path}"));
        let response = provider.handle(&request.body(Bytes::from("{}")).unwrap());
        let allow = response.headers().get(header::ALLOW).map(|allow| allow.to_str().unwrap().to_owned());
        (response.status().as_u16(), allow.unwrap_or_default())
    };
    assert_eq!(ask("8x8", "DELETE", "/Users/1"), (405, "GET, PUT, PATCH".to_owned()));
    assert_eq!(ask("aws", "PUT", "/Groups/1"), (405, "GET, PATCH, DELETE".to_owned()));
    assert_eq!(ask("aws", "POST", "/Users/.search"), (405, String::new()));
    assert_eq!(ask("rfc", "PUT", "/Users"), (405, "GET, POST".to_owned()));
    assert_eq!(ask("rfc", "POST", ""), (405, "GET".to_owned()));
}

#[test]
fn the_root_answers_a_query_of_all_types() {
    let provider = Provider::new(Profile::builtin("interop").unwrap(), World::deterministic());
    provider.control().add_user("ada@example.com");
    let ask = |path: &str| {
        let request = Request::get(format!("{BASE_PATH}{path}")).body(Bytes::new()).unwrap();
        let response = provider.handle(&request);
        (response.status().as_u16(), serde_json::from_slice::<Value>(response.body()).unwrap())
    };
    assert_eq!(ask("").1["totalResults"], 1);
    assert_eq!(
        ask("/?filter=userName%20eq%20%22ada@example.com%22").1["Resources"][0]["userName"],
        "ada@example.com"
    );
    assert_eq!(ask("?filter=userName%20eq%20%22bob%22").1["totalResults"], 0);
    assert_eq!(ask("?filter=nonsense").0, 400);
}
