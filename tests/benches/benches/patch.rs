//! A PATCH request of Entra ID, beside the npm package scim-patch in the same run. The two take turns, and the best round
//! of each counts. Ours also reads values by their type and checks the outcome against the schema.
//!
//! `npm ci --prefix tests/benches/scim-patch`, then
//! `cargo bench --manifest-path tests/benches/Cargo.toml --bench patch`

use std::{
    hint::black_box,
    io::Write,
    process::{Command, Stdio},
    time::Instant,
};

use scim_core::{
    patch::{Tolerances, apply, apply_in_place},
    schema::ResourceType,
    urn,
};
use serde_json::{Map, Value, json};

fn main() {
    println!("{:<22}{:>14}{:>14}{:>10}", "five operations", "scim-patch /s", "ours /s", "ratio");
    for (name, copy) in [("on the resource", false), ("on a copy", true)] {
        let (mut theirs, mut ours) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..TURNS {
            theirs = theirs.min(scim_patch(copy));
            ours = ours.min(round(copy));
        }
        println!("{name:<22}{:>14.0}{:>14.0}{:>10.2}", 1e9 / theirs, 1e9 / ours, theirs / ours);
    }
}

/// Nanoseconds of one request, the best of many rounds over fresh resources.
fn round(copy: bool) -> f64 {
    let (text, message) = (Value::Object(user()).to_string(), message());
    let (user_type, tolerances) = (ResourceType::user(), Tolerances::idp());
    let mut best = f64::INFINITY;
    for _ in 0..150 {
        let read = |_| serde_json::from_str::<Map<String, Value>>(&text).expect("it is JSON");
        let mut users: Vec<_> = (0..500).map(read).collect();
        let start = Instant::now();
        for user in &mut users {
            if copy {
                black_box(apply(user, black_box(&message), &user_type, &tolerances).expect("it is accepted"));
            } else {
                apply_in_place(user, black_box(&message), &user_type, &tolerances).expect("it is accepted");
            }
        }
        best = best.min(start.elapsed().as_nanos() as f64 / users.len() as f64);
        assert_eq!(users[0]["title"] == "Architect", !copy);
    }
    best
}

/// The same of scim-patch.
fn scim_patch(copy: bool) -> f64 {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scim-patch");
    let mut node = Command::new("node")
        .arg("bench.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let task = json!({"resource": user(), "patch": message(), "copy": copy});
    node.stdin.take().expect("it is piped").write_all(task.to_string().as_bytes()).expect("node reads");
    let output = node.wait_with_output().expect("node ends");
    let answer: Value =
        serde_json::from_slice(&output.stdout).expect("first `npm ci` in tests/benches/scim-patch");
    assert_eq!((&answer["title"], &answer["phone"]), (&json!("Architect"), &json!("+44 20 7946 0000")));
    answer["nanoseconds"].as_f64().expect("it is a number")
}

fn message() -> Value {
    json!({
        "schemas": [urn::PATCH_OP],
        "Operations": [
            {"op": "Replace", "path": "title", "value": "Architect"},
            {"op": "Replace", "path": "active", "value": "True"},
            {"op": "Replace", "path": "name.familyName", "value": "King"},
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada.king@example.com"},
            {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+44 20 7946 0000"},
        ],
    })
}

fn user() -> Map<String, Value> {
    let user = json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER],
        "id": "user-7",
        "externalId": "00u7",
        "userName": "user.7@example.com",
        "name": {"formatted": "Ada 7", "givenName": "Ada", "familyName": "7"},
        "displayName": "Ada 7",
        "title": "Analyst",
        "active": true,
        "emails": [
            {"value": "user.7@example.com", "type": "work", "primary": true},
            {"value": "7@home.example", "type": "home"},
        ],
        (urn::ENTERPRISE_USER): {"department": "Research", "employeeNumber": "7"},
        "meta": {"resourceType": "User", "lastModified": "2026-01-05T08:00:00Z"},
    });
    user.as_object().expect("it is an object").clone()
}

const TURNS: usize = 4;
