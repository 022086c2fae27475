//! Requests that are in flight at the same time, on a server that reads, thinks and writes back.

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc, task::Poll};

use bytes::Bytes;
use http::{Method, Request, Response};
use scim_core::vendor::Profile;
use serde_json::{Value, json};

use super::{Run, Suite, Target};
use crate::{
    idp::Dialect,
    provider::{Provider, World},
    report::{Report, human},
    story::Story,
};

/// Reads a group's members, lets others work, and writes back what it had read with what the PATCH adds.
#[derive(Clone)]
struct Forgetful {
    provider: Arc<Provider>,
    /// Whether it writes back the old list; else it only takes its time.
    forgets: bool,
}

impl Forgetful {
    fn members(&self, path: &str) -> Vec<Value> {
        let request = Request::get(path).body(Bytes::new()).unwrap();
        let group: Value = serde_json::from_slice(self.provider.handle(&request).body()).unwrap_or_default();
        group.get("members").and_then(Value::as_array).cloned().unwrap_or_default()
    }
}

impl tower_service::Service<Request<Bytes>> for Forgetful {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let adds = request.method() == Method::PATCH && path.contains("/Groups/");
            if !adds {
                return Ok(server.provider.handle(&request));
            }
            let mut list = server.members(&path);
            tokio::task::yield_now().await;
            let response = server.provider.handle(&request);
            let message: Value = serde_json::from_slice(request.body()).unwrap_or_default();
            let added = message.pointer("/Operations/0/value").and_then(Value::as_array).cloned();
            let op = message.pointer("/Operations/0/op").and_then(Value::as_str).unwrap_or_default();
            let grows = op.eq_ignore_ascii_case("add");
            if let Some(added) = added.filter(|_| grows && server.forgets && response.status().is_success()) {
                list.retain(|member| added.iter().all(|new| new["value"] != member["value"]));
                list.extend(added.iter().map(|member| json!({"value": member["value"]})));
                let list: Vec<Value> = list.iter().map(|member| json!({"value": member["value"]})).collect();
                let body = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                    "Operations": [{"op": "replace", "path": "members", "value": list}],
                });
                let (mut parts, _) = request.into_parts();
                parts.headers.remove(http::header::IF_MATCH);
                server.provider.handle(&Request::from_parts(parts, Bytes::from(body.to_string())));
            }
            Ok(response)
        })
    }
}

fn play(forgets: bool) -> Report {
    let provider = Arc::new(Provider::new(Profile::builtin("interop").unwrap(), World::deterministic()));
    let target = Target::service("http://localhost/scim/v2", Forgetful { provider, forgets });
    let stories = Story::builtin().into_iter().filter(|story| story.name == "join-at-once").collect();
    let run = Run::new(target)
        .stories(stories)
        .dialects(vec![Dialect::Okta, Dialect::Entra])
        .suites(vec![Suite::Idp])
        .seed(1);
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run.run())
}

#[test]
fn members_that_are_lost_between_requests_are_found() {
    let report = play(true);
    let found: Vec<&str> = report.findings.iter().map(|finding| finding.id).collect();
    assert_eq!(found, ["group.concurrent-changes-lost"], "{}", human::render(&report, false, 120));
}

#[test]
fn a_server_that_takes_its_time_is_right() {
    let report = play(false);
    assert_eq!(report.findings, [], "{}", human::render(&report, false, 120));
}
