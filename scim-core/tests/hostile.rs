//! Input that is large or deep on purpose is refused, or takes time and memory linear in its size.

use std::time::{Duration, Instant};

use scim_core::{
    bulk::{BulkRequest, BulkResponse},
    call::Call,
    filter::Filter,
    list::ListResponse,
    patch::{PatchOp, RemoveForm, Tolerances, apply, apply_in_place, diff},
    path::{AttrPath, Path},
    project::Projection,
    query::ListQuery,
    resource::{GenericResource, ServiceProviderConfig, User, lenient},
    schema::{ResourceType, Schema},
    urn,
    validate::{Operation, accept, canonical, violations},
};
use serde_json::{Map, Value, json};

const MANY: usize = 100_000;
const LARGE: usize = 10 << 20;

#[test]
fn texts_of_ten_megabytes() {
    let started = Instant::now();
    let text = "a".repeat(LARGE);
    for hostile in [
        text.clone(),
        format!("{text} eq 1"),
        format!("title eq \"{text}\""),
        format!("title eq \"{}\"", "\\".repeat(LARGE)),
        "(".repeat(LARGE),
        "not (".repeat(LARGE / 5),
        "a[".repeat(LARGE / 2),
        "a.".repeat(LARGE / 2),
        "a pr and ".repeat(LARGE / 9),
    ] {
        let error = Filter::parse(&hostile).unwrap_err();
        assert!(error.render().len() < 1000 && error.to_string().len() < 1000, "{}", error.to_string().len());
        assert!(hostile.parse::<Path>().is_err());
        assert!(hostile.parse::<AttrPath>().is_err());
        assert!(ListQuery::from_query_string(&format!("filter={hostile}")).is_err());
    }
    let user = json!({"schemas": [urn::USER], "userName": text});
    let user_type = ResourceType::user();
    let stored = accept(&user, &user_type, Operation::Create, &Tolerances::strict()).unwrap();
    assert_eq!(violations(&user, &user_type).len(), 1, "it has no id");
    let patch = PatchOp::new().replace("title", text.as_str()).replace(text.as_str(), 1).to_json();
    let error = apply(&stored, &patch, &user_type, &Tolerances::idp()).unwrap_err();
    assert_eq!(error.scim_type.unwrap().as_str(), "invalidPath");
    let filter = Filter::parse("userName co \"ab\"").unwrap();
    assert_eq!(filter.matches(&Value::Object(stored), &user_type), Ok(false));
    in_time(started);
}

#[test]
fn a_hundred_thousand_values() {
    let started = Instant::now();
    let members = |from: usize| -> Vec<Value> {
        (from..from + MANY).map(|id| json!({"value": id.to_string()})).collect()
    };
    let group = json!({"schemas": [urn::GROUP], "displayName": "g", "members": members(0)});
    let group_type = ResourceType::group();
    let stored = accept(&group, &group_type, Operation::Create, &Tolerances::strict()).unwrap();
    assert_eq!(canonical(&group, &group_type).unwrap(), stored);
    assert_eq!(violations(&group, &group_type).len(), 1, "it has no id");
    assert_eq!(Projection::default().apply(&stored, &group_type), stored);

    let half = MANY / 2;
    let patch = PatchOp::new()
        .add("members", members(half))
        .remove_listed("members", members(0))
        .remove(Path::values("members", Filter::parse("value sw \"1\"").unwrap()))
        .to_json();
    let after = apply(&stored, &patch, &group_type, &Tolerances::idp()).unwrap().resource;
    // Of 100000 to 149999 all begin with 1.
    assert_eq!(after.get("members"), None);
    let wrong = PatchOp::new().add("members", members(half)).remove("displayName").to_json();
    let mut in_place = stored.clone();
    assert!(apply_in_place(&mut in_place, &wrong, &group_type, &Tolerances::idp()).is_err());
    assert_eq!(in_place, stored);

    let other = json!({"schemas": [urn::GROUP], "displayName": "g", "members": members(half)});
    let patch = diff(&group, &other, &group_type, RemoveForm::ValueList).unwrap();
    assert_eq!(patch.operations.len(), 2);

    let list = json!({"schemas": [urn::LIST_RESPONSE], "Resources": vec![json!({"userName": "a"}); MANY]});
    let page: ListResponse<User> = serde_json::from_value(list).unwrap();
    assert_eq!(page.resources.len(), MANY);
    let bulk = json!({"schemas": [urn::BULK_REQUEST], "Operations": (0..MANY).map(|id| json!({
        "method": "POST", "path": "/Users", "bulkId": id.to_string(), "data": {"userName": format!("bulkId:{id}")},
    })).collect::<Vec<_>>()});
    let request = BulkRequest::from_json(&bulk).unwrap();
    assert_eq!(request.operations.iter().map(|operation| operation.references().len()).sum::<usize>(), MANY);
    in_time(started);
}

