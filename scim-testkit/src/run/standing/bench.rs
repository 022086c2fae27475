//! What every standing check does: ask, say what is wrong, report.

use http::Method;
use scim_core::{call::encode, json as obj, urn};
use serde_json::{Map, Value, json};

use crate::{
    check::{
        Check, Level, catalog,
        exchange::{self as invariants, described},
    },
    idp::{Answer, WireError, WireRequest},
    report::{Status, StoryReport},
    run::{Credentials, Exchange, Target, findings::Sighting, play::Player},
};

/// One standing check in progress.
pub(in crate::run) struct Bench<'p, 'r> {
    pub(in crate::run) player: &'p mut Player<'r>,
    family: &'static str,
    story: &'static str,
    title: &'static str,
    failed: Vec<&'static str>,
    skipped: Option<String>,
    /// The exchanges before this one have been judged.
    mark: usize,
}

/// A resource that this run made.
#[derive(Clone, Debug)]
pub(in crate::run) struct Made {
    pub(in crate::run) sent: Value,
    pub(in crate::run) stored: Map<String, Value>,
    pub(in crate::run) id: String,
    pub(in crate::run) path: String,
}

impl Made {
    pub(in crate::run) fn name(&self) -> String {
        let name = self.sent.get("userName").or_else(|| self.sent.get("displayName"));
        name.and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl<'p, 'r> Bench<'p, 'r> {
    pub(in crate::run) fn new(player: &'p mut Player<'r>, story: &'static str, title: &'static str) -> Self {
        let mark = player.recorder.log.len();
        Self { player, family: "rfc", story, title, failed: Vec::new(), skipped: None, mark }
    }

    /// Reports as a part of another family of tests.
    pub(in crate::run) fn of(mut self, family: &'static str) -> Self {
        self.family = family;
        self
    }

    pub(in crate::run) async fn get(&mut self, target: impl Into<String>) -> Result<Answer, WireError> {
        self.player.recorder.ask(Method::GET, target, None).await
    }

    pub(in crate::run) async fn send(
        &mut self,
        method: Method,
        target: impl Into<String>,
        body: Value,
    ) -> Result<Answer, WireError> {
        self.player.recorder.ask(method, target, Some(body)).await
    }

    pub(in crate::run) async fn delete(&mut self, target: impl Into<String>) -> Result<Answer, WireError> {
        self.player.recorder.ask(Method::DELETE, target, None).await
    }

    pub(in crate::run) async fn patch(
        &mut self,
        target: impl Into<String>,
        operations: Value,
    ) -> Result<Answer, WireError> {
        let body = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
        self.send(Method::PATCH, target, body).await
    }

    /// Sends a request with a header of its own; `Content-Type` replaces the usual one.
    pub(in crate::run) async fn send_with(
        &mut self,
        (method, target): (Method, String),
        (name, value): (&'static str, &str),
        body: Option<Value>,
    ) -> Result<Answer, WireError> {
        let mut headers = vec![
            ("Accept", "application/scim+json, application/json;q=0.9".to_owned()),
            ("User-Agent", AGENT.to_owned()),
        ];
        if body.is_some() && name != "Content-Type" {
            headers.push(("Content-Type", "application/scim+json".to_owned()));
        }
        headers.push((name, value.to_owned()));
        let body = body.map(|body| body.to_string());
        self.player.recorder.resend(WireRequest { method, target, headers, body }).await
    }

    /// Sends with another token than the run's, or with none.
    pub(in crate::run) async fn send_as(
        &mut self,
        token: Option<&str>,
        (method, target): (Method, String),
        body: Option<Value>,
    ) -> Result<Answer, WireError> {
        let credentials =
            token.map_or(Credentials::None, |token| Credentials::Bearer(token.to_owned().into()));
        self.player.recorder.ask_as(credentials, method, target, body).await
    }

    /// The resources that a query answers with; `None` when it is refused.
    pub(in crate::run) async fn list(
        &mut self,
        target: impl Into<String>,
    ) -> Result<Option<Vec<Map<String, Value>>>, WireError> {
        let answer = self.get(target).await?;
        Ok(object(&answer).map(|page| resources(&page)))
    }

    /// The resources that a filter selects; `None` when the endpoint refuses it.
    pub(in crate::run) async fn select(
        &mut self,
        collection: &str,
        filter: &str,
    ) -> Result<Option<Vec<String>>, WireError> {
        let found = self.list(format!("/{collection}?filter={}", encode(filter))).await?;
        Ok(found.map(|found| ids(&found)))
    }

    /// A user in plain form; `None` when the endpoint takes none.
    pub(in crate::run) async fn user(&mut self) -> Result<Option<Made>, WireError> {
        let body = self.player.lab.person_body();
        self.make("Users", body).await
    }

    pub(in crate::run) async fn group(&mut self, members: &[&str]) -> Result<Option<Made>, WireError> {
        let name = self.player.lab.unique("group");
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        self.make("Groups", json!({"schemas": [urn::GROUP], "displayName": name, "members": members})).await
    }

    pub(in crate::run) async fn make(
        &mut self,
        collection: &str,
        sent: Value,
    ) -> Result<Option<Made>, WireError> {
        let answer = self.send(Method::POST, format!("/{collection}"), sent.clone()).await?;
        Ok(object(&answer).and_then(|stored| {
            let id = obj::get(&stored, "id")?.as_str()?.to_owned();
            let path = format!("/{collection}/{}", encode(&id));
            Some(Made { sent, stored, id, path })
        }))
    }

    /// What is stored now; `None` when it cannot be read.
    pub(in crate::run) async fn read(
        &mut self,
        made: &Made,
    ) -> Result<Option<Map<String, Value>>, WireError> {
        let answer = self.get(made.path.clone()).await?;
        Ok(object(&answer))
    }

    /// Takes over what an answer created, so that it is cleaned up.
    pub(in crate::run) fn adopt(&mut self, collection: &str, answer: &Answer, name: &str) {
        let id = object(answer).and_then(|made| obj::get(&made, "id")?.as_str().map(str::to_owned));
        if let Some(id) = id {
            self.player.recorder.ledger.adopt(collection, &id, name);
        }
    }

    pub(in crate::run) fn groups(&self) -> bool {
        self.player.endpoint.no_groups.is_none()
    }

    pub(in crate::run) fn last(&self) -> Option<Exchange> {
        self.player.recorder.last().cloned()
    }

    /// The last answer, in a few words.
    pub(in crate::run) fn got(&self) -> String {
        self.player.recorder.last().map(described).unwrap_or_default()
    }

    /// Reports what the last exchange shows.
    pub(in crate::run) fn found(
        &mut self,
        check: &'static Check,
        subject: Option<&str>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) {
        let exchange = self.last();
        self.found_in(check, subject, (expected.into(), got.into()), exchange.as_ref());
    }

    pub(in crate::run) fn found_in(
        &mut self,
        check: &'static Check,
        subject: Option<&str>,
        told: (String, String),
        exchange: Option<&Exchange>,
    ) {
        let target = self.player.recorder.target().clone();
        self.found_at(check, subject, told, exchange, &target);
    }

    /// Reports what was seen with other credentials: those of `target`.
    pub(in crate::run) fn found_at(
        &mut self,
        check: &'static Check,
        subject: Option<&str>,
        (expected, got): (String, String),
        exchange: Option<&Exchange>,
        target: &Target,
    ) {
        let subject = subject.map(str::to_owned);
        let sighting =
            Sighting { check, subject, expected, got, exchange, stumbled: None, story: self.story };
        if self.player.findings.add(sighting, target)
            && check.level != Level::Info
            && !self.failed.contains(&check.id)
        {
            self.failed.push(check.id);
        }
    }

    /// Whether this check has reported that.
    pub(in crate::run) fn has(&self, check: &Check) -> bool {
        self.failed.contains(&check.id)
    }

    pub(in crate::run) fn is_clean(&self) -> bool {
        self.failed.is_empty()
    }

    /// The RFC's invariants over what was exchanged since the last judgement.
    pub(in crate::run) fn judge(&mut self) {
        self.judge_for(|_, _| true);
    }

    /// The invariants of which `keep` is true.
    pub(in crate::run) fn judge_for(&mut self, keep: fn(&Exchange, &Check) -> bool) {
        let exchanges: Vec<Exchange> = self.player.recorder.log[self.mark..].to_vec();
        self.pass_over();
        for exchange in &exchanges {
            for seen in invariants::check(exchange) {
                // A filter that matches too loosely is not one that is ignored.
                let named = seen.check == &catalog::LOOKUP_IGNORED && self.has(&catalog::LOOKUP_NOT_EXACT);
                if keep(exchange, seen.check) && !named {
                    self.found_in(seen.check, None, (seen.expected, seen.got), Some(exchange));
                }
            }
        }
    }

    /// Leaves what was exchanged since the last judgement unjudged.
    pub(in crate::run) fn pass_over(&mut self) {
        self.mark = self.player.recorder.log.len();
    }

    pub(in crate::run) fn skip(&mut self, why: impl Into<String>) {
        self.skipped.get_or_insert_with(|| why.into());
    }

    /// Judges what is left, and reports.
    pub(in crate::run) fn finish(mut self) -> StoryReport {
        self.judge();
        let (status, reason) = match (self.failed.is_empty(), self.skipped) {
            (false, _) => (Status::Failed, Some(self.failed.join("; "))),
            (true, Some(reason)) => (Status::Skipped, Some(reason)),
            (true, None) => (Status::Passed, None),
        };
        StoryReport {
            idp: self.family.to_owned(),
            story: self.story.to_owned(),
            title: self.title.to_owned(),
            status,
            reason,
            confirmed: Vec::new(),
        }
    }

    /// No user could be made; nothing to check.
    pub(in crate::run) fn nobody(mut self) -> StoryReport {
        self.skip("no user could be created");
        self.finish()
    }
}

/// The JSON object of a successful answer.
pub(in crate::run) fn object(answer: &Answer) -> Option<Map<String, Value>> {
    answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success()).cloned()
}

/// The resources of a page.
pub(in crate::run) fn resources(page: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let listed = obj::get(page, "Resources").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_object).cloned().collect()
}

pub(in crate::run) fn ids(resources: &[Map<String, Value>]) -> Vec<String> {
    resources.iter().filter_map(|one| obj::get(one, "id")?.as_str().map(str::to_owned)).collect()
}

pub(in crate::run) fn total(page: &Map<String, Value>) -> Option<i64> {
    obj::get(page, "totalResults").and_then(Value::as_i64)
}

/// The text at `a` or `a.b` of a resource.
pub(in crate::run) fn text(resource: &Map<String, Value>, path: &str) -> Option<String> {
    let value = match path.split_once('.') {
        Some((name, sub)) => obj::get(obj::get(resource, name)?.as_object()?, sub)?,
        None => obj::get(resource, path)?,
    };
    value.as_str().map(str::to_owned)
}

/// The addresses in `emails`, each with its type, in lower case.
pub(in crate::run) fn emails(resource: &Map<String, Value>) -> Vec<(String, String)> {
    let listed = obj::get(resource, "emails").and_then(Value::as_array);
    let lower = |email: &Map<String, Value>, name: &str| {
        obj::get(email, name).and_then(Value::as_str).unwrap_or_default().to_lowercase()
    };
    let listed = listed.into_iter().flatten().filter_map(Value::as_object);
    listed.map(|email| (lower(email, "type"), lower(email, "value"))).collect()
}

const AGENT: &str = concat!("scim-testkit/", env!("CARGO_PKG_VERSION"));
