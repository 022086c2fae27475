//! What can be wrong with a client: the identity provider or program that asks a SCIM endpoint.
//!
//! [`judge`] reads one request, and the status that it got, and says what in it departs from RFC 7643 and RFC 7644;
//! [`guess`] says who the request looks like. Both are pure, read bytes from anywhere, and never repeat a secret.
//!
//! ```
//! use scim_core::schema::ResourceType;
//! use scim_testkit::check::client::{guess, judge};
//!
//! let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
//!     "Operations":[{"op":"Replace","path":"active","value":"False"}]}"#;
//! let request = http::Request::patch("/scim/v2/Users/1")
//!     .header("Content-Type", "application/scim+json")
//!     .body(bytes::Bytes::from(body))?;
//! let found = judge(&request, "/Users/1", 200, &[ResourceType::user(), ResourceType::group()]);
//! let ids: Vec<&str> = found.iter().map(|found| found.check.id).collect();
//! assert_eq!(ids, ["client.boolean-text", "client.patch-op-case", "client.user-agent"]);
//! assert_eq!(guess(&request, "/Users/1").map(|guess| guess.name), Some("Entra ID"));
//! # Ok::<(), http::Error>(())
//! ```
//!
//! # Readings
//!
//! * What the RFCs permit is a [`ClientLevel::Note`] at most. A whole resource that is sent back with PUT, `id` and
//!   `meta` included, is permitted (RFC 7644 §3.5.1); the same in a PATCH is not (§3.5.2), save for the `id` that the
//!   resource has.
//! * `+` for a space in a query is a note: RFC 3986 knows no such rule, and every library for queries does.
//! * An unknown attribute in a filter is a note: it matches nothing (§3.4.2.1). In a body it is a warning, since the RFC
//!   leaves to the server what to do about it.
//! * Names in JSON are compared without regard to case (RFC 7643 §2.1), so another case is a note.

mod address;
mod body;
mod bulk;
pub mod catalog;
mod filter;
mod guess;
mod judge;
mod message;
mod patch;
mod sink;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_cases;
#[cfg(test)]
mod tests_idp;

use std::fmt;

pub use self::{
    catalog::ALL,
    guess::{Guess, MARKS, Mark, guess},
    judge::{judge, judge_unreadable},
};

/// How bad an observation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientLevel {
    /// Violates a MUST, a SHALL or the grammar of the RFCs, or cannot work on a server that follows them.
    Error,
    /// Works on tolerant servers only.
    Warning,
    /// Permitted, and worth knowing.
    Note,
}

impl ClientLevel {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for ClientLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that a client can get wrong.
#[derive(Clone, Copy, Debug)]
pub struct ClientCheck {
    /// Stable id: lower case, `client.problem`.
    pub id: &'static str,
    /// How bad it is.
    pub level: ClientLevel,
    /// What is wrong, in one sentence.
    pub title: &'static str,
    /// The rule: a section of an RFC.
    pub citation: &'static str,
    /// What the client should do.
    pub fix: &'static str,
}

impl PartialEq for ClientCheck {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for ClientCheck {}

/// One check that fired on one request. A check fires once for a request; further places are counted in `seen`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientObservation {
    /// What is wrong.
    pub check: &'static ClientCheck,
    /// What was sent: a place and a short quotation. Never a secret, a person's text or a control character; of bounded length.
    pub seen: String,
}

/// The check with that id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static ClientCheck> {
    ALL.iter().copied().find(|check| check.id == id)
}
