//! From a symptom to its cause.
//!
//! A provider's PATCH combines several unusual features: a capitalized `op`, a boolean as text, a value path. When it
//! fails, [`features`] lists what the request relies on, and the laboratory tries each by itself. Only if none of them
//! explains the failure is the symptom itself reported.

use http::Method;
use scim_core::json as obj;
use serde_json::Value;

use super::{
    Exchange,
    features::features,
    intent,
    oracle::{Membership, Mismatch},
    play::{Player, Scene},
    probe::{Feature, Outcome},
};
use crate::{
    check::{Check, catalog, exchange::described},
    idp::{Change, Family, GivesUp, Step, WireError},
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
        let unconfigured = exchange.answer.status == 409 && gave.says.contains("/ServiceProviderConfig");
        if scene.dialect.family() == Family::Other && (unconfigured || exchange.is_discovery()) {
            let (document, expected) = if unconfigured {
                ("ServiceProviderConfig", "a document that can be used and offers filters")
            } else {
                (exchange.segments().first().copied().unwrap_or_default(), "200 with the document")
            };
            let subject = Some(format!("/{document}"));
            let sighting = (&catalog::IDP_GIVES_UP, subject, expected.to_owned(), gave.says.clone());
            self.sight(scene, sighting, Some(&exchange));
            return Ok(());
        }
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
        } else if method == Method::POST && exchange.is(&Method::POST, "Groups") {
            self.stored_all_the_same(scene, &exchange).await?
        } else if method == Method::GET && exchange.query().contains("filter=") {
            self.explain_filter(scene, &exchange).await?
        } else {
            false
        };
        if !explained {
            let check = symptom(gave.at, &exchange);
            let got = format!("{}; {}", described(&exchange), gave.says);
            let patch = method == Method::PATCH;
            let subject = if patch { self.culprit(&exchange).await? } else { None };
            self.sight(scene, (check, subject, expectation(gave.at).to_owned(), got), Some(&exchange));
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
        // A 501 may mean this PATCH alone, of an endpoint that applies others.
        let refused = match exchange.answer.status {
            405 => true,
            501 => {
                let works = matches!(self.probe(Feature::Replace).await?, Outcome::Works);
                let accepted = |it: &Exchange| it.request.method == Method::PATCH && it.answer.is_success();
                self.patch_worked |= self.recorder.log.iter().any(accepted);
                !works || !self.patch_worked
            }
            // There is no such route for what can be read.
            404 => {
                let there = self.recorder.ask(Method::GET, exchange.request.target.clone(), None).await?;
                there.is_success() && !matches!(self.probe(Feature::Replace).await?, Outcome::Works)
            }
            _ => false,
        };
        if refused {
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
        if exchange.is(&Method::PUT, "Groups")
            && let Some((check, subject, expected)) = self.refused_members(exchange).await?
        {
            let subject = subject.map(str::to_owned);
            self.sight(scene, (check, subject, expected.to_owned(), got), Some(exchange));
            return Ok(true);
        }
        self.sight(
            scene,
            (&catalog::PUT_REFUSED, None, "200 with the resource".to_owned(), got),
            Some(exchange),
        );
        Ok(true)
    }

    /// Whether a PUT of a group is refused for its members, or for what each of them says beside its id.
    async fn refused_members(
        &mut self,
        exchange: &Exchange,
    ) -> Result<Option<(&'static Check, Option<&'static str>, &'static str)>, WireError> {
        let Some(Value::Object(mut body)) = exchange.sent_json() else { return Ok(None) };
        let Some(Value::Array(members)) = obj::get(&body, "members").cloned() else { return Ok(None) };
        if members.is_empty() || !(400..500).contains(&exchange.answer.status) {
            return Ok(None);
        }
        let bare: Vec<Value> = members
            .iter()
            .filter_map(|member| Some(serde_json::json!({"value": member.get("value")?})))
            .collect();
        let target = exchange.request.target.clone();
        if bare != members {
            obj::remove(&mut body, "members");
            body.insert("members".to_owned(), bare.into());
            if self
                .recorder
                .ask(Method::PUT, target.clone(), Some(Value::Object(body.clone())))
                .await?
                .is_success()
            {
                let expected = "200; what the endpoint itself shows of a member is ignored";
                return Ok(Some((&catalog::PUT_READ_ONLY, Some("members"), expected)));
            }
        }
        obj::remove(&mut body, "members");
        let without = self.recorder.ask(Method::PUT, target, Some(Value::Object(body))).await?;
        Ok(without.is_success().then_some((
            &catalog::GROUP_PUT_MEMBERS,
            None,
            "200 with the group, as without members",
        )))
    }

    /// What in a PATCH is refused, when no feature of it explains that: the path of an operation that is refused by
    /// itself as well.
    async fn culprit(&mut self, exchange: &Exchange) -> Result<Option<String>, WireError> {
        let refused = (400..500).contains(&exchange.answer.status);
        let Some(Value::Object(mut body)) = exchange.sent_json().filter(|_| refused) else { return Ok(None) };
        let target = exchange.request.target.clone();
        if obj::get(&body, "schemas").is_none() {
            body.insert("schemas".to_owned(), serde_json::json!([scim_core::urn::PATCH_OP]));
            let whole = Some(Value::Object(body.clone()));
            if self.recorder.ask(Method::PATCH, target.clone(), whole).await?.is_success() {
                return Ok(Some("without `schemas`".to_owned()));
            }
        }
        let Some(Value::Array(operations)) = obj::remove(&mut body, "Operations") else { return Ok(None) };
        for operation in operations.iter().take(MOST_TRIED) {
            let Some(path) = operation.get("path").and_then(Value::as_str) else { continue };
            if operations.len() > 1 {
                let mut one = body.clone();
                one.insert("Operations".to_owned(), serde_json::json!([operation]));
                let answer =
                    self.recorder.ask(Method::PATCH, target.clone(), Some(Value::Object(one))).await?;
                if !(400..500).contains(&answer.status) {
                    continue;
                }
            }
            // The id of a member is in its value path, and of no interest.
            return Ok(Some(path.split('[').next().unwrap_or(path).to_owned()));
        }
        Ok(None)
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
                let created = writes.iter().any(|write| write.is(&Method::POST, "Users"));
                if created && mismatch.expected.as_deref() == Some("true") {
                    // There was nobody to reactivate.
                    self.sight(scene, (&catalog::USER_ATTRIBUTE_WRONG, subject, expected, got), write);
                    continue;
                }
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
            let advertised = self
                .endpoint
                .attributes
                .as_ref()
                .map(|known| known.contains(&intent::schema_path(mismatch.path)));
            // Of what only some providers write, an endpoint has what it says that it has.
            let unadvertised = mismatch.path != "externalId"
                && !advertised.unwrap_or_else(|| !intent::is_extra(mismatch.path));
            if unadvertised && mismatch.got.is_none() {
                self.mark_unstored(mismatch.path);
                self.sight(scene, (&catalog::USER_ATTRIBUTE_UNSUPPORTED, subject, expected, got), write);
                continue;
            }
            let created = writes.iter().any(|write| write.is(&Method::POST, "Users"));
            let check = if in_extension && extension_lost && created {
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
        (name, members, id): (Option<(String, String)>, &Membership, &str),
        writes: &[Exchange],
    ) -> Result<Shown, WireError> {
        let fewer = name.is_none() && members.extra.is_empty() && members.returned > 0;
        if fewer && !members.lost.is_empty() && self.still_a_member(id, members).await? == Some(true) {
            let check = match members.returned {
                0..FEW => &catalog::GROUP_MEMBERS_PARTIAL,
                _ => &catalog::GROUP_MEMBERS_CUT,
            };
            let expected = format!("{} members", members.returned + members.lost.len());
            let got = format!("{} members; the others are members all the same", members.returned);
            self.sight(scene, (check, None, expected, got), writes.last());
            return Ok(Shown::Partly);
        }
        if self.explain_patches(scene, writes).await? {
            return Ok(Shown::Whole);
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
        // Where the provider wrote nothing, what the group lacks is the provider's doing.
        if members.is_right() || write.is_none() {
            return Ok(Shown::Whole);
        }
        if !self.lab.shows_members(&mut self.recorder).await? {
            // What the schema says of itself is a freedom (RFC 7643 §7, `returned`).
            if self.endpoint.members_on_request {
                return Ok(Shown::Whole);
            }
            let got = "no `members`".to_owned();
            self.sight(
                scene,
                (&catalog::GROUP_MEMBERS_HIDDEN, None, "`members` of the group".to_owned(), got),
                write,
            );
            return Ok(Shown::Whole);
        }
        let got = format!(
            "{} members: {} missing, {} too many",
            members.returned,
            members.lost.len(),
            members.extra.len()
        );
        let expected = "exactly the members of the group".to_owned();
        let together = matches!(change, Change::Join { .. })
            && writes.iter().filter(|write| write.request.method == Method::PATCH).count() > 1
            && scene.at_once;
        let check = if together && members.extra.is_empty() {
            &catalog::GROUP_CONCURRENT
        } else if !members.lost.is_empty() && matches!(change, Change::RenameGroup { .. }) && !put {
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
        Ok(Shown::Whole)
    }
}

/// Whether what a group shows is all that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// As far as can be told, it is.
    Whole,
    /// The group has members that it does not show.
    Partly,
}

/// A server may well show a bounded number of members, but not as few as this.
const FEW: usize = 20;

/// So many operations of a PATCH are tried by themselves.
const MOST_TRIED: usize = 12;

/// The check for a give-up that no cause explains.
fn symptom(at: Step, exchange: &Exchange) -> &'static Check {
    let accepted = exchange.answer.is_success();
    match at {
        Step::Connect
        | Step::FindUser
        | Step::FindGroup
        | Step::ListUsers
        | Step::ListGroups
        | Step::ImportSchema
            if accepted =>
        {
            &catalog::IDP_GIVES_UP
        }
        Step::Connect
        | Step::FindUser
        | Step::FindGroup
        | Step::ListUsers
        | Step::ListGroups
        | Step::ImportSchema => &catalog::LOOKUP_REFUSED,
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
        Step::Connect
        | Step::FindUser
        | Step::FindGroup
        | Step::ListUsers
        | Step::ListGroups
        | Step::ImportSchema => "200 with a list",
        Step::ReadUser | Step::ReadGroup => "200 with the resource",
        Step::CreateUser | Step::CreateGroup => "201 with the resource",
        Step::DeleteUser | Step::DeleteGroup => "204",
        _ => "success",
    }
}
