//! What can go wrong, by the fate of the request.

use std::{borrow::Cow, error, fmt, time::Duration};

use bytes::Bytes;
use http::{Method, Uri};
use scim_core::error::{ScimError, ScimType};
use url::Url;

use crate::{pages::PageFault, retry::Intent};

/// Why a call did not succeed.
///
/// [`Error::kind`] says what became of the request; the rest says which request it was. Its text is complete in one
/// line and holds no credentials.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    method: Method,
    url: String,
    status: Option<u16>,
    body: Bytes,
    intent: Intent,
    trail: Trail,
}

/// What became of the request.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It was never sent: it cannot be built, or the server is known not to support it.
    Build(String),
    /// It was sent, or tried to be, and no complete answer came.
    Transport(TransportError),
    /// The server refused it with a SCIM error message (RFC 7644 §3.12).
    Scim(ScimError),
    /// The server refused it, and the body is no SCIM error: [`Error::body`] has what came instead.
    Status(u16),
    /// The server accepted it, and the answer makes no sense: [`Error::body`] has it.
    Decode(AnswerError),
}

/// What is wrong with an answer that reports success.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerError {
    /// The body is not what was asked for; the text says where.
    Body(String),
    /// A list contradicts itself.
    Paging(PageFault),
    /// A search for one resource found several.
    Several {
        /// How many, at least.
        matches: usize,
    },
    /// Reading back shows that a write, which the server confirmed, did not happen.
    NotApplied(String),
}

/// No complete answer came.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportKind,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// How far the request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportKind {
    /// No token could be had; nothing was sent. Not retried.
    Auth,
    /// There is no connection, so nothing was sent. Retried always.
    Connect,
    /// The connection broke before the answer was complete. Retried when the request may be repeated.
    Interrupted,
    /// The answer is larger than allowed. Not retried.
    TooLarge,
    /// No answer in time. Retried when the request may be repeated.
    Timeout,
}

/// What the retry loop did for one call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trail {
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    /// Some attempt may have reached the server without an answer that says what it did.
    pub(crate) uncertain: bool,
}

