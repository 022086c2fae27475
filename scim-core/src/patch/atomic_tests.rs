//! All operations or none, whatever they are: a refused PATCH leaves every byte of the resource as it was.

use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::{diff_tests::user, *};
use crate::{schema::ResourceType, urn, validate::check_stored};

const PATHS: [&str; 34] = [
    "title",
    "TITLE",
    "nickName",
    "active",
    "userName",
    "id",
    "schemas",
    "name",
    "name.givenName",
    "name.familyName",
    "name.noSuch",
    "noSuch",
    "password",
    "emails",
    "emails.display",
    "emails.primary",
    "emails.noSuch",
    "emails[type eq \"a\"]",
    "emails[type eq \"a\"].value",
    "emails[type eq \"a\"].primary",
    "emails[value pr].display",
    "emails[value pr]",
    "emails[primary eq true].value",
    "emails[primary gt true].value",
    "emails[type eq \"new\"].value",
    "roles",
    "roles[value eq \"b\"]",
    "roles[display pr].type",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
    "urn:ietf:params:scim:schemas:core:2.0:User:title",
    "groups",
];

fn values() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(""),
        json!("a"),
        json!("b"),
        json!("True"),
        json!(true),
        json!(false),
        json!(7),
        json!([]),
        json!({}),
        json!({"value": "a", "type": "a", "primary": true}),
        json!({"value": "n", "primary": "true"}),
        json!([{"value": "a", "type": "a"}, {"value": "c", "type": "new", "primary": true}]),
        json!([{"value": "a", "primary": true}, {"value": "c", "primary": true}]),
        json!([{"value": "b"}, null, {}]),
        json!({"givenName": "Ada", "familyName": null}),
        json!({"department": "R", "manager": "7"}),
        json!({"title": "x", "name.givenName": "y", "emails": [{"value": "z"}]}),
        json!({"nickName": "x", "noSuch": 1}),
        json!({(urn::ENTERPRISE_USER): {"costCenter": "1"}, "title": null}),
    ])
}

fn operation() -> impl Strategy<Value = Value> {
    let path = prop_oneof![9 => select(PATHS.to_vec()).prop_map(Some), 1 => Just(None)];
    (select(vec!["add", "remove", "replace", "Replace", "Remove"]), path, proptest::option::of(values()))
        .prop_map(|(op, path, value)| {
            let mut operation = Map::new();
            operation.insert("op".to_owned(), op.into());
            operation.extend(path.map(|path| ("path".to_owned(), path.into())));
            operation.extend(value.map(|value| ("value".to_owned(), value)));
            Value::Object(operation)
        })
}

fn text(resource: &Map<String, Value>) -> String {
    serde_json::to_string(resource).unwrap()
}

/// The same resource in other letter case, sub-attributes too, as a server may have stored it.
fn respelled(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (name.to_ascii_uppercase(), respelled(value))).collect(),
        ),
        Value::Array(values) => values.iter().map(respelled).collect(),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_refused_patch_leaves_no_trace(
        user in user(),
        operations in proptest::collection::vec(operation(), 1..6),
        shout in any::<bool>(),
    ) {
        let user_type = ResourceType::user();
        let mut before = crate::validate::canonical(&user, &user_type).unwrap();
        if let (true, Value::Object(respelled)) = (shout, respelled(&Value::Object(before.clone()))) {
            before = respelled;
        }
        let message = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
        let mut accepted = [false; 2];
        for (index, tolerances) in [Tolerances::strict(), Tolerances::idp()].iter().enumerate() {
            let mut in_place = before.clone();
            match (
                apply(&before, &message, &user_type, tolerances),
                apply_in_place(&mut in_place, &message, &user_type, tolerances),
            ) {
                (Ok(copy), Ok(changed)) => {
                    prop_assert_eq!(text(&copy.resource), text(&in_place), "{}", message);
                    prop_assert_eq!((copy.changed, changed), (in_place != before, in_place != before), "{}", message);
                    prop_assert_eq!(check_stored(&in_place, &user_type), Ok(()), "{}", message);
                    accepted[index] = true;
                }
                (Err(copy), Err(error)) => {
                    prop_assert_eq!(&copy, &error);
                    prop_assert_eq!((error.status, error.scim_type.is_some()), (400, true), "{}", error);
                    prop_assert_eq!(text(&in_place), text(&before), "{}: {}", message, error);
                }
                (copy, in_place) => prop_assert!(false, "{message}: {copy:?}, but in place {in_place:?}"),
            }
        }
        prop_assert!(accepted[1] || !accepted[0], "tolerant takes what strict takes: {message}");
    }
}
