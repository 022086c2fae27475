//! The part of Okta's CRUD test that happens in Okta: the simulated Okta tells the endpoint.

use http::Method;

use super::{
    perform::{Next, Stage, step_name},
    script::{Act, Step},
};
use crate::{
    idp::{Change, Dialect, Directory, IdentityProvider, Person, Sent, Stop, WireError, WireErrorKind},
    run::play::Scene,
};

/// The simulated Okta, and the one person it has assigned.
pub(super) struct Okta {
    simulator: Box<dyn IdentityProvider>,
    directory: Directory,
}

impl Stage<'_, '_> {
    pub(super) async fn change(&mut self, step: &'static Step, act: Act) -> Result<Next, WireError> {
        let mut okta = self.okta.take().unwrap_or_else(|| self.assigned());
        let Some(person) = okta.directory.people.first_mut() else { return Ok(Next::End) };
        let before = person.clone();
        let key = || PERSON.to_owned();
        let change = match act {
            Act::Hire => Change::Hire { person: key() },
            Act::Leave => {
                person.active = false;
                Change::Leave { person: key() }
            }
            Act::Return => {
                person.active = true;
                Change::Return { person: key() }
            }
            Act::Update => {
                person.given_name = self.vars.get("newGiven").cloned().unwrap_or_default();
                person.display_name = format!("{} {}", person.given_name, person.family_name);
                person.title = None;
                Change::Update { before: Box::new(before) }
            }
        };
        let mark = self.player.recorder.log.len();
        self.played += 1;
        let result = okta.simulator.apply(&change, &okta.directory, &mut self.player.recorder).await;
        let mut conclusive = None;
        let exchanges = self.player.recorder.log[mark..].to_vec();
        for exchange in &exchanges {
            conclusive = self.judge(exchange).map(|seen| (seen, exchange.clone()));
            let method = &exchange.request.method;
            if *method != Method::GET {
                self.patch = Some(exchange.clone()).filter(|_| *method == Method::PATCH);
            }
        }
        let id = okta.simulator.user_id(PERSON).map(str::to_owned);
        if let Some(id) = id {
            self.vars.insert("id".to_owned(), id);
        }
        let gave = match result {
            Ok(Sent::Done | Sent::Nothing(_) | Sent::Imported(_)) => {
                self.okta = Some(okta);
                return Ok(Next::Step);
            }
            Err(Stop::Wire(error)) if error.kind == WireErrorKind::NotOurs => {
                self.held_back(step, error.message);
                return Ok(Next::End);
            }
            Err(Stop::Wire(error)) => return Err(error),
            Err(Stop::Gave(gave)) => gave,
        };
        if let Some((seen, exchange)) = conclusive {
            self.fail(step, seen.check, (seen.expected, seen.got), &exchange);
            return Ok(Next::End);
        }
        let mut scene = Scene::new(self.group.name.clone(), okta.directory, okta.simulator);
        let says = gave.says.clone();
        self.stumble(true);
        let explained = self.player.explain(&mut scene, &gave, None, mark).await;
        self.stumble(false);
        explained?;
        if scene.failed {
            self.failed.push(format!("{}: {}", step_name(step), scene.reasons.join(", ")));
        } else {
            let last = self.player.recorder.last().cloned();
            self.own(step, ("Okta gets through with the change".to_owned(), says), last.as_ref());
        }
        Ok(Next::End)
    }

    fn assigned(&self) -> Okta {
        let text = |name: &str| self.vars.get(name).cloned().unwrap_or_default();
        // Which of its two kinds of application Okta uses is the administrator's choice.
        let dialect =
            if self.player.endpoint.patch == Some(false) { Dialect::OktaAiw } else { Dialect::Okta };
        let person = Person {
            key: PERSON.to_owned(),
            local_id: self.player.local_id(dialect, &text("userName"), false),
            user_name: text("userName"),
            given_name: text("given"),
            family_name: text("family"),
            display_name: format!("{} {}", text("given"), text("family")),
            email: text("userName"),
            title: Some("Engineer".to_owned()),
            active: true,
            ..Person::default()
        };
        Okta {
            simulator: dialect.simulator(),
            directory: Directory { people: vec![person], ..Directory::default() },
        }
    }
}

const PERSON: &str = "person";
