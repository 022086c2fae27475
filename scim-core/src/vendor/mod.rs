//! Vendor profiles: how a service provider departs from the RFC, as data.
//!
//! One file drives both sides. A mock server obeys it, and a test run derives from it what to expect, for instance
//! that a user who was deactivated is gone. A profile states what differs from RFC 7643 and 7644; every key that is
//! left out has the RFC's meaning. Each key carries a [`Grade`]: how far to trust it.
//!
//! ```
//! use scim_core::vendor::{Deactivate, Profile};
//!
//! let hubspot = Profile::builtin("hubspot").expect("it ships with the crate");
//! assert_eq!(hubspot.life.deactivate, Deactivate::Delete);
//!
//! let wrong = "profile = { id = \"x\", title = \"X\", as_of = \"2026-01\" }\nlife = { deactivat = \"delete\" }\n";
//! let error = Profile::parse(wrong, "x.toml").expect_err("the key is misspelled");
//! assert_eq!((error.line(), error.column()), (2, 10));
//! assert_eq!(error.hint(), Some("did you mean `deactivate`?"));
//! ```
//!
//! A `[[variant]]` holds on a condition, such as a date: `Profile::builtin("hubspot@roles")` is HubSpot from 2024 on.
//!
//! Not supported: profiles that inherit from another, variants that change with each request, filter operators other
//! than `eq` in the list of what a vendor answers.

pub mod load;

mod evidence;
mod grant;
mod keys;
mod profile;
mod rules;
mod tell;
#[cfg(test)]
mod tests;
mod value;

pub use evidence::{Evidence, Mark};
pub use grant::Grant;
pub use load::DataFileError;
pub use profile::{Condition, Identity, Profile, Variant};
pub use rules::{
    AttrRule, BulkRules, ConflictRules, DomainRules, ErrorRules, FilterRules, GroupRules, LifeRules,
    PageRules, PatchRules, PutRules, RateRules, RateWindow, ServiceRules, Tenant, Throttle, UserRules,
};
pub use tell::Oddity;
pub use value::{
    Change, Deactivate, Delete, Discovery, DomainCheck, EditElsewhere, Existing, Fallback, Format, Grade,
    GrantKind, GrantMatch, GrantTarget, GroupMeaning, IdForm, Instead, ListScope, MembersRead, Need,
    OnCreate, Operation, OverMax, PerPage, Permission, RateScope, Reactivate, Removal, Rename, ScimTypes,
    StatusForm, Tolerance, Unhandled, UnknownMember, Unsupported, Wire, WriteBody,
};
