//! OneLogin, with the connector "SCIM Provisioner with SAML (SCIM v2 Enterprise)".
//!
//! Observed (one server's log, authentik#11249): the lookup with its trailing `&`; PUT with a trailing `?` and the
//! schemas `urn:scim:schemas:core:2.0` and `urn:scim:schemas:extension:enterprise:2.0`, which are none of the RFC's;
//! PATCH of a group with a trailing `?`, `application/scim+json` and an empty `User-Agent`. The body of that PATCH is
//! computed from its length.
//!
//! Documented: the attributes are those of a template that the customer can edit; groups are not in it.
//!
//! Inferred: the trailing `?` on every other target; the POST; `emails` as an array, as vendors' templates have it;
//! the group that is created without members; DELETE as what the setting "delete" does.
//!
//! Not simulated: suspending a user and what follows on a return, removing a member and renaming a group, of which
//! there is no capture; the values of the extension, whose key is not known.

use http::Method;
use serde_json::{Value, json};

use super::{
    Change, Dialect, Directory, Person, Sent, Step, Stop, Team,
    encode::{equals, filled, form, percent},
    plain,
    rest::{Client, Habits, Links, NOBODY, NOT_LINKED, UNKNOWN, identity_provider},
    task::Task,
};

/// OneLogin's provisioner and its link table.
#[derive(Debug, Default)]
pub struct Onelogin {
    links: Links,
}

impl Onelogin {
    fn dialect(&self) -> Dialect {
        Dialect::Onelogin
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
            Change::Update { before } => {
                match (directory.person(&before.key), self.links.users.get(&before.key)) {
                    (Some(person), Some(id)) => put(id, person, client).await,
                    (Some(_), None) => NOT_LINKED,
                    (None, _) => UNKNOWN,
                }
            }
            Change::Purge { person } => match self.links.users.remove(person) {
                Some(id) => {
                    let task = Task::new(Step::DeleteUser, format!("cannot delete {person}"));
                    client.delete(&format!("/Users/{}?", percent(&id)), &task).await?;
                    Ok(Sent::Done)
                }
                None => NOT_LINKED,
            },
            Change::PushGroup { team } => match directory.team(team) {
                Some(group) => self.push(group, client).await,
                None => UNKNOWN,
            },
            Change::Join { team, people } => match directory.team(team) {
                Some(group) => self.add(group, people, client).await,
                None => UNKNOWN,
            },
            Change::UnlinkGroup { team } => {
                self.links.groups.remove(team);
                Ok(Sent::Nothing("nobody knows what OneLogin sends when a group is unlinked"))
            }
            Change::Connect => Ok(Sent::Nothing("nobody knows what OneLogin's connection test sends")),
            Change::Leave { .. } | Change::Return { .. } => Ok(Sent::Nothing(
                "nobody knows what OneLogin sends when a user is suspended or comes back: no capture",
            )),
            Change::Part { .. } | Change::RenameGroup { .. } | Change::PushNow { .. } => {
                Ok(Sent::Nothing("of OneLogin's group requests only the one that adds members is captured"))
            }
            Change::DeleteGroup { .. } => Ok(Sent::Nothing("nobody knows whether OneLogin deletes groups")),
            Change::ImportSchema => Ok(Sent::Nothing("OneLogin's attributes are those of a template")),
            Change::SetPassword { .. } => {
                Ok(Sent::Nothing("nobody knows what OneLogin sends for a password over SCIM"))
            }
            Change::ImportUsers | Change::ImportGroups => {
                Ok(Sent::Nothing("nobody knows what OneLogin's import sends"))
            }
        }
    }

    /// Looks the person up and replaces or creates the account.
    async fn assign(&mut self, person: &Person, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let who = &person.user_name;
        let task = Task::new(Step::FindUser, format!("cannot look up {who}"));
        let target = format!("/Users?filter={}&", form(&equals("userName", who)));
        if let Some((id, _)) = client.find(&target, &task).await? {
            self.links.users.insert(person.key.clone(), id.clone());
            return put(&id, person, client).await;
        }
        let task = Task::new(Step::CreateUser, format!("cannot create {who}"));
        let id = client.create("/Users?", &template(person), &task).await?;
        self.links.users.insert(person.key.clone(), id);
        Ok(Sent::Done)
    }

    async fn push(&mut self, team: &Team, client: &mut Client<'_>) -> Result<Sent, Stop> {
        if let Some(known) = plain::create_group_unseen(&mut self.links, team, "/Groups?", client).await? {
            return Ok(known);
        }
        self.add(team, &team.members, client).await?;
        Ok(Sent::Done)
    }

    /// One PATCH for each person, as captured.
    async fn add(&self, team: &Team, people: &[String], client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(id) = self.links.groups.get(&team.key) else { return NOT_LINKED };
        let members = self.links.members(people);
        if members.is_empty() {
            return NOBODY;
        }
        let task =
            Task::new(Step::AddMembers, format!("cannot add members to the group {}", team.display_name));
        for member in members {
            let operation = json!({ "op": "add", "path": "members", "value": [member] });
            client.patch(&format!("/Groups/{}?", percent(id)), &[operation], &task).await?;
        }
        Ok(Sent::Done)
    }
}

async fn put(id: &str, person: &Person, client: &mut Client<'_>) -> Result<Sent, Stop> {
    let task = Task::new(Step::UpdateUser, format!("cannot update {}", person.user_name));
    let answer =
        client.send(Method::PUT, &format!("/Users/{}?", percent(id)), Some(&template(person))).await?;
    if answer.is_success() { Ok(Sent::Done) } else { Err(task.refused(&answer)) }
}

/// The customer's template, filled in.
fn template(person: &Person) -> Value {
    let mut user = json!({
        "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"],
        "userName": person.user_name,
        "name": {
            "givenName": person.given_name,
            "familyName": person.family_name,
            "formatted": person.display_name,
        },
        "emails": [{ "value": person.email, "type": "work", "primary": true }],
    });
    if let Some(title) = filled(&person.title) {
        user["title"] = json!(title);
    }
    user
}

const HABITS: Habits = Habits {
    always: &[("User-Agent", "")],
    with_body: &[("Content-Type", "application/scim+json")],
    text: Value::to_string,
};

identity_provider!(Onelogin, HABITS);
