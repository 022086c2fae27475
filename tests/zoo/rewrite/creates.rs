//! POST of users and groups.

use http::Method;
use serde_json::Value;

use crate::wire::{Rule, Wire, error, refused};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("duplicate-bad-request", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.status == 409 { reply.status(400).edit(|body| body["status"] = "400".into()) } else { reply }
    }),
    ("duplicate-server-error", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.status == 409 { error(500) } else { reply }
    }),
    ("duplicate-overwrites", |wire, ask| {
        let reply = wire.pass(ask.clone());
        if reply.status != 409 || !ask.at("POST", "Users") {
            return reply;
        }
        let Some(path) = by(wire, |user| same(&user["userName"], &ask.json()["userName"])) else {
            return reply;
        };
        let reply = wire.ask(&Method::PUT, &path, Some(&ask.json())).status(201);
        reply.header("location", &format!("{}{path}", crate::wire::BASE))
    }),
    ("duplicate-in-other-case", |wire, ask| {
        if !ask.at("POST", "Users") {
            return wire.pass(ask);
        }
        let name = ask.json()["userName"].clone();
        let reply = wire.pass(ask.clone());
        let exact = by(wire, |user| user["userName"] == name).is_some();
        if reply.status == 409 && !exact {
            let other =
                ask.edit(|body| body["userName"] = format!("{} ", name.as_str().unwrap_or_default()).into());
            return wire.pass(other);
        }
        reply
    }),
    ("email-takes-over", |wire, ask| {
        if !ask.at("POST", "Users") || ask.json()["userName"].is_null() {
            return wire.pass(ask);
        }
        let sent = ask.json();
        let other = |user: &Value| {
            !same(&user["userName"], &sent["userName"])
                && mails(user).iter().any(|mail| mails(&sent).contains(mail))
        };
        match by(wire, other) {
            Some(path) => wire
                .ask(&Method::PUT, &path, Some(&sent))
                .status(201)
                .header("location", &format!("{}{path}", crate::wire::BASE)),
            None => wire.pass(ask),
        }
    }),
    ("new-user-inactive", |wire, ask| {
        let creates = ask.at("POST", "Users");
        wire.pass(if creates { ask.edit(|body| body["active"] = false.into()) } else { ask })
    }),
    ("names-case-sensitive", |wire, ask| {
        let capital = ask.json().get("UserName").is_some();
        if capital { refused(400, "invalidValue") } else { wire.pass(ask) }
    }),
    ("password-policy", |wire, ask| {
        let weak = |password: &Value| password.as_str().is_some_and(|it| !it.contains(['!', '#', '%']));
        if ask.writes() && weak(&ask.json()["password"]) {
            refused(400, "invalidValue")
        } else {
            wire.pass(ask)
        }
    }),
    ("inactive-not-found-and-taken", |wire, ask| {
        wire.pass(ask).relist(|list| list.retain(|user| user["active"] != false))
    }),
    ("user-name-differs-in-reads", |wire, ask| {
        let reads = ask.is("GET");
        wire.pass(ask).users(|user| {
            if let Some(external) = user.get("externalId").cloned().filter(|_| reads) {
                user.insert("userName".to_owned(), external);
            }
        })
    }),
    ("client-chooses-id", |wire, ask| {
        let chosen = ask.json()["id"].as_str().map(str::to_owned);
        let creates = ask.at("POST", "Users");
        let reply = wire.pass(ask);
        match chosen.filter(|_| creates) {
            Some(id) => reply.each(|user| {
                user.insert("id".to_owned(), id.clone().into());
            }),
            None => reply,
        }
    }),
    ("client-id-server-error", |wire, ask| {
        let chosen = ask.at("POST", "Users") && ask.json().get("id").is_some();
        if chosen { error(500) } else { wire.pass(ask) }
    }),
    ("create-without-external-id-server-error", |wire, ask| {
        let without =
            ask.at("POST", "Users") && ask.json().get("externalId").is_none() && !ask.json().is_null();
        if without { error(500) } else { wire.pass(ask) }
    }),
    ("foreign-schemas-refused", |wire, ask| {
        let foreign =
            |schema: &Value| schema.as_str().is_some_and(|urn| urn.starts_with("urn:scim:schemas:"));
        let foreign = ask.json()["schemas"].as_array().is_some_and(|list| list.iter().any(foreign));
        if foreign { refused(400, "invalidValue") } else { wire.pass(ask) }
    }),
    (
        "manager-server-error",
        |wire, ask| {
            if ask.writes() && ask.names("manager") { error(500) } else { wire.pass(ask) }
        },
    ),
    ("roles-boolean-text-refused", |wire, ask| {
        let text = |role: &Value| role["primary"].is_string();
        let roles = ask.json()["roles"].as_array().is_some_and(|roles| roles.iter().any(text));
        let patched =
            ask.has_op(|op| op.path.starts_with("roles") && op.value.to_string().contains("\"primary\":\""));
        if roles || patched { refused(400, "invalidValue") } else { wire.pass(ask) }
    }),
    ("nulls-refused", |wire, ask| {
        let nulls = ask.writes() && has_null(&ask.json());
        if nulls { refused(400, "invalidValue") } else { wire.pass(ask) }
    }),
    ("create-fails-and-stores", |wire, ask| {
        let creates = ask.at("POST", "Users");
        let reply = wire.pass(ask);
        if creates && reply.status == 201 { error(500) } else { reply }
    }),
    ("create-not-stored", |wire, ask| {
        let creates = ask.at("POST", "Users");
        let reply = wire.pass(ask);
        if creates && reply.status == 201 {
            let id = reply.json()["id"].as_str().unwrap_or_default().to_owned();
            wire.ask(&Method::DELETE, &format!("/Users/{id}"), None);
        }
        reply
    }),
];

fn by(wire: &Wire, test: impl Fn(&Value) -> bool) -> Option<String> {
    let user = wire.all("Users").into_iter().find(test)?;
    Some(format!("/Users/{}", user["id"].as_str()?))
}

fn same(one: &Value, other: &Value) -> bool {
    one.as_str().zip(other.as_str()).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
}

pub(super) fn mails(user: &Value) -> Vec<String> {
    let value = |mail: &Value| mail["value"].as_str().map(str::to_lowercase);
    user["emails"].as_array().into_iter().flatten().filter_map(value).collect()
}

fn has_null(json: &Value) -> bool {
    match json {
        Value::Null => true,
        Value::Array(list) => list.iter().any(has_null),
        Value::Object(object) => object.values().any(has_null),
        _ => false,
    }
}
