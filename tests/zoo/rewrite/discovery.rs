//! The discovery documents.

use scim_core::urn;
use serde_json::{Value, json};

use crate::wire::{Ask, Reply, Rule, Wire, error};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("config-missing", |wire, ask| {
        let config = ask.in_("ServiceProviderConfig");
        if config {
            error(404).text("{\"message\":\"Not found\",\"statusCode\":404}")
        } else {
            wire.pass(ask)
        }
    }),
    ("config-max-results-zero", |wire, ask| {
        document(wire, ask, "ServiceProviderConfig", |config| {
            config["filter"]["maxResults"] = 0.into();
        })
    }),
    ("config-spec-uri-case", |wire, ask| {
        document(wire, ask, "ServiceProviderConfig", |config| {
            for scheme in config["authenticationSchemes"].as_array_mut().into_iter().flatten() {
                scheme["specURI"] = "https://www.rfc-editor.org/rfc/rfc6750".into();
                scheme.as_object_mut().into_iter().for_each(|scheme| drop(scheme.shift_remove("specUri")));
            }
        })
    }),
    ("config-patch-false", |wire, ask| {
        document(wire, ask, "ServiceProviderConfig", |config| {
            config["patch"]["supported"] = false.into();
        })
    }),
    ("config-bulk-without-limits", |wire, ask| {
        document(wire, ask, "ServiceProviderConfig", |config| {
            config["bulk"] = json!({"supported": true});
        })
    }),
    ("config-without-schemes", |wire, ask| {
        document(wire, ask, "ServiceProviderConfig", |config| {
            config
                .as_object_mut()
                .into_iter()
                .for_each(|config| drop(config.shift_remove("authenticationSchemes")));
        })
    }),
    ("schema-name-is-string", |wire, ask| {
        attribute(wire, ask, "name", |name| name["type"] = "string".into())
    }),
    ("schema-groups-writable", |wire, ask| {
        attribute(wire, ask, "groups", |groups| groups["mutability"] = "readWrite".into())
    }),
    ("schemas-without-enterprise", |wire, ask| {
        let all = ask.at("GET", "Schemas");
        let reply = wire.pass(ask);
        if all {
            reply.relist(|list| list.retain(|schema| schema["id"] != urn::ENTERPRISE_USER))
        } else {
            reply
        }
    }),
    ("schemas-total-fixed", |wire, ask| {
        let all = ask.at("GET", "Schemas");
        let reply = wire.pass(ask);
        if all { reply.edit(|list| list["totalResults"] = 7.into()) } else { reply }
    }),
    ("resource-type-location-dead", |wire, ask| {
        let types = ask.in_("ResourceTypes");
        let reply = wire.pass(ask);
        if !types {
            return reply;
        }
        reply.each(|one| {
            let location = one.get("meta").and_then(|meta| meta["location"].as_str()).unwrap_or_default();
            let wrong = location.replace("/ResourceTypes/", "/resourceTypes/v1/");
            if let Some(meta) = one.get_mut("meta") {
                meta["location"] = wrong.into();
            }
        })
    }),
    ("resource-type-elsewhere", |wire, ask| {
        let types = ask.in_("ResourceTypes");
        let reply = wire.pass(ask);
        if types {
            reply.each(|one| drop(one.insert("endpoint".to_owned(), "/People".into())))
        } else {
            reply
        }
    }),
    ("bulk-missing", |wire, ask| if ask.at("POST", "Bulk") { error(404) } else { promised(wire, ask) }),
    ("bulk-stores-nothing", |wire, ask| {
        if !ask.at("POST", "Bulk") {
            return promised(wire, ask);
        }
        let sent = ask.json();
        let reply = |operation: &Value| {
            json!({
                "method": operation["method"], "bulkId": operation["bulkId"], "status": "201",
                "location": "http://localhost/scim/v2/Users/1",
            })
        };
        let replies: Vec<Value> = sent["Operations"].as_array().into_iter().flatten().map(reply).collect();
        crate::wire::answer(200, &json!({"schemas": [urn::BULK_RESPONSE], "Operations": replies}))
    }),
    ("bulk-id-unresolved", |wire, ask| {
        if !ask.at("POST", "Bulk") {
            return promised(wire, ask);
        }
        // Every operation by itself: none knows of another.
        let mut replies = Vec::new();
        for operation in ask.json()["Operations"].as_array().into_iter().flatten() {
            let one = json!({"schemas": [urn::BULK_REQUEST], "Operations": [operation]});
            let mut text = one.to_string();
            let own = operation["bulkId"].as_str().unwrap_or_default().to_owned();
            if !own.is_empty() {
                text = text.replace("\"bulkId:", "\"unknown:");
            }
            let body: Value = serde_json::from_str(&text).unwrap_or_default();
            let reply = wire.pass(ask.clone().with(&body)).json();
            replies.extend(reply["Operations"].as_array().cloned().unwrap_or_default());
        }
        crate::wire::answer(200, &json!({"schemas": [urn::BULK_RESPONSE], "Operations": replies}))
    }),
];

fn document(wire: &Wire, ask: Ask, name: &str, edit: impl FnOnce(&mut Value)) -> Reply {
    let it = ask.at("GET", name);
    let reply = wire.pass(ask);
    if it { reply.edit(edit) } else { reply }
}

fn promised(wire: &Wire, ask: Ask) -> Reply {
    document(wire, ask, "ServiceProviderConfig", |config| {
        config["bulk"] = json!({"supported": true, "maxOperations": 10, "maxPayloadSize": 100_000});
    })
}

fn attribute(wire: &Wire, ask: Ask, name: &str, edit: impl Fn(&mut Value)) -> Reply {
    let schemas = ask.in_("Schemas");
    let reply = wire.pass(ask);
    if !schemas {
        return reply;
    }
    reply.each(|schema| {
        for attribute in schema.get_mut("attributes").and_then(Value::as_array_mut).into_iter().flatten() {
            if attribute["name"] == name {
                edit(attribute);
            }
        }
    })
}
