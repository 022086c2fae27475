//! The values that the keys of a vendor profile may have.

use serde::Deserialize;

use crate::{patch::Tolerances, schema::Kind};

/// Where a statement about a vendor comes from, in falling order of trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum Grade {
    /// `O`: seen in the server's source or on the wire.
    #[serde(rename = "O")]
    Observed,
    /// `D`: the vendor's own page says so.
    #[serde(rename = "D")]
    Documented,
    /// `S`: a page of somebody else says so, such as a directory of integrations.
    #[serde(rename = "S")]
    ThirdParty,
    /// `B`: the project's own documents say so, and no other source was found.
    #[serde(rename = "B")]
    Briefed,
    /// `I`: concluded from something else.
    #[serde(rename = "I")]
    Inferred,
}

impl Grade {
    /// The grade that a letter stands for.
    #[must_use]
    pub fn from_letter(letter: char) -> Option<Self> {
        Some(match letter {
            'O' => Self::Observed,
            'D' => Self::Documented,
            'S' => Self::ThirdParty,
            'B' => Self::Briefed,
            'I' => Self::Inferred,
            _ => return None,
        })
    }

    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Documented => "documented",
            Self::ThirdParty => "third party",
            Self::Briefed => "briefed",
            Self::Inferred => "inferred",
        }
    }

    /// Whether somebody saw it, or read it on a page of the vendor's own or of a partner.
    #[must_use]
    pub fn is_firm(self) -> bool {
        matches!(self, Self::Observed | Self::Documented)
    }
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
    /// The `userName`, which is an e-mail address.
    Email,
    /// What the client calls the user: `externalId`.
    #[serde(rename = "externalId")]
    ExternalId,
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
    /// What the client sent, with the id, whatever was stored.
    Echo,
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
    /// The request gets 404.
    #[serde(rename = "reject_404")]
    Reject404,
    /// The member is left out.
    #[serde(rename = "skip")]
    Skip,
    /// Somebody is created who has the member's value as user name.
    #[serde(rename = "create_user")]
    CreateUser,
}

/// Whether members are shown who are inactive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InactiveMembers {
    /// They are.
    #[default]
    Show,
    /// They are not, until they are active again.
    Hide,
}

/// How the name of a group is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupNames {
    /// As it was sent.
    #[default]
    AsSent,
    /// As a slug: small letters, digits and hyphens.
    Slug,
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
    /// What SCIM knows of the person is gone, and their account stays; to SCIM they are gone.
    Unlink,
}

impl Deactivate {
    /// Whether SCIM finds the user no more.
    #[must_use]
    pub fn is_gone(self) -> bool {
        self != Self::Suspend
    }
}

/// What `active: true` does to somebody inactive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reactivate {
    /// The account can be used again.
    #[default]
    Restore,
    /// The request gets 400: a new account is needed.
    Reject,
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
    /// The person leaves the tenant and keeps their account; to SCIM they are gone.
    Unlink,
    /// The user is gone, and what the account was cannot come back; a new one may have its name.
    Tombstone,
    /// The request gets 405.
    Refused,
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

/// What an account outside of the organization with the same name or e-mail does to a create.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Foreign {
    /// Nothing.
    #[default]
    Ignore,
    /// The request gets 409.
    Reject,
    /// The request gets 409 where the user name is the same; the e-mail may be.
    RejectUserName,
}

/// Who gives out paid seats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatBy {
    /// Nobody: there are no seats, or people give them out in the vendor's own screens.
    #[default]
    Nobody,
    /// A role that comes with one.
    Role,
}

/// What becomes of a token when there is a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// It is refused from then on.
    #[default]
    KillsOld,
    /// It is still good.
    Overlap,
}

/// Where the configuration of the service is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigPath {
    /// At `/ServiceProviderConfig`.
    #[default]
    Standard,
    /// At `/ServiceProviderConfigs`, as in SCIM 1.1.
    Plural,
    /// At both.
    Both,
}

/// Body of the answer to somebody without the right credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnauthorizedBody {
    /// An error of SCIM.
    #[default]
    Scim,
    /// `Errors` with `description` and `code`, and nothing of SCIM.
    Errors,
    /// `detail`, and nothing of SCIM.
    Detail,
    /// Nothing.
    Empty,
}

/// Whether `attributes` and `excludedAttributes` have an effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectionOf {
    /// They do.
    #[default]
    Full,
    /// They do not: the whole resource is answered.
    None,
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
    /// None: SCIM does not show it.
    Hidden,
}

