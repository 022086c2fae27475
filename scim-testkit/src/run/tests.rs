//! Runs against the mock in memory: an unbroken endpoint has no findings, a broken one has the right one.

use std::sync::Arc;

use scim_core::vendor::Profile;

use super::{Run, Target};
use crate::{
    provider::{Defect, Liberty, Provider, World},
    report::{Report, Status, human},
    serve::ProviderService,
    story::Story,
};

fn play(provider: Provider, vendor: Option<Profile>) -> Report {
    play_stories(provider, vendor, Story::small())
}

fn play_stories(provider: Provider, vendor: Option<Profile>, stories: Vec<Story>) -> Report {
    let target = Target::service("http://localhost/scim/v2", ProviderService(Arc::new(provider)));
    let mut run = Run::new(target).stories(stories).seed(1);
    if let Some(vendor) = vendor {
        run = run.vendor(vendor);
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run.run())
}

fn mock(profile: &str) -> Provider {
    Provider::new(Profile::builtin(profile).unwrap(), World::deterministic())
}

fn ids(report: &Report, info: bool) -> Vec<&'static str> {
    let mut ids: Vec<&'static str> = report
        .findings
        .iter()
        .filter(|finding| info || finding.level != "info")
        .map(|finding| finding.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[test]
fn interop_is_clean() {
    let report = play_stories(mock("interop"), None, Story::builtin());
    report.assert_clean();
    assert_eq!(report.findings, []);
    assert!(report.summary.requests < 4_400, "{} requests", report.summary.requests);
    assert_eq!(report.leftovers, []);
}

#[test]
fn a_run_leaves_nothing_behind() {
    let provider = Arc::new(mock("interop"));
    let target = Target::service("http://localhost/scim/v2", ProviderService(provider.clone()));
    let run = Run::new(target).seed(1).run();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run);
    assert_eq!(provider.snapshot().len(), 0);
}

#[test]
fn a_strict_server_lacks_exactly_what_entra_needs() {
    let report = play(mock("rfc"), None);
    assert_eq!(
        ids(&report, true),
        [
            "patch.boolean-string",
            "patch.dotted-keys",
            "patch.manager-string",
            "patch.members-remove-empties-group",
            "patch.op-case",
            "patch.urn-keys",
            "patch.value-path-create",
        ],
        "{}",
        human::render(&report, false, 120)
    );
    for finding in &report.findings {
        assert_eq!(finding.level, "breaks-idp", "{}", finding.id);
        assert!(
            finding.idps.iter().all(|idp| idp.starts_with("entra")),
            "{}: {:?}",
            finding.id,
            finding.idps
        );
    }
    let okta = report.stories.iter().filter(|story| story.idp.starts_with("okta"));
    assert!(okta.clone().count() > 30);
    for story in okta {
        assert_ne!(story.status, Status::Failed, "{}/{}: {:?}", story.idp, story.story, story.reason);
    }
}

#[test]
fn hubspot_maps_titles_to_roles_and_deletes_on_deactivation() {
    let profile = Profile::builtin("hubspot").unwrap();
    let report = play(mock("hubspot"), Some(profile));
    report.assert_clean();
    let confirmed: Vec<&String> = report.stories.iter().flat_map(|story| &story.confirmed).collect();
    for line in [
        "vendor.role: title \"Sales Rep\" gives Sales Rep",
        "vendor.role: title \"Marketing Manager\" gives Marketing Manager",
        "vendor.role: title \"Keeper of the Engine\" gives View Only",
        "vendor.deactivate: the account is gone",
    ] {
        assert!(confirmed.iter().any(|confirmed| *confirmed == line), "{line} not in {confirmed:?}");
    }
}

#[test]
fn an_endpoint_that_is_not_hubspot_fails_hubspots_expectations() {
    let report = play(mock("interop"), Some(Profile::builtin("hubspot").unwrap()));
    let found = ids(&report, false);
    assert_eq!(found, ["vendor.deactivate", "vendor.role"], "{}", human::render(&report, false, 120));
}

