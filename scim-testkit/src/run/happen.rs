//! What happens in the company, and at the endpoint behind the provider's back.

use futures_util::{FutureExt, future::join_all};
use http::Method;
use scim_core::{call::encode, urn};
use serde_json::json;

use super::{
    cast::everyone,
    play::{Halt, Player, Scene},
    recorder::Recorder,
};
use crate::{
    check::{catalog, exchange::described},
    idp::{
        Answer, BoxFuture, Change, Dialect, Directory, Person, Sent, Stop, Team, Wire, WireError,
        WireErrorKind, WireRequest,
    },
    story::{StepSpec, Story, Verb},
};

impl Player<'_> {
    /// Makes the change in the company's directory.
    pub(super) fn happen(&self, scene: &mut Scene, story: &Story, step: &StepSpec) -> Option<Change> {
        let person = || step.person.clone().unwrap_or_default();
        let team = || step.team.clone().unwrap_or_default();
        let directory = &mut scene.directory;
        Some(match step.verb {
            Verb::Connect => Change::Connect,
            Verb::Exists | Verb::Vanish => return None,
            Verb::ImportSchema => Change::ImportSchema,
            Verb::ImportUsers => Change::ImportUsers,
            Verb::ImportGroups => {
                if self.endpoint.no_groups.is_some() {
                    return None;
                }
                Change::ImportGroups
            }
            Verb::Hire | Verb::HireRetried => {
                directory.person_mut(&person())?.active = true;
                Change::Hire { person: person() }
            }
            Verb::Return => {
                directory.person_mut(&person())?.active = true;
                Change::Return { person: person() }
            }
            Verb::SetPassword => {
                // No word that anybody uses, nor one that a policy would refuse.
                let password = format!("{}-Kx7!q{:03}", self.run.prefix(), self.plays);
                directory.person_mut(&person())?.password = Some(password);
                Change::SetPassword { person: person() }
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
            Verb::UnlinkGroup => Change::UnlinkGroup { team: team() },
            Verb::DeleteGroup => Change::DeleteGroup { team: team() },
            Verb::RenameGroup => {
                let name = step.set.as_ref()?.name.clone()?;
                let new = self.group_name(&name);
                let old = std::mem::replace(&mut directory.team_mut(&team())?.display_name, new);
                scene.old_name = Some(old);
                Change::RenameGroup { team: team() }
            }
            Verb::Join | Verb::JoinAtOnce => {
                let people = everyone(story, &step.people);
                let members = &mut directory.team_mut(&team())?.members;
                for key in &people {
                    if !members.contains(key) {
                        members.push(key.clone());
                    }
                }
                Change::Join { team: team(), people }
            }
            Verb::Part => {
                let people = everyone(story, &step.people);
                directory.team_mut(&team())?.members.retain(|key| !people.contains(key));
                Change::Part { team: team(), people }
            }
        })
    }

    /// The simulator's links, less those to accounts that are gone without its knowledge.
    pub(super) fn note_links(&mut self, scene: &mut Scene) {
        for person in &scene.directory.people {
            if let Some(id) = scene.simulator.user_id(&person.key)
                && scene.vanished.get(&person.key).is_none_or(|gone| gone != id)
            {
                scene.accounts.insert(person.key.clone(), id.to_owned());
            }
        }
        for team in &scene.directory.teams {
            if let Some(id) = scene.simulator.group_id(&team.key) {
                scene.groups.insert(team.key.clone(), id.to_owned());
            }
        }
    }

    /// An account is deleted, and the provider does not know.
    pub(super) async fn vanish(&mut self, scene: &mut Scene, step: &StepSpec) -> Result<(), Halt> {
        let key = step.person.clone().unwrap_or_default();
        let Some(id) = scene.accounts.remove(&key) else { return Ok(()) };
        let answer = self.recorder.ask(Method::DELETE, format!("/Users/{}", encode(&id)), None).await?;
        if !answer.is_success() {
            scene.reasons.push(format!("the endpoint does not delete users: {}", answer.status));
            return Err(Halt::Blocked);
        }
        for members in scene.memberships.values_mut() {
            members.retain(|member| *member != id);
        }
        scene.left.insert(id.clone());
        scene.known.remove(&key);
        for team in &mut scene.directory.teams {
            team.members.retain(|member| *member != key);
        }
        scene.vanished.insert(key, id);
        Ok(())
    }

    /// The provider's last create is sent again, exactly as it was.
    pub(super) async fn repeat_create(&mut self, scene: &mut Scene, change: &Change) -> Result<Sent, Stop> {
        let Change::Hire { person } = change else { return Ok(Sent::Nothing(NO_CREATE)) };
        let name = scene.directory.person(person).map(|person| person.user_name.clone()).unwrap_or_default();
        let created = self.recorder.log.iter().rev().find(|exchange| {
            let sent = exchange.sent_json();
            exchange.is(&Method::POST, "Users")
                && exchange.answer.is_success()
                && sent.is_some_and(|sent| {
                    sent.get("userName").and_then(|it| it.as_str()) == Some(name.as_str())
                })
        });
        let Some(request) = created.map(|exchange| exchange.request.clone()) else {
            return Ok(Sent::Nothing(NO_CREATE));
        };
        let before = scene.accounts.get(person).cloned().unwrap_or_default();
        let answer = self.recorder.resend(request).await?;
        let exchange = self.recorder.last().cloned();
        if answer.status == 409 || answer.status >= 500 {
            return Ok(Sent::Done);
        }
        let got = exchange.as_ref().map(described).unwrap_or_default();
        let id = answer.json.as_ref().and_then(|user| user.get("id")).and_then(|id| id.as_str());
        let expected = "409 with scimType uniqueness".to_owned();
        match id.filter(|id| *id != before && answer.is_success()) {
            Some(id) => {
                self.sight(scene, (&catalog::CREATE_DUPLICATE, None, expected, got), exchange.as_ref());
                self.recorder.ask(Method::DELETE, format!("/Users/{}", encode(id)), None).await?;
            }
            None => {
                let taken = answer.is_success();
                let check =
                    if taken { &catalog::CREATE_DUPLICATE } else { &catalog::CREATE_DUPLICATE_STATUS };
                self.sight(scene, (check, None, expected, got), exchange.as_ref());
            }
        }
        Ok(Sent::Done)
    }

    /// Each person's request on a line of its own, all of them in flight at once.
    pub(super) async fn join_at_once(&mut self, scene: &mut Scene, change: &Change) -> Result<Sent, Stop> {
        let Change::Join { team, people } = change else { return Ok(Sent::Nothing(NO_JOIN)) };
        let mut lines: Vec<_> = people
            .iter()
            .map(|person| {
                let mut simulator = scene.dialect.simulator();
                for (key, id) in &scene.accounts {
                    simulator.link_user(key, id);
                }
                for (key, id) in &scene.groups {
                    simulator.link_group(key, id);
                }
                let join = Change::Join { team: team.clone(), people: vec![person.clone()] };
                (simulator, join, self.recorder.fork())
            })
            .collect();
        let directory = &scene.directory;
        let sent = join_all(
            lines.iter_mut().map(|(simulator, join, recorder)| simulator.apply(join, directory, recorder)),
        )
        .await;
        for (_, _, recorder) in lines {
            self.recorder.merge(recorder);
        }
        let mut outcome = Ok(Sent::Done);
        for sent in sent {
            match sent {
                Ok(Sent::Nothing(reason)) if outcome.is_ok() => outcome = Ok(Sent::Nothing(reason)),
                Err(stop) if outcome.is_ok() => outcome = Err(stop),
                _ => {}
            }
        }
        outcome
    }

    /// The request that makes somebody new while a provider pages.
    pub(super) fn newcomer(&mut self, step: &StepSpec) -> Option<WireRequest> {
        (step.meanwhile == Some(true)).then(|| Recorder::creating(&self.lab.person_body()))
    }

    /// The accounts of a crowd, made when they are first needed and kept until the end of the run.
    pub(super) async fn crowd(
        &mut self,
        scene: &mut Scene,
        people: &[Person],
        linked: bool,
    ) -> Result<(), Halt> {
        for person in people {
            let id = match self.crowd.get(&person.user_name) {
                Some(id) => id.clone(),
                None => {
                    let Some(id) = self.plain_create(person, true).await? else {
                        scene.reasons.push(SETTING.to_owned());
                        return Err(Halt::Blocked);
                    };
                    self.recorder.ledger.hold("Users", &id);
                    self.crowd.insert(person.user_name.clone(), id.clone());
                    id
                }
            };
            if linked {
                scene.simulator.link_user(&person.key, &id);
            }
            scene.accounts.insert(person.key.clone(), id);
        }
        Ok(())
    }

    /// A group that the provider does not know of, made in plain RFC form.
    pub(super) async fn set_up_group(&mut self, scene: &mut Scene, team: &Team) -> Result<(), Halt> {
        let group = json!({"schemas": [urn::GROUP], "displayName": team.display_name});
        let answer = self.recorder.ask(Method::POST, "/Groups", Some(group)).await?;
        let id = answer.json.as_ref().and_then(|group| group.get("id")).and_then(|id| id.as_str());
        match id.filter(|_| answer.is_success()) {
            Some(id) => {
                scene.groups.insert(team.key.clone(), id.to_owned());
                Ok(())
            }
            None => {
                scene.reasons.push(SETTING.to_owned());
                Err(Halt::Blocked)
            }
        }
    }
}

