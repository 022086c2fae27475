//! Resources as Rust structs that lose nothing: [`User`], [`Group`], [`EnterpriseUser`], and your own.
//!
//! Names are read in any letter case and written in the schema's spelling. A member that a struct has no field for is
//! kept in its [`Extra`], at every level, and written back. Every attribute may be missing, since a service provider
//! may be asked for a part of a resource (RFC 7644 §3.9).
//!
//! ```
//! use scim_core::resource::{EnterpriseUser, User};
//!
//! let user = User::new("ada@example.com")
//!     .with_name("Ada", "Lovelace")
//!     .with_email("ada@example.com")
//!     .with_active(true)
//!     .with_extension(&EnterpriseUser { department: Some("Engines".into()), ..EnterpriseUser::default() })?;
//! assert_eq!(user.primary_email(), Some("ada@example.com"));
//!
//! let text = serde_json::to_string(&user)?;
//! let read: User = serde_json::from_str(&text)?;
//! assert_eq!(read, user);
//! let enterprise = read.extension::<EnterpriseUser>()?.expect("it was just set");
//! assert_eq!(enterprise.department.as_deref(), Some("Engines"));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Attributes and their types
//!
//! | RFC 7643 | Rust |
//! |---|---|
//! | `string`, `reference`, `binary` (base64 text), `dateTime` | `Option<String>`; [`Meta`] reads its instants |
//! | `password` | `Option<`[`Password`]`>`, which `Debug` does not show |
//! | `boolean` | `Option<bool>` |
//! | `integer` | `Option<i64>` |
//! | `name` | `Option<`[`Name`]`>` |
//! | `emails`, `phoneNumbers`, `ims`, `photos`, `entitlements`, `roles`, `x509Certificates` | `Vec<`[`MultiValue`]`>` |
//! | `addresses` | `Vec<`[`Address`]`>` |
//! | `groups` | `Vec<`[`Membership`]`>` |
//! | `members` | `Vec<`[`Member`]`>` |
//! | `manager` | `Option<`[`Manager`]`>` |
//! | `meta` | `Option<`[`Meta`]`>` |
//! | an extension | [`Extension`], read by `user.extension::<E>()` |
//! | `type`, `$ref` | fields `kind`, `reference` |
//! | anything else | [`Extra`] |
//! | `ServiceProviderConfig` | [`ServiceProviderConfig`] |
//! | `ResourceType` | [`ResourceTypeInfo`] |
//! | `Schema` | [`schema::Schema`](crate::schema::Schema) |
//! | `Device`, `EndpointApp` (RFC 9944) | [`GenericResource`] with [`ResourceType::device`](crate::schema::ResourceType::device) |
//! | a resource of another type | [`GenericResource`], or your struct with [`Resource`] |
//!
//! # Readings
//!
//! * `null` and `[]` leave a field empty (RFC 7643 §2.5) and are kept in [`Extra`], so the three states absent, null
//!   and set survive.
//! * The same attribute twice, in whatever letter case, is an error: no RFC says which one counts.
//! * A value of another type is an error that names its place. [`lenient::from_value`] reads what such servers mean.
//! * `primary_email` is the address marked primary, else the first; RFC 7643 §2.4 leaves the latter open.

mod discovery;
mod enterprise;
mod extra;
mod group;
pub mod lenient;
mod object;
#[cfg(test)]
mod tests;
mod user;

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub(crate) use self::object::Values;
use self::object::{object, resource};
pub use self::{
    discovery::{
        AuthenticationScheme, Bulk, Filtering, Pagination, ResourceTypeInfo, SchemaExtension,
        ServiceProviderConfig,
    },
    enterprise::{EnterpriseUser, Manager},
    extra::Extra,
    group::{Group, Member},
    user::{Address, Membership, MultiValue, Name, User},
};
use crate::filter::instant;

