//! Playing: each provider tells the endpoint of each change in each story; after each, the endpoint is asked what it
//! stored.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;

use super::{
    Event, Exchange, Planned, Run, cleanup,
    endpoint::{self, Endpoint},
    findings::{Findings, Sighting},
    probe::Lab,
    recorder::Recorder,
    standing,
};
use crate::{
    check::{Check, Level, catalog, exchange as invariants},
    idp::{Change, Dialect, Directory, IdentityProvider, Sent, Step, Stop, WireError, WireErrorKind},
    report::{Report, Status, StoryReport, Summary},
    story::{StepSpec, Story, Verb},
};

/// A run in progress.
pub(super) struct Player<'r> {
    pub(super) run: &'r Run,
    pub(super) recorder: Recorder,
    pub(super) findings: Findings,
    pub(super) endpoint: Endpoint,
    pub(super) lab: Lab,
    /// Attributes that the endpoint does not store at all; said once, then left out.
    pub(super) unstored: BTreeSet<String>,
    /// Whether any PATCH was answered with success, and whether any was answered as not implemented.
    patch_worked: bool,
    patch_missing: bool,
    pub(super) plays: usize,
}

/// One story in progress.
pub(super) struct Scene {
    pub(super) dialect: Dialect,
    pub(super) story: String,
    pub(super) directory: Directory,
    pub(super) simulator: Box<dyn IdentityProvider>,
    /// People with an account, and its id.
    pub(super) accounts: BTreeMap<String, String>,
    /// Pushed groups, and their ids.
    pub(super) groups: BTreeMap<String, String>,
    /// People whose account was inactive before the provider knew of it.
    pub(super) inactive: BTreeSet<String>,
    pub(super) failed: bool,
    pub(super) reasons: Vec<String>,
    pub(super) confirmed: Vec<String>,
}

/// Why a story cannot go on.
pub(super) enum Halt {
    /// The endpoint is in a state from which no later step can be judged.
    Blocked,
    /// No answer came.
    Wire(WireError),
}

impl From<WireError> for Halt {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl<'r> Player<'r> {
    pub(super) fn new(run: &'r Run) -> Self {
        let recorder = Recorder::new(run.target.clone(), run.cancel.clone(), run.tap.clone());
        Self {
            run,
            recorder,
            findings: Findings::new(run.selection.clone(), run.dialects.clone()),
            endpoint: Endpoint::default(),
            lab: Lab::new(run.prefix(), run.mail_domain().to_owned()),
            unstored: BTreeSet::new(),
            patch_worked: false,
            patch_missing: false,
            plays: 0,
        }
    }

    pub(super) async fn play(mut self) -> Report {
        let mut stories = Vec::new();
        let mut error = None;
        match self.prepare().await {
            Err(reason) => error = Some(reason),
            Ok(()) => {
                if let Err(reason) = self.play_all(&mut stories).await {
                    error = Some(reason);
                }
            }
        }
        let mut leftovers = Vec::new();
        if !self.run.keep {
            self.run.emit(&Event::CleaningUp);
            // The switch that stopped the run must not stop the cleanup.
            self.recorder.rearm(self.run.cancel.fresh());
            leftovers = cleanup::clean(&mut self.recorder).await;
        }
        self.run.emit(&Event::Finished);
        let count = |status| stories.iter().filter(|story: &&StoryReport| story.status == status).count();
        let summary = Summary {
            passed: count(Status::Passed),
            failed: count(Status::Failed),
            skipped: count(Status::Skipped),
            errors: count(Status::Error),
            requests: self.recorder.requests,
            seconds: 0.0,
        };
        Report {
            schema_version: 1,
            target: self.run.target.redactor().text(self.run.target.base()),
            vendor: self.run.vendor.as_ref().map(|vendor| vendor.profile.title.clone()),
            summary,
            error,
            stories,
            findings: self.findings.finish(),
            leftovers,
        }
    }

    async fn prepare(&mut self) -> Result<(), String> {
        endpoint::preflight(&mut self.recorder).await?;
        let (known, seen) = endpoint::discover(&mut self.recorder)
            .await
            .map_err(|error| format!("the endpoint stopped answering: {error}"))?;
        self.endpoint = known;
        for seen in seen {
            self.findings.add(
                Sighting {
                    check: seen.check,
                    subject: None,
                    expected: seen.expected.to_owned(),
                    got: seen.got,
                    exchange: seen.exchange.as_ref(),
                    stumbled: None,
                    story: "discovery",
                },
                &self.run.target,
            );
        }
        Ok(())
    }

