//! PUT of users and groups.

use serde_json::{Value, json};

use crate::wire::{Ask, Rule, Wire, error, member_ids, refused};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("put-missing", |wire, ask| if ask.is("PUT") { error(405) } else { wire.pass(ask) }),
    ("put-not-found", |wire, ask| if ask.is("PUT") { error(404) } else { wire.pass(ask) }),
    ("put-merges", |wire, ask| {
        if !ask.of("PUT", "Users") {
            return wire.pass(ask);
        }
        let stored = wire.stored(&ask);
        wire.pass(ask.edit(|body| {
            for (name, value) in stored.as_object().into_iter().flatten() {
                if body.get(name).is_none() && !["id", "meta", "groups"].contains(&name.as_str()) {
                    body[name] = value.clone();
                }
            }
        }))
    }),
    ("put-keeps-emails-when-empty", |wire, ask| {
        let stored = wire.stored(&ask)["emails"].clone();
        let ask = if ask.of("PUT", "Users") {
            ask.edit(|body| {
                if body["emails"].as_array().is_some_and(Vec::is_empty) {
                    body["emails"] = stored;
                }
            })
        } else {
            ask.edit_ops(|op| op.get("path").is_none_or(|path| path != "emails") || op["value"] != json!([]))
        };
        if ask.is("PATCH") && ask.ops().is_empty() {
            return crate::wire::answer(200, &wire.stored(&ask));
        }
        wire.pass(ask)
    }),
    ("put-appends-emails", |wire, ask| {
        if !ask.of("PUT", "Users") {
            return wire.pass(ask);
        }
        let old = wire.stored(&ask)["emails"].as_array().cloned().unwrap_or_default();
        wire.pass(ask.edit(|body| {
            let mut all: Vec<Value> = old;
            for mail in &mut all {
                mail["primary"] = false.into();
            }
            let new = body["emails"].as_array().cloned().unwrap_or_default();
            all.retain(|mail| new.iter().all(|new| new["value"] != mail["value"]));
            all.extend(new);
            body["emails"] = all.into();
        }))
    }),
    ("put-stale-formatted-wins", |wire, ask| {
        let ask = if ask.of("PUT", "Users") {
            ask.edit(|body| {
                let formatted = body["name"]["formatted"].as_str().unwrap_or_default().to_owned();
                if let Some((given, family)) = formatted.split_once(' ') {
                    body["name"]["givenName"] = given.into();
                    body["name"]["familyName"] = family.into();
                }
            })
        } else if ask.at("POST", "Users") {
            ask.edit(|body| {
                let part = |name: &str| body["name"][name].as_str().unwrap_or_default().to_owned();
                let formatted = format!("{} {}", part("givenName"), part("familyName"));
                if body["name"].is_object() {
                    body["name"]["formatted"] = formatted.into();
                }
            })
        } else {
            ask
        };
        wire.pass(ask)
    }),
    ("put-same-members-immutable", |wire, ask| {
        let members = ask.of("PUT", "Groups") && !member_ids(&ask.json()).is_empty();
        if members { refused(400, "mutability") } else { wire.pass(ask) }
    }),
    ("put-member-display-refused", |wire, ask| {
        let sent = ask.json();
        let shown = |member: &Value| member.get("display").is_some();
        let has =
            ask.of("PUT", "Groups") && sent["members"].as_array().is_some_and(|list| list.iter().any(shown));
        let with_display = |reply: crate::wire::Reply| {
            reply.groups(|group| {
                super::shapes::each_member(group, |member| member["display"] = "someone".into());
            })
        };
        if has { refused(400, "invalidValue") } else { with_display(wire.pass(ask)) }
    }),
    ("put-own-group-name-conflict", |wire, ask| {
        let own = ask.of("PUT", "Groups") && wire.stored(&ask)["displayName"] == ask.json()["displayName"];
        if own { refused(409, "uniqueness") } else { wire.pass(ask) }
    }),
    ("put-ignores-group-name", |wire, ask| keeping(wire, ask, "Groups", "displayName")),
    ("put-ignores-user-name", |wire, ask| keeping(wire, ask, "Users", "userName")),
    ("put-creates", |wire, ask| {
        let reply = wire.pass(ask.clone());
        if !ask.is("PUT") || reply.status != 404 {
            return reply;
        }
        let collection = if ask.in_("Users") { "/Users" } else { "/Groups" };
        wire.ask(&http::Method::POST, collection, Some(&ask.json()))
    }),
    ("rename-leaves-old-name", |wire, ask| {
        // The index of names keeps every name that there ever was.
        if ask.one("Groups") && (ask.is("PUT") || ask.is("PATCH")) {
            let old = wire.stored(&ask)["displayName"].as_str().unwrap_or_default().to_owned();
            let reply = wire.pass(ask.clone());
            let new = wire.stored(&ask)["displayName"].as_str().unwrap_or_default().to_owned();
            if reply.ok() && old != new {
                wire.note(old);
            }
            return reply;
        }
        let name = ask.json()["displayName"].as_str().unwrap_or_default().to_owned();
        if ask.at("POST", "Groups") && wire.noted(&name) {
            refused(409, "uniqueness")
        } else {
            wire.pass(ask)
        }
    }),
];

/// PUT that keeps what is stored of one attribute.
fn keeping(wire: &Wire, ask: Ask, collection: &str, name: &str) -> crate::wire::Reply {
    if !ask.of("PUT", collection) {
        return wire.pass(ask);
    }
    let stored = wire.stored(&ask)[name].clone();
    wire.pass(ask.edit(|body| {
        if !stored.is_null() {
            body[name] = stored;
        }
    }))
}
