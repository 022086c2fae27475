//! The vendors whose interfaces are documented or open: what each does that a client would not expect.

use axum::body::Bytes;
use http::{Request, header};
use scim_core::vendor::Profile;
use scim_testkit::provider::{Provider, SignIn, World};
use serde_json::{Value, json};

use super::{Vendor, id};

fn mail(address: &str) -> Value {
    json!([{"value": address, "primary": true}])
}

fn whole(address: &str) -> Value {
    let name = json!({"givenName": "Ada", "familyName": "Lovelace"});
    json!({"userName": address, "displayName": "Ada", "name": name, "emails": mail(address), "externalId": address})
}

#[test]
fn bitwarden_answers_success_to_what_it_does_not_do() {
    let bitwarden = Vendor::new("bitwarden");
    let mail = mail("ada@example.com");
    let ada = bitwarden.create(json!({"userName": "ada@example.com", "title": "Chief", "emails": mail}));
    assert_eq!(bitwarden.set(&id(&ada), "title", "Boss").0, 204);
    assert_eq!(bitwarden.get(&id(&ada)).1["title"], "Chief");
    let found = bitwarden.ask("GET", "/Users?filter=title%20eq%20%22Chief%22", &Value::Null);
    assert_eq!(found.1["totalResults"], 0);
    assert_eq!(bitwarden.ask("GET", "/Schemas", &Value::Null).0, 404);
    let some = bitwarden.ask("GET", &format!("/Users/{}?attributes=active", id(&ada)), &Value::Null);
    assert_eq!(some.1["userName"], "ada@example.com");
}

#[test]
fn bitwarden_knows_entra_id_by_a_header_and_takes_the_user_name_as_the_address() {
    let bitwarden = Vendor::new("bitwarden");
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    let ada = json!({"schemas": schemas, "userName": "ada@example.com"});
    assert_eq!(bitwarden.ask("POST", "/Users", &ada).0, 400);
    let made = bitwarden.ask_as(&[("adscimversion", "2")], "POST", "/Users", &ada);
    assert_eq!((made.0, &made.1["externalId"]), (201, &"ada@example.com".into()));
    let twin = json!({"userName": "other@example.com", "externalId": "ADA@example.com", "emails": mail("o@example.com")});
    assert_eq!(bitwarden.create(twin).0, 201);
    let twin = json!({"userName": "third@example.com", "emails": mail("O@example.com")});
    assert_eq!(bitwarden.create(twin).0, 409);
    // The user name alone makes nobody a twin.
    let namesake =
        json!({"userName": "ada@example.com", "externalId": "2", "emails": mail("ada2@example.com")});
    assert_eq!(bitwarden.create(namesake).0, 201);
}

#[test]
fn slack_has_two_names_for_its_configuration_and_deletes_nobody() {
    let profile = Profile::builtin("slack").unwrap();
    let provider = Provider::new(profile, World::deterministic()).with_token(Some("t".into()));
    let ask = |path: &str| {
        let request = Request::get(format!("/scim/v2{path}")).body(Bytes::new()).unwrap();
        let response = provider.handle(&request);
        (response.status().as_u16(), serde_json::from_slice::<Value>(response.body()).unwrap())
    };
    assert_eq!(ask("/ServiceProviderConfig").0, 200);
    assert_eq!(ask("/ServiceProviderConfigs").0, 200);
    let errors = json!({"description": "invalid_authentication", "code": 401});
    assert_eq!(ask("/Users"), (401, json!({"Errors": errors})));

    let slack = Vendor::new("slack");
    let ada = id(&slack.create(whole("ada@example.com")));
    let put = |user: Value| slack.ask("PUT", &format!("/Users/{ada}"), &user).0;
    let mut user = slack.get(&ada).1;
    assert_eq!(put(user.clone()), 400);
    user["nickName"] = "ada".into();
    assert_eq!(put(user), 200);
    for _ in 0..3 {
        assert_eq!(slack.ask("DELETE", &format!("/Users/{ada}"), &Value::Null).0, 204);
    }
    assert_eq!(slack.get(&ada).1["active"], false);
    assert_eq!(slack.create(whole("ada@example.com")).0, 409);
    let mut twin = whole("ada@example.com");
    twin["userName"] = "other".into();
    assert_eq!(slack.create(twin).0, 409);
}

#[test]
fn salesforce_has_the_name_of_scim_1_for_its_configuration() {
    let salesforce = Vendor::new("salesforce");
    assert_eq!(salesforce.ask("GET", "/ServiceProviderConfigs", &Value::Null).0, 200);
    assert_eq!(salesforce.ask("GET", "/ServiceProviderConfig", &Value::Null).0, 404);
}