    async fn play_all(&mut self, stories: &mut Vec<StoryReport>) -> Result<(), String> {
        let run = self.run;
        let plan = run.plan();
        run.emit(&Event::Started { stories: plan.len() });
        let mut silent = 0;
        for (index, planned) in plan.iter().enumerate() {
            let found = run.stories.iter().find(|story| story.name == planned.story);
            let (Some(story), Some(dialect)) = (found, Dialect::from_id(planned.idp)) else { continue };
            if let Some(reason) = self.skip(planned, story) {
                stories.push(planned.skipped(&reason));
                continue;
            }
            run.emit(&Event::Story { idp: planned.idp, story: story.name.clone(), index });
            let (report, wire_error) = self.play_story(dialect, story, planned).await;
            stories.push(report);
            if let Some(error) = wire_error {
                silent += 1;
                let hopeless = matches!(error.kind, WireErrorKind::Interrupted) || silent == MOST_SILENCE;
                if hopeless {
                    for planned in &plan[index + 1..] {
                        stories.push(planned.skipped("the run ended before"));
                    }
                    return Err(match error.kind {
                        WireErrorKind::Interrupted => "the run was interrupted".to_owned(),
                        _ => format!("the endpoint stopped answering: {error}"),
                    });
                }
            }
        }
        stories.extend(
            standing::check(self)
                .await
                .map_err(|error| format!("the endpoint stopped answering: {error}"))?,
        );
        self.truthfulness();
        Ok(())
    }

    fn skip(&self, planned: &Planned, story: &Story) -> Option<String> {
        if planned.skip.is_some() {
            return planned.skip.clone();
        }
        self.endpoint.no_groups.clone().filter(|_| story.needs_groups())
    }

    async fn play_story(
        &mut self,
        dialect: Dialect,
        story: &Story,
        planned: &Planned,
    ) -> (StoryReport, Option<WireError>) {
        self.plays += 1;
        self.recorder.log.clear();
        let mut scene = Scene {
            dialect,
            story: story.name.clone(),
            directory: self.cast(dialect, story),
            simulator: dialect.simulator(),
            accounts: BTreeMap::new(),
            groups: BTreeMap::new(),
            inactive: BTreeSet::new(),
            failed: false,
            reasons: Vec::new(),
            confirmed: Vec::new(),
        };
        let mut last_nothing = None;
        let mut error = None;
        for (number, step) in story.steps.iter().enumerate() {
            last_nothing = None;
            match self.play_step(&mut scene, story, step).await {
                Ok(None) => {}
                Ok(Some(reason)) => last_nothing = Some(reason),
                Err(Halt::Blocked) => {
                    let left = story.steps.len() - number - 1;
                    if left > 0 {
                        scene.reasons.push(format!("{left} later step(s) not played"));
                    }
                    break;
                }
                Err(Halt::Wire(wire)) => {
                    error = Some(wire);
                    break;
                }
            }
        }
        if !self.run.keep && error.is_none() {
            let mark = self.recorder.log.len();
            let left = cleanup::clean(&mut self.recorder).await;
            // Whatever could not be deleted is tried again, and named, at the end.
            for leftover in left {
                self.recorder.ledger.keep(leftover);
            }
            self.judge(&mut scene, mark, None);
        }
        let (status, reason) = match (&error, scene.failed, last_nothing) {
            (Some(error), ..) => (Status::Error, Some(error.to_string())),
            (None, true, _) => {
                (Status::Failed, Some(self.run.target.redactor().text(&scene.reasons.join("; "))))
            }
            (None, false, Some(nothing)) => (Status::Skipped, Some(nothing.to_owned())),
            (None, false, None) if !scene.reasons.is_empty() => {
                (Status::Skipped, Some(scene.reasons.join("; ")))
            }
            (None, false, None) => (Status::Passed, None),
        };
        let report = StoryReport {
            idp: dialect.id().to_owned(),
            story: story.name.clone(),
            title: planned.title.clone(),
            status,
            reason,
            confirmed: scene.confirmed,
        };
        (report, error)
    }

