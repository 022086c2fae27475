//! How fast the core is: filters parsed and matched, a PATCH request applied.
//!
//! `cargo bench -p scim-core --bench core`

use divan::{Bencher, black_box, counter::ItemsCount};
use scim_core::{
    filter::Filter,
    patch::{self, Tolerances},
    schema::ResourceType,
    urn,
};
use serde_json::{Map, Value, json};

fn main() {
    divan::main();
}

#[divan::bench(args = SAMPLES)]
fn filter_parse(sample: Sample) -> Filter {
    Filter::parse(black_box(sample.text())).expect("the filter is valid")
}

#[divan::bench(args = SAMPLES)]
fn filter_print(bencher: Bencher<'_, '_>, sample: Sample) {
    let filter = Filter::parse(sample.text()).expect("the filter is valid");
    bencher.bench(|| black_box(&filter).to_string());
}

/// A filter is bound to its resource type.
#[divan::bench(args = SAMPLES)]
fn filter_compile(bencher: Bencher<'_, '_>, sample: Sample) {
    let filter = Filter::parse(sample.text()).expect("the filter is valid");
    let user_type = ResourceType::user();
    bencher.bench_local(|| black_box(&filter).matcher(&user_type).map(drop));
}

/// A thousand users, one filter: what a server without an index does for one request.
#[divan::bench(args = SAMPLES)]
fn filter_match(bencher: Bencher<'_, '_>, sample: Sample) {
    let users: Vec<Value> = (0..USERS).map(user).collect();
    let user_type = ResourceType::user();
    let filter = Filter::parse(sample.text()).expect("the filter is valid");
    bencher.counter(ItemsCount::new(USERS)).bench(|| {
        let matcher = filter.matcher(&user_type).expect("the filter fits the schema");
        users.iter().filter(|user| matcher.matches(black_box(user))).count()
    });
}

/// What Entra ID sends when somebody is promoted: capitalized operations, value paths, an extension's attributes.
#[divan::bench]
fn patch_apply_entra(bencher: Bencher<'_, '_>) {
    let before = object(user(7));
    let user_type = ResourceType::user();
    let tolerances = Tolerances::idp();
    let message = json!({
        "schemas": [urn::PATCH_OP],
        "Operations": [
            {"op": "Replace", "path": "title", "value": "Architect"},
            {"op": "Replace", "path": "active", "value": "True"},
            {"op": "Replace", "path": "name.familyName", "value": "King"},
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada.king@example.com"},
            {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+44 20 7946 0000"},
            {"op": "Replace", "path": format!("{}:department", urn::ENTERPRISE_USER), "value": "Platform"},
            {"op": "Add", "path": format!("{}:manager", urn::ENTERPRISE_USER), "value": "user-1"},
        ],
    });
    bencher.bench(|| {
        let applied = patch::apply(black_box(&before), black_box(&message), &user_type, &tolerances);
        applied.expect("an identity provider's request is accepted")
    });
}

/// The first five of these operations, on the resource itself.
#[divan::bench]
fn patch_apply_in_place_entra(bencher: Bencher<'_, '_>) {
    let before = user(7).to_string();
    let user_type = ResourceType::user();
    let tolerances = Tolerances::idp();
    let message = json!({
        "schemas": [urn::PATCH_OP],
        "Operations": [
            {"op": "Replace", "path": "title", "value": "Architect"},
            {"op": "Replace", "path": "active", "value": "True"},
            {"op": "Replace", "path": "name.familyName", "value": "King"},
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada.king@example.com"},
            {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+44 20 7946 0000"},
        ],
    });
    let read = || serde_json::from_str::<Map<String, Value>>(&before).expect("it is JSON");
    bencher.with_inputs(read).bench_refs(|user| {
        let changed = patch::apply_in_place(user, black_box(&message), &user_type, &tolerances);
        changed.expect("an identity provider's request is accepted")
    });
}

/// One member joins a group of a thousand.
#[divan::bench]
fn patch_apply_member(bencher: Bencher<'_, '_>) {
    let members: Vec<Value> = (0..USERS).map(|n| json!({"value": format!("user-{n}")})).collect();
    let before = object(json!({"schemas": [urn::GROUP], "displayName": "Engineering", "members": members}));
    let group_type = ResourceType::group();
    let tolerances = Tolerances::idp();
    let message = json!({
        "schemas": [urn::PATCH_OP],
        "Operations": [{"op": "Add", "path": "members", "value": [{"value": "user-new"}]}],
    });
    bencher.bench(|| {
        let applied = patch::apply(black_box(&before), black_box(&message), &group_type, &tolerances);
        applied.expect("an identity provider's request is accepted")
    });
}

#[derive(Clone, Copy, Debug)]
enum Sample {
    /// What Okta and Entra ID ask before they create a user.
    Idp,
    /// Precedence, a value path, an extension, a date.
    Complex,
}

impl Sample {
    fn text(self) -> &'static str {
        match self {
            Self::Idp => r#"userName eq "user.500@example.com""#,
            Self::Complex => concat!(
                r#"active eq true and (emails[type eq "work" and value ew "@example.com"] or not (title pr)) "#,
                r#"and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department sw "Res" "#,
                r#"and meta.lastModified gt "2025-12-31T00:00:00Z""#,
            ),
        }
    }
}

fn user(n: usize) -> Value {
    json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER],
        "id": format!("user-{n}"),
        "externalId": format!("00u{n}"),
        "userName": format!("user.{n}@example.com"),
        "name": {"formatted": format!("Ada {n}"), "givenName": "Ada", "familyName": n.to_string()},
        "displayName": format!("Ada {n}"),
        "title": if n.is_multiple_of(3) { "Engineer" } else { "Analyst" },
        "active": !n.is_multiple_of(10),
        "emails": [
            {"value": format!("user.{n}@example.com"), "type": "work", "primary": true},
            {"value": format!("{n}@home.example"), "type": "home"},
        ],
        urn::ENTERPRISE_USER: {"department": "Research", "employeeNumber": n.to_string()},
        "meta": {"resourceType": "User", "lastModified": "2026-01-05T08:00:00Z"},
    })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

const SAMPLES: [Sample; 2] = [Sample::Idp, Sample::Complex];
const USERS: usize = 1000;
