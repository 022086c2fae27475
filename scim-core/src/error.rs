//! The SCIM error message, `urn:ietf:params:scim:api:messages:2.0:Error` (RFC 7644 §3.12).

use std::fmt;

use serde_json::{Value, json};

use crate::{json as obj, urn};

/// An error as a service provider says it: HTTP status, optional `scimType`, and text for a person.
///
/// ```
/// use scim_core::error::{ScimError, ScimType};
///
/// let error = ScimError::new(409, ScimType::Uniqueness, "userName is taken");
/// assert_eq!(error.to_json()["status"], "409");
/// assert_eq!(ScimError::from_json(&error.to_json()), Some(error));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimError {
    /// HTTP status code, 400 to 599.
    pub status: u16,
    /// Detail keyword of RFC 7644 §3.12, Table 9.
    pub scim_type: Option<ScimType>,
    /// What went wrong, for a person.
    pub detail: String,
}

impl ScimError {
    /// An error with a `scimType`.
    pub fn new(status: u16, scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { status, scim_type: Some(scim_type), detail: detail.into() }
    }

    /// An error that has only a status and a text, as 404 does.
    pub fn plain(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into() }
    }

    /// 400 `invalidValue`.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::new(400, ScimType::InvalidValue, detail)
    }

    /// 400 `invalidSyntax`.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::new(400, ScimType::InvalidSyntax, detail)
    }

    /// 400 `invalidPath`.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::new(400, ScimType::InvalidPath, detail)
    }

    /// 400 `invalidFilter`.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::new(400, ScimType::InvalidFilter, detail)
    }

    /// 400 `noTarget`.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::new(400, ScimType::NoTarget, detail)
    }

    /// 400 `mutability`.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::new(400, ScimType::Mutability, detail)
    }

    /// The message as JSON; `status` is a string, as §3.12 demands.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "schemas": [urn::ERROR], "status": self.status.to_string() });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = scim_type.as_str().into();
        }
        body["detail"] = self.detail.as_str().into();
        body
    }

    /// Reads a message tolerantly: `status` as text or number, member names in any case, unknown `scimType` dropped.
    /// `None` when the value is not a SCIM error at all.
    #[must_use]
    pub fn from_json(body: &Value) -> Option<Self> {
        let object = body.as_object()?;
        let named = obj::get(object, "schemas").and_then(Value::as_array).is_some_and(|urns| {
            urns.iter().any(|u| u.as_str().is_some_and(|u| u.eq_ignore_ascii_case(urn::ERROR)))
        });
        let status = match obj::get(object, "status") {
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Number(number)) => number.as_u64().and_then(|n| u16::try_from(n).ok()),
            _ => None,
        };
        let detail = obj::get(object, "detail").and_then(Value::as_str);
        if !named && (status.is_none() || detail.is_none()) {
            return None;
        }
        let scim_type = obj::get(object, "scimType").and_then(Value::as_str).and_then(ScimType::from_keyword);
        Some(Self { status: status.unwrap_or(0), scim_type, detail: detail.unwrap_or_default().to_owned() })
    }
}

impl fmt::Display for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(scim_type) = self.scim_type {
            write!(f, " {}", scim_type.as_str())?;
        }
        write!(f, ": {}", self.detail)
    }
}

impl std::error::Error for ScimError {}

/// The `scimType` keywords of RFC 7644 §3.12, Table 9, in its order, then those of RFC 9865.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScimType {
    /// The filter is wrong or not supported.
    InvalidFilter,
    /// The result would be larger than the server answers.
    TooMany,
    /// The value is already taken.
    Uniqueness,
    /// The attribute cannot be changed in that way.
    Mutability,
    /// The body is not of the request's form.
    InvalidSyntax,
    /// The PATCH path is malformed or names no attribute.
    InvalidPath,
    /// The PATCH path selects nothing to act on.
    NoTarget,
    /// A value is missing or of the wrong type.
    InvalidValue,
    /// The protocol version is not supported.
    InvalidVers,
    /// The data must not appear in a URI.
    Sensitive,
    /// The cursor is not one that the server gave out (RFC 9865 §2.4).
    InvalidCursor,
    /// The cursor is too old (RFC 9865 §2.4).
    ExpiredCursor,
    /// `count` is larger than the server allows, or not that of the page before (RFC 9865 §2.4).
    InvalidCount,
}

impl ScimType {
    const ALL: [Self; 13] = [
        Self::InvalidFilter,
        Self::TooMany,
        Self::Uniqueness,
        Self::Mutability,
        Self::InvalidSyntax,
        Self::InvalidPath,
        Self::NoTarget,
        Self::InvalidValue,
        Self::InvalidVers,
        Self::Sensitive,
        Self::InvalidCursor,
        Self::ExpiredCursor,
        Self::InvalidCount,
    ];

    /// The keyword on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }

    /// The keyword's meaning, if an RFC has it (exact spelling).
    #[must_use]
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == keyword)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numeric_status_and_keeps_detail() {
        let body = json!({"schemas": [urn::ERROR], "status": 404, "detail": "no such user"});
        assert_eq!(ScimError::from_json(&body), Some(ScimError::plain(404, "no such user")));
    }

    #[test]
    fn other_json_is_not_a_scim_error() {
        assert_eq!(ScimError::from_json(&json!({"message": "nope"})), None);
        assert_eq!(ScimError::from_json(&json!([1])), None);
    }
}
