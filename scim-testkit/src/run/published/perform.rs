//! Playing a suite: prepares, sends, asserts, names the cause, cleans up.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::{
    Published,
    change::Okta,
    look,
    script::{Group, Known, Step},
};
use crate::{
    check::exchange::described,
    idp::{Answer, Wire, WireError, WireErrorKind},
    report::{Status, StoryReport},
    run::{Event, Exchange, Reach, cleanup, cut, play::Player},
};

/// Plays a suite, and cleans up behind each of its groups.
pub(in crate::run) async fn play(
    player: &mut Player<'_>,
    suite: Published,
    stories: &mut Vec<StoryReport>,
) -> Result<(), WireError> {
    player.findings.doing(None);
    for group in &suite.script().groups {
        if player.run.reach != Reach::Full {
            let reason = "the suite writes, and this run only reads";
            stories.push(StoryReport::skipped(suite.id(), &group.name, &group.title, reason));
            continue;
        }
        player.run.emit(&Event::Story { idp: suite.id(), story: group.name.clone(), index: stories.len() });
        player.recorder.log.clear();
        let mut stage = Stage::new(player, suite, group);
        let played = stage.perform().await;
        let report = stage.report(played.as_ref().err());
        stories.push(report);
        played?;
        if !player.run.keep {
            // What could not be deleted is tried again, and named, at the end of the run.
            for leftover in cleanup::clean(&mut player.recorder, false).await.leftovers {
                player.recorder.ledger.keep(leftover);
            }
        }
    }
    Ok(())
}

/// One group in progress.
pub(super) struct Stage<'p, 'r> {
    pub(super) player: &'p mut Player<'r>,
    pub(super) suite: Published,
    pub(super) group: &'static Group,
    pub(super) vars: BTreeMap<String, String>,
    pub(super) okta: Option<Okta>,
    /// The body of the last write, and the last PATCH of this group if nothing was written after it.
    pub(super) sent: Value,
    pub(super) patch: Option<Exchange>,
    /// Whether the last write was refused.
    pub(super) refused: bool,
    pub(super) failed: Vec<String>,
    pub(super) skipped: Vec<String>,
    pub(super) played: usize,
}

/// Whether a group goes on after a step.
pub(super) enum Next {
    Step,
    /// Later steps build on what did not happen.
    End,
}

impl<'p, 'r> Stage<'p, 'r> {
    fn new(player: &'p mut Player<'r>, suite: Published, group: &'static Group) -> Self {
        let mut stage = Self {
            player,
            suite,
            group,
            vars: BTreeMap::new(),
            okta: None,
            sent: Value::Null,
            patch: None,
            refused: false,
            failed: Vec::new(),
            skipped: Vec::new(),
            played: 0,
        };
        stage.vars.insert("domain".to_owned(), stage.player.run.mail_domain().to_owned());
        for (name, template) in &group.vars {
            if let Some(text) = stage.filled(template) {
                stage.vars.insert(name.clone(), text);
            }
        }
        stage
    }

    async fn perform(&mut self) -> Result<(), WireError> {
        if let Some(reason) = self.player.endpoint.no_groups.clone().filter(|_| self.group.groups) {
            self.skipped.push(reason);
            return Ok(());
        }
        if self.group.for_each_type.is_empty() {
            return self.steps().await;
        }
        let endpoints = self.endpoints().await?;
        if endpoints.is_empty() {
            self.skipped.push("/ResourceTypes names no endpoint of this kind".to_owned());
        }
        for endpoint in endpoints {
            self.vars.insert("endpoint".to_owned(), endpoint);
            self.steps().await?;
        }
        Ok(())
    }

    async fn steps(&mut self) -> Result<(), WireError> {
        for (index, step) in self.group.steps.iter().enumerate() {
            if !step.unplayed.is_empty() {
                continue;
            }
            if matches!(self.step(step).await?, Next::End) {
                let left = self.group.steps[index + 1..].iter().filter(|step| !step.step.is_empty()).count();
                if left > 0 {
                    self.skipped.push(format!("{left} later step(s) not played"));
                }
                break;
            }
        }
        Ok(())
    }

    async fn step(&mut self, step: &'static Step) -> Result<Next, WireError> {
        if let Some(act) = step.change {
            return self.change(step, act).await;
        }
        let mut next = Next::Step;
        for _ in 0..step.times.max(1) {
            next = self.request(step).await?;
            if matches!(next, Next::End) {
                break;
            }
        }
        Ok(next)
    }

