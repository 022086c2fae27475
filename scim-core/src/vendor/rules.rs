//! The tables of a vendor profile that say what is done.

use serde::Deserialize;

use super::value::{
    Change, ConfigPath, CustomType, Deactivate, Delete, Discovery, DomainCheck, EditElsewhere, Existing,
    Foreign, Format, GroupMeaning, GroupNames, IdForm, InactiveMembers, ListScope, MembersRead, Need,
    OnCreate, Operation, OverMax, PerPage, Permission, ProjectionOf, RateScope, Reactivate, Removal, Rename,
    Rotation, ScimTypes, SeatBy, Shown, StatusForm, Tolerance, UnauthorizedBody, Unhandled, UnknownMember,
    Unsupported, WriteBody,
};

/// `[user]`: what `/Users` answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct UserRules {
    /// Requests that are served; the others get 405.
    pub ops: Vec<Operation>,
    /// Form of ids.
    pub id: IdForm,
    /// Which accounts SCIM shows.
    pub list_scope: ListScope,
    /// 200 with the resource, or 204.
    pub patch_status: u16,
    /// What create and replace answer with.
    pub write_body: WriteBody,
    /// Whether the vendor's own screens may change a user that SCIM manages.
    pub edit_elsewhere: EditElsewhere,
}

impl Default for UserRules {
    fn default() -> Self {
        Self {
            ops: Operation::ALL.to_vec(),
            id: IdForm::default(),
            list_scope: ListScope::default(),
            patch_status: 200,
            write_body: WriteBody::default(),
            edit_elsewhere: EditElsewhere::default(),
        }
    }
}

/// `[group]`: what `/Groups` answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct GroupRules {
    /// Requests that are served; empty means that there are no groups at all.
    pub ops: Vec<Operation>,
    /// Form of ids.
    pub id: IdForm,
    /// What a create answers: 201, or 200 against the RFC.
    pub create_status: u16,
    /// 200 with the resource, or 204.
    pub patch_status: u16,
    /// What a group is to the vendor.
    pub means: GroupMeaning,
    /// Whether members are shown.
    pub members_read: MembersRead,
    /// Whether the members of a new group are kept.
    pub members_on_create: OnCreate,
    /// Most membership changes in one PATCH; 0 for no limit.
    pub members_max: usize,
    /// Whether one PATCH may replace all members.
    pub replace_members: Permission,
    /// Whether one PATCH may remove all members without naming them.
    pub remove_all: Permission,
    /// Whether a group may get another name.
    pub rename: Rename,
    /// Whether a group may be a member of a group.
    pub nested: Permission,
    /// What a member that does not exist does.
    pub unknown_member: UnknownMember,
    /// Attributes that must be unique.
    pub unique: Vec<String>,
    /// How a name is stored.
    pub names: GroupNames,
    /// Whether members are shown who are inactive.
    pub inactive_members: InactiveMembers,
}

impl Default for GroupRules {
    fn default() -> Self {
        Self {
            ops: Operation::ALL.to_vec(),
            id: IdForm::default(),
            create_status: 201,
            patch_status: 200,
            means: GroupMeaning::default(),
            members_read: MembersRead::default(),
            members_on_create: OnCreate::default(),
            members_max: 0,
            replace_members: Permission::default(),
            remove_all: Permission::default(),
            rename: Rename::default(),
            nested: Permission::default(),
            unknown_member: UnknownMember::default(),
            unique: Vec::new(),
            names: GroupNames::default(),
            inactive_members: InactiveMembers::default(),
        }
    }
}

/// `[page]`: pages of lists.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PageRules {
    /// When the request does not say.
    pub default: usize,
    /// At most.
    pub max: usize,
    /// What a larger `count` gets.
    pub over_max: OverMax,
    /// The query parameter that means `count`.
    pub count_param: String,
    /// Whether `startIndex` is left out of account.
    pub start_ignored: bool,
    /// What `itemsPerPage` tells.
    pub per_page_echo: PerPage,
    /// Whether the `cursor` of RFC 9865 is understood beside `startIndex`.
    pub cursor: bool,
    /// Seconds for which a cursor is good.
    pub cursor_timeout: u64,
    /// Whether a page by cursor tells `totalResults`.
    pub cursor_total: bool,
    /// Whether a client may choose the attributes of an answer.
    pub projection: ProjectionOf,
}

