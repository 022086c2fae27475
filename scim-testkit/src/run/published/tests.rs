//! The published suites on the mock: an unbroken endpoint passes, a broken one fails with the right cause.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use scim_core::vendor::Profile;
use serde_json::{Value, json};

use super::Published;
use crate::{
    check::by_id,
    provider::{Defect, Liberty, Provider, World},
    report::{Report, Status, human},
    run::{
        Credentials, Run, Target,
        between::{Rewrite, rewriting},
    },
};

/// Plays the suites, and no story.
fn play(provider: Provider, suites: &[Published], rewrite: Rewrite) -> (Report, Arc<Provider>) {
    let provider = Arc::new(provider.with_token(Some("right-token".to_owned().into())));
    let service = rewriting(provider.clone(), rewrite);
    let target = Target::service("http://localhost/scim/v2", service)
        .with_credentials(Credentials::Bearer("right-token".to_owned().into()));
    let run =
        Run::new(target).seed(1).dialects(Vec::new()).suites(Vec::new()).published(suites.to_vec()).run();
    (tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run), provider)
}

fn mock(profile: &str) -> Provider {
    Provider::new(Profile::builtin(profile).unwrap(), World::deterministic())
}

/// What the suites themselves found: the check and its subject.
fn found(report: &Report) -> Vec<String> {
    let suites: Vec<&str> = Published::ALL.iter().map(|suite| suite.id()).collect();
    let mut lines: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.idps.iter().any(|idp| suites.contains(idp)) && finding.level != "info")
        .map(|finding| match &finding.subject {
            Some(subject) if finding.id.contains("step") => format!("{}: {subject}", finding.id),
            _ => finding.id.to_owned(),
        })
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

fn unchanged(_: &Request<Bytes>, _: &mut Response<Bytes>, _: &mut Option<Value>) {}

#[test]
fn every_suite_is_well_formed() {
    let mut stories: Vec<&str> = Vec::new();
    for suite in Published::ALL {
        assert_eq!(Published::from_id(suite.id()), Some(suite));
        assert!(
            !suite.title().is_empty() && !suite.source().is_empty() && !suite.date().is_empty(),
            "{suite}"
        );
        assert!(by_id(suite.step_check().id).is_some(), "{suite}");
        stories.extend(suite.stories().map(|(name, _)| name));
        for step in suite.steps() {
            for id in &step.checks {
                assert!(by_id(id).is_some(), "{suite}, step {}: no check {id:?}", step.step);
            }
        }
        for step in suite.script().groups.iter().flat_map(|group| &group.steps) {
            let name = &step.step;
            let sends = !step.send.is_empty() || step.change.is_some();
            assert_eq!(sends, step.unplayed.is_empty(), "{suite}, step {name}");
            assert!(name.is_empty() || !step.title.is_empty(), "{suite}, step {name}");
            assert!(
                name.is_empty() || step.send.is_empty() || !step.expect.is_empty(),
                "{suite}, step {name}"
            );
            // Without the variables, a body is JSON already.
            let body: Result<Value, _> = serde_json::from_str(&step.body);
            assert!(step.body.is_empty() || body.is_ok(), "{suite}, step {name}: {}", step.body);
        }
    }
    let count = stories.len();
    stories.sort_unstable();
    stories.dedup();
    assert_eq!(stories.len(), count);
}

#[test]
fn the_mock_passes_every_suite_and_is_left_empty() {
    let (report, provider) = play(mock("interop"), &Published::ALL, unchanged);
    assert_eq!(report.findings, [], "{}", human::render(&report, false, 120));
    assert_eq!(report.leftovers, []);
    assert_eq!(provider.snapshot().len(), 0);
    for suite in Published::ALL {
        for (name, _) in suite.stories() {
            let story = report.stories.iter().find(|story| story.story == name).unwrap();
            // The mock has no entitlements, and nobody here has a tenant of Entra ID.
            let skipped = ["entitlements", "logic-app-tenant"].contains(&name);
            let wanted = if skipped { Status::Skipped } else { Status::Passed };
            assert_eq!(story.status, wanted, "{suite}/{name}: {:?}", story.reason);
        }
    }
}

#[test]
fn suites_are_played_when_they_are_named() {
    let (report, _) = play(mock("interop"), &[], unchanged);
    assert_eq!(report.stories, []);
}

