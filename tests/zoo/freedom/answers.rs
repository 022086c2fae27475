//! How resources and documents are written.

use scim_core::urn;
use serde_json::{Map, Value, json};

use crate::wire::{Ask, Reply, Rule, Wire};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("own-extension", |wire, ask| {
        wire.pass(ask).each(|one| {
            let own = "urn:example:params:scim:schemas:extension:2.0:Thing";
            if let Some(Value::Array(schemas)) = one.get_mut("schemas") {
                schemas.insert(0, own.into());
            }
            one.insert(own.to_owned(), json!({"number": 1, "list": [{"deep": null}], "2": false}));
            one.insert("x-own".to_owned(), true.into());
        })
    }),
    ("display-name-derived", |wire, ask| {
        wire.pass(ask).users(|user| {
            let part = |name: &str| user.get("name")?.get(name)?.as_str().map(str::to_owned);
            if let Some((given, family)) = part("givenName").zip(part("familyName")) {
                user.insert("displayName".to_owned(), format!("{family}, {given}").into());
            }
        })
    }),
    ("formatted-derived", |wire, ask| {
        wire.pass(ask).users(|user| {
            let family = user.get("name").and_then(|name| name["familyName"].as_str()).map(str::to_owned);
            if let Some(family) = family {
                user["name"]["formatted"] = format!("Computed, {family}").into();
            }
        })
    }),
    ("formatted-dropped", |wire, ask| {
        wire.pass(ask).users(|user| {
            if let Some(Value::Object(name)) = user.get_mut("name") {
                name.shift_remove("formatted");
            }
        })
    }),
    ("unassigned-as-null", |wire, ask| {
        wire.pass(ask).users(|user| {
            for name in
                ["nickName", "title", "ims", "name", "preferredLanguage", urn::ENTERPRISE_USER, "emails"]
            {
                user.entry(name.to_owned()).or_insert(Value::Null);
            }
        })
    }),
    ("unassigned-as-empty-list", |wire, ask| {
        let projected = ask.param("attributes").is_some() || ask.param("excludedAttributes").is_some();
        wire.pass(ask).each(|one| {
            let names: &[&str] = if one.contains_key("userName") {
                &["emails", "phoneNumbers", "groups", "roles"]
            } else {
                &["members"]
            };
            for name in names.iter().filter(|_| !projected) {
                one.entry((*name).to_owned()).or_insert_with(|| json!([]));
            }
        })
    }),
    ("excluded-as-empty-list", |wire, ask| {
        let excluded = ask.param("excludedAttributes").is_some();
        wire.pass(ask).each(|one| {
            let name = if one.contains_key("userName") { "emails" } else { "members" };
            if excluded {
                one.entry(name.to_owned()).or_insert_with(|| json!([]));
            }
        })
    }),
    ("members-null-when-empty", |wire, ask| {
        wire.pass(ask).groups(|group| {
            if group.get("members").is_none_or(|members| *members == json!([])) {
                group.insert("members".to_owned(), Value::Null);
            }
        })
    }),
    ("keys-in-other-order", |wire, ask| wire.pass(ask).edit(|body| *body = turned(body))),
    ("pretty-and-escaped", |wire, ask| {
        let reply = wire.pass(ask);
        match reply.json() {
            Value::Null => reply,
            json => {
                let text = serde_json::to_string_pretty(&json).unwrap_or_default().replace('/', "\\/");
                reply.text(format!("\r\n  {text}\n"))
            }
        }
    }),
    ("ascii-only", |wire, ask| {
        let reply = wire.pass(ask);
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let mut units = [0; 2];
        let mut escaped = String::new();
        for letter in text.chars() {
            if letter.is_ascii() {
                escaped.push(letter);
            } else {
                letter
                    .encode_utf16(&mut units)
                    .iter()
                    .for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}")));
            }
        }
        reply.text(escaped)
    }),
    ("names-in-other-case", |wire, ask| {
        wire.pass(ask).users(|user| {
            for (name, other) in
                [("displayName", "DisplayName"), ("active", "Active"), ("name", "NAME"), ("id", "Id")]
            {
                if let Some(value) = user.shift_remove(name) {
                    user.insert(other.to_owned(), value);
                }
            }
        })
    }),
    ("names-in-lower-case", |wire, ask| wire.pass(ask).edit(|body| *body = renamed(body, str::to_lowercase))),
    ("names-with-capital", |wire, ask| {
        wire.pass(ask).edit(|body| {
            *body = renamed(body, |name| {
                let (first, rest) = name.split_at(usize::from(name.is_char_boundary(1)));
                first.to_uppercase() + rest
            });
        })
    }),
    ("user-name-lower-case", |wire, ask| {
        wire.pass(ask).users(|user| change(user, "userName", str::to_lowercase))
    }),
    ("user-name-upper-case", |wire, ask| {
        wire.pass(ask).users(|user| change(user, "userName", str::to_uppercase))
    }),
    ("values-in-other-case", |wire, ask| {
        wire.pass(ask).each(|one| {
            change(one, "displayName", str::to_uppercase);
            change(one, "title", str::to_uppercase);
            if let Some(Value::Object(name)) = one.get_mut("name") {
                change(name, "familyName", str::to_uppercase);
            }
        })
    }),
    ("email-lower-case", |wire, ask| {
        wire.pass(ask).users(|user| each(user, "emails", |mail| change(mail, "value", str::to_lowercase)))
    }),
    ("email-type-capital", |wire, ask| {
        wire.pass(ask)
            .users(|user| each(user, "emails", |mail| change(mail, "type", |it| it.replacen('w', "W", 1))))
    }),
    ("email-with-display", |wire, ask| {
        wire.pass(ask).users(|user| {
            each(user, "emails", |mail| {
                let value = mail.get("value").cloned().unwrap_or_default();
                mail.insert("display".to_owned(), value);
                mail.entry("primary").or_insert(Value::Bool(false));
            });
        })
    }),
    ("email-of-the-server", |wire, ask| {
        wire.pass(ask).users(|user| {
            if let Some(Value::Array(mails)) = user.get_mut("emails").filter(|mails| **mails != json!([])) {
                mails.push(json!({"value": "alias@example.org", "type": "other"}));
            }
        })
    }),
    ("phone-canonical", |wire, ask| {
        wire.pass(ask).users(|user| {
            each(user, "phoneNumbers", |phone| {
                change(phone, "value", |it| {
                    let digits: String =
                        it.chars().map(|c| if c.is_ascii_digit() || c == '+' { c } else { '-' }).collect();
                    format!("tel:{digits}")
                });
            });
        })
    }),
    ("enterprise-listed-without-data", |wire, ask| {
        wire.pass(ask).users(|user| {
            if let Some(Value::Array(schemas)) = user.get_mut("schemas")
                && !schemas.contains(&urn::ENTERPRISE_USER.into())
            {
                schemas.push(urn::ENTERPRISE_USER.into());
            }
        })
    }),
    ("manager-with-display", |wire, ask| {
        wire.pass(ask).users(|user| {
            if let Some(manager) = user.get_mut(urn::ENTERPRISE_USER).and_then(|it| it.get_mut("manager"))
                && manager.is_object()
            {
                manager["displayName"] = "Boss".into();
                manager["$ref"] = "../Users/1".into();
            }
        })
    }),
    ("members-with-display", |wire, ask| {
        wire.pass(ask).groups(|group| {
            each(group, "members", |member| {
                member.insert("display".to_owned(), "someone".into());
                member.insert("type".to_owned(), "User".into());
                member.insert("$ref".to_owned(), "../Users/1".into());
            });
        })
    }),
    ("members-in-other-order", |wire, ask| {
        wire.pass(ask).groups(|group| {
            if let Some(Value::Array(members)) = group.get_mut("members") {
                members.reverse();
            }
        })
    }),
    ("groups-of-everyone", |wire, ask| {
        wire.pass(ask).users(|user| {
            user.insert(
                "groups".to_owned(),
                json!([{"value": "all", "display": "Everyone", "type": "indirect"}]),
            );
        })
    }),
    ("default-roles", |wire, ask| {
        let asked = ask.param("attributes").is_some();
        wire.pass(ask).users(|user| {
            if !asked {
                let roles = user.entry("roles").or_insert_with(|| json!([]));
                roles.as_array_mut().into_iter().for_each(|roles| roles.push(json!({"value": "member"})));
                user.insert("entitlements".to_owned(), json!([{"value": "basic"}]));
            }
        })
    }),
    ("defaults-of-the-server", |wire, ask| {
        let asked = ask.param("attributes").is_some();
        wire.pass(ask).users(|user| {
            for (name, value) in
                [("userType", "Employee"), ("locale", "en-US"), ("timezone", "UTC"), ("nickName", "nn")]
            {
                if !asked {
                    user.entry(name).or_insert_with(|| value.into());
                }
            }
        })
    }),
    ("meta-without-times", |wire, ask| {
        wire.pass(ask).each(|one| {
            if let Some(Value::Object(meta)) = one.get_mut("meta") {
                meta.shift_remove("created");
                meta.shift_remove("lastModified");
            }
        })
    }),
    ("meta-times-with-offset", |wire, ask| {
        wire.pass(ask).each(|one| {
            if let Some(Value::Object(meta)) = one.get_mut("meta") {
                meta.insert("created".to_owned(), "2026-01-02T05:00:00.1234567+01:00".into());
                meta.insert("lastModified".to_owned(), "2026-01-02T05:00:00-05:30".into());
            }
        })
    }),
    ("meta-version-without-header", |wire, ask| wire.pass(ask).without_header("etag")),
    ("etag-without-meta-version", |wire, ask| {
        wire.pass(ask).each(|one| {
            if let Some(Value::Object(meta)) = one.get_mut("meta") {
                meta.shift_remove("version");
            }
        })
    }),
    ("no-etag", |wire, ask| {
        let config = ask.in_("ServiceProviderConfig");
        let reply =
            wire.pass(ask.without_header("if-match").without_header("if-none-match")).without_header("etag");
        let reply = reply.each(|one| {
            if let Some(Value::Object(meta)) = one.get_mut("meta") {
                meta.shift_remove("version");
            }
        });
        if config { reply.edit(|config| config["etag"]["supported"] = false.into()) } else { reply }
    }),
    ("strong-etag", |wire, mut ask| {
        for name in ["if-match", "if-none-match"] {
            if let Some(tag) = ask.header(name)
                && let Ok(weak) = format!("W/{}", tag.trim_start_matches("W/")).parse()
                && !tag.contains("stale")
            {
                ask.headers.insert(name, weak);
            }
        }
        let reply = wire.pass(ask);
        let tag =
            reply.headers.get("etag").and_then(|tag| tag.to_str().ok()).map(|tag| tag.replace("W/", ""));
        let reply = match tag {
            Some(tag) => reply.header("etag", &tag),
            None => reply,
        };
        reply.each(|one| {
            if let Some(Value::Object(meta)) = one.get_mut("meta") {
                change(meta, "version", |tag| tag.replace("W/", ""));
            }
        })
    }),
    ("location-behind-proxy", |wire, ask| {
        located(wire, ask, |text| {
            text.replace("http://localhost/scim/v2", "https://public.example.com/t1/scim/v2")
        })
    }),
    ("location-with-query", |wire, ask| located(wire, ask, |text| format!("{text}?tenant=1"))),
    ("location-scheme-capital", |wire, ask| {
        located(wire, ask, |text| text.replacen("http://", "HTTP://", 1))
    }),
    ("location-header-relative", |wire, ask| {
        let reply = wire.pass(ask);
        let header = reply
            .headers
            .get("location")
            .and_then(|it| it.to_str().ok())
            .map(|it| it.replace("http://localhost", ""));
        match header {
            Some(header) => reply.header("location", &header),
            None => reply,
        }
    }),
    ("no-discovery-documents", |wire, ask| {
        let document = ["ServiceProviderConfig", "Schemas", "ResourceTypes"].iter().any(|name| ask.in_(name));
        if document { crate::wire::page(404, "<h1>Not Found</h1>") } else { wire.pass(ask) }
    }),
    ("discovery-says-little", |wire, ask| {
        let config = ask.in_("ServiceProviderConfig");
        let reply = wire.pass(ask);
        if !config {
            return reply;
        }
        reply.edit(|config| {
            config["sort"]["supported"] = false.into();
            config["etag"]["supported"] = false.into();
            config["changePassword"]["supported"] = false.into();
            config["bulk"] = json!({"supported": false, "maxOperations": 0, "maxPayloadSize": 0});
            config["pagination"] = json!({"cursor": false, "index": true});
        })
    }),
    ("discovery-extra-schemas", |wire, ask| {
        let schemas = ask.at("GET", "Schemas");
        let reply = wire.pass(ask);
        if !schemas {
            return reply;
        }
        reply.relist(|list| {
            let own = json!({
                "schemas": [urn::SCHEMA], "id": "urn:example:2.0:Device", "name": "Device",
                "attributes": [{"name": "serial", "type": "string", "x-note": 1}],
            });
            list.insert(0, own);
        })
    }),
    ("discovery-in-pages-of-all", |wire, ask| {
        let list = ask.at("GET", "Schemas") || ask.at("GET", "ResourceTypes");
        let reply = wire.pass(ask);
        if !list {
            return reply;
        }
        reply.edit(|page| {
            page.as_object_mut().into_iter().for_each(|page| {
                page.shift_remove("startIndex");
                page.shift_remove("itemsPerPage");
            });
        })
    }),
    ("discovery-refuses-filters", |wire, ask| {
        let document = ["ServiceProviderConfig", "Schemas", "ResourceTypes"].iter().any(|name| ask.in_(name));
        if document && ask.filter().is_some() { crate::wire::error(403) } else { wire.pass(ask) }
    }),
    ("schema-email-required", |wire, ask| {
        let schemas = ask.in_("Schemas");
        let without = ask.at("POST", "Users")
            && ask.json().is_object()
            && ask.json()["emails"].as_array().is_none_or(Vec::is_empty);
        if without {
            return crate::wire::refused(400, "invalidValue");
        }
        let reply = wire.pass(ask);
        if schemas { schema(reply, "emails", |mails| mails["required"] = true.into()) } else { reply }
    }),
    ("schema-without-title", |wire, ask| {
        let schemas = ask.in_("Schemas");
        let reply = wire.pass(ask);
        if !schemas {
            return reply.users(|user| {
                user.shift_remove("title");
            });
        }
        reply.each(|schema| {
            if let Some(Value::Array(attributes)) = schema.get_mut("attributes") {
                attributes.retain(|attribute| attribute["name"] != "title");
            }
        })
    }),
    ("schema-without-enterprise", |wire, ask| {
        let (schemas, types) = (ask.at("GET", "Schemas"), ask.in_("ResourceTypes"));
        let reply = wire.pass(ask);
        if schemas {
            return reply.relist(|list| list.retain(|schema| schema["id"] != urn::ENTERPRISE_USER));
        }
        if types {
            return reply.each(|one| drop(one.shift_remove("schemaExtensions")));
        }
        reply.users(|user| {
            user.shift_remove(urn::ENTERPRISE_USER);
            if let Some(Value::Array(schemas)) = user.get_mut("schemas") {
                schemas.retain(|schema| *schema != urn::ENTERPRISE_USER);
            }
        })
    }),
];

