//! A typed async SCIM 2.0 client that makes bulk provisioning safe.
//!
//! You want it when you create, change, list or remove users and groups of a service provider, and when a lost answer,
//! a throttled request or a server that lies about its pages must not become a duplicate or a missing user.
//!
//! ```
//! # async fn show() -> Result<(), scim_client::Error> {
//! use futures_util::TryStreamExt;
//! use scim_client::{Client, Creation, List};
//! use scim_core::{patch::PatchOp, resource::User};
//!
//! let client = Client::builder("https://example.com/scim/v2").bearer("token").build()?;
//!
//! let ada = User::new("ada@example.com").with_name("Ada", "Lovelace");
//! match client.users().create_or_adopt(&ada).await? {
//!     Creation::Created(user) => println!("made {:?}", user.id),
//!     Creation::Adopted(user) => println!("was there already: {:?}", user.id),
//!     Creation::Conflict(error) => println!("in the way: {error}"),
//! }
//!
//! let mut users = client.users().list(List::new());
//! while let Some(user) = users.try_next().await? {
//!     let id = user.id.unwrap_or_default();
//!     client.users().patch(&id, &PatchOp::new().replace("active", false)).await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What it takes care of
//!
//! | | |
//! |---|---|
//! | lost answers | a write that may have happened is never blindly repeated: [`retry`], [`Resources::create_or_adopt`] |
//! | throttling | `Retry-After`, rate limits counted in operations, a slower pace after 429: [`rate`] |
//! | pages | index and cursor, chosen by what the server answers; lies are errors or warnings: [`pages`] |
//! | versions | `If-Match` when the version is known, [`Error::is_precondition_failed`] |
//! | no PATCH | GET, change, PUT: [`Resources::patch`] |
//! | many at once | requests within the server's limits, one result for each operation: [`Client::bulk`] |
//! | group members | portions, the remove form that the server knows, reading back: [`Resources::change_members`] |
//! | credentials | hidden from `Debug`, errors and traces; never sent to another origin or over plain `http` |
//!
//! A request passes these layers, from the outside in: retry, rate limit, credentials, trace and redirects, network.
//! [`Client::from_service`] and [`ClientBuilder::build_with`] put any `tower` service in the place of the network;
//! `ClientBuilder::build_around` puts layers of your own around it.
//!
//! # Not supported yet
//!
//! * Asynchronous answers (RFC 9967): 202 counts as success, and what becomes of the request is not followed up.
//! * Vendor profiles tell page size and missing PATCH only; rate limits and the remove form are yours to set.
//! * PATCH by GET and PUT for resource types other than users and groups.
//! * HTTP/3, token grants other than client credentials.
//! * A bulk request that was lost is not looked up again; its operations are reported as unknown.

pub mod auth;
#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
pub mod bulk;
mod client;
pub mod clock;
mod create;
mod discovery;
mod error;
mod exchange;
mod limits;
mod me;
mod members;
#[cfg(feature = "reqwest")]
mod network;
mod options;
pub mod pages;
mod patch;
pub mod rate;
mod read;
mod resources;
pub mod retry;
pub mod service;

#[cfg(feature = "reqwest")]
pub use self::network::Network;
pub use self::{
    auth::OAuth,
    builder::ClientBuilder,
    bulk::{Bulk, BulkItem, BulkOutcome, BulkReport},
    client::Client,
    create::Creation,
    discovery::Discovery,
    error::{AnswerError, Error, ErrorKind, TransportError, TransportKind},
    limits::ServerLimits,
    me::Me,
    members::MemberChanges,
    options::{CallOptions, List, Paging, Precondition, Totals},
    pages::Pages,
    rate::RateLimits,
    resources::{Fresh, Resources},
    retry::RetryPolicy,
};
