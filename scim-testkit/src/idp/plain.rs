//! Requests in plain RFC form, for what a provider is known to do and nobody has captured.
//!
//! Whatever such a request finds breaks the RFC, whether or not the provider words it so.

use serde_json::{Map, Value, json};

use super::{
    Change, Directory, Person, Sent, Step, Stop, Team,
    encode::{GROUP, USER, equals, filled, percent},
    rest::{Client, Links, NOBODY, NOT_LINKED, UNKNOWN, user},
    task::Task,
};

/// The person's attributes of the core schema.
pub(super) fn person(person: &Person) -> Map<String, Value> {
    let mut user = Map::new();
    user.insert("schemas".to_owned(), json!([USER]));
    user.insert("userName".to_owned(), json!(person.user_name));
    let name = json!({ "givenName": person.given_name, "familyName": person.family_name });
    user.insert("name".to_owned(), name);
    user.insert("displayName".to_owned(), json!(person.display_name));
    if let Some(title) = filled(&person.title) {
        user.insert("title".to_owned(), json!(title));
    }
    user.insert("emails".to_owned(), json!([{ "value": person.email, "type": "work", "primary": true }]));
    user.insert("active".to_owned(), json!(person.active));
    user
}

/// The target that looks for a user by name.
pub(super) fn by_user_name(name: &str) -> String {
    format!("/Users?filter={}", percent(&equals("userName", name)))
}

/// Looks the person up, and replaces or creates the account.
pub(super) async fn assign(
    links: &mut Links,
    someone: &Person,
    client: &mut Client<'_>,
) -> Result<Sent, Stop> {
    let who = &someone.user_name;
    let task = Task::new(Step::FindUser, format!("cannot look up {who}"));
    if let Some((id, _)) = client.find(&by_user_name(who), &task).await? {
        links.users.insert(someone.key.clone(), id);
        return put(links, someone, Step::UpdateUser, client).await;
    }
    create(links, someone, client).await
}

/// Creates the account.
pub(super) async fn create(
    links: &mut Links,
    someone: &Person,
    client: &mut Client<'_>,
) -> Result<Sent, Stop> {
    let task = Task::new(Step::CreateUser, format!("cannot create {}", someone.user_name));
    let id = client.create("/Users", &Value::Object(person(someone)), &task).await?;
    links.users.insert(someone.key.clone(), id);
    Ok(Sent::Done)
}

/// Replaces the account.
pub(super) async fn put(
    links: &Links,
    someone: &Person,
    at: Step,
    client: &mut Client<'_>,
) -> Result<Sent, Stop> {
    let Some(id) = links.users.get(&someone.key) else { return NOT_LINKED };
    let mut body = person(someone);
    body.insert("id".to_owned(), json!(id));
    let task = Task::new(at, format!("cannot update {}", someone.user_name));
    client.put(&user(id), &Value::Object(body), &task).await?;
    Ok(Sent::Done)
}

/// Deletes the account.
pub(super) async fn delete_user(
    links: &mut Links,
    person: &str,
    client: &mut Client<'_>,
) -> Result<Sent, Stop> {
    let Some(target) = links.user(person) else { return NOT_LINKED };
    client.delete(&target, &Task::new(Step::DeleteUser, format!("cannot delete {person}"))).await?;
    links.users.remove(person);
    Ok(Sent::Done)
}

/// Looks the group up by name or creates it, and adds its members.
pub(super) async fn push(links: &mut Links, team: &Team, client: &mut Client<'_>) -> Result<Sent, Stop> {
    let name = &team.display_name;
    let task = Task::new(Step::FindGroup, format!("cannot look up the group {name}"));
    let target = format!("/Groups?filter={}", percent(&equals("displayName", name)));
    match client.find(&target, &task).await? {
        Some((id, _)) => {
            links.groups.insert(team.key.clone(), id);
        }
        None => create_group(links, team, "/Groups", client).await?,
    }
    add_members(links, &team.key, &team.members, client).await?;
    Ok(Sent::Done)
}

/// Creates the group without members.
pub(super) async fn create_group(
    links: &mut Links,
    team: &Team,
    collection: &str,
    client: &mut Client<'_>,
) -> Result<(), Stop> {
    let name = &team.display_name;
    let task = Task::new(Step::CreateGroup, format!("cannot create the group {name}"));
    let group = json!({ "schemas": [GROUP], "displayName": name });
    let id = client.create(collection, &group, &task).await?;
    links.groups.insert(team.key.clone(), id);
    Ok(())
}

/// Creates the group without a lookup. An endpoint may refuse a second group of that name, and nobody knows what the
/// provider does then; then no group is linked.
pub(super) async fn create_group_unseen(
    links: &mut Links,
    team: &Team,
    collection: &str,
    client: &mut Client<'_>,
) -> Result<Option<Sent>, Stop> {
    match create_group(links, team, collection, client).await {
        Err(Stop::Gave(gave)) if gave.status == Some(409) => Ok(Some(Sent::Nothing(
            "a group of that name exists, and nobody knows how this provider links a group that exists",
        ))),
        created => created.map(|()| None),
    }
}

/// Changes a pushed group with one PATCH.
pub(super) async fn change_group(
    links: &Links,
    change: &Change,
    directory: &Directory,
    client: &mut Client<'_>,
) -> Result<Sent, Stop> {
    match change {
        Change::Join { team, people } => add_members(links, team, people, client).await,
        Change::Part { team, people } => {
            let path = |id| format!("members[{}]", equals("value", id));
            let ids = links.ids(people).into_iter();
            let operations: Vec<Value> = ids.map(|id| json!({ "op": "remove", "path": path(id) })).collect();
            patch(links, team, Step::RemoveMembers, &operations, client).await
        }
        Change::RenameGroup { team } => match directory.team(team) {
            Some(group) => {
                let operation =
                    json!({ "op": "replace", "path": "displayName", "value": group.display_name });
                patch(links, team, Step::RenameGroup, &[operation], client).await
            }
            None => UNKNOWN,
        },
        _ => UNKNOWN,
    }
}

/// Adds members in one operation.
pub(super) async fn add_members(
    links: &Links,
    team: &str,
    people: &[String],
    client: &mut Client<'_>,
) -> Result<Sent, Stop> {
    let members = links.members(people);
    let operation = json!({ "op": "add", "path": "members", "value": members });
    let operations = if members.is_empty() { &[][..] } else { &[operation] };
    patch(links, team, Step::AddMembers, operations, client).await
}

/// Deletes the group.
pub(super) async fn delete_group(
    links: &mut Links,
    team: &str,
    client: &mut Client<'_>,
) -> Result<Sent, Stop> {
    let Some(target) = links.group(team) else { return NOT_LINKED };
    let task = Task::new(Step::DeleteGroup, format!("cannot delete the group {team}"));
    client.delete(&target, &task).await?;
    links.groups.remove(team);
    Ok(Sent::Done)
}

/// Sends one PATCH of a group, if there are operations.
pub(super) async fn patch(
    links: &Links,
    team: &str,
    at: Step,
    operations: &[Value],
    client: &mut Client<'_>,
) -> Result<Sent, Stop> {
    let Some(target) = links.group(team) else { return NOT_LINKED };
    if operations.is_empty() {
        return NOBODY;
    }
    let task = Task::new(at, format!("cannot update the group {team}"));
    client.patch(&target, operations, &task).await?;
    Ok(Sent::Done)
}