#[test]
fn a_hundred_thousand_members_of_an_object() {
    let started = Instant::now();
    let mut members: Map<String, Value> = (0..MANY).map(|id| (format!("x{id}"), id.into())).collect();
    members.insert("schemas".to_owned(), json!([urn::USER]));
    members.insert("userName".to_owned(), "ada".into());
    let user_type = ResourceType::user();
    let wide = Value::Object(members);
    assert_eq!(accept(&wide, &user_type, Operation::Create, &Tolerances::strict()).unwrap().len(), 2);
    assert_eq!(canonical(&wide, &user_type).unwrap().len(), MANY + 2);
    let _ = violations(&wide, &user_type);
    assert_eq!(lenient::from_value::<User>(&wide).unwrap().extra.as_map().len(), MANY);
    assert_eq!(
        serde_json::from_value::<GenericResource>(wide.clone()).unwrap().extra.as_map().len(),
        MANY + 1
    );
    let patch = json!({"schemas": [urn::PATCH_OP], "Operations": [{"op": "replace", "value": wide}]});
    let tolerances = Tolerances::strict();
    let stored = accept(&wide, &user_type, Operation::Create, &tolerances).unwrap();
    assert!(apply(&stored, &patch, &user_type, &tolerances).is_err());
    let attributes = (0..MANY).map(|id| format!("x{id}")).collect::<Vec<_>>().join(",");
    let shown = Projection::parse(Some(&attributes), None).map(|all| all.apply(&stored, &user_type));
    assert!(shown.is_err() || shown.unwrap().len() <= 2);
    in_time(started);
}

#[test]
fn nesting_as_deep_as_json_is_read() {
    let started = Instant::now();
    let deep = |open: &str, close: &str, depth: usize| -> Value {
        serde_json::from_str(&format!("{}1{}", open.repeat(depth), close.repeat(depth))).unwrap()
    };
    let user_type = ResourceType::user();
    for value in [deep("[", "]", 120), deep("{\"a\":", "}", 120), deep("{\"value\":[", "]}", 60)] {
        for name in ["x", "title", "name", "emails", "schemas", urn::ENTERPRISE_USER, "meta"] {
            let mut user = json!({"schemas": [urn::USER], "userName": "ada"});
            user[name] = value.clone();
            let _ = accept(&user, &user_type, Operation::Create, &Tolerances::idp());
            let _ = canonical(&user, &user_type);
            let _ = violations(&user, &user_type);
            let _ = lenient::from_value::<User>(&user);
            let _ = serde_json::from_value::<User>(user.clone());
            let _ = diff(&json!({"userName": "ada"}), &user, &user_type, RemoveForm::ValuePath);
            let stored = json!({"schemas": [urn::USER], "userName": "ada"});
            let patch = json!({"schemas": [urn::PATCH_OP], "Operations": [{"op": "add", "path": name, "value": value}]});
            let _ = apply(stored.as_object().unwrap(), &patch, &user_type, &Tolerances::idp());
        }
        let _ = (BulkRequest::from_json(&value), BulkResponse::from_json(&value), Schema::from_json(&value));
        let _ = (ServiceProviderConfig::from_json(&value), ListQuery::from_search_body(&value));
    }
    assert!(serde_json::from_str::<Value>(&"[".repeat(MANY)).is_err());
    in_time(started);
}

#[test]
fn addresses_of_a_megabyte() {
    let started = Instant::now();
    for tail in ["/".repeat(1 << 20), "%2F".repeat(1 << 18), "a/".repeat(1 << 19)] {
        // `http` itself refuses a URI of more than 64 kB.
        let Ok(request) = http::Request::get(format!("https://example.com/{tail}")).body(Vec::new().into())
        else {
            continue;
        };
        let _ = Call::from_http(&request, "https://example.com");
    }
    let query = "&a=b".repeat(1 << 18);
    assert_eq!(ListQuery::from_query_string(&query), Ok(ListQuery::default()));
    in_time(started);
}

/// The time is compared with that of reading as much JSON, on the same machine with the same load. What is here takes
/// some dozens of times as long; quadratic time would be thousands.
fn in_time(started: Instant) {
    let spent = started.elapsed();
    let text = json!((0..MANY).map(|id| json!({"value": id.to_string()})).collect::<Vec<_>>()).to_string();
    let started = Instant::now();
    assert!(serde_json::from_str::<Value>(&text).is_ok());
    let limit = (started.elapsed() * 1000).max(Duration::from_secs(30));
    assert!(spent < limit, "{spent:?} of {limit:?}");
}
