//! What the provider has stored, in the order in which it was created.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use scim_core::json;
use serde_json::{Map, Value};

/// The two kinds of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    User,
    Group,
}

/// One stored resource.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) kind: Kind,
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
}

impl Record {
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

#[derive(Debug, Default)]
pub(super) struct Store {
    records: BTreeMap<u64, Record>,
    by_id: HashMap<String, u64>,
    /// By the indexed attributes' text in lower case.
    by_text: HashMap<(&'static str, String), BTreeSet<u64>>,
    last: u64,
}

impl Store {
    pub(super) fn get(&self, id: &str) -> Option<&Record> {
        self.records.get(self.by_id.get(id)?)
    }

    /// To change anything but the data.
    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Record> {
        self.records.get_mut(self.by_id.get(id)?)
    }

    pub(super) fn insert(&mut self, record: Record) {
        self.last += 1;
        self.by_id.insert(record.id.clone(), self.last);
        self.records.insert(self.last, record);
        self.index(self.last, true);
    }

    /// Replaces the data of a resource.
    pub(super) fn set_data(&mut self, id: &str, data: Map<String, Value>) {
        let Some(place) = self.by_id.get(id).copied() else { return };
        self.index(place, false);
        if let Some(record) = self.records.get_mut(&place) {
            record.data = data;
        }
        self.index(place, true);
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
        let records = places.into_iter().flatten().filter_map(|place| self.records.get(place));
        Some(records.filter(move |record| record.kind == kind))
    }

    fn index(&mut self, place: u64, present: bool) {
        let Some(record) = self.records.get(&place) else { return };
        for name in INDEXED {
            let Some(text) = record.text(name) else { continue };
            let places = self.by_text.entry((name, text.to_lowercase())).or_default();
            if present {
                places.insert(place);
            } else {
                places.remove(&place);
            }
        }
    }

    /// Removes a resource, and its membership in every group.
    pub(super) fn remove(&mut self, id: &str) {
        if let Some(place) = self.by_id.remove(id) {
            self.index(place, false);
            self.records.remove(&place);
        }
        for group in self.records.values_mut().filter(|record| record.kind == Kind::Group) {
            change_members(group, |members| members.retain(|member| member_id(member) != Some(id)));
        }
    }

    /// Gives a resource another id, which no sound server does.
    pub(super) fn rename(&mut self, id: &str, new: &str) {
        let Some(place) = self.by_id.remove(id) else { return };
        self.by_id.insert(new.to_owned(), place);
        if let Some(record) = self.records.get_mut(&place) {
            record.id = new.to_owned();
        }
        for group in self.records.values_mut().filter(|record| record.kind == Kind::Group) {
            change_members(group, |members| {
                for member in members.iter_mut().filter(|member| member_id(member) == Some(id)) {
                    member["value"] = new.into();
                }
            });
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &Record> {
        self.all().filter(move |record| record.kind == kind)
    }

    /// Each member's groups, to render `groups` of many users at once.
    pub(super) fn groups_by_member(&self) -> HashMap<&str, Vec<&Record>> {
        let mut found: HashMap<&str, Vec<&Record>> = HashMap::new();
        for group in self.of(Kind::Group).filter(|group| !group.ghost) {
            for member in group.member_ids() {
                found.entry(member).or_default().push(group);
            }
        }
        found
    }
}

fn change_members(group: &mut Record, change: impl FnOnce(&mut Vec<Value>)) {
    let Some(Value::Array(members)) = group.data.get_mut("members") else { return };
    change(members);
    if members.is_empty() {
        group.data.shift_remove("members");
    }
}
