//! Lists and searches (RFC 7644 §3.4.2, §3.4.3).

use std::{cmp::Ordering, collections::HashMap};

use scim_core::{
    error::ScimError,
    filter::{CompareOp, Filter, Literal, Matcher},
    json,
    list::ListResponse,
    path::AttrPath,
    query::ListQuery,
    reply::Reply,
    schema::{ResourceType, Target},
};
use serde_json::{Map, Value};

use super::{
    Liberty,
    render::groups_in,
    service::Service,
    store::{Kind, Record},
};

impl Service<'_> {
    pub(super) fn list(&self, kinds: &[Kind], mut query: ListQuery) -> Result<Reply, ScimError> {
        let quirks = &self.provider.quirks;
        quirks.query(&mut query);
        // Costly with large groups, and most look-ups do not ask.
        let index =
            || if kinds.contains(&Kind::User) { self.store.groups_by_member() } else { HashMap::new() };
        let mut groups = if mentions_groups(&query) { index() } else { HashMap::new() };
        let mut found = Vec::new();
        for kind in kinds {
            self.find(*kind, query.filter.as_ref(), &groups, &mut found)?;
        }
        if let Some(path) = &query.sort_by {
            self.sort(&mut found, path, query.descending, kinds, &groups)?;
        }
        let page = &self.provider.profile.page;
        let max = if quirks.takes(Liberty::PageMax5) { page.max.min(5) } else { page.max };
        let start = (query.first() - 1).min(found.len());
        let end = start.saturating_add(query.page_size(page.default, max)).min(found.len());
        if start < end {
            groups = index();
        }
        let resources = found[start..end]
            .iter()
            .map(|record| Value::Object(self.show(record, groups_in(&groups, record), &query.projection)))
            .collect();
        let list = ListResponse::page(found.len(), query.first(), resources);
        Ok(Reply::json(200, list.to_json()))
    }

    fn find<'a>(
        &'a self,
        kind: Kind,
        filter: Option<&Filter>,
        groups: &HashMap<&str, Vec<&'a Record>>,
        found: &mut Vec<&'a Record>,
    ) -> Result<(), ScimError> {
        let resource_type = self.resource_type(kind);
        let matcher: Option<Matcher<'_>> = filter
            .map(|filter| filter.matcher(resource_type))
            .transpose()
            .map_err(|error| ScimError::invalid_filter(error.to_string()))?;
        // A look-up by name need not visit everybody.
        let looked_up =
            filter.and_then(required_text).and_then(|(name, text)| self.store.with_text(kind, name, text));
        let candidates: Vec<&Record> = match looked_up {
            Some(records) => records.collect(),
            None => self.store.of(kind).collect(),
        };
        for record in candidates.into_iter().filter(|record| self.is_shown(record)) {
            let matches = match (filter, &matcher) {
                (Some(filter), Some(matcher)) => {
                    !self.provider.quirks.filter_misses(filter, record)
                        && matcher.matches(&Value::Object(self.render(record, groups_in(groups, record))))
                }
                _ => true,
            };
            if matches {
                found.push(record);
            }
        }
        Ok(())
    }

    fn sort(
        &self,
        found: &mut Vec<&Record>,
        path: &AttrPath,
        descending: bool,
        kinds: &[Kind],
        groups: &HashMap<&str, Vec<&Record>>,
    ) -> Result<(), ScimError> {
        if !kinds.iter().any(|kind| self.resource_type(*kind).resolve(path).is_some()) {
            return Err(ScimError::invalid_value(format!("sortBy: there is no attribute {path}")));
        }
        let mut keyed: Vec<(Option<Key>, &Record)> = found
            .iter()
            .map(|record| {
                let whole = self.render(record, groups_in(groups, record));
                (key(&whole, self.resource_type(record.kind), path), *record)
            })
            .collect();
        // §3.4.2.3: without a value, last when ascending and first when descending. Equal ones keep their order.
        keyed.sort_by(|(a, _), (b, _)| {
            let order = match (a, b) {
                (Some(a), Some(b)) => a.compare(b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            };
            if descending { order.reverse() } else { order }
        });
        *found = keyed.into_iter().map(|(_, record)| record).collect();
        Ok(())
    }
}

fn mentions_groups(query: &ListQuery) -> bool {
    let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
    let sort_by = query.sort_by.as_ref().map(ToString::to_string).unwrap_or_default();
    [filter, sort_by].iter().any(|text| text.to_ascii_lowercase().contains("groups"))
}

/// An attribute and the text that it must have, in any letter case, for the filter to match.
fn required_text(filter: &Filter) -> Option<(&str, &str)> {
    match filter {
        Filter::And(terms) => terms.iter().find_map(required_text),
        Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) }
            if path.urn().is_none() && path.sub().is_none() =>
        {
            Some((path.name(), text))
        }
        _ => None,
    }
}

/// What a resource is sorted by.
enum Key {
    Bool(bool),
    Number(f64),
    Text(String),
}

impl Key {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Bool(_), _) | (Self::Number(_), Self::Text(_)) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }
}

/// Of a multi-valued attribute the primary value counts, else the first (§3.4.2.3).
fn key(resource: &Map<String, Value>, resource_type: &ResourceType, path: &AttrPath) -> Option<Key> {
    let resolved = resource_type.resolve(path)?;
    let Target::Attribute { attribute, sub } = resolved.target else { return None };
    let holder = match resolved.extension {
        Some(schema) => json::get(resource, &schema.id)?.as_object()?,
        None => resource,
    };
    let value = match json::get(holder, &attribute.name)? {
        Value::Array(values) => {
            values.iter().find(|value| value["primary"] == true).or_else(|| values.first())?
        }
        other => other,
    };
    let value = match value {
        Value::Object(object) => json::get(object, sub.map_or("value", |sub| &sub.name))?,
        other => other,
    };
    match value {
        Value::Bool(flag) => Some(Key::Bool(*flag)),
        Value::Number(number) => number.as_f64().map(Key::Number),
        Value::String(text) if sub.unwrap_or(attribute).case_exact => Some(Key::Text(text.clone())),
        Value::String(text) => Some(Key::Text(text.to_lowercase())),
        _ => None,
    }
}