    async fn request(&mut self, step: &'static Step) -> Result<Next, WireError> {
        let Some(request) = self.wire_request(step) else {
            // A value of an earlier answer is missing, and that is reported already.
            return Ok(Next::End);
        };
        let own = step.step.is_empty();
        if !step.authorization.is_empty() {
            let target = self.player.recorder.target();
            if !target.has_credentials() || target.has_headers() {
                // Nothing to be refused, or a header of which the run cannot know whether it is a credential.
                return Ok(Next::Step);
            }
        }
        let sent = request.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
        if let Some(sent) = sent {
            self.sent = sent;
        }
        let method = request.method.clone();
        if method == Method::GET && self.refused {
            // It asks for what a refused write would have stored.
            return Ok(Next::Step);
        }
        let answer = if !step.authorization.is_empty() {
            self.player.recorder.resend_openly(request).await?
        } else if step.send.contains(MADE_UP) {
            // The run made this id up: there is no resource to be held back from.
            self.player.recorder.resend(request).await?
        } else {
            match self.player.recorder.send(request).await {
                Ok(answer) => answer,
                Err(error) if error.kind == WireErrorKind::NotOurs => {
                    self.held_back(step, error.message);
                    return Ok(Next::End);
                }
                Err(error) => return Err(error),
            }
        };
        if method != Method::GET {
            let success = step.expect.first().is_none_or(|expect| expect.status.iter().any(|it| *it < 300));
            self.refused = success && !answer.is_success();
        }
        let Some(exchange) = self.player.recorder.last().cloned() else { return Ok(Next::End) };
        if own {
            if !answer.is_success() {
                self.skipped.push(format!("could not be set up: {}", cut(&described(&exchange), 120)));
                return Ok(Next::End);
            }
            let next = self.save(step, &answer);
            if matches!(next, Next::End) {
                self.skipped.push(format!("{} did not find what the steps build on", exchange.path()));
            }
            return Ok(next);
        }
        self.played += 1;
        if exchange.request.method == Method::PATCH {
            self.patch = Some(exchange.clone());
        } else if exchange.request.method != Method::GET {
            self.patch = None;
        }
        self.assert(step, &exchange).await?;
        if step.ends_on.contains(&answer.status) {
            return Ok(Next::End);
        }
        Ok(self.save(step, &answer))
    }

    fn save(&mut self, step: &'static Step, answer: &Answer) -> Next {
        for (name, path) in &step.save {
            let found = answer.json.as_ref().filter(|_| answer.is_success());
            let Some(path) = self.filled(path) else { return Next::End };
            match found.and_then(|body| look::value(body, &path)) {
                Some(value) => {
                    self.vars.insert(name.clone(), look::text(value));
                }
                None => return Next::End,
            }
        }
        Next::Step
    }

    pub(super) fn grade(&self, step: &Step) -> Known {
        step.grade.unwrap_or_else(|| self.suite.script().grade)
    }

    fn report(&self, error: Option<&WireError>) -> StoryReport {
        let left = (!self.skipped.is_empty()).then(|| self.skipped.join("; "));
        let (status, reason) = match error {
            Some(error) => (Status::Error, Some(error.to_string())),
            None if !self.failed.is_empty() => {
                let lines = self.failed.iter().chain(&self.skipped).cloned().collect::<Vec<_>>();
                (Status::Failed, Some(lines.join("; ")))
            }
            None if self.played == 0 || left.is_some() => {
                let nothing = || "no step of it can be played from outside".to_owned();
                (Status::Skipped, left.or_else(|| Some(nothing())))
            }
            None => (Status::Passed, None),
        };
        StoryReport {
            idp: self.suite.id().to_owned(),
            story: self.group.name.clone(),
            title: self.group.title.clone(),
            status,
            reason: reason.map(|reason| self.player.run.target.redactor().text(&reason)),
            confirmed: Vec::new(),
        }
    }
}

pub(super) fn step_name(step: &Step) -> String {
    if step.title.is_empty() { step.step.clone() } else { format!("{} ({})", step.step, step.title) }
}

/// The name for an id that the run made up.
const MADE_UP: &str = "{{nobody}}";
