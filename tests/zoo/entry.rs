//! The entries of the two lists, as they are written.

use std::sync::Arc;

use scim_core::vendor::Profile;
use scim_testkit::{
    Dialect, Run, Suite, Target,
    check::by_id,
    provider::{Defect, Liberty, Provider, World},
    report::Report,
    run::{Credentials, Published},
    story::Story,
};
use serde::Deserialize;

use crate::{
    freedom, rewrite,
    wire::{BASE, Between, Rule, TOKEN, Wire, plain},
};

/// `bugs.toml` and `freedoms.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(default, rename = "bug")]
    pub(crate) bugs: Vec<Entry>,
    #[serde(default, rename = "freedom")]
    pub(crate) freedoms: Vec<Entry>,
}

/// A server, who plays with it, and what should come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) title: String,
    /// The same bug, as the lists of known ones have it: `bug 49`, `okta 25`, `Z08`.
    #[serde(default)]
    pub(crate) refs: Vec<String>,
    /// Where it was seen, or what forbids or permits it.
    pub(crate) source: String,
    /// The providers that the bug breaks, as far as they are known.
    #[serde(default)]
    pub(crate) idps: Vec<String>,
    /// The check that names the cause.
    pub(crate) expect: Option<String>,
    /// What the finding is about, in part.
    pub(crate) subject: Option<String>,
    /// Why a run cannot find it, though it is on the wire.
    pub(crate) misses: Option<String>,
    /// Why it is no bug of a server, or not to be seen on the wire: it does not count.
    pub(crate) outside: Option<String>,
    /// A switch of the mock.
    defect: Option<String>,
    /// A switch of the mock.
    liberty: Option<String>,
    /// A rule between run and mock.
    rewrite: Option<String>,
    /// The mock's vendor profile; default `interop`.
    profile: Option<String>,
    /// The dialects that play; default [`USUAL`].
    idp: Option<Vec<String>>,
    /// `idp`, `rfc`, `security`; default the first two.
    suite: Option<Vec<String>>,
    /// The stories that are played; default those without a crowd.
    story: Option<Vec<String>>,
    /// Test suites of the providers' own that are played as well.
    #[serde(default)]
    published: Vec<String>,
    /// Whether the endpoint asks for a token.
    #[serde(default)]
    token: bool,
}

impl Entry {
    /// Plays it.
    ///
    /// # Errors
    /// With what the entry names and does not exist.
    pub(crate) fn play(&self, whose: Whose) -> Result<Report, String> {
        let run = self.run(whose)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(runtime.map_err(|error| error.to_string())?.block_on(run.run()))
    }

    fn run(&self, whose: Whose) -> Result<Run, String> {
        let mut target = Target::service(BASE, self.server(whose)?);
        if self.token {
            target = target.with_credentials(Credentials::Bearer(TOKEN.to_owned().into()));
        }
        let usual = || USUAL.map(str::to_owned).to_vec();
        let idps = self.idp.clone().unwrap_or_else(usual);
        let mut run = Run::new(target).seed(1).stories(self.stories()?);
        run = run.dialects(idps.iter().map(|id| dialect(id)).collect::<Result<_, _>>()?);
        let published = |id: &String| Published::from_id(id).ok_or_else(|| format!("no suite {id:?}"));
        run = run.published(self.published.iter().map(published).collect::<Result<_, _>>()?);
        if let Some(suites) = &self.suite {
            let suite = |name: &String| match name.as_str() {
                "idp" => Ok(Suite::Idp),
                "rfc" => Ok(Suite::Rfc),
                "security" => Ok(Suite::Security),
                _ => Err(format!("no suite {name:?}")),
            };
            run = run.suites(suites.iter().map(suite).collect::<Result<_, _>>()?);
            if !suites.iter().any(|name| name == "idp") {
                run = run.stories(Vec::new());
            }
        }
        Ok(run)
    }

    fn server(&self, whose: Whose) -> Result<Between, String> {
        let profile = self.profile.as_deref().unwrap_or("interop");
        let profile = Profile::builtin(profile).ok_or_else(|| format!("no profile {profile:?}"))?;
        let mut provider = Provider::new(profile, World::deterministic());
        if self.token {
            provider = provider.with_token(Some(TOKEN.to_owned().into()));
        }
        if let Some(id) = &self.defect {
            provider = provider.with_defect(Defect::from_id(id).ok_or_else(|| format!("no defect {id:?}"))?);
        }
        if let Some(id) = &self.liberty {
            provider =
                provider.with_liberty(Liberty::from_id(id).ok_or_else(|| format!("no liberty {id:?}"))?);
        }
        let rule: Rule = match &self.rewrite {
            None => plain,
            Some(name) => whose.rule(name).ok_or_else(|| format!("no rule {name:?}"))?,
        };
        let thinks = self.rewrite.as_deref().is_some_and(|name| name.starts_with("race-"));
        Ok(Between { wire: Arc::new(Wire::new(provider)), rule, thinks })
    }

