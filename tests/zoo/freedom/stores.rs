//! What a server does with what it is sent.

use serde_json::{Value, json};

use crate::wire::{Rule, member_ids, refused};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("new-user-active", |wire, ask| {
        let creates = ask.at("POST", "Users");
        wire.pass(if creates {
            ask.edit(|body| {
                if body.get("active").is_none() {
                    body["active"] = true.into();
                }
            })
        } else {
            ask
        })
    }),
    ("new-user-active-in-any-case", |wire, ask| {
        let creates = ask.at("POST", "Users");
        wire.pass(if creates { ask.edit(|body| body["active"] = true.into()) } else { ask })
    }),
    ("put-keeps-what-it-does-not-name", |wire, ask| {
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
    ("group-names-unique", |wire, ask| {
        let name = ask.json()["displayName"].as_str().unwrap_or_default().to_lowercase();
        let same =
            |group: &Value| group["displayName"].as_str().is_some_and(|known| known.to_lowercase() == name);
        let taken = ask.at("POST", "Groups") && !name.is_empty() && wire.all("Groups").iter().any(same);
        if taken { refused(409, "uniqueness") } else { wire.pass(ask) }
    }),
    ("unknown-member-refused", |wire, ask| {
        let adds: Vec<String> =
            ask.ops().iter().filter(|op| op.op != "remove").flat_map(|op| op.members()).collect();
        let sent = member_ids(&ask.json());
        let unknown = |id: &String| wire.get(&format!("/Users/{}", scim_core::call::encode(id))).is_null();
        let missing = ask.in_("Groups") && ask.writes() && adds.iter().chain(&sent).any(unknown);
        if missing { refused(400, "invalidValue") } else { wire.pass(ask) }
    }),
    ("email-required", |wire, ask| {
        let without = ask.at("POST", "Users")
            && ask.json().is_object()
            && ask.json()["emails"].as_array().is_none_or(Vec::is_empty);
        // The accounts that a run sets up have none.
        let plain = ask.json()["userName"].as_str().is_some_and(|name| name.contains("bare"));
        if without && plain { refused(400, "invalidValue") } else { wire.pass(ask) }
    }),
    ("no-value-filter-target", |wire, ask| {
        // RFC 7644 would have `noTarget`; a server may also answer so to `remove`.
        let stored = wire.stored(&ask);
        let gone = ask.has_op(|op| {
            let id = op.path.strip_prefix("members[value eq \"").and_then(|rest| rest.strip_suffix("\"]"));
            op.op == "remove" && id.is_some_and(|id| !member_ids(&stored).contains(&id.to_owned()))
        });
        if gone { refused(400, "noTarget") } else { wire.pass(ask) }
    }),
    ("password-change-unread", |wire, ask| {
        let ask = ask.edit_ops(|op| op.get("path").is_none_or(|path| path != "password"));
        if ask.is("PATCH") && ask.ops().is_empty() {
            return crate::wire::answer(200, &wire.stored(&ask));
        }
        wire.pass(ask)
    }),
    ("read-only-group-refused", |wire, ask| {
        // `id` and `meta` in a body are ignored; another id is refused.
        let stored = wire.stored(&ask)["id"].clone();
        let other =
            ask.is("PUT") && ask.json().get("id").is_some_and(|id| *id != stored) && !stored.is_null();
        if other { refused(400, "mutability") } else { wire.pass(ask) }
    }),
    ("removes-title-by-empty-text", |wire, ask| {
        wire.pass(ask).users(|user| {
            user.entry("title").or_insert_with(|| json!(""));
        })
    }),
];
