//! One request and its answer, as a run records and reports it.

use http::Method;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::idp::{Answer, WireRequest};

/// A request that was sent and the answer that came.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The request, less credentials.
    pub request: WireRequest,
    /// The whole URL.
    pub url: String,
    /// The answer.
    pub answer: Answer,
}

impl Exchange {
    /// The path below the base URL, without query: `/Users/42`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.request.target.split('?').next().unwrap_or_default()
    }

    /// The query string, without `?`.
    #[must_use]
    pub fn query(&self) -> &str {
        self.request.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// Whether it asks for one of the discovery documents (RFC 7644 §4).
    pub(crate) fn is_discovery(&self) -> bool {
        matches!(self.segments().first(), Some(&("ServiceProviderConfig" | "ResourceTypes" | "Schemas")))
    }

    /// The non-empty path segments, still encoded: `["Users", "42"]`.
    #[must_use]
    pub fn segments(&self) -> Vec<&str> {
        self.path().split('/').filter(|segment| !segment.is_empty()).collect()
    }

    /// The request's body as JSON.
    #[must_use]
    pub fn sent_json(&self) -> Option<Value> {
        serde_json::from_str(self.request.body.as_deref()?).ok()
    }

    /// Whether this was that method on that collection (`Users`), with or without an id.
    #[must_use]
    pub fn is(&self, method: &Method, collection: &str) -> bool {
        self.request.method == *method && self.segments().first() == Some(&collection)
    }
}

/// An exchange as reports show it: secrets redacted, long bodies cut.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The request.
    pub request: ShownRequest,
    /// The answer.
    pub response: ShownResponse,
}

/// A request as reports show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownRequest {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// Headers; the value of `Authorization` is redacted.
    pub headers: Map<String, Value>,
    /// The body's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// An answer as reports show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownResponse {
    /// HTTP status code.
    pub status: u16,
    /// Headers.
    pub headers: Map<String, Value>,
    /// The body's text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// Removes secrets from text: the credentials of the run, wherever they occur, and passwords in JSON.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    /// A redactor for these secrets. Very short ones are left out: they would blank ordinary text.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut secrets: Vec<String> = secrets.into_iter().filter(|secret| secret.len() >= 4).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// The text without secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for secret in &self.secrets {
            if clean.contains(secret.as_str()) {
                clean = clean.replace(secret.as_str(), HIDDEN);
            }
        }
        clean
    }

    /// A body without secrets, cut to a length that a person reads.
    #[must_use]
    pub fn body(&self, text: &str) -> String {
        cut(&self.clean(text), BODY_SHOWN)
    }

    fn clean(&self, text: &str) -> String {
        if let Ok(mut json) = serde_json::from_str::<Value>(text)
            && hide_passwords(&mut json)
        {
            return self.text(&json.to_string());
        }
        self.text(text)
    }

    /// The exchange as reports show it.
    #[must_use]
    pub fn exchange(&self, exchange: &Exchange, authorized: bool) -> Shown {
        let mut headers = Map::new();
        for (name, value) in &exchange.request.headers {
            headers.insert((*name).to_owned(), self.text(value).into());
        }
        if authorized {
            headers.insert("Authorization".to_owned(), HIDDEN.into());
        }
        let mut answered = Map::new();
        for (name, value) in &exchange.answer.headers {
            let text = if name == http::header::SET_COOKIE {
                HIDDEN.to_owned()
            } else {
                self.text(&String::from_utf8_lossy(value.as_bytes()))
            };
            answered.insert(name.as_str().to_owned(), text.into());
        }
        Shown {
            request: ShownRequest {
                method: exchange.request.method.to_string(),
                url: self.text(&exchange.url),
                headers,
                body: exchange.request.body.as_deref().map(|body| self.body(body)),
            },
            response: ShownResponse {
                status: exchange.answer.status,
                headers: answered,
                body: self.body(&String::from_utf8_lossy(&exchange.answer.body)),
            },
        }
    }

    /// A shell command that sends the request again; the token comes from the environment.
    #[must_use]
    pub fn curl(&self, exchange: &Exchange, auth: CurlAuth) -> String {
        let mut command =
            format!("curl -sS -i -X {} {}", exchange.request.method, quote(&self.text(&exchange.url)));
        let own = exchange.request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Authorization"));
        match auth {
            // The request has its own, wrong on purpose.
            _ if own => {}
            CurlAuth::None => {}
            CurlAuth::Bearer => command.push_str(" -H \"Authorization: Bearer $SCIM_TOKEN\""),
            CurlAuth::Basic => command.push_str(" -u \"$SCIM_BASIC\""),
            CurlAuth::Other => command.push_str(" -H \"$SCIM_HEADER\""),
        }
        for (name, value) in &exchange.request.headers {
            if !name.eq_ignore_ascii_case("connection") && !name.eq_ignore_ascii_case("accept-encoding") {
                command.push_str(&format!(" -H {}", quote(&format!("{name}: {}", self.text(value)))));
            }
        }
        // What the provider does not send, curl must not send of itself.
        for name in ["User-Agent", "Accept"] {
            if !exchange.request.headers.iter().any(|(sent, _)| sent.eq_ignore_ascii_case(name)) {
                command.push_str(&format!(" -H '{name}:'"));
            }
        }
        if let Some(body) = &exchange.request.body {
            command.push_str(&format!(" --data-raw {}", quote(&self.clean(body))));
        }
        command
    }
}

