//! Resources as the provider shows them: data, and what it computes (RFC 7643 §3.1, §4.1.2, §4.2).

use std::collections::HashMap;

use scim_core::{
    call::encode,
    json,
    project::Projection,
    reply::Reply,
    vendor::{ListScope, MembersRead},
};
use serde_json::{Map, Value, json};

use super::{
    Defect,
    service::{Service, etag},
    store::{Kind, Record, member_id},
};

impl Service<'_> {
    /// Whether SCIM shows the resource at all.
    pub(super) fn is_shown(&self, record: &Record) -> bool {
        let in_scope = record.managed || self.provider.profile.user.list_scope == ListScope::All;
        let hidden = self.provider.quirks.has(Defect::InactiveHidden) && !record.is_active();
        record.kind == Kind::Group || (in_scope && !hidden)
    }

    pub(super) fn location(&self, kind: Kind, id: &str) -> String {
        format!("{}{}/{}", self.base, self.resource_type(kind).endpoint, encode(id))
    }

    pub(super) fn reply(&self, status: u16, record: &Record, projection: &Projection) -> Reply {
        let shown = self.show(record, &self.groups_of(record), projection);
        Reply { etag: Some(etag(record.version)), ..Reply::json(status, Value::Object(shown)) }
    }

    pub(super) fn groups_of(&self, record: &Record) -> Vec<&Record> {
        if record.kind == Kind::Group {
            return Vec::new();
        }
        let has = |group: &&Record| !group.ghost && group.member_ids().any(|id| id == record.id);
        self.store.of(Kind::Group).filter(has).collect()
    }

    /// What an answer has of the resource.
    pub(super) fn show(
        &self,
        record: &Record,
        groups: &[&Record],
        projection: &Projection,
    ) -> Map<String, Value> {
        let whole = self.render(record, groups);
        let mut shown = projection.apply(&whole, self.resource_type(record.kind));
        self.provider.quirks.shown(record, &mut shown);
        shown
    }

    /// The whole resource, the password included.
    pub(super) fn render(&self, record: &Record, groups: &[&Record]) -> Map<String, Value> {
        let mut out = Map::with_capacity(record.data.len() + 3);
        if let Some(schemas) = record.data.get("schemas") {
            out.insert("schemas".to_owned(), schemas.clone());
        }
        out.insert("id".to_owned(), record.id.as_str().into());
        for (name, value) in record.data.iter().filter(|(name, _)| *name != "schemas") {
            match (name.as_str(), value) {
                ("members", Value::Array(members)) => {
                    let never = self.provider.profile.group.members_read == MembersRead::Never
                        || self.provider.quirks.has(Defect::MembersNeverReturned);
                    if !never {
                        out.insert(name.clone(), members.iter().map(|member| self.member(member)).collect());
                    }
                }
                _ => {
                    out.insert(name.clone(), value.clone());
                }
            }
        }
        if !groups.is_empty() {
            let groups: Vec<Value> = groups.iter().map(|group| self.group_of_user(group)).collect();
            out.insert("groups".to_owned(), groups.into());
        }
        for (name, value) in &record.overlay {
            out.insert(name.clone(), value.clone());
        }
        out.insert("meta".to_owned(), self.meta(record));
        out
    }

    fn meta(&self, record: &Record) -> Value {
        json!({
            "resourceType": self.resource_type(record.kind).name,
            "created": format!("{:.3}", record.created),
            "lastModified": format!("{:.3}", record.modified),
            "location": self.location(record.kind, &record.id),
            "version": etag(record.version),
        })
    }

    /// A member, with what the client left out.
    fn member(&self, member: &Value) -> Value {
        let mut member = member.clone();
        let found = member_id(&member).and_then(|id| self.store.get(id));
        if let (Some(found), Some(object)) = (found, member.as_object_mut()) {
            if json::get(object, "$ref").is_none() {
                object.insert("$ref".to_owned(), self.location(found.kind, &found.id).into());
            }
            if json::get(object, "display").is_none()
                && let Some(display) = display(found)
            {
                object.insert("display".to_owned(), display.into());
            }
        }
        member
    }

    fn group_of_user(&self, group: &Record) -> Value {
        json!({
            "value": group.id,
            "$ref": self.location(Kind::Group, &group.id),
            "display": display(group),
            "type": "direct",
        })
    }
}

/// The groups of one user out of an index of all.
pub(super) fn groups_in<'a>(index: &'a HashMap<&str, Vec<&'a Record>>, record: &Record) -> &'a [&'a Record] {
    match record.kind {
        Kind::User => index.get(record.id.as_str()).map_or(&[], Vec::as_slice),
        Kind::Group => &[],
    }
}

fn display(record: &Record) -> Option<&str> {
    record.text("displayName").or_else(|| record.text("userName"))
}
