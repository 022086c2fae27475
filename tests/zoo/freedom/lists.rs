//! Lists, filters, and other people who write.

use http::Method;
use scim_core::urn;
use serde_json::json;

use crate::wire::{Ask, Reply, Rule, Wire, error, refused};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("no-resources-when-none", |wire, ask| {
        wire.pass(ask).edit(|page| {
            if page["totalResults"] == 0
                && let Some(page) = page.as_object_mut()
            {
                for name in ["Resources", "startIndex", "itemsPerPage"] {
                    page.shift_remove(name);
                }
            }
        })
    }),
    ("no-numbers-on-a-whole-list", |wire, ask| {
        wire.pass(ask).edit(|page| {
            let all = page["Resources"].as_array().map(Vec::len);
            if all.is_some_and(|all| page["totalResults"] == all)
                && let Some(page) = page.as_object_mut()
            {
                page.shift_remove("startIndex");
                page.shift_remove("itemsPerPage");
            }
        })
    }),
    ("list-with-more-members", |wire, ask| {
        wire.pass(ask).edit(|page| {
            if page.get("Resources").is_some() {
                page["x-total"] = 1.into();
                page["schemas"]
                    .as_array_mut()
                    .into_iter()
                    .for_each(|list| list.push("urn:example:list".into()));
            }
        })
    }),
    ("members-left-out-of-lists", |wire, ask| {
        let lists = ask.at("GET", "Groups");
        wire.pass(ask).groups(|group| {
            if lists {
                group.shift_remove("members");
            }
        })
    }),
    ("page-of-one", |wire, ask| {
        let some = ask.param("count").as_deref() != Some("0")
            && !ask.param("count").is_some_and(|it| it.starts_with('-'));
        let lists = ask.at("GET", "Users") || ask.at("GET", "Groups");
        let ask = if lists && some { ask.set("count", Some("1")) } else { ask };
        wire.pass(ask)
    }),
    ("newest-first", |wire, ask| wire.pass(newest(ask))),
    ("others-write", |wire, ask| {
        traffic(wire, 7);
        wire.pass(ask)
    }),
    ("others-write-newest-first", |wire, ask| {
        traffic(wire, 5);
        wire.pass(newest(ask))
    }),
    ("others-write-while-a-list-is-read", |wire, ask| {
        if ask.at("GET", "Users") && ask.filter().is_none() {
            traffic(wire, 1);
        }
        wire.pass(ask)
    }),
    ("others-write-groups-while-a-list-is-read", |wire, ask| {
        if ask.at("GET", "Groups") && ask.filter().is_none() {
            let number = wire.count("groups");
            let body = json!({"schemas": [urn::GROUP], "displayName": format!("Foreign {number}")});
            wire.ask(&Method::POST, "/Groups", Some(&body));
        }
        wire.pass(newest(ask))
    }),
    ("total-is-an-estimate-while-others-write", |wire, ask| {
        traffic(wire, 3);
        let lists = ask.at("GET", "Users") && ask.filter().is_none();
        let more = wire.count("estimates") % 3;
        let reply = wire.pass(ask);
        if lists {
            reply.edit(|page| {
                page["totalResults"] = (page["totalResults"].as_u64().unwrap_or_default() + more).into();
            })
        } else {
            reply
        }
    }),
    ("filters-eq-and-and-only", |wire, ask| {
        let words =
            [" sw ", " co ", " ew ", " ne ", " gt ", " ge ", " lt ", " le ", " pr", " or ", "not ", "[", "("];
        let other =
            ask.filter().is_some_and(|filter| words.iter().any(|word| filter.to_lowercase().contains(word)));
        if other { refused(400, "invalidFilter") } else { wire.pass(ask) }
    }),
    ("filters-eq-only-501", |wire, ask| {
        let words =
            [" sw ", " co ", " ew ", " ne ", " gt ", " ge ", " lt ", " le ", " pr", " or ", "not ", "[", "("];
        let other =
            ask.filter().is_some_and(|filter| words.iter().any(|word| filter.to_lowercase().contains(word)));
        if other { error(501) } else { wire.pass(ask) }
    }),
    ("filter-unknown-attribute-refused", |wire, ask| {
        if ask.filter().is_some_and(|filter| filter.contains("noSuch")) {
            refused(400, "invalidFilter")
        } else {
            wire.pass(ask)
        }
    }),
    ("external-id-filter-refused", |wire, ask| {
        if ask.filter().is_some_and(|filter| filter.starts_with("externalId")) {
            refused(400, "invalidFilter")
        } else {
            wire.pass(ask)
        }
    }),
    ("lists-only-filtered", |wire, ask| {
        let all = (ask.at("GET", "Users") || ask.at("GET", "Groups")) && ask.filter().is_none();
        if all && ask.param("count").as_deref() != Some("1") {
            refused(400, "tooMany")
        } else {
            wire.pass(ask)
        }
    }),
    ("no-sort", |wire, ask| {
        let config = ask.in_("ServiceProviderConfig");
        if ask.param("sortBy").is_some() {
            return error(501);
        }
        let reply = wire.pass(ask);
        if config { reply.edit(|config| config["sort"]["supported"] = false.into()) } else { reply }
    }),
    ("no-cursor", |wire, ask| {
        if ask.param("cursor").is_some() {
            return error(400);
        }
        let config = ask.in_("ServiceProviderConfig");
        let reply = wire.pass(ask);
        if config {
            reply.edit(|config| config["pagination"] = json!({"cursor": false, "index": true}))
        } else {
            reply
        }
    }),
    ("count-zero-with-empty-list", |wire, ask| {
        let none = ask.param("count").as_deref() == Some("0");
        let reply = wire.pass(ask);
        if none && reply.ok() { reply.edit(|page| page["Resources"] = json!([])) } else { reply }
    }),
];

fn newest(ask: Ask) -> Ask {
    let lists = ask.at("GET", "Users") || ask.at("GET", "Groups");
    if lists && ask.param("sortBy").is_none() {
        return ask.set("sortBy", Some("meta.created")).set("sortOrder", Some("descending"));
    }
    ask
}

/// Every so many requests somebody else makes a user; every third time, one is deleted.
fn traffic(wire: &Wire, every: usize) {
    let asked = wire.notes().asked;
    if !asked.is_multiple_of(every) {
        return;
    }
    let number = wire.count("foreign");
    let body =
        json!({"schemas": [urn::USER], "userName": format!("foreign{number}@corp.test"), "active": true});
    let made: Reply = wire.ask(&Method::POST, "/Users", Some(&body));
    wire.note(made.json()["id"].as_str().unwrap_or_default());
    if number.is_multiple_of(3) {
        let first = wire.notes().words.remove(0);
        wire.ask(&Method::DELETE, &format!("/Users/{first}"), None);
    }
}
