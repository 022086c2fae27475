//! Playing: each provider tells the endpoint of each change in each story; after each, the endpoint is asked what it
//! stored.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use scim_core::{call::encode, json as obj, vendor::GrantTarget};
use serde_json::{Map, Value, json};

use super::{
    Event, Exchange, Planned, Run, cleanup, deletes,
    endpoint::{self, Endpoint},
    findings::{Findings, Sighting},
    oracle::{self, Mismatch},
    probe::Lab,
    recorder::Recorder,
    standing,
};
use crate::{
    check::{Check, Level, catalog, exchange as invariants},
    idp::{Change, Dialect, Directory, IdentityProvider, Person, Sent, Step, Stop, Team, WireError, WireErrorKind},
    report::{Report, Status, StoryReport, Summary},
    story::{Changes, PersonSpec, StepSpec, Story, Verb},
};

/// A run in progress.
pub(super) struct Player<'r> {
    pub(super) run: &'r Run,
    pub(super) recorder: Recorder,
    pub(super) findings: Findings,
    pub(super) endpoint: Endpoint,
    pub(super) lab: Lab,
    /// Attributes that the endpoint does not store at all; said once, then left out.
    unstored: BTreeSet<String>,
    /// Whether any PATCH was answered with success, and whether any was answered as not implemented.
    patch_worked: bool,
    patch_missing: bool,
    plays: usize,
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
    failed: bool,
    reasons: Vec<String>,
    confirmed: Vec<String>,
}

/// Why a story cannot go on.
enum Halt {
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
        stories.extend(standing::check(self).await.map_err(|error| format!("the endpoint stopped answering: {error}"))?);
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
            (None, true, _) => (Status::Failed, Some(scene.reasons.join("; "))),
            (None, false, Some(nothing)) => (Status::Skipped, Some(nothing.to_owned())),
            (None, false, None) if !scene.reasons.is_empty() => (Status::Skipped, Some(scene.reasons.join("; "))),
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
                scene.reasons.push(gave.says.clone());
                self.explain(scene, &gave, conclusive, mark).await?;
                self.mend_links(scene, &change).await?;
                self.mend(scene, &change).await?;
                // With the refused part put right, what the provider would have sent next can be seen.
                if matches!(change, Change::Update { .. } | Change::Hire { .. }) && gave.at == Step::UpdateUser {
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
        let misled = self.recorder.log[mark..].iter().find(|exchange| exchange.query().contains("filter=")).cloned();
        let expected = "only resources that match the filter".to_owned();
        self.sight(scene, (&catalog::LOOKUP_IGNORED, None, expected, error.message.clone()), misled.as_ref());
    }

    /// After a provider gave up: brings the endpoint to the state that the change should have led to.
    async fn mend(&mut self, scene: &mut Scene, change: &Change) -> Result<(), Halt> {
        match change {
            Change::Hire { person } | Change::Return { person } | Change::Leave { person } => {
                self.mend_person(scene, person).await
            }
            Change::Update { before } => self.mend_person(scene, &before.key).await,
            Change::PushGroup { team }
            | Change::Join { team, .. }
            | Change::Part { team, .. }
            | Change::RenameGroup { team }
            | Change::PushNow { team } => {
                let (Some(group), Some(id)) = (scene.directory.team(team).cloned(), scene.groups.get(team).cloned())
                else {
                    return Err(Halt::Blocked);
                };
                let expected = oracle::member_ids(&scene.directory, team, |key| scene.accounts.get(key).cloned());
                self.mend_group(scene, &group, &id, &expected).await
            }
            _ => Ok(()),
        }
    }

