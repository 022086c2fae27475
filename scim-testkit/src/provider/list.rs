//! Lists and searches (RFC 7644 §3.4.2, §3.4.3).

use std::cmp::Ordering;

use jiff::Timestamp;
use scim_core::{
    error::ScimError,
    filter::{CompareOp, Filter, Literal, Matcher},
    json,
    list::ListResponse,
    path::AttrPath,
    query::ListQuery,
    reply::{Body, Reply},
    schema::{Kind as Type, ResourceType, Returned, Target},
};
use serde_json::{Map, Value};

use super::{
    Liberty,
    render::Wanted,
    service::Service,
    store::{Kind, Place, Record},
    vendor,
};

impl Service<'_> {
    pub(super) fn list(&mut self, kinds: &[Kind], mut query: ListQuery) -> Result<Reply, ScimError> {
        self.provider.quirks.query(&mut query);
        vendor::check_count(self.profile, query.count)?;
        if let Some(cursor) = query.cursor.take().filter(|_| self.profile.page.cursor) {
            return self.cursor_page(kinds, &cursor, &query);
        }
        let found = self.matching(kinds, &query)?;
        let (default, most) = self.page_sizes();
        let start = (query.first() - 1).min(found.len());
        let end = start.saturating_add(query.page_size(default, most)).min(found.len());
        let page = |resources| ListResponse::page(found.len(), query.first(), resources);
        let places = &found[start..end];
        if let Some(bytes) = self.written_page(places, &query.projection, page(Vec::new())) {
            return Ok(Reply { body: Body::Written(bytes), ..Reply::empty(200) });
        }
        Ok(Reply::json(200, page(self.show_all(places, &query)).into_json()))
    }

    /// Size of a page when the request does not say, and the largest.
    pub(super) fn page_sizes(&self) -> (usize, usize) {
        let page = &self.profile.page;
        let most = if self.provider.quirks.takes(Liberty::PageMax5) { page.max.min(5) } else { page.max };
        (page.default.min(most), most)
    }

    /// What matches, in order.
    pub(super) fn matching(&self, kinds: &[Kind], query: &ListQuery) -> Result<Vec<Place>, ScimError> {
        let mut found = Vec::new();
        for kind in kinds {
            self.find(*kind, query.filter.as_ref(), &mut found)?;
        }
        if let Some(path) = &query.sort_by {
            self.sort(&mut found, path, query.descending, kinds)?;
        }
        Ok(found.into_iter().map(Record::place).collect())
    }

    pub(super) fn show_all(&self, places: &[Place], query: &ListQuery) -> Vec<Value> {
        let records = places.iter().filter_map(|place| self.store.at(*place));
        records.map(|record| Value::Object(self.show(record, &query.projection))).collect()
    }

    fn find<'a>(
        &'a self,
        kind: Kind,
        filter: Option<&Filter>,
        found: &mut Vec<&'a Record>,
    ) -> Result<(), ScimError> {
        let shown = |record: &&Record| self.is_shown(record);
        let Some(filter) = filter else {
            found.extend(self.store.of(kind).filter(shown));
            return Ok(());
        };
        if !vendor::answers_filter(self.profile, kind, filter)? {
            return Ok(());
        }
        let stored = vendor::stored_filter(self.profile, kind, filter);
        let filter = stored.as_ref().unwrap_or(filter);
        let resource_type = self.resource_type(kind);
        let matcher: Matcher<'_> =
            filter.matcher(resource_type).map_err(|error| ScimError::invalid_filter(error.to_string()))?;
        let wanted = Wanted::by_filter(filter);
        let matches = |record: &&Record| {
            !self.provider.quirks.filter_misses(filter, record)
                && matcher.matches(&Value::Object(self.view(record, &wanted)))
        };
        // A look-up by name need not visit everybody.
        let named = required_text(filter, resource_type);
        let looked_up = named.and_then(|(name, text)| self.store.with_text(kind, name, text));
        match (named, looked_up) {
            (_, Some(records)) => found.extend(records.filter(shown).filter(matches)),
            (Some((name, text)), None) if name.eq_ignore_ascii_case("id") => {
                let one = self.store.get(text).filter(|record| record.kind == kind);
                found.extend(one.filter(shown).filter(matches));
            }
            _ => found.extend(self.store.of(kind).filter(shown).filter(matches)),
        }
        Ok(())
    }

    fn sort(
        &self,
        found: &mut Vec<&Record>,
        path: &AttrPath,
        descending: bool,
        kinds: &[Kind],
    ) -> Result<(), ScimError> {
        let types = || kinds.iter().map(|kind| self.resource_type(*kind));
        if !types().any(|resource_type| resource_type.resolve(path).is_some()) {
            return Err(ScimError::invalid_value(format!("sortBy: there is no attribute {path}")));
        }
        if !types().any(|resource_type| sorts(resource_type, path)) {
            let text = format!("sortBy: {path} has several parts; name one of them, as in name.familyName");
            return Err(ScimError::invalid_value(text));
        }
        let wanted = Wanted::by_path(path);
        let mut keyed: Vec<(Option<Key>, &Record)> = found
            .iter()
            .map(|record| {
                let view = self.view(record, &wanted);
                (key(&view, self.resource_type(record.kind), path), *record)
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

/// An attribute and the text that it must have, in any letter case, for the filter to match.
fn required_text<'a>(filter: &'a Filter, resource_type: &ResourceType) -> Option<(&'a str, &'a str)> {
    match filter {
        Filter::And(terms) => terms.iter().find_map(|term| required_text(term, resource_type)),
        Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) }
            if path.sub().is_none()
                && path.urn().is_none_or(|urn| urn.eq_ignore_ascii_case(&resource_type.schema.id)) =>
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
    Time(Timestamp),
    Text(String),
}

impl Key {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// Types that only a search of all resource types mixes.
    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Number(_) => 1,
            Self::Time(_) => 2,
            Self::Text(_) => 3,
        }
    }
}

/// Whether the path names one comparable value (§3.4.2.3: a complex attribute needs its sub-attribute).
fn sorts(resource_type: &ResourceType, path: &AttrPath) -> bool {
    let Some(resolved) = resource_type.resolve(path) else { return false };
    let Target::Attribute { attribute, sub } = resolved.target else { return false };
    sub.is_some() || attribute.kind != Type::Complex || attribute.sub("value").is_some()
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
    let decides = sub.unwrap_or(attribute);
    if [attribute.returned, decides.returned].contains(&Returned::Never) {
        // An order would tell it.
        return None;
    }
    match value {
        Value::Bool(flag) => Some(Key::Bool(*flag)),
        Value::Number(number) => number.as_f64().map(Key::Number),
        Value::String(text) => match text.parse() {
            Ok(time) if decides.kind == Type::DateTime => Some(Key::Time(time)),
            _ if decides.case_exact => Some(Key::Text(text.clone())),
            _ => Some(Key::Text(text.to_lowercase())),
        },
        _ => None,
    }
}
