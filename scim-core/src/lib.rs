//! What SCIM 2.0 says: the filter and path grammar, the PATCH engine, schemas, and every request and response of
//! [RFC 7644](https://www.rfc-editor.org/rfc/rfc7644) as plain data.
//!
//! You want this crate when you write a SCIM client or server and would rather not write the grammar, the PATCH
//! rules and the schema rules again. It has no runtime, no clock and no socket: bytes and JSON in, JSON and bytes out.
//! Resources are [`serde_json::Value`] objects; [`schema::ResourceType`] says what their attributes mean.
//!
//! ```
//! use scim_core::{filter::Filter, schema::ResourceType};
//! use serde_json::json;
//!
//! let filter = Filter::parse(r#"userName eq "BJENSEN" and emails[type eq "work"]"#)?;
//! let user = json!({"userName": "bjensen", "emails": [{"type": "work", "value": "b@example.com"}]});
//! assert!(filter.matches(&user, &ResourceType::user()).expect("the filter compares strings only"));
//! # Ok::<(), scim_core::filter::ParseError>(())
//! ```
//!
//! # Readings
//!
//! Where RFC 7643/7644 leave a choice, this crate takes one reading, says which in the module that takes it, and
//! offers the reading that identity providers rely on as a named flag of [`patch::Tolerances`].
//!
//! # Not supported yet
//!
//! Typed `User`/`Group` structs, bulk messages, `/Me`, cursor paging (RFC 9865).

pub mod bulk;
pub mod call;
pub mod error;
pub mod filter;
pub mod json;
pub mod list;
pub mod patch;
pub mod path;
pub mod project;
pub mod query;
pub mod reply;
pub mod resource;
pub mod schema;
pub mod urn;
pub mod validate;
#[cfg(feature = "vendors")]
pub mod vendor;
