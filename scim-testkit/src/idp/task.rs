//! What a provider is doing, so that it can say so when it gives up.

use http::StatusCode;
use serde_json::Value;

use super::{Answer, GivesUp, Step, Stop};

/// One thing a provider is doing.
pub(super) struct Task {
    at: Step,
    failed: String,
}

impl Task {
    /// `failed` is what the administrator reads first, such as `cannot create ada@example.com`.
    pub(super) fn new(at: Step, failed: impl Into<String>) -> Self {
        Self { at, failed: failed.into() }
    }

    /// The provider gives up because of what the answer says.
    pub(super) fn refused(&self, answer: &Answer) -> Stop {
        let reason = StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
        let says = format!("{} {}", answer.status, reason.unwrap_or("(no standard meaning)"));
        let report = match &answer.json {
            Some(error) => error
                .get("detail")
                .and_then(Value::as_str)
                .map(|detail| format!(" (the endpoint reports: {detail})"))
                .unwrap_or_default(),
            None if answer.body.is_empty() => String::new(),
            None => " (the endpoint's report is not JSON, so its cause stays hidden)".to_owned(),
        };
        self.gave(answer, format!("{says}{report}"))
    }

    /// The provider gives up because it cannot use the answer.
    pub(super) fn unusable(&self, answer: &Answer, why: &str) -> Stop {
        self.gave(answer, why.to_owned())
    }

    /// The answer's body as a JSON object.
    pub(super) fn object<'a>(&self, answer: &'a Answer) -> Result<&'a Value, Stop> {
        match &answer.json {
            Some(body) if body.is_object() => Ok(body),
            Some(_) => Err(self.unusable(answer, "the answer is not a JSON object")),
            None if answer.body.is_empty() => Err(self.unusable(answer, "the answer is empty")),
            None => Err(self.unusable(answer, "the answer is not JSON")),
        }
    }

    /// The `id` of a resource in the answer.
    pub(super) fn id(&self, answer: &Answer, resource: &Value) -> Result<String, Stop> {
        match resource.get("id").and_then(Value::as_str) {
            Some(id) if !id.is_empty() => Ok(id.to_owned()),
            _ => Err(self.unusable(answer, "the resource has no id that is a non-empty string")),
        }
    }

    fn gave(&self, answer: &Answer, why: String) -> Stop {
        Stop::Gave(GivesUp {
            at: self.at,
            says: format!("{}: {why}", self.failed),
            status: Some(answer.status),
        })
    }
}
