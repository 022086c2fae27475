//! What authentik sends about groups.

use http::Method;
use serde_json::{Value, json};

use super::{
    super::{
        Change, Sent, Step, Stop, Team,
        encode::{equals, form},
        rest::{self, Client, NOBODY, NOT_LINKED},
        task::Task,
    },
    Authentik, AuthentikMode, body,
};

impl Authentik {
    /// Pushes a group or a change of it.
    pub(super) async fn push(
        &mut self,
        change: &Change,
        team: &Team,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        let Some(id) = self.links.groups.get(&team.key).cloned() else {
            return match change {
                Change::PushGroup { .. } => self.create_group(team, client).await,
                _ => NOT_LINKED,
            };
        };
        let (op, at, people) = match change {
            Change::Join { people, .. } => ("add", Step::AddMembers, people),
            Change::Part { people, .. } => ("remove", Step::RemoveMembers, people),
            _ => return self.write_group(team, &id, client).await,
        };
        if self.links.ids(people).is_empty() {
            return NOBODY;
        }
        let config = self.config(client).await?;
        if !config.patch {
            return self.write_group(team, &id, client).await;
        }
        self.members(&id, at, &operations(op, &self.links.members(people)), client).await?;
        Ok(Sent::Done)
    }

    /// Deletes a group.
    pub(super) async fn delete_group(&mut self, team: &str, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(target) = self.links.group(team) else { return NOT_LINKED };
        self.config(client).await?;
        let task = Task::new(Step::DeleteGroup, format!("cannot delete the group {team}"));
        client.delete(&target, &task).await?;
        self.links.groups.remove(team);
        self.known_groups.remove(team);
        Ok(Sent::Done)
    }

    /// Creates without a lookup; a 409 leads to one. The members follow, whether or not the create had them.
    async fn create_group(&mut self, team: &Team, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let config = self.config(client).await?;
        let name = &team.display_name;
        let members = self.links.members(&team.members);
        let ours = body::group(team, None, if config.patch { &[] } else { &members });
        let task = Task::new(Step::CreateGroup, format!("cannot create the group {name}"));
        let answer = client.send(Method::POST, "/Groups", Some(&ours)).await?;
        let (id, known) = if answer.status == 409 {
            if self.mode == AuthentikMode::NoConfig {
                return Ok(Sent::Nothing(
                    "authentik looks for a group that exists only where /ServiceProviderConfig offers filters",
                ));
            }
            if !config.filter {
                let why = "409, and /ServiceProviderConfig, as far as it can be used, offers no filter to find the group with";
                return Err(task.unusable(&answer, why));
            }
            let task = Task::new(Step::FindGroup, format!("cannot look up the group {name}"));
            let target = format!("/Groups?filter={}", form(&equals("displayName", name)));
            let list = client.list(&target, &task).await?;
            let Some(found) = list.resources.into_iter().next() else {
                return Err(task.unusable(&list.answer, "it exists, and the lookup does not find it"));
            };
            (task.id(&list.answer, &found)?, found)
        } else if answer.is_success() {
            let stored = task.object(&answer)?;
            (task.id(&answer, stored)?, stored.clone())
        } else {
            return Err(task.refused(&answer));
        };
        self.links.groups.insert(team.key.clone(), id.clone());
        self.known_groups.insert(team.key.clone(), known);
        let added = self.members(&id, Step::AddMembers, &operations("add", &members), client).await;
        match added {
            // Where there is no PATCH the members were in the create; the task logs an error, and nothing is lost.
            Err(Stop::Gave(_)) if !config.patch => Ok(Sent::Done),
            Err(stop) => Err(stop),
            Ok(()) => Ok(Sent::Done),
        }
    }

