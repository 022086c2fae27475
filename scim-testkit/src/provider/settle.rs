//! Data on its way into the store: defaults, grants, members, what must be unique and what must stay.

use scim_core::{
    error::ScimError,
    json,
    schema::{Mutability, ResourceType, Schema, Uniqueness},
    vendor::{Permission, Reactivate, UnknownMember},
};
use serde_json::{Map, Value, json};

use super::{
    personality::{apply_grants, conflict, twin},
    service::{Service, unmanaged_user},
    store::{Kind, Record, member_id},
    vendor,
};

impl Service<'_> {
    /// Brings data into the form in which it is stored: defaults, grants, members.
    pub(super) fn settle(
        &mut self,
        kind: Kind,
        before: Option<&Map<String, Value>>,
        data: &mut Map<String, Value>,
    ) -> Result<(), ScimError> {
        let profile = self.profile;
        self.provider.quirks.stored(kind, before, data);
        match kind {
            Kind::User => {
                vendor::apply_attrs(profile, before, data)?;
                let is_off = |data: &Map<String, Value>| data.get("active") == Some(&false.into());
                if profile.life.reactivate == Reactivate::Reject
                    && before.is_some_and(is_off)
                    && !is_off(data)
                {
                    return Err(ScimError::mutability("active: a new account is needed"));
                }
                // RFC 7643 §4.1.1 leaves the default to the server; identity providers read `active`. Who removes
                // it later has it unassigned (RFC 7644 §3.5.2.2).
                if before.is_none() && !data.contains_key("active") {
                    data.insert("active".to_owned(), true.into());
                }
                apply_grants(self.profile, self.resource_type(kind), data)
            }
            Kind::Group => {
                vendor::settle_group(profile, before, data);
                self.settle_members(data)
            }
            Kind::Custom(_) => Ok(()),
        }
    }

    /// Members exist, once each, and say of which type they are.
    fn settle_members(&mut self, data: &mut Map<String, Value>) -> Result<(), ScimError> {
        let Some(Value::Array(members)) = data.shift_remove("members") else { return Ok(()) };
        let mut seen = std::collections::HashSet::new();
        let mut kept = Vec::with_capacity(members.len());
        for mut member in members {
            let mut id = member_id(&member)
                .ok_or_else(|| ScimError::invalid_value("members: every member needs a value"))?
                .to_owned();
            let stored = self.store.get(&id).filter(|record| !record.ghost).map(|record| record.kind);
            let found = match stored.or_else(|| self.promised.get(&id).copied()) {
                Some(found) => found,
                None => match self.profile.group.unknown_member {
                    UnknownMember::Skip => continue,
                    UnknownMember::CreateUser if id.contains('@') => {
                        id = self.insert(Kind::User, invited_user(&id), true);
                        member["value"] = id.as_str().into();
                        Kind::User
                    }
                    UnknownMember::Reject404 => {
                        return Err(ScimError::plain(404, format!("members: there is no resource {id}")));
                    }
                    UnknownMember::Reject400 | UnknownMember::CreateUser => {
                        let text = format!("members: there is no resource {id}");
                        return Err(ScimError::invalid_value(text));
                    }
                },
            };
            if found == Kind::Group && self.profile.group.nested == Permission::Reject {
                return Err(ScimError::invalid_value("members: a group cannot be a member"));
            }
            if let Some(object) = member.as_object_mut()
                && json::get(object, "type").is_none()
            {
                object.insert("type".to_owned(), self.resource_type(found).name.as_str().into());
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

    pub(super) fn twin(
        &self,
        kind: Kind,
        data: &Map<String, Value>,
        own_id: Option<&str>,
    ) -> Option<(&Record, String)> {
        let profile = self.profile;
        let resource_type = self.resource_type(kind);
        let unique = match kind {
            Kind::User => &profile.conflict.on,
            Kind::Group => &profile.group.unique,
            Kind::Custom(_) => {
                let attributes = resource_type.schema.attributes.iter();
                let unique: Vec<&str> = attributes
                    .filter(|attribute| attribute.uniqueness != Uniqueness::None)
                    .map(|attribute| attribute.name.as_str())
                    .collect();
                return twin(self.store, resource_type, kind, &unique, data, own_id);
            }
        };
        twin(self.store, resource_type, kind, unique, data, own_id)
    }

    pub(super) fn refuse_twin(
        &self,
        kind: Kind,
        data: &Map<String, Value>,
        own_id: &str,
    ) -> Result<(), ScimError> {
        match self.twin(kind, data, Some(own_id)) {
            Some((_, name)) => Err(conflict(self.resource_type(kind), &name)),
            None => Ok(()),
        }
    }
}

/// An immutable attribute keeps the value that it has (RFC 7644 §3.5.1).
pub(super) fn check_immutable(
    resource_type: &ResourceType,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Result<(), ScimError> {
    let none = Map::new();
    let members = |data: &Map<String, Value>, schema: &Schema| match json::get(data, &schema.id) {
        Some(Value::Object(members)) => members.clone(),
        _ => none.clone(),
    };
    check_immutable_in(&resource_type.schema, before, after)?;
    resource_type
        .extensions
        .iter()
        .map(|extension| &extension.schema)
        .try_for_each(|schema| check_immutable_in(schema, &members(before, schema), &members(after, schema)))
}

fn check_immutable_in(
    schema: &Schema,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Result<(), ScimError> {
    for attribute in schema.attributes.iter().filter(|a| a.mutability == Mutability::Immutable) {
        let (old, new) = (json::get(before, &attribute.name), json::get(after, &attribute.name));
        if old.is_some() && old != new {
            return Err(ScimError::mutability(format!("{} is immutable", attribute.name)));
        }
    }
    Ok(())
}

/// A user whom a group names first.
fn invited_user(email: &str) -> Map<String, Value> {
    let mut data = unmanaged_user(email);
    data.insert("emails".to_owned(), json!([{ "value": email, "primary": true }]));
    data
}
