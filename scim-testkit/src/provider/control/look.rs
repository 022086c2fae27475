//! Who is there, for a page that shows the latest of them.

use scim_core::vendor::Operation;
use serde_json::Value;

use super::Control;
use crate::provider::{
    Provider,
    store::{Kind, Record, Store},
};

/// The latest users and groups of a tenant.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// The newest first, as many as were asked for.
    pub(crate) users: Vec<SeenUser>,
    /// How many there are.
    pub(crate) all_users: usize,
    /// As `users`.
    pub(crate) groups: Vec<SeenGroup>,
    /// How many there are.
    pub(crate) all_groups: usize,
    /// Whether there can be groups.
    pub(crate) has_groups: bool,
    /// Resources of other types.
    pub(crate) others: usize,
    /// Domains that were verified, the profile's among them.
    pub(crate) domains: Vec<String>,
    /// User names of accounts of other organizations.
    pub(crate) foreign: Vec<String>,
}

/// One user.
#[derive(Debug)]
pub(crate) struct SeenUser {
    pub(crate) id: String,
    pub(crate) user_name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) active: bool,
    /// As the vendor calls it.
    pub(crate) state: Option<String>,
    /// Whether somebody can take a next step.
    pub(crate) advances: bool,
    pub(crate) managed: bool,
}

/// One group.
#[derive(Debug)]
pub(crate) struct SeenGroup {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) members: usize,
    /// Of the first members.
    pub(crate) names: Vec<String>,
    pub(crate) managed: bool,
}

impl Control<'_> {
    /// The newest `most` users and groups.
    pub(crate) fn look(&self, most: usize) -> Look {
        let state = self.provider.lock();
        let profile = &self.provider.profile;
        let tenant = &state.tenants[self.tenant];
        let store = &tenant.store;
        let (users, all_users) = newest(store, Kind::User, most);
        let (groups, all_groups) = newest(store, Kind::Group, most);
        let mut domains: Vec<String> = profile.tenant.verified_domains.clone();
        domains.extend(tenant.told.domains.iter().cloned());
        domains.sort_unstable();
        domains.dedup();
        let mut foreign: Vec<String> = tenant.told.foreign.iter().cloned().collect();
        foreign.sort_unstable();
        let last = profile.life.states.len().saturating_sub(1);
        let user = |record: &Record| SeenUser {
            id: record.id.clone(),
            user_name: name(record, "userName"),
            display_name: display_name(record),
            active: record.is_active(),
            state: self.provider.state_of(record),
            advances: record.is_active() && record.step < last,
            managed: record.managed,
        };
        let group = |record: &Record| SeenGroup {
            id: record.id.clone(),
            name: name(record, "displayName"),
            members: record.member_ids().count(),
            names: record.member_ids().take(NAMES).map(|id| called(store, id)).collect(),
            managed: record.managed,
        };
        Look {
            users: users.into_iter().map(user).collect(),
            all_users,
            groups: groups.into_iter().map(group).collect(),
            all_groups,
            has_groups: profile.group.ops.contains(&Operation::Get),
            others: self
                .provider
                .custom
                .iter()
                .zip(0..)
                .map(|(_, index)| newest(store, Kind::Custom(index), 0).1)
                .sum(),
            domains,
            foreign,
        }
    }
}

impl Provider {
    /// Names of the tenants beside the one at [`super::BASE_PATH`].
    pub(crate) fn tenant_names(&self) -> &[String] {
        &self.tenants
    }
}

/// The newest first, and how many there are in all.
fn newest(store: &Store, kind: Kind, most: usize) -> (Vec<&Record>, usize) {
    let there = || store.of(kind).filter(|record| !record.ghost);
    let all = there().count();
    let mut newest: Vec<&Record> = there().skip(all.saturating_sub(most)).collect();
    newest.reverse();
    (newest, all)
}

fn name(record: &Record, attribute: &str) -> String {
    record.text(attribute).unwrap_or(&record.id).to_owned()
}

fn display_name(record: &Record) -> Option<String> {
    let part = |name: &str| record.data.get("name").and_then(|whole| whole.get(name)).and_then(Value::as_str);
    if let Some(name) = record.text("displayName").or_else(|| part("formatted")) {
        return Some(name.to_owned());
    }
    match (part("givenName"), part("familyName")) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

/// What people call a member.
fn called(store: &Store, id: &str) -> String {
    let record = store.get(id);
    let text = record.and_then(|record| record.text("userName").or_else(|| record.text("displayName")));
    text.unwrap_or(id).to_owned()
}

/// Members whose names are told.
const NAMES: usize = 5;
