use scim_core::vendor::Profile;
use serde_json::Value;

use super::*;
use crate::provider::{Entry, World};

fn mock(profile: &str) -> Provider {
    Provider::new(Profile::builtin(profile).unwrap(), World::deterministic())
}

fn ask(provider: &Provider, method: &str, target: &str, body: &str) -> (u16, Value) {
    let request = Request::builder().method(method).uri(format!("{CONTROL_PATH}{target}"));
    let response = provider.answer_control(&request.body(Bytes::from(body.to_owned())).unwrap());
    assert_eq!(response.headers()["content-type"], "application/json");
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

fn scim(provider: &Provider, method: &str, target: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = Request::builder().method(method).uri(format!("{BASE_PATH}{target}")).body(body).unwrap();
    let response = provider.handle(&request);
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
}

fn user(user_name: &str) -> Value {
    json!({"schemas": [urn::USER], "userName": user_name})
}

#[test]
fn seeds_are_the_same_everywhere_and_are_not_sown_twice() {
    let names = |provider: &Provider| -> Vec<String> {
        let all = provider.snapshot();
        all.iter()
            .map(|one| one["userName"].as_str().or_else(|| one["displayName"].as_str()).unwrap().to_owned())
            .collect()
    };
    let (one, two) = (mock("interop"), mock("interop"));
    assert_eq!(
        ask(&one, "POST", "/seed", r#"{"users": 40, "groups": 3}"#),
        (200, json!({"users": 40, "groups": 3}))
    );
    two.control().seed(Seed { users: 40, groups: 3 }).unwrap();
    assert_eq!(names(&one), names(&two));
    assert_eq!(one.control().seed(Seed { users: 42, groups: 3 }), Ok(Seeded { users: 2, groups: 0 }));
    let all = one.snapshot();
    assert_eq!(all[6]["userName"], "bjorn.perez7@example.com");
    assert_eq!(all.iter().filter(|one| one["active"] == false).count(), 2);
    let teams: Vec<usize> =
        all.iter().filter_map(|one| Some(one.get("members")?.as_array()?.len())).collect();
    assert_eq!(teams, [4, 4, 4]);
    let wanted = |body: &str| ask(&one, "POST", "/seed", body).0;
    assert_eq!([wanted(r#"{"users": -1}"#), wanted(r#"{"people": 1}"#), wanted("[]"), wanted("{")], [400; 4]);
    assert_eq!(wanted(r#"{"users": 9999999}"#), 400);
}

#[test]
fn every_vendor_with_a_wire_can_be_seeded() {
    for name in Profile::names() {
        let provider = mock(name);
        if !provider.profile().has_wire() {
            continue;
        }
        let has_groups = !provider.profile().group.ops.is_empty();
        let seeded = provider.control().seed(Seed { users: 25, groups: if has_groups { 2 } else { 0 } });
        assert_eq!(seeded.map(|seeded| seeded.users), Ok(25), "{name}");
        if !has_groups {
            let refused = provider.control().seed(Seed { users: 0, groups: 1 });
            assert!(matches!(refused, Err(ControlError::NotOffered(_))), "{name}");
        }
    }
}

#[test]
fn after_a_reset_nothing_is_there_and_ids_are_new() {
    let provider = mock("interop");
    let (_, first) = scim(&provider, "POST", "/Users", user("ada"));
    provider.control().verify_domain("example.org");
    assert_eq!(ask(&provider, "POST", "/reset", ""), (200, json!({})));
    assert_eq!(provider.snapshot(), Vec::<Value>::new());
    assert_eq!(provider.journal().len(), 1, "the reset itself");
    let (status, again) = scim(&provider, "POST", "/Users", user("ada"));
    assert_eq!(status, 201);
    assert_ne!(again["id"], first["id"]);
    assert_eq!(ask(&provider, "GET", "", "").1["domains"], json!([]));
}

#[test]
fn a_verified_domain_lets_new_users_in() {
    let hubspot = mock("hubspot");
    assert_eq!(scim(&hubspot, "POST", "/Users", user("ada@example.org")).0, 400);
    assert_eq!(ask(&hubspot, "POST", "/domains", r#"{"domain": "Example.org"}"#).0, 200);
    assert_eq!(scim(&hubspot, "POST", "/Users", user("ada@example.org")).0, 201);
    assert_eq!(ask(&hubspot, "GET", "", "").1["domains"], json!(["example.com", "example.org"]));
}

#[test]
fn an_invitation_is_accepted_and_confirmed() {
    let bitwarden = mock("bitwarden");
    let body = json!({"schemas": [urn::USER], "userName": "ada@example.com", "emails": [{"value": "ada@example.com"}]});
    let (_, ada) = scim(&bitwarden, "POST", "/Users", body);
    let path = format!("/users/{}/advance", ada["id"].as_str().unwrap());
    assert_eq!(ask(&bitwarden, "POST", &path, "").1, json!({"state": "accepted"}));
    assert_eq!(ask(&bitwarden, "GET", "", "").1["users"][0]["state"], "accepted");
    assert_eq!(ask(&bitwarden, "POST", "/users/9/advance", "").0, 404);
    let interop = mock("interop");
    let id = interop.control().add_user("ada");
    let (status, error) = ask(&interop, "POST", &format!("/users/{id}/advance"), "");
    assert_eq!((status, error["error"].as_str()), (409, Some("the vendor's accounts have no states")));
}

#[test]
fn an_administrator_edits_and_deletes_whom_no_lock_protects() {
    let (interop, hubspot) = (mock("interop"), mock("hubspot"));
    let managed = |provider: &Provider| {
        let (_, ada) = scim(provider, "POST", "/Users", user("ada@example.com"));
        format!("/resources/{}", ada["id"].as_str().unwrap())
    };
    let (free, locked) = (managed(&interop), managed(&hubspot));
    let edit = r#"{"title": "Countess", "active": false}"#;
    assert_eq!(ask(&interop, "PATCH", &free, edit).0, 200);
    assert_eq!(interop.snapshot()[0]["title"], "Countess");
    assert_eq!(interop.snapshot()[0]["active"], false);
    assert_eq!(ask(&interop, "PATCH", &free, r#"{"title": null}"#).0, 200);
    assert_eq!(interop.snapshot()[0].get("title"), None);
    let (status, error) = ask(&interop, "PATCH", &free, r#"{"active": "no"}"#);
    assert_eq!(status, 400, "{error}");
    assert_eq!(ask(&hubspot, "PATCH", &locked, edit).0, 409);
    assert_eq!(ask(&hubspot, "DELETE", &locked, "").0, 409);
    assert_eq!(ask(&interop, "DELETE", &free, "").0, 200);
    assert_eq!(ask(&interop, "DELETE", &free, "").0, 404);
    assert_eq!(interop.snapshot(), Vec::<Value>::new());
}

#[test]
fn a_new_token_is_good_and_the_old_one_is_not() {
    let provider = Provider::builder().token("old").build().unwrap();
    let with = |token: &str| {
        let request =
            Request::get(format!("{BASE_PATH}/Users")).header("authorization", format!("Bearer {token}"));
        provider.handle(&request.body(Bytes::new()).unwrap()).status().as_u16()
    };
    assert_eq!((with("old"), with("x")), (200, 401));
    let (_, answer) = ask(&provider, "POST", "/token", "");
    let token = answer["token"].as_str().unwrap();
    assert_eq!((with("old"), with(token)), (401, 200));
    let told = format!("{:?}{}", provider.journal(), ask(&provider, "GET", "/journal", "").1);
    assert!(!told.contains(token) && !told.contains("old"), "{told}");
    assert_eq!(ask(&mock("interop"), "POST", "/token", "").0, 409);
}

#[test]
fn the_clock_goes_forward_for_tokens_and_dates() {
    let provider = mock("interop");
    let created = |name: &str| scim(&provider, "POST", "/Users", user(name)).1["meta"]["created"].to_string();
    assert_eq!(created("ada"), "\"2026-01-01T00:00:00.000Z\"");
    assert_eq!(ask(&provider, "POST", "/clock", r#"{"advance": "1h 30m"}"#).1["now"], "2026-01-01T01:30:01Z");
    assert_eq!(created("bob"), "\"2026-01-01T01:30:01.000Z\"");
    let wrong = |body: &str| ask(&provider, "POST", "/clock", body).0;
    assert_eq!([wrong(r#"{"advance": "soon"}"#), wrong(r#"{"advance": "-1h"}"#), wrong("{}")], [400; 3]);
    provider.control().advance_clock(Duration::MAX);
    assert!(created("eve").starts_with("\"21"), "a date is still a date");
}

#[test]
fn a_sign_in_finds_an_account_or_not() {
    let provider = mock("interop");
    let sign_in = |name: &str| ask(&provider, "POST", "/sign-in", &json!({ "userName": name }).to_string());
    assert_eq!(sign_in("ada").1, json!({"result": "unknown"}));
    let (_, ada) = scim(&provider, "POST", "/Users", user("ada"));
    assert_eq!(sign_in("ADA").1, json!({"result": "known", "id": ada["id"]}));
    provider.control().edit(ada["id"].as_str().unwrap(), "active", json!(false)).unwrap();
    assert_eq!(sign_in("ada").1["result"], "refused");
    assert_eq!(ask(&provider, "POST", "/sign-in", "{}").0, 400);
}

#[test]
fn a_sign_in_makes_an_account_where_the_vendor_does() {
    let sso = mock("activecampaign");
    let person = |name: &str| {
        let told = json!({"userName": name, "name": {"givenName": "A", "familyName": "B"}, "emails": [{"value": name}]});
        sso.control().sign_in(told.as_object().unwrap()).unwrap()
    };
    assert!(matches!(person("ada@example.com"), SignIn::Created(_)));
    assert!(matches!(person("bob@example.com"), SignIn::Created(_)));
    assert!(matches!(person("ADA@example.com"), SignIn::Known(_)));
    let groups = sso.control().members_by_group();
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].0.as_str(), groups[0].1.len()), ("SSO Users", 2));
}

#[test]
fn some_tokens_live_beside_a_new_one() {
    let text = "profile = { id = \"x\", title = \"X\", as_of = \"2026-01\" }\n[auth]\nrotate = \"overlap\"\n";
    let profile = Profile::parse(text, "x.toml").unwrap();
    let provider = Provider::builder().profile(profile).token("old").build().unwrap();
    let new = provider.control().rotate_token().unwrap();
    for token in ["old", secrecy::ExposeSecret::expose_secret(&new)] {
        let request =
            Request::get(format!("{BASE_PATH}/Users")).header("authorization", format!("Bearer {token}"));
        assert_eq!(provider.handle(&request.body(Bytes::new()).unwrap()).status(), 200);
    }
}

#[test]
fn tenants_are_apart_and_strangers_get_an_answer() {
    let provider = Provider::builder().tenant("acme").build().unwrap();
    assert_eq!(ask(&provider, "POST", "/users?tenant=acme", r#"{"userName": "ada"}"#).0, 200);
    assert_eq!(provider.snapshot().len(), 0);
    assert_eq!(provider.control_of("acme").unwrap().snapshot().len(), 1);
    assert_eq!(ask(&provider, "GET", "?tenant=acme", "").1["users"][0]["resource"]["userName"], "ada");
    assert_eq!(ask(&provider, "GET", "?tenant=other", "").0, 404);
    assert!(provider.control_of("other").is_none());
    provider.control().add_user("bob");
    assert_eq!(ask(&provider, "POST", "/reset?tenant=acme", "").0, 200);
    let left: Vec<String> = provider.journal().iter().map(|entry| format!("{entry:?}")).collect();
    assert_eq!(left, ["#2 POST /control/users -> 200", "#3 POST /control/reset -> 200"]);
    assert_eq!(ask(&provider, "GET", "/nothing", "").0, 404);
    let (status, error) = ask(&provider, "GET", "/reset", "");
    assert_eq!((status, error["error"].as_str()), (405, Some("/control/reset takes POST")));
    let (_, error) = ask(&provider, "POST", "/resources/7", "");
    assert_eq!(error["error"], "/control/resources/7 takes PATCH and DELETE");
}

#[test]
fn the_journal_tells_what_was_asked_and_what_it_changed() {
    let provider = mock("interop");
    let (_, ada) = scim(
        &provider,
        "POST",
        "/Users",
        json!({"schemas": [urn::USER], "userName": "ada", "password": "pssst", "name": {"givenName": "Ada"}}),
    );
    let id = ada["id"].as_str().unwrap();
    let rename = json!({"schemas": [urn::PATCH_OP], "Operations": [
        {"op": "replace", "path": "name.givenName", "value": "Augusta"},
        {"op": "replace", "path": "password", "value": "hush"},
    ]});
    assert_eq!(scim(&provider, "PATCH", &format!("/Users/{id}"), rename).0, 200);
    let body = json!({"schemas": [urn::GROUP], "displayName": "Eng", "members": [{"value": id}]});
    let (_, group) = scim(&provider, "POST", "/Groups", body);
    scim(&provider, "DELETE", &format!("/Users/{id}"), Value::Null);
    scim(&provider, "GET", "/Users?filter=userName%20eq%20%22ada%22&access_token=pssst", Value::Null);

    let journal = provider.journal();
    let lines: Vec<String> = journal.iter().map(|entry| format!("{entry:?}")).collect();
    assert_eq!(lines[0], "#1 POST /scim/v2/Users -> 201");
    assert_eq!(lines[4], "#5 GET /scim/v2/Users?filter=userName%20eq%20%22ada%22&access_token=... -> 200");
    let told = |entry: &Entry| -> Vec<String> {
        let one = |change: &crate::provider::Change| {
            let what: Vec<String> = change
                .differences()
                .into_iter()
                .map(|d| {
                    format!(
                        "{} {:?}>{:?}",
                        d.path,
                        d.before.map(|v| v.to_string()),
                        d.after.map(|v| v.to_string())
                    )
                })
                .collect();
            format!("{} {} {}", change.resource_type, change.name, what.join(", "))
        };
        entry.changes.iter().map(one).collect()
    };
    assert_eq!(told(&journal[1]), [r#"User ada name.givenName Some("\"Ada\"")>Some("\"Augusta\"")"#]);
    assert_eq!(journal[3].changes.len(), 2, "the user, and the group that lost a member");
    assert!(journal[3].changes[0].after().is_none());
    let lost = &journal[3].changes[1];
    assert_eq!(
        (lost.id.as_str(), lost.differences()[0].path.as_str()),
        (group["id"].as_str().unwrap(), "members")
    );
    assert_eq!(journal[0].request_json()["password"], "…");
    assert_eq!(journal[1].request_json()["Operations"][1]["value"], "…");
    assert_eq!(provider.journal_after(4).len(), 1);
    let all = ask(&provider, "GET", "/journal", "").1.to_string();
    assert!(!all.contains("pssst") && !all.contains("hush"), "{all}");
    assert_eq!(ask(&provider, "GET", "/journal?after=4", "").1["entries"].as_array().unwrap().len(), 1);
    assert_eq!(ask(&provider, "GET", "/journal?after=x", "").0, 400);
}

#[test]
fn secrets_are_not_in_the_journal_wherever_they_were_sent() {
    let provider = mock("interop");
    let patch = |path: &str| {
        let operation = json!({"op": "replace", "Path": path, "value": "pssst"});
        scim(&provider, "PATCH", "/Users/1", json!({"schemas": [urn::PATCH_OP], "Operations": [operation]}));
    };
    let user = format!("{}:password", urn::USER);
    for path in ["password", " password ", "password.x", "password[value eq \"pssst\"]", user.as_str()] {
        patch(path);
    }
    let filter = "password eq \"pssst\"";
    scim(&provider, "POST", "/.search", json!({ "filter": filter }));
    scim(&provider, "POST", "/Users", json!({"password": "pssst", "a": [{"client_secret": "pssst"}]}));
    for query in [format!("filter={}", encode(filter)), "access%5Ftoken=pssst".into(), "token=pssst".into()] {
        scim(&provider, "GET", &format!("/Users?{query}"), Value::Null);
    }
    let headers = [
        ("authorization", "Bearer pssst"),
        ("authorization", "pssst"),
        ("authorization", "Bearer Bearer pssst"),
        ("x-auth-token", "pssst"),
        ("x-api-key", "pssst"),
        ("cookie", "pssst"),
        ("host", "ada:pssst@localhost"),
    ];
    for (name, value) in headers {
        let request = Request::get(format!("{BASE_PATH}/Users")).header(name, value);
        provider.handle(&request.body(Bytes::new()).unwrap());
    }
    let broken = Request::post(format!("{BASE_PATH}/Users")).body(Bytes::from("{\"api_key\": \"pssst\""));
    provider.handle(&broken.unwrap());
    let all = ask(&provider, "GET", "/journal", "").1.to_string();
    assert!(!all.contains("pssst"), "{all}");
    assert!(all.contains("Bearer Bearer ..."), "what is wrong with it is told: {all}");
    assert_eq!(provider.journal().len(), 18);
}

#[test]
fn a_large_act_is_told_in_part() {
    let provider = mock("interop");
    provider.control().seed(Seed { users: 1200, groups: 0 }).unwrap();
    let entry = &provider.journal()[0];
    assert_eq!((entry.changes.len(), entry.more_changes), (1000, 200));
}

#[test]
fn who_watches_is_told_of_every_entry() {
    let provider = mock("interop");
    let (send, told) = std::sync::mpsc::channel();
    provider.watch(move |number| send.send(number).unwrap());
    scim(&provider, "GET", "/Users", Value::Null);
    provider.control().add_user("ada");
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [1, 2]);
}
