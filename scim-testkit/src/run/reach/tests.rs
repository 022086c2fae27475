//! Runs that only read: what they send, what they find, and what they do not tell.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use scim_core::urn;
use serde_json::{Value, json};

use crate::{
    idp::WireRequest,
    report::{Report, human},
    run::{
        Cancel, Published, Reach, Run, Suite,
        recorder::Recorder,
        security::tests::{Rule, Wire, finished, run_on},
    },
};

fn people(wire: &Arc<Wire>) {
    for (name, family) in
        [("ada", "Lovelace"), ("grace", "Hopper"), ("edsger", "Dijkstra"), ("barbara", "Liskov")]
    {
        let body = json!({
            "schemas": [urn::USER, urn::ENTERPRISE_USER],
            "userName": format!("{name}@private.example"),
            "externalId": format!("{family}-1815"),
            "name": {"givenName": name, "familyName": family},
            "emails": [{"value": format!("{name}@private.example"), "type": "work", "primary": true}],
            "active": true,
            urn::ENTERPRISE_USER: {"department": "Engines"},
        });
        assert_eq!(wire.pass(&posted("/Users", &body)).status(), 201);
    }
    let body = json!({"schemas": [urn::GROUP], "displayName": "Pioneers"});
    assert_eq!(wire.pass(&posted("/Groups", &body)).status(), 201);
}

fn posted(path: &str, body: &Value) -> Request<Bytes> {
    let request = Request::post(format!("http://localhost/scim/v2{path}"))
        .header(header::AUTHORIZATION, crate::run::security::tests::bearer())
        .header(header::CONTENT_TYPE, "application/scim+json");
    request.body(Bytes::from(body.to_string())).unwrap()
}

fn play_on(wire: &Arc<Wire>, rule: Rule, change: fn(Run) -> Run) -> Report {
    let report = finished(change(run_on(wire, rule)));
    let sent = wire.sent.lock().unwrap();
    assert!(sent.iter().all(|(method, _)| method == Method::GET), "{sent:?}");
    report
}

fn safely(rule: Rule) -> Report {
    let wire = Arc::new(Wire::new("interop"));
    people(&wire);
    play_on(&wire, rule, |run| {
        run.suites(vec![Suite::Idp, Suite::Rfc, Suite::Security])
            .published(vec![Published::OktaSpec])
            .reach(Reach::Safe)
    })
}

fn edited(mut response: Response<Bytes>, edit: impl FnOnce(&mut Value)) -> Response<Bytes> {
    if let Ok(mut json) = serde_json::from_slice(response.body()) {
        edit(&mut json);
        *response.body_mut() = Bytes::from(Value::to_string(&json));
    }
    response
}

fn query(request: &Request<Bytes>) -> &str {
    request.uri().query().unwrap_or_default()
}

/// The request with a part of its address changed.
fn asked(request: &Request<Bytes>, from: &str, to: &str) -> Request<Bytes> {
    let uri = request.uri().to_string().replace(from, to);
    let mut other = Request::builder().method(request.method()).uri(uri).body(Bytes::new()).unwrap();
    *other.headers_mut() = request.headers().clone();
    other
}

const DEFECTS: &[(&str, &str, Rule)] = &[
    ("filters are ignored", "filter.ignored", |wire, request| wire.pass(&asked(&request, "filter=", "x="))),
    ("filters find nobody", "filter.no-match", |wire, request| {
        wire.pass(&asked(&request, "userName%20eq%20%22", "userName%20eq%20%22no-"))
    }),
    ("userName is case-sensitive", "filter.user-name-case", |wire, request| {
        let shouted = query(&request).contains("PRIVATE");
        if shouted { wire.pass(&asked(&request, "PRIVATE", "nowhere")) } else { wire.pass(&request) }
    }),
    ("externalId is not searched", "filter.external-id", |wire, request| {
        wire.pass(&asked(&request, "externalId%20eq%20%22", "externalId%20eq%20%22no-"))
    }),
    ("groups are not found", "filter.no-match", |wire, request| {
        wire.pass(&asked(&request, "displayName%20eq%20%22", "displayName%20eq%20%22no-"))
    }),
    ("a miss is 404", "filter.miss-status", |wire, request| {
        let response = wire.pass(&request);
        let nobody = query(&request).contains("nobody") && response.status() == 200;
        if nobody { wire.pass(&asked(&request, "/Users", "/Users/none")) } else { response }
    }),
    ("a malformed filter is no filter", "filter.malformed-accepted", |wire, request| {
        let response = wire.pass(&request);
        if response.status() == 400 { wire.pass(&asked(&request, "filter=", "x=")) } else { response }
    }),
    ("attributes are not selected", "resource.projection", |wire, request| {
        wire.pass(&asked(&request, "attributes=userName", "x=1"))
    }),
    ("startIndex is ignored", "list.start-index", |wire, request| {
        wire.pass(&asked(&request, "startIndex=3", "startIndex=1"))
    }),
    ("beyond the end is an error", "list.beyond-end", |wire, request| {
        let beyond = query(&request).contains("startIndex=2000000000");
        if beyond { wire.pass(&asked(&request, "/Users", "/Users/none")) } else { wire.pass(&request) }
    }),
    ("totals are text", "list.number-type", |wire, request| {
        edited(wire.pass(&request), |json| {
            if json["totalResults"].is_number() {
                json["totalResults"] = json["totalResults"].to_string().into();
            }
        })
    }),
    ("e-mail addresses are text", "resource.attribute-type", |wire, request| {
        edited(wire.pass(&request), |json| {
            if json["userName"].is_string() {
                json["emails"] = json!([json["userName"]]);
            }
        })
    }),
    ("listed users cannot be read", "user.not-readable", |wire, request| {
        let one = request.uri().path().contains("/Users/");
        if one { wire.pass(&asked(&request, "/Users/", "/Users/none")) } else { wire.pass(&request) }
    }),
    ("an unknown id is 400", "resource.unknown-id-status", |wire, request| {
        let mut response = wire.pass(&request);
        if response.status() == 404 {
            *response.status_mut() = http::StatusCode::BAD_REQUEST;
        }
        response
    }),
    ("anyone may read", "auth.not-enforced", |wire, mut request| {
        request.headers_mut().insert(header::AUTHORIZATION, crate::run::security::tests::bearer());
        wire.pass(&request)
    }),
    ("a document is missing its fields", "discovery.config-fields", |wire, request| {
        edited(wire.pass(&request), |json| {
            if let Some(config) = json.as_object_mut() {
                config.shift_remove("changePassword");
            }
        })
    }),
];

