//! What Entra ID sends about groups.

use serde_json::{Value, json};

use super::{
    super::{
        Change, Sent, Step, Stop, Team,
        encode::{GROUP, equals, form, percent},
        task::Task,
    },
    Client, Entra, Job,
    patch::{self, Style, Verb},
};

impl Entra {
    /// Provisions a group or a change of it.
    pub(super) async fn push(
        &mut self,
        change: &Change,
        team: &Team,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        if let Change::PushGroup { .. } = change {
            return self.push_new(team, client).await;
        }
        let Some(target) = self.group_target(&team.key) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        let name = &team.display_name;
        let (verb, people) = match change {
            Change::Join { people, .. } => (Verb::Add, people),
            Change::Part { people, .. } => (Verb::Remove, people),
            _ => {
                let shown = read(&target, name, client).await?;
                self.rename(team, (&target, &shown), client).await?;
                return Ok(Sent::Done);
            }
        };
        let ids = self.linked(people);
        if ids.is_empty() {
            return Ok(Sent::Nothing("none of these people is linked, so Entra ID has nobody to send"));
        }
        read(&target, name, client).await?;
        self.members(verb, &ids, (&target, name), client).await?;
        Ok(Sent::Done)
    }

    /// Deletes a group.
    pub(super) async fn delete_group(&mut self, team: &str, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(target) = self.group_target(team) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        client
            .delete(&target, &Task::new(Step::DeleteGroup, format!("cannot delete the group {team}")))
            .await?;
        self.groups.remove(team);
        Ok(Sent::Done)
    }

    /// Matches by name, creates the group without members or aligns the one found, then adds the members.
    async fn push_new(&mut self, team: &Team, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let name = &team.display_name;
        let task = Task::new(Step::FindGroup, format!("cannot match the group {name}"));
        let filter = form(&equals("displayName", name));
        let found = client.find(&format!("/Groups?{WITHOUT_MEMBERS}&filter={filter}"), &task).await?;
        let (id, shown) = match found {
            Some((id, shown)) => (id, Some(shown)),
            None => {
                let task = Task::new(Step::CreateGroup, format!("cannot create the group {name}"));
                let group = json!({
                    "schemas": [GROUP],
                    "externalId": team.local_id,
                    "displayName": name,
                    "members": [],
                    "meta": { "resourceType": "Group" },
                });
                (client.create("/Groups", &group, &task).await?, None)
            }
        };
        let target = group_target(&id);
        self.groups.insert(team.key.clone(), id);
        if let Some(shown) = shown {
            self.rename(team, (&target, &shown), client).await?;
        }
        let ids = self.linked(&team.members);
        if !ids.is_empty() {
            self.members(Verb::Add, &ids, (&target, name), client).await?;
        }
        Ok(Sent::Done)
    }

    async fn rename(
        &self,
        team: &Team,
        (target, shown): (&str, &Value),
        client: &mut Client<'_>,
    ) -> Result<(), Stop> {
        let differences = patch::group(team, shown);
        if differences.is_empty() {
            return Ok(());
        }
        let task = Task::new(Step::RenameGroup, format!("cannot update the group {}", team.display_name));
        client.patch(target, &self.style.operations(&differences), &task).await
    }

    async fn members(
        &self,
        verb: Verb,
        ids: &[&str],
        (target, name): (&str, &str),
        client: &mut Client<'_>,
    ) -> Result<(), Stop> {
        let op = self.style.op(verb);
        // On demand an administrator picks five at most, and comes again for the others.
        let most = if self.job == Job::OnDemand { ON_DEMAND } else { ids.len().max(1) };
        for ids in ids.chunks(most) {
            self.some_members((verb, op), ids, (target, name), client).await?;
        }
        Ok(())
    }

    async fn some_members(
        &self,
        (verb, op): (Verb, &str),
        ids: &[&str],
        (target, name): (&str, &str),
        client: &mut Client<'_>,
    ) -> Result<(), Stop> {
        let operations = if verb == Verb::Remove && self.style == Style::Optscim {
            let path = |id: &&str| json!({ "op": op, "path": format!("members[{}]", equals("value", id)) });
            ids.iter().map(path).collect()
        } else {
            let members: Vec<Value> = ids.iter().map(|id| json!({ "$ref": null, "value": id })).collect();
            vec![json!({ "op": op, "path": "members", "value": members })]
        };
        let at = if verb == Verb::Remove { Step::RemoveMembers } else { Step::AddMembers };
        let task = Task::new(at, format!("cannot update the membership of the group {name}"));
        client.patch(target, &operations, &task).await
    }

    fn linked<'a>(&'a self, people: &[String]) -> Vec<&'a str> {
        people.iter().filter_map(|person| self.users.get(person)).map(String::as_str).collect()
    }

    fn group_target(&self, team: &str) -> Option<String> {
        self.groups.get(team).map(|id| group_target(id))
    }
}

async fn read(target: &str, name: &str, client: &mut Client<'_>) -> Result<Value, Stop> {
    let task = Task::new(Step::ReadGroup, format!("cannot read the group {name}"));
    client.read(&format!("{target}?{WITHOUT_MEMBERS}"), &task).await
}

fn group_target(id: &str) -> String {
    format!("/Groups/{}", percent(id))
}

/// Members of a group that are provisioned on demand at a time.
const ON_DEMAND: usize = 5;
const WITHOUT_MEMBERS: &str = "excludedAttributes=members";
const NOT_LINKED: &str = "the group is not linked, so Entra ID has no id to address";
