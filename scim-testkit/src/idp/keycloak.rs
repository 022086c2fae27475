//! Keycloak with the extension `keycloak-scim` (libre.sh, continued by mitodl). Keycloak itself has no SCIM client.
//!
//! Documented, for its source is public (`UserAdapter`, `GroupAdapter`, `ScimClient`, `ScimEventListenerProvider`):
//! POST without a lookup; `externalId` is Keycloak's id, and the endpoint's id stands beside it once it is known; a
//! change is a PUT of everything, or, with the options `user-patchOp` and `group-patchOp`, a PATCH that replaces
//! `active` as text, the names, and the members; a group without members has them removed; a joining or leaving
//! member makes it send the group and then the user; e-mails without type; a disabled user is an update; the import
//! reads the first page of the list and links by user name.
//!
//! Inferred: all headers but `Content-Type`, from the HTTP client that it uses; the order of members, which is a hash
//! set's; that an attribute without values is left out; that a create which met a 409 is followed by an import and an
//! update, as its synchronization does.
//!
//! Not simulated: roles, repeated attempts, and what its import creates or deletes.

use http::Method;
use serde_json::{Map, Value, json};

use super::{
    Change, Dialect, Directory, Person, Sent, Step, Stop, Team,
    encode::{GROUP, USER},
    plain,
    rest::{self, Client, Habits, Links, NOBODY, NOT_LINKED, UNKNOWN, identity_provider},
    task::Task,
};

/// The extension's client and its link table.
#[derive(Debug)]
pub struct Keycloak {
    patches: bool,
    links: Links,
}

impl Keycloak {
    /// A client that has provisioned nobody yet; with `patches`, the options `user-patchOp` and `group-patchOp` are on.
    #[must_use]
    pub fn new(patches: bool) -> Self {
        Self { patches, links: Links::default() }
    }

    fn dialect(&self) -> Dialect {
        if self.patches { Dialect::KeycloakPatch } else { Dialect::Keycloak }
    }

    async fn tell(
        &mut self,
        change: &Change,
        directory: &Directory,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        match change {
            Change::Hire { person } | Change::Return { person } => match directory.person(person) {
                Some(someone) if self.links.users.contains_key(person) => {
                    let at = if matches!(change, Change::Hire { .. }) {
                        Step::UpdateUser
                    } else {
                        Step::Reactivate
                    };
                    self.replace_user(someone, at, client).await
                }
                Some(someone) => self.create_user(someone, client).await,
                None => UNKNOWN,
            },
            Change::Update { before } => match directory.person(&before.key) {
                Some(person) => self.replace_user(person, Step::UpdateUser, client).await,
                None => UNKNOWN,
            },
            Change::Leave { person } => match directory.person(person) {
                Some(person) => self.replace_user(person, Step::Deactivate, client).await,
                None => UNKNOWN,
            },
            Change::Purge { person } => plain::delete_user(&mut self.links, person, client).await,
            Change::PushGroup { team } => match directory.team(team) {
                Some(group) => self.push(group, client).await,
                None => UNKNOWN,
            },
            Change::Join { team, people } | Change::Part { team, people } => match directory.team(team) {
                Some(group) => self.members(change, group, people, directory, client).await,
                None => UNKNOWN,
            },
            Change::RenameGroup { team } | Change::PushNow { team } => match directory.team(team) {
                Some(group) => self.replace_group(group, &group.members, Step::RenameGroup, client).await,
                None => UNKNOWN,
            },
            Change::DeleteGroup { team } => plain::delete_group(&mut self.links, team, client).await,
            Change::UnlinkGroup { .. } => Ok(Sent::Nothing("the extension has no unlink")),
            Change::Connect => Ok(Sent::Nothing("the extension has no connection test")),
            Change::ImportSchema => Ok(Sent::Nothing("the extension reads no schemas")),
            Change::SetPassword { .. } => Ok(Sent::Nothing("the extension sends no passwords")),
            Change::ImportUsers => import("/Users", Step::ListUsers, client).await,
            Change::ImportGroups => import("/Groups", Step::ListGroups, client).await,
        }
    }

    /// Creates without a lookup. A 409 stops the create; the next synchronization imports, links by name and replaces.
    async fn create_user(&mut self, person: &Person, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let who = &person.user_name;
        let task = Task::new(Step::CreateUser, format!("cannot create {who}"));
        let answer = client.send(Method::POST, "/Users", Some(&user(person, None))).await?;
        if answer.status != 409 {
            if !answer.is_success() {
                return Err(task.refused(&answer));
            }
            let id = task.id(&answer, task.object(&answer)?)?;
            self.links.users.insert(person.key.clone(), id);
            return Ok(Sent::Done);
        }
        let task = Task::new(Step::ListUsers, "cannot import users");
        let list = client.list("/Users", &task).await?;
        let same = |resource: &&Value| {
            let name = resource.get("userName").and_then(Value::as_str);
            name.is_some_and(|name| name.to_lowercase() == who.to_lowercase())
        };
        let Some(found) = list.resources.iter().find(same) else {
            return Ok(Sent::Nothing("the import reads the first page only, and the account is not on it"));
        };
        let id = task.id(&list.answer, found)?;
        self.links.users.insert(person.key.clone(), id);
        self.replace_user(person, Step::UpdateUser, client).await
    }

