//! Asking what the endpoint stored after each change, and comparing it with the model directory.

use std::collections::BTreeMap;

use http::Method;
use scim_core::{call::encode, json as obj, urn, vendor::GrantTarget};
use serde_json::{Map, Value, json};

use super::{
    Exchange, deletes,
    oracle::{self, Mismatch},
    play::{Halt, Player, Scene},
};
use crate::{
    check::{catalog, exchange as invariants},
    idp::{Change, Person, WireError},
};

impl Player<'_> {
    /// Asks what the endpoint stored, and compares.
    pub(super) async fn read_back(
        &mut self,
        scene: &mut Scene,
        change: &Change,
        known: &BTreeMap<String, String>,
        mark: usize,
    ) -> Result<(), Halt> {
        let focus = match change {
            Change::Hire { person }
            | Change::Leave { person }
            | Change::Return { person }
            | Change::Purge { person } => Some(person.clone()),
            Change::Update { before } => Some(before.key.clone()),
            _ => None,
        };
        // A server may delete later; then there is nothing to see yet.
        let later = self
            .writes(mark)
            .iter()
            .any(|write| write.request.method == Method::DELETE && write.answer.status == 202);
        if let Change::Purge { person } = change {
            if let Some(id) = known.get(person).cloned() {
                if !later {
                    self.read_purged(scene, person, &id).await?;
                }
                scene.accounts.remove(person);
            }
        } else if let Some(person) = &focus {
            self.read_user(scene, change, person, known, mark).await?;
        }
        let others: Vec<String> =
            scene.accounts.keys().filter(|key| Some(*key) != focus.as_ref()).cloned().collect();
        if focus.is_some() && !matches!(change, Change::Hire { .. }) {
            for other in others {
                self.read_bystander(scene, &other).await?;
            }
        }
        match change {
            Change::PushGroup { team }
            | Change::Join { team, .. }
            | Change::Part { team, .. }
            | Change::RenameGroup { team }
            | Change::PushNow { team } => self.read_group(scene, change, team, mark).await?,
            Change::DeleteGroup { team } => {
                if let Some(id) = scene.groups.remove(team)
                    && !later
                {
                    self.read_deleted_group(scene, &id).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn read_user(
        &mut self,
        scene: &mut Scene,
        change: &Change,
        key: &str,
        known: &BTreeMap<String, String>,
        mark: usize,
    ) -> Result<(), Halt> {
        let writes = self.writes(mark);
        let write = writes.last().cloned();
        let Some(person) = scene.directory.person(key).cloned() else { return Ok(()) };
        let Some(id) = scene.accounts.get(key).cloned() else { return Ok(()) };
        let leaving = matches!(change, Change::Leave { .. });
        let vendor_deletes = self.run.vendor.as_ref().is_some_and(deletes);
        if let (Change::Return { .. }, Some(before)) = (change, known.get(key))
            && *before != id
            && !vendor_deletes
        {
            let got = format!("a new account with id {id:?}");
            self.sight(
                scene,
                (&catalog::ID_CHANGED, None, format!("the account with id {before:?}"), got),
                write.as_ref(),
            );
        }
        let read_mark = self.recorder.log.len();
        let answer = self.recorder.ask(Method::GET, format!("/Users/{}", encode(&id)), None).await?;
        let exchange = self.recorder.last().cloned();
        let found = self.find_user(&person.user_name).await?;
        self.judge(scene, read_mark, None);
        let listed = self.recorder.last().cloned();
        let here = found.iter().find(|user| user.get("id").and_then(Value::as_str) == Some(id.as_str()));
        if answer.status == 404 || answer.status == 410 {
            // A PUT may have moved the resource to another id.
            let moved = found
                .first()
                .filter(|_| here.is_none())
                .and_then(|user| user.get("id"))
                .and_then(Value::as_str);
            if let Some(other) = moved {
                self.recorder.ledger.adopt("Users", other, &person.user_name);
                let sighting = (&catalog::ID_CHANGED, None, format!("id {id:?}"), format!("id {other:?}"));
                self.sight(scene, sighting, write.as_ref());
                return Err(Halt::Blocked);
            }
            if !leaving {
                let sighting =
                    (&catalog::USER_GONE, None, "200 with the user".to_owned(), answer.status.to_string());
                self.sight(scene, sighting, exchange.as_ref());
                return Err(Halt::Blocked);
            }
            if vendor_deletes {
                scene.confirmed.push("vendor.deactivate: the account is gone".to_owned());
                if here.is_some() {
                    let sighting =
                        (&catalog::LIST_DELETED, None, "no such user".to_owned(), format!("id {id:?}"));
                    self.sight(scene, sighting, listed.as_ref());
                }
                return Ok(());
            }
            let hidden = self.is_hidden(&id, &person).await?;
            let check = if hidden { &catalog::LOOKUP_INACTIVE } else { &catalog::DEACTIVATE_DELETES };
            let sighting = (check, None, "the user with active false".to_owned(), answer.status.to_string());
            self.sight(scene, sighting, exchange.as_ref());
            return Err(Halt::Blocked);
        }
        let Some(stored) = answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success())
        else {
            self.sight(
                scene,
                (
                    &catalog::USER_GONE,
                    None,
                    "200 with the user".to_owned(),
                    invariants::described(exchange.as_ref().ok_or(Halt::Blocked)?),
                ),
                exchange.as_ref(),
            );
            return Err(Halt::Blocked);
        };
        if leaving && vendor_deletes {
            let got = format!(
                "the user is still readable, with active {}",
                obj::get(stored, "active").cloned().unwrap_or_default()
            );
            self.sight(
                scene,
                (&catalog::VENDOR_DEACTIVATE, None, "404: the account is gone".to_owned(), got),
                exchange.as_ref(),
            );
        }
        let manager = self.expected_manager(scene, &person);
        let mut wrong = oracle::compare_user(stored, &person, manager, true);
        let renamed = wrong.iter().any(|mismatch| mismatch.path == "userName" && !mismatch.case_only());
        if here.is_none() && !renamed {
            self.explain_unfound(scene, &person, &id, listed.as_ref()).await?;
        } else if found.len() > 1 {
            let got = format!("{} resources", found.len());
            self.sight(
                scene,
                (&catalog::LOOKUP_TWICE, None, "one resource".to_owned(), got),
                listed.as_ref(),
            );
        }
        if let Some(here) = here.and_then(Value::as_object) {
            let in_list = obj::get(here, "active");
            if in_list.is_some() && in_list != obj::get(stored, "active") {
                let got = format!(
                    "active {} in the list, {} by id",
                    in_list.cloned().unwrap_or_default(),
                    obj::get(stored, "active").cloned().unwrap_or_default()
                );
                self.sight(
                    scene,
                    (
                        &catalog::USER_ATTRIBUTE_WRONG,
                        Some("active in a filter result".to_owned()),
                        "the same in both".to_owned(),
                        got,
                    ),
                    listed.as_ref(),
                );
            }
        }
        self.check_grants(scene, &person, stored, exchange.as_ref());
        wrong.retain(|mismatch| !self.tolerated(scene, &person, mismatch, leaving && vendor_deletes));
        if !wrong.is_empty() {
            self.explain_user(scene, change, &wrong, &writes).await?;
            self.mend_user(&id, &wrong).await?;
        }
        Ok(())
    }

    /// Whether an account that cannot be read is still there: it can be activated, or its name is taken.
    pub(super) async fn is_hidden(&mut self, id: &str, person: &Person) -> Result<bool, WireError> {
        let patch = json!({
            "schemas": [urn::PATCH_OP],
            "Operations": [{"op": "replace", "path": "active", "value": true}],
        });
        let path = format!("/Users/{}", encode(id));
        self.recorder.ask(Method::PATCH, path.clone(), Some(patch)).await?;
        if self.recorder.ask(Method::GET, path, None).await?.is_success() {
            return Ok(true);
        }
        self.plain_create(person, true).await?;
        Ok(self.recorder.last().is_some_and(|exchange| exchange.answer.status == 409))
    }

    /// The manager that should be stored; `None` when this provider does not write managers.
    pub(super) fn expected_manager(&self, scene: &Scene, person: &Person) -> Option<Option<String>> {
        if scene.dialect.is_okta() {
            return None;
        }
        Some(person.manager.as_ref().and_then(|key| scene.accounts.get(key)).cloned())
    }

    pub(super) fn tolerated(
        &mut self,
        scene: &mut Scene,
        person: &Person,
        mismatch: &Mismatch,
        gone: bool,
    ) -> bool {
        if gone || self.unstored.contains(mismatch.path) {
            return true;
        }
        // The letter case of an attribute that is not case-exact is the server's to choose (RFC 7643 §7).
        if !matches!(mismatch.path, "externalId" | "active") && mismatch.case_only() {
            let (check, subject) = match mismatch.path {
                "userName" => (&catalog::USER_NAME_NORMALIZED, None),
                path => (&catalog::USER_CASE, Some(path.to_owned())),
            };
            self.sight(scene, (check, subject, mismatch.expected_text(), mismatch.got_text()), None);
            return true;
        }
        if mismatch.path == "displayName" && self.sets_display_name(person, mismatch) {
            self.sight(
                scene,
                (&catalog::USER_DISPLAY_NAME, None, mismatch.expected_text(), mismatch.got_text()),
                None,
            );
            return true;
        }
        // Entra ID never sends a removal of a plain attribute.
        mismatch.expected.is_none() && mismatch.path != "enterprise.manager" && !scene.dialect.is_okta()
    }

    /// Whether the endpoint makes `displayName` from the person's other attributes, or says that it is its own.
    fn sets_display_name(&self, person: &Person, mismatch: &Mismatch) -> bool {
        if self.endpoint.own_display_name {
            return true;
        }
        let Some(got) = &mismatch.got else { return false };
        let words = |text: &str| {
            let mut words: Vec<String> = text
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            words.sort();
            words
        };
        let same = |other: &str| words(got) == words(other);
        same(&format!("{} {}", person.given_name, person.family_name))
            || same(&person.user_name)
            || same(&person.email)
    }

    pub(super) fn mark_unstored(&mut self, path: &str) {
        self.unstored.insert(path.to_owned());
    }

    pub(super) fn check_grants(
        &mut self,
        scene: &mut Scene,
        person: &Person,
        stored: &Map<String, Value>,
        exchange: Option<&Exchange>,
    ) {
        let Some(vendor) = &self.run.vendor else { return };
        for grant in &vendor.grants.clone() {
            let value = match grant.from.as_str() {
                "title" => person.title.clone(),
                "userType" => None,
                _ => continue,
            };
            let Ok(expected) = grant.role(&vendor.tenant, value.as_deref()) else { continue };
            let GrantTarget::Roles = grant.into else { continue };
            let roles = obj::get(stored, "roles").and_then(Value::as_array);
            let got: Vec<String> = roles
                .into_iter()
                .flatten()
                .filter_map(|role| role.get("value").and_then(Value::as_str).map(str::to_owned))
                .collect();
            let shown = |role: &Option<String>| role.clone().unwrap_or_else(|| "no role".to_owned());
            let from = value.unwrap_or_default();
            if got.first() == expected.as_ref() && got.len() <= 1 {
                scene.confirmed.push(format!(
                    "vendor.role: {} {from:?} gives {}",
                    grant.from,
                    shown(&expected)
                ));
            } else {
                self.sight(
                    scene,
                    (
                        &catalog::VENDOR_ROLE,
                        None,
                        format!("{} {from:?} gives {}", grant.from, shown(&expected)),
                        if got.is_empty() { "no role".to_owned() } else { got.join(", ") },
                    ),
                    exchange,
                );
            }
        }
    }

    pub(super) fn check_import(&mut self, scene: &mut Scene, change: &Change, ids: &[String], mark: usize) {
        let wanted: Vec<&String> = match change {
            Change::ImportUsers => scene.accounts.values().collect(),
            _ => scene.groups.values().collect(),
        };
        let missing: Vec<String> = wanted.into_iter().filter(|id| !ids.contains(id)).cloned().collect();
        if missing.is_empty() {
            return;
        }
        let pages: Vec<&Exchange> = self.recorder.log[mark..].iter().collect();
        let clamped = pages.iter().any(|page| {
            let body = page.answer.json.as_ref().and_then(Value::as_object);
            let number =
                |name| body.and_then(|body| obj::get(body, name)).and_then(Value::as_u64).unwrap_or(0);
            let here = body
                .and_then(|body| obj::get(body, "Resources"))
                .and_then(Value::as_array)
                .map_or(0, |resources| resources.len() as u64);
            here > 0 && here < 100 && number("startIndex").max(1) + here <= number("totalResults")
        });
        let exchange = pages.last().copied().cloned();
        let check = if clamped { &catalog::LIST_PAGE_CLAMPED } else { &catalog::LIST_MISSING };
        let got = format!("{} of them missing from the {} read", missing.len(), ids.len());
        self.sight(
            scene,
            (check, None, "every resource that was created".to_owned(), got),
            exchange.as_ref(),
        );
    }

    pub(super) async fn read_bystander(&mut self, scene: &mut Scene, key: &str) -> Result<(), Halt> {
        let Some(person) = scene.directory.person(key).cloned() else { return Ok(()) };
        let Some(id) = scene.accounts.get(key).cloned() else { return Ok(()) };
        let mark = self.recorder.log.len();
        let answer = self.recorder.ask(Method::GET, format!("/Users/{}", encode(&id)), None).await?;
        let exchange = self.recorder.last().cloned();
        self.judge(scene, mark, None);
        let stored = answer.json.as_ref().and_then(Value::as_object);
        let active = stored.and_then(|stored| obj::get(stored, "active")).and_then(Value::as_bool);
        let name = stored.and_then(|stored| obj::get(stored, "userName")).and_then(Value::as_str);
        let same_name = name.is_some_and(|name| name.to_lowercase() == person.user_name.to_lowercase());
        let right = answer.is_success() && same_name && active.is_none_or(|active| active == person.active);
        let vendor_gone = self.run.vendor.as_ref().is_some_and(deletes) && !person.active;
        if !right && !vendor_gone {
            let got = exchange.as_ref().map(invariants::described).unwrap_or_default();
            self.sight(
                scene,
                (&catalog::USER_SIDE_EFFECT, None, format!("{} unchanged", person.user_name), got),
                exchange.as_ref(),
            );
        }
        Ok(())
    }

    pub(super) async fn read_purged(&mut self, scene: &mut Scene, key: &str, id: &str) -> Result<(), Halt> {
        let name = scene.directory.person(key).map(|person| person.user_name.clone()).unwrap_or_default();
        let answer = self.recorder.ask(Method::GET, format!("/Users/{}", encode(id)), None).await?;
        let exchange = self.recorder.last().cloned();
        if answer.is_success() {
            let got = exchange.as_ref().map(invariants::described).unwrap_or_default();
            self.sight(scene, (&catalog::DELETE_NO_EFFECT, None, "404".to_owned(), got), exchange.as_ref());
        }
        let found = self.find_user(&name).await?;
        if found.iter().any(|user| user.get("id").and_then(Value::as_str) == Some(id)) && !answer.is_success()
        {
            let listed = self.recorder.last().cloned();
            self.sight(
                scene,
                (&catalog::LIST_DELETED, None, "no such user".to_owned(), format!("id {id:?}")),
                listed.as_ref(),
            );
        }
        Ok(())
    }

    pub(super) async fn read_deleted_group(&mut self, scene: &mut Scene, id: &str) -> Result<(), Halt> {
        let answer = self.recorder.ask(Method::GET, format!("/Groups/{}", encode(id)), None).await?;
        let exchange = self.recorder.last().cloned();
        if answer.is_success() {
            let got = exchange.as_ref().map(invariants::described).unwrap_or_default();
            self.sight(scene, (&catalog::DELETE_NO_EFFECT, None, "404".to_owned(), got), exchange.as_ref());
        }
        let groups = self.recorder.ask(Method::GET, "/Groups?startIndex=1&count=200", None).await?;
        let listed =
            groups.json.as_ref().and_then(Value::as_object).and_then(|page| obj::get(page, "Resources"));
        let still = listed
            .and_then(Value::as_array)
            .is_some_and(|list| list.iter().any(|group| group.get("id").and_then(Value::as_str) == Some(id)));
        if still && !answer.is_success() {
            let listed = self.recorder.last().cloned();
            let sighting = (&catalog::LIST_DELETED, None, "no such group".to_owned(), format!("id {id:?}"));
            self.sight(scene, sighting, listed.as_ref());
        }
        for key in scene.accounts.keys().cloned().collect::<Vec<_>>() {
            self.read_bystander(scene, &key).await?;
        }
        Ok(())
    }

    pub(super) async fn read_group(
        &mut self,
        scene: &mut Scene,
        change: &Change,
        team: &str,
        mark: usize,
    ) -> Result<(), Halt> {
        let writes = self.writes(mark);
        let write = writes.last().cloned();
        let (Some(group), Some(id)) = (scene.directory.team(team).cloned(), scene.groups.get(team).cloned())
        else {
            return Ok(());
        };
        let read_mark = self.recorder.log.len();
        let answer = self.recorder.ask(Method::GET, format!("/Groups/{}", encode(&id)), None).await?;
        let exchange = self.recorder.last().cloned();
        let literal = Value::from(group.display_name.as_str()).to_string();
        let filter = format!("/Groups?filter={}", encode(&format!("displayName eq {literal}")));
        let found = self.recorder.ask(Method::GET, filter, None).await?;
        let listed = self.recorder.last().cloned();
        self.judge(scene, read_mark, None);
        let resources =
            found.json.as_ref().and_then(Value::as_object).and_then(|page| obj::get(page, "Resources"));
        let same_name = resources.and_then(Value::as_array).into_iter().flatten().find(|item| {
            item.get("displayName").and_then(Value::as_str) == Some(group.display_name.as_str())
        });
        let Some(stored) = answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success())
        else {
            if let Some(other) = same_name.and_then(|item| item.get("id")).and_then(Value::as_str) {
                self.recorder.ledger.adopt("Groups", other, &group.display_name);
                let sighting = (&catalog::ID_CHANGED, None, format!("id {id:?}"), format!("id {other:?}"));
                self.sight(scene, sighting, write.as_ref());
                return Err(Halt::Blocked);
            }
            let got = exchange.as_ref().map(invariants::described).unwrap_or_default();
            self.sight(
                scene,
                (&catalog::GROUP_GONE, None, "200 with the group".to_owned(), got),
                exchange.as_ref(),
            );
            return Err(Halt::Blocked);
        };
        let name = obj::get(stored, "displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
        let name_wrong = name.to_lowercase() != group.display_name.to_lowercase();
        let expected = oracle::member_ids(&scene.directory, team, |key| scene.accounts.get(key).cloned());
        let members = oracle::compare_members(stored, &expected);
        let in_list = resources.and_then(Value::as_array).is_some_and(|list| {
            list.iter().any(|item| item.get("id").and_then(Value::as_str) == Some(id.as_str()))
        });
        if !in_list && !name_wrong && found.status != 400 && found.status != 501 {
            let got = listed.as_ref().map(invariants::described).unwrap_or_default();
            self.sight(
                scene,
                (
                    &catalog::LOOKUP_MISSES,
                    Some("Groups, displayName eq".to_owned()),
                    "the group".to_owned(),
                    got,
                ),
                listed.as_ref(),
            );
        }
        if name_wrong || !members.is_right() {
            let wrong_name = name_wrong.then_some((group.display_name.clone(), name));
            self.explain_group(scene, change, wrong_name, &members, &writes).await?;
            self.mend_group(scene, &group, &id, &expected).await?;
        }
        Ok(())
    }

    pub(super) async fn find_user(&mut self, name: &str) -> Result<Vec<Value>, WireError> {
        let literal = Value::from(name).to_string();
        let target = format!("/Users?filter={}", encode(&format!("userName eq {literal}")));
        let answer = self.recorder.ask(Method::GET, target, None).await?;
        let resources =
            answer.json.as_ref().and_then(Value::as_object).and_then(|page| obj::get(page, "Resources"));
        Ok(resources.and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// What the provider wrote since `mark`.
    pub(super) fn writes(&self, mark: usize) -> Vec<Exchange> {
        let written = |exchange: &&Exchange| exchange.request.method != Method::GET;
        self.recorder.log[mark..].iter().filter(written).cloned().collect()
    }
}
