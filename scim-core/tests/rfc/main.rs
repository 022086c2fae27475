//! The examples of RFC 7643 §8 and RFC 7644 §3: they decode, validate, round-trip and apply.
//!
//! The schema documents of RFC 7643 §8.7 are `src/schema/*.json`, which the crate's own tests read and write.

#![expect(clippy::unwrap_used, reason = "a fixture that is wrong fails its test")]

use scim_core::{
    bulk::{BulkRequest, BulkResponse},
    error::ScimError,
    filter::Filter,
    list::ListResponse,
    patch::{PatchOp, RemoveForm, Tolerances, apply, diff},
    project::Projection,
    query::ListQuery,
    resource::{
        EnterpriseUser, GenericResource, Group, ResourceTypeInfo, ServiceProviderConfig, User, lenient,
    },
    schema::ResourceType,
    urn,
    validate::{Operation, accept, violations},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

#[test]
fn rfc_7643_examples() {
    let examples = read(include_str!("7643.json"));
    assert_eq!(examples.len(), 7);
    examples.iter().for_each(check);
}

#[test]
fn rfc_7644_examples() {
    let examples = read(include_str!("7644.json"));
    assert_eq!(examples.len(), 30);
    examples.iter().for_each(check);
}

#[test]
fn rfc_7644_filters() {
    let full = read(include_str!("7643.json"));
    let full = &full.iter().find(|example| example["section"] == "8.3").expect("8.3 is there")["body"];
    for example in read(include_str!("filters.json")) {
        let text = example["filter"].as_str().unwrap();
        let filter = Filter::parse(text).unwrap();
        assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter), "{text}");
        assert_eq!(filter.unknown_attributes(&ResourceType::user()), [], "{text}");
        let matched = filter.matches(full, &ResourceType::user());
        assert_eq!(matched, Ok(example["matches"].as_bool().unwrap()), "{text}");
    }
}

#[track_caller]
fn check(example: &Value) {
    let title = format!("§{} {}", example["section"].as_str().unwrap(), example["title"].as_str().unwrap());
    println!("{title}");
    let body = &example["body"];
    match example["kind"].as_str().unwrap() {
        "user" => {
            let user: User = same(body);
            assert_eq!(
                user.extension::<EnterpriseUser>().unwrap().is_some(),
                body.get(urn::ENTERPRISE_USER).is_some()
            );
            resource(body, &ResourceType::user());
        }
        "newUser" => {
            same::<User>(body);
            accept(body, &ResourceType::user(), Operation::Create, &Tolerances::strict()).unwrap();
        }
        "group" => {
            same::<Group>(body);
            resource(body, &ResourceType::group());
        }
        "serviceProviderConfig" => {
            let config: ServiceProviderConfig = same(body);
            assert_eq!(config.bulk.unwrap().max_payload_size, Some(1_048_576));
        }
        "resourceType" => {
            same::<ResourceTypeInfo>(body);
        }
        "list" => {
            let page: ListResponse<User> = serde_json::from_value(body.clone()).unwrap();
            assert_eq!(page.total_results.map(Value::from), body.get("totalResults").cloned());
            let page: ListResponse<GenericResource> = serde_json::from_value(body.clone()).unwrap();
            assert_eq!(serde_json::to_value(&page).unwrap(), *body);
        }
        "search" => {
            let query = ListQuery::from_search_body(body).unwrap();
            assert_eq!(query.to_search_body(), *body);
            assert_eq!(ListQuery::from_query_string(&query.to_query_string()), Ok(query));
        }
        "patch" => patch(example),
        "bulkRequest" => {
            let request = BulkRequest::from_json(body).unwrap();
            assert_eq!(request.to_json(), *body);
            for operation in &request.operations {
                operation.to_call().unwrap();
                let referred = operation.references();
                assert!(referred.iter().all(|name| {
                    request.operations.iter().any(|other| other.bulk_id.as_deref() == Some(name))
                }));
            }
        }
        "bulkResponse" => {
            let response = BulkResponse::from_json(body).unwrap();
            assert_eq!(response.to_json(), *body);
            for result in &response.operations {
                assert_eq!(result.error().is_some(), result.status >= 400);
            }
        }
        "error" => assert_eq!(ScimError::from_json(body).unwrap().to_json(), *body),
        other => panic!("{other}"),
    }
}

fn resource(body: &Value, resource_type: &ResourceType) {
    let found = violations(body, resource_type);
    // §8.2 shows a password, which §4.1.1 says is never returned.
    assert!(found.iter().all(|violation| violation.to_string().starts_with("password")), "{found:?}");
    let shown = Value::Object(Projection::default().apply(body.as_object().unwrap(), resource_type));
    assert_eq!(shown.get("password"), None);
    assert_eq!(violations(&shown, resource_type), []);
    let sent = accept(body, resource_type, Operation::Replace, &Tolerances::strict()).unwrap();
    assert!(diff(body, &Value::Object(sent), resource_type, RemoveForm::ValuePath).unwrap().is_empty());
}

fn patch(example: &Value) {
    let body = &example["body"];
    let (resource_type, mut before) = match example["on"].as_str().unwrap() {
        "user" => (ResourceType::user(), json!({"schemas": [urn::USER], "userName": "bjensen"})),
        _ => (ResourceType::group(), json!({"schemas": [urn::GROUP], "displayName": "Tour Guides"})),
    };
    let mut after = before.clone();
    set(&mut before, &example["before"]);
    set(&mut after, &example["after"]);
    assert_eq!(PatchOp::from_json(body, &Tolerances::strict()).unwrap().to_json(), *body);
    for tolerances in [Tolerances::strict(), Tolerances::idp()] {
        let applied = apply(object(&before), body, &resource_type, &tolerances).unwrap();
        assert_eq!(Value::Object(applied.resource), after);
    }
    let made = diff(&before, &after, &resource_type, RemoveForm::ValuePath).unwrap().to_json();
    let applied = apply(object(&before), &made, &resource_type, &Tolerances::strict()).unwrap();
    assert_eq!(Value::Object(applied.resource), after, "{made}");
}

fn set(resource: &mut Value, members: &Value) {
    for (name, value) in object(members) {
        match value {
            Value::Null => {}
            value if value.as_array().is_some_and(Vec::is_empty) => {}
            value => resource[name] = value.clone(),
        }
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

#[track_caller]
fn same<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(body: &Value) -> T {
    let typed: T = serde_json::from_str(&body.to_string()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), *body);
    assert_eq!(lenient::from_value::<T>(body).unwrap(), typed);
    typed
}

fn read(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}