    async fn replace_user(&self, person: &Person, at: Step, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(id) = self.links.users.get(&person.key) else { return NOT_LINKED };
        let task = Task::new(at, format!("cannot update {}", person.user_name));
        if self.patches {
            let operations = [
                replace("active", json!(person.active.to_string())),
                replace("userName", json!(person.user_name)),
                replace("displayName", json!(person.display_name)),
            ];
            client.patch(&rest::user(id), &operations, &task).await?;
        } else {
            client.put(&rest::user(id), &user(person, Some(id)), &task).await?;
        }
        Ok(Sent::Done)
    }

    async fn push(&mut self, team: &Team, client: &mut Client<'_>) -> Result<Sent, Stop> {
        if self.links.groups.contains_key(&team.key) {
            return self.replace_group(team, &team.members, Step::RenameGroup, client).await;
        }
        let task = Task::new(Step::CreateGroup, format!("cannot create the group {}", team.display_name));
        let id = match client.create("/Groups", &self.group(team, &team.members, None), &task).await {
            Err(Stop::Gave(gave)) if gave.status == Some(409) => {
                return Ok(Sent::Nothing("a group of that name exists, and only the import links it"));
            }
            created => created?,
        };
        self.links.groups.insert(team.key.clone(), id);
        Ok(Sent::Done)
    }

    /// For everyone who joined or left: the group as it was then, and the user.
    async fn members(
        &self,
        change: &Change,
        team: &Team,
        people: &[String],
        directory: &Directory,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        if self.links.ids(people).is_empty() {
            return NOBODY;
        }
        for (place, key) in people.iter().enumerate() {
            let later = &people[place + 1..];
            let (members, at): (Vec<String>, _) = if matches!(change, Change::Join { .. }) {
                let there = team.members.iter().filter(|member| !later.contains(member));
                (there.cloned().collect(), Step::AddMembers)
            } else {
                (team.members.iter().chain(later).cloned().collect(), Step::RemoveMembers)
            };
            if let Sent::Nothing(why) = self.replace_group(team, &members, at, client).await? {
                return Ok(Sent::Nothing(why));
            }
            if let Some(person) = directory.person(key) {
                self.replace_user(person, Step::UpdateUser, client).await?;
            }
        }
        Ok(Sent::Done)
    }

    async fn replace_group(
        &self,
        team: &Team,
        members: &[String],
        at: Step,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        let Some(id) = self.links.groups.get(&team.key) else { return NOT_LINKED };
        let task = Task::new(at, format!("cannot update the group {}", team.display_name));
        if self.patches {
            let ids = self.links.ids(members);
            let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id, "type": "User" })).collect();
            let first = if members.is_empty() {
                json!({ "path": "members", "op": "remove" })
            } else {
                replace("members", json!(members))
            };
            let operations = [
                first,
                replace("displayName", json!(team.display_name)),
                replace("externalId", json!(team.local_id)),
            ];
            client.patch(&rest::group(id), &operations, &task).await?;
        } else {
            client.put(&rest::group(id), &self.group(team, members, Some(id)), &task).await?;
        }
        Ok(Sent::Done)
    }

    fn group(&self, team: &Team, members: &[String], id: Option<&str>) -> Value {
        let mut group = Map::new();
        group.insert("schemas".to_owned(), json!([GROUP]));
        if let Some(id) = id {
            group.insert("id".to_owned(), json!(id));
        }
        group.insert("externalId".to_owned(), json!(team.local_id));
        group.insert("displayName".to_owned(), json!(team.display_name));
        let ids = self.links.ids(members).into_iter();
        let member = |id| json!({ "value": id, "type": "User", "$ref": format!("Users/{id}") });
        let members: Vec<Value> = ids.map(member).collect();
        if !members.is_empty() {
            group.insert("members".to_owned(), json!(members));
        }
        Value::Object(group)
    }
}

/// Everything that the extension sends of a person.
fn user(person: &Person, id: Option<&str>) -> Value {
    let mut user = Map::new();
    user.insert("schemas".to_owned(), json!([USER]));
    user.insert("externalId".to_owned(), json!(person.local_id));
    user.insert("userName".to_owned(), json!(person.user_name));
    if let Some(id) = id {
        user.insert("id".to_owned(), json!(id));
    }
    user.insert("displayName".to_owned(), json!(person.display_name));
    let name = json!({ "givenName": person.given_name, "familyName": person.family_name });
    user.insert("name".to_owned(), name);
    user.insert("emails".to_owned(), json!([{ "value": person.email }]));
    user.insert("active".to_owned(), json!(person.active));
    Value::Object(user)
}

fn replace(path: &str, value: Value) -> Value {
    json!({ "path": path, "op": "replace", "value": value })
}

/// Reads the first page of a list, which is all that the extension reads.
async fn import(collection: &str, at: Step, client: &mut Client<'_>) -> Result<Sent, Stop> {
    let task = Task::new(at, format!("cannot import what is in {collection}"));
    let list = client.list(collection, &task).await?;
    let ids: Result<Vec<String>, Stop> =
        list.resources.iter().map(|resource| task.id(&list.answer, resource)).collect();
    let ids = ids?;
    if list.total.is_some_and(|total| total > ids.len() as u64) {
        return Ok(Sent::Nothing("the import reads the first page only, and there are more"));
    }
    Ok(Sent::Imported(ids))
}

/// `Content-Type` is set on every request; the rest is what Apache's HTTP client 4.5 adds.
const HABITS: Habits = Habits {
    always: &[
        ("Content-Type", "application/scim+json"),
        ("Connection", "Keep-Alive"),
        ("User-Agent", "Apache-HttpClient/4.5.14 (Java/17.0.9)"),
        ("Accept-Encoding", "gzip,deflate"),
    ],
    with_body: &[],
    text: Value::to_string,
};

identity_provider!(Keycloak, HABITS);
