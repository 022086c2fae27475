//! The RFC's rules; what the tolerances add is in `idp_tests`.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::*;
use crate::{
    error::{ScimError, ScimType},
    schema::{ResourceType, Schema},
    urn,
};

pub(super) const ENT: &str = urn::ENTERPRISE_USER;

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

pub(super) fn user() -> Map<String, Value> {
    object(json!({
        "schemas": [urn::USER, ENT],
        "id": "2819c223",
        "externalId": "ext-42",
        "userName": "bjensen@example.com",
        "name": {"formatted": "Ms. Barbara J Jensen", "familyName": "Jensen", "givenName": "Barbara"},
        "nickName": "Babs",
        "title": "Tour Guide",
        "active": true,
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": true},
            {"value": "babs@jensen.org", "type": "home"},
        ],
        "addresses": [
            {"type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood"},
            {"type": "home", "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood"},
        ],
        ENT: {
            "employeeNumber": "701984",
            "costCenter": "4130",
            "department": "Tour Operations",
            "manager": {"value": "26118915", "displayName": "John Smith"},
        },
        "meta": {"resourceType": "User", "created": "2010-01-23T04:56:22Z"},
    }))
}

pub(super) fn bare_user() -> Map<String, Value> {
    object(json!({"schemas": [urn::USER], "id": "1", "userName": "ada"}))
}

pub(super) fn group() -> Map<String, Value> {
    object(json!({
        "schemas": [urn::GROUP],
        "id": "e9e30dba",
        "displayName": "Tour Guides",
        "members": [
            {"value": "u1", "$ref": "https://example.com/v2/Users/u1", "display": "Babs"},
            {"value": "u2", "$ref": "https://example.com/v2/Users/u2", "display": "Mandy"},
        ],
    }))
}

fn type_of(resource: &Map<String, Value>) -> ResourceType {
    let is_group = resource["schemas"].as_array().unwrap().contains(&json!(urn::GROUP));
    if is_group { ResourceType::group() } else { ResourceType::user() }
}

fn message(operations: Value) -> Value {
    json!({"schemas": [urn::PATCH_OP], "Operations": operations})
}

fn patched(
    resource: &Map<String, Value>,
    operations: Value,
    tolerances: &Tolerances,
) -> Result<Applied, ScimError> {
    apply(resource, &message(operations), &type_of(resource), tolerances)
}

/// The `scimType` of a 400, or the members that changed: `null` for one that is gone.
fn outcome(resource: &Map<String, Value>, operations: Value, tolerances: &Tolerances) -> Value {
    match patched(resource, operations, tolerances) {
        Ok(applied) => {
            assert_eq!(applied.changed, applied.resource != *resource);
            let mut changes = Map::new();
            for name in resource.keys().chain(applied.resource.keys()) {
                let after = applied.resource.get(name);
                if resource.get(name) != after {
                    changes.insert(name.clone(), after.cloned().unwrap_or(Value::Null));
                }
            }
            Value::Object(changes)
        }
        Err(error) => {
            assert_eq!(error.status, 400, "{error}");
            json!(error.scim_type.map(ScimType::as_str))
        }
    }
}

pub(super) fn strict(resource: &Map<String, Value>, operations: Value, expected: Value) {
    assert_eq!(
        outcome(resource, operations.clone(), &Tolerances::strict()),
        expected,
        "strict: {operations}"
    );
}

pub(super) fn tolerant(resource: &Map<String, Value>, operations: Value, expected: Value) {
    assert_eq!(outcome(resource, operations.clone(), &Tolerances::idp()), expected, "tolerant: {operations}");
}

/// Strict and tolerant agree.
pub(super) fn both(resource: &Map<String, Value>, operations: Value, expected: Value) {
    strict(resource, operations.clone(), expected.clone());
    tolerant(resource, operations, expected);
}

