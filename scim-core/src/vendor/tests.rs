use super::*;
use crate::patch::Tolerances;

const HEAD: &str = "profile = { id = \"x\", title = \"X\", as_of = \"2026-01\" }\n";

#[track_caller]
fn error(rest: &str) -> String {
    Profile::parse(&format!("{HEAD}{rest}"), "x.toml").unwrap_err().to_string()
}

#[test]
fn every_builtin_profile_parses_and_bears_its_name() {
    for name in Profile::names() {
        assert_eq!(Profile::builtin(name).unwrap().profile.id, name);
    }
    assert_eq!(Profile::builtin("nope"), None);
}

#[test]
fn rfc_is_strict_and_interop_is_what_identity_providers_need() {
    assert_eq!(Profile::builtin("rfc").unwrap().tolerances(), Tolerances::strict());
    assert_eq!(Profile::builtin("interop").unwrap().tolerances(), Tolerances::idp());
    assert_eq!(Profile::builtin("hubspot").unwrap().tolerances(), Tolerances::idp());
}

#[test]
fn rfc_offers_what_is_optional_and_says_nothing_else() {
    let mut rfc = Profile::builtin("rfc").unwrap();
    assert!(rfc.page.cursor && rfc.bulk.supported);
    (rfc.page.cursor, rfc.bulk.supported) = (false, false);
    let bare = Profile::parse(HEAD, "bare").unwrap();
    let (profile, evidence, stated) = (rfc.profile.clone(), rfc.evidence.clone(), rfc.stated.clone());
    assert_eq!(rfc, Profile { profile, evidence, stated, ..bare });
}

#[test]
fn an_unknown_key_shows_its_place_and_the_nearest_one() {
    let expected = "\
x.toml:3:1: unknown key `lst_scope`
  |
3 | lst_scope = \"all\"
  | ^^^^^^^^^
  = did you mean `list_scope`?";
    assert_eq!(error("[user]\nlst_scope = \"all\"\n"), expected);
}