    /// One step: the change, the provider's requests, the read-back. `Ok(Some)`: the provider sends nothing for it.
    async fn play_step(
        &mut self,
        scene: &mut Scene,
        story: &Story,
        step: &StepSpec,
    ) -> Result<Option<&'static str>, Halt> {
        let mark = self.recorder.log.len();
        if step.verb == Verb::Exists {
            return self.set_up(scene, step).await.map(|()| None);
        }
        let Some(change) = self.happen(scene, story, step) else { return Ok(None) };
        let known = scene.accounts.clone();
        let result = scene.simulator.apply(&change, &scene.directory, &mut self.recorder).await;
        let conclusive = self.judge(scene, mark, Some(scene.dialect));
        if self.misled(mark) {
            // Whatever the provider did next, it did to the wrong resource.
            return Err(Halt::Blocked);
        }
        self.note_links(scene);
        let nothing = match result {
            Ok(Sent::Nothing(reason)) => Some(reason),
            Ok(Sent::Imported(ids)) => {
                self.check_import(scene, &change, &ids, mark);
                None
            }
            Ok(Sent::Done) => None,
            Err(Stop::Wire(error)) if error.kind == WireErrorKind::NotOurs => {
                self.held_back(scene, &error, mark);
                return Err(Halt::Blocked);
            }
            Err(Stop::Wire(error)) => return Err(error.into()),
            Err(Stop::Gave(gave)) => {
                scene.failed = true;
                scene.reasons.push(one_line(&gave.says));
                self.explain(scene, &gave, conclusive, mark).await?;
                self.mend_links(scene, &change).await?;
                self.mend(scene, &change).await?;
                // With the refused part put right, what the provider would have sent next can be seen.
                if matches!(change, Change::Update { .. } | Change::Hire { .. })
                    && gave.at == Step::UpdateUser
                {
                    let again = scene.simulator.apply(&change, &scene.directory, &mut self.recorder).await;
                    if let Err(Stop::Gave(gave)) = again {
                        self.explain(scene, &gave, None, mark).await?;
                        self.mend(scene, &change).await?;
                    }
                }
                // What is stored now is our own doing.
                return Ok(None);
            }
        };
        if nothing.is_none() {
            self.read_back(scene, &change, &known, mark).await?;
        }
        Ok(nothing)
    }

    /// Whether a filter of the provider's was ignored since `mark`.
    fn misled(&self, mark: usize) -> bool {
        self.recorder.log[mark..].iter().any(|exchange| {
            invariants::check(exchange).iter().any(|seen| seen.check == &catalog::LOOKUP_IGNORED)
        })
    }

    /// The endpoint led the provider to a resource that is not the run's own.
    fn held_back(&mut self, scene: &mut Scene, error: &WireError, mark: usize) {
        scene.failed = true;
        scene.reasons.push(error.message.clone());
        let misled =
            self.recorder.log[mark..].iter().find(|exchange| exchange.query().contains("filter=")).cloned();
        let expected = "only resources that match the filter".to_owned();
        self.sight(scene, (&catalog::LOOKUP_IGNORED, None, expected, error.message.clone()), misled.as_ref());
    }

    /// Makes the change in the company's directory.
    fn happen(&self, scene: &mut Scene, story: &Story, step: &StepSpec) -> Option<Change> {
        let person = || step.person.clone().unwrap_or_default();
        let team = || step.team.clone().unwrap_or_default();
        let directory = &mut scene.directory;
        Some(match step.verb {
            Verb::Connect => Change::Connect,
            Verb::Exists => return None,
            Verb::ImportUsers => Change::ImportUsers,
            Verb::ImportGroups => {
                if self.endpoint.no_groups.is_some() {
                    return None;
                }
                Change::ImportGroups
            }
            Verb::Hire | Verb::Return => {
                directory.person_mut(&person())?.active = true;
                if step.verb == Verb::Hire {
                    Change::Hire { person: person() }
                } else {
                    Change::Return { person: person() }
                }
            }
            Verb::Leave => {
                directory.person_mut(&person())?.active = false;
                Change::Leave { person: person() }
            }
            Verb::Purge => Change::Purge { person: person() },
            Verb::Update => {
                let before = directory.person(&person())?.clone();
                let set = self.with_roles(step.set.clone()?);
                self.apply_changes(directory.person_mut(&person())?, &set);
                Change::Update { before: Box::new(before) }
            }
            Verb::PushGroup => Change::PushGroup { team: team() },
            Verb::PushNow => Change::PushNow { team: team() },
            Verb::DeleteGroup => Change::DeleteGroup { team: team() },
            Verb::RenameGroup => {
                let name = step.set.as_ref()?.name.clone()?;
                directory.team_mut(&team())?.display_name = self.group_name(&name);
                Change::RenameGroup { team: team() }
            }
            Verb::Join => {
                let members = &mut directory.team_mut(&team())?.members;
                for key in &step.people {
                    if !members.contains(key) {
                        members.push(key.clone());
                    }
                }
                Change::Join { team: team(), people: step.people.clone() }
            }
            Verb::Part => {
                directory.team_mut(&team())?.members.retain(|key| !step.people.contains(key));
                Change::Part { team: team(), people: step.people.clone() }
            }
        })
        .filter(|_| !story.steps.is_empty())
    }