#[test]
fn amplitude_invites_the_members_it_does_not_know() {
    let amplitude = Vendor::new("amplitude");
    let ada = amplitude.create(json!({"userName": "ada@example.com", "nickName": "A"}));
    assert_eq!((ada.0, id(&ada)), (201, "ada@example.com".to_owned()));
    let team = amplitude.create_group("Analysts", &["ada@example.com", "new@example.com"]);
    assert_eq!(team.0, 200);
    let invited = amplitude.get("new@example.com");
    assert_eq!((invited.0, &invited.1["active"]), (200, &true.into()));
    assert_eq!(amplitude.members(&id(&team)), ["ada@example.com", "new@example.com"]);
    assert_eq!(
        amplitude.ask("GET", "/Users?itemsPerPage=1", &Value::Null).1["Resources"].as_array().unwrap().len(),
        1
    );
    assert_eq!(amplitude.set("ada@example.com", "active", false).0, 200);
    assert_eq!(amplitude.get("ada@example.com").0, 404);
}

#[test]
fn sentry_makes_slugs_of_names_and_knows_its_roles() {
    let sentry = Vendor::new("sentry");
    let team = sentry.create_group("Team One!", &[]);
    assert_eq!(team.1["displayName"], "team-one");
    assert_eq!(sentry.create_group("team ONE", &[]).0, 409);
    let found = sentry.ask("GET", "/Groups?filter=displayName%20eq%20%22Team%20One%22", &Value::Null).1;
    assert_eq!(found["totalResults"], 1);
    let ada = sentry.create(json!({"userName": "ada@example.com", "sentryOrgRole": "Manager"}));
    assert_eq!(ada.1["sentryOrgRole"], "Manager");
    let refused = sentry.create(json!({"userName": "bob@example.com", "sentryOrgRole": "owner"}));
    assert_eq!(refused.0, 400);
    assert_eq!(ada.1["active"], true);
    let for_entra = Vendor::new("sentry@entra").create(json!({"userName": "ada@example.com"}));
    assert_eq!((for_entra.0, for_entra.1.get("active")), (201, None));

    let request = Request::get("/scim/v2/Users").body(Bytes::new()).unwrap();
    let response = sentry.0.handle(&request);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json+scim");
}

#[test]
fn github_hides_and_hashes_whom_it_suspends() {
    for (name, keeps_mail) in [("github-emu", false), ("github-emu@entra", true)] {
        let github = Vendor::new(name);
        let ada = id(&github.create(whole("ada@example.com")));
        let team = id(&github.create_group("Engines", &[&ada]));
        assert_eq!(github.members(&team), std::slice::from_ref(&ada));
        let off = github.set(&ada, "active", false).1;
        assert_ne!(off["userName"], "ada@example.com");
        assert_eq!(off["emails"][0]["value"] == "ada@example.com", keeps_mail, "{name}");
        assert_eq!(github.members(&team), [""; 0]);
        let on = github.set(&ada, "active", true).1;
        assert_eq!((&on["userName"], github.members(&team)), (&"ada@example.com".into(), vec![ada.clone()]));
        assert_eq!(github.ask("DELETE", &format!("/Users/{ada}"), &Value::Null).0, 204);
        assert_eq!(github.get(&ada).0, 404);
        assert_ne!(id(&github.create(whole("ada@example.com"))), ada);
    }
}

#[test]
fn gitlab_unlinks_whom_it_deactivates_and_self_managed_gitlab_blocks_them() {
    let gitlab = Vendor::new("gitlab");
    let ada = id(&gitlab.create(whole("ada@example.com")));
    assert_eq!(ada, "ada@example.com");
    assert_eq!(gitlab.set(&ada, "active", false).0, 204);
    assert_eq!(gitlab.get(&ada).0, 404);
    let own = Vendor::new("gitlab@self-managed");
    let ada = id(&own.create(whole("ada@example.com")));
    assert_eq!(own.set(&ada, "active", false).0, 204);
    assert_eq!(own.get(&ada).1["active"], false);
}

#[test]
fn eight_by_eight_deletes_nobody_and_keeps_the_site() {
    let vendor = Vendor::new("8x8");
    let own = "urn:ietf:params:scim:schemas:extension:8x8:1.1:User";
    assert_eq!(vendor.schema(own), ["site"]);
    let mut user = whole("ada@example.com");
    user[own] = json!({"site": "Paris"});
    let ada = id(&vendor.create(user));
    assert_eq!(vendor.set(&ada, &format!("{own}:site"), "Rome").1[own]["site"], "Paris");
    assert_eq!(vendor.ask("DELETE", &format!("/Users/{ada}"), &Value::Null).0, 405);
    assert_eq!(vendor.set(&ada, "active", false).1["active"], false);
}