/// The request that an error is about.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) intent: Intent,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, about: &About, trail: Trail) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                method: about.method.clone(),
                url: safe_url(&about.uri.to_string()),
                status: None,
                body: Bytes::new(),
                intent: about.intent,
                trail,
            }),
        }
    }

    /// A request that was not sent, and is about no address in particular.
    pub(crate) fn build(message: impl Into<String>) -> Self {
        let about = About { method: Method::GET, uri: Uri::default(), intent: Intent::Read };
        let mut error = Self::new(ErrorKind::Build(message.into()), &about, Trail::default());
        error.inner.url.clear();
        error
    }

    pub(crate) fn with_answer(mut self, status: u16, body: &Bytes) -> Self {
        self.inner.status = Some(status);
        // A copy, so that a short excerpt does not keep a large answer in memory.
        self.inner.body = Bytes::copy_from_slice(&body[..body.len().min(KEPT)]);
        self
    }

    /// What became of the request.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.inner.kind
    }

    /// The SCIM error message, when the server sent one.
    #[must_use]
    pub fn scim(&self) -> Option<&ScimError> {
        match &self.inner.kind {
            ErrorKind::Scim(error) => Some(error),
            _ => None,
        }
    }

    /// HTTP status, when there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// The answer's body, its first 64 KiB.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.inner.body
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.inner.method
    }

    /// The request's address; of the query, only what SCIM defines is shown.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// How often the request was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.inner.trail.attempts
    }

    /// How long all attempts took, with the waits between them.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.inner.trail.elapsed
    }

    /// There is no such resource, or no such endpoint: 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// A value is taken by another resource: 409, or `scimType` `uniqueness` with any status.
    #[must_use]
    pub fn is_uniqueness(&self) -> bool {
        self.status() == Some(409)
            || self.scim().and_then(|error| error.scim_type) == Some(ScimType::Uniqueness)
    }

    /// Somebody else changed the resource in the meantime: 412.
    #[must_use]
    pub fn is_precondition_failed(&self) -> bool {
        self.status() == Some(412)
    }

    /// The credentials are missing, wrong or expired: 401, or no token could be had.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
            || matches!(&self.inner.kind, ErrorKind::Transport(error) if error.kind == TransportKind::Auth)
    }

    /// The server asks for fewer requests: 429.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.status() == Some(429)
    }

    /// The server does not have the operation: 405 or 501.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        matches!(self.status(), Some(405 | 501))
    }

    /// No answer came in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(&self.inner.kind, ErrorKind::Transport(error) if error.kind == TransportKind::Timeout)
    }

    /// The same request may succeed later, and sending it again does no harm.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let passing = match &self.inner.kind {
            ErrorKind::Transport(error) => {
                !matches!(error.kind, TransportKind::Auth | TransportKind::TooLarge)
            }
            _ => matches!(self.status(), Some(429 | 502 | 503 | 504)),
        };
        passing && (self.inner.intent != Intent::Once || !self.may_have_been_applied())
    }

    /// Whether the server may have carried out the write, although it did not say so. Look before sending it again.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        if self.inner.intent == Intent::Read {
            return false;
        }
        self.inner.trail.uncertain
            || match &self.inner.kind {
                ErrorKind::Build(_) => false,
                ErrorKind::Transport(error) => {
                    !matches!(error.kind, TransportKind::Auth | TransportKind::Connect)
                }
                ErrorKind::Scim(_) | ErrorKind::Status(_) => {
                    self.status().is_some_and(|status| status >= 500 && status != 501 && status != 503)
                }
                ErrorKind::Decode(_) => true,
            }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        if !inner.url.is_empty() {
            write!(f, "{} {}: ", inner.method, inner.url)?;
        }
        match &inner.kind {
            ErrorKind::Build(message) => f.write_str(message)?,
            ErrorKind::Transport(error) => write!(f, "{error}")?,
            ErrorKind::Scim(error) if error.status == inner.status.unwrap_or(error.status) => {
                write!(f, "{error}")?;
            }
            ErrorKind::Scim(error) => {
                write!(f, "{} (the body says {error})", inner.status.unwrap_or_default())?;
            }
            ErrorKind::Status(status) => {
                write!(f, "{status} without a SCIM error")?;
                let start = excerpt(&inner.body);
                if !start.is_empty() {
                    write!(f, ", but with {start:?}")?;
                }
            }
            ErrorKind::Decode(error) => write!(f, "{error}")?,
        }
        if inner.trail.attempts > 1 {
            let seconds = inner.trail.elapsed.as_secs_f64();
            write!(f, " ({} attempts in {seconds:.1} s)", inner.trail.attempts)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the body, which may hold personal data.
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("method", &self.inner.method)
            .field("url", &self.inner.url)
            .field("status", &self.inner.status)
            .field("attempts", &self.inner.trail.attempts)
            .field("elapsed", &self.inner.trail.elapsed)
            .finish_non_exhaustive()
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.inner.kind {
            ErrorKind::Transport(error) => error::Error::source(error),
            _ => None,
        }
    }
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(message) => write!(f, "the answer is not what was asked for: {message}"),
            Self::Paging(fault) => write!(f, "{fault}"),
            Self::Several { matches } => write!(f, "{matches} resources match, where one was looked for"),
            Self::NotApplied(message) => {
                write!(f, "the server confirmed the write and did not do it: {message}")
            }
        }
    }
}