fn change(object: &mut Map<String, Value>, name: &str, change: impl Fn(&str) -> String) {
    if let Some(Value::String(text)) = object.get_mut(name) {
        *text = change(text);
    }
}

fn each(object: &mut Map<String, Value>, name: &str, edit: impl Fn(&mut Map<String, Value>)) {
    let list = object.get_mut(name).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut).for_each(edit);
}

fn schema(reply: Reply, name: &str, edit: impl Fn(&mut Value)) -> Reply {
    reply.each(|schema| {
        for attribute in schema.get_mut("attributes").and_then(Value::as_array_mut).into_iter().flatten() {
            if attribute["name"] == name && attribute["multiValued"] == true {
                edit(attribute);
            }
        }
    })
}

fn located(wire: &Wire, ask: Ask, change: impl Fn(&str) -> String) -> Reply {
    let reply = wire.pass(ask);
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

/// The same value with the members of each object the other way round.
fn turned(json: &Value) -> Value {
    match json {
        Value::Array(list) => list.iter().map(turned).collect(),
        Value::Object(object) => {
            object.iter().rev().map(|(name, value)| (name.clone(), turned(value))).collect()
        }
        other => other.clone(),
    }
}

/// The same value with other names, but for those that are URNs.
fn renamed(json: &Value, change: fn(&str) -> String) -> Value {
    let name = |name: &String| if name.starts_with("urn:") { name.clone() } else { change(name) };
    match json {
        Value::Array(list) => list.iter().map(|one| renamed(one, change)).collect(),
        Value::Object(object) => {
            object.iter().map(|(key, value)| (name(key), renamed(value, change))).collect()
        }
        other => other.clone(),
    }
}
