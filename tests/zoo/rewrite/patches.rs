//! PATCH of users.

use scim_core::urn;
use serde_json::{Map, Value, json};

use crate::wire::{Ask, Op, Reply, Rule, Wire, answer, error, refused};

pub(super) const RULES: &[(&str, Rule)] =
    &[
        ("op-case-ignored", |wire, ask| without(wire, ask, |op| op.written != op.op)),
        ("op-case-server-error", |wire, ask| {
            if ask.has_op(|op| op.written != op.op) { error(500) } else { wire.pass(ask) }
        }),
        ("boolean-text-ignored", |wire, ask| without(wire, ask, |op| is_boolean_text(&op.value))),
        ("pathless-server-error", |wire, ask| {
            let pathless = ask.one("Users") && ask.has_op(|op| op.path.is_empty() && op.op != "remove");
            if pathless { error(500) } else { wire.pass(ask) }
        }),
        ("paths-refused", |wire, ask| {
            if ask.one("Users") && ask.has_op(|op| !op.path.is_empty()) {
                refused(400, "invalidPath")
            } else {
                wire.pass(ask)
            }
        }),
        ("patch-not-found", |wire, ask| if ask.is("PATCH") { error(404) } else { wire.pass(ask) }),
        ("patch-not-implemented", |wire, ask| if ask.is("PATCH") { error(501) } else { wire.pass(ask) }),
        ("dotted-keys-refused", |wire, ask| {
            let dotted = |op: &Op| {
                op.path.is_empty() && keys(&op.value).any(|key| key.contains('.') && !key.starts_with("urn:"))
            };
            if ask.has_op(dotted) { refused(400, "invalidValue") } else { wire.pass(ask) }
        }),
        ("dotted-keys-at-top-level", |wire, ask| {
            let ask = ask.edit_ops(|op| {
                if op.contains_key("path") {
                    return true;
                }
                let Some(value) = op.get_mut("value").and_then(Value::as_object_mut) else { return true };
                let all: Vec<(String, Value)> = std::mem::take(value).into_iter().collect();
                for (key, stored) in all {
                    // Only the last part of the key is read; `givenName` is no attribute of a user.
                    if key.contains('.') && !key.starts_with("urn:") {
                        continue;
                    }
                    value.insert(key, stored);
                }
                !value.is_empty()
            });
            applied(wire, ask)
        }),
        ("value-path-parts-at-top-level", |wire, ask| {
            let parts = |op: &Op| op.path.starts_with("emails[") && op.op == "add";
            let scattered: Vec<(String, Value)> = ask
                .ops()
                .into_iter()
                .filter(parts)
                .filter_map(|op| Some((op.path.rsplit_once("].")?.1.to_owned(), op.value)))
                .collect();
            let id = ask.id();
            if ask.one("Users") && !scattered.is_empty() {
                let kept = Value::Object(scattered.into_iter().collect());
                wire.notes().kept.insert(id, kept);
                let ask = ask.edit_ops(|op| {
                    !(text(op, "path").starts_with("emails[") && text(op, "op").eq_ignore_ascii_case("add"))
                });
                return scattering(wire, applied(wire, ask));
            }
            scattering(wire, wire.pass(ask))
        }),
        ("value-path-refused", |wire, ask| {
            let selects = |op: &Op| op.path.contains('[') && !op.path.starts_with("members");
            if ask.has_op(selects) { refused(400, "invalidPath") } else { wire.pass(ask) }
        }),
        ("value-path-changes-all", |wire, ask| {
            let ask = ask.edit_ops(|op| {
                if text(op, "path") == "emails[type eq \"work\"].value" {
                    op.insert("path".to_owned(), "emails.value".into());
                }
                true
            });
            wire.pass(ask)
        }),
        ("unknown-op-server-error", |wire, ask| {
            let known = |op: &Op| ["add", "remove", "replace"].contains(&op.op.as_str());
            if ask.has_op(|op| !known(op)) { error(500) } else { wire.pass(ask) }
        }),
        ("null-schemas-server-error", |wire, ask| {
            if ask.json().get("schemas").is_some_and(Value::is_null) { error(500) } else { wire.pass(ask) }
        }),
        ("patch-without-schemas-refused", |wire, ask| {
            if ask.is("PATCH") && ask.json().get("schemas").is_none() { error(422) } else { wire.pass(ask) }
        }),
        ("add-replaces-values", |wire, ask| {
            let ask = ask.edit_ops(|op| {
                if text(op, "op") == "add" && text(op, "path") == "emails" {
                    op.insert("op".to_owned(), "replace".into());
                }
                true
            });
            wire.pass(ask)
        }),
        ("replace-appends-values", |wire, ask| {
            let ask = ask.edit_ops(|op| {
                if text(op, "op") == "replace" && text(op, "path") == "emails" {
                    op.insert("op".to_owned(), "add".into());
                }
                true
            });
            wire.pass(ask)
        }),
        ("manager-path-refused", |wire, ask| {
            if ask.has_op(|op| op.path.to_lowercase().contains(":manager")) {
                refused(400, "noTarget")
            } else {
                wire.pass(ask)
            }
        }),
        ("patch-in-pieces", |wire, ask| {
            // Each operation is stored before the next is looked at.
            let body = ask.json();
            let Some(operations) =
                body["Operations"].as_array().filter(|list| ask.is("PATCH") && list.len() > 1)
            else {
                return wire.pass(ask);
            };
            let mut last = error(400);
            for operation in operations {
                last = wire.pass(ask.clone().edit(|body| body["Operations"] = json!([operation])));
                if !last.ok() {
                    return last;
                }
            }
            last
        }),
        ("groups-of-a-user-written", |wire, ask| {
            let group = |op: Op| {
                (op.path == "groups").then(|| op.value[0]["value"].as_str().map(str::to_owned)).flatten()
            };
            let Some(group) = ask.ops().into_iter().find_map(group).filter(|_| ask.one("Users")) else {
                return wire.pass(ask);
            };
            let member = json!([{"op": "add", "path": "members", "value": [{"value": ask.id()}]}]);
            wire.patch(&format!("/Groups/{group}"), member);
            answer(200, &wire.stored(&ask))
        }),
        ("add-active-refused", |wire, ask| {
            if ask.has_op(|op| op.op == "add" && op.path == "active") {
                refused(400, "invalidPath")
            } else {
                wire.pass(ask)
            }
        }),
        ("title-refused-in-patch", |wire, ask| {
            let title = ask.has_op(|op| op.path == "title" || keys(&op.value).any(|key| key == "title"));
            if title { refused(400, "invalidPath") } else { wire.pass(ask) }
        }),
        ("remove-without-path-accepted", |wire, ask| {
            if ask.has_op(|op| op.op == "remove" && op.path.is_empty()) {
                crate::wire::empty(204)
            } else {
                wire.pass(ask)
            }
        }),
        ("user-name-patch-ignored", |wire, ask| {
            let user = ask.one("Users");
            without(wire, ask, |op| user && op.path == "userName")
        }),
        ("answer-is-old-state", |wire, ask| {
            let before = wire.stored(&ask);
            let patches = ask.is("PATCH");
            let reply = wire.pass(ask);
            if patches && reply.status == 200 {
                reply.without_header("etag").edit(|body| *body = before)
            } else {
                reply
            }
        }),
        ("enterprise-refused-in-patch", |wire, ask| {
            let names = |op: &Op| {
                op.path.starts_with(urn::ENTERPRISE_USER)
                    || keys(&op.value).any(|key| key.starts_with(urn::ENTERPRISE_USER))
            };
            if ask.has_op(names) { refused(400, "invalidPath") } else { wire.pass(ask) }
        }),
    ];

