use super::*;
use crate::{schema::Schema, urn};

const ENT: &str = urn::ENTERPRISE_USER;

fn strict() -> Tolerances {
    Tolerances::strict()
}

/// A tolerance switched on in an otherwise strict set.
fn with(change: impl FnOnce(&mut Tolerances)) -> Tolerances {
    let mut tolerances = Tolerances::strict();
    change(&mut tolerances);
    tolerances
}

fn user(more: Value) -> Value {
    let mut user = json!({"schemas": [urn::USER], "userName": "ada"});
    for (key, value) in more.as_object().unwrap() {
        user[key] = value.clone();
    }
    user
}

fn accepted(resource: &Value, tolerances: &Tolerances) -> Result<Value, String> {
    accept(resource, &ResourceType::user(), Operation::Create, tolerances)
        .map(Value::Object)
        .map_err(|error| error.to_string())
}

/// What is kept of `more` besides `schemas` and `userName`.
fn kept(more: Value, tolerances: &Tolerances) -> Result<Value, String> {
    let mut out = accepted(&user(more), tolerances)?;
    let object = out.as_object_mut().unwrap();
    object.shift_remove("schemas");
    object.shift_remove("userName");
    Ok(out)
}

#[test]
fn names_are_canonical_and_what_has_no_meaning_is_dropped() {
    let sent = json!({
        "SCHEMAS": ["URN:ietf:params:scim:schemas:core:2.0:user", urn::USER],
        "username": "ada",
        "ID": "mine",
        "meta": {"resourceType": "User"},
        "groups": [{"value": "g"}],
        "title": null,
        "roles": [],
        "name": {},
        "Emails": [null, {}, {"VALUE": "a@x.org", "type": null, "color": "red"}, {"type": null}],
        "phoneNumbers": [null],
        "favoriteColor": "red",
        "urn:example:unknown:1.0:User": {"a": 1},
        "urn:IETF:params:scim:schemas:extension:enterprise:2.0:User": {
            "DEPARTMENT": "R", "manager": {"value": "1", "displayName": "kept by the server"}, "floor": 3, "division": null,
        },
    });
    assert_eq!(
        accepted(&sent, &strict()).unwrap(),
        json!({
            "schemas": [urn::USER, ENT],
            "userName": "ada",
            "emails": [{"value": "a@x.org"}],
            ENT: {"department": "R", "manager": {"value": "1"}},
        })
    );
}

#[test]
fn extension_without_data_is_not_announced_but_stays_when_listed() {
    for empty in [json!(null), json!({}), json!([]), json!({"department": null}), json!({"floor": 3})] {
        let out = accepted(&user(json!({ENT: empty})), &strict()).unwrap();
        assert_eq!(out, json!({"schemas": [urn::USER], "userName": "ada"}));
    }
    let sent = json!({"schemas": [ENT, urn::USER], "userName": "ada"});
    assert_eq!(accepted(&sent, &strict()).unwrap()["schemas"], json!([ENT, urn::USER]));
}

#[test]
fn refusals_say_where() {
    let long = "x".repeat(100);
    let rows = [
        (json!([]), "400 invalidSyntax: a resource is an object, got an array"),
        (json!({"userName": "a"}), "400 invalidValue: schemas: missing"),
        (json!({"schemas": urn::USER}), "400 invalidValue: schemas: expected an array, got a string"),
        (json!({"schemas": null}), "400 invalidValue: schemas: expected an array, got null"),
        (json!({"schemas": [1]}), "400 invalidValue: schemas[0]: expected a string, got a number"),
        (
            json!({"schemas": []}),
            "400 invalidValue: schemas: `urn:ietf:params:scim:schemas:core:2.0:User` is missing",
        ),
        (
            json!({"schemas": [urn::USER, "urn:x:y"]}),
            "400 invalidValue: schemas[1]: `urn:x:y` is not a schema of User",
        ),
        (
            json!({"schemas": [urn::USER]}),
            "400 invalidValue: userName: required to create the resource, but it has no value",
        ),
        (
            json!({"schemas": [urn::USER], "userName": ""}),
            "400 invalidValue: userName: required to create the resource, but it has no value",
        ),
        (
            user(json!({"USERNAME": "b"})),
            "400 invalidSyntax: userName: given more than once, in different letter case",
        ),
        (
            user(json!({"name": {"givenName": "a", "GIVENNAME": null}})),
            "400 invalidSyntax: name.givenName: given more than once, in different letter case",
        ),
        (user(json!({"title": 3})), "400 invalidValue: title: expected a string, got a number"),
        (user(json!({"title": ["a"]})), "400 invalidValue: title: expected a string, got an array"),
        (user(json!({"active": "true"})), "400 invalidValue: active: expected a boolean, got a string"),
        (user(json!({"name": "Ada"})), "400 invalidValue: name: expected an object, got a string"),
        (
            user(json!({"emails": {"value": "a"}})),
            "400 invalidValue: emails: expected an array, got an object",
        ),
        (user(json!({"emails": ["a"]})), "400 invalidValue: emails[0]: expected an object, got a string"),
        (
            user(json!({"emails": [{}, {"value": {"a": 1}}]})),
            "400 invalidValue: emails[1].value: expected a string, got an object",
        ),
        (
            user(json!({"emails": [{"primary": true}, {"PRIMARY": true}]})),
            "400 invalidValue: emails: 2 values are primary, expected at most one",
        ),
        (
            user(json!({"x509Certificates": [{"value": "not base64!"}]})),
            "400 invalidValue: x509Certificates[0].value: expected base64 text",
        ),
        (user(json!({ENT: "R"})), &format!("400 invalidValue: {ENT}: expected an object, got a string")),
        (
            user(json!({ENT: {"department": 3}})),
            &format!("400 invalidValue: {ENT}:department: expected a string, got a number"),
        ),
        (
            user(json!({ENT: {"manager": "1"}})),
            &format!("400 invalidValue: {ENT}:manager: expected an object, got a string"),
        ),
        (user(json!({"active": long})), "400 invalidValue: active: expected a boolean, got a string"),
    ];
    for (resource, expected) in rows {
        assert_eq!(accepted(&resource, &strict()).unwrap_err(), expected, "{resource}");
    }
    let error =
        accept(&json!({"schemas": [urn::USER]}), &ResourceType::user(), Operation::Replace, &strict());
    assert_eq!(error.unwrap_err().detail, "userName: required to replace the resource, but it has no value");
}

