//! The laboratory's probes on groups: renaming, and every form of changing members.

use http::Method;
use scim_core::{json as obj, urn};
use serde_json::{Value, json};

use super::{
    probe::{Feature, Lab, Outcome, Scratch, fails, same, told},
    recorder::Recorder,
};
use crate::{
    check::{Check, catalog},
    idp::WireError,
};

impl Lab {
    /// Whether a group that has a member shows it, however the member got there.
    pub(super) async fn shows_members(&mut self, wire: &mut Recorder) -> Result<bool, WireError> {
        if let Some(known) = self.shows_members {
            return Ok(known);
        }
        let shows = match self.team(1, wire).await? {
            Some((group, members)) => {
                let mut seen = self.members(&group, wire).await?;
                if seen.is_empty() {
                    let add = json!([{"op": "add", "path": "members", "value": [{"value": members[0]}]}]);
                    self.patch(&group, add, wire).await?;
                    seen = self.members(&group, wire).await?;
                }
                !seen.is_empty()
            }
            None => true,
        };
        self.shows_members = Some(shows);
        Ok(shows)
    }

    pub(super) async fn run_group(
        &mut self,
        feature: Feature,
        wire: &mut Recorder,
    ) -> Result<Outcome, WireError> {
        let rename = |op: &str, new: &str| json!([{"op": op, "path": "displayName", "value": new}]);
        match feature {
            Feature::GroupRename => self.rename(wire, None, |new, _| rename("replace", new)).await,
            Feature::GroupOpCase => {
                self.rename(wire, Some(&catalog::PATCH_OP_CASE), |new, _| rename("Replace", new)).await
            }
            Feature::GroupPathless => {
                self.rename(
                    wire,
                    Some(&catalog::PATCH_PATHLESS),
                    |new, _| json!([{"op": "replace", "value": {"displayName": new}}]),
                )
                .await
            }
            Feature::GroupIdInValue
                if !matches!(Box::pin(self.probe(Feature::GroupPathless, wire)).await?, Outcome::Works) =>
            {
                Box::pin(self.probe(Feature::GroupPathless, wire)).await
            }
            Feature::GroupIdInValue => {
                self.rename(
                    wire,
                    Some(&catalog::PATCH_GROUP_ID),
                    |new, id| json!([{"op": "replace", "value": {"id": id, "displayName": new}}]),
                )
                .await
            }
            Feature::GroupExternalId => self.group_external_id(wire).await,
            _ => self.membership(feature, wire).await,
        }
    }

    /// `externalId` of a group, which has none yet. That it is not stored is seen where a provider's is not.
    async fn group_external_id(&mut self, wire: &mut Recorder) -> Result<Outcome, WireError> {
        let control = Box::pin(self.probe(Feature::GroupRename, wire)).await?;
        if !matches!(control, Outcome::Works) {
            return Ok(control);
        }
        let Some((group, _)) = self.team(1, wire).await? else { return Ok(Outcome::Unknown) };
        let before = self.members(&group, wire).await?;
        let id = self.unique("ext");
        let exchange =
            self.patch(&group, json!([{"op": "add", "path": "externalId", "value": id}]), wire).await?;
        let after = self.members(&group, wire).await?;
        if after.len() < before.len() {
            let got = format!("{} of {} members left", after.len(), before.len());
            return Ok(fails(&catalog::PATCH_RENAME_EMPTIES, "the members stay".to_owned(), got, exchange));
        }
        if exchange.as_ref().is_some_and(|exchange| !exchange.answer.is_success()) {
            let got = told(exchange.as_ref(), "no externalId");
            return Ok(fails(&catalog::PATCH_GROUP_EXTERNAL_ID, "success".to_owned(), got, exchange));
        }
        Ok(Outcome::Works)
    }

    /// Renames a fresh group of one; members must survive. Without a check it is the control itself.
    pub(super) async fn rename(
        &mut self,
        wire: &mut Recorder,
        check: Option<&'static Check>,
        request: impl Fn(&str, &str) -> Value,
    ) -> Result<Outcome, WireError> {
        if check.is_some() {
            let control = Box::pin(self.probe(Feature::GroupRename, wire)).await?;
            if !matches!(control, Outcome::Works) {
                return Ok(control);
            }
        }
        let Some((group, _)) = self.team(1, wire).await? else { return Ok(Outcome::Unknown) };
        let before = self.members(&group, wire).await?;
        let new = self.unique("group");
        let exchange = self.patch(&group, request(&new, &group.id), wire).await?;
        let name = self.read(&group, "displayName", wire).await?;
        if !same(name.as_deref(), &new) {
            let got = told(exchange.as_ref(), &format!("displayName {:?}", name.unwrap_or_default()));
            return Ok(fails(
                check.unwrap_or(&catalog::PATCH_GROUP_RENAME),
                format!("displayName {new:?}"),
                got,
                exchange,
            ));
        }
        let after = self.members(&group, wire).await?;
        if after.len() < before.len() {
            let got = format!("{} of {} members left", after.len(), before.len());
            return Ok(fails(&catalog::PATCH_RENAME_EMPTIES, "the members stay".to_owned(), got, exchange));
        }
        Ok(Outcome::Works)
    }