    fn stories(&self) -> Result<Vec<Story>, String> {
        let all = Story::builtin();
        let Some(names) = &self.story else {
            let crowded = |story: &Story| story.people.iter().any(|person| person.count.is_some());
            return Ok(all.into_iter().filter(|story| !crowded(story)).collect());
        };
        let known = |name: &String| all.iter().find(|story| story.name == *name).cloned();
        names.iter().map(|name| known(name).ok_or_else(|| format!("no story {name:?}"))).collect()
    }
}

/// One that writes whole resources back, one that patches them: the others rely on no other answers.
const USUAL: [&str; 2] = ["okta-aiw", "entra"];

/// Whose rules are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    Bugs,
    Freedoms,
}

impl Whose {
    pub(crate) fn rules(self) -> Vec<(&'static str, Rule)> {
        match self {
            Self::Bugs => rewrite::ALL.concat(),
            Self::Freedoms => freedom::ALL.concat(),
        }
    }

    fn rule(self, name: &str) -> Option<Rule> {
        self.rules().into_iter().find(|(known, _)| *known == name).map(|(_, rule)| rule)
    }
}

fn dialect(id: &str) -> Result<Dialect, String> {
    Dialect::from_id(id).ok_or_else(|| format!("no provider {id:?}"))
}

impl File {
    /// Reads both lists.
    ///
    /// # Errors
    /// With everything that is wrong with them.
    pub(crate) fn read() -> Result<Self, String> {
        let parse = |text: &str| toml::from_str::<Self>(text).map_err(|error| error.to_string());
        let Self { bugs, .. } = parse(include_str!("bugs.toml"))?;
        let Self { freedoms, .. } = parse(include_str!("freedoms.toml"))?;
        let file = Self { bugs, freedoms };
        let wrong = file.wrong();
        if wrong.is_empty() { Ok(file) } else { Err(wrong.join("\n")) }
    }

    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for bug in &self.bugs {
            let mut say = |what: String| wrong.push(format!("{}: {what}", bug.id));
            if bug.outside.is_some() {
                if bug.expect.is_some() || bug.defect.is_some() || bug.rewrite.is_some() {
                    say("is outside, and expects something".to_owned());
                }
            } else {
                match bug.expect.as_deref().map(|id| (id, by_id(id))) {
                    None if bug.misses.is_none() => say("expects nothing".to_owned()),
                    Some((id, None)) => say(format!("expects {id}, which is no check")),
                    _ => {}
                }
                if bug.defect.is_none()
                    && bug.rewrite.is_none()
                    && bug.profile.is_none()
                    && bug.misses.is_none()
                {
                    say("has neither `defect` nor `rewrite`".to_owned());
                }
            }
            if bug.source.is_empty() || bug.title.is_empty() {
                say("needs a source and a title".to_owned());
            }
            bug.idps.iter().filter_map(|id| dialect(id).err()).for_each(&mut say);
            if let Err(error) = bug.run(Whose::Bugs) {
                say(error);
            }
        }
        for freedom in &self.freedoms {
            let mut say = |what: String| wrong.push(format!("{}: {what}", freedom.id));
            if freedom.source.is_empty() || freedom.title.is_empty() {
                say("needs a source and a title".to_owned());
            }
            if let Err(error) = freedom.run(Whose::Freedoms) {
                say(error);
            }
        }
        let bugs = self.bugs.iter().map(|bug| (bug.id.as_str(), bug.rewrite.as_deref()));
        let freedoms = self.freedoms.iter().map(|one| (one.id.as_str(), one.rewrite.as_deref()));
        for (whose, list) in [(Whose::Bugs, bugs.collect::<Vec<_>>()), (Whose::Freedoms, freedoms.collect())]
        {
            for (id, _) in &list {
                if list.iter().filter(|(other, _)| other == id).count() > 1 {
                    wrong.push(format!("{id}: there are two"));
                }
            }
            for (rule, _) in whose.rules() {
                if !list.iter().any(|(_, used)| *used == Some(rule)) {
                    wrong.push(format!("{rule}: a rule that no entry uses"));
                }
            }
        }
        wrong
    }
}
