//! Runs of the providers that a run does not play by itself.

use std::sync::Arc;

use scim_core::vendor::Profile;

use super::{
    Run, Target,
    freedoms::{FREEDOMS, play_as},
};
use crate::{
    idp::{Dialect, Family},
    provider::{Defect, Liberty, Provider, World},
    report::{Report, Status, human},
    serve::ProviderService,
    story::Story,
};

/// All but `OneLogin`, which needs an endpoint that takes any schema.
fn others() -> Vec<Dialect> {
    let other = |dialect: &Dialect| dialect.family() == Family::Other && *dialect != Dialect::Onelogin;
    Dialect::ALL.iter().copied().filter(other).collect()
}

/// One that goes by the configuration, one in plain RFC form.
fn sample() -> Vec<Dialect> {
    vec![Dialect::Cyberark, Dialect::Authentik]
}

fn play(provider: Provider, dialects: Vec<Dialect>) -> Report {
    let target = Target::service("http://localhost/scim/v2", ProviderService(Arc::new(provider)));
    let run = Run::new(target).stories(Story::small()).seed(1).dialects(dialects).run();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

fn mock() -> Provider {
    Provider::new(Profile::builtin("interop").unwrap(), World::deterministic())
}

fn ids(report: &Report) -> Vec<&'static str> {
    report.findings.iter().filter(|finding| finding.level != "info").map(|finding| finding.id).collect()
}

#[test]
fn interop_is_clean_for_every_provider() {
    let report = play(mock(), others());
    assert_eq!(report.findings, [], "{}", human::render(&report, false, 120));
    assert_eq!(report.leftovers, []);
    for story in &report.stories {
        let broken = matches!(story.status, Status::Failed | Status::Error);
        assert!(!broken, "{} {}: {:?}", story.idp, story.story, story.reason);
    }
    for dialect in others() {
        let mut stories = report.stories.iter().filter(|story| story.idp == dialect.id());
        assert!(stories.any(|story| story.story == "hire" && story.status == Status::Passed), "{dialect}");
    }
}

#[test]
fn an_endpoint_that_knows_its_own_schemas_only_refuses_onelogin() {
    let report = play(mock(), vec![Dialect::Onelogin]);
    for finding in &report.findings {
        assert!(["create.refused", "put.refused"].contains(&finding.id), "{finding:?}");
        assert_eq!(finding.level, "warning", "what is inferred does not fail a run: {finding:?}");
    }
}

#[test]
fn what_the_rfc_leaves_to_the_server_is_no_finding() {
    for liberty in Liberty::ALL {
        let report = play(mock().with_liberty(*liberty), sample());
        assert_eq!(ids(&report), [""; 0], "{}: {}", liberty.id(), human::render(&report, false, 120));
    }
}

#[test]
fn only_those_who_read_the_discovery_documents_miss_them() {
    let (_, rewrite) = FREEDOMS.iter().find(|(name, _)| *name == "no discovery documents").unwrap();
    let report =
        play_as(*rewrite, vec![Dialect::Ping, Dialect::Cyberark, Dialect::Authentik, Dialect::AuthentikAws]);
    for finding in report.findings.iter().filter(|finding| finding.level != "info") {
        assert_eq!(finding.id, "idp.gives-up", "{finding:?}");
        assert_eq!(finding.subject.as_deref(), Some("/ServiceProviderConfig"), "{finding:?}");
        let needy = ["cyberark", "authentik", "authentik-aws"];
        assert!(finding.idps.iter().all(|idp| needy.contains(idp)), "{finding:?}");
    }
    assert!(ids(&report).contains(&"idp.gives-up"));
}

#[test]
fn they_find_what_they_trip_over() {
    for (defect, dialect, expected) in [
        (Defect::RemoveWithValueEmptiesGroup, Dialect::Authentik, "patch.members-remove-empties-group"),
        (Defect::BoolStringRefused, Dialect::KeycloakPatch, "patch.boolean-string"),
        (Defect::PutIgnoredActive, Dialect::Ping, "put.active-ignored"),
        (Defect::PutIgnoredActive, Dialect::Keycloak, "put.active-ignored"),
        (Defect::GroupsPutIgnoresMembers, Dialect::AuthentikNoConfig, "put.group-members-ignored"),
        (Defect::PathlessReplaceRefused, Dialect::Authentik, "patch.pathless"),
        (Defect::PlusNotDecoded, Dialect::Onelogin, "filter.plus-encoding"),
    ] {
        let report = play(mock().with_defect(defect), vec![dialect]);
        let found: Vec<&str> = report.findings.iter().map(|finding| finding.id).collect();
        assert!(found.contains(&expected), "{dialect} on {}: {found:?}", defect.id());
    }
}
