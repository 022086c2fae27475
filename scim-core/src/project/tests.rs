use serde_json::json;

use super::*;
use crate::urn;

fn user() -> Map<String, Value> {
    json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER],
        "id": "7",
        "externalId": "e7",
        "userName": "ada",
        "password": "secret",
        "name": {"givenName": "Ada", "familyName": "King"},
        "emails": [{"value": "a@x.org", "type": "work", "primary": true}, {"type": "home"}],
        "nick_name": "kept by the server",
        "meta": {"resourceType": "User", "created": "2024-05-13T04:42:34Z"},
        urn::ENTERPRISE_USER: {"department": "R", "manager": {"value": "1", "displayName": "M"}, "floor": 3},
    })
    .as_object()
    .unwrap()
    .clone()
}

fn shown(attributes: Option<&str>, excluded: Option<&str>) -> Value {
    let projection = Projection::parse(attributes, excluded).unwrap();
    Value::Object(projection.apply(&user(), &ResourceType::user()))
}

/// What is shown besides `schemas` and `id`, which always are.
fn besides(attributes: Option<&str>, excluded: Option<&str>) -> Value {
    let mut shown = shown(attributes, excluded);
    let object = shown.as_object_mut().unwrap();
    assert_eq!(object.shift_remove("schemas"), Some(json!([urn::USER, urn::ENTERPRISE_USER])));
    assert_eq!(object.shift_remove("id"), Some(json!("7")));
    shown
}

#[test]
fn the_default_leaves_out_only_what_is_never_returned() {
    let mut expected = user();
    expected.shift_remove("password");
    assert_eq!(shown(None, None), Value::Object(expected.clone()));
    assert_eq!(shown(Some(""), Some(" , ")), Value::Object(expected));
}

#[test]
fn attributes_are_shown_with_what_is_always() {
    let ent = urn::ENTERPRISE_USER;
    let rows = [
        ("userName", json!({"userName": "ada"})),
        ("USERNAME, id", json!({"userName": "ada"})),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", json!({"userName": "ada"})),
        ("password", json!({})),
        ("noSuch", json!({})),
        ("!!,a[b", json!({})),
        ("name", json!({"name": {"givenName": "Ada", "familyName": "King"}})),
        ("name.givenName", json!({"name": {"givenName": "Ada"}})),
        ("name.givenName,name", json!({"name": {"givenName": "Ada", "familyName": "King"}})),
        ("name.middleName", json!({})),
        ("emails.value", json!({"emails": [{"value": "a@x.org"}]})),
        (
            "emails.type,emails.primary",
            json!({"emails": [{"type": "work", "primary": true}, {"type": "home"}]}),
        ),
        ("meta.created", json!({"meta": {"created": "2024-05-13T04:42:34Z"}})),
        ("nick_name", json!({"nick_name": "kept by the server"})),
        (&format!("{ent}:department"), json!({ent: {"department": "R"}})),
        (&format!("{ent}:manager.value"), json!({ent: {"manager": {"value": "1"}}})),
        (ent, json!({ent: {"department": "R", "manager": {"value": "1", "displayName": "M"}, "floor": 3}})),
        ("department", json!({})),
    ];
    for (attributes, expected) in rows {
        assert_eq!(besides(Some(attributes), None), expected, "{attributes}");
    }
}

#[test]
fn exclusion_spares_what_is_always_returned() {
    let ent = urn::ENTERPRISE_USER;
    assert_eq!(shown(None, Some("id,schemas,SCHEMAS,password")), shown(None, None));

    let left = besides(None, Some("name.familyName,emails.primary,meta,nick_name,externalId,userName"));
    assert_eq!(
        left,
        json!({
            "name": {"givenName": "Ada"},
            "emails": [{"value": "a@x.org", "type": "work"}, {"type": "home"}],
            ent: {"department": "R", "manager": {"value": "1", "displayName": "M"}, "floor": 3},
        })
    );
    assert!(besides(None, Some(ent)).get(ent).is_none());
    let left = besides(None, Some(&format!("{ent}:manager.displayName,{ent}:department")));
    assert_eq!(left[ent], json!({"manager": {"value": "1"}, "floor": 3}));
    let left = besides(None, Some("name.familyName,name.givenName"));
    assert!(left.get("name").is_none());
}

#[test]
fn both_lists_are_refused() {
    let error = Projection::parse(Some("a"), Some("b")).unwrap_err();
    assert_eq!(error.to_string(), "400 invalidValue: attributes and excludedAttributes exclude each other");
}

#[test]
fn request_and_always_hold_at_both_levels() {
    let schema = Schema::from_json(&json!({"id": "urn:example:box:1.0:Box", "attributes": [
        {"name": "label", "returned": "always"},
        {"name": "weight", "type": "integer", "returned": "request"},
        {"name": "lid", "type": "complex", "subAttributes": [
            {"name": "serial", "returned": "always"},
            {"name": "notes", "returned": "request"},
            {"name": "code", "returned": "never"},
            {"name": "color"},
        ]},
    ]}))
    .unwrap();
    let rt = ResourceType::from_schema("Box", "/Boxes", schema);
    let resource =
        json!({"label": "a", "weight": 3, "lid": {"serial": "s", "notes": "n", "code": "c", "color": "red"}});
    let shown = |attributes: Option<&str>, excluded: Option<&str>| {
        Value::Object(
            Projection::parse(attributes, excluded).unwrap().apply(resource.as_object().unwrap(), &rt),
        )
    };
    assert_eq!(shown(None, None), json!({"label": "a", "lid": {"serial": "s", "color": "red"}}));
    assert_eq!(shown(Some("weight"), None), json!({"label": "a", "weight": 3}));
    assert_eq!(shown(Some("lid"), None), json!({"label": "a", "lid": {"serial": "s", "color": "red"}}));
    assert_eq!(shown(Some("lid.notes"), None), json!({"label": "a", "lid": {"serial": "s", "notes": "n"}}));
    assert_eq!(shown(Some("lid.code"), None), json!({"label": "a", "lid": {"serial": "s"}}));
    assert_eq!(
        shown(None, Some("label,lid.serial,lid.color")),
        json!({"label": "a", "lid": {"serial": "s"}})
    );
}