#[test]
fn aws_pages_by_cursor_without_a_total_and_tells_another_limit_than_it_has() {
    let aws = Vendor::new("aws");
    for number in 0..3 {
        assert_eq!(aws.create(whole(&format!("ada{number}@example.com"))).0, 201);
    }
    let first = aws.ask("GET", "/Users?cursor&count=2", &Value::Null).1;
    assert_eq!((first.get("totalResults"), first["Resources"].as_array().unwrap().len()), (None, 2));
    let next = first["nextCursor"].as_str().unwrap();
    let second = aws.ask("GET", &format!("/Users?cursor={next}&count=2"), &Value::Null).1;
    assert_eq!((second["Resources"].as_array().unwrap().len(), second.get("nextCursor")), (1, None));
    let user = &aws.ask("GET", "/Users?attributes=id&count=1", &Value::Null).1["Resources"][0];
    assert_eq!(user["userName"], "ada0@example.com");
    let config = aws.ask("GET", "/ServiceProviderConfig", &Value::Null).1;
    assert_eq!(config["filter"]["maxResults"], 50);
    assert_eq!(aws.ask("GET", "/Users?count=100", &Value::Null).0, 200);
    assert_eq!(aws.ask("GET", "/Users?count=101", &Value::Null).0, 400);
    let ada = user["id"].as_str().unwrap();
    assert_eq!(aws.set(ada, "title", "Boss").0, 200);
    assert_eq!(aws.set(ada, "roles", json!([{"value": "x"}])).0, 400);
    // Who cannot read members asks for the users of a group.
    let team = id(&aws.create_group("Engines", &[ada]));
    let found = aws.ask("GET", &format!("/Users?filter=groups.value%20eq%20%22{team}%22"), &Value::Null);
    assert_eq!((found.0, &found.1["totalResults"]), (200, &1.into()));
    assert_eq!(Vendor::new("aws@2025").ask("GET", "/Users?count=51", &Value::Null).0, 400);
}

#[test]
fn an_account_elsewhere_is_in_the_way_at_mixpanel_and_salesforce() {
    for name in ["mixpanel", "salesforce"] {
        let vendor = Vendor::new(name);
        vendor.0.control().add_foreign_user("Ada@example.com");
        assert_eq!(vendor.create(whole("ada@example.com")).0, 409, "{name}");
        assert_eq!(vendor.create(whole("bob@example.com")).0, 201, "{name}");
        // Mixpanel minds the address, Salesforce the user name alone.
        let mut same_mail = whole("cy@example.com");
        same_mail["emails"] = mail("ada@example.com");
        assert_eq!(vendor.create(same_mail).0, if name == "mixpanel" { 409 } else { 201 }, "{name}");
    }
    let bitwarden = Vendor::new("bitwarden");
    bitwarden.0.control().add_foreign_user("ada@example.com");
    assert_eq!(bitwarden.create(whole("ada@example.com")).0, 201);
}

#[test]
fn a_sign_in_makes_an_account_where_there_is_no_scim() {
    let sign_in = |vendor: &str, attributes: Value| {
        let vendor = Vendor::new(vendor);
        let attributes = attributes.as_object().unwrap().clone();
        let done = vendor.0.control().sign_in(&attributes);
        done.map(|done| matches!(done, SignIn::Created(_)).then(|| vendor.0.snapshot()[0].clone()))
    };
    let ada = json!({"userName": "ada@example.com", "title": "Boss", "name": {"givenName": "Ada", "middleName": "B"}});
    let made = sign_in("qualtrics", ada.clone()).unwrap().unwrap();
    assert_eq!((&made["userName"], &made["name"]), (&"ada@example.com".into(), &json!({"givenName": "Ada"})));
    assert_eq!((&made["active"], made.get("title")), (&true.into(), None));
    // BILL asks for both names and the address.
    assert!(sign_in("bill", ada.clone()).is_err());
    assert!(sign_in("bill", whole("ada@example.com")).unwrap().is_some());
    assert!(sign_in("activecampaign", ada.clone()).unwrap().is_some());
    assert!(sign_in("fullstory", ada.clone()).unwrap().is_some());
    assert!(sign_in("adyen", ada.clone()).unwrap().is_none());
    assert!(sign_in("slack", ada).unwrap().is_none());
}
