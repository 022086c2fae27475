//! What SCIM 2.0 says: resources, the filter and path grammar, the PATCH engine, schemas, and every request and
//! response of [RFC 7643](https://www.rfc-editor.org/rfc/rfc7643),
//! [RFC 7644](https://www.rfc-editor.org/rfc/rfc7644) and [RFC 9865](https://www.rfc-editor.org/rfc/rfc9865) as plain
//! data.
//!
//! You want this crate when you write a SCIM client or server and would rather not write the grammar, the PATCH
//! rules and the schema rules again. It has no runtime, no clock and no socket: bytes and JSON in, JSON and bytes out.
//!
//! # A tour
//!
//! **Resources** are structs that lose nothing ([`resource`] has the table of attributes and types), or [`serde_json::Value`] objects whose attributes a
//! [`schema::ResourceType`] explains:
//!
//! ```
//! use scim_core::resource::{EnterpriseUser, User};
//!
//! let user = User::new("ada@example.com").with_name("Ada", "Lovelace").with_email("ada@example.com");
//! assert_eq!(user.primary_email(), Some("ada@example.com"));
//! assert!(user.extension::<EnterpriseUser>()?.is_none());
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! **Filters** ([`filter`]) are parsed, printed, built in Rust ([`filter::attr`]) and matched:
//!
//! ```
//! use scim_core::{filter::{Filter, attr::user_name}, schema::ResourceType};
//! use serde_json::json;
//!
//! let filter = Filter::parse(r#"userName eq "BJENSEN" and emails[type eq "work"]"#)?;
//! let user = json!({"userName": "bjensen", "emails": [{"type": "work", "value": "b@example.com"}]});
//! assert!(filter.matches(&user, &ResourceType::user()).expect("the filter compares strings only"));
//! assert_eq!(user_name().eq("o\"brien").to_string(), r#"userName eq "o\"brien""#);
//! # Ok::<(), scim_core::filter::ParseError>(())
//! ```
//!
//! **PATCH** ([`patch`]) is built, applied and found as the difference of two resources:
//!
//! ```
//! use scim_core::{patch::{RemoveForm, Tolerances, apply, diff}, schema::ResourceType};
//! use serde_json::{Value, json};
//!
//! let before = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "title": "Dr."});
//! let after = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "active": true});
//! let user = ResourceType::user();
//! let patch = diff(&before, &after, &user, RemoveForm::ValuePath)?.to_json();
//! let applied = apply(before.as_object().expect("an object"), &patch, &user, &Tolerances::strict())?;
//! assert_eq!(Value::Object(applied.resource), after);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Requests and answers**: a [`call::Call`] is an HTTP request and back, so it is a client's encoder and a server's
//! router; [`reply::Reply`] is the answer. Their bodies are [`list::ListResponse`], [`query::ListQuery`] (the search
//! request), [`bulk`], [`patch::PatchOp`] and [`error::ScimError`].
//!
//! **Types of other crates** in this API: `serde_json` values, `http` requests and responses, `bytes::Bytes`,
//! `jiff::Timestamp`, and serde's two traits. No other dependency shows.
//!
//! **Rules**: [`schema`] has the schemas of RFC 7643 as data and reads others; [`validate`] says whether a resource
//! follows them; [`project`] decides which attributes an answer has.
//!
//! # Readings
//!
//! Where the RFCs leave a choice, this crate takes one reading, says which in the module that takes it, and offers
//! the one that identity providers rely on as a named flag of [`patch::Tolerances`]. In short:
//!
//! | Question | Reading | Where |
//! |---|---|---|
//! | `not(title pr)` without a space | read; printed with it (erratum 7319) | [`filter`] |
//! | `and`, `or` inside of `emails[…]` | allowed (errata 4690, 7322); a value path within one is not | [`filter`] |
//! | `a and b or c` | `and` first (erratum 4670) | [`filter`] |
//! | names that start with `$` | allowed (erratum 8924) | [`path`] |
//! | `ne` without a value | true | [`filter`] |
//! | `pr` of `""`, `[]`, `{}` | false | [`filter`] |
//! | ordering on booleans, dates that are none | 400 `invalidFilter`, with or without a value | [`filter`] |
//! | a filter on `password` | matches nothing | [`filter`] |
//! | `emails[type eq "work"].value` as PATCH path | allowed (erratum 7122) | [`path`] |
//! | `replace` of a complex attribute | the sub-attributes named | [`patch`] |
//! | `replace` of a value path that selects nothing | 400 `noTarget`; flag `create_on_absent` | [`patch`] |
//! | `remove` of a value path that selects nothing | nothing to do | [`patch`] |
//! | `remove` of `members` with `value` | removes all; flag `remove_with_value` | [`patch`] |
//! | PATCH within a bulk request | the whole message (erratum 5050) | [`bulk`] |
//! | `null`, `[]`, `{}` | no value | [`validate`], [`resource`] |
//! | an attribute twice in different letter case | an error | [`validate`], [`resource`] |
//! | unknown attributes | kept by typed resources, dropped by [`validate::accept`] | |
//! | `attributes` beside `excludedAttributes` | 400 `invalidValue` | [`project`] |
//! | `displayName` of a group, `groups.$ref`, `manager.value` | errata 5368, 8471, 8472 | [`schema`] |
//!
//! # Input from outside
//!
//! Filters and paths have limits of length, depth and terms ([`filter::Limits`]). JSON nests no deeper than
//! `serde_json` reads, 128 levels. Everything takes time linear in its input, but a PATCH request, which takes its
//! number of operations times the size of the attributes that they name; limit the size of requests.
//!
//! # Not supported
//!
//! Typed devices (those of RFC 9944 are [`resource::GenericResource`]s, and [`schema::ResourceType::device`] knows their
//! attributes, but not those of each kind of radio), security events (RFC 9967), sorting
//! of resources, splitting of bulk requests, and IRIs in schema URNs.

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

#[cfg(test)]
mod properties;

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
