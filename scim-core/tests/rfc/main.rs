//! The examples of RFC 7643 §8 and RFC 7644 §3: they decode, validate, round-trip and apply.
//!
//! The bodies are those of the RFCs' texts, identifiers with three dots in them too. Where a text is no JSON or leaves
//! something out, the example's `note` says what was mended.

#![expect(clippy::unwrap_used, reason = "a fixture that is wrong fails its test")]

use std::sync::Arc;

use scim_core::{
    bulk::{BulkRequest, BulkResponse},
    error::ScimError,
    filter::Filter,
    list::ListResponse,
    patch::{PatchOp, RemoveForm, Tolerances, apply, diff},
    path::Path,
    project::Projection,
    query::ListQuery,
    resource::{
        EnterpriseUser, GenericResource, Group, ResourceTypeInfo, ServiceProviderConfig, User, lenient,
    },
    schema::{Attribute, ResourceType, Schema, builtin},
    urn,
    validate::{Operation, accept, violations},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

#[test]
fn rfc_7643_examples() {
    let examples = read(include_str!("7643.json"));
    assert_eq!(examples.len(), 13);
    examples.iter().for_each(check);
}

#[test]
fn rfc_7644_examples() {
    let examples = read(include_str!("7644.json"));
    assert_eq!(examples.len(), 39);
    examples.iter().for_each(check);
}

#[test]
fn rfc_7644_filters() {
    let full = read(include_str!("7643.json"));
    let full = &full.iter().find(|example| example["section"] == "8.3").expect("8.3 is there")["body"];
    for example in read(include_str!("filters.json")) {
        let text = example["filter"].as_str().unwrap();
        if let Some(why) = example.get("refused") {
            // The RFC's own grammar (Figure 1) has neither bare words nor single quotes as values.
            let error = Filter::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(why.as_str().unwrap()), "{text}: {error}");
            continue;
        }
        let filter = Filter::parse(text).unwrap();
        assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter), "{text}");
        assert_eq!(filter.unknown_attributes(&ResourceType::user()), [], "{text}");
        let matched = filter.matches(full, &ResourceType::user());
        assert_eq!(matched, Ok(example["matches"].as_bool().unwrap()), "{text}");
    }
}

/// Figure 8 of §3.5.2, the notation of §3.10, and §3.9's lists of attributes.
#[test]
fn rfc_7644_paths() {
    let group = ResourceType::group();
    for (text, resource_type, known) in [
        ("members", &group, true),
        ("name.familyName", &ResourceType::user(), true),
        (r#"addresses[type eq "work"]"#, &ResourceType::user(), true),
        (r#"members[value eq "2819c223-7f76-453a-919d-413861904646"]"#, &group, true),
        // A member has `display`; the figure says `displayName`.
        (r#"members[value eq "2819c223-7f76-453a-919d-413861904646"].displayName"#, &group, false),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", &ResourceType::user(), true),
        ("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName", &ResourceType::user(), true),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            &ResourceType::user(),
            true,
        ),
        ("urn:hr:schemas:user:age", &ResourceType::user(), false),
    ] {
        let path: Path = text.parse().unwrap();
        assert_eq!(path.to_string(), text);
        let mut whole = path.attr.clone();
        if let Some(sub) = &path.sub {
            whole = format!("{whole}.{sub}").parse().unwrap();
        }
        assert_eq!(resource_type.resolve(&whole).is_some(), known, "{text}");
    }
    for (query, count) in [
        ("attributes=userName", None),
        ("startIndex=1&count=10", Some(10)),
        ("filter=title%20pr%20and%20userType%20eq%20%22Employee%22", None),
        ("filter=userName%20sw%20%22J%22&sortBy=userName&sortOrder=descending", None),
    ] {
        let read = ListQuery::from_query_string(query).unwrap();
        assert_eq!(read.count, count, "{query}");
        assert_eq!(ListQuery::from_query_string(&read.to_query_string()), Ok(read));
    }
}

/// The built-in schemas are those of §8.7, but for what `schema::builtin` declares.
#[test]
fn rfc_7643_schemas_are_built_in() {
    let mut found = Vec::new();
    let mut compared = 0;
    for example in read(include_str!("7643.json")).iter().filter(|example| example["kind"] == "schema") {
        let theirs = Schema::from_json(&example["body"]).unwrap();
        let ours = BUILT_IN.map(|schema| schema()).into_iter().find(|ours| ours.id == theirs.id).unwrap();
        assert_eq!(ours.name, theirs.name);
        differences(&theirs.name, &ours.attributes, &theirs.attributes, &mut found, &mut compared);
    }
    assert!(compared > 120, "{compared}");
    assert_eq!(
        found,
        [
            "User.addresses.primary: not in the RFC",
            "User.groups.$ref: referenceTypes",
            "Group.displayName: required",
            "Group.members.display: not in the RFC",
            "EnterpriseUser.manager.value: caseExact",
            "Service Provider Configuration.etag: not in the RFC",
            "Service Provider Configuration.authenticationSchemes.type: not in the RFC",
            "Service Provider Configuration.authenticationSchemes.primary: not in the RFC",
            "ResourceType.name: uniqueness",
            "ResourceType.endpoint: uniqueness",
            "ResourceType.schemaExtensions: multiValued, required",
            "Schema.attributes.type: canonicalValues",
            "Schema.attributes.required: required",
        ]
    );
}

const BUILT_IN: [fn() -> Arc<Schema>; 6] = [
    builtin::user,
    builtin::group,
    builtin::enterprise_user,
    builtin::service_provider_config,
    builtin::resource_type,
    builtin::schema,
];

fn differences(
    at: &str,
    ours: &[Attribute],
    theirs: &[Attribute],
    found: &mut Vec<String>,
    compared: &mut usize,
) {
    for their in theirs {
        assert!(ours.iter().any(|our| our.name == their.name), "{at}.{}: missing", their.name);
    }
    for our in ours {
        let at = format!("{at}.{}", our.name);
        let Some(their) = theirs.iter().find(|their| their.name == our.name) else {
            found.push(format!("{at}: not in the RFC"));
            continue;
        };
        *compared += 1;
        let (a, b) = (our.to_json(), their.to_json());
        let different: Vec<&str> = object(&a)
            .keys()
            .map(String::as_str)
            .filter(|name| !["description", "subAttributes"].contains(name) && a[name] != b[name])
            .collect();
        if !different.is_empty() {
            found.push(format!("{at}: {}", different.join(", ")));
        }
        differences(&at, &our.sub_attributes, &their.sub_attributes, found, compared);
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
        "schema" => {
            let schema = Schema::from_json(body).unwrap();
            assert_eq!(Schema::from_json(&schema.to_json()), Ok(schema));
        }
        "list" => {
            match example["title"].as_str().unwrap() {
                "Resource types" => members_of::<ResourceTypeInfo>(body),
                "Bulk: the circular groups afterwards" => members_of::<Group>(body),
                _ => members_of::<User>(body),
            }
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

fn members_of<T: DeserializeOwned>(body: &Value) {
    let page: ListResponse<T> = serde_json::from_value(body.clone()).unwrap();
    assert_eq!(page.total_results.map(Value::from), body.get("totalResults").cloned());
    assert_eq!(page.resources.len(), body["Resources"].as_array().map_or(0, Vec::len));
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
