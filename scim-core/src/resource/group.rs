//! `Group` (RFC 7643 §4.2).

use super::{Resource, User, object, resource};
use crate::urn;

resource! {
    /// A group of users and groups (RFC 7643 §4.2).
    ///
    /// ```
    /// use scim_core::resource::{Group, Member};
    ///
    /// let group = Group::new("Engineers").with_member(Member::user("2819c223"));
    /// assert_eq!(group.members[0].value.as_deref(), Some("2819c223"));
    /// ```
    pub struct Group in urn::GROUP, at "Groups" {
        /// Name of the group.
        display_name: Option<String> = "displayName",
        /// Who is in it.
        members: Vec<Member> = "members",
    }
}

impl Group {
    /// A group of that name, without members.
    pub fn new(display_name: impl Into<String>) -> Self {
        Self { display_name: Some(display_name.into()), ..Self::default() }
    }

    /// The same with one more member.
    #[must_use]
    pub fn with_member(mut self, member: Member) -> Self {
        self.members.push(member);
        self
    }

    /// Whether the resource with that `id` is a direct member.
    #[must_use]
    pub fn has_member(&self, id: &str) -> bool {
        self.members.iter().any(|member| member.value.as_deref() == Some(id))
    }
}

object! {
    /// A member of a group (RFC 7643 §4.2, `members`).
    #[derive(Default)]
    pub struct Member {
        /// `id` of the member.
        value: Option<String> = "value",
        /// URI of the member (`$ref`).
        reference: Option<String> = "$ref",
        /// `User` or `Group` (`type`).
        kind: Option<String> = "type",
        /// Name of the member.
        display: Option<String> = "display",
    }
}

impl Member {
    /// A member by its `id`, without saying what it is; some service providers know no `type`.
    pub fn new(id: impl Into<String>) -> Self {
        Self { value: Some(id.into()), ..Self::default() }
    }

    /// A user by its `id`.
    pub fn user(id: impl Into<String>) -> Self {
        Self { kind: Some("User".to_owned()), ..Self::new(id) }
    }

    /// A group by its `id`.
    pub fn group(id: impl Into<String>) -> Self {
        Self { kind: Some("Group".to_owned()), ..Self::new(id) }
    }
}

impl From<&User> for Member {
    fn from(user: &User) -> Self {
        Self { value: user.id().map(str::to_owned), kind: Some("User".to_owned()), ..Self::default() }
    }
}
