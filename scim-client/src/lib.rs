//! A SCIM 2.0 client.
pub mod auth;
mod builder;
pub mod bulk;
mod client;
pub mod clock;
mod create;
mod discovery;
mod error;
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
mod send;
pub mod service;

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
