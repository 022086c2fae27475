//! How fast a user and a list of ten thousand are read and written, against serde's derive with the same fields and
//! nothing else, and against plain JSON values.
//!
//! `cargo bench -p scim-core --bench decode`

use divan::{Bencher, black_box, counter::BytesCount};
use scim_core::{
    list::ListResponse,
    patch::{RemoveForm, diff},
    resource::{Group, User, lenient},
    schema::ResourceType,
    urn,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

#[divan::bench(types = [User, plain::User, Value])]
fn decode_user<T: for<'de> Deserialize<'de>>(bencher: Bencher<'_, '_>) {
    let text = user(7).to_string();
    bencher.counter(BytesCount::of_str(&text)).bench(|| decode::<T>(&text));
}

#[divan::bench(types = [ListResponse<User>, plain::List, Value], sample_count = 20)]
fn decode_list<T: for<'de> Deserialize<'de>>(bencher: Bencher<'_, '_>) {
    let text = list().to_string();
    bencher.counter(BytesCount::of_str(&text)).bench(|| decode::<T>(&text));
}

#[divan::bench(types = [User, plain::User, Value])]
fn encode_user<T: for<'de> Deserialize<'de> + Serialize + Sync>(bencher: Bencher<'_, '_>) {
    let value: T = decode(&user(7).to_string());
    bencher.bench(|| serde_json::to_string(black_box(&value)).expect("it was read from JSON"));
}

#[divan::bench(types = [ListResponse<User>, Value], sample_count = 20)]
fn encode_list<T: for<'de> Deserialize<'de> + Serialize + Sync>(bencher: Bencher<'_, '_>) {
    let value: T = decode(&list().to_string());
    bencher.bench(|| serde_json::to_string(black_box(&value)).expect("it was read from JSON"));
}

#[divan::bench]
fn decode_user_leniently(bencher: Bencher<'_, '_>) {
    let value = user(7);
    bencher.bench(|| lenient::from_value::<User>(black_box(&value)).expect("the user is well-formed"));
}

/// Title, work address and department of one user.
#[divan::bench]
fn diff_user(bencher: Bencher<'_, '_>) {
    let (before, mut after) = (user(7), user(7));
    after["title"] = "Architect".into();
    after["emails"][0]["value"] = "ada.king@example.com".into();
    after[urn::ENTERPRISE_USER]["department"] = "Platform".into();
    let user_type = ResourceType::user();
    bencher.bench(|| diff(black_box(&before), black_box(&after), &user_type, RemoveForm::ValuePath));
}

/// Ten of ten thousand members leave, ten join.
#[divan::bench(sample_count = 20)]
fn diff_group(bencher: Bencher<'_, '_>) {
    let group = |from: usize| {
        let members: Vec<Value> =
            (from..from + 10_000).map(|n| json!({"value": format!("user-{n}")})).collect();
        let group: Group =
            serde_json::from_value(json!({"displayName": "all", "members": members})).expect("a group");
        serde_json::to_value(group).expect("a group is JSON")
    };
    let (before, after) = (group(0), group(10));
    let group_type = ResourceType::group();
    bencher.bench(|| diff(black_box(&before), black_box(&after), &group_type, RemoveForm::ValuePath));
}

fn decode<T: for<'de> Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(black_box(text)).expect("the text has the type's form")
}

fn list() -> Value {
    let users: Vec<Value> = (0..10_000).map(user).collect();
    ListResponse::page(users.len(), 1, users).to_json()
}

