use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::{schema::ResourceType, urn};

#[track_caller]
fn operations(before: Value, after: Value, form: RemoveForm) -> Value {
    let resource_type =
        if before.get("displayName").is_some() { ResourceType::group() } else { ResourceType::user() };
    diff(&before, &after, &resource_type, form).unwrap().to_json()["Operations"].take()
}

#[test]
fn changes_what_differs_and_nothing_else() {
    let before = json!({
        "id": "1",
        "userName": "ada",
        "title": "Countess",
        "nickName": "A",
        "name": {"givenName": "Ada", "familyName": "Byron", "middleName": "x"},
        "emails": [{"value": "a@b.c", "type": "work", "primary": true}, {"value": "d@e.f", "type": "home"}],
        "phoneNumbers": [{"value": "1", "type": "work"}],
        "meta": {"version": "1"},
        (urn::ENTERPRISE_USER): {"department": "Math", "manager": {"value": "7", "displayName": "Babbage"}},
    });
    let after = json!({
        "USERNAME": "ada",
        "title": "Dr.",
        "nickName": null,
        "displayName": "Ada",
        "name": {"givenName": "Ada", "familyName": "King"},
        "emails": [{"value": "d@e.f", "type": "home"}, {"value": "a@x.y", "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "1", "type": "work"}, {"value": "2", "type": "mobile"}],
        "meta": {"version": "2"},
        (urn::ENTERPRISE_USER): {"costCenter": "9", "manager": {"value": "8"}},
    });
    let user = ResourceType::user();
    let patch = diff(&before, &after, &user, RemoveForm::ValuePath).unwrap();
    let ext = urn::ENTERPRISE_USER;
    assert_eq!(
        patch.to_json()["Operations"],
        json!([
            {"op": "remove", "path": "name.middleName"},
            {"op": "replace", "path": "name.familyName", "value": "King"},
            {"op": "add", "path": "displayName", "value": "Ada"},
            {"op": "remove", "path": "nickName"},
            {"op": "replace", "path": "title", "value": "Dr."},
            {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@x.y"},
            {"op": "add", "path": "phoneNumbers", "value": [{"value": "2", "type": "mobile"}]},
            {"op": "add", "path": format!("{ext}:costCenter"), "value": "9"},
            {"op": "remove", "path": format!("{ext}:department")},
            {"op": "replace", "path": format!("{ext}:manager.value"), "value": "8"},
        ])
    );
}

#[test]
fn members_are_removed_in_either_form() {
    let group = |ids: &[&str]| {
        let members: Vec<Value> =
            ids.iter().map(|id| json!({"value": id, "display": format!("D{id}")})).collect();
        json!({"displayName": "g", "members": members})
    };
    let (before, mut after) = (group(&["1", "2", "3"]), group(&["2", "4"]));
    after["members"][0]["display"] = "renamed".into();
    assert_eq!(
        operations(before.clone(), after.clone(), RemoveForm::ValuePath),
        json!([
            {"op": "remove", "path": "members[value eq \"1\"]"},
            {"op": "remove", "path": "members[value eq \"3\"]"},
            {"op": "add", "path": "members", "value": [{"value": "4", "display": "D4"}]},
        ])
    );
    assert_eq!(
        operations(before, after, RemoveForm::ValueList),
        json!([
            {"op": "remove", "path": "members", "value": [{"value": "1"}, {"value": "3"}]},
            {"op": "add", "path": "members", "value": [{"value": "4", "display": "D4"}]},
        ])
    );
    let all = operations(group(&["1"]), group(&[]), RemoveForm::ValueList);
    assert_eq!(all, json!([{"op": "remove", "path": "members"}]));
    let other = operations(group(&["1", "2"]), group(&["3"]), RemoveForm::ValuePath);
    assert_eq!(other[0]["op"], "replace", "nothing in common is one operation");
}

#[test]
fn nothing_to_do_is_an_empty_request() {
    let user =
        json!({"userName": "ada", "emails": [{"value": "a"}, {"value": "b"}], "groups": [{"value": "1"}]});
    let same = json!({"emails": [{"VALUE": "b"}, {"value": "a", "type": null}], "userName": "ada", "title": [], "x": 1});
    assert_eq!(operations(user, same, RemoveForm::ValuePath), json!([]));
}

#[test]
fn says_why_there_is_none() {
    let fails = |before: Value, after: Value| {
        diff(&before, &after, &ResourceType::user(), RemoveForm::ValuePath).unwrap_err().to_string()
    };
    assert_eq!(
        fails(json!({"userName": "ada"}), json!({})),
        "no PATCH request makes the change: Operations[0]: userName is required"
    );
    assert_eq!(
        fails(json!([]), json!({})),
        "no PATCH request makes the change: a resource is an object, got an array"
    );
    let twice = json!({"emails": [{"value": "a"}, {"value": "a"}]});
    assert_eq!(
        fails(json!({"emails": [{"value": "b"}]}), twice),
        "no PATCH request makes the change: emails does not become what it should be"
    );
}

#[test]
fn large_groups_take_linear_time() {
    let group = |from: usize, to: usize| {
        let members: Vec<Value> = (from..to).map(|id| json!({"value": format!("user-{id}")})).collect();
        json!({"displayName": "g", "members": members})
    };
    let group_type = ResourceType::group();
    let patch = diff(&group(0, 20_000), &group(10, 30_000), &group_type, RemoveForm::ValuePath).unwrap();
    assert_eq!(patch.operations.len(), 11);
    let patch = diff(&group(0, 20_000), &group(10_000, 30_000), &group_type, RemoveForm::ValueList).unwrap();
    assert_eq!(patch.operations.len(), 2);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a".to_owned()),
        Just("B".to_owned()),
        Just("b".to_owned()),
        Just("x\"\\y".to_owned()),
        "[ -~]{1,3}"
    ]
}

fn object(names: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    proptest::collection::vec(proptest::option::of(text()), names.len()).prop_map(|values| {
        names
            .iter()
            .zip(values)
            .filter_map(|(name, value)| Some(((*name).to_owned(), Value::from(value?))))
            .collect()
    })
}

/// Up to five values that differ, at most one of them primary.
fn values() -> impl Strategy<Value = Value> {
    let one = (object(&["value", "type", "display"]), proptest::option::of(Just(false)));
    (proptest::collection::vec(one, 0..5), 0..8usize).prop_map(|(values, primary)| {
        let mut seen = Vec::new();
        for (index, (mut value, flag)) in values.into_iter().enumerate() {
            match flag {
                _ if index == primary => drop(value.insert("primary".to_owned(), true.into())),
                Some(flag) => drop(value.insert("primary".to_owned(), flag.into())),
                None => {}
            }
            if !value.is_empty() && !seen.contains(&Value::Object(value.clone())) {
                seen.push(Value::Object(value));
            }
        }
        Value::Array(seen)
    })
}

pub(crate) fn user() -> impl Strategy<Value = Value> {
    let parts = (
        object(&["title", "nickName", "locale"]),
        object(&["givenName", "familyName", "formatted"]),
        values(),
        values(),
        object(&["costCenter", "department"]),
        proptest::option::of(text()),
    );
    parts.prop_map(|(mut user, name, emails, roles, mut extension, manager)| {
        user.insert("schemas".to_owned(), json!([urn::USER]));
        user.insert("userName".to_owned(), "ada".into());
        user.insert("name".to_owned(), name.into());
        user.insert("emails".to_owned(), emails);
        user.insert("roles".to_owned(), roles);
        if let Some(manager) = manager {
            extension.insert("manager".to_owned(), json!({"value": manager}));
        }
        user.insert(urn::ENTERPRISE_USER.to_owned(), extension.into());
        Value::Object(user)
    })
}

fn applied_again(before: &Map<String, Value>, message: &Value) -> Map<String, Value> {
    let tolerances = Tolerances { remove_with_value: true, ..Tolerances::strict() };
    apply(before, message, &ResourceType::user(), &tolerances).unwrap().resource
}

fn sorted(mut resource: Map<String, Value>) -> Map<String, Value> {
    resource.remove("schemas");
    for value in resource.values_mut() {
        if let Value::Array(values) = value {
            values.sort_by_key(|value| target::identity(value, false));
        }
    }
    resource
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn applying_the_difference_to_before_gives_after(before in user(), after in user(), list in any::<bool>()) {
        let resource_type = ResourceType::user();
        let form = if list { RemoveForm::ValueList } else { RemoveForm::ValuePath };
        let tolerances = Tolerances { remove_with_value: list, ..Tolerances::strict() };
        let canonical = |value: &Value| crate::validate::canonical(value, &resource_type).unwrap();
        let patch = diff(&before, &after, &resource_type, form).unwrap();
        let before = canonical(&before);
        let wanted = sorted(canonical(&after));
        if patch.is_empty() {
            prop_assert_eq!(sorted(before), wanted);
        } else {
            let message = patch.to_json();
            let applied = apply(&before, &message, &resource_type, &tolerances).unwrap();
            let mut in_place = before.clone();
            let changed = apply_in_place(&mut in_place, &message, &resource_type, &tolerances);
            prop_assert_eq!(changed, Ok(applied.changed));
            prop_assert_eq!(&in_place, &applied.resource);
            let wrong = patch.replace("noSuchAttribute", 1).to_json();
            let mut untouched = before.clone();
            prop_assert!(apply_in_place(&mut untouched, &wrong, &resource_type, &tolerances).is_err());
            prop_assert_eq!(json!(untouched).to_string(), json!(before).to_string(), "with the same order");
            prop_assert_eq!(sorted(applied.resource), wanted, "{}", message);
            let shown = crate::project::Projection::parse(Some("name.givenName,emails.value,id"), None).unwrap();
            let once = shown.apply(&applied_again(&before, &message), &resource_type);
            prop_assert_eq!(&shown.apply(&once, &resource_type), &once, "projection is idempotent");
            // What the RFC allows, an identity provider's server allows too.
            if !list {
                let tolerant = apply(&before, &message, &resource_type, &Tolerances::idp()).unwrap();
                prop_assert_eq!(sorted(tolerant.resource), sorted(canonical(&after)));
            }
        }
        prop_assert!(diff(&after, &after, &resource_type, form).unwrap().is_empty());
    }
}