#[test]
fn readings_of_replace() {
    let user = user();
    for (path, value, expected) in [
        (
            "name",
            json!({"familyName": "Smith"}),
            json!({"name": {"formatted": "Ms. Barbara J Jensen", "familyName": "Smith", "givenName": "Barbara"}}),
        ),
        ("emails", json!([]), json!({"emails": null})),
        (
            r#"addresses[type eq "work"]"#,
            json!({"type": "work", "streetAddress": "1 New St"}),
            json!({"addresses": [
                {"type": "work", "streetAddress": "1 New St"},
                {"type": "home", "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood"},
            ]}),
        ),
        (
            "emails.type",
            json!("other"),
            json!({"emails": [
                {"value": "bjensen@example.com", "type": "other", "primary": true},
                {"value": "babs@jensen.org", "type": "other"},
            ]}),
        ),
        (
            r#"emails[type eq "home"].primary"#,
            json!(true),
            json!({"emails": [
                {"value": "bjensen@example.com", "type": "work", "primary": false},
                {"value": "babs@jensen.org", "type": "home", "primary": true},
            ]}),
        ),
        (
            "emails",
            json!([{"value": "a@x.org", "primary": true}, {"value": "b@x.org", "primary": true}]),
            json!("invalidValue"),
        ),
        ("id", json!("x"), json!("mutability")),
        ("id", json!("2819c223"), json!({})),
        ("noSuch", json!("x"), json!("invalidPath")),
        ("/title", json!("x"), json!("invalidPath")),
        ("TITLE", json!("Director"), json!({"title": "Director"})),
        (
            r#"emails[TYPE EQ "WORK"].VALUE"#,
            json!("x@example.com"),
            json!({"emails": [
                {"value": "x@example.com", "type": "work", "primary": true},
                {"value": "babs@jensen.org", "type": "home"},
            ]}),
        ),
        (
            ENT,
            json!({"department": "HR"}),
            json!({ENT: {
                "employeeNumber": "701984",
                "costCenter": "4130",
                "department": "HR",
                "manager": {"value": "26118915", "displayName": "John Smith"},
            }}),
        ),
        ("urn:ietf:params:scim:schemas:core:2.0:User:title", json!("Boss"), json!({"title": "Boss"})),
        ("userName", json!(""), json!("invalidValue")),
        ("active", json!(0), json!("invalidValue")),
        ("title", json!({"x": 1}), json!("invalidValue")),
    ] {
        both(&user, json!([{"op": "replace", "path": path, "value": value}]), expected);
    }
    both(&user, json!([{"op": "replace", "path": "title"}]), json!("invalidValue"));
    strict(&user, json!([{"op": "replace", "path": "active", "value": "false"}]), json!("invalidValue"));
    strict(
        &user,
        json!([{"op": "replace", "path": format!("{ENT}:manager"), "value": "999"}]),
        json!("invalidValue"),
    );
    strict(
        &user,
        json!([{"op": "replace", "path": r#"emails[type eq "fax"].value"#, "value": "x"}]),
        json!("noTarget"),
    );
}

#[test]
fn readings_of_add() {
    let user = user();
    strict(
        &user,
        json!([{"op": "add", "path": r#"emails[type eq "other"].value"#, "value": "x@example.com"}]),
        json!("noTarget"),
    );
    both(
        &user,
        json!([{"op": "add", "path": "emails", "value": [{"value": "babs@jensen.org", "type": "home"}]}]),
        json!({}),
    );
    both(
        &user,
        json!([{"op": "add", "path": "emails", "value": [{"type": "home", "value": "babs@jensen.org"}]}]),
        json!({}),
    );
    let added = json!({"value": "n@example.com", "type": "other", "primary": true});
    let emails = json!({"emails": [
        {"value": "bjensen@example.com", "type": "work", "primary": false},
        {"value": "babs@jensen.org", "type": "home"},
        added,
    ]});
    both(&user, json!([{"op": "add", "path": "emails", "value": [added]}]), emails.clone());
    // One new value need not stand in an array.
    both(&user, json!([{"op": "add", "path": "emails", "value": added}]), emails.clone());
    both(&user, json!([{"op": "add", "value": {"emails": [added]}}]), emails);
    both(&group(), json!([{"op": "add", "path": "members", "value": [{"value": "u1"}]}]), json!({}));
    let empty = object(json!({"schemas": [urn::GROUP], "displayName": "Empty"}));
    both(
        &empty,
        json!([{"op": "add", "path": "members", "value": [{"value": "u1"}]}]),
        json!({"members": [{"value": "u1"}]}),
    );
    // The order of values says nothing, so adding what is there changes nothing, whatever else is added.
    both(
        &group(),
        json!([{"op": "add", "path": "members", "value": [{"value": "u3"}, {"value": "u3"}, {"value": "u2"}]}]),
        json!({"members": [
            {"value": "u1", "$ref": "https://example.com/v2/Users/u1", "display": "Babs"},
            {"value": "u2", "$ref": "https://example.com/v2/Users/u2", "display": "Mandy"},
            {"value": "u3"},
        ]}),
    );
}

#[test]
fn readings_of_remove() {
    let user = user();
    for (path, expected) in [
        ("nickName", json!({"nickName": null})),
        (r#"emails[type eq "fax"]"#, json!({})),
        (r#"emails[type eq "fax"].value"#, json!({})),
        ("userName", json!("mutability")),
        ("id", json!("mutability")),
        ("meta.created", json!("mutability")),
        (ENT, json!({ENT: null, "schemas": [urn::USER]})),
        ("preferredLanguage", json!({})),
        ("name.formatted", json!({"name": {"familyName": "Jensen", "givenName": "Barbara"}})),
        ("noSuch", json!("invalidPath")),
    ] {
        both(&user, json!([{"op": "remove", "path": path}]), expected);
    }
    both(&user, json!([{"op": "remove"}]), json!("noTarget"));
    let valued = json!([{"op": "remove", "path": "members", "value": [{"value": "u2"}]}]);
    strict(&group(), valued.clone(), json!({"members": null}));
    let u1 = json!({"value": "u1", "$ref": "https://example.com/v2/Users/u1", "display": "Babs"});
    tolerant(&group(), valued, json!({"members": [u1]}));
    both(&group(), json!([{"op": "remove", "path": "members", "value": null}]), json!({"members": null}));
    both(&group(), json!([{"op": "remove", "path": r#"members[value eq "u2"]"#}]), json!({"members": [u1]}));
    both(&group(), json!([{"op": "remove", "path": r#"members[value eq "u2"].value"#}]), json!("mutability"));
    both(&group(), json!([{"op": "remove", "path": "displayName"}]), json!("mutability"));
}

#[test]
fn okta_names_the_id_in_the_value() {
    both(
        &group(),
        json!([{"op": "replace", "value": {"id": "e9e30dba", "displayName": "Renamed"}}]),
        json!({"displayName": "Renamed"}),
    );
    both(
        &group(),
        json!([{"op": "replace", "value": {"id": "other", "displayName": "x"}}]),
        json!("mutability"),
    );
    both(&user(), json!([{"op": "replace", "value": {"active": false}}]), json!({"active": false}));
}

/// The examples of RFC 7644 §3.5.2.1 to §3.5.2.3, on resources that they fit.
#[test]
fn examples_of_the_rfc() {
    both(
        &group(),
        json!([{"op": "add", "path": "members", "value": [{
            "display": "Babs Jensen",
            "$ref": "https://example.com/v2/Users/2819c223",
            "value": "2819c223",
        }]}]),
        json!({"members": [
            {"value": "u1", "$ref": "https://example.com/v2/Users/u1", "display": "Babs"},
            {"value": "u2", "$ref": "https://example.com/v2/Users/u2", "display": "Mandy"},
            {
                "display": "Babs Jensen",
                "$ref": "https://example.com/v2/Users/2819c223",
                "value": "2819c223",
            },
        ]}),
    );
    both(
        &bare_user(),
        json!([{"op": "add", "value": {
            "emails": [{"value": "babs@jensen.org", "type": "home"}],
            "nickname": "Babs",
        }}]),
        json!({"emails": [{"value": "babs@jensen.org", "type": "home"}], "nickName": "Babs"}),
    );
    both(
        &user(),
        json!([{"op": "remove", "path": r#"emails[type eq "work" and value ew "example.com"]"#}]),
        json!({"emails": [{"value": "babs@jensen.org", "type": "home"}]}),
    );
    both(&group(), json!([{"op": "remove", "path": "members"}]), json!({"members": null}));
    both(
        &group(),
        json!([
            {"op": "remove", "path": r#"members[value eq "u2"]"#},
            {"op": "add", "path": "members", "value": [{"value": "u4"}]},
        ]),
        json!({"members": [
            {"value": "u1", "$ref": "https://example.com/v2/Users/u1", "display": "Babs"},
            {"value": "u4"},
        ]}),
    );
    both(
        &group(),
        json!([{"op": "replace", "path": "members", "value": [{"value": "u4"}, {"value": "u5"}]}]),
        json!({"members": [{"value": "u4"}, {"value": "u5"}]}),
    );
    both(
        &user(),
        json!([{
            "op": "replace",
            "path": r#"addresses[type eq "work"]"#,
            "value": {"type": "work", "streetAddress": "911 Universal City Plaza", "primary": true},
        }]),
        json!({"addresses": [
            {"type": "work", "streetAddress": "911 Universal City Plaza", "primary": true},
            {"type": "home", "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood"},
        ]}),
    );
    both(
        &user(),
        json!([{"op": "replace", "path": r#"addresses[type eq "work"].streetAddress"#, "value": "1010 Broadway"}]),
        json!({"addresses": [
            {"type": "work", "streetAddress": "1010 Broadway", "locality": "Hollywood"},
            {"type": "home", "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood"},
        ]}),
    );
    both(
        &user(),
        json!([{"op": "replace", "value": {
            "emails": [{"value": "b@example.com", "type": "work", "primary": true}],
            "nickname": "B",
        }}]),
        json!({"emails": [{"value": "b@example.com", "type": "work", "primary": true}], "nickName": "B"}),
    );
}

#[test]
fn all_operations_or_none_and_the_error_names_the_one() {
    let before = user();
    let operations = json!([
        {"op": "replace", "path": "title", "value": "Boss"},
        {"op": "remove", "path": "id"},
    ]);
    let error = patched(&before, operations, &Tolerances::strict()).unwrap_err();
    assert_eq!(error, ScimError::mutability("Operations[1]: id is read-only"));
    assert_eq!(before, user());
    // A later operation sees what an earlier one did.
    both(
        &before,
        json!([
            {"op": "add", "path": "emails", "value": [{"value": "f@x.org", "type": "fax"}]},
            {"op": "remove", "path": r#"emails[type eq "fax"]"#},
        ]),
        json!({}),
    );
}

#[test]
fn the_message_itself_is_checked() {
    let apply = |patch: &Value, tolerances: &Tolerances| {
        apply(&user(), patch, &ResourceType::user(), tolerances)
            .map_err(|error| error.scim_type.unwrap().as_str())
    };
    let schemas = json!([urn::PATCH_OP]);
    for patch in [
        json!([]),
        json!("x"),
        json!({"schemas": schemas}),
        json!({"schemas": schemas, "Operations": []}),
        json!({"schemas": schemas, "Operations": {}}),
        json!({"schemas": schemas, "Operations": ["x"]}),
        json!({"schemas": schemas, "Operations": [{}]}),
        json!({"schemas": schemas, "Operations": [{"op": 1}]}),
        json!({"schemas": schemas, "Operations": [{"op": "move", "path": "title", "value": "x"}]}),
        json!({"schemas": [urn::USER], "Operations": [{"op": "remove", "path": "title"}]}),
        json!({"schemas": urn::PATCH_OP, "Operations": [{"op": "remove", "path": "title"}]}),
    ] {
        assert_eq!(apply(&patch, &Tolerances::strict()), Err("invalidSyntax"), "{patch}");
        assert_eq!(apply(&patch, &Tolerances::idp()), Err("invalidSyntax"), "{patch}");
    }
    let bare = json!({"operations": [{"OP": "remove", "Path": "title"}]});
    assert_eq!(apply(&bare, &Tolerances::strict()), Err("invalidSyntax"));
    assert!(apply(&bare, &Tolerances::idp()).unwrap().changed);
    for (operation, expected) in [
        (json!({"op": "add", "value": "x"}), "invalidValue"),
        (json!({"op": "add"}), "invalidValue"),
        (json!({"op": "add", "path": 1, "value": "x"}), "invalidPath"),
        (json!({"op": "add", "path": "", "value": "x"}), "invalidPath"),
        (json!({"op": "add", "path": "a.b.c", "value": "x"}), "invalidPath"),
        (json!({"op": "add", "path": "emails[type eq \"work\"", "value": "x"}), "invalidPath"),
        (json!({"op": "add", "path": "emails[type eq work].value", "value": "x"}), "invalidFilter"),
        (json!({"op": "add", "path": "emails[primary gt true].value", "value": "x"}), "invalidFilter"),
        (json!({"op": "add", "path": "name[givenName pr].familyName", "value": "x"}), "invalidPath"),
        (json!({"op": "add", "path": "emails[type eq \"work\"].noSuch", "value": "x"}), "invalidPath"),
        (json!({"op": "add", "path": urn::USER, "value": {}}), "invalidPath"),
        (json!({"op": "add", "value": {"a b": 1}}), "invalidPath"),
    ] {
        for tolerances in [Tolerances::strict(), Tolerances::idp()] {
            assert_eq!(apply(&message(json!([operation])), &tolerances), Err(expected), "{operation}");
        }
    }
}

#[test]
fn unknown_attributes_are_skipped_only_with_their_flag() {
    let operations = json!([{"op": "add", "value": {"shoeSize": 44, "title": "x"}}]);
    both(&user(), operations.clone(), json!("invalidPath"));
    let mut lenient = Tolerances::strict();
    lenient.unknown_attributes = true;
    assert_eq!(outcome(&user(), operations, &lenient), json!({"title": "x"}));
}

#[test]
fn schemas_inside_an_extension_say_nothing_new() {
    let whole = json!({"schemas": [urn::ENTERPRISE_USER], "department": "Tours"});
    let operations = json!([{"op": "add", "path": urn::ENTERPRISE_USER, "value": whole}]);
    let expected =
        json!({"schemas": [urn::USER, urn::ENTERPRISE_USER], urn::ENTERPRISE_USER: {"department": "Tours"}});
    both(&bare_user(), operations, expected);
}

#[test]
fn an_extension_may_have_an_url_for_a_name() {
    const URL: &str = "https://example.com/ext/2.0";
    let document = json!({"id": URL, "name": "Ext", "attributes": [{"name": "badge", "type": "string"}]});
    let users = ResourceType::user().with_extension(Schema::from_json(&document).unwrap());
    for operation in [
        json!({"op": "add", "value": {URL: {"badge": "7"}}}),
        json!({"op": "add", "path": format!("{URL}:badge"), "value": "7"}),
    ] {
        let applied =
            apply(&bare_user(), &message(json!([operation])), &users, &Tolerances::strict()).unwrap();
        assert_eq!(applied.resource[URL], json!({"badge": "7"}));
        assert_eq!(applied.resource["schemas"], json!([urn::USER, URL]));
    }
}

#[test]
fn ten_thousand_members_take_linear_time() {
    const MANY: usize = 10_000;
    let members =
        |range: std::ops::Range<usize>| range.map(|n| json!({"value": format!("u{n}")})).collect::<Vec<_>>();
    let empty = object(json!({"schemas": [urn::GROUP], "displayName": "Everyone"}));
    let started = Instant::now();
    let run = |before: &Map<String, Value>, operation: Value| {
        patched(before, json!([operation]), &Tolerances::idp()).unwrap().resource
    };
    let full = run(&empty, json!({"op": "add", "path": "members", "value": members(0..MANY)}));
    assert_eq!(full["members"].as_array().unwrap().len(), MANY);
    let same = run(&full, json!({"op": "Add", "path": "members", "value": members(0..MANY)}));
    assert_eq!(same, full);
    let half = run(&full, json!({"op": "Remove", "path": "members", "value": members(0..MANY / 2)}));
    assert_eq!(half["members"], json!(members(MANY / 2..MANY)));
    let fewer = run(&full, json!({"op": "remove", "path": r#"members[value eq "u77"]"#}));
    assert_eq!(fewer["members"].as_array().unwrap().len(), MANY - 1);
    let none = run(&full, json!({"op": "replace", "path": "members", "value": []}));
    assert_eq!(none, empty);
    // Quadratic work takes minutes in a debug build; linear work well under a second.
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}
