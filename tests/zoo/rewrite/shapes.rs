//! How resources are written.

use scim_core::urn;
use serde_json::{Map, Value, json};

use crate::wire::Rule;

pub(super) const RULES: &[(&str, Rule)] = &[
    ("member-ids-are-numbers", |wire, ask| {
        wire.pass(ask).groups(|group| each_member(group, |member| member["value"] = 4711.into()))
    }),
    ("enterprise-at-top-level", |wire, ask| {
        wire.pass(ask).users(|user| {
            if let Some(Value::Object(data)) = user.shift_remove(urn::ENTERPRISE_USER) {
                user.extend(data);
            }
        })
    }),
    ("emails-are-strings", |wire, ask| {
        wire.pass(ask).users(|user| {
            for email in list(user, "emails") {
                *email = email["value"].clone();
            }
        })
    }),
    ("emails-lose-primary", |wire, ask| {
        wire.pass(ask).users(|user| {
            for email in list(user, "emails") {
                let value = email["value"].clone();
                if email["primary"] == true {
                    *email = value;
                }
            }
        })
    }),
    ("projection-drops-id", |wire, ask| {
        let asked = ask.param("attributes").is_some();
        wire.pass(ask).each(|one| {
            if asked {
                one.shift_remove("id");
            }
        })
    }),
    ("manager-is-string", |wire, ask| {
        wire.pass(ask).users(|user| {
            if let Some(manager) = user.get_mut(urn::ENTERPRISE_USER).and_then(|data| data.get_mut("manager"))
            {
                *manager = manager["value"].clone();
            }
        })
    }),
    ("manager-outside-extension", |wire, ask| {
        wire.pass(ask).users(|user| {
            let data = user.get_mut(urn::ENTERPRISE_USER).and_then(Value::as_object_mut);
            if let Some(manager) = data.and_then(|data| data.shift_remove("manager")) {
                user.insert("manager".to_owned(), manager);
            }
        })
    }),
    ("roles-are-strings", |wire, ask| {
        wire.pass(ask).users(|user| {
            user.insert("roles".to_owned(), json!(["member"]));
        })
    }),
    ("two-primaries", |wire, ask| {
        let sets = ask.has_op(|op| op.path.starts_with("emails") || op.value.to_string().contains("emails"));
        if sets {
            wire.note(ask.id());
        }
        wire.pass(ask).users(|user| {
            let touched = user.get("id").and_then(Value::as_str).is_some_and(|id| wire.noted(id));
            if touched && list(user, "emails").count() > 1 {
                list(user, "emails").for_each(|email| email["primary"] = true.into());
            }
        })
    }),
    ("email-type-never-stored", |wire, ask| {
        let ask = ask.edit(|body| {
            for email in body.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(email) = email.as_object_mut() {
                    email.shift_remove("type");
                }
            }
        });
        wire.pass(ask)
    }),
    ("title-cut", |wire, ask| {
        wire.pass(ask).users(|user| {
            if let Some(Value::String(title)) = user.get_mut("title") {
                *title = title.chars().take(4).collect();
            }
        })
    }),
    ("unicode-mangled", |wire, ask| {
        let text = String::from_utf8_lossy(&ask.body).into_owned();
        let broken: String =
            text.chars().map(|letter| if letter.is_ascii() { letter } else { '?' }).collect();
        let mut ask = ask;
        ask.body = broken.into_bytes().into();
        wire.pass(ask)
    }),
    ("schemas-of-version-one", |wire, ask| {
        wire.pass(ask).each(|one| {
            one.insert("schemas".to_owned(), json!(["urn:scim:schemas:core:1.0"]));
        })
    }),
];

pub(super) fn list<'u>(one: &'u mut Map<String, Value>, name: &str) -> impl Iterator<Item = &'u mut Value> {
    one.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

pub(super) fn each_member(group: &mut Map<String, Value>, edit: impl Fn(&mut Value)) {
    list(group, "members").for_each(edit);
}