#[test]
fn tolerances_are_separate() {
    let booleans = with(|t| t.bool_strings = true);
    for (text, flag) in [("True", true), ("true", true), ("False", false), ("false", false), ("FALSE", false)]
    {
        assert_eq!(kept(json!({"active": text}), &booleans), Ok(json!({"active": flag})));
        let emails = json!({"emails": [{"value": "a", "primary": text}]});
        assert_eq!(kept(emails, &booleans), Ok(json!({"emails": [{"value": "a", "primary": flag}]})));
    }
    assert!(kept(json!({"active": "yes"}), &booleans).is_err());
    assert!(kept(json!({"active": 1}), &booleans).is_err());
    let two = json!({"emails": [{"primary": "True"}, {"primary": true}]});
    assert!(kept(two, &booleans).is_err(), "coerced booleans count as primary");

    let manager = with(|t| t.manager_string = true);
    assert_eq!(kept(json!({ENT: {"manager": "1"}}), &manager), Ok(json!({ENT: {"manager": {"value": "1"}}})));
    assert_eq!(kept(json!({ENT: {"manager": ""}}), &manager), Ok(json!({})));
    assert!(kept(json!({"name": "Ada"}), &manager).is_err(), "name has no `value`");
    assert!(kept(json!({"emails": ["a"]}), &manager).is_err(), "emails is multi-valued");

    let schemas = with(|t| t.unknown_schemas = true);
    let sent = json!({"schemas": ["urn:x:y", urn::USER], "userName": "ada"});
    assert_eq!(accepted(&sent, &schemas).unwrap()["schemas"], json!([urn::USER]));
    assert!(accepted(&json!({"schemas": ["urn:x:y"], "userName": "ada"}), &schemas).is_err());
}

