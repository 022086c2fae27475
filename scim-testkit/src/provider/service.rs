//! The requests on resources (RFC 7644 §3): read, create, replace, patch, delete.

use std::collections::HashMap;

use jiff::Timestamp;
use scim_core::{
    call::{Call, Me},
    error::ScimError,
    json, patch,
    project::Projection,
    reply::{Body, Reply},
    schema::ResourceType,
    urn, validate,
    vendor::{Delete, Discovery, Existing, IdForm, Operation, Permission, Profile, WriteBody},
};
use serde_json::{Map, Value, json};

use super::{
    Defect, Liberty, Provider, Told, World,
    cursor::Cursors,
    personality::{check_domain, check_foreign, conflict},
    render::Wanted,
    settle::check_immutable,
    store::{Kind, Record, Store},
    vendor,
};

/// One request's view of the provider.
pub(super) struct Service<'a> {
    pub(super) provider: &'a Provider,
    /// The profile for whoever asks.
    pub(super) profile: &'a Profile,
    pub(super) store: &'a mut Store,
    pub(super) world: &'a mut World,
    pub(super) cursors: &'a mut Cursors,
    pub(super) told: &'a Told,
    pub(super) base: &'a str,
    /// Ids that a bulk request has promised to resources that it has yet to create.
    pub(super) promised: HashMap<String, Kind>,
    /// The promised id of the next resource.
    pub(super) own_id: Option<String>,
}

