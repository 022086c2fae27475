//! The PATCH message and its application to a resource (RFC 7644 §3.5.2).
//!
//! [`apply()`] has two declared modes. [`Tolerances::strict`] is the RFC and nothing more; [`Tolerances::idp`] adds what
//! Okta and Entra ID rely on. Each addition is a flag of its own, so a server can choose.
//!
//! ```
//! use scim_core::{patch::{Tolerances, apply}, schema::ResourceType};
//! use serde_json::json;
//!
//! let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "active": true});
//! let entra = json!({
//!     "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
//!     "Operations": [{"op": "Replace", "path": "active", "value": "False"}],
//! });
//! let user = user.as_object().expect("an object literal");
//! assert!(apply(user, &entra, &ResourceType::user(), &Tolerances::strict()).is_err());
//! let after = apply(user, &entra, &ResourceType::user(), &Tolerances::idp())?;
//! assert_eq!(after.resource["active"], false);
//! # Ok::<(), scim_core::error::ScimError>(())
//! ```
//!
//! [`PatchOp`] builds a message, [`diff`] finds the one that turns one resource into another, and [`apply_in_place`]
//! spares the copy.
//!
//! # Readings
//!
//! * `replace` of a complex attribute sets the sub-attributes that it names and keeps the others (§3.5.2.3, second
//!   bullet); `replace` of a value path without sub-attribute replaces the selected values whole.
//! * `remove` whose value path selects nothing succeeds and changes nothing; `add` and `replace` answer `noTarget`.
//! * Strict `remove` ignores `value`, as §3.5.2.2 gives it no meaning: `remove` of `members` removes every member.
//! * A read-only attribute may be "replaced" by the value that it has; that changes nothing.
//! * An immutable value, such as a member's `value`, is set once; to remove it, remove the whole member.
//! * `add` of `null` or of `[]` adds nothing; strictly, `null` is refused and `[]` clears on `replace` (RFC 7643 §2.5
//!   makes both mean "unassigned"; clients that send `null` to clear have the flag `null_clears`).
//! * What is wrong between the brackets of a path is `invalidFilter` (Table 9 names the path filter there); what is
//!   wrong elsewhere in it, or names no attribute, is `invalidPath`.
//! * A new `primary` value turns the old one's `primary` to `false` (§3.5.2, "primary").

mod apply;
#[cfg(test)]
mod atomic_tests;
mod diff;
#[cfg(test)]
pub(crate) mod diff_tests;
mod draft;
#[cfg(test)]
mod idp_tests;
mod op;
mod target;
#[cfg(test)]
mod tests;

pub use self::{
    apply::{Applied, apply, apply_in_place},
    diff::{DiffError, RemoveForm, diff},
    op::{Op, Operation, PatchOp},
};

/// Which departures from the RFC a server accepts. Every flag is off in [`Tolerances::strict`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tolerances {
    /// `"op": "Replace"`, in any case (Entra ID's default dialect).
    pub op_case: bool,
    /// `"True"`, `"false"` for a boolean attribute (Entra ID's default dialect).
    pub bool_strings: bool,
    /// `{"name.givenName": …}` in a value without path (Entra ID, `aadOptscim062020`).
    pub dotted_keys: bool,
    /// `{"urn:…:User:employeeNumber": …}` in a value without path (Entra ID, `aadOptscim062020`).
    pub urn_keys: bool,
    /// `remove` with `value` removes only the values listed (Entra ID's default dialect, authentik).
    pub remove_with_value: bool,
    /// `emails[type eq "work"].value` creates the element when none matches (Entra ID).
    pub create_on_absent: bool,
    /// A bare string for `manager` (Entra ID).
    pub manager_string: bool,
    /// A JSON object inside a string as a role's `value` (Entra ID's app role expressions).
    pub json_string_roles: bool,
    /// `null` or `""` as a value clears the attribute.
    pub null_clears: bool,
    /// A message without `schemas`.
    pub missing_schemas: bool,
    /// Schema URNs that the server does not know, in `schemas` of a resource (OneLogin, Google).
    pub unknown_schemas: bool,
    /// Attributes that the server does not know are skipped, where the RFC answers `invalidPath`.
    pub unknown_attributes: bool,
}

impl Tolerances {
    /// RFC 7644 and nothing more.
    #[must_use]
    pub fn strict() -> Self {
        Self::default()
    }

    /// Everything that a known identity provider relies on; unknown attributes are still refused.
    #[must_use]
    pub fn idp() -> Self {
        Self {
            op_case: true,
            bool_strings: true,
            dotted_keys: true,
            urn_keys: true,
            remove_with_value: true,
            create_on_absent: true,
            manager_string: true,
            json_string_roles: true,
            null_clears: true,
            missing_schemas: true,
            unknown_schemas: true,
            unknown_attributes: false,
        }
    }
}
