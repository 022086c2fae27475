//! What Okta sends about people.

use serde_json::{Value, json};

use super::{
    super::{
        Person, Sent, Step, Stop,
        encode::{percent, spelled},
        task::Task,
    },
    Flavor, Okta, body,
    client::Client,
};

impl Okta {
    /// Assigns a person: creates, or links and pushes the profile. A person who comes `again`, or whose account is
    /// inactive, is activated first.
    pub(super) async fn assign(
        &mut self,
        person: &Person,
        again: bool,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        let who = &person.user_name;
        let task = Task::new(Step::FindUser, format!("cannot verify whether {who} exists"));
        let Some((id, found)) = client.find("/Users", ("userName", who), &task).await? else {
            // A 409 stops the job: no second look, no link.
            let task = Task::new(Step::CreateUser, format!("cannot create {who}"));
            let id = client.create("/Users", &body::new_user(person), &task).await?;
            self.users.insert(person.key.clone(), id);
            return Ok(Sent::Done);
        };
        let target = format!("/Users/{}", percent(&id));
        self.users.insert(person.key.clone(), id);
        let revive = again || found.get("active") == Some(&Value::Bool(false));
        let reactivate = Task::new(Step::Reactivate, format!("cannot reactivate {who}"));

        let patched = revive && self.flavor == Flavor::Oin;
        if patched {
            client.patch(&target, vec![status(true)], &reactivate).await?;
        }
        let task = Task::new(Step::ReadUser, format!("cannot read {who}"));
        let (mut user, answer) = client.read(&target, &task).await?;
        if patched && user.get("active") != Some(&Value::Bool(true)) {
            return Err(reactivate.unusable(&answer, DELAYED));
        }
        body::overlay(&mut user, person, None);
        match self.flavor {
            Flavor::Oin => {
                client.put(&target, &user, &profile(person)).await?;
            }
            Flavor::Aiw => {
                body::set_active(&mut user, true);
                let task = if revive { &reactivate } else { &profile(person) };
                let answer = client.put(&target, &user, task).await?;
                let user = answer.json.as_ref().map(spelled);
                let active = user.as_ref().and_then(|user| user.get("active"));
                if revive && active != Some(&Value::Bool(true)) {
                    return Err(reactivate.unusable(&answer, DELAYED));
                }
            }
        }
        Ok(Sent::Done)
    }

    /// Pushes a changed profile.
    pub(super) async fn update(
        &self,
        before: &Person,
        person: &Person,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        let Some(target) = self.user_target(&person.key) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        if !person.active {
            return Ok(Sent::Nothing("the person is not assigned to the application"));
        }
        let task = Task::new(Step::ReadUser, format!("cannot read {}", person.user_name));
        let (mut user, _) = client.read(&target, &task).await?;
        body::overlay(&mut user, person, Some(before));
        client.put(&target, &user, &profile(person)).await?;
        Ok(Sent::Done)
    }

    /// Takes the application from a person. The link is kept: the same account is to come back on a return.
    pub(super) async fn unassign(&self, person: &Person, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(target) = self.user_target(&person.key) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        let deactivate = Task::new(Step::Deactivate, format!("cannot deactivate {}", person.user_name));
        match self.flavor {
            Flavor::Oin => {
                client.patch(&target, vec![status(false)], &deactivate).await?;
            }
            Flavor::Aiw => {
                // The server's own attributes go back, not Okta's.
                let task = Task::new(Step::ReadUser, format!("cannot read {}", person.user_name));
                let (mut user, _) = client.read(&target, &task).await?;
                body::set_active(&mut user, false);
                client.put(&target, &user, &deactivate).await?;
            }
        }
        Ok(Sent::Done)
    }
}

fn status(active: bool) -> Value {
    json!({ "op": "replace", "value": { "active": active } })
}

fn profile(person: &Person) -> Task {
    Task::new(Step::UpdateUser, format!("cannot push the profile of {}", person.user_name))
}

const NOT_LINKED: &str = "the person is not linked, so Okta has no id to address";
const DELAYED: &str = "the account still reads as not active after it was activated; Okta puts the job off";
