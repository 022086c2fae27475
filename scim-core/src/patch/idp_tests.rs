//! What identity providers send beyond the RFC, each beside the strict answer.

use serde_json::json;

use super::tests::{ENT, bare_user, both, group, object, strict, tolerant, user};
use crate::urn;

#[test]
fn readings_of_entra() {
    let operation =
        json!([{"op": "Add", "path": r#"emails[type eq "work"].value"#, "value": "z@example.com"}]);
    strict(&bare_user(), operation.clone(), json!("invalidSyntax"));
    tolerant(&bare_user(), operation, json!({"emails": [{"type": "work", "value": "z@example.com"}]}));
    tolerant(
        &user(),
        json!([{"op": "Replace", "value": {"name.givenName": "Ann", "name.familyName": "Smith", "title": "Dr"}}]),
        json!({
            "name": {"formatted": "Ms. Barbara J Jensen", "familyName": "Smith", "givenName": "Ann"},
            "title": "Dr",
        }),
    );
    let u1 = json!({"value": "u1", "$ref": "https://example.com/v2/Users/u1", "display": "Babs"});
    tolerant(
        &group(),
        json!([{"op": "Remove", "path": "members", "value": [{"value": "u2"}]}]),
        json!({"members": [u1]}),
    );
    tolerant(
        &group(),
        json!([{"op": "Remove", "path": "members", "value": [{"value": "nobody"}]}]),
        json!({}),
    );
    tolerant(
        &group(),
        json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "u2"}]}]),
        json!({"members": [u1]}),
    );
    tolerant(
        &user(),
        json!([{"op": "Replace", "path": "active", "value": "False"}]),
        json!({"active": false}),
    );
    strict(&user(), json!([{"op": "replace", "value": {"name.givenName": "Ann"}}]), json!("invalidPath"));
}

#[test]
fn urn_keys_need_their_flag() {
    let operation = json!([{"op": "replace", "value": {
        format!("{ENT}:employeeNumber"): "1",
        format!("{ENT}:manager.value"): "2",
        "active": false,
    }}]);
    strict(&bare_user(), operation.clone(), json!("invalidPath"));
    tolerant(
        &bare_user(),
        operation,
        json!({
            ENT: {"employeeNumber": "1", "manager": {"value": "2"}},
            "active": false,
            "schemas": [urn::USER, ENT],
        }),
    );
    // The object of a whole extension is what RFC 7644 §3.5.2 itself has.
    let whole = json!([{"op": "add", "value": {ENT: {"department": "HR"}}}]);
    both(&bare_user(), whole, json!({ENT: {"department": "HR"}, "schemas": [urn::USER, ENT]}));
    strict(
        &bare_user(),
        json!([{"op": "add", "value": {ENT: {"manager.value": "2"}}}]),
        json!("invalidPath"),
    );
    both(&bare_user(), json!([{"op": "add", "value": {ENT: {"title": "2"}}}]), json!("invalidPath"));
    both(&bare_user(), json!([{"op": "add", "value": {ENT: "x"}}]), json!("invalidValue"));
}

#[test]
fn a_value_path_creates_what_it_describes() {
    for (path, value, expected) in [
        (
            r#"emails[type eq "work" and primary eq true].value"#,
            json!("z@example.com"),
            json!({"emails": [{"type": "work", "primary": true, "value": "z@example.com"}]}),
        ),
        (
            r#"roles[primary eq "True"].value"#,
            json!("Admin"),
            json!({"roles": [{"primary": true, "value": "Admin"}]}),
        ),
        (
            r#"addresses[type eq "work"]"#,
            json!({"locality": "Rome"}),
            json!({"addresses": [{"type": "work", "locality": "Rome"}]}),
        ),
        (
            r#"addresses[type eq "other"].Formatted"#,
            json!("x"),
            json!({"addresses": [{"type": "other", "formatted": "x"}]}),
        ),
        // Nothing says what the new value would be.
        (r#"emails[type ne "work"].value"#, json!("z"), json!("noTarget")),
        (r#"emails[type eq "work" or type eq "home"].value"#, json!("z"), json!("noTarget")),
        (r#"emails[noSuch eq "work"].value"#, json!("z"), json!("noTarget")),
    ] {
        for op in ["add", "replace"] {
            let operation = json!([{"op": op, "path": path, "value": value}]);
            tolerant(&bare_user(), operation.clone(), expected.clone());
            strict(&bare_user(), operation, json!("noTarget"));
        }
    }
    // The new primary value is the only one.
    tolerant(
        &user(),
        json!([{"op": "add", "path": r#"emails[type eq "other" and primary eq true].value"#, "value": "o@x.org"}]),
        json!({"emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": false},
            {"value": "babs@jensen.org", "type": "home"},
            {"type": "other", "primary": true, "value": "o@x.org"},
        ]}),
    );
}

#[test]
fn the_manager_may_be_a_string() {
    let path = format!("{ENT}:manager");
    tolerant(
        &bare_user(),
        json!([{"op": "Add", "path": path, "value": "26"}]),
        json!({ENT: {"manager": {"value": "26"}}, "schemas": [urn::USER, ENT]}),
    );
    let others = json!({"employeeNumber": "701984", "costCenter": "4130", "department": "Tour Operations"});
    for nobody in [json!(""), json!({"value": ""}), json!(null)] {
        tolerant(&user(), json!([{"op": "Replace", "path": path, "value": nobody}]), json!({ENT: others}));
    }
    both(&user(), json!([{"op": "remove", "path": path}]), json!({ENT: others}));
    let only =
        object(json!({"schemas": [urn::USER, ENT], "userName": "a", ENT: {"manager": {"value": "1"}}}));
    both(&only, json!([{"op": "remove", "path": path}]), json!({ENT: null, "schemas": [urn::USER]}));
}

#[test]
fn a_role_may_be_json_in_a_string() {
    let packed = r#"{"id":"06b07648","value":"25","displayName":"Role1234"}"#;
    let operation = json!([{"op": "add", "path": "roles", "value": [{"value": packed}]}]);
    strict(&bare_user(), operation.clone(), json!({"roles": [{"value": packed}]}));
    tolerant(&bare_user(), operation, json!({"roles": [{"value": "25", "display": "Role1234"}]}));
    tolerant(
        &bare_user(),
        json!([{"op": "add", "path": "roles", "value": [{"value": "plain"}, {"value": "{broken"}]}]),
        json!({"roles": [{"value": "plain"}, {"value": "{broken"}]}),
    );
}

#[test]
fn null_and_empty_text_clear_only_with_their_flag() {
    for value in [json!(null), json!("")] {
        tolerant(
            &user(),
            json!([{"op": "replace", "path": "title", "value": value}]),
            json!({"title": null}),
        );
        tolerant(&bare_user(), json!([{"op": "add", "path": "title", "value": value}]), json!({}));
        tolerant(
            &user(),
            json!([{"op": "replace", "path": "userName", "value": value}]),
            json!("invalidValue"),
        );
    }
    strict(&user(), json!([{"op": "replace", "path": "title", "value": null}]), json!("invalidValue"));
    strict(&user(), json!([{"op": "replace", "path": "title", "value": ""}]), json!({"title": ""}));
}
