//! What holds for every resource, beside the properties of filters (`filter::tests`) and of PATCH (`patch`).

use proptest::{prelude::*, sample::subsequence};
use serde_json::{Value, json};

use crate::{
    patch::{Tolerances, diff_tests::user},
    project::Projection,
    resource::{GenericResource, User, lenient},
    schema::ResourceType,
    validate::{Operation, accept, canonical, violations},
};

const ATTRIBUTES: [&str; 12] = [
    "id",
    "userName",
    "TITLE",
    "name",
    "name.givenName",
    "emails",
    "emails.value",
    "emails.type",
    "schemas",
    "noSuch",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
];

/// Any JSON, with names that mean something among others.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f32>().prop_filter("JSON has no infinity", |number| number.is_finite()).prop_map(Value::from),
        "[ -~é]{0,4}".prop_map(Value::from),
        Just(json!("True")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof![
            4 => proptest::sample::select(vec![
                "schemas", "userName", "USERNAME", "name", "givenName", "emails", "value", "type", "primary", "active",
                "meta", "id", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "manager",
            ]).prop_map(str::to_owned),
            1 => "[a-z]{1,3}",
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn projecting_twice_is_projecting_once(
        user in user(),
        names in subsequence(ATTRIBUTES.to_vec(), 0..6),
        excluded in any::<bool>(),
    ) {
        let user_type = ResourceType::user();
        let names = names.join(",");
        let projection =
            if excluded { Projection::parse(None, Some(&names)) } else { Projection::parse(Some(&names), None) };
        let projection = projection.unwrap();
        let once = projection.apply(user.as_object().unwrap(), &user_type);
        prop_assert_eq!(&projection.apply(&once, &user_type), &once, "{}", names);
        prop_assert_eq!(once.contains_key("schemas"), true);
    }

    #[test]
    fn what_was_accepted_is_accepted_as_it_is(user in user()) {
        let user_type = ResourceType::user();
        let strict = Tolerances::strict();
        let kept = accept(&user, &user_type, Operation::Create, &strict).unwrap();
        let kept_value = Value::Object(kept.clone());
        prop_assert_eq!(accept(&kept_value, &user_type, Operation::Replace, &strict), Ok(kept.clone()));
        prop_assert_eq!(accept(&user, &user_type, Operation::Create, &Tolerances::idp()), Ok(kept.clone()));
        prop_assert_eq!(canonical(&kept_value, &user_type), Ok(kept));
        // `id` and `meta` are the server's to add.
        prop_assert!(violations(&kept_value, &user_type).iter().all(|found| found.to_string().starts_with("id")));
    }

    #[test]
    fn any_json_is_read_or_refused(value in json_value()) {
        let user_type = ResourceType::user();
        let _ = violations(&value, &user_type);
        if let Ok(mut user) = serde_json::from_value::<User>(value.clone()) {
            let tolerant = lenient::from_value::<User>(&value).ok();
            prop_assert_eq!(tolerant.as_ref(), Some(&user), "lenient reads what strict reads");
            let written = serde_json::to_value(&user).unwrap();
            let mut again = serde_json::from_value::<User>(written).unwrap();
            if user.schemas.is_empty() {
                again.schemas.clear(); // Writing adds them, also where they were `null`.
                user.extra.remove("schemas");
            }
            prop_assert_eq!(&again, &user, "nothing is lost");
        }
        if let Ok(resource) = serde_json::from_value::<GenericResource>(value.clone()) {
            let written = serde_json::to_value(&resource).unwrap();
            let again = serde_json::from_value::<GenericResource>(written).ok();
            prop_assert_eq!(again, Some(resource), "nothing is lost");
        }
        if let Ok(spelled) = canonical(&value, &user_type) {
            let again = canonical(&Value::Object(spelled.clone()), &user_type);
            prop_assert_eq!(again.ok(), Some(spelled));
        }
        for operation in [Operation::Create, Operation::Replace] {
            if let Ok(kept) = accept(&value, &user_type, operation, &Tolerances::strict()) {
                let tolerant = accept(&value, &user_type, operation, &Tolerances::idp());
                prop_assert!(tolerant.is_ok(), "{:?}", tolerant);
                let again = accept(&Value::Object(kept.clone()), &user_type, operation, &Tolerances::strict());
                prop_assert_eq!(again.ok(), Some(kept));
            }
        }
    }
}
