//! What the provider has stored, in the order in which it was created.
//!
//! Copies are cheap: a copy of a store shares its records. What changes is noted with what was there before, for the
//! journal and for whoever keeps the store on disk.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;
use scim_core::json;
use serde_json::{Map, Value};

/// The kinds of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    User,
    Group,
    /// A registered resource type, by its position.
    Custom(u16),
}

/// Where a resource is: lists go by kind, then by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) kind: Kind,
    number: u64,
}

/// One stored resource.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) kind: Kind,
    /// Its turn among all that were created; [`Store::insert`] gives it.
    pub(super) number: u64,
    pub(super) id: String,
    /// In canonical form, with `schemas`, without `id`, `meta` and `groups`.
    pub(super) data: Map<String, Value>,
    /// What a [`super::Defect`] shows instead of, or besides, the data.
    pub(super) overlay: Map<String, Value>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) version: u64,
    /// Whether SCIM created it or took it over; `false` for an account that the vendor has from elsewhere.
    pub(super) managed: bool,
    /// Deleted, and yet in lists; see [`super::Defect::DeletedStillListed`].
    pub(super) ghost: bool,
    /// How far the account is on its way to be used.
    pub(super) step: usize,
}

impl Record {
    pub(super) fn place(&self) -> Place {
        Place { kind: self.kind, number: self.number }
    }

    /// The same with other data; a clone would copy the old data first.
    fn with_data(&self, data: Map<String, Value>) -> Self {
        Self { data, id: self.id.clone(), overlay: self.overlay.clone(), ..*self }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        json::get(&self.data, name).and_then(Value::as_str)
    }

    pub(super) fn is_active(&self) -> bool {
        json::get(&self.data, "active").and_then(Value::as_bool) != Some(false)
    }

    /// The values of `members`.
    pub(super) fn member_ids(&self) -> impl Iterator<Item = &str> {
        let members =
            json::get(&self.data, "members").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        members.iter().filter_map(member_id)
    }
}

/// The id that one element of `members` names.
pub(super) fn member_id(member: &Value) -> Option<&str> {
    json::get(member.as_object()?, "value")?.as_str()
}

/// Attributes that identity providers look resources up by.
const INDEXED: [&str; 3] = ["userName", "displayName", "externalId"];

#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    records: BTreeMap<Place, Arc<Record>>,
    by_id: HashMap<String, Place>,
    /// By the indexed attributes' text in lower case.
    by_text: HashMap<(&'static str, String), Places>,
    /// The groups that name an id as their member.
    by_member: HashMap<String, Places>,
    last: u64,
    /// What was at each place before it was changed, the oldest first.
    touched: Vec<(Place, Option<Arc<Record>>)>,
}

/// One changed resource: `before` is absent from what is new, `after` from what is gone.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) before: Option<Arc<Record>>,
    pub(super) after: Option<Arc<Record>>,
}

impl Store {
    pub(super) fn get(&self, id: &str) -> Option<&Record> {
        self.at(*self.by_id.get(id)?)
    }

    pub(super) fn at(&self, place: Place) -> Option<&Record> {
        self.records.get(&place).map(|record| &**record)
    }

    /// To change anything but the data.
    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Record> {
        let place = *self.by_id.get(id)?;
        self.touch(place);
        self.records.get_mut(&place).map(Arc::make_mut)
    }

    pub(super) fn insert(&mut self, mut record: Record) {
        self.last += 1;
        record.number = self.last;
        record.data = tight(record.data);
        self.put(record.place(), Some(Arc::new(record)));
    }

    /// Puts back what was stored elsewhere, at its place.
    #[cfg(feature = "sqlite")]
    pub(super) fn load(&mut self, mut record: Record) {
        self.last = self.last.max(record.number);
        record.data = tight(record.data);
        self.put(record.place(), Some(Arc::new(record)));
        self.touched.clear();
    }

    /// Forgets all resources, but not how many there were.
    pub(super) fn clear(&mut self) {
        let places: Vec<Place> = self.records.keys().copied().collect();
        places.into_iter().for_each(|place| self.put(place, None));
    }

