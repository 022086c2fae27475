//! The order of findings: by harm, each followed by those that it explains.

use super::Finding;
use crate::check::{catalog, harm};

/// Fills in [`Finding::harm`] and [`Finding::blocked_by`], and orders by them.
pub(crate) fn by_harm(mut findings: Vec<Finding>) -> Vec<Finding> {
    let present: Vec<&str> =
        findings.iter().filter(|finding| counts(finding)).map(|finding| finding.id).collect();
    for finding in &mut findings {
        if let Some(check) = catalog::ALL.iter().find(|check| check.id == finding.id) {
            // A finding that was capped for want of evidence costs nothing that is known.
            let harm = harm::Harm::of(check, !finding.idps.is_empty());
            finding.harm = if counts(finding) { harm } else { harm::Harm::None }.as_str();
        }
        finding.blocked_by =
            counts(finding).then(|| harm::causes(finding.id).find(|cause| present.contains(cause))).flatten();
    }
    findings.sort_by_key(|finding| (rank(HARMS, finding.harm), rank(LEVELS, finding.level)));
    let (roots, mut dependents): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.blocked_by.is_none());
    let mut arranged = Vec::with_capacity(roots.len() + dependents.len());
    for root in roots {
        let id = root.id;
        let last = !arranged.iter().any(|finding: &Finding| finding.id == id);
        arranged.push(root);
        if last {
            follow(&mut arranged, &mut dependents, id);
        }
    }
    // Two that explain each other have no root.
    arranged.append(&mut dependents);
    arranged
}

/// Appends the findings that `cause` explains, and those that they explain. Each call takes some away, so it ends.
fn follow(arranged: &mut Vec<Finding>, dependents: &mut Vec<Finding>, cause: &str) {
    let (mine, others) =
        std::mem::take(dependents).into_iter().partition(|finding| finding.blocked_by == Some(cause));
    *dependents = others;
    let mine: Vec<Finding> = mine;
    let mut ids: Vec<&'static str> = mine.iter().map(|finding| finding.id).collect();
    ids.dedup();
    arranged.extend(mine);
    for id in ids {
        follow(arranged, dependents, id);
    }
}

/// Whether a level is as bad as another, or worse.
pub(super) fn at_least(level: &str, mildest: &str) -> bool {
    rank(LEVELS, level) <= rank(LEVELS, mildest)
}

fn counts(finding: &Finding) -> bool {
    !matches!(finding.level, "info" | "warning")
}

fn rank(order: &[&str], name: &str) -> usize {
    order.iter().position(|known| *known == name).unwrap_or(order.len())
}

const HARMS: &[&str] = &["security", "data-loss", "idp-stops", "spec", "none"];
pub(super) const LEVELS: &[&str] = &["breaks-idp", "must", "should", "warning", "info"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn harm_leads_and_what_follows_from_a_finding_comes_after_it() {
        let findings = [
            sample("list.page-clamped", "info", &[]),
            sample("error.status", "must", &[]),
            sample("filter.user-name-case", "must", &["okta"]),
            sample("patch.op-case", "breaks-idp", &["entra"]),
            sample("user.deactivate-no-effect", "must", &["okta"]),
            sample("filter.ignored", "must", &["okta"]),
        ];
        let arranged = by_harm(findings.into());
        let shown: Vec<_> = arranged.iter().map(|it| (it.id, it.harm, it.blocked_by)).collect();
        assert_eq!(
            shown,
            [
                ("user.deactivate-no-effect", "security", None),
                ("filter.ignored", "security", None),
                ("filter.user-name-case", "data-loss", Some("filter.ignored")),
                ("patch.op-case", "idp-stops", None),
                ("error.status", "spec", None),
                ("list.page-clamped", "none", None),
            ]
        );
    }
}