    /// Writes the group's attributes if they are new, then compares the members.
    async fn write_group(&mut self, team: &Team, id: &str, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let config = self.config(client).await?;
        let members = self.links.members(&team.members);
        let ours = body::group(team, Some(id), if config.patch { &[] } else { &members });
        let target = rest::group(id);
        let same = self.known_groups.get(&team.key).is_some_and(|known| body::adds_nothing(known, &ours));
        if !same {
            let task = Task::new(Step::RenameGroup, format!("cannot update the group {}", team.display_name));
            let mut patch = config.patch;
            if !patch {
                let answer = client.send(Method::PUT, &target, Some(&ours)).await?;
                if answer.status == 404 {
                    // Gone, as authentik sees it.
                    self.links.groups.remove(&team.key);
                    self.known_groups.remove(&team.key);
                    return self.create_group(team, client).await;
                }
                patch = !answer.is_success();
            }
            if patch {
                let body = match self.mode {
                    AuthentikMode::Aws => body::patch(&[
                        json!({ "op": "replace", "path": "displayName", "value": team.display_name }),
                        json!({ "op": "replace", "path": "externalId", "value": team.local_id }),
                    ]),
                    AuthentikMode::Default | AuthentikMode::NoConfig => body::patch_whole(&ours),
                };
                let answer = client.send(Method::PATCH, &target, Some(&body)).await?;
                if answer.status == 404 {
                    self.links.groups.remove(&team.key);
                    self.known_groups.remove(&team.key);
                    return self.create_group(team, client).await;
                }
                if !answer.is_success() {
                    return Err(task.refused(&answer));
                }
            }
        }
        match self.compare_members(team, id, client).await {
            Err(Stop::Gave(gave)) if !config.patch && matches!(gave.status, Some(405 | 501)) => {
                Ok(Sent::Nothing(
                    "authentik aligns the members with PATCH, which the endpoint says it does not have",
                ))
            }
            Err(stop) => Err(stop),
            Ok(()) => Ok(Sent::Done),
        }
    }

    /// Reads the group and sends what its members lack and have too much. A group that is shown without `members` gets
    /// none.
    async fn compare_members(&self, team: &Team, id: &str, client: &mut Client<'_>) -> Result<(), Stop> {
        let task = Task::new(Step::ReadGroup, format!("cannot read the group {}", team.display_name));
        let answer = client.send(Method::GET, &rest::group(id), None).await?;
        if answer.status != 200 {
            return Err(task.refused(&answer));
        }
        let shown = match task.object(&answer)?.get("members") {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Array(members)) => members,
            Some(_) => return Err(task.unusable(&answer, "members is not an array")),
        };
        let mut there = Vec::new();
        for member in shown {
            match member.get("value").and_then(Value::as_str) {
                Some(value) => there.push(value),
                None => return Err(task.unusable(&answer, "a member has no value that is a string")),
            }
        }
        let ours = self.links.ids(&team.members);
        let missing = ours.iter().filter(|id| !there.contains(id)).map(|id| json!({ "value": id }));
        let missing: Vec<Value> = missing.collect();
        let extra = there.iter().filter(|id| !ours.contains(id)).map(|id| json!({ "value": id }));
        let extra: Vec<Value> = extra.collect();
        let at = if missing.is_empty() { Step::RemoveMembers } else { Step::AddMembers };
        let mut all = operations("add", &missing);
        all.extend(operations("remove", &extra));
        self.members(id, at, &all, client).await
    }

    async fn members(
        &self,
        id: &str,
        at: Step,
        operations: &[Value],
        client: &mut Client<'_>,
    ) -> Result<(), Stop> {
        let most = self.config.map_or(0, |config| config.operations);
        let most = if most == 0 { operations.len().max(1) } else { most };
        let task = Task::new(at, "cannot update the membership of a group");
        for chunk in operations.chunks(most) {
            let answer = client.send(Method::PATCH, &rest::group(id), Some(&body::patch(chunk))).await?;
            if !answer.is_success() {
                return Err(task.refused(&answer));
            }
        }
        Ok(())
    }
}

/// One operation for each member.
fn operations(op: &str, members: &[Value]) -> Vec<Value> {
    members.iter().map(|member| json!({ "op": op, "path": "members", "value": [member] })).collect()
}
