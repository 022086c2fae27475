//! What authentik sends about people.

use http::Method;
use serde_json::Value;

use super::{
    super::{
        Change, Person, Sent, Step, Stop,
        encode::{equals, form},
        rest::{self, Client, NOT_LINKED},
        task::Task,
    },
    Authentik, AuthentikMode, body,
};

impl Authentik {
    /// Brings the account in line with the person: creates it, or replaces it if that says anything new.
    pub(super) async fn write_user(
        &mut self,
        person: &Person,
        change: &Change,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        let at = match change {
            Change::Leave { .. } => Step::Deactivate,
            Change::Return { .. } => Step::Reactivate,
            _ => Step::UpdateUser,
        };
        if self.links.users.contains_key(&person.key) {
            return self.put_user(person, at, client).await;
        }
        if !matches!(change, Change::Hire { .. } | Change::Return { .. }) {
            return NOT_LINKED;
        }
        self.create_user(person, client).await
    }

    /// Deletes the account.
    pub(super) async fn delete_user(&mut self, person: &str, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(target) = self.links.user(person) else { return NOT_LINKED };
        self.config(client).await?;
        client.delete(&target, &Task::new(Step::DeleteUser, format!("cannot delete {person}"))).await?;
        self.links.users.remove(person);
        self.known_users.remove(person);
        Ok(Sent::Done)
    }

    /// Creates without a lookup; a 409 leads to one, if the endpoint says that it can filter.
    async fn create_user(&mut self, person: &Person, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let config = self.config(client).await?;
        let who = &person.user_name;
        let task = Task::new(Step::CreateUser, format!("cannot create {who}"));
        let answer = client.send(Method::POST, "/Users", Some(&body::user(person, None))).await?;
        if answer.status == 409 {
            if self.mode == AuthentikMode::NoConfig {
                return Ok(Sent::Nothing(
                    "authentik looks for an account that exists only where /ServiceProviderConfig offers filters",
                ));
            }
            if !config.filter {
                let why = "409, and /ServiceProviderConfig, as far as it can be used, offers no filter to find the account with";
                return Err(task.unusable(&answer, why));
            }
            let task = Task::new(Step::FindUser, format!("cannot look up {who}"));
            let target = format!("/Users?filter={}", form(&equals("userName", who)));
            let list = client.list(&target, &task).await?;
            let Some(found) = list.resources.into_iter().next() else {
                return Err(task.unusable(&list.answer, "it exists, and the lookup does not find it"));
            };
            let id = task.id(&list.answer, &found)?;
            self.links.users.insert(person.key.clone(), id);
            self.known_users.insert(person.key.clone(), found);
            return self.put_user(person, Step::UpdateUser, client).await;
        }
        if !answer.is_success() {
            return Err(task.refused(&answer));
        }
        let stored = task.object(&answer)?;
        self.links.users.insert(person.key.clone(), task.id(&answer, stored)?);
        self.known_users.insert(person.key.clone(), stored.clone());
        Ok(Sent::Done)
    }

    async fn put_user(&mut self, person: &Person, at: Step, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(id) = self.links.users.get(&person.key).cloned() else { return NOT_LINKED };
        self.config(client).await?;
        let ours = body::user(person, Some(&id));
        if self.known_users.get(&person.key).is_some_and(|known| body::adds_nothing(known, &ours)) {
            return Ok(Sent::Nothing("nothing changed that authentik's default mapping has"));
        }
        let task = Task::new(at, format!("cannot update {}", person.user_name));
        let answer = client.send(Method::PUT, &rest::user(&id), Some(&ours)).await?;
        if answer.status == 404 {
            // Gone, as authentik sees it, even if only the route is missing (authentik#16678).
            self.links.users.remove(&person.key);
            self.known_users.remove(&person.key);
            let task = Task::new(Step::CreateUser, format!("cannot create {} again", person.user_name));
            let answer = client.send(Method::POST, "/Users", Some(&body::user(person, None))).await?;
            if !answer.is_success() {
                return Err(task.refused(&answer));
            }
            let stored = task.object(&answer)?;
            self.links.users.insert(person.key.clone(), task.id(&answer, stored)?);
            self.known_users.insert(person.key.clone(), stored.clone());
            return Ok(Sent::Done);
        }
        if !answer.is_success() {
            return Err(task.refused(&answer));
        }
        self.known_users.insert(person.key.clone(), answer.json.unwrap_or(Value::Null));
        Ok(Sent::Done)
    }
}
