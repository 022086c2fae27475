//! How a vendor chooses a role from the data that a client sends.

use serde::Deserialize;

use super::{
    load::DataFileError,
    rules::Tenant,
    value::{Fallback, GrantKind, GrantMatch, GrantTarget},
};
use crate::{path::AttrPath, schema::ResourceType};

/// `[[grant]]`: how a role is chosen from the data that the client sends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Grant {
    /// What is granted.
    pub kind: GrantKind,
    /// Path of the attribute that decides, such as `title`; `setting:NAME` when none does, but the vendor's own screens.
    pub from: String,
    /// How its value is compared with `tenant.roles`.
    #[serde(rename = "match")]
    pub matching: GrantMatch,
    /// What happens without a value.
    pub none: Fallback,
    /// What happens with a value that is no role.
    pub unknown: Fallback,
    /// The role that [`Fallback::Minimal`] gives.
    pub minimal: Option<String>,
    /// Attribute that shows the role; the server computes it, and what a client sends there is ignored.
    #[serde(default)]
    pub into: GrantTarget,
}

impl Grant {
    /// Whether the vendor's own screens decide, and nothing that SCIM sends.
    #[must_use]
    pub fn by_setting(&self) -> bool {
        self.from.starts_with("setting:")
    }

    /// The path of the attribute that decides.
    #[must_use]
    pub fn from_path(&self) -> AttrPath {
        self.from.parse().unwrap_or_else(|_| AttrPath::new(self.from.as_str()))
    }

    /// The role for a value of [`Grant::from`]; the error is the value that the profile refuses.
    ///
    /// # Errors
    /// The profile says [`Fallback::Reject400`] for it.
    pub fn role(&self, tenant: &Tenant, value: Option<&str>) -> Result<Option<String>, String> {
        let fallback = match value.filter(|value| !value.is_empty()) {
            Some(value) => {
                let same = |role: &&String| match self.matching {
                    GrantMatch::Exact => role.as_str() == value,
                    GrantMatch::ExactCi => role.to_lowercase() == value.to_lowercase(),
                };
                if let Some(role) = tenant.roles.iter().find(same) {
                    return Ok(Some(role.clone()));
                }
                self.unknown
            }
            None => self.none,
        };
        match fallback {
            Fallback::Minimal => Ok(self.minimal.clone()),
            Fallback::Ignore => Ok(None),
            Fallback::Reject400 => Err(value.unwrap_or_default().to_owned()),
        }
    }

    pub(super) fn check(
        &self,
        tenant: &Tenant,
        user: &ResourceType,
        wrong: &impl Fn(&str, String) -> DataFileError,
    ) -> Result<(), DataFileError> {
        if self.by_setting() {
            return Ok(());
        }
        let path: Option<AttrPath> = self.from.parse().ok();
        if path.and_then(|path| user.resolve(&path).map(|_| ())).is_none() {
            return Err(wrong(&self.from, format!("`{}` is no attribute of User", self.from)));
        }
        let falls_back = self.none == Fallback::Minimal || self.unknown == Fallback::Minimal;
        match &self.minimal {
            None if falls_back => {
                Err(wrong("[[grant]]", "the grant falls back to `minimal` and does not say it".into()))
            }
            Some(role) if !tenant.roles.contains(role) => {
                Err(wrong(role, format!("`{role}` is not one of tenant.roles")))
            }
            _ => Ok(()),
        }
    }
}