/// A defect of the mock, the suite, and what the suite reports.
const NAMED: &[(Defect, Published, &[&str])] = &[
    (Defect::DuplicateAccepted, Published::OktaSpec, &["create.duplicate-accepted"]),
    (Defect::FilterMiss404, Published::OktaSpec, &["filter.miss-status"]),
    (Defect::ListStartIndexString, Published::OktaSpec, &["list.number-type"]),
    (Defect::CreateReturns200, Published::OktaSpec, &["create.status"]),
    (Defect::CreateWithoutBody, Published::OktaSpec, &["create.body"]),
    (
        Defect::CreateLowercasesUserName,
        Published::OktaSpec,
        &["okta-spec.step: 6 (create a user)", "okta-spec.step: 7 (the created user by id)"],
    ),
    (Defect::HtmlErrors, Published::OktaSpec, &["error.body", "okta-spec.step: 11 (a wrong token)"]),
    (Defect::DeactivateDeletes, Published::OktaCrud, &["user.deactivate-deletes"]),
    (Defect::InactiveHidden, Published::OktaCrud, &["filter.inactive-hidden"]),
    (Defect::DeactivateNoEffect, Published::OktaCrud, &["user.deactivate-no-effect"]),
    (Defect::PathlessReplaceIgnored, Published::OktaCrud, &["patch.pathless"]),
    (Defect::PathlessReplaceRefused, Published::OktaCrud, &["patch.pathless"]),
    (Defect::PutRefusesReadOnly, Published::OktaCrud, &["put.read-only-refused"]),
    (Defect::FilterUserNameCaseSensitive, Published::EntraValidator, &["filter.user-name-case"]),
    (Defect::PlusNotDecoded, Published::EntraValidator, &["filter.plus-encoding"]),
    (Defect::DeactivateDeletes, Published::EntraValidator, &["user.deactivate-deletes"]),
    (Defect::InactiveHidden, Published::EntraValidator, &["filter.inactive-hidden"]),
    (Defect::ValuePathCreateRefused, Published::EntraValidator, &["patch.value-path-create"]),
    (
        Defect::RemoveValuePathEmptiesGroup,
        Published::EntraValidator,
        &["patch.members-value-path-empties-group"],
    ),
    (
        Defect::ExtensionDroppedOnCreate,
        Published::EntraValidator,
        &["entra-validator.step: Create a new User: read (every attribute reads back)"],
    ),
    (Defect::ManagerStringRefused, Published::EntraLogicApp, &["patch.manager-string"]),
    (Defect::OpCaseRefused, Published::EntraLogicApp, &["patch.op-case"]),
    (Defect::StartIndexIgnored, Published::EntraLogicApp, &["list.start-index"]),
    (Defect::UrnPathRefused, Published::EntraLogicApp, &["patch.urn-path"]),
];

#[test]
fn a_defect_fails_the_step_that_it_breaks() {
    let mut wrong = Vec::new();
    for (defect, suite, expected) in NAMED {
        let (report, _) = play(mock("interop").with_defect(*defect), &[*suite], unchanged);
        let got = found(&report);
        if got != *expected {
            wrong.push(format!("{} in {suite}: expected {expected:?}, got {got:?}", defect.id()));
        }
        let failed =
            report.stories.iter().any(|story| story.idp == suite.id() && story.status == Status::Failed);
        assert!(failed, "{}", defect.id());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_liberty_fails_a_suite() {
    for liberty in Liberty::ALL {
        let (report, _) = play(mock("interop").with_liberty(*liberty), &Published::ALL, unchanged);
        assert_eq!(found(&report), Vec::<String>::new(), "{}", liberty.id());
    }
}

#[test]
fn okta_passes_a_strict_server_and_microsoft_does_not() {
    let (report, _) = play(mock("rfc"), &Published::ALL, unchanged);
    let found = found(&report);
    assert!(found.iter().all(|line| !line.starts_with("okta")), "{found:?}");
    for line in ["patch.manager-string", "patch.op-case", "patch.value-path-create"] {
        assert!(found.iter().any(|found| found == line), "{found:?}");
    }
}

/// An answer that is changed on its way, the suite, and what the suite reports.
const REWRITTEN: &[(&str, Rewrite, Published, &[&str])] = &[
    (
        "a duplicate is a bad request",
        |_, response, json| {
            if response.status() == StatusCode::CONFLICT {
                *response.status_mut() = StatusCode::BAD_REQUEST;
                if let Some(error) = json {
                    error["status"] = "400".into();
                }
            }
        },
        Published::OktaSpec,
        &["create.duplicate-status"],
    ),
    (
        "an error without detail",
        |_, response, json| {
            if response.status() == StatusCode::NOT_FOUND
                && let Some(Value::Object(error)) = json
            {
                error.shift_remove("detail");
            }
        },
        Published::OktaSpec,
        &["okta-spec.step: 12 (another unknown user by id)", "okta-spec.step: 4 (an unknown user by id)"],
    ),
    (
        "people without family name, which the RFC permits",
        |_, _, json| {
            let Some(Value::Array(list)) = json.as_mut().and_then(|page| page.get_mut("Resources")) else {
                return;
            };
            for name in list.iter_mut().filter_map(|user| user.get_mut("name")?.as_object_mut()) {
                name.shift_remove("familyName");
            }
        },
        Published::OktaSpec,
        &["okta-spec.step: 1 (the users endpoint)"],
    ),
    (
        "no groups in a way that is no SCIM answer",
        |request, response, json| {
            if request.uri().path().ends_with("/Groups") && request.uri().query().is_none() {
                *response.status_mut() = StatusCode::FORBIDDEN;
                *json = Some(json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "403", "detail": "no",
                }));
            }
        },
        Published::OktaSpec,
        &["suite.optional-step: okta-spec, 10 (the groups endpoint)"],
    ),
    (
        "no groups of the same name in a list of schemas",
        |request, _, json| {
            if request.uri().path().ends_with("/Schemas")
                && let Some(list) = json.as_mut().and_then(|page| page["Resources"].as_array_mut())
            {
                list.retain(|schema| schema["id"] != scim_core::urn::ENTERPRISE_USER);
            }
        },
        Published::EntraLogicApp,
        &["entra-logic-app.step: Schema_Discoverability (each attribute of the default mapping)"],
    ),
    (
        "the enterprise extension is not offered, and not stored",
        |request, _, json| {
            if request.uri().path().ends_with("/Schemas")
                && let Some(list) = json.as_mut().and_then(|page| page["Resources"].as_array_mut())
            {
                list.retain(|schema| schema["id"] != scim_core::urn::ENTERPRISE_USER);
            }
            let manager = request.method() == Method::GET;
            for user in json.as_mut().and_then(Value::as_object_mut).filter(|_| !manager).into_iter() {
                user.shift_remove(scim_core::urn::ENTERPRISE_USER);
            }
        },
        Published::EntraValidator,
        &[],
    ),
];

