//! Putting the endpoint right in plain RFC form: before a story, and after a provider gave up, so that each later step
//! is judged by itself.

use http::Method;
use scim_core::{
    call::encode,
    urn,
    vendor::{MembersRead, Profile},
};
use serde_json::{Value, json};

use super::{
    cast::everyone,
    happen::SETTING,
    intent,
    oracle::{self, Mismatch},
    play::{Halt, Player, Scene},
};
use crate::{
    idp::{Change, Person, Team, WireError},
    story::{StepSpec, Story},
};

impl Player<'_> {
    /// An account that the provider does not know of, made in plain RFC form.
    pub(super) async fn set_up(
        &mut self,
        scene: &mut Scene,
        story: &Story,
        step: &StepSpec,
    ) -> Result<(), Halt> {
        if let Some(team) = step.team.as_deref().and_then(|team| scene.directory.team(team)).cloned() {
            return self.set_up_group(scene, &team).await;
        }
        let key = step.person.clone().unwrap_or_default();
        let linked = step.linked == Some(true);
        let keys = everyone(story, std::slice::from_ref(&key));
        if keys != [key.clone()] {
            let people: Vec<Person> =
                keys.iter().filter_map(|key| scene.directory.person(key)).cloned().collect();
            return self.crowd(scene, &people, linked).await;
        }
        let Some(mut person) = scene.directory.person(&key).cloned() else { return Ok(()) };
        if step.capitals == Some(true) {
            person.user_name = person.user_name.to_uppercase();
            scene.capitals.insert(key.clone());
        }
        let mut user = if step.bare == Some(true) {
            json!({"schemas": [urn::USER], "userName": person.user_name, "active": true})
        } else {
            plain_user(&person, step.active.unwrap_or(true))
        };
        // Whoever has accounts matched by it sees to it that they have it.
        if scene.dialect.matches_by() == "externalId" {
            user["externalId"] = json!(person.local_id);
        }
        let id = self.create_account(user).await?;
        match id {
            Some(id) => {
                if step.active == Some(false) {
                    scene.inactive.insert(key.clone());
                }
                if linked {
                    scene.simulator.link_user(&key, &id);
                }
                scene.accounts.insert(key, id);
                Ok(())
            }
            None => {
                scene.reasons.push(SETTING.to_owned());
                Err(Halt::Blocked)
            }
        }
    }

    pub(super) async fn plain_create(
        &mut self,
        person: &Person,
        active: bool,
    ) -> Result<Option<String>, WireError> {
        self.create_account(plain_user(person, active)).await
    }

    async fn create_account(&mut self, user: Value) -> Result<Option<String>, WireError> {
        let answer = self.recorder.ask(Method::POST, "/Users", Some(user)).await?;
        let id = answer.json.as_ref().and_then(|user| user.get("id")).and_then(Value::as_str);
        Ok(id.map(str::to_owned).filter(|_| answer.is_success()))
    }

    /// After a provider gave up: whoever should be linked and is not gets an account in plain form, so that later
    /// steps can be judged.
    pub(super) async fn mend_links(&mut self, scene: &mut Scene, change: &Change) -> Result<(), Halt> {
        match change {
            Change::Hire { person } | Change::Return { person }
                if scene.simulator.user_id(person).is_none() =>
            {
                let someone = scene.directory.person(person).cloned().ok_or(Halt::Blocked)?;
                let found = self.find_user(&someone.user_name).await?;
                let ours = |user: &&Value| {
                    let name = user.get("userName").and_then(Value::as_str).unwrap_or_default();
                    name.to_lowercase() == someone.user_name.to_lowercase()
                };
                let id = match found.iter().find(ours).and_then(|user| user.get("id")).and_then(Value::as_str)
                {
                    Some(id) => {
                        self.recorder.ledger.adopt("Users", id, &someone.user_name);
                        Some(id.to_owned())
                    }
                    None => self.plain_create(&someone, true).await?,
                };
                let id = id.ok_or(Halt::Blocked)?;
                scene.simulator.link_user(person, &id);
                scene.accounts.insert(person.clone(), id);
                Ok(())
            }
            Change::PushGroup { team } if scene.simulator.group_id(team).is_none() => {
                let group = scene.directory.team(team).cloned().ok_or(Halt::Blocked)?;
                let adopted = self.recorder.ledger.id_of("Groups", &group.display_name);
                let id = match adopted {
                    Some(id) => id,
                    None => {
                        let body = json!({"schemas": [urn::GROUP], "displayName": group.display_name});
                        let answer = self.recorder.ask(Method::POST, "/Groups", Some(body)).await?;
                        let made = answer.json.as_ref().filter(|_| answer.is_success());
                        let id = made.and_then(|group| group.get("id")).and_then(Value::as_str);
                        id.ok_or(Halt::Blocked)?.to_owned()
                    }
                };
                scene.simulator.link_group(team, &id);
                scene.groups.insert(team.clone(), id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// After a provider gave up: brings the endpoint to the state that the change should have led to.
    pub(super) async fn mend(&mut self, scene: &mut Scene, change: &Change) -> Result<(), Halt> {
        match change {
            Change::Hire { person }
            | Change::SetPassword { person }
            | Change::Return { person }
            | Change::Leave { person } => self.mend_person(scene, person).await,
            Change::Update { before } => self.mend_person(scene, &before.key).await,
            Change::PushGroup { team }
            | Change::Join { team, .. }
            | Change::Part { team, .. }
            | Change::RenameGroup { team }
            | Change::PushNow { team } => {
                let (Some(group), Some(id)) =
                    (scene.directory.team(team).cloned(), scene.groups.get(team).cloned())
                else {
                    return Err(Halt::Blocked);
                };
                let expected =
                    oracle::member_ids(&scene.directory, team, |key| scene.accounts.get(key).cloned());
                self.mend_group(scene, &group, &id, &expected).await
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn mend_person(&mut self, scene: &Scene, key: &str) -> Result<(), Halt> {
        let (Some(person), Some(id)) =
            (scene.directory.person(key).cloned(), scene.accounts.get(key).cloned())
        else {
            return Ok(());
        };
        let answer = self.recorder.ask(Method::GET, format!("/Users/{}", encode(&id)), None).await?;
        let Some(stored) = answer.json.as_ref().and_then(Value::as_object) else { return Ok(()) };
        let wrong = oracle::compare_user(stored, &person, None, true);
        Ok(self.mend_user(&id, &wrong).await?)
    }

    /// Puts a user right in plain RFC form, one attribute at a time; what cannot be put right stays as it is.
    pub(super) async fn mend_user(&mut self, id: &str, wrong: &[Mismatch]) -> Result<(), WireError> {
        for mismatch in wrong {
            let Some(expected) = mismatch.expected.as_ref().filter(|_| !intent::is_extra(mismatch.path))
            else {
                continue;
            };
            let operation = match mismatch.path {
                "active" => json!({"op": "replace", "path": "active", "value": expected == "true"}),
                "emails.value" | "emails.type" => json!({
                    "op": "replace", "path": "emails", "value": [{"value": expected, "type": "work", "primary": true}],
                }),
                path => {
                    let path = match path.strip_prefix("enterprise.") {
                        Some(name) => format!("{}:{name}", urn::ENTERPRISE_USER),
                        None => path.to_owned(),
                    };
                    json!({"op": "replace", "path": path, "value": expected})
                }
            };
            let patch = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
            self.recorder.ask(Method::PATCH, format!("/Users/{}", encode(id)), Some(patch)).await?;
        }
        Ok(())
    }

    /// Puts a group right in plain RFC form. Without that, the later steps of the story mean nothing.
    pub(super) async fn mend_group(
        &mut self,
        scene: &mut Scene,
        group: &Team,
        id: &str,
        expected: &[String],
    ) -> Result<(), Halt> {
        let hidden = |vendor: &Profile| vendor.group.members_read == MembersRead::Never;
        if self.run.vendor.as_ref().is_some_and(hidden) {
            // Nobody can tell, as the vendor says.
            scene.memberships.insert(group.key.clone(), expected.to_vec());
            return Ok(());
        }
        let path = format!("/Groups/{}", encode(id));
        let members: Vec<Value> = expected.iter().map(|id| json!({"value": id})).collect();
        let patch = json!({
            "schemas": [urn::PATCH_OP],
            "Operations": [
                {"op": "replace", "path": "displayName", "value": group.display_name},
                {"op": "replace", "path": "members", "value": members},
            ],
        });
        let put = json!({
            "schemas": [urn::GROUP], "id": id, "displayName": group.display_name, "members": members,
        });
        for (method, body) in [(Method::PATCH, patch), (Method::PUT, put)] {
            self.recorder.ask(method, path.clone(), Some(body)).await?;
            let answer = self.recorder.ask(Method::GET, path.clone(), None).await?;
            let right = answer
                .json
                .as_ref()
                .and_then(Value::as_object)
                .is_some_and(|stored| oracle::compare_members(stored, expected).is_right());
            if right {
                scene.memberships.insert(group.key.clone(), expected.to_vec());
                return Ok(());
            }
        }
        scene.failed = true;
        Err(Halt::Blocked)
    }
}

/// An account in plain RFC form.
fn plain_user(person: &Person, active: bool) -> Value {
    json!({
        "schemas": [urn::USER],
        "userName": person.user_name,
        "name": {"givenName": person.given_name, "familyName": person.family_name},
        "displayName": person.display_name,
        "emails": [{"value": person.email, "type": "work", "primary": true}],
        "active": active,
    })
}
