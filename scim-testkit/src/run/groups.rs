//! Asking what the endpoint stored of groups, of the one that a change is about and of the others.

use http::Method;
use scim_core::{call::encode, json as obj, urn};
use serde_json::{Value, json};

use super::{
    Exchange,
    diagnose::Shown,
    oracle::{self, Membership},
    play::{Halt, Player, Scene},
    probe::{Feature, Outcome},
};
use crate::{
    check::{catalog, exchange as invariants},
    idp::{Change, Team, WireError},
};

impl Player<'_> {
    pub(super) async fn read_deleted_group(
        &mut self,
        scene: &mut Scene,
        change: &Change,
        id: &str,
    ) -> Result<(), Halt> {
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
        self.read_others(scene, change, None).await?;
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
        let mut members = oracle::compare_members(stored, &expected);
        // Whether a server keeps a reference to an account that is gone is its own affair.
        members.extra.retain(|id| !scene.vanished.values().any(|gone| gone == id));
        members.lost.retain(|id| !self.may_have_left(scene, id));
        let external_id = obj::get(stored, "externalId").and_then(Value::as_str).map(str::to_owned);
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
        scene.memberships.insert(team.to_owned(), oracle::members(stored));
        if !name_wrong {
            self.check_external_id(scene, &group, external_id, (&writes, exchange.as_ref()));
            self.probe_external_id(scene, &writes).await?;
        }
        if let (Change::PushGroup { .. }, false) = (change, self.asked.contains("members on create")) {
            self.probe_create(scene, &expected, &writes).await?;
        }
        if let (Change::RenameGroup { .. }, false) = (change, name_wrong) {
            self.read_old_group_name(scene, &id).await?;
        }
        if name_wrong || !members.is_right() {
            let wrong_name = name_wrong.then_some((group.display_name.clone(), name));
            let told = (wrong_name, &members, id.as_str());
            if self.explain_group(scene, change, told, &writes).await? == Shown::Whole {
                self.mend_group(scene, &group, &id, &expected).await?;
                scene.memberships.insert(team.to_owned(), expected);
            }
        }
        Ok(())
    }

    /// A server may take those out of their groups who have no access any more.
    fn may_have_left(&self, scene: &Scene, id: &str) -> bool {
        scene.left.contains(id)
    }

    /// The provider's own id of the group, where it sent one.
    fn check_external_id(
        &mut self,
        scene: &mut Scene,
        group: &Team,
        got: Option<String>,
        (writes, exchange): (&[Exchange], Option<&Exchange>),
    ) {
        let sent = writes.iter().any(|write| {
            let body = write.request.body.as_deref().unwrap_or_default();
            write.answer.is_success() && body.contains("externalId") && body.contains(&group.local_id)
        });
        if !sent || got.as_deref() == Some(group.local_id.as_str()) {
            return;
        }
        let shown = |id: Option<&str>| {
            id.map_or_else(|| "no externalId".to_owned(), |id| format!("externalId {id:?}"))
        };
        let (expected, got) = (shown(Some(&group.local_id)), shown(got.as_deref()));
        self.sight(scene, (&catalog::GROUP_EXTERNAL_ID, None, expected, got), exchange);
    }

    /// What a PATCH of the provider's id does to the members is hidden by the members that the provider adds next, so it
    /// is tried by itself.
    async fn probe_external_id(&mut self, scene: &mut Scene, writes: &[Exchange]) -> Result<(), Halt> {
        let patched = writes.iter().any(|write| {
            write.is(&Method::PATCH, "Groups")
                && write.request.body.as_deref().is_some_and(|body| body.contains("externalId"))
        });
        if !patched {
            return Ok(());
        }
        if let Outcome::Fails(failures) = self.probe(Feature::GroupExternalId).await? {
            for failure in failures {
                let seen = (failure.check, None, failure.expected, failure.got);
                self.sight(scene, seen, failure.exchange.as_ref());
            }
        }
        Ok(())
    }

    /// A provider that adds the members once more after the create hides that the create lost them, so a create is
    /// tried by itself.
    async fn probe_create(
        &mut self,
        scene: &mut Scene,
        members: &[String],
        writes: &[Exchange],
    ) -> Result<(), Halt> {
        let with_members = writes.iter().any(|write| {
            let sent = write.sent_json().unwrap_or_default();
            write.is(&Method::POST, "Groups")
                && sent.get("members").and_then(Value::as_array).is_some_and(|list| !list.is_empty())
        });
        if !with_members || members.is_empty() {
            return Ok(());
        }
        // With few members it is asked once in a run, with many once more.
        let key = if members.len() > 20 { "many members on create" } else { "few members on create" };
        if !self.asked.insert(key) {
            return Ok(());
        }
        let listed: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let name = self.lab.unique("group");
        let body = json!({"schemas": [urn::GROUP], "displayName": name, "members": listed});
        let created = self.recorder.ask(Method::POST, "/Groups", Some(body)).await?;
        let exchange = self.recorder.last().cloned();
        let id = created.json.as_ref().and_then(|group| group.get("id")).and_then(Value::as_str);
        let Some(id) = id.filter(|_| created.is_success()).map(str::to_owned) else { return Ok(()) };
        let answer = self.recorder.ask(Method::GET, format!("/Groups/{}", encode(&id)), None).await?;
        let Some(stored) = answer.json.as_ref().and_then(Value::as_object) else { return Ok(()) };
        let wrong = oracle::compare_members(stored, members);
        if wrong.lost.is_empty() || !self.lab.shows_members(&mut self.recorder).await? {
            return Ok(());
        }
        if self.still_a_member(&id, &wrong).await?.is_none_or(|still| still) {
            return Ok(());
        }
        let expected = format!("{} members", members.len());
        let got = format!("{} members", wrong.returned);
        self.sight(scene, (&catalog::GROUP_MEMBERS_ON_CREATE, None, expected, got), exchange.as_ref());
        Ok(())
    }

    /// Whether somebody whom the group does not show is a member all the same; `None` when it cannot be known.
    pub(super) async fn still_a_member(
        &mut self,
        group: &str,
        members: &Membership,
    ) -> Result<Option<bool>, WireError> {
        let Some(lost) = members.lost.first() else { return Ok(None) };
        let answer = self.recorder.ask(Method::GET, format!("/Users/{}", encode(lost)), None).await?;
        let user = answer.json.as_ref().and_then(Value::as_object);
        let of = |id: &str| {
            let groups = user.and_then(|user| obj::get(user, "groups")).and_then(Value::as_array);
            groups.is_some_and(|list| {
                list.iter().any(|item| item.get("value").and_then(Value::as_str) == Some(id))
            })
        };
        if of(group) {
            return Ok(Some(true));
        }
        // A server that shows only so many members shows another one when one of them goes.
        let Some(shown) = members.shown.first() else { return Ok(Some(false)) };
        let path = format!("/Groups/{}", encode(group));
        let patch = |op: Value| json!({"schemas": [urn::PATCH_OP], "Operations": [op]});
        let filter = format!("members[value eq {}]", Value::from(shown.as_str()));
        let removal = patch(json!({"op": "remove", "path": filter}));
        let removed = self.recorder.ask(Method::PATCH, path.clone(), Some(removal)).await?;
        let answer = self.recorder.ask(Method::GET, path.clone(), None).await?;
        let after = answer.json.as_ref().and_then(Value::as_object).map(oracle::members).unwrap_or_default();
        let again = patch(json!({"op": "add", "path": "members", "value": [{"value": shown}]}));
        self.recorder.ask(Method::PATCH, path, Some(again)).await?;
        if !removed.is_success() || after.contains(shown) {
            return Ok(None);
        }
        Ok(Some(after.len() >= members.returned))
    }

    /// A name that was given up must not lead to the group, and must be free again.
    async fn read_old_group_name(&mut self, scene: &mut Scene, id: &str) -> Result<(), Halt> {
        let Some(old) = scene.old_name.take() else { return Ok(()) };
        let literal = Value::from(old.as_str()).to_string();
        let filter = format!("/Groups?filter={}", encode(&format!("displayName eq {literal}")));
        let found = self.recorder.ask(Method::GET, filter, None).await?;
        let listed = self.recorder.last().cloned();
        let list =
            found.json.as_ref().and_then(Value::as_object).and_then(|page| obj::get(page, "Resources"));
        let items = list.and_then(Value::as_array).cloned().unwrap_or_default();
        // A filter that is ignored finds others as well, or a name that was never there.
        let stale =
            found.is_success() && items.iter().any(|item| item.get("id").and_then(Value::as_str) == Some(id));
        let nobody = Value::from(self.lab.unique("nobody")).to_string();
        let nobody = format!("/Groups?filter={}", encode(&format!("displayName eq {nobody}")));
        let ignored = stale && {
            let answer = self.recorder.ask(Method::GET, nobody, None).await?;
            let page = answer.json.as_ref().and_then(Value::as_object);
            let list = page.and_then(|page| obj::get(page, "Resources")).and_then(Value::as_array);
            list.is_some_and(|list| !list.is_empty())
        };
        if stale && !ignored {
            let (expected, got) =
                (format!("nothing: no group is called {old:?}"), format!("the group with id {id:?}"));
            self.sight(scene, (&catalog::RENAME_STALE, None, expected, got), listed.as_ref());
        }
        if !items.is_empty() || !self.asked.insert("old group name") {
            return Ok(());
        }
        let body = json!({"schemas": [urn::GROUP], "displayName": old});
        let answer = self.recorder.ask(Method::POST, "/Groups", Some(body)).await?;
        if answer.status == 409 {
            let exchange = self.recorder.last().cloned();
            let got = exchange.as_ref().map(invariants::described).unwrap_or_default();
            let expected = format!("201: no group is called {old:?} any more");
            self.sight(scene, (&catalog::RENAME_STALE, None, expected, got), exchange.as_ref());
        }
        Ok(())
    }

    /// Groups that a change is not about keep their members.
    pub(super) async fn read_other_groups(
        &mut self,
        scene: &mut Scene,
        focus: Option<&str>,
        mark: usize,
    ) -> Result<(), Halt> {
        let others: Vec<String> =
            scene.memberships.keys().filter(|key| Some(key.as_str()) != focus).cloned().collect();
        for team in others {
            let (Some(id), Some(before)) =
                (scene.groups.get(&team).cloned(), scene.memberships.get(&team).cloned())
            else {
                continue;
            };
            let answer = self.recorder.ask(Method::GET, format!("/Groups/{}", encode(&id)), None).await?;
            let exchange = self.recorder.last().cloned();
            let stored = answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success());
            let Some(stored) = stored else { continue };
            let after = oracle::members(stored);
            let lost = before.iter().any(|id| !after.contains(id) && !self.may_have_left(scene, id));
            let extra = after.iter().any(|id| !before.contains(id));
            if lost || extra {
                let (expected, got) =
                    (format!("{} members", before.len()), format!("{} members", after.len()));
                let write = self.writes(mark).pop();
                self.sight(
                    scene,
                    (&catalog::GROUP_SIDE_EFFECT, None, expected, got),
                    write.as_ref().or(exchange.as_ref()),
                );
            }
            scene.memberships.insert(team, after);
        }
        Ok(())
    }

    /// The endpoint refused a change as it may; whoever was in the group still is.
    pub(super) async fn read_refused(
        &mut self,
        scene: &mut Scene,
        change: &Change,
        mark: usize,
    ) -> Result<(), Halt> {
        let (Change::Join { team, .. } | Change::Part { team, .. }) = change else { return Ok(()) };
        let (Some(group), Some(id)) = (scene.directory.team(team).cloned(), scene.groups.get(team).cloned())
        else {
            return Ok(());
        };
        // A provider that sends more than one request may have had its way with the first.
        if !self.writes(mark).iter().any(|write| write.answer.is_success()) {
            // As if it were another group's affair.
            self.read_other_groups(scene, None, mark).await?;
        }
        let expected = oracle::member_ids(&scene.directory, team, |key| scene.accounts.get(key).cloned());
        self.mend_group(scene, &group, &id, &expected).await?;
        scene.memberships.insert(team.clone(), expected);
        Ok(())
    }
}