#[test]
fn every_simple_type() {
    let rows: [(Kind, &[Value], &[Value]); 7] = [
        (Kind::String, &[json!(""), json!("a")], &[json!(1), json!(true), json!(["a"]), json!({"a": 1})]),
        (Kind::Reference, &[json!("/Users/1"), json!("https://x.org")], &[json!(1)]),
        (Kind::Boolean, &[json!(true), json!(false)], &[json!(0), json!("true")]),
        (Kind::Integer, &[json!(0), json!(-5), json!(u64::MAX)], &[json!(1.0), json!(1.5), json!("1")]),
        (Kind::Decimal, &[json!(1), json!(1.5), json!(-1e9)], &[json!("1.5")]),
        (
            Kind::Binary,
            &[json!(""), json!("AQID"), json!("AQ=="), json!("AQ"), json!("-_+/")],
            &[json!("A Q"), json!("A==="), json!("A=Q"), json!("é"), json!(1)],
        ),
        (
            Kind::DateTime,
            &[
                json!("2008-01-23T04:56:22Z"),
                json!("2008-01-23t04:56:22z"),
                json!("2008-01-23T04:56:22"),
                json!("2008-01-23T04:56:22.123456789012Z"),
                json!("2024-02-29T23:59:59.5+05:30"),
                json!("2008-01-23T04:56:22-23:59"),
            ],
            &[
                json!("yesterday"),
                json!(""),
                json!("2008-01-23"),
                json!("2008-01-23 04:56:22Z"),
                json!("20080123T045622Z"),
                json!("2008-13-23T04:56:22Z"),
                json!("2023-02-29T04:56:22Z"),
                json!("2008-01-23T25:56:22Z"),
                json!("2008-01-23T04:56:22.Z"),
                json!("2008-01-23T04:56:22+5"),
                json!("2008-01-23T04:56:22+99:00"),
                json!("2008-01-23T04:56:22Z[UTC]"),
                json!("2008-01-23T04:56:2\u{661}Z"),
                json!(1201064182),
            ],
        ),
    ];
    for (kind, good, bad) in rows {
        let attribute = Attribute::new("a", kind);
        for value in good {
            assert_eq!(
                coerce(value, &attribute, &strict(), "a"),
                Ok(Some(value.clone())),
                "{kind:?} {value}"
            );
        }
        for value in bad {
            let error = coerce(value, &attribute, &strict(), "a").unwrap_err();
            assert!(error.detail.starts_with("a: expected "), "{kind:?} {value} {error}");
        }
        for value in [json!(null), json!([]), json!({})] {
            assert_eq!(coerce(&value, &attribute, &strict(), "a"), Ok(None), "{kind:?} {value}");
        }
    }
}

#[test]
fn patch_values_may_be_partial() {
    let schema = Schema::from_json(&json!({"id": "urn:example:box:1.0:Box", "attributes": [
        {"name": "lid", "type": "complex", "required": true, "subAttributes": [
            {"name": "serial", "required": true}, {"name": "color"}]},
        {"name": "keys", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "code", "required": true}, {"name": "tags", "multiValued": true}]},
        {"name": "seal", "required": true, "mutability": "readOnly"},
    ]}))
    .unwrap();
    let rt = ResourceType::from_schema("Box", "/Boxes", schema);
    let lid = rt.attribute("lid").unwrap();
    let color = json!({"COLOR": "red"});
    assert_eq!(coerce(&color, lid, &strict(), "lid"), Ok(Some(json!({"color": "red"}))));
    let keys = rt.attribute("keys").unwrap();
    let key = json!({"tags": ["a", null, "b"]});
    assert_eq!(coerce_element(&key, keys, &strict(), "keys[x]"), Ok(Some(json!({"tags": ["a", "b"]}))));
    let error = coerce(&json!([key, {"tags": [1]}]), keys, &strict(), "keys").unwrap_err();
    assert_eq!(error.detail, "keys[1].tags[0]: expected a string, got a number");

    let stored = |value: Value| check_stored(value.as_object().unwrap(), &rt).map_err(|error| error.detail);
    assert_eq!(stored(json!({"lid": {"serial": "1"}})), Ok(()));
    assert_eq!(stored(json!({})).unwrap_err(), "lid: required, but it has no value");
    assert_eq!(
        stored(json!({"lid": {"color": "red"}})).unwrap_err(),
        "lid.serial: required, but it has no value"
    );
    assert_eq!(
        stored(json!({"lid": {"serial": "1"}, "keys": [{"code": "1"}, {"tags": []}]})).unwrap_err(),
        "keys[1].code: required, but it has no value"
    );
    let two = json!({"lid": {"serial": "1"}, "keys": [{"code": "1", "primary": true}, {"code": "2", "primary": true}]});
    assert_eq!(stored(two).unwrap_err(), "keys: 2 values are primary, expected at most one");
}

#[test]
fn a_required_extension_must_be_there() {
    let mut rt = ResourceType::user();
    rt.extensions[0].required = true;
    let error = accept(&user(json!({})), &rt, Operation::Create, &strict()).unwrap_err();
    assert_eq!(error.detail, format!("{ENT}: required to create the resource, but it has no value"));
    let found = violations(&user(json!({"id": "1"})), &rt);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, found[0].location.as_str()), (ViolationKind::MissingRequired, ENT));
}

fn judged(resource: &Value) -> Vec<(ViolationKind, String)> {
    violations(resource, &ResourceType::user()).into_iter().map(|v| (v.kind, v.to_string())).collect()
}

#[test]
fn a_good_answer_has_no_violations() {
    let good = user(json!({
        "schemas": [urn::USER, ENT, "urn:example:theirs:1.0:User"],
        "id": "1",
        "meta": {"resourceType": "User", "created": "2024-05-13T04:42:34.123Z", "location": "https://x.org/Users/1"},
        "title": null,
        "roles": [],
        "groups": [{"value": "g", "display": "G", "$ref": "../Groups/g", "type": "direct"}],
        "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": false}],
        "urn:example:theirs:1.0:User": {"a": [1]},
        ENT: {"manager": {"value": "2", "$ref": "../Users/2"}},
    }));
    assert_eq!(judged(&good), []);
}