/// Each defect, the finding that names its cause, and whatever else rightly follows from it.
const NAMED: &[(Defect, &[&str])] = &[
    (Defect::OpCaseRefused, &["patch.op-case"]),
    (Defect::BoolStringRefused, &["patch.boolean-string"]),
    (
        Defect::BoolStringStoredAsText,
        &["patch.boolean-string", "resource.active-missing", "resource.attribute-type"],
    ),
    (Defect::RemoveWithValueEmptiesGroup, &["patch.members-remove-empties-group"]),
    (Defect::RemoveWithValueRefused, &["patch.members-remove-value"]),
    (Defect::RemoveValuePathIgnored, &["patch.members-remove-value-path"]),
    (Defect::RemoveValuePathEmptiesGroup, &["patch.members-value-path-empties-group"]),
    (Defect::PathlessReplaceIgnored, &["patch.pathless"]),
    (Defect::PathlessReplaceRefused, &["patch.pathless"]),
    (Defect::DottedKeysIgnored, &["patch.dotted-keys"]),
    (Defect::DottedKeysLiteral, &["patch.dotted-keys"]),
    (Defect::ValuePathCreateRefused, &["patch.value-path-create"]),
    (Defect::ValuePathIgnored, &["patch.value-path"]),
    (Defect::UrnPathRefused, &["patch.urn-path"]),
    (Defect::ManagerStringRefused, &["patch.manager-string"]),
    (Defect::FilterUserNameCaseSensitive, &["filter.user-name-case"]),
    (Defect::FilterIgnored, &["filter.ignored"]),
    (Defect::FilterMiss404, &["filter.miss-status"]),
    (Defect::FilterUnknownAttrEmpty, &["filter.external-id"]),
    (Defect::PlusNotDecoded, &["filter.plus-encoding"]),
    (Defect::ListStartIndexString, &["list.number-type"]),
    (Defect::TotalResultsIsPageLength, &["list.total-results"]),
    (Defect::StartIndexIgnored, &["list.start-index"]),
    (Defect::ItemsPerPageRequested, &["list.items-per-page"]),
    (Defect::DeactivateNoEffect, &["put.active-ignored", "user.deactivate-no-effect"]),
    (Defect::InactiveHidden, &["filter.inactive-hidden"]),
    (Defect::DeactivateDeletes, &["user.deactivate-deletes"]),
    (Defect::PutDropsExtension, &["put.drops-extension"]),
    (Defect::PutIgnoredActive, &["put.active-ignored"]),
    (Defect::PutChangesId, &["resource.id-changed"]),
    (Defect::PutRefusesReadOnly, &["put.read-only-refused"]),
    (Defect::MembersDroppedOnRename, &["patch.rename-drops-members"]),
    (Defect::GroupAddReplaces, &["patch.members-add-replaces"]),
    (Defect::GroupAddExisting409, &["patch.members-add-existing"]),
    (Defect::ReplaceMembersEmptyRefused, &["patch.members-replace-empty"]),
    (Defect::GroupReplaceReadOnlyIdRefused, &["patch.group-id-in-value"]),
    (Defect::OnlyFirstOperation, &["patch.only-first-operation"]),
    (Defect::CreateReturns200, &["create.status"]),
    (Defect::CreateWithoutBody, &["create.body"]),
    (Defect::CreateWithoutLocation, &["create.location"]),
    (Defect::DuplicateAccepted, &["create.duplicate-accepted"]),
    (Defect::ExtensionDroppedOnCreate, &["user.extension-dropped"]),
    (Defect::TitleDropped, &["put.attribute-ignored", "user.attribute-lost"]),
    (Defect::PasswordReturned, &["resource.password-returned"]),
    (Defect::HtmlErrors, &["error.body"]),
    (Defect::ErrorStatusNumber, &["error.status"]),
    (Defect::IdNumber, &["resource.id"]),
    (Defect::ExcludedAttributesIgnored, &["filter.excluded-attributes", "resource.projection"]),
    (Defect::GroupsPutIgnoresMembers, &["put.group-members-ignored"]),
    (Defect::DeleteNoEffect, &["delete.no-effect"]),
    (Defect::DeletedStillListed, &["list.deleted-resource"]),
    (Defect::ContentTypeHtml, &["http.content-type"]),
    (Defect::GroupCreateDropsMembers, &["group.members-on-create"]),
    (Defect::GroupExternalIdIgnored, &["group.external-id-lost"]),
    (Defect::GroupExternalIdRefused, &["patch.group-external-id"]),
    (Defect::ManagerRemoveIgnored, &["patch.manager-remove"]),
    (Defect::MembersShownTwo, &["group.members-partial"]),
    (Defect::PatchDropsUnnamed, &["user.attribute-lost"]),
    (Defect::MembersNeverReturned, &["group.members-not-returned"]),
];