    /// Runs the RFC's invariants over the exchanges since `mark`. Returns the check that explains why a provider
    /// would give up on the last one, if there is one.
    pub(super) fn judge(
        &mut self,
        scene: &mut Scene,
        mark: usize,
        stumbled: Option<Dialect>,
    ) -> Option<&'static Check> {
        let mut conclusive = None;
        let exchanges: Vec<Exchange> = self.recorder.log[mark.min(self.recorder.log.len())..].to_vec();
        let last = exchanges.len().saturating_sub(1);
        for (index, exchange) in exchanges.iter().enumerate() {
            if exchange.request.method == Method::PATCH {
                self.patch_worked |= exchange.answer.is_success();
                self.patch_missing |= matches!(exchange.answer.status, 405 | 501);
            }
            for seen in invariants::check(exchange) {
                let failure = self.findings.add(
                    Sighting {
                        check: seen.check,
                        subject: None,
                        expected: seen.expected,
                        got: seen.got,
                        exchange: Some(exchange),
                        stumbled: None,
                        story: &scene.story,
                    },
                    &self.run.target,
                );
                if failure {
                    // A blemish that this provider passes over is a finding, and the story goes on.
                    let harms = seen.check.breaks.contains(&scene.dialect);
                    let reason = seen.check.id.to_owned();
                    if harms {
                        scene.failed = true;
                        if !scene.reasons.contains(&reason) {
                            scene.reasons.push(reason);
                        }
                    }
                    if index == last && stumbled.is_some() && stops_a_provider(seen.check) {
                        conclusive = Some(seen.check);
                    }
                }
            }
        }
        conclusive
    }

    fn note_links(&mut self, scene: &mut Scene) {
        for person in &scene.directory.people {
            if let Some(id) = scene.simulator.user_id(&person.key) {
                scene.accounts.insert(person.key.clone(), id.to_owned());
            }
        }
        for team in &scene.directory.teams {
            if let Some(id) = scene.simulator.group_id(&team.key) {
                scene.groups.insert(team.key.clone(), id.to_owned());
            }
        }
    }

    pub(super) fn sight(
        &mut self,
        scene: &mut Scene,
        sighting: (&'static Check, Option<String>, String, String),
        exchange: Option<&Exchange>,
    ) {
        let (check, subject, expected, got) = sighting;
        let reason = subject
            .as_ref()
            .map_or_else(|| check.id.to_owned(), |subject| format!("{} ({subject})", check.id));
        let failure = self.findings.add(
            Sighting {
                check,
                subject,
                expected,
                got,
                exchange,
                stumbled: Some(scene.dialect),
                story: &scene.story,
            },
            &self.run.target,
        );
        if failure {
            scene.failed = true;
            if !scene.reasons.contains(&reason) {
                scene.reasons.push(reason);
            }
        }
    }

    /// Compares what the discovery documents promise with what was seen.
    fn truthfulness(&mut self) {
        let check = match self.endpoint.patch {
            Some(false) if self.patch_worked => &catalog::DISCOVERY_PATCH_FALSE,
            Some(true) if self.patch_missing && !self.patch_worked => &catalog::DISCOVERY_PATCH_TRUE,
            _ => return,
        };
        let (expected, got) = if self.patch_worked {
            ("patch.supported true", "patch.supported false, and PATCH works")
        } else {
            ("PATCH, as promised", "405 or 501")
        };
        self.findings.add(
            Sighting {
                check,
                subject: None,
                expected: expected.to_owned(),
                got: got.to_owned(),
                exchange: None,
                stumbled: None,
                story: "discovery",
            },
            &self.run.target,
        );
    }
}

/// Whether this is something that makes a provider give up, as opposed to a blemish that it passes over.
fn stops_a_provider(check: &Check) -> bool {
    check.level != Level::Info
        && [
            &catalog::LIST_SHAPE,
            &catalog::LIST_NUMBER,
            &catalog::CREATE_BODY,
            &catalog::RESOURCE_ID,
            &catalog::HTTP_NOT_JSON,
            &catalog::HTTP_REDIRECT,
            &catalog::LOOKUP_IGNORED,
            &catalog::PUT_STATUS,
        ]
        .contains(&check)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// So many unanswered requests end a run.
const MOST_SILENCE: usize = 2;