#[test]
fn a_run_that_only_reads_finds_what_reading_shows_and_tells_nothing_of_people() {
    let mut wrong = Vec::new();
    for (name, id, rule) in DEFECTS {
        let report = safely(*rule);
        let json = report.to_json();
        if !report.findings.iter().any(|finding| finding.id == *id) {
            wrong.push(format!("{name}: no {id}\n{}", human::render(&report, false, 120)));
        }
        let lower = json.to_lowercase().replace("%40", "@");
        for private in ["ada@", "grace", "lovelace", "hopper", "private", "1815", "engines", "pioneers"] {
            if lower.contains(private) {
                wrong.push(format!("{name}: {private} is told\n{json}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_endpoint_without_defects_is_clean() {
    for profile in ["interop", "rfc"] {
        let wire = Arc::new(Wire::new(profile));
        people(&wire);
        let before = wire.sent.lock().unwrap().len();
        let report = play_on(&wire, |wire, request| wire.pass(&request), |run| run.reach(Reach::Safe));
        let text = human::render(&report, false, 120);
        assert!(report.findings.is_empty() && report.error.is_none(), "{profile}: {text}");
        assert_eq!((report.summary.failed, report.summary.passed), (0, 9), "{text}");
        let why = |story: &crate::report::StoryReport| story.reason.clone().unwrap_or_default();
        let skipped = report.stories.iter().filter(|story| story.idp != "rfc");
        assert!(
            skipped.clone().count() > 20 && skipped.map(why).all(|why| why == super::ONLY_READS),
            "{text}"
        );
        assert!(wire.sent.lock().unwrap().len() - before < 80);
    }
}

#[test]
fn an_empty_endpoint_is_no_reason_to_complain() {
    let wire = Arc::new(Wire::new("interop"));
    let report = play_on(
        &wire,
        |wire, request| wire.pass(&request),
        |run| run.reach(Reach::Safe).suites(vec![Suite::Rfc]),
    );
    let text = human::render(&report, false, 120);
    assert!(report.findings.is_empty() && report.error.is_none(), "{text}");
    assert_eq!(report.summary.skipped, 5, "{text}");
}

/// Between any two requests somebody leaves.
#[test]
fn a_list_that_changes_while_it_is_read_is_not_wrong() {
    let wire = Arc::new(Wire::new("interop"));
    people(&wire);
    let rule: Rule = |wire, request| {
        let response = wire.pass(&request);
        let list = asked(&request, request.uri().path(), "/scim/v2/Users");
        let all: Value = serde_json::from_slice(wire.pass(&list).body()).unwrap_or_default();
        if let Some(id) = all["Resources"][0]["id"].as_str() {
            let mut gone =
                Request::delete(format!("http://localhost/scim/v2/Users/{id}")).body(Bytes::new()).unwrap();
            *gone.headers_mut() = request.headers().clone();
            wire.pass(&gone);
        }
        response
    };
    let report = play_on(&wire, rule, |run| run.reach(Reach::Safe).suites(vec![Suite::Rfc]));
    assert!(report.findings.is_empty(), "{}", human::render(&report, false, 120));
}

#[test]
fn a_probe_asks_little_and_says_what_is_offered() {
    let wire = Arc::new(Wire::new("interop"));
    people(&wire);
    let report = play_on(
        &wire,
        |wire, request| wire.pass(&request),
        |run| {
            run.reach(Reach::Probe)
                .suites(vec![Suite::Idp, Suite::Rfc, Suite::Security])
                .published(Published::ALL.to_vec())
        },
    );
    assert!(report.findings.is_empty() && report.error.is_none());
    assert!(report.summary.requests <= 10, "{}", report.summary.requests);
    let [story] = report.stories.as_slice() else { panic!("{:?}", report.stories) };
    for line in [
        "patch: supported",
        "authentication: oauthbearertoken",
        "resource types: User, Group",
        "groups: there are",
    ] {
        assert!(story.confirmed.iter().any(|said| said.starts_with(line)), "{line}: {:?}", story.confirmed);
    }
}

#[test]
fn the_recorder_holds_back_whatever_writes() {
    let wire = Arc::new(Wire::new("interop"));
    let target = run_on(&wire, |wire, request| wire.pass(&request)).target;
    let mut recorder = Recorder::new(target, Cancel::default(), None).only_reading();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for method in
        [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::from_bytes(b"QUERY").unwrap()]
    {
        let request =
            WireRequest { method, target: "/Users/.search".to_owned(), headers: Vec::new(), body: None };
        let held = runtime.block_on(recorder.fork().resend(request.clone())).unwrap_err();
        assert_eq!(runtime.block_on(recorder.resend(request.clone())).unwrap_err(), held);
        let told = format!("{} /Users/.search was held back: the run only reads", request.method);
        assert_eq!(held.message, told);
    }
    assert!(wire.sent.lock().unwrap().is_empty());
}
