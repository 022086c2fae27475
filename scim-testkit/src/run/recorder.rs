//! The wire of a run: sends, records every exchange, and keeps the ledger of what was created.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use secrecy::SecretString;
use serde_json::Value;

use super::{
    cancel::Cancel,
    cleanup::Ledger,
    exchange::Exchange,
    reach::{self, Mask},
    target::{Credentials, Target},
};
use crate::idp::{Answer, BoxFuture, Wire, WireError, WireErrorKind, WireRequest};

/// Sends and records.
pub(super) struct Recorder {
    target: Target,
    cancel: Cancel,
    tap: Option<Tap>,
    /// Where nothing may be written: what stands for the data of the people who are there.
    mask: Option<Mask>,
    /// The exchanges of the current story.
    pub(super) log: Vec<Exchange>,
    /// What this run has created and not yet deleted.
    pub(super) ledger: Ledger,
    /// How many requests were sent in all.
    pub(super) requests: u64,
    /// Sent once, right after the next request of a provider: what happens at the endpoint meanwhile.
    pub(super) interlude: Option<WireRequest>,
}

/// Called with every request before it is sent; `--dry-run` prints them.
pub type Tap = Arc<dyn Fn(&WireRequest) + Send + Sync>;

impl Recorder {
    pub(super) fn new(target: Target, cancel: Cancel, tap: Option<Tap>) -> Self {
        Self {
            target,
            cancel,
            tap,
            mask: None,
            log: Vec::new(),
            ledger: Ledger::default(),
            requests: 0,
            interlude: None,
        }
    }

    /// Sends nothing that writes, and records no data of the people who are there.
    #[must_use]
    pub(super) fn only_reading(mut self) -> Self {
        self.mask = Some(Mask::default());
        self
    }

    /// Whether anything may be written.
    pub(super) fn only_reads(&self) -> bool {
        self.mask.is_some()
    }

    /// Another line to the same endpoint, for requests that are in flight at the same time.
    pub(super) fn fork(&self) -> Self {
        Self {
            target: self.target.clone(),
            cancel: self.cancel.clone(),
            tap: self.tap.clone(),
            mask: self.mask.clone(),
            log: Vec::new(),
            ledger: self.ledger.clone(),
            requests: 0,
            interlude: None,
        }
    }

    /// Takes over what was sent on another line.
    pub(super) fn merge(&mut self, fork: Self) {
        self.log.extend(fork.log);
        self.requests += fork.requests;
        self.ledger.merge(fork.ledger);
    }

    /// The judge's request to create a user.
    pub(super) fn creating(user: &Value) -> WireRequest {
        WireRequest {
            method: Method::POST,
            target: "/Users".to_owned(),
            headers: judge_headers(true),
            body: Some(user.to_string()),
        }
    }

