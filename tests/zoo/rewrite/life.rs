//! Deactivation, reactivation, deletion.

use serde_json::{Value, json};

use crate::wire::{Ask, Rule, Wire, answer, error, member_ids, refused};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("reactivation-refused", |wire, ask| {
        if reactivates(wire, &ask) { refused(400, "invalidValue") } else { wire.pass(ask) }
    }),
    ("reactivation-not-effective", |wire, ask| {
        if !reactivates(wire, &ask) {
            return wire.pass(ask);
        }
        let reply = wire.pass(ask.clone());
        wire.patch(&ask.path, json!([{"op": "replace", "path": "active", "value": false}]));
        reply
    }),
    ("delete-unknown-server-error", |wire, ask| {
        let deletes = ask.is("DELETE");
        let reply = wire.pass(ask);
        if deletes && reply.status == 404 { error(500) } else { reply }
    }),
    ("delete-member-server-error", |wire, ask| {
        let id = ask.id();
        let referenced = ask.of("DELETE", "Users")
            && wire.all("Groups").iter().any(|group| member_ids(group).contains(&id));
        if referenced { error(500) } else { wire.pass(ask) }
    }),
    ("delete-missing", |wire, ask| if ask.is("DELETE") { error(405) } else { wire.pass(ask) }),
    ("deleted-name-taken", |wire, ask| {
        if ask.of("DELETE", "Users") {
            wire.note(wire.stored(&ask)["userName"].as_str().unwrap_or_default());
        }
        let name = ask.json()["userName"].as_str().unwrap_or_default().to_owned();
        if ask.at("POST", "Users") && wire.noted(&name) { refused(409, "uniqueness") } else { wire.pass(ask) }
    }),
    ("unknown-id-bad-request", |wire, ask| {
        let reads = ask.of("GET", "Users");
        let reply = wire.pass(ask);
        if reads && reply.status == 404 { error(400) } else { reply }
    }),
    ("unknown-id-server-error", |wire, ask| {
        let reads = ask.of("GET", "Users");
        let reply = wire.pass(ask);
        if reads && reply.status == 404 { error(500) } else { reply }
    }),
    ("inactive-filter-only", |wire, ask| {
        let lists = ask.at("GET", "Users") && ask.filter().is_some();
        let reply = wire.pass(ask);
        if lists { reply.relist(|list| list.retain(|user| user["active"] != false)) } else { reply }
    }),
    ("other-users-change", |wire, ask| {
        if !ask.of("PATCH", "Users") {
            return wire.pass(ask);
        }
        let last = wire.notes().kept.insert("last".to_owned(), ask.path.clone().into());
        if let Some(path) = last.as_ref().and_then(Value::as_str).filter(|path| *path != ask.path) {
            wire.patch(path, json!([{"op": "replace", "path": "displayName", "value": "somebody else"}]));
        }
        wire.pass(ask)
    }),
    ("get-answers-with-another", |wire, ask| {
        if !ask.of("GET", "Users") {
            return wire.pass(ask);
        }
        let all = wire.all("Users");
        all.last().map_or_else(|| error(404), |user| answer(200, user))
    }),
];

/// Whether a request makes an inactive user active.
fn reactivates(wire: &Wire, ask: &Ask) -> bool {
    if !(ask.is("PATCH") || ask.is("PUT")) || !ask.one("Users") {
        return false;
    }
    let stored = wire.stored(ask);
    let yes = |value: &Value| {
        *value == true || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
    };
    let says = yes(&ask.json()["active"])
        || ask.has_op(|op| yes(&op.value["active"]) || op.path == "active" && yes(&op.value));
    stored["active"] == false && says
}