    /// What changed since it was last asked.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        let mut seen = HashSet::new();
        let touched = std::mem::take(&mut self.touched);
        let first = touched.into_iter().filter(|(place, _)| seen.insert(*place));
        let changes =
            first.map(|(place, before)| Change { before, after: self.records.get(&place).cloned() });
        changes.filter(|change| change.before != change.after).collect()
    }

    /// Takes changes back.
    #[cfg(feature = "sqlite")]
    pub(super) fn undo(&mut self, changes: &[Change]) {
        for Change { before, after } in changes {
            if let Some(place) = before.as_ref().or(after.as_ref()).map(|record| record.place()) {
                self.put(place, before.clone());
            }
        }
        self.touched.clear();
    }

    fn touch(&mut self, place: Place) {
        // A write changes the same resource several times in a row.
        if self.touched.last().is_none_or(|(last, _)| *last != place) {
            self.touched.push((place, self.records.get(&place).cloned()));
        }
    }

    /// Makes a place hold exactly this.
    fn put(&mut self, place: Place, record: Option<Arc<Record>>) {
        self.touch(place);
        self.index(place, false);
        if let Some(old) = self.records.remove(&place) {
            self.by_id.remove(&old.id);
        }
        if let Some(record) = record {
            self.by_id.insert(record.id.clone(), place);
            self.records.insert(place, record);
            self.index(place, true);
        }
    }

    /// Replaces the data of a resource.
    pub(super) fn set_data(&mut self, id: &str, data: Map<String, Value>) {
        let Some(place) = self.by_id.get(id).copied() else { return };
        self.touch(place);
        // Most changes are to what nobody looks up by.
        let moved = place.kind == Kind::Group
            || self.records.get(&place).is_none_or(|record| {
                let text = |name| json::get(&data, name).and_then(Value::as_str);
                INDEXED.iter().any(|name| record.text(name) != text(name))
            });
        if moved {
            self.index(place, false);
        }
        if let Some(record) = self.records.get_mut(&place) {
            *record = Arc::new(record.with_data(tight(data)));
        }
        if moved {
            self.index(place, true);
        }
    }

    /// The resources whose attribute has that text in any letter case; `None` if the attribute is not indexed.
    pub(super) fn with_text(
        &self,
        kind: Kind,
        name: &str,
        text: &str,
    ) -> Option<impl Iterator<Item = &Record>> {
        let name = INDEXED.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
        let places = self.by_text.get(&(name, text.to_lowercase()));
        let same_kind = places.into_iter().flat_map(Places::iter).filter(move |place| place.kind == kind);
        Some(same_kind.filter_map(|place| self.at(place)))
    }

    fn index(&mut self, place: Place, present: bool) {
        let Some(record) = self.records.get(&place).cloned() else { return };
        for name in INDEXED {
            let Some(text) = record.text(name) else { continue };
            change(&mut self.by_text, (name, text.to_lowercase()), place, present);
        }
        if place.kind == Kind::Group {
            for id in record.member_ids() {
                change(&mut self.by_member, id.to_owned(), place, present);
            }
        }
    }

    /// Removes a resource, and its membership in every group.
    pub(super) fn remove(&mut self, id: &str) {
        if let Some(place) = self.by_id.get(id).copied() {
            self.put(place, None);
        }
        self.remove_member(id);
    }

    /// Takes an id out of every group.
    pub(super) fn remove_member(&mut self, id: &str) {
        for place in self.by_member.remove(id).unwrap_or_default().iter() {
            self.change_members(place, |members| members.retain(|member| member_id(member) != Some(id)));
        }
    }

    /// Gives a resource another id, which no sound server does.
    pub(super) fn rename(&mut self, id: &str, new: &str) {
        let Some(place) = self.by_id.remove(id) else { return };
        self.touch(place);
        self.by_id.insert(new.to_owned(), place);
        if let Some(record) = self.records.get_mut(&place) {
            Arc::make_mut(record).id = new.to_owned();
        }
        let groups = self.by_member.remove(id).unwrap_or_default();
        for group in groups.iter() {
            self.change_members(group, |members| {
                for member in members.iter_mut().filter(|member| member_id(member) == Some(id)) {
                    member["value"] = new.into();
                }
            });
        }
        self.by_member.insert(new.to_owned(), groups);
    }

    /// Everything, in the order of creation.
    pub(super) fn all(&self) -> impl Iterator<Item = &Record> {
        let mut all: Vec<_> = self.records.iter().collect();
        all.sort_unstable_by_key(|(place, _)| place.number);
        all.into_iter().map(|(_, record)| &**record)
    }

    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &Record> {
        let whole = Place { kind, number: 0 }..=Place { kind, number: u64::MAX };
        self.records.range(whole).map(|(_, record)| &**record)
    }

    /// The groups that have the resource as a member.
    pub(super) fn groups_of(&self, id: &str) -> impl Iterator<Item = &Record> {
        let places = self.by_member.get(id).into_iter().flat_map(Places::iter);
        places.filter_map(|place| self.at(place)).filter(|group| !group.ghost)
    }

    /// Changes `members` without a look at the index.
    fn change_members(&mut self, place: Place, change: impl FnOnce(&mut Vec<Value>)) {
        self.touch(place);
        let Some(group) = self.records.get_mut(&place) else { return };
        let group = Arc::make_mut(group);
        let Some(Value::Array(members)) = group.data.get_mut("members") else { return };
        change(members);
        if members.is_empty() {
            group.data.shift_remove("members");
        }
    }
}

/// The same without room to grow. Recursion ends, since JSON that was read is no deeper than its reader allows.
fn tight(object: Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::with_capacity(object.len());
    for (mut name, value) in object {
        name.shrink_to_fit();
        out.insert(name, tight_value(value));
    }
    out
}

fn tight_value(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(tight(object)),
        Value::Array(elements) => {
            let mut elements: Vec<Value> = elements.into_iter().map(tight_value).collect();
            elements.shrink_to_fit();
            Value::Array(elements)
        }
        Value::String(mut text) => {
            text.shrink_to_fit();
            Value::String(text)
        }
        plain => plain,
    }
}