    async fn mend_person(&mut self, scene: &Scene, key: &str) -> Result<(), Halt> {
        let (Some(person), Some(id)) = (scene.directory.person(key).cloned(), scene.accounts.get(key).cloned()) else {
            return Ok(());
        };
        let answer = self.recorder.ask(Method::GET, format!("/Users/{}", encode(&id)), None).await?;
        let Some(stored) = answer.json.as_ref().and_then(Value::as_object) else { return Ok(()) };
        let wrong = oracle::compare_user(stored, &person, None, true);
        Ok(self.mend_user(&id, &wrong).await?)
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

    /// An account that the provider does not know of, made in plain RFC form.
    async fn set_up(&mut self, scene: &mut Scene, step: &StepSpec) -> Result<(), Halt> {
        let key = step.person.clone().unwrap_or_default();
        let Some(person) = scene.directory.person(&key).cloned() else { return Ok(()) };
        let id = if step.bare == Some(true) {
            self.bare_create(&person).await?
        } else {
            self.plain_create(&person, step.active.unwrap_or(true)).await?
        };
        match id {
            Some(id) => {
                if step.active == Some(false) {
                    scene.inactive.insert(key.clone());
                }
                scene.accounts.insert(key, id);
                Ok(())
            }
            None => {
                scene.reasons.push("the account that this story starts from could not be created".to_owned());
                Err(Halt::Blocked)
            }
        }
    }

    /// An account with a user name and nothing else.
    async fn bare_create(&mut self, person: &Person) -> Result<Option<String>, WireError> {
        let user = json!({"schemas": [scim_core::urn::USER], "userName": person.user_name, "active": true});
        let answer = self.recorder.ask(Method::POST, "/Users", Some(user)).await?;
        let id = answer.json.as_ref().and_then(|user| user.get("id")).and_then(Value::as_str);
        Ok(id.map(str::to_owned).filter(|_| answer.is_success()))
    }

    async fn plain_create(&mut self, person: &Person, active: bool) -> Result<Option<String>, WireError> {
        let user = json!({
            "schemas": [scim_core::urn::USER],
            "userName": person.user_name,
            "name": {"givenName": person.given_name, "familyName": person.family_name},
            "displayName": person.display_name,
            "emails": [{"value": person.email, "type": "work", "primary": true}],
            "active": active,
        });
        let answer = self.recorder.ask(Method::POST, "/Users", Some(user)).await?;
        let id = answer.json.as_ref().and_then(|user| user.get("id")).and_then(Value::as_str);
        Ok(id.map(str::to_owned).filter(|_| answer.is_success()))
    }

    /// After a provider gave up: whoever should be linked and is not gets an account in plain form, so that later
    /// steps can be judged.
    async fn mend_links(&mut self, scene: &mut Scene, change: &Change) -> Result<(), Halt> {
        match change {
            Change::Hire { person } | Change::Return { person } if scene.simulator.user_id(person).is_none() => {
                let someone = scene.directory.person(person).cloned().ok_or(Halt::Blocked)?;
                let found = self.find_user(&someone.user_name).await?;
                let ours = |user: &&Value| {
                    let name = user.get("userName").and_then(Value::as_str).unwrap_or_default();
                    name.to_lowercase() == someone.user_name.to_lowercase()
                };
                let id = match found.iter().find(ours).and_then(|user| user.get("id")).and_then(Value::as_str) {
                    Some(id) => {
                        self.recorder.ledger.adopt("Users", id, &someone.user_name);
                        Some(id.to_owned())
                    }
                    None => self.plain_create(&someone, true).await?,
                };
                let id = id.ok_or(Halt::Blocked)?;
                scene.simulator.link_user(person, &id);
                scene.accounts.insert(person.clone(), id);
                Ok(())
            }
            Change::PushGroup { team } if scene.simulator.group_id(team).is_none() => {
                let group = scene.directory.team(team).cloned().ok_or(Halt::Blocked)?;
                let body = json!({"schemas": [scim_core::urn::GROUP], "displayName": group.display_name});
                let answer = self.recorder.ask(Method::POST, "/Groups", Some(body)).await?;
                let id = answer.json.as_ref().and_then(|group| group.get("id")).and_then(Value::as_str);
                let id = id.filter(|_| answer.is_success()).ok_or(Halt::Blocked)?.to_owned();
                scene.simulator.link_group(team, &id);
                scene.groups.insert(team.clone(), id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Runs the RFC's invariants over the exchanges since `mark`. Returns the check that explains why a provider
    /// would give up on the last one, if there is one.
    fn judge(&mut self, scene: &mut Scene, mark: usize, stumbled: Option<Dialect>) -> Option<&'static Check> {
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

    pub(super) fn sight(&mut self, scene: &mut Scene, sighting: (&'static Check, Option<String>, String, String), exchange: Option<&Exchange>) {
        let (check, subject, expected, got) = sighting;
        let reason = subject.as_ref().map_or_else(|| check.id.to_owned(), |subject| format!("{} ({subject})", check.id));
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

    fn check_import(&mut self, scene: &mut Scene, change: &Change, ids: &[String], mark: usize) {
        let wanted: Vec<&String> = match change {
            Change::ImportUsers => scene.accounts.values().collect(),
            _ => scene.groups.values().collect(),
        };
        let missing: Vec<String> = wanted.into_iter().filter(|id| !ids.contains(id)).cloned().collect();
        if missing.is_empty() {
            return;
        }
        let pages: Vec<&Exchange> = self.recorder.log[mark..].iter().collect();
        let clamped = pages.iter().any(|page| {
            let body = page.answer.json.as_ref().and_then(Value::as_object);
            let number = |name| body.and_then(|body| obj::get(body, name)).and_then(Value::as_u64).unwrap_or(0);
            let here = body
                .and_then(|body| obj::get(body, "Resources"))
                .and_then(Value::as_array)
                .map_or(0, |resources| resources.len() as u64);
            here > 0 && here < 100 && number("startIndex").max(1) + here <= number("totalResults")
        });
        let exchange = pages.last().copied().cloned();
        let check = if clamped { &catalog::LIST_PAGE_CLAMPED } else { &catalog::LIST_MISSING };
        let got = format!("{} of them missing from the {} read", missing.len(), ids.len());
        self.sight(scene, (check, None, "every resource that was created".to_owned(), got), exchange.as_ref());
    }

    /// Asks what the endpoint stored, and compares.
    async fn read_back(
        &mut self,
        scene: &mut Scene,
        change: &Change,
        known: &BTreeMap<String, String>,
        mark: usize,
    ) -> Result<(), Halt> {
        let focus = match change {
            Change::Hire { person } | Change::Leave { person } | Change::Return { person } | Change::Purge { person } => {
                Some(person.clone())
            }
            Change::Update { before } => Some(before.key.clone()),
            _ => None,
        };
        if let Change::Purge { person } = change {
            if let Some(id) = known.get(person).cloned() {
                self.read_purged(scene, person, &id).await?;
                scene.accounts.remove(person);
            }
        } else if let Some(person) = &focus {
            self.read_user(scene, change, person, known, mark).await?;
        }
        let others: Vec<String> =
            scene.accounts.keys().filter(|key| Some(*key) != focus.as_ref()).cloned().collect();
        if focus.is_some() && !matches!(change, Change::Hire { .. }) {
            for other in others {
                self.read_bystander(scene, &other).await?;
            }
        }
        match change {
            Change::PushGroup { team }
            | Change::Join { team, .. }
            | Change::Part { team, .. }
            | Change::RenameGroup { team }
            | Change::PushNow { team } => self.read_group(scene, change, team, mark).await?,
            Change::DeleteGroup { team } => {
                if let Some(id) = scene.groups.remove(team) {
                    self.read_deleted_group(scene, &id).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn read_user(
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
        if let (Change::Return { .. }, Some(before)) = (change, known.get(key)) {
            if *before != id && !vendor_deletes {
                let got = format!("a new account with id {id:?}");
                self.sight(
                    scene,
                    (&catalog::ID_CHANGED, None, format!("the account with id {before:?}"), got),
                    write.as_ref(),
                );
            }
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
            let moved = found.first().filter(|_| here.is_none()).and_then(|user| user.get("id")).and_then(Value::as_str);
            if let Some(other) = moved {
                self.recorder.ledger.adopt("Users", other, &person.user_name);
                let sighting = (&catalog::ID_CHANGED, None, format!("id {id:?}"), format!("id {other:?}"));
                self.sight(scene, sighting, write.as_ref());
                return Err(Halt::Blocked);
            }
            if !leaving {
                let sighting = (&catalog::USER_GONE, None, "200 with the user".to_owned(), answer.status.to_string());
                self.sight(scene, sighting, exchange.as_ref());
                return Err(Halt::Blocked);
            }
            if vendor_deletes {
                scene.confirmed.push("vendor.deactivate: the account is gone".to_owned());
                if here.is_some() {
                    let sighting = (&catalog::LIST_DELETED, None, "no such user".to_owned(), format!("id {id:?}"));
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
        let Some(stored) = answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success()) else {
            self.sight(
                scene,
                (&catalog::USER_GONE, None, "200 with the user".to_owned(), invariants::described(exchange.as_ref().ok_or(Halt::Blocked)?)),
                exchange.as_ref(),
            );
            return Err(Halt::Blocked);
        };
        if leaving && vendor_deletes {
            let got = format!("the user is still readable, with active {}", obj::get(stored, "active").cloned().unwrap_or_default());
            self.sight(scene, (&catalog::VENDOR_DEACTIVATE, None, "404: the account is gone".to_owned(), got), exchange.as_ref());
        }
        let manager = self.expected_manager(scene, &person);
        let mut wrong = oracle::compare_user(stored, &person, manager, true);
        let renamed = wrong.iter().any(|mismatch| mismatch.path == "userName" && !mismatch.case_only());
        if here.is_none() && !renamed {
            self.explain_unfound(scene, &person, &id, listed.as_ref()).await?;
        } else if found.len() > 1 {
            let got = format!("{} resources", found.len());
            self.sight(scene, (&catalog::LOOKUP_TWICE, None, "one resource".to_owned(), got), listed.as_ref());
        }
        if let Some(here) = here.and_then(Value::as_object) {
            let in_list = obj::get(here, "active");
            if in_list.is_some() && in_list != obj::get(stored, "active") {
                let got = format!("active {} in the list, {} by id", in_list.cloned().unwrap_or_default(), obj::get(stored, "active").cloned().unwrap_or_default());
                self.sight(
                    scene,
                    (&catalog::USER_ATTRIBUTE_WRONG, Some("active in a filter result".to_owned()), "the same in both".to_owned(), got),
                    listed.as_ref(),
                );
            }
        }
        self.check_grants(scene, &person, stored, exchange.as_ref());
        wrong.retain(|mismatch| !self.tolerated(scene, mismatch, leaving && vendor_deletes));
        if !wrong.is_empty() {
            self.explain_user(scene, change, &wrong, &writes).await?;
            self.mend_user(&id, &wrong).await?;
        }
        Ok(())
    }

    /// Whether an account that cannot be read is still there: it can be activated, or its name is taken.
    async fn is_hidden(&mut self, id: &str, person: &Person) -> Result<bool, WireError> {
        let patch = json!({
            "schemas": [scim_core::urn::PATCH_OP],
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
    fn expected_manager(&self, scene: &Scene, person: &Person) -> Option<Option<String>> {
        if scene.dialect.is_okta() {
            return None;
        }
        Some(person.manager.as_ref().and_then(|key| scene.accounts.get(key)).cloned())
    }

    fn tolerated(&mut self, scene: &mut Scene, mismatch: &Mismatch, gone: bool) -> bool {
        if gone || self.unstored.contains(mismatch.path) {
            return true;
        }
        if mismatch.path == "userName" && mismatch.case_only() {
            self.sight(
                scene,
                (&catalog::USER_NAME_NORMALIZED, None, mismatch.expected_text(), mismatch.got_text()),
                None,
            );
            return true;
        }
        // Entra ID never sends a removal of a plain attribute.
        mismatch.expected.is_none() && mismatch.path != "enterprise.manager" && !scene.dialect.is_okta()
    }

    pub(super) fn mark_unstored(&mut self, path: &str) {
        self.unstored.insert(path.to_owned());
    }

    fn check_grants(&mut self, scene: &mut Scene, person: &Person, stored: &Map<String, Value>, exchange: Option<&Exchange>) {
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
                scene.confirmed.push(format!("vendor.role: {} {from:?} gives {}", grant.from, shown(&expected)));
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

    async fn read_bystander(&mut self, scene: &mut Scene, key: &str) -> Result<(), Halt> {
        let Some(person) = scene.directory.person(key).cloned() else { return Ok(()) };
        let Some(id) = scene.accounts.get(key).cloned() else { return Ok(()) };
        let mark = self.recorder.log.len();
        let answer = self.recorder.ask(Method::GET, format!("/Users/{}", encode(&id)), None).await?;
        let exchange = self.recorder.last().cloned();
        self.judge(scene, mark, None);
        let stored = answer.json.as_ref().and_then(Value::as_object);
        let active = stored.and_then(|stored| obj::get(stored, "active")).and_then(Value::as_bool);
        let name = stored.and_then(|stored| obj::get(stored, "userName")).and_then(Value::as_str);
        let same_name = name.is_some_and(|name| name.to_lowercase() == person.user_name.to_lowercase());
        let right = answer.is_success() && same_name && active.is_none_or(|active| active == person.active);
        let vendor_gone = self.run.vendor.as_ref().is_some_and(deletes) && !person.active;
        if !right && !vendor_gone {
            let got = exchange.as_ref().map(invariants::described).unwrap_or_default();
            self.sight(
                scene,
                (&catalog::USER_SIDE_EFFECT, None, format!("{} unchanged", person.user_name), got),
                exchange.as_ref(),
            );
        }
        Ok(())
    }

    async fn read_purged(&mut self, scene: &mut Scene, key: &str, id: &str) -> Result<(), Halt> {
        let name = scene.directory.person(key).map(|person| person.user_name.clone()).unwrap_or_default();
        let answer = self.recorder.ask(Method::GET, format!("/Users/{}", encode(id)), None).await?;
        let exchange = self.recorder.last().cloned();
        if answer.is_success() {
            let got = exchange.as_ref().map(invariants::described).unwrap_or_default();
            self.sight(scene, (&catalog::DELETE_NO_EFFECT, None, "404".to_owned(), got), exchange.as_ref());
        }
        let found = self.find_user(&name).await?;
        if found.iter().any(|user| user.get("id").and_then(Value::as_str) == Some(id)) && !answer.is_success() {
            let listed = self.recorder.last().cloned();
            self.sight(
                scene,
                (&catalog::LIST_DELETED, None, "no such user".to_owned(), format!("id {id:?}")),
                listed.as_ref(),
            );
        }
        Ok(())
    }

    async fn read_deleted_group(&mut self, scene: &mut Scene, id: &str) -> Result<(), Halt> {
        let answer = self.recorder.ask(Method::GET, format!("/Groups/{}", encode(id)), None).await?;
        let exchange = self.recorder.last().cloned();
        if answer.is_success() {
            let got = exchange.as_ref().map(invariants::described).unwrap_or_default();
            self.sight(scene, (&catalog::DELETE_NO_EFFECT, None, "404".to_owned(), got), exchange.as_ref());
        }
        for key in scene.accounts.keys().cloned().collect::<Vec<_>>() {
            self.read_bystander(scene, &key).await?;
        }
        Ok(())
    }

    async fn read_group(&mut self, scene: &mut Scene, change: &Change, team: &str, mark: usize) -> Result<(), Halt> {
        let writes = self.writes(mark);
        let write = writes.last().cloned();
        let (Some(group), Some(id)) = (scene.directory.team(team).cloned(), scene.groups.get(team).cloned()) else {
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
        let resources = found.json.as_ref().and_then(Value::as_object).and_then(|page| obj::get(page, "Resources"));
        let same_name = resources.and_then(Value::as_array).into_iter().flatten().find(|item| {
            item.get("displayName").and_then(Value::as_str) == Some(group.display_name.as_str())
        });
        let Some(stored) = answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success()) else {
            if let Some(other) = same_name.and_then(|item| item.get("id")).and_then(Value::as_str) {
                self.recorder.ledger.adopt("Groups", other, &group.display_name);
                let sighting = (&catalog::ID_CHANGED, None, format!("id {id:?}"), format!("id {other:?}"));
                self.sight(scene, sighting, write.as_ref());
                return Err(Halt::Blocked);
            }
            let got = exchange.as_ref().map(invariants::described).unwrap_or_default();
            self.sight(scene, (&catalog::GROUP_GONE, None, "200 with the group".to_owned(), got), exchange.as_ref());
            return Err(Halt::Blocked);
        };
        let name = obj::get(stored, "displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
        let name_wrong = name != group.display_name;
        let expected = oracle::member_ids(&scene.directory, team, |key| scene.accounts.get(key).cloned());
        let members = oracle::compare_members(stored, &expected);
        let in_list = resources
            .and_then(Value::as_array)
            .is_some_and(|list| list.iter().any(|item| item.get("id").and_then(Value::as_str) == Some(id.as_str())));
        if !in_list && !name_wrong && found.status != 400 && found.status != 501 {
            let got = listed.as_ref().map(invariants::described).unwrap_or_default();
            self.sight(
                scene,
                (&catalog::LOOKUP_MISSES, Some("Groups, displayName eq".to_owned()), "the group".to_owned(), got),
                listed.as_ref(),
            );
        }
        if name_wrong || !members.is_right() {
            let wrong_name = name_wrong.then_some((group.display_name.clone(), name));
            self.explain_group(scene, change, wrong_name, &members, &writes).await?;
            self.mend_group(scene, &group, &id, &expected).await?;
        }
        Ok(())
    }

    pub(super) async fn find_user(&mut self, name: &str) -> Result<Vec<Value>, WireError> {
        let literal = Value::from(name).to_string();
        let target = format!("/Users?filter={}", encode(&format!("userName eq {literal}")));
        let answer = self.recorder.ask(Method::GET, target, None).await?;
        let resources = answer.json.as_ref().and_then(Value::as_object).and_then(|page| obj::get(page, "Resources"));
        Ok(resources.and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// Puts a user right in plain RFC form, one attribute at a time; what cannot be put right stays as it is.
    async fn mend_user(&mut self, id: &str, wrong: &[Mismatch]) -> Result<(), WireError> {
        for mismatch in wrong {
            let Some(expected) = &mismatch.expected else { continue };
            let operation = match mismatch.path {
                "active" => json!({"op": "replace", "path": "active", "value": expected == "true"}),
                "emails.value" | "emails.type" => json!({
                    "op": "replace", "path": "emails", "value": [{"value": expected, "type": "work", "primary": true}],
                }),
                path => {
                    let path = match path.strip_prefix("enterprise.") {
                        Some(name) => format!("{}:{name}", scim_core::urn::ENTERPRISE_USER),
                        None => path.to_owned(),
                    };
                    json!({"op": "replace", "path": path, "value": expected})
                }
            };
            let patch = json!({"schemas": [scim_core::urn::PATCH_OP], "Operations": [operation]});
            self.recorder.ask(Method::PATCH, format!("/Users/{}", encode(id)), Some(patch)).await?;
        }
        Ok(())
    }

    /// Puts a group right in plain RFC form. Without that, the later steps of the story mean nothing.
    async fn mend_group(&mut self, scene: &mut Scene, group: &Team, id: &str, expected: &[String]) -> Result<(), Halt> {
        let path = format!("/Groups/{}", encode(id));
        let members: Vec<Value> = expected.iter().map(|id| json!({"value": id})).collect();
        let patch = json!({
            "schemas": [scim_core::urn::PATCH_OP],
            "Operations": [
                {"op": "replace", "path": "displayName", "value": group.display_name},
                {"op": "replace", "path": "members", "value": members},
            ],
        });
        let put = json!({
            "schemas": [scim_core::urn::GROUP], "id": id, "displayName": group.display_name, "members": members,
        });
        for (method, body) in [(Method::PATCH, patch), (Method::PUT, put)] {
            self.recorder.ask(method, path.clone(), Some(body)).await?;
            let answer = self.recorder.ask(Method::GET, path.clone(), None).await?;
            let right = answer
                .json
                .as_ref()
                .and_then(Value::as_object)
                .is_some_and(|stored| oracle::compare_members(stored, expected).is_right());
            if right {
                return Ok(());
            }
        }
        scene.failed = true;
        Err(Halt::Blocked)
    }

    /// What the provider wrote since `mark`.
    pub(super) fn writes(&self, mark: usize) -> Vec<Exchange> {
        let written = |exchange: &&Exchange| exchange.request.method != Method::GET;
        self.recorder.log[mark..].iter().filter(written).cloned().collect()
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

    /// The people and groups of a story, under names that no other story of any run uses.
    fn cast(&self, dialect: Dialect, story: &Story) -> Directory {
        let people = story.people.iter().map(|spec| self.person(dialect, spec)).collect();
        let teams = story
            .teams
            .iter()
            .map(|spec| Team {
                key: spec.key.clone(),
                local_id: self.local_id(dialect, &spec.key, true),
                display_name: self.group_name(&spec.name),
                members: spec.members.clone(),
            })
            .collect();
        Directory { people, teams }
    }

    fn person(&self, dialect: Dialect, spec: &PersonSpec) -> Person {
        let mut person = Person {
            key: spec.key.clone(),
            local_id: self.local_id(dialect, &spec.key, false),
            title: spec.title.as_deref().map(|title| self.role_name(title)),
            department: spec.department.clone(),
            employee_number: spec.employee_number.clone(),
            manager: spec.manager.clone(),
            active: true,
            ..Person::default()
        };
        let address = format!("{}.{}", spec.given_name, spec.family_name);
        self.apply_changes(
            &mut person,
            &Changes {
                given_name: Some(spec.given_name.clone()),
                family_name: Some(spec.family_name.clone()),
                user_name: Some(address.clone()),
                email: Some(address.to_lowercase()),
                ..Changes::default()
            },
        );
        person
    }

    fn apply_changes(&self, person: &mut Person, set: &Changes) {
        let address = |local: &String| format!("{}-{:03}.{local}@{}", self.run.prefix(), self.plays, self.run.mail_domain());
        let optional = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
        if let Some(name) = &set.given_name {
            person.given_name.clone_from(name);
        }
        if let Some(name) = &set.family_name {
            person.family_name.clone_from(name);
        }
        if set.given_name.is_some() || set.family_name.is_some() {
            person.display_name = format!("{} {}", person.given_name, person.family_name);
        }
        if let Some(local) = &set.user_name {
            person.user_name = address(local);
        }
        if let Some(local) = &set.email {
            person.email = address(local);
        }
        if let Some(title) = &set.title {
            person.title = optional(title);
        }
        if let Some(department) = &set.department {
            person.department = optional(department);
        }
        if let Some(manager) = &set.manager {
            person.manager = optional(manager);
        }
    }

    fn with_roles(&self, mut set: Changes) -> Changes {
        set.title = set.title.as_deref().map(|title| self.role_name(title));
        set
    }

    /// `{role.1}`, `{role.2}`: the tenant's roles other than the minimal one, from the last.
    fn role_name(&self, title: &str) -> String {
        let Some(vendor) = &self.run.vendor else { return title.to_owned() };
        let minimal: Vec<&String> = vendor.grants.iter().filter_map(|grant| grant.minimal.as_ref()).collect();
        let roles: Vec<&String> = vendor.tenant.roles.iter().filter(|role| !minimal.contains(role)).collect();
        let place = match title {
            "{role.1}" => 0,
            "{role.2}" => 1,
            _ => return title.to_owned(),
        };
        roles.get(place).or(roles.first()).map_or_else(|| title.to_owned(), |role| (*role).clone())
    }

    fn group_name(&self, name: &str) -> String {
        format!("{}-{:03} {name}", self.run.prefix(), self.plays)
    }

    /// The provider's own id: `00u…` at Okta, a GUID at Entra ID.
    fn local_id(&self, dialect: Dialect, key: &str, group: bool) -> String {
        let hash = |salt: &str| {
            // FNV-1a: stable over platforms and versions, which the standard hasher is not.
            let text = format!("{:x}/{}/{}/{key}/{group}/{salt}", self.run.seed, self.plays, dialect.id());
            text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        };
        let (high, low) = (hash("high"), hash("low"));
        if dialect.is_okta() {
            return format!("00{}{:017x}", if group { 'g' } else { 'u' }, u128::from(high) * 16 & 0xf_ffff_ffff_ffff_ffff);
        }
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
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

/// So many unanswered requests end a run.
const MOST_SILENCE: usize = 2;
