//! The values that the keys of a vendor profile may have.

use serde::Deserialize;

use crate::patch::Tolerances;

/// Where a statement about a vendor comes from, in falling order of trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum Grade {
    /// `O`: seen in the server's source or on the wire.
    #[serde(rename = "O")]
    Observed,
    /// `D`: the vendor's own page says so.
    #[serde(rename = "D")]
    Documented,
    /// `B`: the project's own documents say so, and no other source was found.
    #[serde(rename = "B")]
    Briefed,
    /// `I`: concluded from something else.
    #[serde(rename = "I")]
    Inferred,
}

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `POST /Users`.
    Create,
    /// `GET /Users/{id}`.
    Get,
    /// `GET /Users`.
    List,
    /// `POST /Users/.search`.
    Search,
    /// `PUT /Users/{id}`.
    Replace,
    /// `PATCH /Users/{id}`.
    Patch,
    /// `DELETE /Users/{id}`.
    Delete,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Create, Self::Get, Self::List, Self::Search, Self::Replace, Self::Patch, Self::Delete];
}

/// Form of a server's ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdForm {
    /// A UUID.
    #[default]
    Uuid,
    /// Decimal digits, as a JSON string.
    Number,
}

/// Which accounts SCIM shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListScope {
    /// All.
    #[default]
    All,
    /// Those that SCIM created or took over.
    ScimManaged,
}

/// What a successful create or replace answers with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteBody {
    /// The stored resource.
    #[default]
    Resource,
    /// Nothing.
    None,
}

/// Whether the vendor's own screens may change a user that SCIM manages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditElsewhere {
    /// They may.
    #[default]
    Allowed,
    /// They may not.
    Locked,
}

/// Whether a group shows its members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MembersRead {
    /// All of them.
    #[default]
    Full,
    /// None, ever.
    Never,
}

/// What a member that does not exist does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub enum UnknownMember {
    /// The request gets 400.
    #[default]
    #[serde(rename = "reject_400")]
    Reject400,
    /// The member is left out.
    #[serde(rename = "skip")]
    Skip,
}

/// What `active: false` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deactivate {
    /// The user stays and is inactive; `active: true` brings them back.
    #[default]
    Suspend,
    /// The user is gone; a return needs a new account.
    Delete,
}

/// What DELETE does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delete {
    /// The user is gone.
    #[default]
    Hard,
    /// The user stays and is inactive.
    Soft,
}

/// What creating a user does when the account exists already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Existing {
    /// 409.
    #[default]
    Conflict,
    /// An account that SCIM does not manage yet is taken over and keeps its id; else 409.
    AdoptUnmanaged,
}

/// When the domain of `userName` must be verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainCheck {
    /// Never.
    #[default]
    No,
    /// When a user is created.
    Create,
}

/// What a grant gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantKind {
    /// A role, also called permission set.
    Role,
}

/// How a value is compared with the names of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantMatch {
    /// Letter case and spaces count.
    Exact,
    /// Spaces count, letter case does not.
    ExactCi,
}

/// What a grant does when no role matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum Fallback {
    /// The role named by `minimal`.
    #[serde(rename = "minimal")]
    Minimal,
    /// No role.
    #[serde(rename = "ignore")]
    Ignore,
    /// The request gets 400.
    #[serde(rename = "reject_400")]
    Reject400,
}

/// Attribute that shows what was granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantTarget {
    /// `roles`.
    #[default]
    Roles,
    /// `entitlements`.
    Entitlements,
}

impl GrantTarget {
    /// The attribute's name.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Roles => "roles",
            Self::Entitlements => "entitlements",
        }
    }
}

/// A flag of [`Tolerances`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is described at the flag of the same name")]
#[non_exhaustive]
pub enum Tolerance {
    OpCase,
    BoolStrings,
    DottedKeys,
    UrnKeys,
    RemoveWithValue,
    CreateOnAbsent,
    ManagerString,
    JsonStringRoles,
    NullClears,
    MissingSchemas,
    UnknownSchemas,
    UnknownAttributes,
}

impl Tolerance {
    /// The flag that it names.
    pub fn flag(self, tolerances: &mut Tolerances) -> &mut bool {
        match self {
            Self::OpCase => &mut tolerances.op_case,
            Self::BoolStrings => &mut tolerances.bool_strings,
            Self::DottedKeys => &mut tolerances.dotted_keys,
            Self::UrnKeys => &mut tolerances.urn_keys,
            Self::RemoveWithValue => &mut tolerances.remove_with_value,
            Self::CreateOnAbsent => &mut tolerances.create_on_absent,
            Self::ManagerString => &mut tolerances.manager_string,
            Self::JsonStringRoles => &mut tolerances.json_string_roles,
            Self::NullClears => &mut tolerances.null_clears,
            Self::MissingSchemas => &mut tolerances.missing_schemas,
            Self::UnknownSchemas => &mut tolerances.unknown_schemas,
            Self::UnknownAttributes => &mut tolerances.unknown_attributes,
        }
    }
}
