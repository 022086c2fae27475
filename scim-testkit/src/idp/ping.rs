//! PingFederate's SCIM Provisioner 1.4 and newer, and PingOne.
//!
//! Documented (PingFederate's settings reference and change logs, PingOne's "create store" and limitations): the
//! lookup by `userName eq`; `application/scim+json`; PATCH for groups alone; users are disabled or deleted, as the
//! "remove action" says; an attribute is never cleared once set; the unique identifier does not change.
//!
//! Inferred, in plain RFC form, for there is no capture: users are updated with PUT, of the mapped attributes; the
//! encoding of the filter; a group is looked up by name and created without members; the operations of its PATCH;
//! DELETE of a group.
//!
//! Not simulated: other filter expressions and headers, which an administrator can set, and the membership handling
//! that a store can have.

use serde_json::Value;

use super::{
    Change, Dialect, Directory, Sent, Step, Stop, plain,
    rest::{Client, Habits, Links, UNKNOWN, identity_provider},
};

/// Ping Identity's provisioner and its link table.
#[derive(Debug, Default)]
pub struct Ping {
    links: Links,
}

impl Ping {
    fn dialect(&self) -> Dialect {
        Dialect::Ping
    }

    async fn tell(
        &mut self,
        change: &Change,
        directory: &Directory,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        match change {
            Change::Hire { person } | Change::Return { person } => match directory.person(person) {
                Some(person) => plain::assign(&mut self.links, person, client).await,
                None => UNKNOWN,
            },
            Change::Update { before } => match directory.person(&before.key) {
                Some(person) if person.user_name != before.user_name => {
                    Ok(Sent::Nothing("the unique identifier cannot change (PingOne, limitations)"))
                }
                Some(person) => plain::put(&self.links, person, Step::UpdateUser, client).await,
                None => UNKNOWN,
            },
            Change::Leave { person } => match directory.person(person) {
                Some(person) => plain::put(&self.links, person, Step::Deactivate, client).await,
                None => UNKNOWN,
            },
            Change::Purge { person } => plain::delete_user(&mut self.links, person, client).await,
            Change::PushGroup { team } => match directory.team(team) {
                Some(group) => plain::push(&mut self.links, group, client).await,
                None => UNKNOWN,
            },
            Change::Join { .. } | Change::Part { .. } | Change::RenameGroup { .. } => {
                plain::change_group(&self.links, change, directory, client).await
            }
            Change::DeleteGroup { team } => plain::delete_group(&mut self.links, team, client).await,
            Change::UnlinkGroup { team } => {
                self.links.groups.remove(team);
                Ok(Sent::Nothing("nobody knows what Ping sends when a group is unlinked"))
            }
            Change::Connect => Ok(Sent::Nothing("nobody knows what Ping's connection test sends")),
            Change::PushNow { .. } => Ok(Sent::Nothing("Ping has no push of a whole membership")),
            Change::ImportSchema => Ok(Sent::Nothing("there is no sign that Ping reads schemas")),
            Change::SetPassword { .. } => Ok(Sent::Nothing("nobody knows what Ping sends for a password")),
            Change::ImportUsers | Change::ImportGroups => {
                Ok(Sent::Nothing("nobody knows what Ping's import sends"))
            }
        }
    }
}

const HABITS: Habits =
    Habits { always: &[], with_body: &[("Content-Type", "application/scim+json")], text: Value::to_string };

identity_provider!(Ping, HABITS);
