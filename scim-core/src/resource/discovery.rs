//! What `/ServiceProviderConfig` and `/ResourceTypes` say (RFC 7643 §5, §6; RFC 9865 §4).

use serde::Deserialize;
use serde_json::Value;

use super::{Meta, object, resource};
use crate::urn;

object! {
    /// What a service provider can do (RFC 7643 §5, with `pagination` of RFC 9865).
    ///
    /// It is read field by field: what is missing or of the wrong type is `None`, which means "not said", and turns
    /// nothing else off. The wrong value itself is in `extra`.
    ///
    /// ```
    /// use scim_core::resource::ServiceProviderConfig;
    /// use serde_json::json;
    ///
    /// let config = ServiceProviderConfig::from_json(&json!({
    ///     "patch": {"supported": "true"},
    ///     "bulk": {"supported": true, "maxOperations": "many", "maxPayloadSize": 1048576},
    ///     "filter": 7,
    /// }));
    /// assert_eq!(config.patch_supported(), Some(true));
    /// let bulk = config.bulk.as_ref().expect("its other members are fine");
    /// assert_eq!((bulk.max_operations, bulk.max_payload_size), (None, Some(1_048_576)));
    /// assert_eq!(config.filter, None);
    /// assert_eq!(config.extra.get("filter"), Some(&json!(7)));
    /// ```
    pub struct ServiceProviderConfig in urn::SERVICE_PROVIDER_CONFIG, loose {
        /// URNs of the schemas that the document follows.
        schemas: Vec<String> = "schemas",
        /// URI of documentation for people.
        documentation_uri: Option<String> = "documentationUri",
        /// PATCH (RFC 7644 §3.5.2).
        patch: Option<Support> = "patch",
        /// Bulk operations (RFC 7644 §3.7).
        bulk: Option<Bulk> = "bulk",
        /// Filters (RFC 7644 §3.4.2.2).
        filter: Option<Filtering> = "filter",
        /// Changes of a password.
        change_password: Option<Support> = "changePassword",
        /// Sorting (RFC 7644 §3.4.2.3).
        sort: Option<Support> = "sort",
        /// Entity tags (RFC 7644 §3.14).
        etag: Option<Support> = "etag",
        /// Pagination methods (RFC 9865 §4).
        pagination: Option<Pagination> = "pagination",
        /// How a client can prove who it is.
        authentication_schemes: Vec<AuthenticationScheme> = "authenticationSchemes",
        /// What the service provider says of the document itself.
        meta: Option<Meta> = "meta",
    }
}

impl Default for ServiceProviderConfig {
    /// A document that says nothing.
    fn default() -> Self {
        Self {
            schemas: vec![urn::SERVICE_PROVIDER_CONFIG.to_owned()],
            documentation_uri: None,
            patch: None,
            bulk: None,
            filter: None,
            change_password: None,
            sort: None,
            etag: None,
            pagination: None,
            authentication_schemes: Vec::new(),
            meta: None,
            extra: super::Extra::default(),
        }
    }
}

impl ServiceProviderConfig {
    /// Reads a document. Never fails: what is no object at all says nothing.
    #[must_use]
    pub fn from_json(document: &Value) -> Self {
        Self::deserialize(document).unwrap_or_default()
    }

    /// Whether PATCH is supported; `None` when the document does not say.
    #[must_use]
    pub fn patch_supported(&self) -> Option<bool> {
        self.patch.as_ref()?.supported
    }

    /// Whether bulk operations are supported; `None` when the document does not say.
    #[must_use]
    pub fn bulk_supported(&self) -> Option<bool> {
        self.bulk.as_ref()?.supported
    }

    /// Whether filters are supported; `None` when the document does not say.
    #[must_use]
    pub fn filter_supported(&self) -> Option<bool> {
        self.filter.as_ref()?.supported
    }

