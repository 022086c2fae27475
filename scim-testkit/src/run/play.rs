//! Playing: each provider tells the endpoint of each change in each story; after each, the endpoint is asked what it
//! stored.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use scim_core::vendor::Delete;

use super::{
    Event, Exchange, Planned, Published, Reach, Run, Suite, cleanup,
    endpoint::{self, Endpoint},
    findings::{Findings, Sighting},
    happen,
    intent::Intent,
    oracle::Mismatch,
    probe::Lab,
    published, reach,
    recorder::Recorder,
    security, standing, vendor,
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
    /// Accounts that stand for many people, by user name; made once for all stories.
    pub(super) crowd: BTreeMap<String, String>,
    /// Whether the endpoint let no more be deleted for now; it is tried again at the end.
    cleanup_stalled: bool,
    /// What is asked once in a run, because no provider's behavior is in it.
    pub(super) asked: BTreeSet<&'static str>,
    /// Whether any PATCH was answered with success, and whether any was answered as not implemented.
    pub(super) patch_worked: bool,
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
    /// People whose account had its user name in capitals before the provider knew of it.
    pub(super) capitals: BTreeSet<String>,
    /// Accounts that are gone without the provider's knowledge, by person.
    pub(super) vanished: BTreeMap<String, String>,
    /// People who were deleted for good.
    pub(super) purged: BTreeSet<String>,
    /// The name that the group had until the last rename.
    pub(super) old_name: Option<String>,
    /// Whether the requests of the step were in flight at once.
    pub(super) at_once: bool,
    /// Ids of those who left or were deleted: a server may take them out of their groups.
    pub(super) left: BTreeSet<String>,
    /// What is known of each account from its last read-back.
    pub(super) known: BTreeMap<String, Known>,
    /// The members that each group showed when it was last read.
    pub(super) memberships: BTreeMap<String, Vec<String>>,
    pub(super) failed: bool,
    pub(super) reasons: Vec<String>,
    pub(super) confirmed: Vec<String>,
}

/// What is known of an account.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// What the provider wrote and the model directory does not tell.
    pub(super) sent: Intent,
    /// What was wrong when it was last read, so that it is not blamed on a later change; `None`: not read yet.
    pub(super) wrong: Option<Vec<Mismatch>>,
}

