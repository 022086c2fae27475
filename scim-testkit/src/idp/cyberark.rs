//! CyberArk Identity, formerly Idaptive.
//!
//! Documented (CyberArk's "SCIM API Requirements"): what it asks of an endpoint, which is `/ServiceProviderConfig`,
//! one resource type and one schema at a time, `GET /Users?count=1`, the lookup by `userName eq`, POST and PUT of
//! users, POST and PATCH of groups. No DELETE is among it.
//!
//! Inferred, in plain RFC form, for there is no capture: when it asks which, and in what order; the bodies; the
//! lookup of a group; the operations of its PATCH; that a user is disabled with PUT.

use http::Method;
use serde_json::Value;

use super::{
    Change, Dialect, Directory, Sent, Step, Stop,
    encode::{GROUP, USER},
    plain,
    rest::{Client, Habits, Links, UNKNOWN, identity_provider},
    task::Task,
};

/// CyberArk's provisioner and its link table.
#[derive(Debug, Default)]
pub struct Cyberark {
    links: Links,
}

impl Cyberark {
    fn dialect(&self) -> Dialect {
        Dialect::Cyberark
    }

    async fn tell(
        &mut self,
        change: &Change,
        directory: &Directory,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        match change {
            Change::Connect => {
                let task = Task::new(Step::Connect, "cannot verify the endpoint");
                read("/ServiceProviderConfig", &task, client).await?;
                client.list("/Users?count=1", &task).await?;
                Ok(Sent::Done)
            }
            Change::ImportSchema => {
                let task = Task::new(Step::Connect, "cannot read the attributes");
                read("/ResourceTypes/User", &task, client).await?;
                read("/ResourceTypes/Group", &task, client).await?;
                read(&format!("/Schemas/{USER}"), &task, client).await?;
                read(&format!("/Schemas/{GROUP}"), &task, client).await?;
                Ok(Sent::Done)
            }
            Change::Hire { person } | Change::Return { person } => match directory.person(person) {
                Some(person) => plain::assign(&mut self.links, person, client).await,
                None => UNKNOWN,
            },
            Change::Update { before } => match directory.person(&before.key) {
                Some(person) => plain::put(&self.links, person, Step::UpdateUser, client).await,
                None => UNKNOWN,
            },
            Change::Leave { person } => match directory.person(person) {
                Some(person) => plain::put(&self.links, person, Step::Deactivate, client).await,
                None => UNKNOWN,
            },
            Change::PushGroup { team } => match directory.team(team) {
                Some(group) => plain::push(&mut self.links, group, client).await,
                None => UNKNOWN,
            },
            Change::Join { .. } | Change::Part { .. } | Change::RenameGroup { .. } => {
                plain::change_group(&self.links, change, directory, client).await
            }
            Change::UnlinkGroup { team } => {
                self.links.groups.remove(team);
                Ok(Sent::Nothing("nobody knows what CyberArk sends when a group is unlinked"))
            }
            Change::Purge { .. } | Change::DeleteGroup { .. } => {
                Ok(Sent::Nothing("DELETE is not among what CyberArk asks of an endpoint"))
            }
            Change::PushNow { .. } => Ok(Sent::Nothing("nobody knows of a push of a whole membership")),
            Change::SetPassword { .. } => Ok(Sent::Nothing("there is no sign that CyberArk sends passwords")),
            Change::ImportUsers | Change::ImportGroups => {
                Ok(Sent::Nothing("there is no sign that CyberArk imports over SCIM"))
            }
        }
    }
}

/// Reads one discovery document.
async fn read(target: &str, task: &Task, client: &mut Client<'_>) -> Result<(), Stop> {
    let answer = client.send(Method::GET, target, None).await?;
    if answer.status != 200 {
        return Err(task.refused(&answer));
    }
    task.object(&answer)?;
    Ok(())
}

const HABITS: Habits =
    Habits { always: &[], with_body: &[("Content-Type", "application/scim+json")], text: Value::to_string };

identity_provider!(Cyberark, HABITS);