fn user(n: usize) -> Value {
    json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER],
        "id": format!("2819c223-7f76-453a-919d-{n:012}"),
        "externalId": format!("ext-{n}"),
        "userName": format!("user.{n}@example.com"),
        "name": {"givenName": "Ada", "familyName": format!("Lovelace{n}"), "formatted": format!("Ada Lovelace{n}")},
        "displayName": format!("Ada Lovelace{n}"),
        "title": "Engineer",
        "preferredLanguage": "en-US",
        "active": !n.is_multiple_of(7),
        "emails": [
            {"type": "work", "value": format!("user.{n}@example.com"), "primary": true},
            {"type": "home", "value": format!("user.{n}@example.org")},
        ],
        "phoneNumbers": [{"type": "work", "value": "+44 20 7946 0000"}],
        "addresses": [{"type": "work", "locality": "London", "postalCode": "SW1", "country": "GB"}],
        "groups": [{"value": "e9e30dba", "display": "Engineers", "$ref": "https://example.com/v2/Groups/e9e30dba"}],
        "roles": [{"value": "admin", "primary": true}],
        (urn::ENTERPRISE_USER): {"employeeNumber": format!("{n}"), "department": "Research", "manager": {"value": "user-0"}},
        "meta": {
            "resourceType": "User",
            "created": "2026-01-23T04:56:22Z",
            "lastModified": "2026-05-13T04:42:34Z",
            "location": format!("https://example.com/v2/Users/2819c223-7f76-453a-919d-{n:012}"),
            "version": "W/\"3694e05e9dff591\"",
        },
    })
}

/// The same fields as serde's derive has them: exact names, nothing kept that has no field.
mod plain {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct List {
        total_results: Option<usize>,
        start_index: Option<usize>,
        items_per_page: Option<usize>,
        #[serde(rename = "Resources", default)]
        resources: Vec<User>,
    }

    macro_rules! structs {
        ($($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)* })*) => {
            $(#[derive(Serialize, Deserialize)]
            #[serde(rename_all = "camelCase")]
            pub(super) struct $name {
                $($(#[$meta])* #[serde(default, skip_serializing_if = "empty")] $field: $type,)*
            })*
        };
    }

    structs! {
        User {
            schemas: Vec<String>,
            id: Option<String>,
            external_id: Option<String>,
            user_name: Option<String>,
            name: Option<Name>,
            display_name: Option<String>,
            nick_name: Option<String>,
            profile_url: Option<String>,
            title: Option<String>,
            user_type: Option<String>,
            preferred_language: Option<String>,
            locale: Option<String>,
            timezone: Option<String>,
            active: Option<bool>,
            password: Option<String>,
            emails: Vec<Item>,
            phone_numbers: Vec<Item>,
            ims: Vec<Item>,
            photos: Vec<Item>,
            addresses: Vec<Address>,
            groups: Vec<Item>,
            entitlements: Vec<Item>,
            roles: Vec<Item>,
            x509_certificates: Vec<Item>,
            #[serde(rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")]
            enterprise: Option<Enterprise>,
            meta: Option<Meta>,
        }
        Name {
            formatted: Option<String>,
            family_name: Option<String>,
            given_name: Option<String>,
            middle_name: Option<String>,
            honorific_prefix: Option<String>,
            honorific_suffix: Option<String>,
        }
        Item {
            value: Option<String>,
            display: Option<String>,
            #[serde(rename = "type")]
            kind: Option<String>,
            primary: Option<bool>,
            #[serde(rename = "$ref")]
            reference: Option<String>,
        }
        Address {
            formatted: Option<String>,
            street_address: Option<String>,
            locality: Option<String>,
            region: Option<String>,
            postal_code: Option<String>,
            country: Option<String>,
            #[serde(rename = "type")]
            kind: Option<String>,
            primary: Option<bool>,
        }
        Enterprise {
            employee_number: Option<String>,
            cost_center: Option<String>,
            organization: Option<String>,
            division: Option<String>,
            department: Option<String>,
            manager: Option<Item>,
        }
        Meta {
            resource_type: Option<String>,
            created: Option<String>,
            last_modified: Option<String>,
            location: Option<String>,
            version: Option<String>,
        }
    }

    trait Empty {
        fn is_empty(&self) -> bool;
    }

    impl<T> Empty for Option<T> {
        fn is_empty(&self) -> bool {
            self.is_none()
        }
    }

    impl<T> Empty for Vec<T> {
        fn is_empty(&self) -> bool {
            Self::is_empty(self)
        }
    }

    fn empty<T: Empty>(value: &T) -> bool {
        value.is_empty()
    }
}