#[test]
fn every_defect_is_named() {
    let mut wrong = Vec::new();
    for (defect, expected) in NAMED {
        let report = play(mock("interop").with_defect(*defect), None);
        let found = ids(&report, false);
        if found != *expected {
            wrong.push(format!("{}: expected {expected:?}, got {found:?}", defect.id()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Defects that are reported in another way than by a single cause.
const OTHERWISE: &[Defect] =
    &[Defect::PatchUserNoEffect, Defect::CreateLowercasesUserName, Defect::LargeGroupCut];

#[test]
fn every_defect_is_covered() {
    for defect in Defect::ALL {
        assert!(
            NAMED.iter().any(|(named, _)| named == defect) || OTHERWISE.contains(defect),
            "{} has no expectation",
            defect.id()
        );
    }
    let dead_patch = ids(&play(mock("interop").with_defect(Defect::PatchUserNoEffect), None), false);
    assert!(dead_patch.contains(&"patch.replace") && dead_patch.contains(&"user.deactivate-no-effect"));
    let cut = play_stories(mock("interop").with_defect(Defect::LargeGroupCut), None, crowded());
    assert_eq!(
        ids(&cut, false),
        ["group.members-lost", "group.members-on-create", "put.group-members-ignored"],
        "{}",
        human::render(&cut, false, 120)
    );
    let lower = play(mock("interop").with_defect(Defect::CreateLowercasesUserName), None);
    assert_eq!((ids(&lower, true), ids(&lower, false)), (vec!["user.name-case"], vec![]));
}

/// The stories with a crowd in them, but for those that a run does not play unless it is asked to.
fn crowded() -> Vec<Story> {
    let small = Story::small();
    Story::builtin().into_iter().filter(|story| !small.contains(story)).collect()
}

#[test]
fn a_large_group_may_show_a_part_of_its_members() {
    let cut = play_stories(mock("interop").with_liberty(Liberty::MembersShownHundred), None, crowded());
    assert_eq!((ids(&cut, true), ids(&cut, false)), (vec!["group.members-cut"], vec![]));
}

#[test]
fn a_thousand_members_only_if_asked() {
    let target = Target::service("http://localhost/scim/v2", ProviderService(Arc::new(mock("interop"))));
    let plan = |large: bool| {
        let plan = Run::new(target.clone()).large(large).plan();
        plan.into_iter()
            .filter(|planned| planned.story == "push-thousand-members")
            .map(|it| it.skip.is_some())
    };
    assert!(plan(false).all(|skipped| skipped));
    assert!(plan(true).all(|skipped| !skipped));
}

#[test]
fn no_liberty_is_worse_than_information() {
    for liberty in Liberty::ALL {
        let report = play(mock("interop").with_liberty(*liberty), None);
        assert_eq!(ids(&report, false), Vec::<&str>::new(), "{}", liberty.id());
    }
}
