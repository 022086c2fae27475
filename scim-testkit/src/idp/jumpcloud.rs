//! JumpCloud, with a custom SCIM 2.0 integration.
//!
//! Documented (JumpCloud's page on custom SCIM): activation creates a test user and a test group and deletes both; no
//! schema extensions; lookup, create, update, deactivation and deletion of users, and create, update and deletion of
//! groups, are the events that it logs.
//!
//! Observed: members are added again who are members already (Infisical#2138); an `id` that is a number breaks it
//! (laravel-scim-server#40), so the endpoint's answers are read strictly.
//!
//! Inferred, in plain RFC form: every request. There is no capture. A member is removed by a list of values, as one
//! vendor's page says; another vendor speaks of a filter.
//!
//! Not simulated: updates, deactivation and what follows on a return, of which it is not known whether they are PUT
//! or PATCH.

use serde_json::{Value, json};

use super::{
    Change, Dialect, Directory, Person, Sent, Step, Stop, plain,
    rest::{Client, Habits, Links, UNKNOWN, identity_provider},
    task::Task,
};

/// JumpCloud's provisioner and its link table.
#[derive(Debug, Default)]
pub struct Jumpcloud {
    links: Links,
}

impl Jumpcloud {
    fn dialect(&self) -> Dialect {
        Dialect::Jumpcloud
    }

    async fn tell(
        &mut self,
        change: &Change,
        directory: &Directory,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        match change {
            Change::Hire { person } => match directory.person(person) {
                Some(person) => self.assign(person, client).await,
                None => UNKNOWN,
            },
            Change::Purge { person } => plain::delete_user(&mut self.links, person, client).await,
            Change::PushGroup { team } => match directory.team(team) {
                Some(group) => {
                    let links = &mut self.links;
                    if let Some(known) = plain::create_group_unseen(links, group, "/Groups", client).await? {
                        return Ok(known);
                    }
                    plain::add_members(&self.links, team, &group.members, client).await?;
                    Ok(Sent::Done)
                }
                None => UNKNOWN,
            },
            Change::Join { team, people } => plain::add_members(&self.links, team, people, client).await,
            Change::Part { team, people } => {
                let members = self.links.members(people);
                let operation = json!({ "op": "remove", "path": "members", "value": members });
                let operations = if members.is_empty() { &[][..] } else { &[operation] };
                plain::patch(&self.links, team, Step::RemoveMembers, operations, client).await
            }
            Change::DeleteGroup { team } => plain::delete_group(&mut self.links, team, client).await,
            Change::UnlinkGroup { team } => {
                self.links.groups.remove(team);
                Ok(Sent::Nothing("nobody knows what JumpCloud sends when a group is unlinked"))
            }
            Change::Connect => Ok(Sent::Nothing(
                "activation creates a test user and a test group and deletes both (JumpCloud, custom SCIM): that is a hire, a group and their deletion here",
            )),
            Change::Update { .. } | Change::Leave { .. } | Change::Return { .. } => Ok(Sent::Nothing(
                "nobody has shown whether JumpCloud updates and deactivates with PUT or with PATCH",
            )),
            Change::RenameGroup { .. } | Change::PushNow { .. } => {
                Ok(Sent::Nothing("nobody has shown what JumpCloud sends for an update of a group"))
            }
            Change::ImportSchema => Ok(Sent::Nothing("there is no sign that JumpCloud reads schemas")),
            Change::SetPassword { .. } => {
                Ok(Sent::Nothing("there is no sign that JumpCloud sends passwords"))
            }
            Change::ImportUsers | Change::ImportGroups => {
                Ok(Sent::Nothing("nobody has shown what JumpCloud's import sends"))
            }
        }
    }

    async fn assign(&mut self, person: &Person, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let who = &person.user_name;
        let task = Task::new(Step::FindUser, format!("cannot look up {who}"));
        if let Some((id, _)) = client.find(&plain::by_user_name(who), &task).await? {
            self.links.users.insert(person.key.clone(), id);
            return Ok(Sent::Nothing(
                "linked; nobody has shown whether JumpCloud then updates with PUT or with PATCH",
            ));
        }
        plain::create(&mut self.links, person, client).await
    }
}

const HABITS: Habits =
    Habits { always: &[], with_body: &[("Content-Type", "application/scim+json")], text: Value::to_string };

identity_provider!(Jumpcloud, HABITS);
