//! The requests on resources (RFC 7644 §3): read, create, replace, patch, delete.

use jiff::Timestamp;
use scim_core::{
    call::Call,
    error::ScimError,
    json, patch,
    project::Projection,
    reply::Reply,
    schema::{Mutability, ResourceType},
    urn, validate,
    vendor::{Deactivate, Delete, Existing, IdForm, Operation, UnknownMember, WriteBody},
};
use serde_json::{Map, Value};

use super::{
    Defect, Liberty, Provider, World,
    personality::{apply_grants, check_domain, conflict, twin},
    store::{Kind, Record, Store, member_id},
};

/// One request's view of the provider.
pub(super) struct Service<'a> {
    pub(super) provider: &'a Provider,
    pub(super) store: &'a mut Store,
    pub(super) world: &'a mut World,
    pub(super) base: &'a str,
}

impl Service<'_> {
    pub(super) fn answer(&mut self, call: Call) -> Result<Reply, ScimError> {
        match call {
            Call::Get { endpoint, id, projection, if_none_match } => {
                let kind = self.kind(&endpoint, Operation::Get)?;
                self.get(kind, &id, projection, if_none_match.as_deref())
            }
            Call::List { endpoint, query } => {
                let kind = self.kind(&endpoint, Operation::List)?;
                self.list(&[kind], query)
            }
            Call::Search { endpoint: Some(endpoint), query } => {
                let kind = self.kind(&endpoint, Operation::Search)?;
                self.list(&[kind], query)
            }
            Call::Search { endpoint: None, query } => {
                let kinds: Vec<Kind> = self
                    .kinds()
                    .into_iter()
                    .filter(|kind| self.ops(*kind).contains(&Operation::Search))
                    .collect();
                self.list(&kinds, query)
            }
            Call::Create { endpoint, resource, projection } => {
                let kind = self.kind(&endpoint, Operation::Create)?;
                self.create(kind, resource, projection)
            }
            Call::Replace { endpoint, id, resource, projection, if_match } => {
                let kind = self.kind(&endpoint, Operation::Replace)?;
                self.precondition(kind, &id, if_match.as_deref())?;
                self.replace(kind, &id, resource, projection)
            }
            Call::Patch { endpoint, id, patch, projection, if_match } => {
                let kind = self.kind(&endpoint, Operation::Patch)?;
                self.precondition(kind, &id, if_match.as_deref())?;
                self.patch(kind, &id, patch, projection)
            }
            Call::Delete { endpoint, id, if_match } => {
                let kind = self.kind(&endpoint, Operation::Delete)?;
                self.precondition(kind, &id, if_match.as_deref())?;
                self.delete(kind, &id)
            }
            Call::ServiceProviderConfig => Ok(Reply::json(200, self.service_provider_config())),
            Call::ResourceTypes { name } => self.resource_types(name.as_deref()),
            Call::Schemas { id } => self.schemas(id.as_deref()),
            _ => Err(ScimError::plain(501, "the request is not supported")),
        }
    }

    /// The kinds of resource that the profile has.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        [Kind::User, Kind::Group].into_iter().filter(|kind| !self.ops(*kind).is_empty()).collect()
    }

    pub(super) fn ops(&self, kind: Kind) -> &[Operation] {
        match kind {
            Kind::User => &self.provider.profile.user.ops,
            Kind::Group => &self.provider.profile.group.ops,
        }
    }

    pub(super) fn resource_type(&self, kind: Kind) -> &ResourceType {
        self.provider.resource_type(kind)
    }

    fn kind(&self, endpoint: &str, operation: Operation) -> Result<Kind, ScimError> {
        if matches!(endpoint, "Me" | "Bulk") {
            return Err(ScimError::plain(501, format!("/{endpoint} is not supported")));
        }
        let named = |kind: &Kind| self.resource_type(*kind).endpoint.trim_start_matches('/') == endpoint;
        let kind = self
            .kinds()
            .into_iter()
            .find(named)
            .ok_or_else(|| ScimError::plain(404, format!("there is no endpoint /{endpoint}")))?;
        if self.ops(kind).contains(&operation) {
            Ok(kind)
        } else {
            Err(ScimError::plain(405, format!("/{endpoint} does not support this request")))
        }
    }

    fn visible(&self, kind: Kind, id: &str) -> Result<&Record, ScimError> {
        self.store
            .get(id)
            .filter(|record| record.kind == kind && !record.ghost && self.is_shown(record))
            .ok_or_else(|| ScimError::plain(404, format!("there is no {kind:?} {id}")))
    }

    /// RFC 7644 §3.14; entity tags are weak here, so they compare weakly.
    fn precondition(&self, kind: Kind, id: &str, if_match: Option<&str>) -> Result<(), ScimError> {
        let record = self.visible(kind, id)?;
        match if_match {
            Some(tags) if !lists_tag(tags, record.version) => {
                Err(ScimError::plain(412, format!("the version is now {}", etag(record.version))))
            }
            _ => Ok(()),
        }
    }

    fn get(
        &self,
        kind: Kind,
        id: &str,
        mut projection: Projection,
        if_none_match: Option<&str>,
    ) -> Result<Reply, ScimError> {
        let record = self.visible(kind, id)?;
        if if_none_match.is_some_and(|tags| lists_tag(tags, record.version)) {
            return Ok(Reply { etag: Some(etag(record.version)), ..Reply::empty(304) });
        }
        self.provider.quirks.projection(&mut projection);
        Ok(self.reply(200, record, &projection))
    }

    fn create(
        &mut self,
        kind: Kind,
        mut resource: Value,
        projection: Projection,
    ) -> Result<Reply, ScimError> {
        let provider = self.provider;
        provider.quirks.resource(kind, None, &mut resource)?;
        let mut data = validate::accept(
            &resource,
            self.resource_type(kind),
            validate::Operation::Create,
            &provider.tolerances,
        )?;
        self.settle(kind, None, &mut data)?;
        if kind == Kind::User {
            check_domain(&provider.profile, &data)?;
        }
        let adopt = provider.profile.conflict.existing == Existing::AdoptUnmanaged;
        let taken =
            self.twin(kind, &data, None).map(|(record, name)| (record.id.clone(), record.managed, name));
        let id = match taken {
            Some((id, false, _)) if adopt => {
                self.store_changed(&id, data);
                id
            }
            Some((_, _, name)) if !provider.quirks.has(Defect::DuplicateAccepted) => {
                return Err(conflict(kind, &name));
            }
            _ => self.insert(kind, data, true),
        };
        if let Some(record) = self.store.get_mut(&id) {
            record.managed = true;
        }
        let record = self.visible_or_hidden(&id)?;
        let mut reply = self.reply(201, record, &projection);
        if provider.profile.user.write_body == WriteBody::None && kind == Kind::User {
            reply.body = scim_core::reply::Body::Empty;
        }
        reply.location = Some(self.location(kind, &id));
        Ok(reply)
    }

    fn replace(
        &mut self,
        kind: Kind,
        id: &str,
        mut resource: Value,
        projection: Projection,
    ) -> Result<Reply, ScimError> {
        let provider = self.provider;
        let before = self.visible(kind, id)?.clone();
        provider.quirks.resource(kind, Some(&before), &mut resource)?;
        let resource_type = self.resource_type(kind);
        let mut data =
            validate::accept(&resource, resource_type, validate::Operation::Replace, &provider.tolerances)?;
        check_immutable(resource_type, &before.data, &data)?;
        // What a client cannot read back, it cannot send again.
        for name in ["password", "active"] {
            if let (false, Some(value)) = (data.contains_key(name), before.data.get(name)) {
                data.insert(name.to_owned(), value.clone());
            }
        }
        self.settle(kind, Some(&before.data), &mut data)?;
        self.refuse_twin(kind, &data, id)?;
        if provider.quirks.has(Defect::PutChangesId) {
            let new = self.new_id(kind);
            self.store.rename(id, &new);
            return Ok(self.commit(&new, data, &projection, 200));
        }
        let mut reply = self.commit(id, data, &projection, 200);
        if provider.profile.user.write_body == WriteBody::None && kind == Kind::User {
            reply = Reply { etag: reply.etag, ..Reply::empty(204) };
        }
        Ok(reply)
    }

    fn patch(
        &mut self,
        kind: Kind,
        id: &str,
        mut message: Value,
        projection: Projection,
    ) -> Result<Reply, ScimError> {
        let provider = self.provider;
        let before = self.visible(kind, id)?.clone();
        let plan = provider.quirks.patch(kind, &before, &mut message)?;
        if !plan.overlay.is_empty()
            && let Some(record) = self.store.get_mut(id)
        {
            for (name, value) in plan.overlay {
                match value {
                    Value::Null => record.overlay.shift_remove(&name),
                    value => record.overlay.insert(name, value),
                };
            }
        }
        let data =
            if plan.nothing_left { before.data.clone() } else { self.patched(kind, &before, &message)? };
        let status = match (kind, provider.quirks.takes(Liberty::Patch204)) {
            (_, true) => 204,
            (Kind::User, _) => provider.profile.user.patch_status,
            (Kind::Group, _) => provider.profile.group.patch_status,
        };
        // §3.5.2: whoever names attributes gets them.
        let status = if projection.attributes.is_empty() { status } else { 200 };
        Ok(self.commit(id, data, &projection, status))
    }

    fn patched(
        &mut self,
        kind: Kind,
        before: &Record,
        message: &Value,
    ) -> Result<Map<String, Value>, ScimError> {
        let provider = self.provider;
        let mut tolerances = provider.tolerances.clone();
        if provider.quirks.has(Defect::ValuePathCreateRefused) {
            tolerances.create_on_absent = false;
        }
        if provider.quirks.has(Defect::ManagerStringRefused) {
            tolerances.manager_string = false;
        }
        // With what the server itself keeps, so that a client may repeat it.
        let mut whole = before.data.clone();
        let rendered = self.render(before, &self.groups_of(before));
        for name in ["id", "meta", "groups"] {
            if let Some(value) = rendered.get(name) {
                whole.insert(name.to_owned(), value.clone());
            }
        }
        let mut data = patch::apply(&whole, message, self.resource_type(kind), &tolerances)?.resource;
        for name in ["id", "meta", "groups"] {
            data.shift_remove(name);
        }
        self.settle(kind, Some(&before.data), &mut data)?;
        self.refuse_twin(kind, &data, &before.id)?;
        Ok(data)
    }

    fn delete(&mut self, kind: Kind, id: &str) -> Result<Reply, ScimError> {
        let provider = self.provider;
        let soft = provider.profile.life.delete == Delete::Soft && kind == Kind::User;
        if provider.quirks.has(Defect::DeleteNoEffect) {
            return Ok(Reply::empty(204));
        }
        if provider.quirks.has(Defect::DeletedStillListed) {
            if let Some(record) = self.store.get_mut(id) {
                record.ghost = true;
            }
        } else if soft {
            let mut data = self.visible(kind, id)?.data.clone();
            data.insert("active".to_owned(), false.into());
            self.store_changed(id, data);
        } else {
            self.store.remove(id);
        }
        Ok(Reply::empty(204))
    }

    /// Brings data into the form in which it is stored: defaults, grants, members.
    fn settle(
        &self,
        kind: Kind,
        before: Option<&Map<String, Value>>,
        data: &mut Map<String, Value>,
    ) -> Result<(), ScimError> {
        self.provider.quirks.stored(kind, before, data);
        match kind {
            Kind::User => {
                // RFC 7643 §4.1.1 leaves the default to the server; identity providers read `active`.
                if !data.contains_key("active") {
                    data.insert("active".to_owned(), true.into());
                }
                apply_grants(&self.provider.profile, self.resource_type(kind), data)
            }
            Kind::Group => self.settle_members(data),
        }
    }

    /// Members exist, once each, and say of which type they are.
    fn settle_members(&self, data: &mut Map<String, Value>) -> Result<(), ScimError> {
        let Some(Value::Array(members)) = data.shift_remove("members") else { return Ok(()) };
        let mut seen = std::collections::HashSet::new();
        let mut kept = Vec::with_capacity(members.len());
        for mut member in members {
            let id = member_id(&member)
                .ok_or_else(|| ScimError::invalid_value("members: every member needs a value"))?
                .to_owned();
            let Some(found) = self.store.get(&id).filter(|record| !record.ghost) else {
                if self.provider.profile.group.unknown_member == UnknownMember::Skip {
                    continue;
                }
                return Err(ScimError::invalid_value(format!("members: there is no resource {id}")));
            };
            if let Some(object) = member.as_object_mut()
                && json::get(object, "type").is_none()
            {
                object.insert("type".to_owned(), self.resource_type(found.kind).name.as_str().into());
            }
            if seen.insert(id) {
                kept.push(member);
            }
        }
        if !kept.is_empty() {
            data.insert("members".to_owned(), kept.into());
        }
        Ok(())
    }

    fn twin(&self, kind: Kind, data: &Map<String, Value>, own_id: Option<&str>) -> Option<(&Record, String)> {
        let profile = &self.provider.profile;
        let unique = match kind {
            Kind::User => &profile.conflict.on,
            Kind::Group => &profile.group.unique,
        };
        twin(self.store, self.resource_type(kind), kind, unique, data, own_id)
    }

    fn refuse_twin(&self, kind: Kind, data: &Map<String, Value>, own_id: &str) -> Result<(), ScimError> {
        match self.twin(kind, data, Some(own_id)) {
            Some((_, name)) => Err(conflict(kind, &name)),
            None => Ok(()),
        }
    }

    /// Stores new data of a resource, lets the profile have its way with deactivation, and answers.
    fn commit(&mut self, id: &str, data: Map<String, Value>, projection: &Projection, status: u16) -> Reply {
        self.store_changed(id, data);
        let Some(record) = self.store.get(id) else { return Reply::empty(204) };
        let reply = match status {
            204 => Reply { etag: Some(etag(record.version)), ..Reply::empty(204) },
            status => self.reply(status, record, projection),
        };
        let deletes = self.provider.profile.life.deactivate == Deactivate::Delete
            || self.provider.quirks.has(Defect::DeactivateDeletes);
        if record.kind == Kind::User && !record.is_active() && deletes {
            self.store.remove(id);
        }
        reply
    }

    /// A new version, if the data differs.
    pub(super) fn store_changed(&mut self, id: &str, data: Map<String, Value>) {
        if self.store.get(id).is_none_or(|record| record.data == data) {
            return;
        }
        self.store.set_data(id, data);
        if let Some(record) = self.store.get_mut(id) {
            record.version += 1;
            record.modified = now(self.world);
        }
    }

    pub(super) fn insert(&mut self, kind: Kind, data: Map<String, Value>, managed: bool) -> String {
        let id = self.new_id(kind);
        let created = now(self.world);
        self.store.insert(Record {
            kind,
            id: id.clone(),
            data,
            overlay: Map::new(),
            created,
            modified: created,
            version: 1,
            managed,
            ghost: false,
        });
        id
    }

    fn new_id(&mut self, kind: Kind) -> String {
        let profile = &self.provider.profile;
        let form = match kind {
            Kind::User => profile.user.id,
            Kind::Group => profile.group.id,
        };
        let quirks = &self.provider.quirks;
        let number = self.world.ids.next_id();
        if form == IdForm::Number || quirks.has(Defect::IdNumber) || quirks.takes(Liberty::NumericIds) {
            // Eleven digits at most: a number that every JSON reader holds exactly.
            return (number % 100_000_000_000).to_string();
        }
        uuid(number)
    }

    /// After a create that a defect hides at once.
    fn visible_or_hidden(&self, id: &str) -> Result<&Record, ScimError> {
        self.store.get(id).ok_or_else(|| ScimError::plain(500, "the new resource is gone"))
    }
}

