//! Queries: filters, pages, projections.

use serde_json::Value;

use crate::wire::{Ask, Reply, Rule, Wire, answer, error, no_results, refused};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("filter-first-clause-only", |wire, ask| {
        let first = |filter: String| filter.split(" and ").next().unwrap_or_default().to_owned();
        wire.pass(ask.refilter("Users", first))
    }),
    ("filter-malformed-finds-all", |wire, ask| {
        let reply = wire.pass(ask.clone());
        if ask.filter().is_some() && reply.status == 400 { wire.pass(ask.set("filter", None)) } else { reply }
    }),
    ("filter-operators-case-sensitive", |wire, ask| {
        let capitals =
            ask.filter().is_some_and(|filter| filter.contains(" EQ ") || filter.starts_with("USERNAME"));
        if capitals && ask.at("GET", "Users") { answer(200, &no_results()) } else { wire.pass(ask) }
    }),
    ("filter-groups-ignored", |wire, ask| {
        let ask = if ask.at("GET", "Groups") { ask.set("filter", None) } else { ask };
        wire.pass(ask)
    }),
    ("filter-external-id-refused", |wire, ask| {
        let asks = ask.filter().is_some_and(|filter| filter.starts_with("externalId"));
        if asks { refused(400, "invalidFilter") } else { wire.pass(ask) }
    }),
    ("filter-operator-server-error", |wire, ask| {
        let asks = ask
            .filter()
            .is_some_and(|filter| [" ne ", " co ", " gt ", " ew "].iter().any(|op| filter.contains(op)));
        if asks { error(500) } else { wire.pass(ask) }
    }),
    ("filter-value-path-refused", |wire, ask| {
        if ask.filter().is_some_and(|filter| filter.contains('[')) {
            refused(400, "invalidFilter")
        } else {
            wire.pass(ask)
        }
    }),
    ("filter-unknown-attribute-finds-all", |wire, ask| {
        let known =
            ["userName", "externalId", "displayName", "id", "emails", "urn", "(", "not", "USERNAME", "name"];
        let unknown = ask.filter().is_some_and(|filter| !known.iter().any(|start| filter.starts_with(start)));
        let ask = if unknown { ask.set("filter", None) } else { ask };
        wire.pass(ask)
    }),
    ("filter-by-regular-expression", |wire, ask| {
        let exact = |filter: &str| {
            filter
                .strip_prefix("userName eq \"")
                .and_then(|rest| rest.strip_suffix('"'))
                .is_some_and(|it| !it.contains('"'))
        };
        let other = ask.filter().is_some_and(|filter| !exact(&filter));
        if other && ask.at("GET", "Users") { answer(200, &no_results()) } else { wire.pass(ask) }
    }),
    ("filter-groups-by-wildcard", |wire, ask| {
        wire.pass(ask.refilter("Groups", |filter| filter.replacen("displayName eq", "displayName co", 1)))
    }),
    ("filter-users-by-beginning", |wire, ask| {
        wire.pass(ask.refilter("Users", |filter| filter.replacen("userName eq", "userName sw", 1)))
    }),
    ("filter-by-internal-column", |wire, ask| {
        wire.pass(ask.refilter("Users", |filter| filter.replacen("userName eq", "id eq", 1)))
    }),
    ("filter-value-decoded-twice", |wire, ask| {
        let both = |wire: &Wire, ask: Ask, collection: &str| {
            wire.pass(ask.refilter(collection, |filter| filter.replace('+', " ")))
        };
        if ask.at("GET", "Groups") { both(wire, ask, "Groups") } else { both(wire, ask, "Users") }
    }),
    ("filter-apostrophe-server-error", |wire, ask| {
        if ask.filter().is_some_and(|filter| filter.contains('\'')) { error(500) } else { wire.pass(ask) }
    }),
    ("filter-groups-twice", |wire, ask| {
        let filters = ask.filter().is_some() && ask.at("GET", "Users");
        let reply = wire.pass(ask);
        if !filters {
            return reply;
        }
        reply.relist(|list| {
            if let Some(mut other) = list.first().cloned() {
                other["id"] = "another".into();
                list.push(other);
            }
        })
    }),
    ("list-empty", |wire, ask| {
        let all = ask.at("GET", "Users") && ask.filter().is_none();
        if all { answer(200, &no_results()) } else { wire.pass(ask) }
    }),
    ("list-twice", |wire, ask| {
        let lists = ask.at("GET", "Users");
        let reply = wire.pass(ask);
        if lists { reply.relist(|list| list.extend(list.clone())) } else { reply }
    }),
    ("list-zero-based", |wire, ask| {
        let start =
            ask.param("startIndex").and_then(|start| start.parse::<u64>().ok()).filter(|start| *start > 0);
        match start {
            Some(start) if ask.is("GET") => {
                let later = (start + 1).to_string();
                wire.pass(ask.set("startIndex", Some(&later))).edit(|page| page["startIndex"] = start.into())
            }
            _ => wire.pass(ask),
        }
    }),
    ("list-start-index-zero", |wire, ask| {
        let lists = ask.at("GET", "Users") || ask.at("GET", "Groups");
        let reply = wire.pass(ask);
        if lists { reply.edit(|page| page["startIndex"] = 0.into()) } else { reply }
    }),
    ("list-count-zero-refused", |wire, ask| {
        if ask.param("count").as_deref() == Some("0") { error(400) } else { wire.pass(ask) }
    }),
    ("list-negative-count-unlimited", |wire, ask| {
        let negative = ask.param("count").is_some_and(|count| count.starts_with('-'));
        let ask = if negative { ask.set("count", None) } else { ask };
        wire.pass(ask)
    }),
    ("list-order-changes", |wire, ask| {
        if !ask.at("GET", "Users") || ask.filter().is_some() {
            return wire.pass(ask);
        }
        let order = if wire.count("pages") % 2 == 0 { "ascending" } else { "descending" };
        wire.pass(ask.set("sortBy", Some("userName")).set("sortOrder", Some(order)))
    }),
    ("list-capped", |wire, ask| {
        let lists = ask.at("GET", "Users") && ask.filter().is_none();
        let reply = wire.pass(ask);
        if lists { capped(reply) } else { reply }
    }),
    ("list-without-inactive", |wire, ask| {
        let all = ask.at("GET", "Users") && ask.filter().is_none();
        let ask = if all { ask.set("filter", Some("active eq true")) } else { ask };
        wire.pass(ask)
    }),
    ("search-negative-count-server-error", |wire, ask| {
        let negative = ask.searches() && ask.json()["count"].as_i64().is_some_and(|count| count < 0);
        if negative { error(500) } else { wire.pass(ask) }
    }),
    ("search-without-count-server-error", |wire, ask| {
        let without = ask.searches() && ask.json().get("count").is_none();
        if without { error(500) } else { wire.pass(ask) }
    }),
    ("search-ignores-filter", |wire, ask| {
        let ask = if ask.searches() {
            ask.edit(|body| drop(body.as_object_mut().map(|body| body.shift_remove("filter"))))
        } else {
            ask
        };
        wire.pass(ask)
    }),
    ("sort-ignored", |wire, ask| {
        wire.pass(if ask.param("sortBy").is_some() { ask.set("sortBy", None) } else { ask })
    }),
    ("groups-hidden", |wire, ask| {
        if !ask.at("GET", "Groups") {
            return wire.pass(ask);
        }
        let reply = wire.pass(ask);
        reply.edit(|page| {
            page["Resources"] = Value::Array(Vec::new());
            page["totalResults"] = 0.into();
            page["itemsPerPage"] = 0.into();
        })
    }),
];

fn capped(reply: Reply) -> Reply {
    reply.edit(|page| {
        if page["totalResults"].as_u64().is_some_and(|total| total > 2) {
            page["totalResults"] = 2.into();
            if let Some(list) = page["Resources"].as_array_mut() {
                list.truncate(2);
                let here = list.len();
                page["itemsPerPage"] = here.into();
            }
        }
    })
}