/// Places in order. Nearly all sets have one, and a set's allocation would outweigh it.
#[derive(Clone, Debug, Default)]
struct Places(Vec<Place>);

impl Places {
    fn iter(&self) -> impl Iterator<Item = Place> {
        self.0.iter().copied()
    }
}

/// Adds a place to, or takes it from, what is filed under the key.
fn change<K: std::hash::Hash + Eq>(index: &mut HashMap<K, Places>, key: K, place: Place, present: bool) {
    if present {
        let places = &mut index.entry(key).or_insert_with(|| Places(Vec::with_capacity(1))).0;
        if let Err(at) = places.binary_search(&place) {
            places.insert(at, place);
        }
        return;
    }
    let Some(places) = index.get_mut(&key) else { return };
    if let Ok(at) = places.0.binary_search(&place) {
        places.0.remove(at);
    }
    if places.0.is_empty() {
        index.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(kind: Kind, id: &str, data: Value) -> Record {
        Record {
            kind,
            number: 0,
            id: id.to_owned(),
            data: data.as_object().unwrap().clone(),
            overlay: Map::new(),
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            version: 1,
            managed: true,
            ghost: false,
            step: 0,
        }
    }

    fn ids<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<&'a str> {
        records.map(|record| record.id.as_str()).collect()
    }

    #[test]
    fn indexes_follow_every_change() {
        let mut store = Store::default();
        store.insert(record(Kind::Group, "g", json!({"displayName": "Eng", "members": [{"value": "a"}]})));
        store.insert(record(Kind::User, "a", json!({"userName": "Ada"})));
        store.insert(record(Kind::User, "b", json!({"userName": "ada"})));
        assert_eq!(ids(store.all()), ["g", "a", "b"]);
        assert_eq!(ids(store.of(Kind::User)), ["a", "b"]);
        assert_eq!(ids(store.with_text(Kind::User, "USERNAME", "ADA").unwrap()), ["a", "b"]);
        assert!(store.with_text(Kind::User, "title", "x").is_none());
        assert_eq!(ids(store.groups_of("a")), ["g"]);

        let shared = store.clone();
        store.set_data("a", json!({"userName": "grace"}).as_object().unwrap().clone());
        assert_eq!(ids(store.with_text(Kind::User, "userName", "ada").unwrap()), ["b"]);
        assert_eq!(ids(shared.with_text(Kind::User, "userName", "ada").unwrap()), ["a", "b"]);

        store.rename("a", "c");
        assert_eq!((ids(store.groups_of("a")), ids(store.groups_of("c"))), (vec![], vec!["g"]));
        assert_eq!(store.get("g").unwrap().data["members"], json!([{"value": "c"}]));
        store.remove("c");
        assert_eq!(store.get("g").unwrap().data.get("members"), None);
        assert_eq!(store.by_member.len(), 0);
        store.remove("b");
        store.remove("g");
        assert_eq!((store.by_text.len(), store.by_id.len(), store.records.len()), (0, 0, 0));
    }

    #[test]
    fn changes_are_told_once_each_with_what_was_before() {
        let mut store = Store::default();
        store.insert(record(Kind::User, "a", json!({"userName": "ada"})));
        store.insert(record(Kind::Group, "g", json!({"displayName": "Eng", "members": [{"value": "a"}]})));
        let told = |changes: &[Change]| -> Vec<(bool, bool)> {
            changes.iter().map(|change| (change.before.is_some(), change.after.is_some())).collect()
        };
        assert_eq!(told(&store.take_changes()), [(false, true), (false, true)]);
        assert_eq!(told(&store.take_changes()), []);
        store.get_mut("a").unwrap().managed = true;
        assert_eq!(told(&store.take_changes()), [], "it was managed before");
        store.remove("a");
        let changes = store.take_changes();
        assert_eq!(told(&changes), [(true, false), (true, true)]);
        assert_eq!(changes[0].before.as_ref().unwrap().text("userName"), Some("ada"));
        store.insert(record(Kind::User, "b", json!({"userName": "bob"})));
        store.remove("b");
        assert_eq!(told(&store.take_changes()), [], "it came and went");
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn what_is_undone_never_was() {
        let mut store = Store::default();
        store.insert(record(Kind::User, "a", json!({"userName": "ada"})));
        store.insert(record(Kind::Group, "g", json!({"displayName": "Eng", "members": [{"value": "a"}]})));
        store.take_changes();
        let before = format!("{:?}", store.records);
        store.remove("a");
        store.set_data("g", json!({"displayName": "Sales"}).as_object().unwrap().clone());
        store.insert(record(Kind::User, "b", json!({"userName": "bob"})));
        let changes = store.take_changes();
        store.undo(&changes);
        assert_eq!(format!("{:?}", store.records), before);
        assert_eq!(ids(store.groups_of("a")), ["g"]);
        assert_eq!(ids(store.with_text(Kind::Group, "displayName", "eng").unwrap()), ["g"]);
        assert_eq!(ids(store.with_text(Kind::User, "userName", "ada").unwrap()), ["a"]);
        assert!(store.get("b").is_none() && store.take_changes().is_empty());
    }
}
