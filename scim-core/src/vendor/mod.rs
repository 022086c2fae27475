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
//! One that has a mark in the request as its condition is chosen by [`Profile::for_request`].
//!
//! Not supported: profiles that inherit from another, several variants at once, filter operators other than `eq` in the
//! list of what a vendor answers.

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
    AttrRule, AuthRules, BulkRules, ConflictRules, Custom, DomainRules, ErrorRules, FilterRules, GroupRules,
    JitRules, LifeRules, PageRules, PatchRules, PutRules, RateRules, RateWindow, SeatRules, ServiceRules,
    Tenant, Throttle, UserRules,
};
pub use tell::Oddity;
pub use value::{
    Change, ConfigPath, CustomType, Deactivate, Delete, Discovery, DomainCheck, EditElsewhere, Existing,
    Fallback, Foreign, Format, Grade, GrantKind, GrantMatch, GrantTarget, GroupMeaning, GroupNames, IdForm,
    InactiveMembers, Instead, ListScope, MembersRead, Need, OnCreate, Operation, OverMax, PerPage,
    Permission, ProjectionOf, RateScope, Reactivate, Removal, Rename, Rotation, ScimTypes, SeatBy, Shown,
    StatusForm, Tolerance, UnauthorizedBody, Unhandled, UnknownMember, Unsupported, Wire, WriteBody,
};
