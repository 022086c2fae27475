//! Microsoft Entra ID, in the ways in which its job can be configured.
//!
//! What is known, and how well; the keys are those of the fixtures in `fixtures/entra*`.
//!
//! Documented (Microsoft's "MS-SCIM" tutorial, "MS-COMPAT" on the flag, "MS-HOW" on cycles, "MS-KNOWN" limits,
//! "MS-LOGS" codes, "MS-LA" validation): filter, then POST with `meta` and an empty `roles`; GET, then one PATCH with
//! the differences; capitalized operations and booleans as strings, or with the flag lower-case operations, JSON
//! booleans and one path-less operation with dotted keys; `active` on unassignment, DELETE on the final deletion;
//! groups matched with `excludedAttributes=members` first, members with a null `$ref`, the flag's value path for a
//! removal; nothing is ever cleared with null; a 404 to the filter means quarantine; matching by other attributes; the
//! three expressions for roles, and that their PATCH holds JSON in a string in two of them.
//!
//! Observed (captures: azure-docs#94189 and #12728, SCIMReferenceCode#63, SimpleIdServer#376 and #494, scimitar#123,
//! go-scim#75, a Microsoft Q&A answer 637791, the validator's run 9 "VAL-RUN9", suna#7297): `+` for a space, no
//! User-Agent, the probes, `displayName` in the POST, the group POST with `members: []`, the manager as a bare string,
//! `Add` where the server shows no value, the path-less rename of a group, that a manager in the answer must be an
//! object and e-mails must be objects.
//!
//! Inferred: no Accept header; two probes; that a matched person is compared with the filter's answer, without a GET;
//! the order of operations, and that roles are among them; several members in one operation; where telephone numbers
//! and the address stand in a POST; the `id` of a role; that the empty value which clears a manager is the
//! empty string; which statuses count as success beyond the documented ones.
//!
//! The jobs besides the default one differ in what an administrator configured: the flag, the matching attribute, an
//! expression for application roles ("MS-ATTR"), or provisioning on demand ("MS-POD").
//!
//! Not simulated: `/Schemas`, the group probe and the check of a reference by `id and manager` (no capture), several
//! matching attributes, and what needs a clock: cycles, back-off (see [`Retries`](super::Retries)), the 30 days before
//! a deletion. Host, credentials and transport are the wire's.

mod client;
mod groups;
mod patch;
mod roles;
mod users;

use std::collections::BTreeMap;

use self::{client::Client, patch::Style};
use super::{
    BoxFuture, Change, Dialect, Directory, IdentityProvider, Sent, Step, Stop, Wire,
    encode::{equals, form, percent, scramble},
    task::Task,
};

/// Entra ID's provisioning job and its link table.
#[derive(Debug)]
pub struct Entra {
    pub(super) job: Job,
    pub(super) style: Style,
    pub(super) users: BTreeMap<String, String>,
    pub(super) groups: BTreeMap<String, String>,
    pub(super) probes: u64,
}

/// How the provisioning job is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// As it comes.
    Default,
    /// With the flag `aadOptscim062020` in the tenant URL.
    Optscim,
    /// Matching accounts by `externalId`.
    MatchExternalId,
    /// Matching accounts by the work e-mail.
    MatchEmail,
    /// With `SingleAppRoleAssignment` for the primary role.
    RoleSingle,
    /// With `AppRoleAssignmentsComplex` for roles.
    RolesComplex,
    /// With `AssertiveAppRoleAssignmentsComplex` for roles.
    RolesAssertive,
    /// Provisioning on demand: an administrator picks one person, or a group and up to five members.
    OnDemand,
}

impl Entra {
    /// A job that has provisioned nobody yet.
    #[must_use]
    pub fn new(job: Job) -> Self {
        let style = if job == Job::Optscim { Style::Optscim } else { Style::Default };
        Self { job, style, users: BTreeMap::new(), groups: BTreeMap::new(), probes: 0 }
    }

    /// Test Connection, which also starts provisioning on demand: people who cannot exist must be a list without hits,
    /// not a 404.
    async fn probe(&mut self, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let task =
            Task::new(Step::Connect, "the connection test failed and provisioning goes into quarantine");
        for _ in 0..2 {
            self.probes += 1;
            let nobody = guid(self.probes);
            let filter = form(&equals(self.dialect().matches_by(), &nobody));
            client.list(&format!("/Users?filter={filter}"), &task).await?;
        }
        Ok(Sent::Done)
    }

