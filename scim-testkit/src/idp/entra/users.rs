//! What Entra ID sends about people.

use serde_json::{Map, Value, json};

use super::{
    super::{
        IdentityProvider, Person, Sent, Step, Stop,
        encode::{ENTERPRISE, USER, equals, filled, form, percent},
        task::Task,
    },
    Client, Entra, Job,
    patch::{self, Difference, truth},
    roles,
};

impl Entra {
    /// Assigns a person: matches and creates or updates, or goes by the cached id. Who comes `again` is enabled even
    /// if the endpoint shows the account as enabled.
    pub(super) async fn assign(
        &mut self,
        person: &Person,
        again: bool,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        let who = &person.user_name;
        if let Some(target) = self.user_target(&person.key) {
            let shown = client.read(&target, &reading(person)).await?;
            return self
                .export(person, Shown { target, user: &shown, status: again, before: None }, client)
                .await;
        }
        let task = Task::new(Step::FindUser, format!("cannot match {who}"));
        let by = self.dialect().matches_by();
        let value = match self.job {
            Job::MatchExternalId => &person.local_id,
            Job::MatchEmail => &person.email,
            _ => who,
        };
        let found = client.find(&format!("/Users?filter={}", form(&equals(by, value))), &task).await?;
        match found {
            Some((id, shown)) => {
                let target = format!("/Users/{}", percent(&id));
                self.users.insert(person.key.clone(), id);
                self.export(person, Shown { target, user: &shown, status: again, before: None }, client).await
            }
            None => {
                let task = Task::new(Step::CreateUser, format!("cannot create {who}"));
                let id = client
                    .create("/Users", &new_user(person, roles::created(self.job, person)), &task)
                    .await?;
                let target = format!("/Users/{}", percent(&id));
                self.users.insert(person.key.clone(), id);
                // References come second.
                self.refer(person, &Shown { target, user: &Value::Null, status: false, before: None }, client)
                    .await
            }
        }
    }

    /// Sends what changed, as seen from the endpoint.
    pub(super) async fn update(
        &self,
        before: &Person,
        person: &Person,
        client: &mut Client<'_>,
    ) -> Result<Sent, Stop> {
        let Some(target) = self.user_target(&person.key) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        if !person.active {
            return Ok(Sent::Nothing("the person is out of scope"));
        }
        let shown = client.read(&target, &reading(person)).await?;
        self.export(person, Shown { target, user: &shown, status: false, before: Some(before) }, client).await
    }

    /// Disables the account. Leaving stands for a soft deletion as well, so that a purge can follow.
    pub(super) async fn unassign(&self, person: &Person, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(target) = self.user_target(&person.key) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        let shown = client.read(&target, &reading(person)).await?;
        let active = Difference::new("active", false, shown.get("active").and_then(truth).is_some());
        let task = Task::new(Step::Deactivate, format!("cannot disable {}", person.user_name));
        client.patch(&target, &self.style.operations(&[active]), &task).await?;
        Ok(Sent::Done)
    }

    /// Deletes the account for good, 30 days after the soft deletion.
    pub(super) async fn purge(&mut self, person: &str, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let Some(target) = self.user_target(person) else { return Ok(Sent::Nothing(NOT_LINKED)) };
        client.delete(&target, &Task::new(Step::DeleteUser, format!("cannot delete {person}"))).await?;
        self.users.remove(person);
        Ok(Sent::Done)
    }

    /// One PATCH with all differences, if there are any, then the manager.
    async fn export(&self, person: &Person, shown: Shown<'_>, client: &mut Client<'_>) -> Result<Sent, Stop> {
        let differences = patch::user(person, shown.user, shown.status);
        let roles = roles::operation(self.job, person, shown.user);
        if !differences.is_empty() || roles.is_some() {
            let task = if shown.status {
                Task::new(Step::Reactivate, format!("cannot enable {}", person.user_name))
            } else {
                Task::new(Step::UpdateUser, format!("cannot update {}", person.user_name))
            };
            let mut operations = self.style.operations(&differences);
            operations.extend(roles);
            client.patch(&shown.target, &operations, &task).await?;
        }
        self.refer(person, &shown, client).await
    }

    async fn refer(&self, person: &Person, shown: &Shown<'_>, client: &mut Client<'_>) -> Result<Sent, Stop> {
        // A manager who is not provisioned yet is left out until a later cycle.
        let wanted = person.manager.as_ref().and_then(|manager| self.users.get(manager));
        let cleared = person.manager.is_none() && shown.before.is_some_and(|before| before.manager.is_some());
        if let Some(difference) = patch::manager(wanted.map(String::as_str), cleared, shown.user) {
            let task = Task::new(Step::SetManager, format!("cannot set the manager of {}", person.user_name));
            client.patch(&shown.target, &self.style.operations(&[difference]), &task).await?;
        }
        Ok(Sent::Done)
    }
}

/// The account to write to, and what is known about it.
struct Shown<'a> {
    target: String,
    user: &'a Value,
    status: bool,
    before: Option<&'a Person>,
}

/// `POST /Users`: the documented sample's keys in its order, with `displayName` where a capture has it.
fn new_user(person: &Person, roles: Value) -> Value {
    let mut user = Map::new();
    // The enterprise URN is listed whether or not the extension has values.
    user.insert("schemas".to_owned(), json!([USER, ENTERPRISE]));
    user.insert("externalId".to_owned(), json!(person.local_id));
    user.insert("userName".to_owned(), json!(person.user_name));
    user.insert("active".to_owned(), json!(true));
    user.insert("displayName".to_owned(), json!(person.display_name));
    user.insert("emails".to_owned(), json!([{ "primary": true, "type": "work", "value": person.email }]));
    user.insert("meta".to_owned(), json!({ "resourceType": "User" }));
    let name = json!({
        "formatted": patch::formatted_name(person),
        "familyName": person.family_name,
        "givenName": person.given_name,
    });
    user.insert("name".to_owned(), name);
    if let Some(phones) = phones(person) {
        user.insert("phoneNumbers".to_owned(), phones);
    }
    if let Some(address) = &person.address {
        let mut work = Map::new();
        work.insert("type".to_owned(), json!("work"));
        for (name, part) in patch::parts(address) {
            if !part.is_empty() {
                work.insert(name.to_owned(), json!(part));
            }
        }
        user.insert("addresses".to_owned(), json!([work]));
    }
    if let Some(language) = filled(&person.preferred_language) {
        user.insert("preferredLanguage".to_owned(), json!(language));
    }
    user.insert("roles".to_owned(), roles);
    if let Some(title) = filled(&person.title) {
        user.insert("title".to_owned(), json!(title));
    }
    let mut extension = Map::new();
    for (name, value) in [("department", &person.department), ("employeeNumber", &person.employee_number)] {
        if let Some(value) = filled(value) {
            extension.insert(name.to_owned(), json!(value));
        }
    }
    if !extension.is_empty() {
        user.insert(ENTERPRISE.to_owned(), Value::Object(extension));
    }
    Value::Object(user)
}

fn phones(person: &Person) -> Option<Value> {
    let phones: Vec<Value> = [("work", &person.phone), ("mobile", &person.mobile)]
        .into_iter()
        .filter_map(|(kind, phone)| Some(json!({ "type": kind, "value": filled(phone)? })))
        .collect();
    (!phones.is_empty()).then_some(Value::Array(phones))
}

fn reading(person: &Person) -> Task {
    Task::new(Step::ReadUser, format!("cannot read {}", person.user_name))
}

const NOT_LINKED: &str = "the person is not linked, so Entra ID has no id to address";
