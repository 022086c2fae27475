//! What a suite asserts, and the cause when an assertion does not hold.

use http::Method;
use serde_json::Value;

use super::{
    Published, grade, look,
    perform::{Stage, step_name},
    script::{Expect, Is, Known, Step},
};
use crate::{
    check::{
        self, Check, Level, catalog,
        exchange::{self as invariants, Observation, described},
    },
    idp::{Wire, WireError, WireRequest},
    run::{Exchange, cleanup, cut, features::features, findings::Sighting, probe::Outcome as Answered},
};

/// An assertion that does not hold.
struct Broken {
    /// The check that the suite's file names for it.
    named: Option<&'static Check>,
    expected: String,
    got: String,
}

impl Stage<'_, '_> {
    /// The RFC's invariants on an exchange. Returns the one that explains by itself why no provider can go on.
    pub(super) fn judge(&mut self, exchange: &Exchange) -> Option<Observation> {
        let mut conclusive = None;
        let okta = !matches!(self.suite, Published::EntraValidator | Published::EntraLogicApp);
        for seen in invariants::check(exchange) {
            // Microsoft's suites create users without `active`, which Okta, who needs it, always sends.
            if seen.check == &catalog::RESOURCE_ACTIVE && !okta {
                continue;
            }
            if CONCLUSIVE.contains(&seen.check) {
                conclusive = Some(seen.clone());
            }
            // Most of it is a blemish that the suite passes over.
            self.see(seen.check, None, (seen.expected, seen.got), Some(exchange));
        }
        conclusive
    }

    pub(super) async fn assert(&mut self, step: &'static Step, exchange: &Exchange) -> Result<(), WireError> {
        // With wrong credentials it is not the endpoint's SCIM side that answers.
        let conclusive = if step.authorization.is_empty() { self.judge(exchange) } else { None };
        let broken = self.all_broken(step, exchange);
        if broken.is_empty() {
            return Ok(());
        }
        if let Some(seen) = conclusive {
            self.fail(step, seen.check, (seen.expected, seen.got), exchange);
            return Ok(());
        }
        // What a user looks like after a PATCH is a symptom of the PATCH.
        let symptom = broken.iter().all(|it| it.named.is_none_or(|check| check.id.starts_with("user.")));
        if (symptom && self.patch_to_blame(step).await?) || self.plus_to_blame(step, exchange).await? {
            return Ok(());
        }
        let (named, own): (Vec<Broken>, Vec<Broken>) = broken.into_iter().partition(|it| it.named.is_some());
        for Broken { named, expected, got } in named {
            let Some(check) = named else { continue };
            let hidden = check == &catalog::DEACTIVATE_DELETES && self.is_hidden().await?;
            let check = if hidden { &catalog::LOOKUP_INACTIVE } else { check };
            self.fail(step, check, (expected, got), exchange);
        }
        if !own.is_empty() {
            let (expected, mut got): (Vec<String>, Vec<String>) =
                own.into_iter().map(|it| (it.expected, it.got)).unzip();
            got.truncate(MOST_SHOWN);
            self.own(step, (expected.join("; "), got.join("; ")), Some(exchange));
        }
        Ok(())
    }

    /// The assertions that do not hold, up to the first that names a cause: others may follow from that.
    fn all_broken(&mut self, step: &'static Step, exchange: &Exchange) -> Vec<Broken> {
        let nothing = Value::Null;
        let status = exchange.answer.status;
        let body = exchange.answer.json.as_ref().unwrap_or(&nothing);
        let mut all = Vec::new();
        for expect in &step.expect {
            let Some((expected, got)) = self.broken(expect, status, body) else { continue };
            let id = expect.on.get(&status.to_string()).unwrap_or(&expect.check);
            let named = check::by_id(id).filter(|_| self.grade(step) != Known::Inferred);
            all.push(Broken { named, expected, got });
            if named.is_some() || !expect.status.is_empty() {
                break;
            }
        }
        all
    }