/// Whether it is `"True"` or such, or holds one.
fn is_boolean_text(value: &Value) -> bool {
    match value {
        Value::String(text) => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
        _ => false,
    }
}

pub(super) fn text<'o>(op: &'o Map<String, Value>, name: &str) -> &'o str {
    op.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn keys(value: &Value) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(Map::keys)
}

/// The PATCH without some of its operations; success without effect if none is left.
pub(super) fn without(wire: &Wire, ask: Ask, drops: impl Fn(&Op) -> bool) -> Reply {
    if !ask.has_op(&drops) {
        return wire.pass(ask);
    }
    let mut dropped = ask.ops().into_iter().map(|op| drops(&op));
    let ask = ask.edit_ops(|_| !dropped.next().unwrap_or(false));
    applied(wire, ask)
}

/// The PATCH, which may have lost all of its operations.
fn applied(wire: &Wire, ask: Ask) -> Reply {
    if ask.is("PATCH") && ask.ops().is_empty() {
        let stored = wire.stored(&ask);
        return if stored.is_null() { error(404) } else { answer(200, &stored) };
    }
    wire.pass(ask)
}

fn scattering(wire: &Wire, reply: Reply) -> Reply {
    reply.users(|user| {
        let id = user.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(Value::Object(parts)) = wire.notes().kept.get(&id) {
            user.extend(parts.clone());
        }
    })
}