/// How the run authenticates, for the `curl` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurlAuth {
    /// Not at all.
    None,
    /// A bearer token, from `$SCIM_TOKEN`.
    Bearer,
    /// User and password, from `$SCIM_BASIC`.
    Basic,
    /// Some other header, from `$SCIM_HEADER`.
    Other,
}

/// Text of at most `most` characters, with a note of what was cut.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… ({} bytes in all)", &text[..at], text.len()),
    }
}

fn hide_passwords(json: &mut Value) -> bool {
    let mut found = false;
    match json {
        Value::Object(object) => {
            for (name, value) in object {
                if name.eq_ignore_ascii_case("password") && !value.is_null() {
                    *value = HIDDEN.into();
                    found = true;
                } else {
                    found |= hide_passwords(value);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                found |= hide_passwords(item);
            }
        }
        _ => {}
    }
    found
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

const HIDDEN: &str = "[redacted]";
const BODY_SHOWN: usize = 4000;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn exchange(body: &str, answer: &str) -> Exchange {
        Exchange {
            request: WireRequest {
                method: Method::POST,
                target: "/Users".into(),
                headers: vec![("Content-Type", "application/scim+json".into())],
                body: Some(body.into()),
            },
            url: "https://example.com/scim/v2/Users".into(),
            answer: Answer::new(400, HeaderMap::new(), Bytes::copy_from_slice(answer.as_bytes())),
        }
    }

    #[test]
    fn no_secret_is_shown_even_if_the_endpoint_echoes_it() {
        let redactor = Redactor::new(["s3cr3t-token".to_owned()]);
        let exchange = exchange(r#"{"userName":"o'neil","password":"1mz050nq"}"#, "bad token s3cr3t-token");
        let shown = format!(
            "{:?} {}",
            redactor.exchange(&exchange, true),
            redactor.curl(&exchange, CurlAuth::Bearer)
        );
        assert!(!shown.contains("s3cr3t") && !shown.contains("1mz050nq"), "{shown}");
        assert!(shown.contains(r"o'\''neil"), "{shown}");
    }

    #[test]
    fn long_bodies_are_cut_at_a_character() {
        assert_eq!(cut("äöü", 2), "äö… (6 bytes in all)");
        assert_eq!(cut("äöü", 3), "äöü");
    }
}
