//! Collecting findings: one for each check and subject, with every provider that met it.

use std::collections::BTreeSet;

use scim_core::vendor::Profile;

use super::{Exchange, Target, vendor};
use crate::{
    check::{Check, Level, Selection, harm::Harm},
    idp::{Change, Dialect, Grade},
    report::{Finding, arrange},
};

/// The findings of a run so far.
pub(super) struct Findings {
    list: Vec<Finding>,
    selection: Selection,
    played: Vec<Dialect>,
    /// The published suite that is played now.
    suite: Option<(&'static str, Grade)>,
    /// What a provider is doing now: the evidence for it is the evidence for what is seen meanwhile.
    doing: Option<(Dialect, Change)>,
    /// Whose findings are announced.
    vendor: Option<Profile>,
    /// Keys of the vendor's profile that showed since they were last asked for.
    announced: BTreeSet<&'static str>,
    /// Sightings that counted as failures.
    failures: usize,
}

/// What was seen, before it becomes a finding.
pub(super) struct Sighting<'a> {
    pub(super) check: &'static Check,
    /// What it is about, when one check can be about several things: an attribute's path.
    pub(super) subject: Option<String>,
    pub(super) expected: String,
    pub(super) got: String,
    pub(super) exchange: Option<&'a Exchange>,
    /// The provider in whose story it was seen, if it stumbled over it.
    pub(super) stumbled: Option<Dialect>,
    pub(super) story: &'a str,
}

impl Findings {
    pub(super) fn new(selection: Selection, played: Vec<Dialect>, vendor: Option<Profile>) -> Self {
        Self {
            list: Vec::new(),
            selection,
            played,
            suite: None,
            doing: None,
            vendor,
            announced: BTreeSet::new(),
            failures: 0,
        }
    }

    /// Keys of the vendor's profile that showed; they are forgotten.
    pub(super) fn take_announced(&mut self) -> BTreeSet<&'static str> {
        std::mem::take(&mut self.announced)
    }

    /// The keys that showed so far.
    pub(super) fn announced(&self) -> &BTreeSet<&'static str> {
        &self.announced
    }

    /// How many sightings counted as failures.
    pub(super) fn failures(&self) -> usize {
        self.failures
    }

    /// What follows is seen while a provider tells the endpoint of a change; `None`: while the judge itself asks.
    pub(super) fn doing(&mut self, what: Option<(Dialect, Change)>) {
        self.doing = what;
    }

    /// How well it is known that a provider does what a check is about: the one that does it now, or one that the
    /// check names.
    fn grade(&self, check: &Check) -> Option<Grade> {
        let (dialect, change) = self.doing.as_ref().filter(|_| check.level == Level::BreaksIdp)?;
        let named = self.played.iter().filter(|played| played.is_among(check.breaks));
        named.chain([dialect]).map(|dialect| dialect.grade(change)).min()
    }

    /// What follows is what a provider's own test suite stumbles over: its id, and how well it is known.
    pub(super) fn in_suite(&mut self, suite: Option<(&'static str, Grade)>) {
        self.suite = suite;
    }

    /// Records a sighting. Returns whether it counts as a failure (not information or warning, not deselected).
    pub(super) fn add(&mut self, sighting: Sighting<'_>, target: &Target) -> bool {
        let check = sighting.check;
        if let Some(profile) = &self.vendor {
            let said = format!(
                "{} {} {}",
                sighting.subject.as_deref().unwrap_or_default(),
                sighting.expected,
                sighting.got
            );
            if let Some(key) = vendor::announced(profile, check.id, &said) {
                self.announced.insert(key);
                return false;
            }
        }
        let broken = self.played.iter().filter(|dialect| dialect.is_among(check.breaks));
        let mut idps: Vec<&'static str> = broken.map(|dialect| dialect.id()).collect();
        if check.level != Level::Info
            && let Some(dialect) = sighting.stumbled.filter(|dialect| !idps.contains(&dialect.id()))
        {
            idps.push(dialect.id());
        }
        if check.level != Level::Info
            && let Some((suite, _)) = self.suite
        {
            idps.push(suite);
        }
        if !self.selection.includes(check.id) || (check.level == Level::BreaksIdp && idps.is_empty()) {
            return false;
        }
        let grade = match self.suite {
            Some((_, grade)) => Some(grade).filter(|_| check.level == Level::BreaksIdp),
            None => self.grade(check),
        };
        let guess = self.vendor.as_ref().is_some_and(|profile| vendor::is_guess(profile, check.id));
        let level = if guess { Level::Warning } else { level(check, grade) };
        let failure = !matches!(level, Level::Info | Level::Warning);
        self.failures += usize::from(failure);
        let evidence = grade.map(name);
        let same = |finding: &&mut Finding| finding.id == check.id && finding.subject == sighting.subject;
        if let Some(known) = self.list.iter_mut().find(same) {
            // What the judge saw by itself, without any provider, stands without evidence of one.
            if best(known.evidence, evidence) {
                known.evidence = evidence;
                known.level = level.as_str();
            }
            for idp in idps {
                if !known.idps.contains(&idp) {
                    known.idps.push(idp);
                }
            }
            return failure;
        }
        let redactor = target.redactor();
        let auth = target.curl_auth();
        let title = match &sighting.subject {
            Some(subject) => format!("{}: {subject}", check.title),
            None => check.title.to_owned(),
        };
        self.list.push(Finding {
            id: check.id,
            level: level.as_str(),
            evidence,
            harm: Harm::None.as_str(),
            blocked_by: None,
            known: false,
            idps,
            story: sighting.story.to_owned(),
            subject: sighting.subject,
            title,
            expected: redactor.text(&match guess {
                true => format!(
                    "{} (concluded, not documented: the profile may be what is wrong)",
                    sighting.expected
                ),
                false => sighting.expected,
            }),
            got: redactor.text(&sighting.got),
            citation: check.citation,
            fix: check.fix,
            curl: sighting.exchange.map(|exchange| redactor.curl(exchange, auth)).unwrap_or_default(),
            exchange: sighting
                .exchange
                .map(|exchange| redactor.exchange(exchange, auth != super::CurlAuth::None)),
        });
        failure
    }

    /// The findings, most harmful first; providers in the order of the run.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        let order: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.id()).collect();
        for finding in &mut self.list {
            finding
                .idps
                .sort_by_key(|idp| order.iter().position(|known| known == idp).unwrap_or(order.len()));
        }
        arrange::by_harm(self.list)
    }
}

/// What is known of no provider for sure breaks none for sure.
fn level(check: &Check, grade: Option<Grade>) -> Level {
    match grade {
        Some(Grade::Inferred) if check.level == Level::BreaksIdp => Level::Warning,
        _ => check.level,
    }
}

fn name(grade: Grade) -> &'static str {
    match grade {
        Grade::Documented => "documented",
        Grade::Observed => "observed",
        Grade::Inferred => "inferred",
    }
}

/// Whether the evidence of another sighting is better than what is known.
fn best(known: Option<&str>, other: Option<&str>) -> bool {
    let rank = |evidence: Option<&str>| match evidence {
        None => 0,
        Some("documented") => 1,
        Some("observed") => 2,
        Some(_) => 3,
    };
    rank(other) < rank(known)
}