impl Service<'_> {
    pub(super) fn answer(&mut self, call: Call) -> Result<Reply, ScimError> {
        let absent = self.profile.service.discovery == Discovery::Absent;
        match call {
            Call::ServiceProviderConfig | Call::ResourceTypes { .. } | Call::Schemas { .. } if absent => {
                Err(ScimError::plain(404, "there is no such document"))
            }
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
                if kinds.is_empty() {
                    return Err(ScimError::plain(501, "a query of all types is not supported"));
                }
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
            Call::Bulk(request) => self.bulk(request),
            Call::Me(me) => self.me(me),
            _ => Err(ScimError::plain(501, "the request is not supported")),
        }
    }

    /// The resource of whoever asks (RFC 7644 §3.11); the mock is told who that is.
    fn me(&mut self, me: Me) -> Result<Reply, ScimError> {
        let Some(subject) = &self.provider.me else {
            return Err(ScimError::plain(501, "/Me is not supported"));
        };
        let endpoint = self.resource_type(Kind::User).endpoint.trim_start_matches('/').to_owned();
        if let Me::Create { resource, .. } = &me {
            let name = resource.as_object().and_then(|user| json::get(user, "userName")?.as_str());
            if name.is_none_or(|name| name.to_lowercase() != subject.to_lowercase()) {
                let text = format!("userName: at /Me it must be that of who asks, {subject}");
                return Err(ScimError::invalid_value(text));
            }
            return self.answer(me.resolve(endpoint, ""));
        }
        let own = self.store.with_text(Kind::User, "userName", subject).and_then(|mut users| users.next());
        let own = own.map(|user| user.id.clone());
        let id = own.ok_or_else(|| ScimError::plain(404, format!("there is no User {subject} yet")))?;
        let location = self.location(Kind::User, &id);
        let reply = self.answer(me.resolve(endpoint, id))?;
        Ok(Reply { location: Some(location), ..reply })
    }

    /// The kinds of resource that the profile has.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let custom = (0..).map(Kind::Custom).take(self.provider.custom.len());
        let all = [Kind::User, Kind::Group].into_iter().chain(custom);
        all.filter(|kind| !self.ops(*kind).is_empty()).collect()
    }

    pub(super) fn ops(&self, kind: Kind) -> &[Operation] {
        match kind {
            Kind::User => &self.profile.user.ops,
            Kind::Group => &self.profile.group.ops,
            Kind::Custom(_) => &Operation::ALL,
        }
    }

    pub(super) fn resource_type(&self, kind: Kind) -> &ResourceType {
        self.provider.resource_type(kind)
    }

    pub(super) fn kind(&self, endpoint: &str, operation: Operation) -> Result<Kind, ScimError> {
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
            .ok_or_else(|| {
                ScimError::plain(404, format!("there is no {} {id}", self.resource_type(kind).name))
            })
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

    pub(super) fn create(
        &mut self,
        kind: Kind,
        mut resource: Value,
        projection: Projection,
    ) -> Result<Reply, ScimError> {
        let provider = self.provider;
        let sent =
            (self.profile.user.write_body == WriteBody::Echo && kind == Kind::User).then(|| resource.clone());
        provider.quirks.resource(kind, None, &mut resource)?;
        let mut data = validate::accept(
            &resource,
            self.resource_type(kind),
            validate::Operation::Create,
            &provider.tolerances,
        )?;
        self.settle(kind, None, &mut data)?;
        if kind == Kind::User {
            check_domain(self.profile, &self.told.domains, &data)?;
            check_foreign(self.profile, &self.told.foreign, &data)?;
            if self.profile.life.create_inactive == Permission::Reject
                && data.get("active") == Some(&false.into())
            {
                return Err(ScimError::invalid_value("active: nobody can be created inactive"));
            }
        }
        let adopt = self.profile.conflict.existing == Existing::AdoptUnmanaged;
        let taken =
            self.twin(kind, &data, None).map(|(record, name)| (record.id.clone(), record.managed, name));
        let id = match taken {
            Some((id, false, _)) if adopt => {
                self.store_changed(&id, data);
                id
            }
            Some((_, _, name)) if !provider.quirks.has(Defect::DuplicateAccepted) => {
                return Err(conflict(self.resource_type(kind), &name));
            }
            _ => self.insert(kind, data, true),
        };
        if let Some(record) = self.store.get_mut(&id) {
            record.managed = true;
        }
        let record = self.visible_or_hidden(&id)?;
        let status = if kind == Kind::Group { self.profile.group.create_status } else { 201 };
        let mut reply = self.reply(status, record, &projection);
        echo(sent, &mut reply);
        if self.profile.user.write_body == WriteBody::None && kind == Kind::User {
            reply.body = Body::Empty;
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
        let sent =
            (self.profile.user.write_body == WriteBody::Echo && kind == Kind::User).then(|| resource.clone());
        provider.quirks.resource(kind, Some(&before), &mut resource)?;
        let resource_type = self.resource_type(kind);
        let mut data =
            validate::accept(&resource, resource_type, validate::Operation::Replace, &provider.tolerances)?;
        check_immutable(resource_type, &before.data, &data)?;
        if kind == Kind::User {
            vendor::check_put(self.profile, &data)?;
        }
        // What a client cannot read back, it cannot send again.
        for name in ["password", "active"] {
            if let (false, Some(value)) = (data.contains_key(name), before.data.get(name)) {
                data.insert(name.to_owned(), value.clone());
            }
        }
        if kind == Kind::User {
            vendor::restrict_put(self.profile, &before.data, &mut data);
        }
        self.settle(kind, Some(&before.data), &mut data)?;
        self.refuse_twin(kind, &data, id)?;
        if provider.quirks.has(Defect::PutChangesId) {
            let new = self.new_id(kind);
            self.store.rename(id, &new);
            return Ok(self.commit(&new, data, &projection, 200));
        }
        let mut reply = self.commit(id, data, &projection, 200);
        echo(sent, &mut reply);
        if self.profile.user.write_body == WriteBody::None && kind == Kind::User {
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
        let mut plan = provider.quirks.patch(kind, &before, &mut message)?;
        plan.nothing_left |= vendor::restrict_patch(self.profile, kind, &before, &mut message)?;
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
            (Kind::User, _) => self.profile.user.patch_status,
            (Kind::Group, _) => self.profile.group.patch_status,
            (Kind::Custom(_), _) => 200,
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
        let names = KEPT.map(str::to_owned).to_vec();
        whole.extend(self.view(before, &Wanted::Some { names, extensions: false }));
        patch::apply_in_place(&mut whole, message, self.resource_type(kind), &tolerances)?;
        let mut data = whole;
        for name in KEPT {
            data.shift_remove(name);
        }
        self.settle(kind, Some(&before.data), &mut data)?;
        self.refuse_twin(kind, &data, &before.id)?;
        Ok(data)
    }

    fn delete(&mut self, kind: Kind, id: &str) -> Result<Reply, ScimError> {
        let provider = self.provider;
        let soft = self.profile.life.delete == Delete::Soft && kind == Kind::User;
        if self.profile.life.delete == Delete::Refused && kind == Kind::User {
            return Err(ScimError::plain(405, "users cannot be deleted"));
        }
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

    /// Stores new data of a resource, lets the profile have its way with deactivation, and answers.
    fn commit(&mut self, id: &str, data: Map<String, Value>, projection: &Projection, status: u16) -> Reply {
        self.store_changed(id, data);
        self.mangle(id);
        let Some(record) = self.store.get(id) else { return Reply::empty(204) };
        let reply = match status {
            204 => Reply { etag: Some(etag(record.version)), ..Reply::empty(204) },
            status => self.reply(status, record, projection),
        };
        let deletes =
            self.profile.life.deactivate.is_gone() || self.provider.quirks.has(Defect::DeactivateDeletes);
        if record.kind == Kind::User && !record.is_active() && deletes {
            self.store.remove(id);
        }
        reply
    }

    /// Overwrites attributes of whoever is inactive, if the profile says so.
    fn mangle(&mut self, id: &str) {
        if self.profile.life.mangle.is_empty() {
            return;
        }
        let Some(record) = self.store.get(id).filter(|record| record.kind == Kind::User) else { return };
        let instead = vendor::mangled(self.profile, record);
        let off = !record.is_active();
        if let Some(record) = self.store.get_mut(id) {
            for (name, value) in instead {
                if off {
                    record.overlay.insert(name, value);
                } else {
                    record.overlay.shift_remove(&name);
                }
            }
        }
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
        let id =
            self.own_id.take().or_else(|| self.id_from(kind, &data)).unwrap_or_else(|| self.new_id(kind));
        let created = now(self.world);
        self.store.insert(Record {
            kind,
            number: 0,
            id: id.clone(),
            data,
            overlay: Map::new(),
            created,
            modified: created,
            version: 1,
            managed,
            ghost: false,
            step: 0,
        });
        id
    }

    /// Puts a user into a group of that name, which is made if it is not there.
    pub(super) fn join(&mut self, group: &str, user: &str) {
        let member = json!({"value": user, "type": self.resource_type(Kind::User).name});
        let known =
            self.store.with_text(Kind::Group, "displayName", group).and_then(|mut found| found.next());
        let Some((id, mut data)) = known.map(|record| (record.id.clone(), record.data.clone())) else {
            let data = json!({"schemas": [urn::GROUP], "displayName": group, "members": [member]});
            if let Value::Object(data) = data {
                self.insert(Kind::Group, data, false);
            }
            return;
        };
        match data.get_mut("members") {
            Some(Value::Array(members)) => members.push(member),
            _ => drop(data.insert("members".to_owned(), vec![member].into())),
        }
        self.store_changed(&id, data);
    }

    /// An id that is a value of the resource, if the profile says so and it is free.
    fn id_from(&self, kind: Kind, data: &Map<String, Value>) -> Option<String> {
        let name = match (kind, self.profile.user.id) {
            (Kind::User, IdForm::Email) => "userName",
            (Kind::User, IdForm::ExternalId) => "externalId",
            _ => return None,
        };
        let value = json::get(data, name)?.as_str()?;
        (!value.is_empty() && self.store.get(value).is_none()).then(|| value.to_owned())
    }

    pub(super) fn new_id(&mut self, kind: Kind) -> String {
        let profile = self.profile;
        let form = match kind {
            Kind::User | Kind::Custom(_) => profile.user.id,
            Kind::Group => profile.group.id,
        };
        let quirks = &self.provider.quirks;
        let short =
            form == IdForm::Number || quirks.has(Defect::IdNumber) || quirks.takes(Liberty::NumericIds);
        loop {
            let number = self.world.next_id();
            // Eleven digits at most: a number that every JSON reader holds exactly, and that may come twice.
            let id = if short { (number % 100_000_000_000).to_string() } else { uuid(number) };
            if self.store.get(&id).is_none() && !self.promised.contains_key(&id) {
                return id;
            }
        }
    }

    /// After a create that a defect hides at once.
    fn visible_or_hidden(&self, id: &str) -> Result<&Record, ScimError> {
        self.store.get(id).ok_or_else(|| ScimError::plain(500, "the new resource is gone"))
    }
}

/// What the server itself keeps of every resource.
const KEPT: [&str; 3] = ["id", "meta", "groups"];

/// Answers with what was sent, and with what only the server knows.
fn echo(sent: Option<Value>, reply: &mut Reply) {
    let (Some(Value::Object(mut sent)), Body::Json(stored)) = (sent, &mut reply.body) else { return };
    for name in ["id", "meta"] {
        sent.insert(name.to_owned(), stored[name].clone());
    }
    *stored = Value::Object(sent);
}

pub(super) fn etag(version: u64) -> String {
    format!("W/\"{version}\"")
}

fn lists_tag(tags: &str, version: u64) -> bool {
    let own = format!("\"{version}\"");
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == own)
}

fn now(world: &mut World) -> Timestamp {
    Timestamp::try_from(world.now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Version 4 in form.
fn uuid(number: u128) -> String {
    let hex = format!("{number:032x}");
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// A user as the vendor has them from elsewhere.
pub(super) fn unmanaged_user(user_name: &str) -> Map<String, Value> {
    let mut data = Map::new();
    data.insert("schemas".to_owned(), vec![urn::USER].into());
    data.insert("userName".to_owned(), user_name.into());
    data.insert("active".to_owned(), true.into());
    data
}
