//! Collecting findings: one for each check and subject, with every provider that met it.

use super::{Exchange, Target};
use crate::{
    check::{Check, Level, Selection},
    idp::Dialect,
    report::Finding,
};

/// The findings of a run so far.
pub(super) struct Findings {
    list: Vec<Finding>,
    selection: Selection,
    played: Vec<Dialect>,
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
    pub(super) fn new(selection: Selection, played: Vec<Dialect>) -> Self {
        Self { list: Vec::new(), selection, played }
    }

    /// Records a sighting. Returns whether it counts as a failure (not info, not deselected).
    pub(super) fn add(&mut self, sighting: Sighting<'_>, target: &Target) -> bool {
        let check = sighting.check;
        let mut idps: Vec<&'static str> = check
            .breaks
            .iter()
            .filter(|dialect| self.played.contains(dialect))
            .map(|dialect| dialect.id())
            .collect();
        if check.level != Level::Info
            && let Some(dialect) = sighting.stumbled.filter(|dialect| !idps.contains(&dialect.id()))
        {
            idps.push(dialect.id());
        }
        if !self.selection.includes(check.id) || (check.level == Level::BreaksIdp && idps.is_empty()) {
            return false;
        }
        let failure = check.level != Level::Info;
        let same = |finding: &&mut Finding| finding.id == check.id && finding.subject == sighting.subject;
        if let Some(known) = self.list.iter_mut().find(same) {
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
            level: check.level.as_str(),
            idps,
            story: sighting.story.to_owned(),
            subject: sighting.subject,
            title,
            expected: redactor.text(&sighting.expected),
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

    /// The findings, worst first; providers in the order of the run.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        let order: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.id()).collect();
        let rank = |level: &str| ["breaks-idp", "must", "should", "info"].iter().position(|l| *l == level);
        for finding in &mut self.list {
            finding.idps.sort_by_key(|idp| order.iter().position(|known| known == idp));
        }
        self.list.sort_by_key(|finding| rank(finding.level));
        self.list
    }
}