impl Default for PageRules {
    fn default() -> Self {
        Self {
            default: 100,
            max: 200,
            over_max: OverMax::default(),
            count_param: "count".to_owned(),
            start_ignored: false,
            per_page_echo: PerPage::default(),
            cursor: false,
            cursor_timeout: 600,
            cursor_total: true,
            projection: ProjectionOf::default(),
        }
    }
}

/// `[bulk]`: bulk requests (RFC 7644 §3.7).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct BulkRules {
    /// Whether there is `/Bulk` at all.
    pub supported: bool,
    /// Most operations in one request; more get 413.
    pub max_operations: usize,
    /// Most bytes in one request; more get 413.
    pub max_payload: usize,
}

impl Default for BulkRules {
    fn default() -> Self {
        Self { supported: false, max_operations: 1000, max_payload: 1024 * 1024 }
    }
}

/// `[patch]`: what PATCH accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PatchRules {
    /// Departures from the RFC that are accepted.
    pub tolerances: Vec<Tolerance>,
    /// Attributes of users that PATCH can change; empty for all. `*` at the end stands for anything.
    pub user_paths: Vec<String>,
    /// Attributes of groups that PATCH can change; empty for all.
    pub group_paths: Vec<String>,
    /// What a change outside of those does.
    pub unhandled: Unhandled,
    /// How a client does best to remove a member.
    pub remove_form: Removal,
}

/// `[put]`: what PUT writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PutRules {
    /// Attributes of users that PUT changes; empty for all. The others stay, and the answer is a success.
    pub only: Vec<String>,
    /// Attributes without which a PUT of a user gets 400.
    pub required: Vec<String>,
}

/// `[filter]`: which filters are answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct FilterRules {
    /// Attributes of users that a filter may compare with `eq`; empty for every filter of the RFC.
    pub user: Vec<String>,
    /// The same for groups.
    pub group: Vec<String>,
    /// Whether two comparisons may be joined with `and`, when attributes are listed.
    pub and: bool,
    /// What any other filter gets.
    pub unsupported: Unsupported,
}

/// `[[attr]]`: a rule for one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AttrRule {
    /// Its path, such as `name.givenName`.
    pub path: String,
    /// Whether a new user must, may or must not have it.
    #[serde(default)]
    pub need: Need,
    /// Whether it can change later.
    #[serde(default, rename = "mut")]
    pub mutability: Change,
    /// What is allowed in its text.
    #[serde(default)]
    pub format: Format,
    /// Most characters; 0 for no limit.
    #[serde(default)]
    pub max_len: usize,
    /// Most values; 0 for no limit.
    #[serde(default)]
    pub max_items: usize,
    /// Whether it is shown.
    #[serde(default)]
    pub shown: Shown,
    /// The attribute whose value it gets in a create that leaves it out; empty for none.
    #[serde(default)]
    pub default_from: String,
}

/// `[[custom]]`: an attribute of users that the RFC does not have. `/Schemas` tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Custom {
    /// Its name, or the URN of an extension with the name: `urn:example:User:badge`.
    pub path: String,
    /// Type of its value.
    #[serde(default, rename = "type")]
    pub kind: CustomType,
}

impl Custom {
    /// The URN of the extension, if it is in one, and the name.
    #[must_use]
    pub fn parts(&self) -> (Option<&str>, &str) {
        match self.path.rsplit_once(':') {
            Some((urn, name)) => (Some(urn), name),
            None => (None, &self.path),
        }
    }
}