/// A resource type as a Rust type: which schema it follows, where it lives, how it is named.
///
/// Your own type plugs in with `serde` and the two constants:
///
/// ```
/// use scim_core::resource::{Meta, Resource};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Badge {
///     id: Option<String>,
///     serial_number: String,
/// }
///
/// impl Resource for Badge {
///     const SCHEMA: &'static str = "urn:example:params:scim:schemas:core:2.0:Badge";
///     const ENDPOINT: &'static str = "Badges";
///
///     fn id(&self) -> Option<&str> {
///         self.id.as_deref()
///     }
/// }
/// ```
///
/// A struct that serde derives reads names exactly and drops what it does not know; wrap a [`GenericResource`] where
/// that matters.
pub trait Resource: Serialize + DeserializeOwned {
    /// URN of the core schema.
    const SCHEMA: &'static str;
    /// Path below the base address, without a slash, as [`Call`](crate::call::Call) has it: `Users`. Empty for a type
    /// whose endpoint is known at run time only.
    const ENDPOINT: &'static str;

    /// Identifier that the service provider chose (RFC 7643 §3.1).
    fn id(&self) -> Option<&str>;

    /// Identifier that the client chose (RFC 7643 §3.1).
    fn external_id(&self) -> Option<&str> {
        None
    }

    /// What the service provider says of the resource itself (RFC 7643 §3.1).
    fn meta(&self) -> Option<&Meta> {
        None
    }

    /// Version, as the `ETag` header has it (RFC 7644 §3.14).
    fn version(&self) -> Option<&str> {
        self.meta()?.version.as_deref()
    }
}

/// Data of a schema extension (RFC 7643 §3.3): a struct and the URN under which a resource holds it.
///
/// ```
/// use scim_core::resource::{Extension, User};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Parking {
///     lot: u32,
/// }
///
/// impl Extension for Parking {
///     const URN: &'static str = "urn:example:params:scim:schemas:extension:parking:1.0:User";
/// }
///
/// let mut user = User::new("ada");
/// assert!(user.extension::<Parking>()?.is_none());
/// user.set_extension(&Parking { lot: 7 })?;
/// assert_eq!(user.schemas.len(), 2);
/// assert_eq!(user.extension::<Parking>()?.expect("it was just set").lot, 7);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub trait Extension: Serialize + DeserializeOwned {
    /// URN of the extension's schema.
    const URN: &'static str;
}

resource! {
    /// A resource of any type: the common attributes as fields, everything else in `extra`.
    ///
    /// Its endpoint is known at run time only, so [`Resource::ENDPOINT`] and [`Resource::SCHEMA`] are empty. The
    /// devices and endpoint apps of RFC 9944 are read with it;
    /// [`ResourceType::device`](crate::schema::ResourceType::device) says what their attributes mean.
    pub struct GenericResource in NO_SCHEMA, at "" {
    }
}

impl GenericResource {
    /// An empty resource with that core schema.
    pub fn new(schema: impl Into<String>) -> Self {
        Self { schemas: vec![schema.into()], ..Self::default() }
    }

    /// The same with one more attribute.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.extra.insert(name, value);
        self
    }
}

object! {
    /// What the service provider says of a resource (RFC 7643 §3.1, `meta`).
    #[derive(Default)]
    pub struct Meta {
        /// Name of the resource type, such as `User`.
        resource_type: Option<String> = "resourceType",
        /// When the resource was made, as written; [`Meta::created_at`] reads it.
        created: Option<String> = "created",
        /// When it was last changed, as written; [`Meta::last_modified_at`] reads it.
        last_modified: Option<String> = "lastModified",
        /// URI of the resource.
        location: Option<String> = "location",
        /// Version, an entity tag such as `W/"3694e05e9dff590"`.
        version: Option<String> = "version",
    }
}

impl Meta {
    /// When the resource was made; a time without an offset is taken as UTC.
    #[must_use]
    pub fn created_at(&self) -> Option<jiff::Timestamp> {
        instant(self.created.as_deref()?)
    }

    /// When the resource was last changed; a time without an offset is taken as UTC.
    #[must_use]
    pub fn last_modified_at(&self) -> Option<jiff::Timestamp> {
        instant(self.last_modified.as_deref()?)
    }
}

/// A password, which `Debug` does not show (RFC 7643 §4.1.1, §9.2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// The password in clear.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Password {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

const NO_SCHEMA: &str = "";