    /// What an assertion wants and what there is instead; `None` when it holds.
    fn broken(&mut self, expect: &Expect, status: u16, body: &Value) -> Option<(String, String)> {
        if !expect.status.is_empty() {
            let wanted: Vec<String> = expect.status.iter().map(u16::to_string).collect();
            return (!expect.status.contains(&status)).then(|| {
                let said = look::value(body, "detail").map(look::text).unwrap_or_default();
                let said = if said.is_empty() { said } else { format!(" ({})", cut(&said, 120)) };
                (wanted.join(" or "), format!("{status}{said}"))
            });
        }
        let at = self.filled(&expect.at)?;
        let there = if at.is_empty() { Some(body) } else { look::value(body, &at) };
        let shown = || there.map_or_else(|| "none".to_owned(), |value| cut(&value.to_string(), 120));
        if expect.stored {
            let patched = look::value(&self.sent, "Operations").is_some();
            let stored = there.unwrap_or(&Value::Null);
            let left = if patched {
                look::unapplied(&self.sent, stored)
            } else {
                look::missing(&self.sent, stored, "")
            };
            return (!left.is_empty()).then(|| ("what was written".to_owned(), left.join(", ")));
        }
        if let Some(is) = expect.is {
            let filled = there.is_some_and(look::is_filled);
            let (holds, wanted) = match is {
                Is::Empty => (!filled, "nothing"),
                Is::NotEmpty => (filled, "a value"),
                Is::Number => (there.is_some_and(Value::is_number), "a number"),
                Is::Array => (there.is_none_or(Value::is_array), "an array"),
            };
            return (!holds).then(|| (format!("{at}: {wanted}"), shown()));
        }
        if let Some(wanted) = &expect.equals {
            let wanted = self.filled(wanted)?;
            let holds = there.is_some_and(|value| look::text(value) == wanted);
            return (!holds).then(|| (format!("{at}: {wanted}"), shown()));
        }
        let all: Vec<String> = look::values(body, &at).into_iter().map(look::text).collect();
        if let Some(wanted) = &expect.has {
            let wanted = self.filled(wanted)?;
            // Names and URNs in any letter case (RFC 7643 §2.1).
            let holds = all.iter().any(|one| one.eq_ignore_ascii_case(&wanted));
            let got = if all.is_empty() { "nothing".to_owned() } else { cut(&all.join(", "), 120) };
            return (!holds).then(|| (format!("{at}: {wanted}"), got));
        }
        let unwanted = self.filled(expect.lacks.as_deref()?)?;
        all.contains(&unwanted).then(|| (format!("{at} without {unwanted}"), unwanted.clone()))
    }

    /// Tries by itself each feature that the last PATCH relies on. Whether that names a cause.
    pub(super) async fn patch_to_blame(&mut self, step: &'static Step) -> Result<bool, WireError> {
        if self.grade(step) == Known::Inferred || step.optional {
            return Ok(false);
        }
        let Some(patch) = self.patch.clone() else { return Ok(false) };
        let mut named = false;
        for feature in features(&patch) {
            let Answered::Fails(failures) = self.player.probe(feature).await? else { continue };
            for failure in failures {
                let shown = failure.exchange.as_ref().unwrap_or(&patch);
                self.fail(step, failure.check, (failure.expected.clone(), failure.got.clone()), shown);
                named = true;
            }
        }
        Ok(named)
    }

    /// Whether it is the `+` for a space in the query: with `%20` the same question finds something.
    async fn plus_to_blame(&mut self, step: &'static Step, exchange: &Exchange) -> Result<bool, WireError> {
        let request = &exchange.request;
        if request.method != Method::GET || !request.target.contains("+eq+") {
            return Ok(false);
        }
        let target = request.target.replace('+', "%20");
        let again = WireRequest { target, ..request.clone() };
        let answer = self.player.recorder.send(again).await?;
        let found = |answer: &crate::idp::Answer| {
            let list = answer.json.as_ref().and_then(|body| look::value(body, "Resources"));
            answer.is_success() && list.and_then(Value::as_array).is_some_and(|list| !list.is_empty())
        };
        let refused = !exchange.answer.is_success() && answer.is_success();
        if found(&exchange.answer) || (!refused && !found(&answer)) {
            return Ok(false);
        }
        let seen = ("the resource, as with `%20` for a space".to_owned(), described(exchange));
        self.fail(step, &catalog::LOOKUP_PLUS, seen, exchange);
        Ok(true)
    }

