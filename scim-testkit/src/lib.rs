//! A mock SCIM service provider that answers like a vendor, and identity provider simulators that ask like Okta and
//! Entra ID.
//!
//! * [`idp`] asks as the real providers ask; [`run`] plays stories with it, reads back what the endpoint stored and
//!   ends in a [`report::Report`]; [`check`] judges each exchange.
//! * [`provider`] answers as the RFC or as a vendor's profile says; [`serve`] puts it behind a tower service or a socket.
//! * [`mock`] is the provider for the tests of a client: start it, and say what must have come.
//!
//! The two halves share `scim-core` and nothing else: the judge must not share code with the judged. Without the feature
//! `run`, which is on by default, there is only the mock.

#[cfg(feature = "run")]
pub mod check;
#[cfg(feature = "ui")]
pub mod desk;
#[cfg(feature = "run")]
pub mod idp;
pub mod mock;
pub mod provider;
#[cfg(feature = "run")]
pub mod report;
#[cfg(feature = "run")]
pub mod run;
pub mod serve;
#[cfg(feature = "run")]
pub mod story;

#[cfg(feature = "run")]
pub use idp::Dialect;
pub use mock::MockScim;
#[cfg(feature = "run")]
pub use run::{Reach, Run, Suite, Target};