impl TransportError {
    /// A failure of that kind. Services that return it tell the client whether it may repeat the request.
    pub fn new(kind: TransportKind, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    pub(crate) fn plain(kind: TransportKind) -> Self {
        Self { kind, source: None }
    }

    /// The error itself if it is one; what a foreign service says counts as a broken connection.
    pub(crate) fn from_box(error: Box<dyn error::Error + Send + Sync>) -> Self {
        match error.downcast::<Self>() {
            Ok(known) => *known,
            Err(other) => Self::new(TransportKind::Interrupted, other),
        }
    }

    /// How far the request got.
    #[must_use]
    pub fn kind(&self) -> TransportKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportKind::Auth => "no token could be had",
            TransportKind::Connect => "there is no connection to the server",
            TransportKind::Interrupted => "the connection broke before the answer was complete",
            TransportKind::TooLarge => "the answer is larger than allowed",
            TransportKind::Timeout => "no complete answer came in time",
        })
    }
}

impl error::Error for TransportError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn error::Error + 'static))
    }
}

/// The address without user, password, fragment, and the values of parameters that SCIM does not define.
pub(crate) fn safe_url(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return text.split(['?', '#']).next().unwrap_or_default().to_owned();
    };
    // Both fail only for addresses without a host, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    let Some(query) = url.query() else { return url.into() };
    let shown: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if !SHOWN.iter().any(|known| known.eq_ignore_ascii_case(name)) => {
                Cow::Owned(format!("{name}=…"))
            }
            _ => Cow::Borrowed(pair),
        })
        .collect();
    let shown = shown.join("&");
    url.set_query(None);
    format!("{url}?{shown}")
}

fn excerpt(body: &Bytes) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * EXCERPT)]);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(EXCERPT).collect()
}

const KEPT: usize = 64 << 10;
const EXCERPT: usize = 80;
const SHOWN: &[&str] =
    &["filter", "startIndex", "count", "cursor", "sortBy", "sortOrder", "attributes", "excludedAttributes"];

#[cfg(test)]
mod tests {
    use super::*;

    fn about(method: Method, intent: Intent) -> About {
        About { method, uri: Uri::from_static("https://u:p@h/scim/Users?filter=a&key=s3cret"), intent }
    }

    #[test]
    fn addresses_lose_their_secrets() {
        assert_eq!(
            safe_url("https://u:p@h/scim/Users?filter=a&key=s3cret#f"),
            "https://h/scim/Users?filter=a&key=…"
        );
        assert_eq!(safe_url("no url?token=x"), "no url");
    }

    #[test]
    fn texts_are_complete() {
        let trail = Trail { attempts: 3, elapsed: Duration::from_millis(1250), uncertain: false };
        let gone = ErrorKind::Scim(ScimError::plain(404, "no such user"));
        let gone = Error::new(gone, &about(Method::GET, Intent::Read), Trail::default())
            .with_answer(404, &Bytes::new());
        assert_eq!(gone.to_string(), "GET https://h/scim/Users?filter=a&key=…: 404: no such user");
        let html = Error::new(ErrorKind::Status(502), &about(Method::POST, Intent::Once), trail)
            .with_answer(502, &Bytes::from_static(b"<html>\n  Bad   Gateway"));
        assert_eq!(
            html.to_string(),
            "POST https://h/scim/Users?filter=a&key=…: 502 without a SCIM error, but with \"<html> Bad Gateway\" \
             (3 attempts in 1.2 s)"
        );
        assert!(html.may_have_been_applied() && !html.is_retryable());
        assert!(!format!("{html:?}").contains("s3cret"));
    }

    #[test]
    fn a_write_that_never_left_was_not_applied() {
        let kinds = [
            (TransportKind::Auth, false, false),
            (TransportKind::Connect, true, false),
            (TransportKind::Interrupted, false, true),
            (TransportKind::Timeout, false, true),
        ];
        for (kind, retryable, applied) in kinds {
            let failure = ErrorKind::Transport(TransportError::plain(kind));
            let error = Error::new(failure, &about(Method::POST, Intent::Once), Trail::default());
            assert_eq!(
                (error.is_retryable(), error.may_have_been_applied()),
                (retryable, applied),
                "{kind:?}"
            );
        }
    }
}