pub(super) fn etag(version: u64) -> String {
    format!("W/\"{version}\"")
}

fn lists_tag(tags: &str, version: u64) -> bool {
    let own = format!("\"{version}\"");
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == own)
}

fn now(world: &mut World) -> Timestamp {
    Timestamp::try_from(world.clock.now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Version 4 in form.
fn uuid(number: u128) -> String {
    let hex = format!("{number:032x}");
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// An immutable attribute keeps the value that it has (RFC 7644 §3.5.1).
fn check_immutable(
    resource_type: &ResourceType,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Result<(), ScimError> {
    for attribute in resource_type.schema.attributes.iter().filter(|a| a.mutability == Mutability::Immutable)
    {
        let (old, new) = (json::get(before, &attribute.name), json::get(after, &attribute.name));
        if old.is_some() && old != new {
            return Err(ScimError::mutability(format!("{} is immutable", attribute.name)));
        }
    }
    Ok(())
}

/// A user as the vendor has them from elsewhere.
pub(super) fn unmanaged_user(user_name: &str) -> Map<String, Value> {
    let mut data = Map::new();
    data.insert("schemas".to_owned(), vec![urn::USER].into());
    data.insert("userName".to_owned(), user_name.into());
    data.insert("active".to_owned(), true.into());
    data
}
