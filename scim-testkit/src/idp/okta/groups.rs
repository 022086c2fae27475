//! What Okta sends about groups: group push.

use serde_json::{Value, json};

use super::{
    super::{
        Change, Directory, Sent, Step, Stop, Team,
        encode::{equals, percent},
        task::Task,
    },
    Flavor, Okta, body,
    client::Client,
};

impl Okta {
    /// Pushes a group or a change of it.
    pub(super) async fn push(
        &mut self,
        change: &Change,
        team: &Team,
        directory: &Directory,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        if let Change::PushGroup { .. } = change {
            return self.push_new(team, directory, client).await;
        }
        let Some(id) = self.groups.get(&team.key) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        let group = Pushed { id, name: &team.display_name };
        let (at, people) = match change {
            Change::Join { people, .. } => (Step::AddMembers, &people[..]),
            Change::Part { people, .. } => (Step::RemoveMembers, &people[..]),
            Change::RenameGroup { .. } => (Step::RenameGroup, &[][..]),
            _ => (Step::ReplaceMembers, &team.members[..]),
        };
        let nobody = !people.iter().any(|person| self.users.contains_key(person));
        if nobody && matches!(at, Step::AddMembers | Step::RemoveMembers) {
            return Ok(Sent::Nothing("none of these people is linked, so Okta has nobody to send"));
        }
        if self.flavor == Flavor::Aiw {
            // Whatever changed: the whole group goes out again.
            group.read(client).await?;
            let task = group.task(at);
            let whole = body::whole_group(id, group.name, &self.members(&team.members, directory));
            client.put(&group.target(), &whole, &task).await?;
            return Ok(Sent::Done);
        }
        match at {
            Step::AddMembers => {
                group.add(&self.members(people, directory), client).await?;
                group.rename(client).await?;
            }
            Step::RemoveMembers => {
                let ids = people.iter().filter_map(|person| self.users.get(person));
                let operations: Vec<Value> = ids
                    .map(|id| json!({ "op": "remove", "path": format!("members[{}]", equals("value", id)) }))
                    .collect();
                for batch in operations.chunks(BATCH) {
                    client.patch(&group.target(), batch.to_vec(), &group.task(at)).await?;
                }
                group.rename(client).await?;
            }
            Step::RenameGroup => group.rename(client).await?,
            _ => {
                let members = self.members(people, directory);
                let operation = json!({ "op": "replace", "path": "members", "value": members });
                client.patch(&group.target(), vec![operation], &group.task(at)).await?;
            }
        }
        Ok(Sent::Done)
    }

    /// Unlinks a pushed group with "delete the group in the target app".
    pub(super) async fn delete_group(&mut self, team: &str, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(id) = self.groups.get(team) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        let group = Pushed { id, name: team };
        client.delete(&group.target(), &group.task(Step::DeleteGroup)).await?;
        self.groups.remove(team);
        Ok(Sent::Done)
    }

    async fn push_new(
        &mut self,
        team: &Team,
        directory: &Directory,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        let name = &team.display_name;
        let task = Task::new(Step::FindGroup, format!("cannot verify whether the group {name} exists"));
        let found = client.find("/Groups", ("displayName", name), &task).await?;
        let mut members = self.members(&team.members, directory);
        let existed = found.is_some();
        let id = match found {
            Some((id, _)) => id,
            None => {
                let task = Task::new(Step::CreateGroup, format!("cannot create the group {name}"));
                client.create("/Groups", &body::new_group(name, &members), &task).await?
            }
        };
        self.groups.insert(team.key.clone(), id.clone());
        let group = Pushed { id: &id, name };
        if self.flavor.patches() {
            // The members that the POST already had are added once more.
            group.add(&members, client).await?;
            group.read(client).await?;
            group.rename(client).await?;
        } else {
            let server = group.read(client).await?;
            if existed {
                members = merged(&server, members);
            }
            let at = if existed { Step::AddMembers } else { Step::ReplaceMembers };
            client.put(&group.target(), &body::whole_group(&id, name, &members), &group.task(at)).await?;
        }
        Ok(Sent::Done)
    }

    /// The people whom Okta has provisioned, as members: its server id and Okta's user name, nothing else.
    fn members(&self, people: &[String], directory: &Directory) -> Vec<Value> {
        let linked = people.iter().filter_map(|key| Some((self.users.get(key)?, directory.person(key)?)));
        linked.map(|(id, person)| json!({ "value": id, "display": person.user_name })).collect()
    }
}

/// A group that Okta has an id of.
struct Pushed<'a> {
    id: &'a str,
    name: &'a str,
}

impl Pushed<'_> {
    async fn read(&self, client: &mut Client<'_>) -> Result<Value, Stop> {
        let (group, _) = client.read(&self.target(), &self.task(Step::ReadGroup)).await?;
        Ok(group)
    }

    async fn add(&self, members: &[Value], client: &mut Client<'_>) -> Result<(), Stop> {
        for batch in members.chunks(BATCH) {
            let operation = json!({ "op": "add", "path": "members", "value": batch });
            client.patch(&self.target(), vec![operation], &self.task(Step::AddMembers)).await?;
        }
        Ok(())
    }

    /// Sends the name, with the read-only `id` beside it: on a rename and after every change of members.
    async fn rename(&self, client: &mut Client<'_>) -> Result<(), Stop> {
        let operation = json!({ "op": "replace", "value": { "id": self.id, "displayName": self.name } });
        client.patch(&self.target(), vec![operation], &self.task(Step::RenameGroup)).await?;
        Ok(())
    }

    fn target(&self) -> String {
        format!("/Groups/{}", percent(self.id))
    }

    fn task(&self, at: Step) -> Task {
        let name = self.name;
        Task::new(
            at,
            match at {
                Step::ReadGroup => format!("cannot read the group {name}"),
                Step::RenameGroup => format!("cannot update the group {name}"),
                Step::DeleteGroup => format!("cannot delete the group {name}"),
                _ => format!("cannot update the membership of the group {name}"),
            },
        )
    }
}

/// The server's members and ours: a link must not throw out who was there before.
fn merged(server: &Value, ours: Vec<Value>) -> Vec<Value> {
    let theirs = server.get("members").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let old = theirs.iter().filter(|member| {
        member.get("value").is_some() && !ours.iter().any(|our| our.get("value") == member.get("value"))
    });
    let old = old.map(|member| match member.get("display") {
        Some(display) => json!({ "value": member["value"], "display": display }),
        None => json!({ "value": member["value"] }),
    });
    old.chain(ours.iter().cloned()).collect()
}

/// Changes in one PATCH, by default.
const BATCH: usize = 100;
const NOT_LINKED: &str = "the group is not linked, so Okta has no id to address";