#[test]
fn violations_say_what_and_where() {
    use ViolationKind::*;
    let bad = json!({
        "schemas": ["urn:example:theirs:1.0:User"],
        "UserName": "ada",
        "username": "ada",
        "password": "hunter2",
        "active": "True",
        "favoriteColor": "red",
        "title": ["a"],
        "emails": [{"value": 3, "primary": true}, {"Value": "b", "primary": true, "color": "red"}, null],
        "phoneNumbers": {"value": "1"},
        "name": "Ada King, whose name is a long story and not for a report",
        "meta": {"created": "yesterday"},
        ENT: {"department": false, "floor": 3},
    });
    let user = urn::USER;
    let expected = [
        (NonCanonicalName, "UserName: expected the name `userName`, got `UserName`".to_owned()),
        (NonCanonicalName, "username: expected the name `userName`, got `username`".to_owned()),
        (DuplicateName, "username: expected `userName` once, got it again".to_owned()),
        (NeverReturned, "password: expected it left out, got a string".to_owned()),
        (WrongType, "active: expected a boolean, got the string \"True\"".to_owned()),
        (UnknownCoreAttribute, format!("favoriteColor: expected an attribute of `{user}`, got `favoriteColor`")),
        (WrongType, "title: expected a string, got an array".to_owned()),
        (WrongType, "emails[0].value: expected a string, got a number (3)".to_owned()),
        (NonCanonicalName, "emails[1].Value: expected the name `value`, got `Value`".to_owned()),
        (UnknownCoreAttribute, "emails[1].color: expected an attribute of `emails`, got `color`".to_owned()),
        (WrongType, "emails[2]: expected an object, got null".to_owned()),
        (MultiplePrimary, "emails: expected at most one primary value, got 2".to_owned()),
        (NotArray, "phoneNumbers: expected an array, got an object".to_owned()),
        (WrongType, "name: expected an object, got a string".to_owned()),
        (
            WrongType,
            "meta.created: expected a date and time such as 2024-05-13T04:42:34Z, got the string \"yesterday\"".to_owned(),
        ),
        (WrongType, format!("{ENT}:department: expected a string, got a boolean (false)")),
        (UnknownCoreAttribute, format!("{ENT}:floor: expected an attribute of `{ENT}`, got `floor`")),
        (MissingRequired, "id: expected a value, since it is required, got nothing".to_owned()),
        (MissingSchema, format!("schemas: expected `{user}` among them, got others only")),
        (
            UndeclaredExtension,
            format!("schemas: expected `{ENT}` among them, as the resource has its data, got a list without it"),
        ),
    ];
    let found = judged(&bad);
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());

    let attribute = |index: usize| violations(&bad, &ResourceType::user())[index].attribute.clone();
    assert_eq!(attribute(7), "emails.value");
    assert_eq!(attribute(15), format!("{ENT}:department"));
    assert_eq!(judged(&json!("x")), [(WrongType, "resource: expected an object, got a string".to_owned())]);
    assert_eq!(
        judged(&json!({"schemas": [], "id": "", "userName": null}))[0].1,
        "schemas: expected a value, since it is required, got an empty value"
    );
}

#[test]
fn discovery_documents_follow_their_own_schemas() {
    use crate::schema::builtin;
    let rt = ResourceType::from_schema("ResourceType", "/ResourceTypes", (*builtin::resource_type()).clone());
    assert_eq!(violations(&ResourceType::user().to_json("https://x.org"), &rt), []);
    let rt = ResourceType::from_schema("Schema", "/Schemas", (*builtin::schema()).clone());
    for schema in [builtin::user(), builtin::group(), builtin::schema()] {
        assert_eq!(violations(&schema.to_json(), &rt), []);
    }
    let rt = ResourceType::from_schema(
        "ServiceProviderConfig",
        "/x",
        (*builtin::service_provider_config()).clone(),
    );
    let found = violations(&json!({"schemas": [urn::SERVICE_PROVIDER_CONFIG]}), &rt);
    assert!(found.iter().all(|violation| violation.attribute != "id"), "{found:?}");
}

#[test]
fn large_input_takes_linear_time() {
    let members: Vec<_> = (0..50_000).map(|index| json!({"value": index.to_string()})).collect();
    let mut group = json!({"schemas": [urn::GROUP], "displayName": "g", "members": members});
    for index in 0..50_000 {
        group[format!("unknown{index}")] = json!(index);
    }
    let kept = accept(&group, &ResourceType::group(), Operation::Create, &strict()).unwrap();
    assert_eq!(kept["members"].as_array().map(Vec::len), Some(50_000));
    assert_eq!(kept.len(), 3);
}
