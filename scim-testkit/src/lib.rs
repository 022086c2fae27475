//! A mock SCIM service provider that answers like a vendor, and identity provider simulators that ask like Okta and
//! Entra ID.
//!
//! * [`idp`] asks as the real providers ask; [`run`] plays stories with it, reads back what the endpoint stored and
//!   ends in a [`report::Report`]; [`check`] judges each exchange.
//! * [`provider`] answers as the RFC or as a vendor's profile says; [`serve`] puts it behind a tower service or a socket.
//!
//! The two halves share `scim-core` and nothing else: the judge must not share code with the judged.

pub mod check;
pub mod idp;
pub mod provider;
pub mod report;
pub mod run;
pub mod serve;
pub mod story;

pub use idp::Dialect;
pub use run::{Reach, Run, Suite, Target};