    /// Whether a deactivated user of the run's own that cannot be read is still there: activated, it can, or its name
    /// is taken.
    async fn is_hidden(&mut self) -> Result<bool, WireError> {
        let Some(id) = self.vars.get("id").cloned() else { return Ok(false) };
        if !self.player.recorder.ledger.has(cleanup::USERS, &id) {
            return Ok(false);
        }
        let path = format!("/Users/{}", scim_core::call::encode(&id));
        let activate = serde_json::json!({
            "schemas": [scim_core::urn::PATCH_OP],
            "Operations": [{"op": "replace", "path": "active", "value": true}],
        });
        self.player.recorder.ask(Method::PATCH, path.clone(), Some(activate)).await?;
        if self.player.recorder.ask(Method::GET, path, None).await?.is_success() {
            return Ok(true);
        }
        let mut same = self.player.lab.person_body();
        same["userName"] = self.vars.get("userName").cloned().into();
        Ok(self.player.recorder.ask(Method::POST, "/Users", Some(same)).await?.status == 409)
    }

    /// The endpoint led the suite to a resource that is not the run's own.
    pub(super) fn held_back(&mut self, step: &'static Step, message: String) {
        let misled =
            self.player.recorder.log.iter().rev().find(|exchange| exchange.query().contains("filter="));
        let Some(misled) = misled.cloned() else { return self.skipped.push(message) };
        let seen = ("only resources that match the filter".to_owned(), message);
        self.fail(step, &catalog::LOOKUP_IGNORED, seen, &misled);
    }

    /// A failure that only the suite itself can name.
    pub(super) fn own(&mut self, step: &'static Step, seen: (String, String), exchange: Option<&Exchange>) {
        let name = step_name(step);
        let check = match self.grade(step) {
            Known::Inferred => &catalog::SUITE_INFERRED,
            _ if step.optional => &catalog::SUITE_OPTIONAL,
            _ => self.suite.step_check(),
        };
        let general = check.level == Level::Warning;
        let subject = if general { format!("{}, {name}", self.suite.id()) } else { name.clone() };
        self.stumble(true);
        let failed = self.see(check, Some(subject), seen, exchange);
        self.stumble(false);
        if failed && !general {
            self.failed.push(name);
        }
    }

    pub(super) fn fail(
        &mut self,
        step: &'static Step,
        check: &'static Check,
        seen: (String, String),
        exchange: &Exchange,
    ) {
        self.stumble(true);
        let failed = self.see(check, None, seen, Some(exchange));
        self.stumble(false);
        let line = format!("{}: {}", step_name(step), check.id);
        if failed && !self.failed.contains(&line) {
            self.failed.push(line);
        }
    }

    /// Whether what is reported next is something that the suite stumbles over.
    pub(super) fn stumble(&mut self, does: bool) {
        let suite = (self.suite.id(), grade(self.suite.script().grade));
        self.player.findings.in_suite(Some(suite).filter(|_| does));
    }

    /// Reports something; whether it counts against the endpoint.
    fn see(
        &mut self,
        check: &'static Check,
        subject: Option<String>,
        (expected, got): (String, String),
        exchange: Option<&Exchange>,
    ) -> bool {
        let story = &self.group.name;
        let sighting = Sighting { check, subject, expected, got, exchange, stumbled: None, story };
        self.player.findings.add(sighting, &self.player.run.target) && check.level < Level::Warning
    }
}

/// What makes an answer useless, whatever else is asserted of it.
const CONCLUSIVE: &[&Check] = &[
    &catalog::CREATE_BODY,
    &catalog::ERROR_BODY,
    &catalog::HTTP_NOT_JSON,
    &catalog::HTTP_REDIRECT,
    &catalog::HTTP_SERVER_ERROR,
    &catalog::LIST_NUMBER,
    &catalog::LIST_SHAPE,
    &catalog::LOOKUP_IGNORED,
    &catalog::RESOURCE_ID,
];

/// So many of the values that are wrong are shown.
const MOST_SHOWN: usize = 12;