    /// Whether sorting is supported; `None` when the document does not say.
    #[must_use]
    pub fn sort_supported(&self) -> Option<bool> {
        self.sort.as_ref()?.supported
    }

    /// Whether entity tags are supported; `None` when the document does not say.
    #[must_use]
    pub fn etag_supported(&self) -> Option<bool> {
        self.etag.as_ref()?.supported
    }

    /// Whether a password can be changed; `None` when the document does not say.
    #[must_use]
    pub fn change_password_supported(&self) -> Option<bool> {
        self.change_password.as_ref()?.supported
    }
}

object! {
    /// Whether something is supported (RFC 7643 §5).
    #[derive(Default)]
    pub struct Support, loose {
        /// Whether it is; `None` when the document does not say.
        supported: Option<bool> = "supported",
    }
}

object! {
    /// Bulk operations and their limits (RFC 7643 §5, `bulk`).
    #[derive(Default)]
    pub struct Bulk, loose {
        /// Whether they are supported.
        supported: Option<bool> = "supported",
        /// Most operations in one request.
        max_operations: Option<u64> = "maxOperations",
        /// Most bytes in one request.
        max_payload_size: Option<u64> = "maxPayloadSize",
    }
}

object! {
    /// Filters and their limit (RFC 7643 §5, `filter`).
    #[derive(Default)]
    pub struct Filtering, loose {
        /// Whether they are supported.
        supported: Option<bool> = "supported",
        /// Most resources in one answer.
        max_results: Option<u64> = "maxResults",
    }
}

object! {
    /// Pagination methods and their limits (RFC 9865 §4, `pagination`).
    #[derive(Default)]
    pub struct Pagination, loose {
        /// Whether `cursor` is understood.
        cursor: Option<bool> = "cursor",
        /// Whether `startIndex` is understood.
        index: Option<bool> = "index",
        /// The method when a client names none: `cursor` or `index`.
        default_pagination_method: Option<String> = "defaultPaginationMethod",
        /// Resources in one answer when a client names no `count`.
        default_page_size: Option<u64> = "defaultPageSize",
        /// Largest `count`.
        max_page_size: Option<u64> = "maxPageSize",
        /// Seconds for which a cursor is kept.
        cursor_timeout: Option<u64> = "cursorTimeout",
    }
}

object! {
    /// A way to prove who the client is (RFC 7643 §5, `authenticationSchemes`).
    #[derive(Default)]
    pub struct AuthenticationScheme, loose {
        /// `oauth`, `oauth2`, `oauthbearertoken`, `httpbasic` or `httpdigest` (`type`).
        kind: Option<String> = "type",
        /// Name for people.
        name: Option<String> = "name",
        /// What it is.
        description: Option<String> = "description",
        /// URI of the specification.
        spec_uri: Option<String> = "specUri",
        /// URI of documentation.
        documentation_uri: Option<String> = "documentationUri",
        /// Whether it is the preferred one.
        primary: Option<bool> = "primary",
    }
}

resource! {
    /// A resource type as a service provider describes it (RFC 7643 §6).
    ///
    /// [`schema::ResourceType`](crate::schema::ResourceType) is the same with its schemas looked up.
    pub struct ResourceTypeInfo in urn::RESOURCE_TYPE, at "ResourceTypes" {
        /// Name, such as `User`.
        name: Option<String> = "name",
        /// What it is, for people.
        description: Option<String> = "description",
        /// Path below the base address, such as `/Users`.
        endpoint: Option<String> = "endpoint",
        /// URN of the core schema.
        schema: Option<String> = "schema",
        /// Extensions of the core schema.
        schema_extensions: Vec<SchemaExtension> = "schemaExtensions",
    }
}

object! {
    /// An extension of a resource type (RFC 7643 §6, `schemaExtensions`).
    #[derive(Default)]
    pub struct SchemaExtension {
        /// URN of the extension's schema.
        schema: Option<String> = "schema",
        /// Whether every resource must have it.
        required: Option<bool> = "required",
    }
}
