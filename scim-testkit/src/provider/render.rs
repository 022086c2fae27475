//! Resources as the provider shows them: data, and what it computes (RFC 7643 §3.1, §4.1.2, §4.2).

use scim_core::{
    call::encode,
    filter::Filter,
    json,
    path::AttrPath,
    project::Projection,
    reply::{Body, Reply},
    schema::{ResourceType, Returned},
    vendor::{InactiveMembers, ListScope, MembersRead, ProjectionOf},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Defect,
    service::{Service, etag},
    store::{Kind, Record, member_id},
    vendor,
};

/// The attributes that somebody looks at, so that the others need not be copied.
#[derive(Debug)]
pub(super) enum Wanted {
    All,
    Some {
        /// Top-level names, in any letter case.
        names: Vec<String>,
        /// Whether whole extensions belong to it.
        extensions: bool,
    },
    /// All but this top-level name, in any letter case.
    Except(&'static str),
}

impl Wanted {
    pub(super) fn by_path(path: &AttrPath) -> Self {
        Self::Some { names: vec![path.name().to_owned()], extensions: path.urn().is_some() }
    }

    pub(super) fn by_filter(filter: &Filter) -> Self {
        let (mut names, mut extensions) = (Vec::new(), false);
        let mut open = vec![filter];
        while let Some(filter) = open.pop() {
            let path = match filter {
                Filter::And(terms) | Filter::Or(terms) => {
                    open.extend(terms);
                    continue;
                }
                Filter::Not(inner) => {
                    open.push(inner);
                    continue;
                }
                Filter::Compare { path, .. } | Filter::Present { path } => path,
                Filter::ValuePath { attr, .. } => attr,
            };
            names.push(path.name().to_owned());
            extensions |= path.urn().is_some();
        }
        Self::Some { names, extensions }
    }

    /// Without the members of a group, if the projection leaves them out: a large group has thousands.
    fn by_projection(projection: &Projection, resource_type: &ResourceType) -> Self {
        let members = |path: &AttrPath| {
            path.urn().is_none() && path.sub().is_none() && path.name().eq_ignore_ascii_case("members")
        };
        // Not where a schema has them shown in any case.
        let goes =
            resource_type.attribute("members").is_some_and(|found| found.returned == Returned::Default);
        if goes && projection.excluded.iter().any(members) { Self::Except("members") } else { Self::All }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Except(left_out) => !left_out.eq_ignore_ascii_case(name),
            Self::Some { names, extensions } => {
                (*extensions && name.contains(':'))
                    || names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
            }
        }
    }
}

/// RFC 7643 §3.1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta<'a> {
    resource_type: &'a str,
    created: String,
    last_modified: String,
    location: String,
    version: String,
}

impl Service<'_> {
    /// Whether SCIM shows the resource at all.
    pub(super) fn is_shown(&self, record: &Record) -> bool {
        let in_scope = record.managed || self.profile.user.list_scope == ListScope::All;
        let hidden = self.provider.quirks.has(Defect::InactiveHidden) && !record.is_active();
        record.kind != Kind::User || (in_scope && !hidden)
    }

    pub(super) fn location(&self, kind: Kind, id: &str) -> String {
        format!("{}{}/{}", self.base, self.resource_type(kind).endpoint, encode(id))
    }

    pub(super) fn reply(&self, status: u16, record: &Record, projection: &Projection) -> Reply {
        let body = match self.written(record, projection) {
            Some(bytes) => Body::Written(bytes),
            None => Body::Json(Value::Object(self.show(record, projection))),
        };
        Reply { status, location: None, etag: Some(etag(record.version)), body }
    }

    /// What an answer has of the resource.
    pub(super) fn show(&self, record: &Record, projection: &Projection) -> Map<String, Value> {
        let everything = Projection::default();
        let ignored = self.profile.page.projection == ProjectionOf::None;
        let projection = if ignored { &everything } else { projection };
        let resource_type = self.resource_type(record.kind);
        let whole = self.view(record, &Wanted::by_projection(projection, resource_type));
        let mut shown = projection.apply_to(whole, resource_type);
        vendor::hide(self.profile, record.kind, &mut shown);
        self.provider.quirks.shown(record, &mut shown);
        shown
    }

    /// The resource, the password included, as far as it is wanted.
    pub(super) fn view(&self, record: &Record, wanted: &Wanted) -> Map<String, Value> {
        let mut out = match wanted {
            Wanted::All | Wanted::Except(_) => Map::with_capacity(record.data.len() + 3),
            Wanted::Some { .. } => Map::new(),
        };
        if let Some(schemas) = record.data.get("schemas").filter(|_| wanted.has("schemas")) {
            out.insert("schemas".to_owned(), schemas.clone());
        }
        if wanted.has("id") {
            out.insert("id".to_owned(), record.id.as_str().into());
        }
        for (name, value) in record.data.iter().filter(|(name, _)| *name != "schemas" && wanted.has(name)) {
            match (name.as_str(), value) {
                ("members", Value::Array(members)) if record.kind == Kind::Group => {
                    if let Some(members) = self.members(members) {
                        out.insert(name.clone(), members);
                    }
                }
                _ => {
                    out.insert(name.clone(), value.clone());
                }
            }
        }
        if wanted.has("groups")
            && let Some(groups) = self.groups(record)
        {
            out.insert("groups".to_owned(), groups);
        }
        for (name, value) in record.overlay.iter().filter(|(name, _)| wanted.has(name)) {
            out.insert(name.clone(), value.clone());
        }
        if wanted.has("meta") {
            out.insert("meta".to_owned(), self.meta(record));
        }
        out
    }

    fn meta(&self, record: &Record) -> Value {
        // Plain texts, so this cannot fail.
        serde_json::to_value(self.meta_of(record)).unwrap_or_default()
    }

    pub(super) fn meta_of(&self, record: &Record) -> Meta<'_> {
        Meta {
            resource_type: &self.resource_type(record.kind).name,
            created: format!("{:.3}", record.created),
            last_modified: format!("{:.3}", record.modified),
            location: self.location(record.kind, &record.id),
            version: etag(record.version),
        }
    }

    /// The groups of a user, if there are any.
    pub(super) fn groups(&self, record: &Record) -> Option<Value> {
        if record.kind != Kind::User {
            return None;
        }
        let mut groups = self.store.groups_of(&record.id).peekable();
        groups.peek()?;
        Some(groups.map(|group| self.group_of_user(group)).collect())
    }

    /// The members of a group as far as they are shown, if they are.
    pub(super) fn members(&self, members: &[Value]) -> Option<Value> {
        let never = self.profile.group.members_read == MembersRead::Never
            || self.provider.quirks.has(Defect::MembersNeverReturned);
        let shown = members.iter().filter(|member| self.shows_member(member));
        (!never).then(|| shown.map(|member| self.member(member)).collect())
    }

    fn shows_member(&self, member: &Value) -> bool {
        self.profile.group.inactive_members == InactiveMembers::Show
            || member_id(member).and_then(|id| self.store.get(id)).is_none_or(Record::is_active)
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

fn display(record: &Record) -> Option<&str> {
    record.text("displayName").or_else(|| record.text("userName"))
}
