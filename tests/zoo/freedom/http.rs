//! Statuses, headers, media types, addresses.

use serde_json::json;

use crate::wire::{Rule, empty, error, page};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("media-type-capital-with-parameters", |wire, ask| {
        let reply = wire.pass(ask);
        let typed = reply.headers.contains_key("content-type");
        if typed {
            reply.header("content-type", "Application/SCIM+JSON; charset=\"utf-8\"; v=2")
        } else {
            reply
        }
    }),
    ("extra-headers", |wire, ask| {
        wire.pass(ask)
            .header("x-request-id", "42")
            .header("set-cookie", "a=b; Path=/")
            .header("vary", "*")
            .header("content-location", "/x")
            .header("link", "<x>; rel=next")
            .header("cache-control", "no-store")
    }),
    ("patch-204-for-users-only", |wire, ask| {
        let user = ask.of("PATCH", "Users");
        let reply = wire.pass(ask);
        if user && reply.status == 200 { empty(204).header("etag", "W/\"9\"") } else { reply }
    }),
    ("patch-204-with-content-type", |wire, ask| {
        let patch = ask.is("PATCH");
        let reply = wire.pass(ask);
        if patch && reply.status == 200 {
            empty(204).header("content-type", "application/scim+json")
        } else {
            reply
        }
    }),
    ("delete-later", |wire, ask| {
        let deletes = ask.is("DELETE");
        let reply = wire.pass(ask);
        if deletes && reply.status == 204 { reply.status(202) } else { reply }
    }),
    ("delete-410-afterwards", |wire, ask| {
        if ask.is("DELETE") {
            wire.note(ask.path.clone());
        }
        let gone = wire.noted(&ask.path);
        let reply = wire.pass(ask);
        if gone && reply.status == 404 {
            return reply.status(410).edit(|body| body["status"] = "410".into());
        }
        reply
    }),
    ("unauthorized-without-challenge", |wire, ask| wire.pass(ask).without_header("www-authenticate")),
    ("unauthorized-in-html", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.status == 401 { page(401, "<h1>no</h1>") } else { reply }
    }),
    ("discovery-without-token", |wire, ask| {
        let document = ["ServiceProviderConfig", "Schemas", "ResourceTypes"].iter().any(|name| ask.in_(name));
        let ask = if document { ask.trusted() } else { ask };
        wire.pass(ask)
    }),
    ("strangers-see-nothing", |wire, ask| {
        let one = ask.one("Users") || ask.one("Groups");
        let reply = wire.pass(ask);
        if reply.status == 401 && one { error(404) } else { reply }
    }),
    ("malformed-id-bad-request", |wire, ask| {
        let wild = (ask.one("Users") || ask.one("Groups")) && !ask.id().contains('-');
        if wild { error(400) } else { wire.pass(ask) }
    }),
    ("errors-without-type-and-other-words", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.ok() {
            return reply;
        }
        reply.edit(|body| {
            if let Some(body) = body.as_object_mut() {
                body.shift_remove("scimType");
                body.insert("detail".to_owned(), "ne fonctionne pas".into());
                body.insert("timestamp".to_owned(), "2026-01-01T00:00:00Z".into());
                body.insert("errors".to_owned(), json!([{"code": 7}]));
            }
        })
    }),
    ("errors-without-detail", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.ok() {
            reply
        } else {
            reply.edit(|body| drop(body.as_object_mut().map(|body| body.shift_remove("detail"))))
        }
    }),
    ("errors-as-application-json", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.ok() { reply } else { reply.header("content-type", "application/json") }
    }),
    ("head-and-options-refused", |wire, ask| {
        if ask.is("HEAD") || ask.is("OPTIONS") { error(405) } else { wire.pass(ask) }
    }),
    ("options-open-for-browsers", |wire, ask| {
        if ask.is("OPTIONS") { empty(204).header("access-control-allow-origin", "*") } else { wire.pass(ask) }
    }),
    ("trailing-slash-unknown", |wire, ask| {
        if ask.path.ends_with('/') { page(404, "<h1>404</h1>") } else { wire.pass(ask) }
    }),
    (
        "unknown-parameter-refused",
        |wire, ask| {
            if ask.query.contains("scimtest=") { error(400) } else { wire.pass(ask) }
        },
    ),
    ("no-search-html", |wire, ask| if ask.searches() { page(404, "<h1>404</h1>") } else { wire.pass(ask) }),
    ("no-search-501", |wire, ask| if ask.searches() { error(501) } else { wire.pass(ask) }),
    ("no-search-405", |wire, ask| if ask.searches() { error(405) } else { wire.pass(ask) }),
    ("no-search-403", |wire, ask| if ask.searches() { error(403) } else { wire.pass(ask) }),
    ("no-me-html", |wire, ask| if ask.in_("Me") { page(404, "<h1>404</h1>") } else { wire.pass(ask) }),
    ("no-me-501", |wire, ask| if ask.in_("Me") { error(501) } else { wire.pass(ask) }),
    ("no-groups", |wire, ask| if ask.in_("Groups") { error(404) } else { wire.pass(ask) }),
    ("no-bulk", |wire, ask| {
        if ask.in_("Bulk") {
            return error(501);
        }
        let config = ask.in_("ServiceProviderConfig");
        let reply = wire.pass(ask);
        if config { reply.edit(|config| config["bulk"]["supported"] = false.into()) } else { reply }
    }),
    ("bulk-at-most-one", |wire, ask| {
        let many =
            ask.at("POST", "Bulk") && ask.json()["Operations"].as_array().is_some_and(|list| list.len() > 1);
        if many {
            return error(413);
        }
        let config = ask.in_("ServiceProviderConfig");
        let reply = wire.pass(ask);
        if config {
            reply.edit(|config| {
                config["bulk"] = json!({"supported": true, "maxOperations": 1, "maxPayloadSize": 5000});
            })
        } else {
            reply
        }
    }),
    ("deactivated-leave-their-groups", |wire, ask| {
        let path = ask.path.clone();
        let (changes, id) = (ask.one("Users") && (ask.is("PUT") || ask.is("PATCH")), ask.id());
        let reply = wire.pass(ask);
        if changes && reply.ok() && wire.get(&path)["active"] == false {
            for group in wire.all("Groups") {
                if crate::wire::member_ids(&group).contains(&id) {
                    let path = format!("/Groups/{}", group["id"].as_str().unwrap_or_default());
                    wire.patch(
                        &path,
                        json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]),
                    );
                }
            }
        }
        reply
    }),
];
