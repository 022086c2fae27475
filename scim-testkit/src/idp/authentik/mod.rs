//! authentik's SCIM provider: with `/ServiceProviderConfig`, without it, and in its compatibility mode for AWS.
//!
//! Documented, for its source is public (`authentik/providers/scim`, read at several commits of 2024 to 2026):
//! `/ServiceProviderConfig` is read first and kept for an hour, and what cannot be used counts as "no PATCH, no
//! filter"; headers; bodies in the order of its models, written by Python; no lookup before a create, a 409 leads to
//! a lookup; users are updated with PUT, and a 404 to that makes a new account; what has not changed since the last
//! write is not sent again; groups with PATCH are created empty and get one operation for each member, in requests of
//! `bulk.maxOperations`; a member is removed by a list of values (authentik#23798); a group's attributes go out in one
//! path-less operation, without `schemas` (Infisical#6552), in AWS mode one by one; without PATCH a group is replaced,
//! and if that fails, patched after all; the group is read and its members are compared after every update; imports
//! page by what they have seen.
//!
//! Inferred: that a person who leaves is disabled with PUT (newer versions delete who is out of scope); the version
//! in the `User-Agent`; that an account which a 409 led to is brought in line at once (it is by the next sync, within
//! the hour).
//!
//! Not simulated: how authentik splits one name into a given and a family name; the modes for Slack, Salesforce and
//! other vendors; OAuth.

mod body;
mod config;
mod groups;
mod users;

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use self::config::Config;
use super::{
    Change, Dialect, Directory, Sent, Step, Stop,
    encode::python,
    rest::{Client, Habits, Links, UNKNOWN, identity_provider},
    task::Task,
};

/// authentik's outgoing sync and its link table.
#[derive(Debug)]
pub struct Authentik {
    mode: AuthentikMode,
    links: Links,
    config: Option<Config>,
    /// What the endpoint was last known to have, by the person's key or the group's.
    known_users: BTreeMap<String, Value>,
    known_groups: BTreeMap<String, Value>,
}

/// How authentik is set up, or what it makes of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthentikMode {
    /// It goes by the endpoint's `/ServiceProviderConfig`.
    Default,
    /// It cannot use the endpoint's `/ServiceProviderConfig`, whatever that says.
    NoConfig,
    /// Compatibility mode for AWS: as the configuration says, less PATCH.
    Aws,
}

impl Authentik {
    /// A provider that has provisioned nobody yet.
    #[must_use]
    pub fn new(mode: AuthentikMode) -> Self {
        Self {
            mode,
            links: Links::default(),
            config: None,
            known_users: BTreeMap::new(),
            known_groups: BTreeMap::new(),
        }
    }

    fn dialect(&self) -> Dialect {
        match self.mode {
            AuthentikMode::Default => Dialect::Authentik,
            AuthentikMode::NoConfig => Dialect::AuthentikNoConfig,
            AuthentikMode::Aws => Dialect::AuthentikAws,
        }
    }

    async fn tell(
        &mut self,
        change: &Change,
        directory: &Directory,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        match change {
            Change::Connect => {
                self.config = None;
                self.config(client).await?;
                Ok(Sent::Done)
            }
            Change::Hire { person } | Change::Leave { person } | Change::Return { person } => {
                match directory.person(person) {
                    Some(person) => self.write_user(person, change, client).await,
                    None => UNKNOWN,
                }
            }
            Change::Update { before } => match directory.person(&before.key) {
                Some(person) => self.write_user(person, change, client).await,
                None => UNKNOWN,
            },
            Change::Purge { person } => self.delete_user(person, client).await,
            Change::PushGroup { team }
            | Change::Join { team, .. }
            | Change::Part { team, .. }
            | Change::RenameGroup { team }
            | Change::PushNow { team } => match directory.team(team) {
                Some(group) => self.push(change, group, client).await,
                None => UNKNOWN,
            },
            Change::DeleteGroup { team } => self.delete_group(team, client).await,
            Change::UnlinkGroup { team } => {
                self.links.groups.remove(team);
                self.known_groups.remove(team);
                Ok(Sent::Nothing("authentik's administrator unlinks a group without telling the endpoint"))
            }
            Change::ImportUsers => import("/Users", Step::ListUsers, client).await,
            Change::ImportGroups => import("/Groups", Step::ListGroups, client).await,
            Change::ImportSchema => {
                Ok(Sent::Nothing("authentik reads /ServiceProviderConfig and no schemas"))
            }
            Change::SetPassword { .. } => Ok(Sent::Nothing("authentik sends no passwords")),
        }
    }

    /// The endpoint's configuration, read once.
    async fn config(&mut self, client: &mut Client<'_>) -> Result<Config, Stop> {
        if let Some(config) = self.config {
            return Ok(config);
        }
        let answer = client.send(Method::GET, "/ServiceProviderConfig", None).await?;
        let read = answer.json.as_ref().filter(|_| answer.is_success()).and_then(Config::read);
        let mut config = read.filter(|_| self.mode != AuthentikMode::NoConfig).unwrap_or(Config::FALLBACK);
        if self.mode == AuthentikMode::Aws {
            config.patch = false;
        }
        self.config = Some(config);
        Ok(config)
    }
}

/// Reads a whole collection: the next page starts after what was seen, until `totalResults`.
async fn import(collection: &str, at: Step, client: &mut Client<'_>) -> Result<Sent, Stop> {
    let task = Task::new(at, format!("cannot discover what is in {collection}"));
    let mut ids = Vec::new();
    for _ in 0..MOST_PAGES {
        let target = match ids.len() {
            0 => collection.to_owned(),
            seen => format!("{collection}?startIndex={}", seen + 1),
        };
        let list = client.list(&target, &task).await?;
        let Some(total) = list.total else {
            return Err(task.unusable(&list.answer, "the list has no totalResults that is a number"));
        };
        for resource in &list.resources {
            ids.push(task.id(&list.answer, resource)?);
        }
        // Without the second condition, which authentik lacks, an endpoint that sends nothing more would keep us.
        if ids.len() as u64 >= total || list.resources.is_empty() {
            break;
        }
    }
    Ok(Sent::Imported(ids))
}

/// Our bound, not authentik's: an endpoint that always promises more must not keep us for ever.
const MOST_PAGES: usize = 200;

/// What Python's `requests` makes of authentik's headers.
const HABITS: Habits = Habits {
    always: &[
        ("User-Agent", "authentik@2026.2.0"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Accept", "application/scim+json"),
        ("Connection", "keep-alive"),
        ("Content-Type", "application/scim+json"),
    ],
    with_body: &[],
    text: python,
};

identity_provider!(Authentik, HABITS);
