//! Ids of any shape: whoever reads them must not.

use std::collections::BTreeMap;

use scim_core::call::encode;
use serde_json::Value;

use crate::wire::{Ask, Reply, Rule, Wire};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("id-with-slash-and-space", |wire, ask| shaped(wire, ask, |id| format!("a b/{id}"))),
    ("id-with-percent-and-hash", |wire, ask| shaped(wire, ask, |id| format!("ü#%2F?{id}"))),
    ("id-in-other-scripts", |wire, ask| shaped(wire, ask, |id| format!("日本-🦀-{id}"))),
    ("id-urn", |wire, ask| shaped(wire, ask, |id| format!("urn:uuid:{id}"))),
    ("id-mail-address", |wire, ask| shaped(wire, ask, |id| format!("{id}+x@y&z=1"))),
    ("id-with-quotes", |wire, ask| shaped(wire, ask, |id| format!("it's`\"\\{id}"))),
    ("id-in-braces", |wire, ask| shaped(wire, ask, |id| format!("{{{id}}}"))),
    ("id-distinguished-name", |wire, ask| shaped(wire, ask, |id| format!("uid={id},ou=P+q&r"))),
    ("id-with-dots", |wire, ask| shaped(wire, ask, |id| format!("..{id}"))),
    ("id-of-three-hundred", |wire, ask| shaped(wire, ask, |id| format!("{id}{}", "x".repeat(300)))),
];

/// The mock behind other ids.
fn shaped(wire: &Wire, mut ask: Ask, shape: fn(&str) -> String) -> Reply {
    let known: BTreeMap<String, String> = {
        let notes = wire.notes();
        notes.kept.iter().filter_map(|(id, out)| Some((out.as_str()?.to_owned(), id.clone()))).collect()
    };
    let back = |text: &str| {
        let mut text = text.to_owned();
        if text.len() < SHORTEST {
            return text;
        }
        for (out, id) in &known {
            let quoted = out.replace('\\', "\\\\").replace('"', "\\\"");
            text = text.replace(out.as_str(), id).replace(&quoted, id);
        }
        text
    };
    if !known.is_empty() {
        let json = ask.json();
        if !json.is_null() {
            ask = ask.with(&walk(&json, &back));
        }
        let id = ask.id();
        if (ask.one("Users") || ask.one("Groups")) && known.contains_key(&id) {
            let start = ask.path.split('/').nth(1).unwrap_or_default().to_owned();
            ask.path = format!("/{start}/{}", encode(&known[&id]));
        }
        if let Some(filter) = ask.filter() {
            let filter = back(&filter);
            ask = ask.set("filter", Some(&filter));
        }
    }
    let reply = wire.pass(ask);
    let json = reply.json();
    let listed = json["Resources"].as_array().cloned().unwrap_or_else(|| vec![json.clone()]);
    for one in &listed {
        let resource = one
            .get("meta")
            .is_some_and(|meta| meta["resourceType"] == "User" || meta["resourceType"] == "Group");
        if let Some(id) = one["id"].as_str().filter(|_| resource) {
            wire.notes().kept.entry(id.to_owned()).or_insert_with(|| shape(id).into());
        }
    }
    let ids: Vec<(String, String)> = {
        let notes = wire.notes();
        notes.kept.iter().filter_map(|(id, out)| Some((id.clone(), out.as_str()?.to_owned()))).collect()
    };
    let out = |text: &str| {
        let mut text = text.to_owned();
        if text.len() < SHORTEST {
            return text;
        }
        for (id, out) in &ids {
            if text.contains(id.as_str()) {
                let by = if text.contains("://") { encode(out) } else { out.clone() };
                text = text.replace(id.as_str(), &by);
            }
        }
        text
    };
    let header = reply.headers.get("location").and_then(|it| it.to_str().ok()).map(&out);
    let reply = match header {
        Some(header) => reply.header("location", &header),
        None => reply,
    };
    reply.edit(|json| *json = walk(json, &out))
}

/// No id of the mock has fewer letters; what is shorter need not be looked at.
const SHORTEST: usize = 36;

fn walk(json: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match json {
        Value::String(text) => change(text).into(),
        Value::Array(list) => list.iter().map(|one| walk(one, change)).collect(),
        Value::Object(object) => {
            object.iter().map(|(name, value)| (name.clone(), walk(value, change))).collect()
        }
        other => other.clone(),
    }
}
