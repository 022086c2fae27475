//! Google Workspace, when it provisions to an application of its catalog. Custom SAML applications have no outbound
//! SCIM.
//!
//! Observed (one server's log, snipe-it#12642): a bare `GET /Users`; the lookup with `%20`, `startIndex` and no
//! `count`; the POST with a schema of SCIM 1 beside that of SCIM 2.
//!
//! Inferred: the headers; that the bare GET is the connection test; that `@` is sent as `%40`; the end of the POST
//! after `"active":t`, where the capture breaks off.
//!
//! Not simulated: updates, suspension and deletion, whose requests nobody has shown, and groups, of which there is no
//! sign that they are pushed.

use serde_json::{Value, json};

use super::{
    Change, Dialect, Directory, Person, Sent, Step, Stop,
    encode::{USER, equals, percent},
    rest::{Client, Habits, Links, UNKNOWN, identity_provider},
    task::Task,
};

/// Google's automatic provisioning and its link table.
#[derive(Debug, Default)]
pub struct Google {
    links: Links,
}

impl Google {
    fn dialect(&self) -> Dialect {
        Dialect::Google
    }

    async fn tell(
        &mut self,
        change: &Change,
        directory: &Directory,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        match change {
            Change::Connect => {
                client.list("/Users", &Task::new(Step::Connect, "cannot read the users")).await?;
                Ok(Sent::Done)
            }
            Change::Hire { person } => match directory.person(person) {
                Some(person) => self.assign(person, client).await,
                None => UNKNOWN,
            },
            Change::Update { .. } => Ok(Sent::Nothing("nobody has shown what Google sends for an update")),
            Change::Leave { .. } | Change::Return { .. } | Change::Purge { .. } => {
                Ok(Sent::Nothing("nobody has shown what Google sends for a suspension or a deletion"))
            }
            Change::PushGroup { .. }
            | Change::Join { .. }
            | Change::Part { .. }
            | Change::RenameGroup { .. }
            | Change::PushNow { .. }
            | Change::UnlinkGroup { .. }
            | Change::DeleteGroup { .. }
            | Change::ImportGroups => Ok(Sent::Nothing("there is no sign that Google pushes groups")),
            Change::ImportSchema => Ok(Sent::Nothing("there is no sign that Google reads schemas")),
            Change::SetPassword { .. } => Ok(Sent::Nothing("there is no sign that Google sends passwords")),
            Change::ImportUsers => Ok(Sent::Nothing("there is no sign that Google imports users")),
        }
    }

    async fn assign(&mut self, person: &Person, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let who = &person.user_name;
        let task = Task::new(Step::FindUser, format!("cannot look up {who}"));
        let target = format!("/Users?filter={}&startIndex=1", percent(&equals("userName", who)));
        if let Some((id, _)) = client.find(&target, &task).await? {
            self.links.users.insert(person.key.clone(), id);
            return Ok(Sent::Nothing("nobody has shown what Google sends to an account that exists"));
        }
        let user = json!({
            "schemas": ["urn:scim:schemas:core:1.0", USER],
            "userName": who,
            "emails": [{ "primary": true, "value": person.email, "type": "work" }],
            "displayName": person.display_name,
            "name": { "givenName": person.given_name, "familyName": person.family_name },
            "active": true,
        });
        let task = Task::new(Step::CreateUser, format!("cannot create {who}"));
        let id = client.create("/Users", &user, &task).await?;
        self.links.users.insert(person.key.clone(), id);
        Ok(Sent::Done)
    }
}

const HABITS: Habits =
    Habits { always: &[], with_body: &[("Content-Type", "application/scim+json")], text: Value::to_string };

identity_provider!(Google, HABITS);
