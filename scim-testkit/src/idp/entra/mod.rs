//! Microsoft Entra ID, with and without `aadOptscim062020`.
//!
//! What is known, and how well; the keys are those of the fixtures in `fixtures/entra` and `fixtures/entra-062020`.
//!
//! Documented (Microsoft's "MS-SCIM" tutorial, "MS-COMPAT" on the flag, "MS-HOW" on cycles, "MS-KNOWN" limits,
//! "MS-LOGS" codes, "MS-LA" validation): filter, then POST with `meta` and an empty `roles`; GET, then one PATCH with
//! the differences; capitalized operations and booleans as strings, or with the flag lower-case operations, JSON
//! booleans and one path-less operation with dotted keys; `active` on unassignment, DELETE on the final deletion;
//! groups matched with `excludedAttributes=members` first, members with a null `$ref`, the flag's value path for a
//! removal; nothing is ever cleared with null; a 404 to the filter means quarantine.
//!
//! Observed (captures: azure-docs#94189 and #12728, SCIMReferenceCode#63, SimpleIdServer#376 and #494, scimitar#123,
//! go-scim#75, a Microsoft Q&A answer 637791, the validator's run 9 "VAL-RUN9", suna#7297): `+` for a space, no
//! User-Agent, the probes, `displayName` in the POST, the group POST with `members: []`, the manager as a bare string,
//! `Add` where the server shows no value, the path-less rename of a group, that a manager in the answer must be an
//! object and e-mails must be objects.
//!
//! Inferred: no Accept header; two probes; that a matched person is compared with the filter's answer, without a GET;
//! the order of operations; several members in one operation; that the empty value which clears a manager is the
//! empty string; which statuses count as success beyond the documented ones.
//!
//! Not simulated: provision on demand, roles, `/Schemas`, matching by anything but `userName`, the group probe, and
//! what needs a clock: cycles, back-off, the 30 days before a deletion. Host, credentials and transport are the wire's.

mod client;
mod groups;
mod patch;
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
    pub(super) style: Style,
    pub(super) users: BTreeMap<String, String>,
    pub(super) groups: BTreeMap<String, String>,
    pub(super) probes: u64,
}

impl Entra {
    /// A job that has provisioned nobody yet; with `optscim`, its tenant URL has the flag `aadOptscim062020`.
    #[must_use]
    pub fn new(optscim: bool) -> Self {
        let style = if optscim { Style::Optscim } else { Style::Default };
        Self { style, users: BTreeMap::new(), groups: BTreeMap::new(), probes: 0 }
    }

    /// Test Connection: people who cannot exist must be a list without hits, not a 404.
    async fn connect(&mut self, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let task =
            Task::new(Step::Connect, "the connection test failed and provisioning goes into quarantine");
        for _ in 0..2 {
            self.probes += 1;
            let nobody = guid(self.probes);
            client.list(&format!("/Users?filter={}", form(&equals("userName", &nobody))), &task).await?;
        }
        Ok(Sent::Done)
    }

    fn user_target(&self, person: &str) -> Option<String> {
        self.users.get(person).map(|id| format!("/Users/{}", percent(id)))
    }
}

impl IdentityProvider for Entra {
    fn dialect(&self) -> Dialect {
        match self.style {
            Style::Default => Dialect::Entra,
            Style::Optscim => Dialect::Entra062020,
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
const NO_PUSH_NOW: &str =
    "Entra ID has no push now: a membership is sent when it changes (Microsoft, how provisioning works)";
const NO_USER_IMPORT: &str =
    "Entra ID matches people one by one and pages through nobody (Microsoft, how provisioning works)";
const NO_GROUP_IMPORT: &str =
    "Entra ID matches groups one by one and pages through none (Microsoft, how provisioning works)";