impl GrantTarget {
    /// The attribute's name.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Roles => "roles",
            Self::Entitlements => "entitlements",
            Self::Hidden => "",
        }
    }
}

/// Whether there is anything for SCIM to talk to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// SCIM 2.0.
    #[default]
    Scim2,
    /// Nothing: no request of SCIM gets an answer.
    None,
}

/// What makes accounts where there is no SCIM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instead {
    /// Not said.
    #[default]
    Nothing,
    /// The first single sign-on.
    Jit,
    /// An interface of the vendor's own.
    Proprietary,
}

/// What a group is to the vendor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupMeaning {
    /// A group.
    #[default]
    Group,
    /// A team.
    Team,
    /// A role.
    Role,
    /// A set of permissions.
    PermissionSet,
}

/// Whether something is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// It is.
    #[default]
    Allow,
    /// The request gets 400.
    #[serde(rename = "reject_400")]
    Reject,
}

/// What becomes of members that a new group is sent with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnCreate {
    /// They are members.
    #[default]
    Apply,
    /// They are not; the answer is a success.
    Drop,
}

/// What a new name of a group does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rename {
    /// It is taken.
    #[default]
    Allow,
    /// It is not taken; the answer is a success.
    Ignore,
}

/// What a `count` above the limit gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverMax {
    /// As many as the limit.
    #[default]
    Clamp,
    /// 400.
    #[serde(rename = "reject_400")]
    Reject,
}

/// What `itemsPerPage` tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PerPage {
    /// How many are in the page.
    #[default]
    Returned,
    /// How many were asked for.
    Requested,
}

/// What a PATCH of something that the server does not change does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unhandled {
    /// The request gets 400.
    #[default]
    #[serde(rename = "reject_400")]
    Reject,
    /// Nothing; the answer is a success.
    #[serde(rename = "noop")]
    Noop,
}

/// How a client does best to remove a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Removal {
    /// By a value path (RFC 7644 §3.5.2.2).
    #[default]
    ValuePath,
    /// By a list of values beside the path.
    ValueList,
}

/// What a filter that is not answered gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsupported {
    /// 400 with `invalidFilter`.
    #[default]
    #[serde(rename = "invalid_filter_400")]
    Invalid,
    /// 400 without `scimType`.
    #[serde(rename = "plain_400")]
    Plain,
    /// 200 with nothing found.
    Empty,
}

/// Whether an attribute must be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// It may.
    #[default]
    Optional,
    /// It must; without it the request gets 400.
    Required,
    /// What is sent is dropped.
    Ignored,
    /// The request gets 400.
    Rejected,
}

/// Whether an attribute can change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It can.
    #[default]
    ReadWrite,
    /// Only a create sets it; later values are dropped.
    CreateOnly,
    /// Only a create sets it; another value later gets 400.
    Refused,
    /// The vendor sets it, and a client only reads it; what is sent is dropped.
    ReadOnly,
}

/// Type of an attribute of one's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomType {
    /// Text.
    #[default]
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A time, as RFC 7643 §2.3.5 writes it.
    DateTime,
}

impl CustomType {
    /// The type in a schema.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::String => Kind::String,
            Self::Boolean => Kind::Boolean,
            Self::Integer => Kind::Integer,
            Self::DateTime => Kind::DateTime,
        }
    }
}

/// Whether an attribute is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// It is.
    #[default]
    Stored,
    /// It never is.
    Never,
}

/// What is allowed in an attribute's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Everything.
    #[default]
    Any,
    /// An e-mail address.
    Email,
    /// Everything but `@`.
    NoAt,
}

/// Type of `status` in an error body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusForm {
    /// Text, as RFC 7644 §3.12 has it.
    #[default]
    String,
    /// A number.
    Int,
}

/// Whether error bodies have a `scimType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScimTypes {
    /// As RFC 7644 §3.12 has it.
    #[default]
    Rfc,
    /// Never.
    Never,
}

/// Whether there are discovery documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discovery {
    /// They are, for whoever may ask.
    #[default]
    Standard,
    /// They are, without credentials too.
    Public,
    /// They are not: 404.
    Absent,
}

/// Which operations a limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateScope {
    /// All.
    #[default]
    All,
    /// Those that read.
    Reads,
    /// Those that write.
    Writes,
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
