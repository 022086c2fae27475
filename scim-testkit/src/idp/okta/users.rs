//! What Okta sends about people.

use serde_json::{Value, json};

use super::{
    super::{
        Person, Sent, Step, Stop,
        encode::{filled, percent, spelled},
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
            let target = format!("/Users/{}", percent(&id));
            self.users.insert(person.key.clone(), id);
            if self.flavor == Flavor::Oig && !person.roles.is_empty() {
                // A grant is a step of its own, after the create.
                self.export(None, person, &target, client).await?;
            }
            return Ok(Sent::Done);
        };
        let target = format!("/Users/{}", percent(&id));
        self.users.insert(person.key.clone(), id);
        let revive = again || found.get("active") == Some(&Value::Bool(false));
        let reactivate = Task::new(Step::Reactivate, format!("cannot reactivate {who}"));

        let patched = revive && self.flavor.patches();
        if patched {
            client.patch(&target, vec![status(true)], &reactivate).await?;
        }
        let (mut user, answer) = client.read(&target, &reading(person)).await?;
        if patched && user.get("active") != Some(&Value::Bool(true)) {
            return Err(reactivate.unusable(&answer, DELAYED));
        }
        self.overlay(&mut user, person, None);
        if self.flavor.patches() {
            client.put(&target, &user, &profile(person)).await?;
            return Ok(Sent::Done);
        }
        body::set_active(&mut user, true);
        let task = if revive { &reactivate } else { &profile(person) };
        let answer = client.put(&target, &user, task).await?;
        let user = answer.json.as_ref().map(spelled);
        let active = user.as_ref().and_then(|user| user.get("active"));
        if revive && active != Some(&Value::Bool(true)) {
            return Err(reactivate.unusable(&answer, DELAYED));
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
        self.export(Some(before), person, &target, client).await
    }

    /// Synchronizes a password.
    pub(super) async fn set_password(&self, person: &Person, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(target) = self.user_target(&person.key) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        let Some(password) = filled(&person.password) else {
            return Ok(Sent::Nothing("the person has no password"));
        };
        let task = Task::new(Step::UpdateUser, format!("cannot set the password of {}", person.user_name));
        if self.flavor.patches() {
            let operation = json!({ "op": "replace", "value": { "password": password } });
            client.patch(&target, vec![operation], &task).await?;
        } else {
            let (mut user, _) = client.read(&target, &reading(person)).await?;
            body::set_password(&mut user, password);
            client.put(&target, &user, &task).await?;
        }
        Ok(Sent::Done)
    }

    /// GET, then PUT of what came with the mapped attributes laid over it.
    async fn export(
        &self,
        before: Option<&Person>,
        person: &Person,
        target: &str,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        let (mut user, _) = client.read(target, &reading(person)).await?;
        self.overlay(&mut user, person, before);
        client.put(target, &user, &profile(person)).await?;
        Ok(Sent::Done)
    }

    fn overlay(&self, user: &mut Value, person: &Person, before: Option<&Person>) {
        body::overlay(user, person, before);
        if self.flavor == Flavor::Oig {
            body::set_roles(user, person, before);
        }
    }

    /// Takes the application from a person. The link is kept: the same account is to come back on a return.
    pub(super) async fn unassign(&self, person: &Person, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(target) = self.user_target(&person.key) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        let deactivate = Task::new(Step::Deactivate, format!("cannot deactivate {}", person.user_name));
        if self.flavor.patches() {
            client.patch(&target, vec![status(false)], &deactivate).await?;
        } else {
            // The server's own attributes go back, not Okta's.
            let (mut user, _) = client.read(&target, &reading(person)).await?;
            body::set_active(&mut user, false);
            client.put(&target, &user, &deactivate).await?;
        }
        Ok(Sent::Done)
    }
}

fn status(active: bool) -> Value {
    json!({ "op": "replace", "value": { "active": active } })
}

fn reading(person: &Person) -> Task {
    Task::new(Step::ReadUser, format!("cannot read {}", person.user_name))
}

fn profile(person: &Person) -> Task {
    Task::new(Step::UpdateUser, format!("cannot push the profile of {}", person.user_name))
}

const NOT_LINKED: &str = "the person is not linked, so Okta has no id to address";
const DELAYED: &str = "the account still reads as not active after it was activated; Okta puts the job off";
