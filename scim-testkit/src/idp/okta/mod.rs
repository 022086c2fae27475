//! Okta, in its three dialects.
//!
//! What is known, and how well; the letters are those of the fixtures in `fixtures/okta*`.
//!
//! Documented (Okta's SCIM 2.0 reference "REF20", its 2018 page with raw samples "STD2018", its FAQ and concept page):
//! headers and compact JSON; `filter`, `startIndex`, `count` in that order; filter then POST; GET then PUT of a
//! profile; the path-less PATCH of `active`; a password and an empty `groups` in every POST; the group operations;
//! pages of 100 until `totalResults`; no DELETE of users, no discovery calls. A 409 stops the job. With entitlements or
//! Import User Schema (guide "ENT", release notes 2026): `/ResourceTypes`, then `/Schemas`, then the endpoint of each
//! resource type whose schema is one of Okta's own. That a password is a PATCH in the catalog dialect.
//!
//! Observed (captures: the Okta blog's Flask server "FLASK", the mock-scim dumps "MOCK", a 2026 server log "LAB",
//! devforum 27262 "DF27262", go-scim#57, SCIM-SDK#757): the wizard dialect's GET and PUT of the server's own
//! representation, with attributes that Okta does not map echoed unchanged; POST of a group with its members followed
//! by a PATCH that adds the same members; GET and a path-less replace of `id` and `displayName` after that; members
//! of `value` and `display` alone; Push Now on an empty group.
//!
//! Inferred: which of several hits is taken (the first); that all mapped attributes are overlaid, not the changed ones
//! alone; how an attribute without value is cleared (left out); that the enterprise URN is listed in `schemas`; where
//! `title` and the extension stand in a POST; in the catalog dialect the order PATCH `active`, GET, PUT on a return,
//! and on a membership change first the members, then the name; linking a group that exists already; that `+` is sent
//! as `%2B`; the body with a password; the shape of a telephone number; the paging of entitlements; that roles are
//! granted after the create, and by a PUT of the account read before.
//!
//! Not simulated: the manager (no capture shows what Okta's mapping sends), addresses, the second
//! GET and PUT that DF27262 shows after a link, and what needs a clock: see [`Retries`](super::Retries). Host,
//! credentials and transport are the wire's.

mod body;
mod client;
mod discovery;
mod groups;
mod users;

use std::collections::BTreeMap;

use self::client::Client;
use super::{
    BoxFuture, Change, Dialect, Directory, IdentityProvider, Sent, Step, Stop, Wire, encode::percent,
    task::Task,
};

/// Okta's provisioning engine and its link table.
#[derive(Debug)]
pub struct Okta {
    pub(super) flavor: Flavor,
    pub(super) users: BTreeMap<String, String>,
    pub(super) groups: BTreeMap<String, String>,
}

/// The kind of Okta application: it decides, once and for all, between PATCH and PUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// From the catalog or one of its templates: PATCH for status and groups.
    Oin,
    /// Made with the App Integration Wizard: PUT only.
    Aiw,
    /// From the catalog, with entitlements and Import User Schema: reads what the endpoint has, and grants roles.
    Oig,
}

impl Flavor {
    /// Whether status, password and groups go out as PATCH.
    fn patches(self) -> bool {
        !matches!(self, Self::Aiw)
    }
}

impl Okta {
    /// An application that has provisioned nobody yet.
    #[must_use]
    pub fn new(flavor: Flavor) -> Self {
        Self { flavor, users: BTreeMap::new(), groups: BTreeMap::new() }
    }

    /// Test API credentials. The Groups request that the reference adds when group import is on belongs to
    /// [`Change::ImportGroups`] here.
    async fn connect(&self, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let task = Task::new(Step::Connect, "cannot verify the credentials");
        client.page("/Users", (1, 2), &task).await?;
        Ok(Sent::Done)
    }

    fn user_target(&self, person: &str) -> Option<String> {
        self.users.get(person).map(|id| format!("/Users/{}", percent(id)))
    }
}

impl IdentityProvider for Okta {
    fn dialect(&self) -> Dialect {
        match self.flavor {
            Flavor::Oin => Dialect::Okta,
            Flavor::Aiw => Dialect::OktaAiw,
            Flavor::Oig => Dialect::OktaOig,
        }
    }

    fn apply<'a>(
        &'a mut self,
        change: &'a Change,
        directory: &'a Directory,
        wire: &'a mut dyn Wire,
    ) -> BoxFuture<'a, Result<Sent, Stop>> {
        Box::pin(async move {
            let client = &mut Client { wire };
            match change {
                Change::Connect => self.connect(client).await,
                Change::Hire { person } | Change::Return { person } => match directory.person(person) {
                    Some(someone) => {
                        self.assign(someone, matches!(change, Change::Return { .. }), client).await
                    }
                    None => Ok(Sent::Nothing(UNKNOWN)),
                },
                Change::Update { before } => match directory.person(&before.key) {
                    Some(someone) => self.update(before, someone, client).await,
                    None => Ok(Sent::Nothing(UNKNOWN)),
                },
                Change::Leave { person } => match directory.person(person) {
                    Some(someone) => self.unassign(someone, client).await,
                    None => Ok(Sent::Nothing(UNKNOWN)),
                },
                Change::Purge { .. } => Ok(Sent::Nothing(NO_DELETE)),
                Change::SetPassword { person } => match directory.person(person) {
                    Some(someone) => self.set_password(someone, client).await,
                    None => Ok(Sent::Nothing(UNKNOWN)),
                },
                Change::ImportSchema if self.flavor == Flavor::Oig => discovery::read(client).await,
                Change::ImportSchema => Ok(Sent::Nothing(NO_DISCOVERY)),
                Change::UnlinkGroup { team } => {
                    self.groups.remove(team);
                    Ok(Sent::Nothing("Okta tells nobody that it left a group (Okta's OIN test plan, C9321)"))
                }
                Change::ImportUsers => client.import("/Users", Step::ListUsers, "cannot import users").await,
                Change::ImportGroups => {
                    client.import("/Groups", Step::ListGroups, "cannot import groups").await
                }
                Change::PushGroup { team }
                | Change::Join { team, .. }
                | Change::Part { team, .. }
                | Change::RenameGroup { team }
                | Change::PushNow { team } => match directory.team(team) {
                    Some(group) => self.push(change, group, directory, client).await,
                    None => Ok(Sent::Nothing(UNKNOWN)),
                },
                // The directory shows the state after the change, so the group may be gone from it.
                Change::DeleteGroup { team } => self.delete_group(team, client).await,
            }
        })
    }

    fn user_id(&self, person: &str) -> Option<&str> {
        self.users.get(person).map(String::as_str)
    }

    fn group_id(&self, team: &str) -> Option<&str> {
        self.groups.get(team).map(String::as_str)
    }

    fn link_user(&mut self, person: &str, id: &str) {
        self.users.insert(person.to_owned(), id.to_owned());
    }

    fn link_group(&mut self, team: &str, id: &str) {
        self.groups.insert(team.to_owned(), id.to_owned());
    }
}

const UNKNOWN: &str = "not in the directory";
const NO_DISCOVERY: &str =
    "Okta reads no discovery endpoint without entitlements and Import User Schema (Okta SCIM FAQ)";
const NO_DELETE: &str = "Okta never sends DELETE for users (Okta SCIM 2.0 reference and FAQ)";
