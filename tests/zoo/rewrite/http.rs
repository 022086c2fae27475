//! Headers, media types, addresses, errors.

use serde_json::json;

use crate::wire::{Ask, Reply, Rule, empty, error, page};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("media-type-reversed", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.body.is_empty() { reply } else { reply.header("content-type", "application/json+scim") }
    }),
    ("media-type-json-refused", |wire, ask| {
        let json = media(&ask).is_some_and(|media| media.starts_with("application/json"));
        if json { error(415) } else { wire.pass(ask) }
    }),
    ("media-type-charset-refused", |wire, ask| {
        if media(&ask).is_some_and(|media| media.contains("charset")) { error(415) } else { wire.pass(ask) }
    }),
    ("media-type-scim-unread", |wire, mut ask| {
        // A parser that knows application/json only leaves the body empty.
        if media(&ask).is_some_and(|media| media.starts_with("application/scim+json")) && !ask.is("PATCH") {
            ask = ask.with(&json!({}));
        }
        wire.pass(ask)
    }),
    ("media-type-scim-refused", |wire, ask| {
        let scim = media(&ask).is_some_and(|media| media.starts_with("application/scim+json"));
        if scim && ask.writes() { error(415) } else { wire.pass(ask) }
    }),
    ("no-user-agent-no-service", |wire, ask| {
        if ask.header("user-agent").is_none() { page(403, "<html>Forbidden</html>") } else { wire.pass(ask) }
    }),
    ("no-accept-no-service", |wire, ask| {
        let bare = ask.is("GET") && ask.header("accept").is_none_or(|accept| !accept.contains("scim"));
        if bare { page(406, "<html>Not Acceptable</html>") } else { wire.pass(ask) }
    }),
    ("trailing-slash-unknown", |wire, ask| {
        if ask.path.ends_with('/') || ask.path.contains("//") {
            page(404, "<html>404</html>")
        } else {
            wire.pass(ask)
        }
    }),
    ("errors-in-envelope", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.ok() {
            reply
        } else {
            reply.edit(|body| *body = json!({"status": 404, "response": body.clone()}))
        }
    }),
    ("error-type-unknown", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.ok() { reply } else { reply.edit(|body| body["scimType"] = "schemaViolated".into()) }
    }),
    ("error-type-null-text", |wire, ask| {
        let deletes = ask.is("DELETE");
        let reply = wire.pass(ask);
        if reply.ok() || !deletes { reply } else { reply.edit(|body| body["scimType"] = "null".into()) }
    }),
    ("errors-without-body", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.ok() || reply.status == 304 { reply } else { empty(reply.status) }
    }),
    ("errors-plain-text", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.ok() {
            reply
        } else {
            page(reply.status, "Unrecognized token").header("content-type", "text/plain")
        }
    }),
    ("malformed-is-server-error", |wire, ask| {
        let broken = ask.writes() && !ask.body.is_empty() && ask.json().is_null();
        if broken { error(500) } else { wire.pass(ask) }
    }),
    ("location-without-tenant", |wire, ask| {
        located(wire.pass(ask), |text| text.replace("/scim/v2/", "/scim/v2/t/"))
    }),
    ("location-relative", |wire, ask| {
        let served = ask.in_("Users") || ask.in_("Groups");
        wire.pass(ask).each(|one| {
            if !served || !one.contains_key("meta") {
                return;
            }
            let kind = if one.contains_key("userName") { "Users" } else { "Groups" };
            let id = one["id"].as_str().unwrap_or_default().to_owned();
            one["meta"]["location"] = format!("{kind}/{id}").into();
        })
    }),
    ("location-reflects-host", |wire, ask| {
        let host = ask.header("host").unwrap_or_else(|| "localhost".to_owned());
        located(wire.pass(ask), |text| text.replacen("localhost", &host, 1))
    }),
    ("version-number", |wire, ask| {
        wire.pass(ask).each(|one| {
            if one.contains_key("meta") {
                one["meta"]["version"] = 3.into();
            }
        })
    }),
    ("if-match-unread", |wire, ask| wire.pass(ask.without_header("if-match"))),
    ("etag-never-changes", |wire, ask| {
        let reply = wire.pass(ask.without_header("if-match"));
        let reply = if reply.headers.contains_key("etag") { reply.header("etag", "W/\"1\"") } else { reply };
        reply.each(|one| {
            if one.contains_key("meta") {
                one["meta"]["version"] = "W/\"1\"".into();
            }
        })
    }),
    ("redirects-to-slash", |wire, ask| {
        if ask.at("POST", "Groups") && !ask.path.ends_with('/') {
            return empty(301).header("location", "/scim/v2/Groups/");
        }
        wire.pass(ask)
    }),
];

fn media(ask: &Ask) -> Option<String> {
    ask.header("content-type").map(|media| media.to_lowercase())
}

/// Every address in an answer, changed.
fn located(reply: Reply, change: impl Fn(&str) -> String) -> Reply {
    let header = reply.headers.get("location").and_then(|it| it.to_str().ok()).map(&change);
    let reply = match header {
        Some(header) => reply.header("location", &header),
        None => reply,
    };
    reply.each(|one| {
        if let Some(location) = one.get("meta").and_then(|meta| meta["location"].as_str()).map(&change) {
            one["meta"]["location"] = location.into();
        }
    })
}