    pub(super) async fn membership(
        &mut self,
        feature: Feature,
        wire: &mut Recorder,
    ) -> Result<Outcome, WireError> {
        if !self.shows_members(wire).await? {
            return Ok(Outcome::Unknown);
        }
        if !matches!(feature, Feature::MembersAdd | Feature::MembersReplace | Feature::MembersReplaceEmpty) {
            let control = Box::pin(self.probe(Feature::MembersAdd, wire)).await?;
            if !matches!(control, Outcome::Works) {
                return Ok(control);
            }
        }
        let Some((group, people)) = self.team(3, wire).await? else { return Ok(Outcome::Unknown) };
        let (a, b, c) = (people[0].clone(), people[1].clone(), people[2].clone());
        // The group starts with a and b.
        let start = json!([{"op": "add", "path": "members", "value": [{"value": a}, {"value": b}]}]);
        if self.members(&group, wire).await?.len() < 3 {
            self.patch(&group, start, wire).await?;
        }
        let uses_c = matches!(
            feature,
            Feature::MembersAdd | Feature::MembersOpCase | Feature::MembersRefNull | Feature::GroupMultiple
        );
        let before = self.members(&group, wire).await?;
        if !before.contains(&a) || !before.contains(&b) {
            return Ok(Outcome::Unknown);
        }
        let group = if uses_c && before.contains(&c) {
            // A smaller group, without relying on removal.
            match self.team_of(&[a.clone(), b.clone()], wire).await? {
                Some(group) => group,
                None => return Ok(Outcome::Unknown),
            }
        } else {
            group
        };
        let before = self.members(&group, wire).await?;
        if !before.contains(&a) || !before.contains(&b) || (uses_c && before.contains(&c)) {
            return Ok(Outcome::Unknown);
        }
        let remaining = |gone: &str| before.iter().filter(|id| *id != gone).cloned().collect::<Vec<_>>();
        let mut all = before.clone();
        if uses_c {
            all.push(c.clone());
        }
        let (operations, wanted, check) = match feature {
            Feature::MembersAdd => (
                json!([{"op": "add", "path": "members", "value": [{"value": c}]}]),
                all,
                &catalog::PATCH_MEMBERS_ADD,
            ),
            Feature::MembersOpCase => (
                json!([{"op": "Add", "path": "members", "value": [{"value": c}]}]),
                all,
                &catalog::PATCH_OP_CASE,
            ),
            Feature::MembersRefNull => (
                json!([{"op": "add", "path": "members", "value": [{"$ref": null, "value": c}]}]),
                all,
                &catalog::PATCH_MEMBERS_REF_NULL,
            ),
            Feature::MembersAddAgain => (
                json!([{"op": "add", "path": "members", "value": [{"value": a}]}]),
                before.clone(),
                &catalog::PATCH_MEMBERS_ADD_AGAIN,
            ),
            Feature::MembersRemovePath => (
                json!([{"op": "remove", "path": format!("members[value eq \"{a}\"]")}]),
                remaining(&a),
                &catalog::PATCH_MEMBERS_REMOVE_PATH,
            ),
            Feature::MembersRemoveValue => (
                json!([{"op": "remove", "path": "members", "value": [{"value": a}]}]),
                remaining(&a),
                &catalog::PATCH_MEMBERS_REMOVE_VALUE,
            ),
            Feature::MembersReplace => (
                json!([{"op": "replace", "path": "members", "value": [{"value": b}]}]),
                vec![b.clone()],
                &catalog::PATCH_MEMBERS_REPLACE,
            ),
            Feature::MembersReplaceEmpty => (
                json!([{"op": "replace", "path": "members", "value": []}]),
                Vec::new(),
                &catalog::PATCH_MEMBERS_REPLACE_EMPTY,
            ),
            Feature::GroupMultiple => {
                let mut wanted = remaining(&a);
                wanted.push(c.clone());
                (
                    json!([
                        {"op": "remove", "path": format!("members[value eq \"{a}\"]")},
                        {"op": "add", "path": "members", "value": [{"value": c}]},
                    ]),
                    wanted,
                    &catalog::PATCH_MULTIPLE,
                )
            }
            _ => return Ok(Outcome::Unknown),
        };
        if feature == Feature::GroupMultiple {
            let single = Box::pin(self.probe(Feature::MembersRemovePath, wire)).await?;
            if !matches!(single, Outcome::Works) {
                return Ok(single);
            }
        }
        let exchange = self.patch(&group, operations, wire).await?;
        let mut after = self.members(&group, wire).await?;
        let mut wanted = wanted;
        after.sort();
        wanted.sort();
        let accepted = exchange.as_ref().is_some_and(|exchange| exchange.answer.is_success());
        if after == wanted && accepted {
            return self.after_removal(feature, &group, &before, wire).await;
        }
        for hidden in wanted.iter().filter(|id| !after.contains(id) && accepted && !after.is_empty()) {
            // A group that does not show all its members proves nothing.
            if self.says_member(hidden, &group.id, wire).await? {
                return Ok(Outcome::Unknown);
            }
        }
        let emptied = after.is_empty() && !wanted.is_empty();
        let check = match feature {
            Feature::MembersRemoveValue if emptied => &catalog::PATCH_MEMBERS_EMPTIED,
            Feature::MembersRemovePath if emptied => &catalog::PATCH_MEMBERS_PATH_EMPTIED,
            Feature::MembersAdd if after == [c] => &catalog::PATCH_MEMBERS_ADD_REPLACES,
            _ => check,
        };
        let got = told(exchange.as_ref(), &format!("{} members, of {} before", after.len(), before.len()));
        Ok(fails(check, format!("{} members", wanted.len()), got, exchange))
    }