#[test]
fn an_unknown_value_shows_its_place_and_the_nearest_one() {
    let expected = "\
x.toml:2:23: unknown value `delte`
  |
2 | life = { deactivate = \"delte\" }
  |                       ^^^^^^^
  = did you mean `delete`?";
    assert_eq!(error("life = { deactivate = \"delte\" }"), expected);
}

#[test]
fn a_key_in_the_wrong_table_is_sent_to_the_right_one() {
    assert!(error("[page]\ndeactivate = \"delete\"").ends_with("= `deactivate` belongs in `life`"));
    assert!(error("[life]\ndeactivate = \"zzz\"").ends_with("= expected `suspend`, `delete` or `unlink`"));
}

#[test]
fn a_contradiction_is_refused() {
    for (rest, message) in [
        ("page = { default = 20, max = 10 }", "page.default 20 must be at most page.max 10"),
        ("user = { patch_status = 202 }", "patch_status must be 200 or 204, got 202"),
        ("conflict = { on = [\"nope\"] }", "User has no attribute `nope`"),
        (
            "evidence = { keys = { \"life.delte\" = \"D\" } }",
            "there is no key `life.delte` to have evidence for",
        ),
        (
            "[[grant]]\nkind = \"role\"\nfrom = \"title\"\nmatch = \"exact\"\nnone = \"minimal\"\nunknown = \"ignore\"",
            "the grant falls back to `minimal` and does not say it",
        ),
    ] {
        let text = error(rest);
        let first = text.lines().next().unwrap();
        assert!(first.ends_with(message), "{first}");
    }
}

#[test]
fn broken_toml_has_a_place_too() {
    let text = error("user = {");
    assert!(text.starts_with("x.toml:2:"), "{text}");
}

#[test]
fn hubspot_matches_permission_sets_exactly() {
    let hubspot = Profile::builtin("hubspot").unwrap();
    let role = |title: Option<&str>| hubspot.grants[0].role(&hubspot.tenant, title).unwrap().unwrap();
    let minimal = hubspot.grants[0].minimal.clone().unwrap();
    let set = hubspot.tenant.roles.iter().find(|role| role.contains(' ')).unwrap();
    assert_eq!(role(Some(set)), *set);
    for title in
        [None, Some(""), Some("Astronaut"), Some(set.to_uppercase().as_str()), Some(&format!("{set} "))]
    {
        assert_eq!(role(title), minimal, "{title:?}");
    }
    assert_eq!(hubspot.grade("life.deactivate"), Grade::Documented);
    assert_eq!(hubspot.grade("grant.none"), Grade::Briefed);
    assert_eq!(hubspot.grade("user.id"), Grade::Inferred);
}

#[test]
fn a_variant_is_the_profile_with_other_keys() {
    let roles = Profile::builtin("hubspot@roles").unwrap();
    assert_eq!(roles.grants[0].from, "roles");
    assert_eq!(roles.profile.title, "HubSpot (from 2024-05)");
    assert_eq!(Profile::builtin("hubspot").unwrap().grants[0].from, "title");
    assert_eq!(Profile::builtin("hubspot@nope"), None);
    let row = "[[variant]]\nname = \"v\"\nwhen = { tenant = \"t\" }\n";
    let text = error(&format!("{row}set = {{ \"life.delte\" = \"soft\" }}"));
    assert!(
        text.contains("there is no key `life.delte` to set") && text.contains("did you mean `life.delete`?"),
        "{text}"
    );
    let text = error(&format!("{row}set = {{ \"life.delete\" = \"sof\" }}"));
    assert!(text.contains("variant `v`: unknown variant `sof`"), "{text}");
}

#[test]
fn a_variant_may_set_a_key_of_one_attribute() {
    let own = |name: &str, path: &str| {
        let profile = Profile::builtin(name).unwrap();
        profile.attrs.iter().find(|rule| rule.path == path).cloned()
    };
    assert_eq!(own("bitwarden", "emails").unwrap().need, Need::Required);
    assert_eq!(own("bitwarden@entra", "emails").unwrap().need, Need::Optional);
    assert_eq!(own("bitwarden@entra", "externalId").unwrap().max_len, 300);
    assert_eq!(own("sentry", "active"), None);
    assert_eq!(own("sentry@entra", "active").unwrap().shown, Shown::Never);
    let row = "[[variant]]\nname = \"v\"\nwhen = { client = \"c\" }\n";
    let text = error(&format!("{row}set = {{ \"attr:emails.ned\" = \"optional\" }}"));
    assert!(
        text.contains("there is no key `attr:emails.ned` to set")
            && text.contains("did you mean `attr.need`?"),
        "{text}"
    );
    let text = error(&format!("{row}set = {{ \"life:emails.delete\" = \"soft\" }}"));
    assert!(text.contains("there is no key `life:emails.delete` to set"), "{text}");
    let text = error(&format!("{row}set = {{ \"attr:nope.need\" = \"optional\" }}"));
    assert!(text.contains("User has no attribute `nope`"), "{text}");
}

#[test]
fn a_profile_is_chosen_by_the_request_or_by_the_client() {
    let bitwarden = Profile::builtin("bitwarden").unwrap();
    let mut headers = http::HeaderMap::new();
    assert_eq!(bitwarden.for_request(&headers), &bitwarden);
    headers.insert("adscimversion", http::HeaderValue::from_static("2"));
    assert_eq!(Some(bitwarden.for_request(&headers)), bitwarden.variant("entra"));
    assert_eq!(Some(bitwarden.for_client("entra")), bitwarden.variant("entra"));
    assert_eq!(bitwarden.for_client("okta"), &bitwarden);
    // A date or a setting is no mark of a request.
    let hubspot = Profile::builtin("hubspot").unwrap();
    assert_eq!(hubspot.for_request(&headers), &hubspot);
}

#[test]
fn attributes_of_ones_own_are_in_the_schemas() {
    let slack = Profile::builtin("slack").unwrap().user_type();
    let guest = slack.extension("urn:ietf:params:scim:schemas:extension:slack:guest:2.0:User").unwrap();
    assert!(guest.schema.attribute("type").is_some() && guest.schema.attribute("expiration").is_some());
    assert!(Profile::builtin("sentry").unwrap().user_type().attribute("sentryOrgRole").is_some());
    for path in ["title", "x:y", "urn:x:", "urn:ietf:params:scim:schemas:core:2.0:User:title"] {
        let text = error(&format!("[[custom]]\npath = {path:?}"));
        assert!(text.contains("is no name for an attribute of one's own"), "{text}");
    }
    let text = error("seat = { by = \"role\", roles = [\"Boss\"] }");
    assert!(text.contains("`Boss` is not one of tenant.roles"), "{text}");
}

#[test]
fn evidence_has_grades_and_sources() {
    let hubspot = Profile::builtin("hubspot").unwrap();
    assert!(hubspot.source("life.deactivate").unwrap().ends_with("okta"));
    assert!(hubspot.source("grant.match").unwrap().ends_with("google"));
    assert_eq!(hubspot.source("user.id"), None);
    // What only a third party tells has a source and is not firm.
    let adyen = Profile::builtin("adyen").unwrap();
    assert_eq!(adyen.grade("profile.instead").as_str(), "third party");
    assert!(adyen.source("profile.instead").unwrap().contains("stitchflow"));
    assert_eq!(adyen.firm_share().0, 0);
    let text = error("life = { delete = \"soft\" }\n[evidence.keys]\n\"life.delete\" = \"D2\"");
    assert!(text.contains("evidence.src has 0 sources, and no number 2"), "{text}");
    let text = error("life = { delete = \"soft\" }\n[evidence.keys]\n\"life.delete\" = \"X\"");
    assert!(text.contains("expected a grade") || text.contains("invalid value"), "{text}");
}

#[test]
fn every_shipped_vendor_is_linted_and_tells_what_is_odd() {
    for name in Profile::names().filter(|name| !["rfc", "interop"].contains(name)) {
        let profile = Profile::builtin(name).unwrap();
        assert_eq!(profile.lints(), Vec::<String>::new(), "{name}");
        assert!(!profile.oddities().is_empty(), "{name}");
        for key in profile.stated() {
            // A value that is the RFC's own has nothing to tell.
            let known = RFCS_OWN.contains(&key.as_str());
            assert!(
                known || profile.sentence(key).is_some() || profile.grants.iter().any(|it| it.by_setting()),
                "{name}: {key} says nothing"
            );
        }
        for variant in &profile.variants {
            assert!(profile.variant(&variant.name).is_some());
        }
    }
}

#[test]
fn a_sentence_says_no_more_than_its_grade() {
    let told = |name: &str, key: &str| Profile::builtin(name).unwrap().sentence(key);
    assert_eq!(told("hubspot", "grant.none").unwrap(), "no value gives the least role");
    assert_eq!(told("github-emu", "grant.none").unwrap(), "no value gives user");
    assert!(!told("hubspot", "seat.by").unwrap().contains("Sales Rep"));
    // A default role is given, whatever SCIM sends.
    assert_eq!(told("heap", "grant.none"), None);
    assert_eq!(told("amplitude", "life.states").unwrap(), "an account goes pending > joined");
    assert!(told("bitwarden", "life.states").unwrap().ends_with("active false makes it revoked"));
    assert!(told("salesforce", "conflict.foreign").unwrap().contains("same user name"));
    assert!(told("mixpanel", "conflict.foreign").unwrap().contains("same e-mail"));
    assert!(told("aws", "page.cursor_total").is_some());
    assert_eq!(told("aws@2025", "page.cursor_total"), None);
}

const RFCS_OWN: &[&str] = &[
    "life.off_state",
    "filter.and",
    "conflict.on",
    "group.unique",
    "user.id",
    "group.id",
    "patch.unhandled",
];