    /// Whether there is anything to do on demand: a person who is in the directory and linked where that is needed, or a
    /// group of which the same is true.
    fn acts(&self, change: &Change, directory: &Directory) -> bool {
        match change {
            Change::Hire { person } | Change::Return { person } => directory.person(person).is_some(),
            Change::Update { before } => {
                self.users.contains_key(&before.key)
                    && directory.person(&before.key).is_some_and(|person| person.active)
            }
            Change::Leave { person } => self.users.contains_key(person) && directory.person(person).is_some(),
            Change::PushGroup { team } => directory.team(team).is_some(),
            Change::Join { team, .. } | Change::Part { team, .. } | Change::RenameGroup { team } => {
                self.groups.contains_key(team) && directory.team(team).is_some()
            }
            _ => false,
        }
    }

    fn user_target(&self, person: &str) -> Option<String> {
        self.users.get(person).map(|id| format!("/Users/{}", percent(id)))
    }
}

impl IdentityProvider for Entra {
    fn dialect(&self) -> Dialect {
        match self.job {
            Job::Default => Dialect::Entra,
            Job::Optscim => Dialect::Entra062020,
            Job::MatchExternalId => Dialect::EntraMatchExternalId,
            Job::MatchEmail => Dialect::EntraMatchEmail,
            Job::RoleSingle => Dialect::EntraRoleSingle,
            Job::RolesComplex => Dialect::EntraRolesComplex,
            Job::RolesAssertive => Dialect::EntraRolesAssertive,
            Job::OnDemand => Dialect::EntraOnDemand,
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
            if self.job == Job::OnDemand {
                if let Change::Purge { .. } | Change::DeleteGroup { .. } = change {
                    return Ok(Sent::Nothing(NOT_ON_DEMAND));
                }
                if self.acts(change, directory) {
                    self.probe(client).await?;
                }
            }
            match change {
                Change::Connect => self.probe(client).await,
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
                // The directory shows the state after the change, so who or what is deleted may be gone from it.
                Change::Purge { person } => self.purge(person, client).await,
                Change::DeleteGroup { team } => self.delete_group(team, client).await,
                Change::PushGroup { team }
                | Change::Join { team, .. }
                | Change::Part { team, .. }
                | Change::RenameGroup { team } => match directory.team(team) {
                    Some(group) => self.push(change, group, client).await,
                    None => Ok(Sent::Nothing(UNKNOWN)),
                },
                Change::SetPassword { .. } => {
                    Ok(Sent::Nothing("Entra ID synchronizes no passwords over SCIM"))
                }
                Change::ImportSchema => Ok(Sent::Nothing(
                    "Entra ID reads /Schemas for some gallery applications only, when they are configured (Microsoft, SCIM tutorial)",
                )),
                Change::UnlinkGroup { .. } => Ok(Sent::Nothing(
                    "Entra ID has no unlink: a group that leaves the scope is not simulated",
                )),
                Change::PushNow { .. } => Ok(Sent::Nothing(NO_PUSH_NOW)),
                Change::ImportUsers => Ok(Sent::Nothing(NO_USER_IMPORT)),
                Change::ImportGroups => Ok(Sent::Nothing(NO_GROUP_IMPORT)),
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

/// A GUID that nobody has: the same numbers in every run.
fn guid(number: u64) -> String {
    let high = scramble(&format!("probe {number} high"));
    let low = scramble(&format!("probe {number} low"));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

const UNKNOWN: &str = "not in the directory";
const NOT_ON_DEMAND: &str =
    "what is deleted in Entra ID cannot be picked on demand (Microsoft, provision on demand)";
const NO_PUSH_NOW: &str =
    "Entra ID has no push now: a membership is sent when it changes (Microsoft, how provisioning works)";
const NO_USER_IMPORT: &str =
    "Entra ID matches people one by one and pages through nobody (Microsoft, how provisioning works)";
const NO_GROUP_IMPORT: &str =
    "Entra ID matches groups one by one and pages through none (Microsoft, how provisioning works)";