    /// Whether the person's own `groups` name the group.
    async fn says_member(
        &mut self,
        person: &str,
        group: &str,
        wire: &mut Recorder,
    ) -> Result<bool, WireError> {
        let path = format!("/Users/{}", scim_core::call::encode(person));
        let answer = wire.ask(Method::GET, path, None).await?;
        let user = answer.json.as_ref().and_then(Value::as_object);
        let groups = user.and_then(|user| obj::get(user, "groups")).and_then(Value::as_array);
        Ok(groups.into_iter().flatten().any(|it| it.get("value").and_then(Value::as_str) == Some(group)))
    }

    /// Entra ID's removal carries `"$ref": null` beside the value; it may be that which is not understood.
    pub(super) async fn after_removal(
        &mut self,
        feature: Feature,
        group: &Scratch,
        before: &[String],
        wire: &mut Recorder,
    ) -> Result<Outcome, WireError> {
        if feature != Feature::MembersRemoveValue {
            return Ok(Outcome::Works);
        }
        let left = self.members(group, wire).await?;
        let Some(next) = left.first().cloned() else { return Ok(Outcome::Works) };
        let request = json!([{"op": "remove", "path": "members", "value": [{"$ref": null, "value": next}]}]);
        let exchange = self.patch(group, request, wire).await?;
        let after = self.members(group, wire).await?;
        if after.len() + 1 == left.len() && !after.contains(&next) {
            return Ok(Outcome::Works);
        }
        let got =
            told(exchange.as_ref(), &format!("{} members, of {} before", after.len(), before.len() - 1));
        Ok(fails(&catalog::PATCH_MEMBERS_REMOVE_VALUE, format!("{} members", left.len() - 1), got, exchange))
    }

    /// A fresh group with so many fresh members.
    pub(super) async fn team(
        &mut self,
        size: usize,
        wire: &mut Recorder,
    ) -> Result<Option<(Scratch, Vec<String>)>, WireError> {
        let mut people = Vec::with_capacity(size);
        for _ in 0..size {
            let body = self.person_body();
            match self.create("Users", &body, wire).await? {
                Some(user) => people.push(user.id),
                None => return Ok(None),
            }
        }
        Ok(self.team_of(&people, wire).await?.map(|group| (group, people)))
    }

    pub(super) async fn team_of(
        &mut self,
        people: &[String],
        wire: &mut Recorder,
    ) -> Result<Option<Scratch>, WireError> {
        let members: Vec<Value> = people.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [urn::GROUP], "displayName": self.unique("group"), "members": members});
        let Some(group) = self.create("Groups", &body, wire).await? else { return Ok(None) };
        if self.members(&group, wire).await?.len() < people.len() {
            let add = json!([{"op": "add", "path": "members", "value": members}]);
            self.patch(&group, add, wire).await?;
        }
        Ok(Some(group))
    }

    pub(super) async fn members(
        &mut self,
        of: &Scratch,
        wire: &mut Recorder,
    ) -> Result<Vec<String>, WireError> {
        let answer = wire.ask(Method::GET, of.path.clone(), None).await?;
        let members = answer
            .json
            .as_ref()
            .and_then(Value::as_object)
            .and_then(|group| obj::get(group, "members"))
            .cloned();
        let id = |member: &Value| member.get("value").and_then(Value::as_str).map(str::to_owned);
        Ok(members
            .as_ref()
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(id).collect())
            .unwrap_or_default())
    }
}
