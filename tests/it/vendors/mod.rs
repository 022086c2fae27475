//! The vendor profiles: what each vendor does, story by story.

#![expect(clippy::unwrap_used, reason = "this file is a test, helpers and all")]

mod matrix;
mod more;

use axum::body::Bytes;
use http::Request;
use scim_core::vendor::Profile;
use scim_testkit::provider::{ControlError, Provider, World};
use serde_json::{Value, json};

struct Vendor(Provider);

impl Vendor {
    fn new(name: &str) -> Self {
        Self(Provider::new(Profile::builtin(name).unwrap(), World::deterministic()))
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.ask_as(&[], method, path, body)
    }

    /// With headers, by which a vendor may tell who asks.
    fn ask_as(&self, headers: &[(&str, &str)], method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let mut request = Request::builder().method(method).uri(format!("/scim/v2{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.0.handle(&request.body(body).unwrap());
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
    }

    fn create_group(&self, name: &str, members: &[&str]) -> (u16, Value) {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
        self.ask("POST", "/Groups", &json!({"schemas": [schema], "displayName": name, "members": members}))
    }

    fn change_group(&self, id: &str, operation: &Value) -> (u16, Value) {
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let message = json!({"schemas": [schema], "Operations": [operation]});
        self.ask("PATCH", &format!("/Groups/{id}"), &message)
    }

    fn members(&self, id: &str) -> Vec<String> {
        let group = self.ask("GET", &format!("/Groups/{id}"), &Value::Null).1;
        let members = group["members"].as_array().cloned().unwrap_or_default();
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
    }

    /// The names of the attributes in a schema that `/Schemas` tells of.
    fn schema(&self, urn: &str) -> Vec<String> {
        let schema = self.ask("GET", &format!("/Schemas/{urn}"), &Value::Null).1;
        let attributes = schema["attributes"].as_array().cloned().unwrap_or_default();
        attributes.iter().map(|attribute| attribute["name"].as_str().unwrap().to_owned()).collect()
    }

    fn create(&self, mut user: Value) -> (u16, Value) {
        let extensions = user.as_object().unwrap().keys().filter(|key| key.starts_with("urn:")).cloned();
        let core = "urn:ietf:params:scim:schemas:core:2.0:User".to_owned();
        user["schemas"] = std::iter::once(core).chain(extensions).collect();
        self.ask("POST", "/Users", &user)
    }

    fn set(&self, id: &str, path: &str, value: impl Into<Value>) -> (u16, Value) {
        let operation = json!({"op": "replace", "path": path, "value": value.into()});
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        self.ask("PATCH", &format!("/Users/{id}"), &json!({"schemas": [schema], "Operations": [operation]}))
    }

    fn get(&self, id: &str) -> (u16, Value) {
        self.ask("GET", &format!("/Users/{id}"), &Value::Null)
    }
}

fn id(user: &(u16, Value)) -> String {
    assert!(user.0 < 300, "{user:?}");
    user.1["id"].as_str().unwrap().to_owned()
}

fn role(user: &(u16, Value)) -> &str {
    user.1["roles"][0]["value"].as_str().unwrap_or("none")
}

#[test]
fn hubspot_gives_the_role_that_the_title_names() {
    let hubspot = Vendor::new("hubspot");
    let ada = hubspot.create(json!({"userName": "ada@example.com", "title": "Sales Rep"}));
    assert_eq!(role(&ada), "Sales Rep");
    assert_eq!(role(&hubspot.set(&id(&ada), "title", "Marketing Manager")), "Marketing Manager");
    assert_eq!(role(&hubspot.set(&id(&ada), "title", "marketing manager")), "View Only");
    assert_eq!(role(&hubspot.set(&id(&ada), "title", "Astronaut")), "View Only");
    assert_eq!(role(&hubspot.set(&id(&ada), "title", "Sales Rep ")), "View Only");
    assert_eq!(role(&hubspot.create(json!({"userName": "cy@example.com", "title": "Pilot"}))), "View Only");
    assert_eq!(hubspot.ask("GET", "/Groups", &Value::Null).0, 404);

    let newer = Vendor::new("hubspot@roles");
    let user =
        json!({"userName": "ada@example.com", "title": "Sales Rep", "roles": [{"value": "Super Admin"}]});
    assert_eq!(role(&newer.create(user)), "Super Admin");
    assert_eq!(
        role(&newer.create(json!({"userName": "bob@example.com", "title": "Sales Rep"}))),
        "View Only"
    );
}

#[test]
fn hubspot_gives_the_seat_that_comes_with_the_role() {
    let seat = |user: &(u16, Value)| user.1["entitlements"][0]["value"].clone();
    let ada = json!({"userName": "ada@example.com", "title": "Sales Rep"});
    let hubspot = Vendor::new("hubspot");
    let hired = hubspot.create(ada.clone());
    assert_eq!(seat(&hired), "paid seat");
    assert_eq!(seat(&hubspot.set(&id(&hired), "title", "Astronaut")), Value::Null);
    assert_eq!(seat(&Vendor::new("hubspot@seats-based-pricing").create(ada)), Value::Null);
}

#[test]
fn hubspot_deletes_whom_it_deactivates_and_makes_a_new_account_later() {
    let hubspot = Vendor::new("hubspot");
    let ada = hubspot.create(json!({"userName": "ada@example.com"}));
    assert_eq!(hubspot.set(&id(&ada), "active", false).0, 200);
    assert_eq!(hubspot.get(&id(&ada)).0, 404);
    let again = hubspot.create(json!({"userName": "ada@example.com"}));
    assert_eq!(again.0, 201);
    assert_ne!(id(&again), id(&ada));
}

#[test]
fn hubspot_wants_a_verified_domain_converts_whom_it_knows_and_locks_its_screens() {
    let hubspot = Vendor::new("hubspot");
    assert_eq!(hubspot.create(json!({"userName": "ada@elsewhere.example"})).0, 400);
    let known = hubspot.0.control().add_user("ada@example.com");
    assert_eq!(hubspot.get(&known).0, 404);
    let ada = hubspot.create(json!({"userName": "ada@example.com"}));
    assert_eq!((ada.0, id(&ada)), (201, known.clone()));
    assert_eq!(hubspot.create(json!({"userName": "ada@example.com"})).0, 409);
    let edited = hubspot.0.control().edit(&known, "title", json!("Boss"));
    assert!(matches!(edited, Err(ControlError::Locked(_))));
}

#[test]
fn heap_has_teams_and_removes_whom_it_deactivates() {
    let heap = Vendor::new("heap");
    assert_eq!(heap.create(json!({"userName": "ada"})).0, 400);
    let ada = heap.create(json!({"userName": "ada@example.com"}));
    let bob = heap.create(json!({"userName": "bob@example.com"}));
    let team = id(&heap.create_group("Growth", &[&id(&ada)]));
    let joins = json!({"op": "add", "path": "members", "value": [{"value": id(&bob)}]});
    assert_eq!(heap.change_group(&team, &joins).0, 200);
    assert_eq!(heap.members(&team), [id(&ada), id(&bob)]);
    let renamed = json!({"op": "replace", "path": "displayName", "value": "Sales"});
    assert_eq!(heap.change_group(&team, &renamed).1["displayName"], "Sales");
    // The role is chosen there, so Heap's own screens are open.
    heap.0.control().edit(&id(&ada), "title", json!("x")).unwrap();
    // Okta deactivates, OneLogin deletes; the person is gone either way, and out of the team.
    assert_eq!(heap.set(&id(&ada), "active", false).0, 200);
    assert_eq!(heap.get(&id(&ada)).0, 404);
    assert_eq!(heap.ask("DELETE", &format!("/Users/{}", id(&bob)), &Value::Null).0, 204);
    assert_eq!(heap.get(&id(&bob)).0, 404);
    assert_eq!(heap.members(&team), [""; 0]);
    assert_ne!(id(&heap.create(json!({"userName": "ada@example.com"}))), id(&ada));
    assert_eq!(heap.ask("DELETE", &format!("/Groups/{team}"), &Value::Null).0, 204);
}

#[test]
fn heap_takes_the_role_from_its_settings_and_shows_its_custom_attributes() {
    let heap = Vendor::new("heap");
    let grant = &heap.0.profile().grants[0];
    assert!(grant.by_setting(), "{}", grant.from);
    assert!(heap.0.profile().sentence("grant.from").unwrap().contains("default role"));
    let own = "urn:ietf:params:scim:schemas:extension:heap:2.0:User";
    assert_eq!(heap.schema(own), ["costCenter"]);
    let ada = heap.create(json!({"userName": "ada@example.com", own: {"costCenter": "R&D"}}));
    assert_eq!(heap.get(&id(&ada)).1[own]["costCenter"], "R&D");
    assert_eq!(heap.set(&id(&ada), &format!("{own}:costCenter"), "HR").1[own]["costCenter"], "HR");
    assert_eq!(Vendor::new("fullstory").ask("GET", &format!("/Schemas/{own}"), &Value::Null).0, 404);
}

#[test]
fn fullstory_reads_the_role_from_an_attribute_and_never_deletes() {
    let fullstory = Vendor::new("fullstory");
    let ada = fullstory.create(json!({"userName": "ada@example.com", "roles": [{"value": "Architect"}]}));
    assert_eq!(role(&ada), "Architect");
    for name in ["Admin", "Architect", "Standard", "Guest"] {
        let user = json!({"userName": format!("{name}@example.com"), "roles": [{"value": name}]});
        assert_eq!(role(&fullstory.create(user)), name);
    }
    let unknown = json!({"userName": "x@example.com", "roles": [{"value": "Pilot"}]});
    assert_eq!(role(&fullstory.create(unknown)), "Standard");
    assert_eq!(role(&fullstory.create(json!({"userName": "bob@example.com"}))), "Standard");
    assert_eq!(fullstory.set(&id(&ada), "active", false).1["active"], false);
    assert_eq!(fullstory.get(&id(&ada)).1["active"], false);
    assert_eq!(fullstory.set(&id(&ada), "active", true).1["active"], true);
    assert_eq!(fullstory.ask("DELETE", &format!("/Users/{}", id(&ada)), &Value::Null).0, 204);
    let left = fullstory.get(&id(&ada));
    assert_eq!((left.0, &left.1["active"]), (200, &false.into()));
    assert_eq!(fullstory.ask("GET", "/Groups", &Value::Null).0, 404);
}

#[test]
fn hotjar_suspends_and_brings_back_as_far_as_anybody_knows() {
    let hotjar = Vendor::new("hotjar");
    let ada = hotjar.create(json!({"userName": "ada@example.com"}));
    assert_eq!(hotjar.set(&id(&ada), "active", false).1["active"], false);
    assert_eq!(hotjar.set(&id(&ada), "active", true).1["active"], true);
    let profile = hotjar.0.profile();
    assert_eq!(profile.firm_share().0, 0);
    assert!(profile.profile.note.starts_with("unproven"));
}

#[test]
fn hotjar_takes_a_pushed_group_and_one_that_is_linked() {
    let hotjar = Vendor::new("hotjar");
    let ada = hotjar.create(json!({"userName": "ada@example.com"}));
    let pushed = id(&hotjar.create_group("Growth", &[&id(&ada)]));
    assert_eq!(hotjar.members(&pushed), [id(&ada)]);
    // Group linking: the group is there already, is found by its name, and gets members.
    let there = id(&hotjar.create_group("Design", &[]));
    assert_eq!(hotjar.create_group("Design", &[]).0, 409);
    let found = hotjar.ask("GET", "/Groups?filter=displayName%20eq%20%22Design%22", &Value::Null).1;
    assert_eq!(found["Resources"][0]["id"], there.as_str());
    let joins = json!({"op": "add", "path": "members", "value": [{"value": id(&ada)}]});
    assert_eq!(hotjar.change_group(&there, &joins).0, 200);
    assert_eq!(hotjar.members(&there), [id(&ada)]);
}

#[test]
fn hotjar_shows_custom_attributes_and_writes_some_back() {
    let hotjar = Vendor::new("hotjar");
    let own = "urn:ietf:params:scim:schemas:extension:hotjar:2.0:User";
    assert_eq!(hotjar.schema(own), ["costCenter", "lastSeen"]);
    let told = hotjar.ask("GET", &format!("/Schemas/{own}"), &Value::Null).1;
    assert_eq!(told["attributes"][1]["mutability"], "readOnly");
    let sent = json!({"costCenter": "R&D", "lastSeen": "2026-01-01T00:00:00Z"});
    let ada = hotjar.create(json!({"userName": "ada@example.com", own: sent}));
    assert_eq!(ada.1[own], json!({"costCenter": "R&D"}));
    let seen = "2026-01-02T00:00:00Z";
    hotjar.0.control().edit(&id(&ada), &format!("{own}:lastSeen"), json!(seen)).unwrap();
    assert_eq!(hotjar.get(&id(&ada)).1[own]["lastSeen"], seen);
    let mut back = hotjar.get(&id(&ada)).1;
    back[own] = json!({"costCenter": "HR", "lastSeen": "2020-01-01T00:00:00Z"});
    hotjar.ask("PUT", &format!("/Users/{}", id(&ada)), &back);
    assert_eq!(hotjar.get(&id(&ada)).1[own]["lastSeen"], seen);
}

#[test]
fn qualtrics_has_nothing_to_test_and_the_run_says_so() {
    let report = matrix::run("qualtrics", &matrix::OKTA);
    assert!(!report.was_tested() && report.findings.is_empty());
    let vacuous = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| report.assert_clean()));
    assert!(vacuous.is_err(), "a test that tests nothing must not pass");
    assert_eq!((report.summary.requests, report.summary.passed), (0, 0));
    for story in &report.stories {
        let reason = story.reason.as_deref().unwrap();
        assert!(
            reason.starts_with("Qualtrics has no SCIM, so there is nothing to test on the wire"),
            "{reason}"
        );
        // What that means for offboarding.
        assert!(reason.contains("nothing tells the vendor that somebody left"), "{reason}");
        assert!(reason.contains("and the account stays"), "{reason}");
    }
}