impl Scene {
    /// A story that has not begun.
    pub(super) fn new(story: String, directory: Directory, simulator: Box<dyn IdentityProvider>) -> Self {
        Self {
            dialect: simulator.dialect(),
            story,
            directory,
            simulator,
            accounts: BTreeMap::new(),
            groups: BTreeMap::new(),
            inactive: BTreeSet::new(),
            capitals: BTreeSet::new(),
            vanished: BTreeMap::new(),
            purged: BTreeSet::new(),
            old_name: None,
            at_once: false,
            left: BTreeSet::new(),
            known: BTreeMap::new(),
            memberships: BTreeMap::new(),
            failed: false,
            reasons: Vec::new(),
            confirmed: Vec::new(),
        }
    }
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
        let recorder = if run.reach == Reach::Full { recorder } else { recorder.only_reading() };
        Self {
            run,
            recorder,
            findings: Findings::new(run.selection.clone(), run.dialects.clone(), run.vendor.clone()),
            endpoint: Endpoint::default(),
            lab: Lab::new(run.prefix(), run.mail_domain().to_owned()),
            unstored: BTreeSet::new(),
            crowd: BTreeMap::new(),
            // Where DELETE does not delete, one attempt at the end is enough.
            cleanup_stalled: run
                .vendor
                .as_ref()
                .is_some_and(|vendor| matches!(vendor.life.delete, Delete::Soft | Delete::Refused)),
            asked: BTreeSet::new(),
            patch_worked: false,
            patch_missing: false,
            plays: 0,
        }
    }

    pub(super) async fn play(mut self) -> Report {
        let mut stories = Vec::new();
        let mut error = None;
        let mute = self.run.vendor.as_ref().and_then(vendor::no_wire);
        let prepared = match mute {
            Some(_) => Ok(()),
            None => self.prepare().await,
        };
        match prepared {
            Ok(()) if mute.is_some() => {
                for planned in self.run.plan() {
                    stories.push(planned.skipped(mute.as_deref().unwrap_or_default()));
                }
            }
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
            leftovers = cleanup::clean(&mut self.recorder, true).await.leftovers;
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
            fail_on: "should",
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
            if let Some(reason) = self.skip(dialect, planned, story) {
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
        let silent = |error| format!("the endpoint stopped answering: {error}");
        if run.reach == Reach::Probe {
            stories.push(reach::offer(self).await.map_err(silent)?);
            return Ok(());
        }
        let writes = run.reach == Reach::Full;
        if run.suites.contains(&Suite::Rfc) {
            let checked = if writes { standing::check(self).await } else { reach::check(self).await };
            stories.extend(checked.map_err(silent)?);
        }
        if run.suites.contains(&Suite::Security) {
            security::check(self, stories).await.map_err(silent)?;
        }
        for planned in plan.iter().filter(|planned| Published::from_id(planned.idp).is_some() && !writes) {
            stories.push(planned.skipped(reach::ONLY_READS));
        }
        for suite in run.published.iter().filter(|_| writes) {
            published::play(self, *suite, stories)
                .await
                .map_err(|error| format!("the endpoint stopped answering: {error}"))?;
        }
        self.truthfulness();
        Ok(())
    }

    fn skip(&self, dialect: Dialect, planned: &Planned, story: &Story) -> Option<String> {
        if planned.skip.is_some() {
            return planned.skip.clone();
        }
        let no_groups = self.endpoint.no_groups.clone().filter(|_| story.needs_groups());
        no_groups.or_else(|| happen::silence(dialect, story).map(str::to_owned))
    }

    async fn play_story(
        &mut self,
        dialect: Dialect,
        story: &Story,
        planned: &Planned,
    ) -> (StoryReport, Option<WireError>) {
        self.plays += 1;
        self.recorder.log.clear();
        let directory = self.cast(dialect, story);
        let mut scene = Scene::new(story.name.clone(), directory, dialect.simulator());
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
        if !self.run.keep && error.is_none() && !self.cleanup_stalled {
            let mark = self.recorder.log.len();
            let cleaned = cleanup::clean(&mut self.recorder, false).await;
            self.cleanup_stalled = cleaned.stalled;
            // Whatever could not be deleted is tried again, and named, at the end.
            for leftover in cleaned.leftovers {
                self.recorder.ledger.keep(leftover);
            }
            self.judge(&mut scene, mark, None);
        }
        let announced = self.findings.take_announced();
        if let Some(profile) = &self.run.vendor {
            scene.confirmed.extend(announced.into_iter().map(|key| vendor::difference(profile, key)));
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
        match step.verb {
            Verb::Exists => return self.set_up(scene, story, step).await.map(|()| None),
            Verb::Vanish => return self.vanish(scene, step).await.map(|()| None),
            _ => {}
        }
        let before = scene.directory.clone();
        let Some(change) = self.happen(scene, story, step) else { return Ok(None) };
        self.findings.doing(Some((scene.dialect, change.clone())));
        let told = self.tell(scene, step, &change).await;
        self.findings.doing(None);
        let hidden = matches!(
            change,
            Change::Update { .. }
                | Change::Leave { .. }
                | Change::Return { .. }
                | Change::Part { .. }
                | Change::RenameGroup { .. }
        );
        if matches!(told, Ok(Some(_))) && hidden {
            // The endpoint was not told, so it need not know.
            scene.directory = before;
        }
        told
    }

    /// The provider tells the endpoint of a change.
    async fn tell(
        &mut self,
        scene: &mut Scene,
        step: &StepSpec,
        change: &Change,
    ) -> Result<Option<&'static str>, Halt> {
        let mark = self.recorder.log.len();
        let known = scene.accounts.clone();
        scene.at_once = step.verb == Verb::JoinAtOnce;
        let result = match step.verb {
            Verb::HireRetried => self.repeat_create(scene, change).await,
            Verb::JoinAtOnce => self.join_at_once(scene, change).await,
            _ => {
                self.recorder.interlude = self.newcomer(step);
                let result = scene.simulator.apply(change, &scene.directory, &mut self.recorder).await;
                self.recorder.interlude = None;
                result
            }
        };
        let conclusive = self.judge(scene, mark, Some(scene.dialect));
        if self.misled(mark) {
            // Whatever the provider did next, it did to the wrong resource.
            return Err(Halt::Blocked);
        }
        self.note_links(scene);
        let nothing = match result {
            Ok(Sent::Nothing(reason)) => Some(reason),
            Ok(Sent::Imported(ids)) => {
                self.check_import(scene, change, &ids, mark);
                None
            }
            Ok(Sent::Done) => None,
            Err(Stop::Wire(error)) if error.kind == WireErrorKind::NotOurs => {
                self.held_back(scene, &error, mark);
                return Err(Halt::Blocked);
            }
            Err(Stop::Wire(error)) => return Err(error.into()),
            Err(Stop::Gave(gave))
                if step.refusable == Some(true) && gave.status.is_some_and(|it| (400..500).contains(&it)) =>
            {
                // It may; what was there before must still be.
                self.read_refused(scene, change, mark).await?;
                return Ok(None);
            }
            Err(Stop::Gave(gave)) => {
                let (failed, failures) = (scene.failed, self.findings.failures());
                let reasons = scene.reasons.len();
                scene.failed = true;
                scene.reasons.push(one_line(&gave.says));
                self.explain(scene, &gave, conclusive, mark).await?;
                self.mend_links(scene, change).await?;
                self.mend(scene, change).await?;
                // With the refused part put right, what the provider would have sent next can be seen.
                if matches!(change, Change::Update { .. } | Change::Hire { .. })
                    && gave.at == Step::UpdateUser
                {
                    let again = scene.simulator.apply(change, &scene.directory, &mut self.recorder).await;
                    if let Err(Stop::Gave(gave)) = again {
                        self.explain(scene, &gave, None, mark).await?;
                        self.mend(scene, change).await?;
                    }
                }
                if self.findings.failures() == failures
                    && let Some(why) = self.impossible(&gave.says)
                {
                    // The vendor announced that it does not do this.
                    scene.failed = failed;
                    scene.reasons.truncate(reasons);
                    scene.reasons.push(why);
                    return Err(Halt::Blocked);
                }
                // What is stored now is our own doing, and no measure of what comes later.
                for known in scene.known.values_mut() {
                    known.wrong = None;
                }
                return Ok(None);
            }
        };
        if nothing.is_none() {
            self.read_back(scene, change, &known, mark).await?;
        }
        Ok(nothing)
    }

    /// Why a provider that gave up had to, if the vendor's profile says so.
    fn impossible(&self, says: &str) -> Option<String> {
        let profile = self.run.vendor.as_ref()?;
        let announced = self.findings.announced();
        let all: Vec<String> = announced.iter().map(|key| vendor::difference(profile, key)).collect();
        (!all.is_empty())
            .then(|| format!("{}: {} ({})", profile.profile.title, all.join("; "), one_line(says)))
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
            if exchange.answer.status == 404 && exchange.is_discovery() {
                // A document that is not there is answered by whatever serves the rest of the site.
                continue;
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
                    let harms = scene.dialect.is_among(seen.check.breaks);
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
        // What the standing checks sent is not judged as a provider's request is.
        for exchange in self.recorder.log.iter().filter(|it| it.request.method == Method::PATCH) {
            self.patch_worked |= exchange.answer.is_success();
        }
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
