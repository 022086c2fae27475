//! Asking what the endpoint stored after each change, and comparing it with the model directory.

use std::collections::BTreeMap;

use http::Method;
use scim_core::{call::encode, json as obj, urn, vendor::GrantTarget};
use serde_json::{Map, Value, json};

use super::{
    Exchange, deletes, intent,
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
        // Whoever is put into a group by name is to be in it.
        let joining = match change {
            Change::Join { people, .. } => people.clone(),
            Change::PushGroup { team } | Change::PushNow { team } => {
                scene.directory.team(team).map(|team| team.members.clone()).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        for id in joining.iter().filter_map(|person| scene.accounts.get(person)) {
            scene.left.remove(id);
        }
        let focus = match change {
            Change::Hire { person }
            | Change::SetPassword { person }
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
                scene.known.remove(person);
                scene.left.insert(id);
                scene.purged.insert(person.clone());
            }
        } else if let Some(person) = &focus {
            let sent = self.recorder.log[mark..].to_vec();
            scene.known.entry(person.clone()).or_default().sent.note(&sent);
            if let (Change::Leave { .. }, Some(id)) = (change, scene.accounts.get(person)) {
                scene.left.insert(id.clone());
            }
            self.read_user(scene, change, person, known, mark).await?;
        }
        if focus.is_some() && !matches!(change, Change::Hire { .. }) {
            self.read_others(scene, change, focus.as_deref()).await?;
            self.read_other_groups(scene, None, mark).await?;
        }
        match change {
            Change::PushGroup { team }
            | Change::Join { team, .. }
            | Change::Part { team, .. }
            | Change::RenameGroup { team }
            | Change::PushNow { team } => {
                self.read_group(scene, change, team, mark).await?;
                self.read_other_groups(scene, Some(team), mark).await?;
            }
            Change::DeleteGroup { team } => {
                scene.memberships.remove(team);
                if let Some(id) = scene.groups.remove(team)
                    && !later
                {
                    self.read_deleted_group(scene, change, &id).await?;
                }
                self.read_other_groups(scene, None, mark).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Everybody whom the change is not about; of a crowd, one stands for all.
    pub(super) async fn read_others(
        &mut self,
        scene: &mut Scene,
        change: &Change,
        focus: Option<&str>,
    ) -> Result<(), Halt> {
        let ours = |key: &&String| {
            let crowd = scene.directory.person(key).is_some_and(|it| self.crowd.contains_key(&it.user_name));
            Some(key.as_str()) != focus && !crowd
        };
        let others: Vec<String> = scene.accounts.keys().filter(ours).cloned().collect();
        for other in others {
            self.read_bystander(scene, change, &other).await?;
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
        if let (Change::Hire { .. }, Some(before)) = (change, known.get(key))
            && *before != id
        {
            // Matching failed, and a second account was made.
            let missed = self.recorder.log[mark..].iter().find(|it| it.query().contains("filter=")).cloned();
            let (check, subject) = match () {
                () if scene.capitals.contains(key) => (&catalog::LOOKUP_CASE, None),
                () if scene.inactive.contains(key) => (&catalog::LOOKUP_INACTIVE, None),
                () => (&catalog::LOOKUP_MISSES, Some("Users, userName eq".to_owned())),
            };
            let got = missed.as_ref().map(invariants::described).unwrap_or_default();
            let expected = format!("the account with id {before:?}");
            self.sight(scene, (check, subject, expected, got), missed.as_ref());
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
            // Under our name: an endpoint that ignores the filter returns other people.
            let named = |user: &&Value| {
                let name = user.get("userName").and_then(Value::as_str).unwrap_or_default();
                name.to_lowercase() == person.user_name.to_lowercase()
            };
            let moved = found
                .iter()
                .find(named)
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
        let known = scene.known.entry(key.to_owned()).or_default();
        wrong.extend(known.sent.compare(stored));
        known.wrong = Some(wrong.clone());
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
        if let Change::Update { before } = change
            && !renamed
        {
            self.read_old_name(scene, before, &person, &id).await?;
        }
        if !wrong.is_empty() {
            self.explain_user(scene, change, &wrong, &writes).await?;
            self.mend_user(&id, &wrong).await?;
            // What could be put right is no longer wrong.
            let known = scene.known.entry(key.to_owned()).or_default();
            known.wrong = known.wrong.take().filter(|_| wrong.is_empty());
        }
        Ok(())
    }

    /// A name that was given up must not lead to the account.
    async fn read_old_name(
        &mut self,
        scene: &mut Scene,
        before: &Person,
        person: &Person,
        id: &str,
    ) -> Result<(), Halt> {
        if before.user_name.to_lowercase() == person.user_name.to_lowercase() {
            return Ok(());
        }
        let found = self.find_user(&before.user_name).await?;
        let exchange = self.recorder.last().cloned();
        let ours =
            |found: &[Value]| found.iter().any(|user| user.get("id").and_then(Value::as_str) == Some(id));
        if ours(&found) {
            // A filter that is ignored finds the account by any name.
            let nobody = self.lab.unique("nobody");
            if ours(&self.find_user(&nobody).await?) {
                return Ok(());
            }
            let got = format!("the user with id {id:?}, whose userName is {:?}", person.user_name);
            let expected = format!("nobody: {:?} is no longer a userName", before.user_name);
            self.sight(scene, (&catalog::RENAME_STALE, None, expected, got), exchange.as_ref());
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
        if !scene.dialect.sends_manager() {
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
        if intent::respelled(mismatch) {
            let subject = Some(mismatch.path.to_owned());
            let (expected, got) = (mismatch.expected_text(), mismatch.got_text());
            self.sight(scene, (&catalog::USER_RESPELLED, subject, expected, got), None);
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
        // Some providers never send a removal of a plain attribute, and not everyone maps every attribute.
        let wrote = scene.known.get(&person.key).is_some_and(|known| known.sent.wrote(mismatch.path));
        match mismatch.expected {
            None => mismatch.path != "enterprise.manager" && !scene.dialect.sends_removals(),
            Some(_) => !intent::is_extra(mismatch.path) && (!wrote || !scene.dialect.updates(mismatch.path)),
        }
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
        let reads = |exchange: &&Exchange| exchange.request.method == Method::GET;
        let pages: Vec<&Exchange> = self.recorder.log[mark..].iter().filter(reads).collect();
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

    pub(super) async fn read_bystander(
        &mut self,
        scene: &mut Scene,
        change: &Change,
        key: &str,
    ) -> Result<(), Halt> {
        let Some(person) = scene.directory.person(key).cloned() else { return Ok(()) };
        let Some(id) = scene.accounts.get(key).cloned() else { return Ok(()) };
        let mark = self.recorder.log.len();
        let answer = self.recorder.ask(Method::GET, format!("/Users/{}", encode(&id)), None).await?;
        let exchange = self.recorder.last().cloned();
        self.judge(scene, mark, None);
        let vendor_gone = self.run.vendor.as_ref().is_some_and(deletes) && !person.active;
        if vendor_gone {
            return Ok(());
        }
        let stored = answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success());
        let got = match stored {
            None => exchange.as_ref().map(invariants::described).unwrap_or_default(),
            Some(stored) => {
                let changed = self.changed_since(scene, change, &person, stored);
                if changed.is_empty() {
                    return Ok(());
                }
                changed.iter().map(Mismatch::got_text).collect::<Vec<_>>().join(", ")
            }
        };
        let expected = format!("{} unchanged", person.user_name);
        self.sight(scene, (&catalog::USER_SIDE_EFFECT, None, expected, got), exchange.as_ref());
        Ok(())
    }

    /// What is wrong with an account that nobody wrote to, and was not when it was last read.
    fn changed_since(
        &self,
        scene: &Scene,
        change: &Change,
        person: &Person,
        stored: &Map<String, Value>,
    ) -> Vec<Mismatch> {
        // Who is purged may be taken out of everybody's `manager`.
        let manager = match change {
            Change::Purge { .. } => None,
            _ => self.expected_manager(scene, person),
        };
        let known = scene.known.get(&person.key);
        let mut wrong = oracle::compare_user(stored, person, manager, true);
        wrong.extend(known.map(|known| known.sent.compare(stored)).unwrap_or_default());
        wrong.retain(|mismatch| match known.and_then(|known| known.wrong.as_ref()) {
            Some(before) => !before.contains(mismatch),
            // Never read, as an account from before the story: only who it is, and whether it may be used.
            None => {
                (mismatch.path == "userName" && !mismatch.case_only())
                    || (mismatch.path == "active" && mismatch.got.is_some())
            }
        });
        wrong
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
            // Whoever is hired again would be linked to it.
            return Err(Halt::Blocked);
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