/// Why this provider sends nothing for the last step of the story, which is what the story is about; then it need not
/// be set up.
pub(super) fn silence(dialect: Dialect, story: &Story) -> Option<&'static str> {
    // Without the deletion, a story of one is that of a return.
    let deletion = story.steps.iter().find(|step| step.verb == Verb::Purge);
    let step = deletion.or_else(|| story.steps.last())?;
    let person = || step.person.clone().unwrap_or_default();
    let team = || step.team.clone().unwrap_or_default();
    let change = match step.verb {
        Verb::ImportSchema => Change::ImportSchema,
        Verb::ImportUsers => Change::ImportUsers,
        Verb::ImportGroups => Change::ImportGroups,
        Verb::SetPassword => Change::SetPassword { person: person() },
        Verb::Purge => Change::Purge { person: person() },
        Verb::PushNow => Change::PushNow { team: team() },
        Verb::Connect => Change::Connect,
        Verb::Leave => Change::Leave { person: person() },
        Verb::Return => Change::Return { person: person() },
        Verb::PushGroup => Change::PushGroup { team: team() },
        Verb::Part => Change::Part { team: team(), people: step.people.clone() },
        Verb::RenameGroup => Change::RenameGroup { team: team() },
        Verb::DeleteGroup => Change::DeleteGroup { team: team() },
        _ => return None,
    };
    let mut simulator = dialect.simulator();
    let mut directory = Directory::default();
    for spec in &story.people {
        simulator.link_user(&spec.key, "1");
        let password = Some("-".to_owned());
        directory.people.push(Person { key: spec.key.clone(), active: true, password, ..Person::default() });
    }
    for spec in &story.teams {
        simulator.link_group(&spec.key, "1");
        directory.teams.push(Team { key: spec.key.clone(), ..Team::default() });
    }
    match simulator.apply(&change, &directory, &mut Deaf).now_or_never()? {
        Ok(Sent::Nothing(reason)) => Some(reason),
        _ => None,
    }
}

/// A wire that nothing goes over.
struct Deaf;

impl Wire for Deaf {
    fn send<'a>(&'a mut self, _: WireRequest) -> BoxFuture<'a, Result<Answer, WireError>> {
        let message = "nobody listens".to_owned();
        Box::pin(std::future::ready(Err(WireError { kind: WireErrorKind::Interrupted, message })))
    }
}

const NO_CREATE: &str = "this provider did not create the account";
const NO_JOIN: &str = "nobody joins";
pub(super) const SETTING: &str = "the account or group that this story starts from could not be created";
