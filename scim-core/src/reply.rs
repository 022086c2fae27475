//! Every answer of a service provider as data: [`Reply::to_http`] is what a server sends, [`Reply::from_http`] is
//! what a client reads. What the server really said is never lost.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::Value;

use crate::{call::MEDIA_TYPE, error::ScimError};

/// An answer, by what its body turned out to be.
///
/// ```
/// use scim_core::{error::ScimError, reply::{Body, Reply}};
///
/// let refused = Reply::error(ScimError::invalid_value("userName: missing"));
/// let read = Reply::from_http(&refused.to_http());
/// assert!(matches!(&read.body, Body::Scim(error) if error.detail == "userName: missing"));
/// let proxy = http::Response::builder().status(502).body("<html>".into())?;
/// assert!(matches!(Reply::from_http(&proxy).body, Body::NotJson(_)));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// `Location` header.
    pub location: Option<String>,
    /// `ETag` header.
    pub etag: Option<String>,
    /// The body.
    pub body: Body,
}

/// What the body is.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No bytes, as with 204.
    Empty,
    /// A SCIM error message (RFC 7644 §3.12).
    Scim(ScimError),
    /// Other JSON.
    Json(Value),
    /// Other JSON that is written already; what was received is [`Body::Json`].
    Written(Bytes),
    /// Bytes that are not JSON: HTML of a proxy, plain text, a truncated answer.
    NotJson(Bytes),
}

impl Reply {
    /// An answer with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, location: None, etag: None, body: Body::Json(body) }
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, location: None, etag: None, body: Body::Empty }
    }

    /// An error answer.
    #[must_use]
    pub fn error(error: ScimError) -> Self {
        Self { status: error.status, location: None, etag: None, body: Body::Scim(error) }
    }

    /// The HTTP response.
    #[must_use]
    pub fn to_http(&self) -> Response<Bytes> {
        let body = match &self.body {
            Body::Empty => Bytes::new(),
            Body::Scim(error) => Bytes::from(error.to_json().to_string()),
            Body::Json(value) => json_bytes(value),
            Body::Written(bytes) | Body::NotJson(bytes) => bytes.clone(),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if matches!(self.body, Body::Scim(_) | Body::Json(_) | Body::Written(_)) {
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(MEDIA_TYPE));
        }
        for (name, value) in [(header::LOCATION, &self.location), (header::ETAG, &self.etag)] {
            if let Some(value) = value.as_ref().and_then(|value| value.parse().ok()) {
                headers.insert(name, value);
            }
        }
        response
    }

    /// Reads an HTTP response. Never fails: a body that is not JSON stays as bytes.
    #[must_use]
    pub fn from_http(response: &Response<Bytes>) -> Self {
        let text = |name: header::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let status = response.status().as_u16();
        let bytes = response.body();
        let body = if bytes.is_empty() {
            Body::Empty
        } else {
            match serde_json::from_slice::<Value>(bytes) {
                Ok(value) => match ScimError::from_json(&value).filter(|_| status >= 400) {
                    Some(error) => Body::Scim(error),
                    None => Body::Json(value),
                },
                Err(_) => Body::NotJson(bytes.clone()),
            }
        };
        Self { status, location: text(header::LOCATION), etag: text(header::ETAG), body }
    }
}

/// Faster than by way of text, whose writer goes through the machinery of `fmt`.
fn json_bytes(value: &Value) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    // Writing to memory cannot fail, and JSON has no keys but texts.
    match serde_json::to_writer(&mut out, value) {
        Ok(()) => Bytes::from(out),
        Err(_) => Bytes::from(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn survives_the_wire() {
        let mut created = Reply::json(201, json!({"id": "1"}));
        created.location = Some("https://example.com/Users/1".into());
        created.etag = Some("W/\"1\"".into());
        for reply in [created, Reply::empty(204), Reply::error(ScimError::plain(404, "gone"))] {
            assert_eq!(Reply::from_http(&reply.to_http()), reply);
        }
    }

    #[test]
    fn keeps_html_as_it_came() {
        let html = Response::builder().status(502).body(Bytes::from_static(b"<html>")).unwrap();
        assert_eq!(Reply::from_http(&html).body, Body::NotJson(Bytes::from_static(b"<html>")));
    }
}
