//! From a symptom to its cause.
//!
//! A provider's PATCH combines several unusual features: a capitalized `op`, a boolean as text, a value path. When it
//! fails, [`features`] lists what the request relies on, and [`Lab::probe`] tries each by itself. Only if none of
//! them explains the failure is the symptom itself reported.

use http::Method;
use scim_core::{json as obj, query::pairs, urn};
use serde_json::{Value, json};

use super::{
    Exchange,
    oracle::{Membership, Mismatch},
    play::{Player, Scene},
    probe::{Feature, Outcome},
};
use crate::{
    check::{Check, catalog, exchange::described},
    idp::{Change, GivesUp, Person, Step, WireError},
};

impl Player<'_> {
    /// A provider gave up: reports why.
    pub(super) async fn explain(
        &mut self,
        scene: &mut Scene,
        gave: &GivesUp,
        conclusive: Option<&'static Check>,
        mark: usize,
    ) -> Result<(), WireError> {
        let Some(last) = self.recorder.last().cloned() else { return Ok(()) };
        // A provider that reads back after a write gives up on the read; the write is to blame.
        let read_back = last.request.method == Method::GET
            && last.answer.is_success()
            && !last.query().contains("filter=");
        let exchange = self.writes(mark).pop().filter(|_| read_back).unwrap_or(last);
        if let Some(check) = conclusive {
            // Named already; this provider stumbled over it.
            self.sight(scene, (check, None, String::new(), String::new()), Some(&exchange));
            return Ok(());
        }
        let status = exchange.answer.status;
        if let Some(check) = self.header_cause(&exchange).await? {
            let got = described(&exchange);
            self.sight(
                scene,
                (check, None, "success, as with other headers".to_owned(), got),
                Some(&exchange),
            );
            return Ok(());
        }
        if matches!(status, 401 | 403) {
            let got = described(&exchange);
            self.sight(
                scene,
                (&catalog::HTTP_AUTH_LOST, None, "the token is accepted".to_owned(), got),
                Some(&exchange),
            );
            return Ok(());
        }
        let method = exchange.request.method.clone();
        let explained = if method == Method::PATCH {
            self.explain_patch(scene, &exchange).await?
        } else if method == Method::PUT && exchange.answer.is_success() {
            if matches!(gave.at, Step::Reactivate | Step::Deactivate | Step::ReadUser) {
                let got = described(&exchange);
                self.sight(
                    scene,
                    (&catalog::PUT_ACTIVE, None, "`active` as sent".to_owned(), got),
                    Some(&exchange),
                );
            }
            matches!(gave.at, Step::Reactivate | Step::Deactivate | Step::ReadUser)
        } else if method == Method::PUT {
            self.explain_put(scene, &exchange).await?
        } else if method == Method::POST && exchange.is(&Method::POST, "Users") {
            self.explain_create(scene, &exchange).await?
        } else if method == Method::GET && exchange.query().contains("filter=") {
            self.explain_filter(scene, &exchange).await?
        } else {
            false
        };
        if !explained {
            let check = symptom(gave.at, &exchange);
            let got = format!("{}; {}", described(&exchange), gave.says);
            self.sight(scene, (check, None, expectation(gave.at).to_owned(), got), Some(&exchange));
        }
        Ok(())
    }

    /// Whether the headers are what was refused: the same request with others goes through.
    async fn header_cause(&mut self, exchange: &Exchange) -> Result<Option<&'static Check>, WireError> {
        if !matches!(exchange.answer.status, 400 | 403 | 406 | 415) {
            return Ok(None);
        }
        let with = |name: &'static str, value: &str| {
            let mut request = exchange.request.clone();
            request.headers.retain(|(sent, _)| !sent.eq_ignore_ascii_case(name));
            request.headers.push((name, value.to_owned()));
            request
        };
        let has =
            |name: &str| exchange.request.headers.iter().any(|(sent, _)| sent.eq_ignore_ascii_case(name));
        let mut suspects = Vec::new();
        if !has("Accept") {
            suspects.push((with("Accept", "application/scim+json"), &catalog::HTTP_ACCEPT));
        }
        if !has("User-Agent") {
            suspects.push((with("User-Agent", "scim-testkit"), &catalog::HTTP_USER_AGENT));
        }
        // A write that goes through has happened, so only the media type is tried on it, as it alone is suspect.
        if exchange.request.body.is_some() {
            let refused = matches!(exchange.answer.status, 400 | 415);
            suspects.clear();
            if refused && exchange.request.method == Method::POST {
                suspects.push((with("Content-Type", "application/scim+json"), &catalog::HTTP_CHARSET));
                suspects.push((with("Content-Type", "application/json"), &catalog::HTTP_SCIM_JSON));
            }
        } else if exchange.request.method != Method::GET {
            return Ok(None);
        }
        for (request, check) in suspects {
            if self.recorder.resend(request).await?.is_success() {
                return Ok(Some(check));
            }
        }
        Ok(None)
    }

    /// Tries each feature of a PATCH by itself. `true`: at least one of them is the cause.
    async fn explain_patch(&mut self, scene: &mut Scene, exchange: &Exchange) -> Result<bool, WireError> {
        if matches!(exchange.answer.status, 405 | 501) {
            let got = described(exchange);
            self.sight(
                scene,
                (&catalog::PATCH_UNSUPPORTED, None, "PATCH is applied".to_owned(), got),
                Some(exchange),
            );
            return Ok(true);
        }
        let mut explained = false;
        for feature in features(exchange) {
            let outcome = self.probe(feature).await?;
            if let Outcome::Fails(failures) = outcome {
                for failure in failures {
                    explained = true;
                    self.sight(
                        scene,
                        (failure.check, None, failure.expected.clone(), failure.got.clone()),
                        failure.exchange.as_ref(),
                    );
                }
            }
        }
        Ok(explained)
    }

    /// The same for all PATCHes of a step.
    async fn explain_patches(&mut self, scene: &mut Scene, writes: &[Exchange]) -> Result<bool, WireError> {
        let mut explained = false;
        for write in writes.iter().filter(|write| write.request.method == Method::PATCH) {
            explained |= self.explain_patch(scene, write).await?;
        }
        Ok(explained)
    }

    pub(super) async fn probe(&mut self, feature: Feature) -> Result<Outcome, WireError> {
        let mut lab = std::mem::take(&mut self.lab);
        let outcome = lab.probe(feature, &mut self.recorder).await;
        self.lab = lab;
        outcome
    }

    async fn explain_put(&mut self, scene: &mut Scene, exchange: &Exchange) -> Result<bool, WireError> {
        let got = described(exchange);
        let status = exchange.answer.status;
        if matches!(status, 404 | 405 | 501) {
            self.sight(
                scene,
                (&catalog::PUT_UNSUPPORTED, None, "PUT is applied".to_owned(), got),
                Some(exchange),
            );
            return Ok(true);
        }
        if status == 409 && exchange.is(&Method::PUT, "Groups") {
            self.sight(
                scene,
                (&catalog::GROUP_PUT_CONFLICT, None, "200 with the group".to_owned(), got),
                Some(exchange),
            );
            return Ok(true);
        }
        // The same PUT without what the endpoint itself had added.
        if let Some(Value::Object(mut body)) = exchange.sent_json() {
            let echoed = ["id", "meta", "groups"]
                .into_iter()
                .filter(|name| obj::remove(&mut body, name).is_some())
                .count();
            if echoed > 0 && status >= 400 {
                let answer = self
                    .recorder
                    .ask(Method::PUT, exchange.request.target.clone(), Some(Value::Object(body)))
                    .await?;
                if answer.is_success() {
                    self.sight(
                        scene,
                        (
                            &catalog::PUT_READ_ONLY,
                            None,
                            "200; read-only attributes are ignored".to_owned(),
                            got,
                        ),
                        Some(exchange),
                    );
                    return Ok(true);
                }
            }
        }
        self.sight(
            scene,
            (&catalog::PUT_REFUSED, None, "200 with the resource".to_owned(), got),
            Some(exchange),
        );
        Ok(true)
    }

    /// A refused create: which part of the request is it?
    async fn explain_create(&mut self, scene: &mut Scene, exchange: &Exchange) -> Result<bool, WireError> {
        let got = described(exchange);
        if exchange.answer.status == 409 {
            let name =
                exchange.sent_json().and_then(|sent| sent.get("userName")?.as_str().map(str::to_owned));
            let hidden = scene.directory.people.iter().any(|person| {
                Some(&person.user_name) == name.as_ref() && scene.inactive.contains(&person.key)
            });
            if hidden {
                let expected = "the filter before this request finds the inactive account".to_owned();
                self.sight(scene, (&catalog::LOOKUP_INACTIVE, None, expected, got), Some(exchange));
                return Ok(true);
            }
            self.sight(
                scene,
                (&catalog::CREATE_CONFLICT, None, "201: the filter found no such user".to_owned(), got),
                Some(exchange),
            );
            return Ok(true);
        }
        let Some(Value::Object(sent)) = exchange.sent_json() else { return Ok(false) };
        let mut explained = false;
        let mut plain = self.lab.person_body();
        if !self.try_create(&plain).await? {
            return Ok(false);
        }
        let suspects: [(&[&str], &'static Check); 7] = [
            (&["password"], &catalog::CREATE_REFUSED_PASSWORD),
            (&["groups"], &catalog::CREATE_REFUSED_READ_ONLY),
            (&["meta"], &catalog::CREATE_REFUSED_READ_ONLY),
            (&["roles"], &catalog::CREATE_REFUSED_ROLES),
            (&[urn::ENTERPRISE_USER], &catalog::CREATE_REFUSED_EXTENSION),
            (&["externalId"], &catalog::CREATE_REFUSED_ATTRIBUTE),
            (&["locale", "title", "displayName"], &catalog::CREATE_REFUSED_ATTRIBUTE),
        ];
        for (names, check) in suspects {
            for name in names {
                let Some(value) = obj::get(&sent, name) else { continue };
                plain = self.lab.person_body();
                plain[*name] = value.clone();
                if *name == urn::ENTERPRISE_USER {
                    plain["schemas"] = json!([urn::USER, urn::ENTERPRISE_USER]);
                }
                if *name == "externalId" {
                    plain["externalId"] = self.lab.unique("ext").into();
                }
                if !self.try_create(&plain).await? {
                    explained = true;
                    let refused = self.recorder.last().cloned();
                    let got = refused.as_ref().map(described).unwrap_or_default();
                    let subject = (check == &catalog::CREATE_REFUSED_ATTRIBUTE).then(|| (*name).to_owned());
                    self.sight(scene, (check, subject, "201".to_owned(), got), refused.as_ref());
                }
            }
        }
        Ok(explained)
    }

    async fn try_create(&mut self, body: &Value) -> Result<bool, WireError> {
        Ok(self.recorder.ask(Method::POST, "/Users", Some(body.clone())).await?.is_success())
    }

    /// A matching filter that does not work.
    async fn explain_filter(&mut self, scene: &mut Scene, exchange: &Exchange) -> Result<bool, WireError> {
        let status = exchange.answer.status;
        let got = described(exchange);
        let collection = exchange.segments().first().copied().unwrap_or("Users").to_owned();
        let filter = pairs(exchange.query()).find(|(name, _)| name == "filter").map(|(_, value)| value);
        let Some(filter) = filter else { return Ok(false) };
        if status >= 400 {
            // The same question with the spaces encoded otherwise, then without `excludedAttributes`.
            let excluding = exchange.query().contains("excludedAttributes");
            let plain = format!("/{collection}?filter={}", scim_core::call::encode(&filter));
            let encoded =
                if excluding { format!("{plain}&excludedAttributes=members") } else { plain.clone() };
            for (target, check) in [(encoded, &catalog::LOOKUP_PLUS), (plain, &catalog::LOOKUP_EXCLUDED)] {
                if self.recorder.ask(Method::GET, target, None).await?.is_success() {
                    self.sight(scene, (check, None, "200 with a list".to_owned(), got), Some(exchange));
                    return Ok(true);
                }
            }
            if status == 404 {
                self.sight(
                    scene,
                    (&catalog::LOOKUP_MISS_STATUS, None, "200 with an empty list".to_owned(), got),
                    Some(exchange),
                );
                return Ok(true);
            }
            return Ok(false);
        }
        let total = exchange
            .answer
            .json
            .as_ref()
            .and_then(Value::as_object)
            .and_then(|page| obj::get(page, "Resources"))
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        if total > 1 {
            self.sight(
                scene,
                (
                    &catalog::LOOKUP_TWICE,
                    None,
                    "at most one resource".to_owned(),
                    format!("{total} resources"),
                ),
                Some(exchange),
            );
            return Ok(true);
        }
        Ok(false)
    }

    /// A stored user that the filter does not find.
    pub(super) async fn explain_unfound(
        &mut self,
        scene: &mut Scene,
        person: &Person,
        id: &str,
        exchange: Option<&Exchange>,
    ) -> Result<(), WireError> {
        let got = exchange.map(described).unwrap_or_default();
        let expected = format!("the user with id {id:?}");
        let status = exchange.map_or(0, |exchange| exchange.answer.status);
        if status == 404 {
            self.sight(
                scene,
                (&catalog::LOOKUP_MISS_STATUS, None, "200 with a list".to_owned(), got),
                exchange,
            );
            return Ok(());
        }
        if status >= 400 {
            self.sight(scene, (&catalog::LOOKUP_REFUSED, None, "200 with a list".to_owned(), got), exchange);
            return Ok(());
        }
        if !person.active {
            self.sight(scene, (&catalog::LOOKUP_INACTIVE, None, expected, got), exchange);
            return Ok(());
        }
        // By the value that the endpoint itself returns: is it the case, or the filter as such?
        let path = format!("/Users/{}", scim_core::call::encode(id));
        let answer = self.recorder.ask(Method::GET, path, None).await?;
        let stored = answer
            .json
            .as_ref()
            .and_then(|user| user.get("userName"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        if let Some(stored) = stored.filter(|stored| *stored != person.user_name) {
            let by_stored = self.find_user(&stored).await?;
            if by_stored.iter().any(|user| user.get("id").and_then(Value::as_str) == Some(id)) {
                self.sight(scene, (&catalog::LOOKUP_CASE, None, expected, got), exchange);
                return Ok(());
            }
        }
        self.sight(
            scene,
            (&catalog::LOOKUP_MISSES, Some("Users, userName eq".to_owned()), expected, got),
            exchange,
        );
        Ok(())
    }

    /// A user that is stored otherwise than written.
    pub(super) async fn explain_user(
        &mut self,
        scene: &mut Scene,
        change: &Change,
        wrong: &[Mismatch],
        writes: &[Exchange],
    ) -> Result<(), WireError> {
        if self.explain_patches(scene, writes).await? {
            return Ok(());
        }
        let write = writes.last();
        let method = write.map(|write| write.request.method.clone());
        let extension: Vec<&Mismatch> =
            wrong.iter().filter(|wrong| wrong.path.starts_with("enterprise.")).collect();
        let extension_lost = !extension.is_empty() && extension.iter().all(|wrong| wrong.got.is_none());
        let extension_only = extension.len() == wrong.len();
        for mismatch in wrong {
            let (expected, got) = (mismatch.expected_text(), mismatch.got_text());
            let subject = Some(mismatch.path.trim_start_matches("enterprise.").to_owned());
            let in_extension = mismatch.path.starts_with("enterprise.");
            if mismatch.path == "active" {
                let check = match (change, &method) {
                    (_, Some(method)) if *method == Method::PUT => &catalog::PUT_ACTIVE,
                    (Change::Leave { .. }, _) => &catalog::DEACTIVATE_NO_EFFECT,
                    _ if mismatch.expected.as_deref() == Some("true") => &catalog::REACTIVATE_NO_EFFECT,
                    _ => &catalog::DEACTIVATE_NO_EFFECT,
                };
                self.sight(scene, (check, None, expected, got), write);
                continue;
            }
            if mismatch.expected.is_none() {
                self.sight(scene, (&catalog::USER_NOT_CLEARED, subject, expected, got), write);
                continue;
            }
            let unadvertised = mismatch.path != "externalId"
                && self
                    .endpoint
                    .attributes
                    .as_ref()
                    .is_some_and(|known| !known.iter().any(|path| *path == schema_path(mismatch.path)));
            if unadvertised && mismatch.got.is_none() {
                self.mark_unstored(mismatch.path);
                self.sight(scene, (&catalog::USER_ATTRIBUTE_UNSUPPORTED, subject, expected, got), write);
                continue;
            }
            let check = if in_extension && extension_lost && method == Some(Method::POST) {
                &catalog::USER_EXTENSION_LOST
            } else if in_extension && (extension_lost || extension_only) && method == Some(Method::PUT) {
                &catalog::PUT_EXTENSION
            } else if mismatch.path == "externalId" && mismatch.got.is_none() {
                &catalog::USER_EXTERNAL_ID_LOST
            } else if method == Some(Method::PUT) {
                &catalog::PUT_ATTRIBUTE
            } else if mismatch.got.is_none() {
                &catalog::USER_ATTRIBUTE_LOST
            } else {
                &catalog::USER_ATTRIBUTE_WRONG
            };
            let general =
                [&catalog::USER_EXTENSION_LOST, &catalog::PUT_EXTENSION, &catalog::USER_EXTERNAL_ID_LOST];
            let subject = subject.filter(|_| !general.contains(&check));
            self.sight(scene, (check, subject, expected, got), write);
        }
        Ok(())
    }

    /// A group that is stored otherwise than written.
    pub(super) async fn explain_group(
        &mut self,
        scene: &mut Scene,
        change: &Change,
        name: Option<(String, String)>,
        members: &Membership,
        writes: &[Exchange],
    ) -> Result<(), WireError> {
        if self.explain_patches(scene, writes).await? {
            return Ok(());
        }
        let write = writes.last();
        let method = write.map(|write| write.request.method.clone());
        let put = method == Some(Method::PUT);
        if let Some((expected, got)) = name {
            let check = if put { &catalog::GROUP_PUT_NAME } else { &catalog::GROUP_NAME };
            self.sight(
                scene,
                (check, None, format!("displayName {expected:?}"), format!("displayName {got:?}")),
                write,
            );
        }
        if members.is_right() {
            return Ok(());
        }
        if !self.lab.shows_members(&mut self.recorder).await? {
            let got = "no `members`".to_owned();
            self.sight(
                scene,
                (&catalog::GROUP_MEMBERS_HIDDEN, None, "`members` of the group".to_owned(), got),
                write,
            );
            return Ok(());
        }
        let got = format!(
            "{} members: {} missing, {} too many",
            members.returned,
            members.lost.len(),
            members.extra.len()
        );
        let expected = "exactly the members of the group".to_owned();
        let check = if !members.lost.is_empty() && matches!(change, Change::RenameGroup { .. }) && !put {
            &catalog::PATCH_RENAME_EMPTIES
        } else if put {
            &catalog::GROUP_PUT_MEMBERS
        } else if matches!(change, Change::PushGroup { .. }) && method == Some(Method::POST) {
            &catalog::GROUP_MEMBERS_ON_CREATE
        } else if !members.extra.is_empty() {
            &catalog::GROUP_MEMBERS_EXTRA
        } else if !members.lost.is_empty() {
            &catalog::GROUP_MEMBERS_LOST
        } else {
            &catalog::GROUP_MEMBER_DUPLICATE
        };
        self.sight(scene, (check, None, expected, got), write);
        Ok(())
    }
}

/// What a PATCH relies on, beyond its plainest form. In the order in which the causes are tried.
pub(super) fn features(exchange: &Exchange) -> Vec<Feature> {
    let mut found = Vec::new();
    let mut add = |feature: Feature| {
        if !found.contains(&feature) {
            found.push(feature);
        }
    };
    let group = exchange.is(&Method::PATCH, "Groups");
    let body = exchange.sent_json().unwrap_or_default();
    let operations = body.get("Operations").and_then(Value::as_array).cloned().unwrap_or_default();
    for operation in &operations {
        let op = operation.get("op").and_then(Value::as_str).unwrap_or_default();
        let path = operation.get("path").and_then(Value::as_str);
        let value = operation.get("value").cloned().unwrap_or_default();
        let verb = op.to_ascii_lowercase();
        if op != verb {
            add(if group { Feature::GroupOpCase } else { Feature::OpCase });
        }
        if value
            .as_str()
            .is_some_and(|text| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"))
        {
            add(Feature::BooleanString);
        }
        match (path, group) {
            (None, false) => {
                let keys: Vec<&String> =
                    value.as_object().map(|value| value.keys().collect()).unwrap_or_default();
                if keys.iter().any(|key| key.as_str() == "active") {
                    add(Feature::PathlessActive);
                } else {
                    add(Feature::Pathless);
                }
                if keys.iter().any(|key| key.starts_with("urn:")) {
                    add(Feature::UrnKeys);
                }
                if keys.iter().any(|key| !key.starts_with("urn:") && key.contains('.')) {
                    add(Feature::DottedKeys);
                }
            }
            (None, true) => {
                add(Feature::GroupPathless);
                if value.get("id").is_some() {
                    add(Feature::GroupIdInValue);
                }
            }
            (Some(path), false) => user_path(path, &verb, &value, &mut add),
            (Some(path), true) => group_path(path, &verb, &value, &mut add),
        }
    }
    if operations.len() > 1 && !group {
        add(Feature::Multiple);
    }
    if operations.len() > 1 && group {
        add(Feature::GroupMultiple);
    }
    found
}

fn user_path(path: &str, verb: &str, value: &Value, add: &mut impl FnMut(Feature)) {
    if path == "active" {
        add(if verb == "add" { Feature::AddActive } else { Feature::ReplaceActive });
    } else if path.contains('[') {
        add(if verb == "add" { Feature::ValuePathCreate } else { Feature::ValuePath });
    } else if path.to_ascii_lowercase().ends_with(":manager") {
        add(Feature::UrnPath);
        if value.is_string() {
            add(Feature::ManagerString);
        }
    } else if path.starts_with("urn:") {
        add(if verb == "add" { Feature::UrnPathAdd } else { Feature::UrnPath });
    } else if path.contains('.') {
        add(Feature::SubAttribute);
    } else if verb == "add" {
        add(Feature::AddSingle);
    } else if verb == "remove" {
        add(Feature::Remove);
    } else {
        add(Feature::Replace);
    }
}

fn group_path(path: &str, verb: &str, value: &Value, add: &mut impl FnMut(Feature)) {
    let members = path.to_ascii_lowercase().starts_with("members");
    if !members {
        add(Feature::GroupRename);
    } else if path.contains('[') {
        add(Feature::MembersRemovePath);
    } else {
        let null_ref = value
            .as_array()
            .is_some_and(|list| list.iter().any(|item| item.get("$ref") == Some(&Value::Null)));
        match verb {
            "add" => {
                add(Feature::MembersAdd);
                add(Feature::MembersAddAgain);
                if null_ref {
                    add(Feature::MembersRefNull);
                }
            }
            "remove" => add(Feature::MembersRemoveValue),
            _ if value.as_array().is_some_and(Vec::is_empty) => add(Feature::MembersReplaceEmpty),
            _ => add(Feature::MembersReplace),
        }
    }
}

fn schema_path(path: &str) -> String {
    path.to_ascii_lowercase()
}

/// The check for a give-up that no cause explains.
fn symptom(at: Step, exchange: &Exchange) -> &'static Check {
    let accepted = exchange.answer.is_success();
    match at {
        Step::Connect | Step::FindUser | Step::FindGroup | Step::ListUsers | Step::ListGroups if accepted => {
            &catalog::IDP_GIVES_UP
        }
        Step::Connect | Step::FindUser | Step::FindGroup | Step::ListUsers | Step::ListGroups => {
            &catalog::LOOKUP_REFUSED
        }
        Step::ReadUser if accepted => &catalog::REACTIVATE_NO_EFFECT,
        Step::ReadUser => &catalog::USER_GONE,
        Step::ReadGroup => &catalog::GROUP_GONE,
        Step::CreateUser => &catalog::CREATE_REFUSED,
        Step::UpdateUser | Step::SetManager => &catalog::UPDATE_REFUSED,
        Step::Deactivate => &catalog::DEACTIVATE_REFUSED,
        Step::Reactivate if accepted => &catalog::REACTIVATE_NO_EFFECT,
        Step::Reactivate => &catalog::REACTIVATE_REFUSED,
        Step::DeleteUser | Step::DeleteGroup => &catalog::DELETE_REFUSED,
        Step::CreateGroup => &catalog::GROUP_CREATE_REFUSED,
        Step::RenameGroup | Step::AddMembers | Step::RemoveMembers | Step::ReplaceMembers => {
            &catalog::GROUP_UPDATE_REFUSED
        }
    }
}

fn expectation(at: Step) -> &'static str {
    match at {
        Step::Connect | Step::FindUser | Step::FindGroup | Step::ListUsers | Step::ListGroups => {
            "200 with a list"
        }
        Step::ReadUser | Step::ReadGroup => "200 with the resource",
        Step::CreateUser | Step::CreateGroup => "201 with the resource",
        Step::DeleteUser | Step::DeleteGroup => "204",
        _ => "success",
    }
}
