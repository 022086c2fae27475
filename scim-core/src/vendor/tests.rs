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
fn rfc_says_nothing_that_is_not_the_default() {
    let rfc = Profile::builtin("rfc").unwrap();
    let bare = Profile::parse(HEAD, "bare").unwrap();
    assert_eq!(rfc, Profile { profile: rfc.profile.clone(), evidence: rfc.evidence.clone(), ..bare });
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
    assert!(error("[life]\ndeactivate = \"zzz\"").ends_with("= expected `suspend` or `delete`"));
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
