//! The test engine inside somebody's own `cargo test`: against an axum application in memory.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use futures_util::FutureExt;
use scim_core::vendor::Profile;
use scim_testkit::{
    Dialect, Run, Suite, Target,
    provider::{Provider, World},
};

/// An application of somebody's own: axum in front, and here the mock in the place of a database.
fn application(profile: &str) -> Router {
    let profile = Profile::builtin(profile).expect("it is built in");
    let provider = Arc::new(Provider::new(profile, World::deterministic()));
    Router::new().fallback(answer).with_state(provider)
}

async fn answer(State(provider): State<Arc<Provider>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.expect("the run sends little");
    provider.handle(&Request::from_parts(head, body)).map(Body::from)
}

fn run(profile: &str) -> Run {
    let target = Target::app("http://localhost/scim/v2", application(profile));
    Run::new(target).seed(1).idp(Dialect::Okta).idp(Dialect::Entra).suite(Suite::Rfc)
}

#[tokio::test]
async fn a_right_application_is_clean() {
    let report = run("interop").run().await;
    report.assert_clean();
    assert!(report.stories.iter().any(|story| story.idp == "rfc"));
    assert!(report.stories.iter().all(|story| ["okta", "entra", "rfc"].contains(&story.idp.as_str())));
}

#[tokio::test]
async fn the_message_of_a_failure_reads_as_the_command_line_does() {
    let report = run("rfc").run().await;
    let panic = AssertUnwindSafe(async { report.assert_clean() }).catch_unwind().await.expect_err("it fails");
    let message = panic.downcast_ref::<String>().expect("text");
    for part in ["breaks entra  patch.op-case", "expected", "rule", "fix", "does not conform: "] {
        assert!(message.contains(part), "{part}:\n{message}");
    }
}