#[test]
fn a_changed_answer_fails_the_step_that_asks_for_it() {
    let mut wrong = Vec::new();
    for (name, rewrite, suite, expected) in REWRITTEN {
        let (report, _) = play(mock("interop"), &[*suite], *rewrite);
        let got = found(&report);
        if got != *expected {
            wrong.push(format!("{name} in {suite}: expected {expected:?}, got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Serves roles, as an endpoint with entitlements does.
fn with_roles(request: &Request<Bytes>, response: &mut Response<Bytes>, json: &mut Option<Value>) {
    let path = request.uri().path();
    if path.ends_with("/ResourceTypes") {
        let listed = json.as_mut().and_then(|page| page["Resources"].as_array_mut()).unwrap();
        listed.push(json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": "Role", "name": "Role", "endpoint": "/Roles", "schema": "urn:okta:scim:schemas:core:1.0:Role",
        }));
    } else if path.ends_with("/Roles") {
        *response.status_mut() = StatusCode::OK;
        *response.headers_mut() = HeaderMap::new();
        response.headers_mut().insert("content-type", "application/scim+json".parse().unwrap());
        *json = Some(json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 2, "startIndex": 1, "itemsPerPage": 1,
            "Resources": [{"id": "1", "displayName": "Admin", "schemas": ["urn:okta:scim:schemas:core:1.0:Role"]}],
        }));
    }
}

#[test]
fn entitlements_are_asked_for_where_there_are_any() {
    let status = |report: &Report| {
        report.stories.iter().find(|story| story.story == "entitlements").map(|story| story.status)
    };
    let (report, _) = play(mock("interop"), &[Published::OktaEntitlements], with_roles);
    assert_eq!((found(&report), status(&report)), (Vec::new(), Some(Status::Passed)));
    let (report, _) = play(mock("interop"), &[Published::OktaEntitlements], |request, response, json| {
        with_roles(request, response, json);
        if let Some(page) = json.as_mut().filter(|_| request.uri().path().ends_with("/Roles")) {
            page["itemsPerPage"] = 2.into();
        }
    });
    assert_eq!(found(&report), ["okta-entitlements.step: entitlement endpoint (one entitlement)"]);
    assert_eq!(status(&report), Some(Status::Failed));
}

#[test]
fn other_peoples_accounts_are_not_touched() {
    let provider = mock("interop").with_defect(Defect::FilterIgnored);
    let mut request = Request::post("http://localhost/scim/v2/Users");
    request.headers_mut().unwrap().insert("content-type", "application/scim+json".parse().unwrap());
    let body = json!({"schemas": [scim_core::urn::USER], "userName": "real@example.com", "active": true});
    provider.handle(&request.body(Bytes::from(body.to_string())).unwrap());
    let before = provider.snapshot();
    assert_eq!(before.len(), 1);
    let (report, provider) = play(provider, &Published::ALL, unchanged);
    assert_eq!(report.error, None);
    assert_eq!(provider.snapshot(), before);
    assert!(found(&report).iter().any(|line| line == "filter.ignored"), "{:?}", found(&report));
}
