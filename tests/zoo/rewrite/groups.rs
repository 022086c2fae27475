//! Groups and their members.

use scim_core::urn;
use serde_json::{Value, json};

use super::patches::{text, without};
use crate::wire::{Ask, Reply, Rule, Wire, answer, error, member_ids, refused};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("capital-add-of-members-ignored", |wire, ask| {
        let group = ask.one("Groups");
        without(wire, ask, |op| group && op.written == "Add" && op.path == "members")
    }),
    ("members-replace-nests", |wire, ask| {
        let group = ask.one("Groups");
        let nests = ask.has_op(|op| group && op.op == "replace" && op.path == "members");
        if !nests {
            return nested(wire, wire.pass(ask));
        }
        wire.note(ask.id());
        nested(wire, without(wire, ask, |op| op.op == "replace" && op.path == "members"))
    }),
    ("member-ref-null-refused", |wire, ask| {
        if ask.names("\"$ref\":null") { refused(400, "invalidFilter") } else { wire.pass(ask) }
    }),
    ("member-added-again-twice", |wire, ask| {
        // Shown twice from then on.
        let group = wire.stored(&ask);
        let again = |id: &String| member_ids(&group).contains(id);
        let twice: Vec<String> =
            ask.ops().iter().filter(|op| op.op == "add").flat_map(|op| op.members()).filter(again).collect();
        twice.into_iter().for_each(|id| wire.note(format!("{}/{id}", ask.id())));
        wire.pass(ask).groups(|group| {
            let own = group.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(Value::Array(members)) = group.get_mut("members") {
                let noted = |member: &&Value| {
                    wire.noted(&format!("{own}/{}", member["value"].as_str().unwrap_or_default()))
                };
                let more: Vec<Value> = members.iter().filter(noted).cloned().collect();
                members.extend(more);
            }
        })
    }),
    ("member-added-again-server-error", |wire, ask| {
        let group = wire.stored(&ask);
        let again =
            ask.has_op(|op| op.op == "add" && op.members().iter().any(|id| member_ids(&group).contains(id)));
        if again { error(500) } else { wire.pass(ask) }
    }),
    ("unknown-member-server-error", |wire, ask| {
        if ask.in_("Groups") && ask.writes() && unknown(wire, &ask) { error(500) } else { wire.pass(ask) }
    }),
    ("unknown-member-empties", |wire, ask| {
        if !(ask.one("Groups") && unknown(wire, &ask)) {
            return wire.pass(ask);
        }
        wire.patch(&ask.path, json!([{"op": "remove", "path": "members"}]));
        answer(200, &wire.stored(&ask))
    }),
    ("external-id-empties-group", |wire, ask| {
        let sets = ask.one("Groups") && ask.has_op(|op| op.path.eq_ignore_ascii_case("externalId"));
        let reply = wire.pass(ask.clone());
        if sets && reply.ok() {
            wire.patch(&ask.path, json!([{"op": "remove", "path": "members"}]));
            return answer(200, &wire.stored(&ask));
        }
        reply
    }),
    ("members-replace-refused", |wire, ask| {
        let replaces = ask.one("Groups") && ask.has_op(|op| op.op == "replace" && op.path == "members");
        if replaces { refused(400, "invalidPath") } else { wire.pass(ask) }
    }),
    ("members-replace-empty-ignored", |wire, ask| {
        let group = ask.one("Groups");
        without(wire, ask, |op| group && op.op == "replace" && op.path == "members" && op.value == json!([]))
    }),
    ("members-without-type-ignored", |wire, ask| {
        let ask = ask.edit_ops(|op| {
            let adds = !text(op, "op").eq_ignore_ascii_case("remove");
            if let Some(list) = op.get_mut("value").and_then(Value::as_array_mut).filter(|_| adds) {
                list.retain(|member| member.get("value").is_none() || member.get("type").is_some());
            }
            true
        });
        wire.pass(ask)
    }),
    ("members-at-most-hundred", |wire, ask| {
        if ask.has_op(|op| op.members().len() > 100) { refused(400, "invalidValue") } else { wire.pass(ask) }
    }),
    ("members-removed-by-shifting-index", |wire, ask| {
        // The second removal of a request takes the place of the first one's neighbor.
        let group = wire.stored(&ask);
        let ids = member_ids(&group);
        let mut removed = 0;
        let shifted = |id: &str, by: usize| {
            let at = ids.iter().position(|known| known == id)?;
            ids.get((at + by) % ids.len()).cloned()
        };
        let ask = ask.edit_ops(|op| {
            if !text(op, "op").eq_ignore_ascii_case("remove") || !text(op, "path").starts_with("members") {
                return true;
            }
            if let Some(list) = op.get_mut("value").and_then(Value::as_array_mut) {
                for member in list {
                    if let Some(id) = member["value"].as_str().and_then(|id| shifted(id, removed)) {
                        member["value"] = id.into();
                    }
                    removed += 1;
                }
            } else {
                let path = text(op, "path").to_owned();
                if let Some(id) = ids.iter().find(|id| path.contains(id.as_str())) {
                    let other = shifted(id, removed).unwrap_or_default();
                    op.insert("path".to_owned(), path.replace(id.as_str(), &other).into());
                }
                removed += 1;
            }
            true
        });
        wire.pass(ask)
    }),
    ("race-members-read-then-written", |wire, ask| {
        let adds: Vec<String> =
            ask.ops().iter().filter(|op| op.op == "add").flat_map(|op| op.members()).collect();
        let reply = wire.pass(ask.clone());
        if ask.one("Groups") && !adds.is_empty() && reply.ok() {
            let mut list = member_ids(&ask.before);
            list.retain(|id| !adds.contains(id));
            list.extend(adds);
            let list: Vec<Value> = list.into_iter().map(|id| json!({"value": id})).collect();
            wire.patch(&ask.path, json!([{"op": "replace", "path": "members", "value": list}]));
        }
        reply
    }),
    ("group-rename-refused", |wire, ask| {
        let renames = ask.one("Groups")
            && ask.has_op(|op| op.path == "displayName" || op.value.get("displayName").is_some());
        if renames { refused(400, "invalidPath") } else { wire.pass(ask) }
    }),
    ("group-name-cut", |wire, ask| {
        wire.pass(ask).groups(|group| {
            if let Some(Value::String(name)) = group.get_mut("displayName") {
                *name = name.chars().take(12).collect();
            }
        })
    }),
    ("group-delete-deletes-users", |wire, ask| {
        if ask.of("DELETE", "Groups") {
            for id in member_ids(&wire.stored(&ask)) {
                wire.ask(&http::Method::DELETE, &format!("/Users/{id}"), None);
            }
        }
        wire.pass(ask)
    }),
    ("group-schemas-of-user", |wire, ask| {
        wire.pass(ask).groups(|group| {
            group.insert("schemas".to_owned(), json!([urn::USER]));
        })
    }),
];

fn nested(wire: &Wire, reply: Reply) -> Reply {
    reply.groups(|group| {
        let own = group.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        if wire.noted(&own) {
            let members = group.get("members").cloned().unwrap_or_default();
            group.insert("members".to_owned(), json!([members]));
        }
    })
}

/// Whether the body names a member who is not there.
fn unknown(wire: &Wire, ask: &Ask) -> bool {
    let adds =
        ask.ops().iter().filter(|op| op.op != "remove").flat_map(|op| op.members()).collect::<Vec<_>>();
    let sent = member_ids(&ask.json());
    adds.iter().chain(&sent).any(|id| wire.get(&format!("/Users/{}", scim_core::call::encode(id))).is_null())
}