/// `[error]`: error bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ErrorRules {
    /// Type of `status`.
    pub status_as: StatusForm,
    /// Whether there is a `scimType`.
    pub scim_type: ScimTypes,
    /// Members that the body has besides.
    pub extra: Vec<String>,
    /// What somebody without the right credentials is told.
    pub unauthorized: UnauthorizedBody,
}

/// `[auth]`: credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct AuthRules {
    /// What becomes of a token when there is a new one.
    pub rotate: Rotation,
}

/// `[seat]`: paid seats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SeatRules {
    /// Who gives them out.
    pub by: SeatBy,
    /// Roles of `tenant.roles` that come with one.
    pub roles: Vec<String>,
}

/// `[jit]`: accounts that the first single sign-on makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct JitRules {
    /// Whether there are such accounts.
    pub supported: bool,
    /// Attributes of the sign-in that come into the account; the user name always does.
    pub attributes: Vec<String>,
    /// Attributes without which nobody gets an account.
    pub required: Vec<String>,
    /// The role of such an account; empty for none that is known.
    pub role: String,
    /// The group that such an account comes into; empty for none that is known.
    pub group: String,
}

/// `[service]`: which discovery documents there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ServiceRules {
    /// Where the real endpoint is, with parts in braces that a tenant fills in. Informs only.
    pub base: String,
    /// Whether there are `ServiceProviderConfig`, `ResourceTypes` and `Schemas`.
    pub discovery: Discovery,
    /// Headers without which a request gets 400.
    pub need_headers: Vec<String>,
    /// Where the configuration is.
    pub config_path: ConfigPath,
    /// What the configuration says of `filter.maxResults`, when that is not `page.max`; 0 when it is.
    pub told_max_results: usize,
    /// Media type of answers, when it is not that of RFC 7644 §3.1; empty when it is.
    pub media_type: String,
}

/// `[rate]`: how many requests a client may make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct RateRules {
    /// Each of them must have room.
    #[serde(rename = "window")]
    pub windows: Vec<RateWindow>,
    /// Answers that mean "slow down" though their status is not 429.
    pub throttle: Vec<Throttle>,
}

/// `[[rate.window]]`: so many operations in any period of that length; more get 429 with `Retry-After`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RateWindow {
    /// Most operations.
    pub operations: u32,
    /// Length of the period in seconds.
    pub seconds: u32,
    /// Which operations count.
    #[serde(default)]
    pub of: RateScope,
}

/// `[[rate.throttle]]`: an answer that means "slow down".
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Throttle {
    /// HTTP status.
    pub status: u16,
    /// Text in the body.
    pub text: String,
}

/// `[life]`: what deactivation and deletion do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LifeRules {
    /// What `active: false` does.
    pub deactivate: Deactivate,
    /// What `active: true` does after that.
    pub reactivate: Reactivate,
    /// What DELETE does.
    pub delete: Delete,
    /// Whether somebody may be created inactive.
    pub create_inactive: Permission,
    /// The states on the way to an account that can be used, in order; empty when it can be used at once.
    pub states: Vec<String>,
    /// What the vendor calls an account with `active: false`.
    pub off_state: String,
    /// Attributes that are overwritten on deactivation.
    pub mangle: Vec<String>,
}

/// `[conflict]`: uniqueness of users.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ConflictRules {
    /// Attributes that must be unique.
    pub on: Vec<String>,
    /// What creating a user does when the account exists already.
    pub existing: Existing,
    /// What an account outside of the organization does.
    pub foreign: Foreign,
}

impl Default for ConflictRules {
    fn default() -> Self {
        Self { on: vec!["userName".to_owned()], existing: Existing::default(), foreign: Foreign::default() }
    }
}

/// `[domain]`: verified e-mail domains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct DomainRules {
    /// When the domain of `userName` must be one of `tenant.verified_domains`; otherwise the request gets 400.
    pub verified: DomainCheck,
}

/// `[tenant]`: what the tenant that a mock plays has set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Tenant {
    /// Roles, or permission sets, that exist.
    pub roles: Vec<String>,
    /// E-mail domains that were verified.
    pub verified_domains: Vec<String>,
}
