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
//! Not supported: profiles that inherit from another, conditional overlays, rate limits, filter restrictions.

pub mod load;

mod profile;
#[cfg(test)]
mod tests;
mod value;

pub use load::DataFileError;
pub use profile::{
    ConflictRules, DomainRules, Evidence, Grant, GroupRules, Identity, LifeRules, PageRules, PatchRules,
    Profile, Tenant, UserRules,
};
pub use value::{
    Deactivate, Delete, DomainCheck, EditElsewhere, Existing, Fallback, Grade, GrantKind, GrantMatch,
    GrantTarget, IdForm, ListScope, MembersRead, Operation, Tolerance, UnknownMember, WriteBody,
};
