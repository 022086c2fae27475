//! Answers written in one go. Most requests want the whole of a resource, and then what is stored need not be copied
//! attribute by attribute before it is written.
//!
//! Only where nothing departs from the schemas: a defect, a projection or a rule of the profile takes the longer way by
//! [`Service::show`], which comes to the same; debug builds compare the two.

use bytes::Bytes;
use scim_core::{
    list::ListResponse,
    project::Projection,
    schema::{Attribute, ResourceType, Returned},
    vendor::{Shown, WriteBody},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    service::Service,
    store::{Kind, Place, Record},
};

impl Service<'_> {
    /// The resource as JSON; `None` where it takes the longer way.
    pub(super) fn written(&self, record: &Record, projection: &Projection) -> Option<Bytes> {
        let left_out = self.left_out(record.kind, projection)?;
        let mut out = Vec::with_capacity(1024);
        self.write(record, &left_out, &mut out);
        Some(Bytes::from(out))
    }

    /// A page of a list as JSON; `None` where it takes the longer way.
    pub(super) fn written_page(
        &self,
        places: &[Place],
        projection: &Projection,
        page: ListResponse,
    ) -> Option<Bytes> {
        let records: Vec<&Record> = places.iter().filter_map(|place| self.store.at(*place)).collect();
        let first = records.first()?;
        // Lists of several kinds are rare.
        if records.last()?.kind != first.kind {
            return None;
        }
        let left_out = self.left_out(first.kind, projection)?;
        let page = ListResponse { items_per_page: page.items_per_page.map(|_| records.len()), ..page };
        let mut out = Vec::with_capacity(512 + 1024 * records.len());
        put(&mut out, &page);
        // `Resources` comes last, and is empty so far.
        out.truncate(out.len().saturating_sub(2));
        for (index, record) in records.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            self.write(record, &left_out, &mut out);
        }
        out.extend_from_slice(b"]}");
        Some(Bytes::from(out))
    }

    /// The attributes that are never returned, if that is all that has to be known.
    fn left_out(&self, kind: Kind, projection: &Projection) -> Option<Vec<&str>> {
        let Projection { attributes, excluded } = projection;
        let hides = kind == Kind::User && self.profile.attrs.iter().any(|rule| rule.shown == Shown::Never);
        let echoes = kind == Kind::User && self.profile.user.write_body == WriteBody::Echo;
        let plain = attributes.is_empty() && excluded.is_empty() && !hides && !echoes;
        (plain && self.provider.quirks.is_none()).then(|| never_returned(self.resource_type(kind))).flatten()
    }

    fn write(&self, record: &Record, left_out: &[&str], out: &mut Vec<u8>) {
        let start = out.len();
        let is_shown = |name: &str| {
            !record.overlay.contains_key(name)
                && !left_out.iter().any(|never| never.eq_ignore_ascii_case(name))
        };
        let mut object = Object::begin(out);
        if let Some(schemas) = record.data.get("schemas") {
            object.member("schemas", schemas);
        }
        object.member("id", &record.id);
        for (name, value) in record.data.iter().filter(|(name, _)| *name != "schemas" && is_shown(name)) {
            match name.as_str() {
                "members" if record.kind == Kind::Group => {
                    let members = value.as_array().and_then(|members| self.members(members));
                    if let Some(members) = members {
                        object.member(name, &members);
                    }
                }
                _ => object.member(name, value),
            }
        }
        if let Some(groups) = self.groups(record).filter(|_| is_shown("groups")) {
            object.member("groups", &groups);
        }
        for (name, value) in &record.overlay {
            object.member(name, value);
        }
        object.member("meta", &self.meta_of(record));
        object.end();
        debug_assert_eq!(
            serde_json::from_slice::<Map<String, Value>>(&out[start..]).ok(),
            Some(self.show(record, &Projection::default())),
        );
    }
}

/// A JSON object that is being written.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    separator: u8,
}

impl<'a> Object<'a> {
    fn begin(out: &'a mut Vec<u8>) -> Self {
        Self { out, separator: b'{' }
    }

    fn member(&mut self, name: &str, value: &impl Serialize) {
        self.out.push(self.separator);
        self.separator = b',';
        put(self.out, name);
        self.out.push(b':');
        put(self.out, value);
    }

    fn end(self) {
        if self.separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

fn put(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let start = out.len();
    // Writing to memory cannot fail, and what is stored came from JSON.
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

/// The attributes that are never returned; `None` if the default leaves out anything else.
fn never_returned(resource_type: &ResourceType) -> Option<Vec<&str>> {
    let shown = |attribute: &Attribute| matches!(attribute.returned, Returned::Always | Returned::Default);
    let whole = |attribute: &Attribute| attribute.sub_attributes.iter().all(shown);
    let attributes = &resource_type.schema.attributes;
    let extensions = resource_type.extensions.iter().flat_map(|extension| &extension.schema.attributes);
    let plain = attributes.iter().all(|one| one.returned != Returned::Request && whole(one))
        && extensions.clone().all(|one| shown(one) && whole(one));
    let never = attributes.iter().filter(|one| one.returned == Returned::Never);
    plain.then(|| never.map(|one| one.name.as_str()).collect())
}