    /// Listens to another switch from now on.
    pub(super) fn rearm(&mut self, cancel: Cancel) {
        self.cancel = cancel;
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Sends what the judge itself wants to know: read-backs, probes, cleanup.
    pub(super) async fn ask(
        &mut self,
        method: Method,
        target: impl Into<String>,
        body: Option<Value>,
    ) -> Result<Answer, WireError> {
        let headers = judge_headers(body.is_some());
        let request =
            WireRequest { method, target: target.into(), headers, body: body.map(|body| body.to_string()) };
        self.exchange(request).await
    }

    /// Sends a body exactly as it is.
    pub(super) async fn ask_raw(
        &mut self,
        method: Method,
        target: String,
        body: String,
    ) -> Result<Answer, WireError> {
        let request = WireRequest { method, target, headers: judge_headers(true), body: Some(body) };
        self.exchange(request).await
    }

    /// Sends a provider's request again, with other headers.
    pub(super) async fn resend(&mut self, request: WireRequest) -> Result<Answer, WireError> {
        self.exchange(request).await
    }

    /// Sends a request with the credentials that it carries itself, and no others.
    pub(super) async fn resend_openly(&mut self, request: WireRequest) -> Result<Answer, WireError> {
        let ours = self.target.clone();
        self.target = ours.clone().without_headers().with_credentials(Credentials::None);
        let answer = self.exchange(request).await;
        self.target = ours;
        answer
    }

    /// Keeps another secret out of reports.
    pub(super) fn hide(&mut self, secret: SecretString) {
        self.target = self.target.clone().hiding(secret);
    }

    /// Sends with other credentials than the run's.
    pub(super) async fn ask_as(
        &mut self,
        credentials: Credentials,
        method: Method,
        target: String,
        body: Option<Value>,
    ) -> Result<Answer, WireError> {
        let ours = self.target.clone();
        // Any extra header may be a credential.
        self.target = ours.clone().without_headers().with_credentials(credentials);
        let answer = self.ask(method, target, body).await;
        self.target = ours;
        answer
    }

    /// The last exchange.
    pub(super) fn last(&self) -> Option<&Exchange> {
        self.log.last()
    }

    async fn exchange(&mut self, request: WireRequest) -> Result<Answer, WireError> {
        if self.cancel.is_set() {
            return Err(interrupted());
        }
        if self.mask.is_some() && !reach::reads(&request.method) {
            return Err(WireError {
                kind: WireErrorKind::ReadOnly,
                message: format!("{} {} was held back: the run only reads", request.method, request.target),
            });
        }
        let url = format!("{}{}", self.target.base(), request.target);
        let mut http = Request::builder()
            .method(request.method.clone())
            .uri(&url)
            .body(request.body.clone().map_or_else(Bytes::new, Bytes::from))
            .map_err(|error| WireError {
                kind: WireErrorKind::Connect,
                message: format!("{url} is not a URL: {error}"),
            })?;
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| broken(&error))?;
            let value = HeaderValue::try_from(value.as_str()).map_err(|error| broken(&error))?;
            http.headers_mut().append(name, value);
        }
        if let Some(tap) = &self.tap {
            tap(&request);
        }
        self.target.authorize(&mut http)?;
        self.requests += 1;
        let transport = self.target.transport().clone();
        let sent = transport.send(http);
        let response = match self.cancel.race(sent).await {
            Some(result) => result,
            None => Err(interrupted()),
        };
        let shown = match &mut self.mask {
            Some(mask) => format!("{}{}", self.target.base(), mask.target(&request.target)),
            None => url.clone(),
        };
        let response = match response {
            Ok(response) => response,
            Err(mut error) => {
                self.ledger.unanswered(&request);
                error.message = format!(
                    "{} {}: {}",
                    request.method,
                    self.target.redactor().text(&shown),
                    self.target.redactor().text(&error.message)
                );
                return Err(error);
            }
        };
        // Told to come back later, and waiting did not help: the endpoint could not be asked.
        let later = response.headers().contains_key(http::header::RETRY_AFTER);
        if response.status() == 429 || (response.status() == 503 && later) {
            self.ledger.unanswered(&request);
            return Err(WireError {
                kind: WireErrorKind::Timeout,
                message: format!(
                    "{} {}: the endpoint asks to come back later ({})",
                    request.method,
                    self.target.redactor().text(&shown),
                    response.status().as_u16()
                ),
            });
        }
        let (parts, body) = response.into_parts();
        let answer = Answer::new(parts.status.as_u16(), parts.headers, body);
        let mut exchange = Exchange { request, url, answer: answer.clone() };
        if let Some(mask) = &mut self.mask {
            mask.hide(&mut exchange);
        }
        self.ledger.note(&exchange);
        self.log.push(exchange);
        Ok(answer)
    }
}

impl Wire for Recorder {
    fn send<'a>(&'a mut self, request: WireRequest) -> BoxFuture<'a, Result<Answer, WireError>> {
        Box::pin(async move {
            if let Some(error) = self.not_ours(&request) {
                return Err(error);
            }
            let answer = self.exchange(request).await?;
            if let Some(interlude) = self.interlude.take() {
                self.exchange(interlude).await?;
            }
            Ok(answer)
        })
    }
}

impl Recorder {
    /// A provider that was told wrong things, as by a filter that is ignored, links to somebody else's account and
    /// overwrites it. On a live endpoint that account is real, so the request is held back.
    fn not_ours(&self, request: &WireRequest) -> Option<WireError> {
        if !matches!(request.method, Method::PUT | Method::PATCH | Method::DELETE) {
            return None;
        }
        let path = request.target.split('?').next().unwrap_or_default();
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (collection, id) = (segments.next()?, segments.next()?);
        let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
        if self.ledger.has(collection, &id) {
            return None;
        }
        Some(WireError {
            kind: WireErrorKind::NotOurs,
            message: format!(
                "{} {path} was held back: this run did not create that resource, the endpoint led the provider to it",
                request.method
            ),
        })
    }
}

fn judge_headers(with_body: bool) -> Vec<(&'static str, String)> {
    let mut headers = vec![("Accept", JUDGE_ACCEPT.to_owned()), ("User-Agent", JUDGE_AGENT.to_owned())];
    if with_body {
        headers.push(("Content-Type", "application/scim+json".to_owned()));
    }
    headers
}

fn interrupted() -> WireError {
    WireError { kind: WireErrorKind::Interrupted, message: "the run was interrupted".to_owned() }
}

fn broken(error: &impl std::fmt::Display) -> WireError {
    WireError { kind: WireErrorKind::Broken, message: error.to_string() }
}

const JUDGE_ACCEPT: &str = "application/scim+json, application/json;q=0.9";
const JUDGE_AGENT: &str = concat!("scim-testkit/", env!("CARGO_PKG_VERSION"));
