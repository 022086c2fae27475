//! Every request of RFC 7644 §3.2 as data, in both directions: [`Call::to_http`] is what a client sends,
//! [`Call::from_http`] is a service provider's router.
//!
//! ```
//! use scim_core::call::Call;
//!
//! let call = Call::get("Users", "a/b");
//! let request = call.to_http("https://example.com/scim/v2").expect("the base URL is valid");
//! assert_eq!(request.uri(), "https://example.com/scim/v2/Users/a%2Fb");
//! assert_eq!(Call::from_http(&request, "/scim/v2"), Ok(call));
//! ```
//!
//! `/Me` ([`Me`]) is resolved by the server, which knows who asks; `/Bulk` ([`crate::bulk`]) holds calls of its own.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::{
    bulk::BulkRequest,
    error::ScimError,
    project::Projection,
    query::{ListQuery, pairs, projection_pairs},
};

/// The media type of every SCIM body (RFC 7644 §8.1).
pub const MEDIA_TYPE: &str = "application/scim+json";

/// One request to a service provider. `endpoint` is the resource type's path without slash, such as `Users`.
///
/// A client writes it with [`Call::to_http`], a server reads it with [`Call::from_http`].
///
/// ```
/// use scim_core::{call::Call, patch::PatchOp};
///
/// let call = Call::patch("Users", "2819c223", PatchOp::new().replace("active", false).to_json());
/// let request = call.to_http("https://example.com/scim/v2")?;
/// assert_eq!(request.uri(), "https://example.com/scim/v2/Users/2819c223");
/// assert_eq!(Call::from_http(&request, "/scim/v2")?, call);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Call {
    /// `GET /Users/{id}` (§3.4.1).
    Get {
        /// Resource type path, such as `Users`.
        endpoint: String,
        /// The resource's `id`, decoded.
        id: String,
        /// Which attributes come back.
        projection: Projection,
        /// Entity tags of the copy that the client has.
        if_none_match: Option<String>,
    },
    /// `GET /Users` (§3.4.2).
    List {
        /// Resource type path.
        endpoint: String,
        /// Filter, page, order, projection.
        query: ListQuery,
    },
    /// `POST /Users/.search`, or `POST /.search` when `endpoint` is `None` (§3.4.3).
    Search {
        /// Resource type path; `None` searches all types.
        endpoint: Option<String>,
        /// Filter, page, order, projection.
        query: ListQuery,
    },
    /// `POST /Users` (§3.3).
    Create {
        /// Resource type path.
        endpoint: String,
        /// The new resource.
        resource: Value,
        /// Which attributes come back.
        projection: Projection,
    },
    /// `PUT /Users/{id}` (§3.5.1).
    Replace {
        /// Resource type path.
        endpoint: String,
        /// The resource's `id`, decoded.
        id: String,
        /// The whole resource.
        resource: Value,
        /// Which attributes come back.
        projection: Projection,
        /// The version that the client last saw.
        if_match: Option<String>,
    },
    /// `PATCH /Users/{id}` (§3.5.2).
    Patch {
        /// Resource type path.
        endpoint: String,
        /// The resource's `id`, decoded.
        id: String,
        /// The `PatchOp` message.
        patch: Value,
        /// Which attributes come back.
        projection: Projection,
        /// The version that the client last saw.
        if_match: Option<String>,
    },
    /// `DELETE /Users/{id}` (§3.6).
    Delete {
        /// Resource type path.
        endpoint: String,
        /// The resource's `id`, decoded.
        id: String,
        /// The version that the client last saw.
        if_match: Option<String>,
    },
    /// `POST /Bulk` (§3.7).
    Bulk(BulkRequest),
    /// A request for the resource of whoever asks, at `/Me` (§3.11).
    Me(Me),
    /// `GET /ServiceProviderConfig` (§4).
    ServiceProviderConfig,
    /// `GET /ResourceTypes` or `GET /ResourceTypes/{name}` (§4).
    ResourceTypes {
        /// One resource type.
        name: Option<String>,
    },
    /// `GET /Schemas` or `GET /Schemas/{urn}` (§4).
    Schemas {
        /// One schema.
        id: Option<String>,
    },
}

/// A request at `/Me`, which stands for the resource of whoever asks (RFC 7644 §3.11).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Me {
    /// `GET /Me`
    Get {
        /// Which attributes come back.
        projection: Projection,
        /// Entity tags of the copy that the client has.
        if_none_match: Option<String>,
    },
    /// `POST /Me`
    Create {
        /// The new resource.
        resource: Value,
        /// Which attributes come back.
        projection: Projection,
    },
    /// `PUT /Me`
    Replace {
        /// The whole resource.
        resource: Value,
        /// Which attributes come back.
        projection: Projection,
        /// The version that the client last saw.
        if_match: Option<String>,
    },
    /// `PATCH /Me`
    Patch {
        /// The `PatchOp` message.
        patch: Value,
        /// Which attributes come back.
        projection: Projection,
        /// The version that the client last saw.
        if_match: Option<String>,
    },
    /// `DELETE /Me`
    Delete {
        /// The version that the client last saw.
        if_match: Option<String>,
    },
}

impl Me {
    /// The call that it stands for, once the server knows who asks; `id` is of no use to [`Me::Create`].
    #[must_use]
    pub fn resolve(self, endpoint: impl Into<String>, id: impl Into<String>) -> Call {
        let endpoint = endpoint.into();
        let id = id.into();
        match self {
            Self::Get { projection, if_none_match } => Call::Get { endpoint, id, projection, if_none_match },
            Self::Create { resource, projection } => Call::Create { endpoint, resource, projection },
            Self::Replace { resource, projection, if_match } => {
                Call::Replace { endpoint, id, resource, projection, if_match }
            }
            Self::Patch { patch, projection, if_match } => {
                Call::Patch { endpoint, id, patch, projection, if_match }
            }
            Self::Delete { if_match } => Call::Delete { endpoint, id, if_match },
        }
    }
}

impl Call {
    /// `GET /{endpoint}/{id}`.
    pub fn get(endpoint: impl Into<String>, id: impl Into<String>) -> Self {
        Self::Get {
            endpoint: endpoint.into(),
            id: id.into(),
            projection: Projection::default(),
            if_none_match: None,
        }
    }

    /// `POST /{endpoint}`.
    pub fn create(endpoint: impl Into<String>, resource: Value) -> Self {
        Self::Create { endpoint: endpoint.into(), resource, projection: Projection::default() }
    }

    /// `PUT /{endpoint}/{id}`.
    pub fn replace(endpoint: impl Into<String>, id: impl Into<String>, resource: Value) -> Self {
        Self::Replace {
            endpoint: endpoint.into(),
            id: id.into(),
            resource,
            projection: Projection::default(),
            if_match: None,
        }
    }

    /// `PATCH /{endpoint}/{id}`.
    pub fn patch(endpoint: impl Into<String>, id: impl Into<String>, patch: Value) -> Self {
        Self::Patch {
            endpoint: endpoint.into(),
            id: id.into(),
            patch,
            projection: Projection::default(),
            if_match: None,
        }
    }

    /// `DELETE /{endpoint}/{id}`.
    pub fn delete(endpoint: impl Into<String>, id: impl Into<String>) -> Self {
        Self::Delete { endpoint: endpoint.into(), id: id.into(), if_match: None }
    }

    /// `GET /{endpoint}?…`.
    pub fn list(endpoint: impl Into<String>, query: ListQuery) -> Self {
        Self::List { endpoint: endpoint.into(), query }
    }

    /// The HTTP request, without credentials. `base` is the service provider's base URL.
    ///
    /// # Errors
    /// When `base` and the call do not make a valid URI, or a precondition is not a valid header value.
    pub fn to_http(&self, base: &str) -> Result<Request<Bytes>, http::Error> {
        let base = base.trim_end_matches('/');
        let (method, path, query, body) = self.parts();
        let mut uri = format!("{base}{path}");
        if !query.is_empty() {
            uri.push('?');
            uri.push_str(&query);
        }
        let mut request = Request::builder().method(method).uri(uri).header(header::ACCEPT, MEDIA_TYPE);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, MEDIA_TYPE);
        }
        if let Some((name, tag)) = self.precondition() {
            request = request.header(name, tag);
        }
        request.body(body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())))
    }

    /// Reads an HTTP request. `base` is the path below which the service provider lives, such as `/scim/v2`.
    /// A trailing slash, doubled slashes and unknown query parameters are tolerated: identity providers send them.
    ///
    /// # Errors
    /// 404 for an unknown path, 405 for a method that the path does not have, 415 for another media type, 400
    /// `invalidSyntax` for a body that is not JSON, and what [`ListQuery::from_query_string`] says of the query.
    pub fn from_http(request: &Request<Bytes>, base: &str) -> Result<Self, ScimError> {
        let path = request.uri().path();
        let inside = path
            .strip_prefix(base.trim_end_matches('/'))
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .ok_or_else(|| not_found(path))?;
        let segments: Vec<String> = inside
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8().map(|text| text.into_owned()))
            .collect::<Result<_, _>>()
            .map_err(|_| ScimError::invalid_syntax("the path is not valid UTF-8"))?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let query = request.uri().query().unwrap_or_default();
        let owned = |text: &str| text.to_owned();
        match (request.method(), segments.as_slice()) {
            // §3.4.2.1: a query of all types, as a search is.
            (&Method::GET, []) => {
                Ok(Self::Search { endpoint: None, query: ListQuery::from_query_string(query)? })
            }
            (method, []) => Err(not_allowed(method, path)),
            (&Method::GET, ["ServiceProviderConfig"]) => Ok(Self::ServiceProviderConfig),
            (&Method::GET, ["ResourceTypes"]) => Ok(Self::ResourceTypes { name: None }),
            (&Method::GET, ["ResourceTypes", name]) => Ok(Self::ResourceTypes { name: Some(owned(name)) }),
            (&Method::GET, ["Schemas"]) => Ok(Self::Schemas { id: None }),
            (&Method::GET, ["Schemas", id]) => Ok(Self::Schemas { id: Some(owned(id)) }),
            (method, ["ServiceProviderConfig" | "ResourceTypes" | "Schemas", ..]) => {
                Err(not_allowed(method, path))
            }
            (&Method::POST, ["Bulk"]) => Ok(Self::Bulk(BulkRequest::from_json(&json_body(request)?)?)),
            (_, ["Me"]) => me(request).map(Self::Me),
            (method, ["Bulk"]) => Err(not_allowed(method, path)),
            (_, ["Bulk" | "Me", ..]) => Err(not_found(path)),
            (&Method::POST, [".search"]) => {
                Ok(Self::Search { endpoint: None, query: ListQuery::from_search_body(&json_body(request)?)? })
            }
            (&Method::POST, [endpoint, ".search"]) => Ok(Self::Search {
                endpoint: Some(owned(endpoint)),
                query: ListQuery::from_search_body(&json_body(request)?)?,
            }),
            (method, [.., ".search"]) => Err(not_allowed(method, path)),
            (&Method::GET, [endpoint]) => {
                Ok(Self::List { endpoint: owned(endpoint), query: ListQuery::from_query_string(query)? })
            }
            (&Method::POST, [endpoint]) => Ok(Self::Create {
                endpoint: owned(endpoint),
                resource: json_body(request)?,
                projection: projection(query)?,
            }),
            (&Method::GET, [endpoint, id]) => Ok(Self::Get {
                endpoint: owned(endpoint),
                id: owned(id),
                projection: projection(query)?,
                if_none_match: precondition(request.headers(), &header::IF_NONE_MATCH),
            }),
            (&Method::PUT, [endpoint, id]) => Ok(Self::Replace {
                endpoint: owned(endpoint),
                id: owned(id),
                resource: json_body(request)?,
                projection: projection(query)?,
                if_match: precondition(request.headers(), &header::IF_MATCH),
            }),
            (&Method::PATCH, [endpoint, id]) => Ok(Self::Patch {
                endpoint: owned(endpoint),
                id: owned(id),
                patch: json_body(request)?,
                projection: projection(query)?,
                if_match: precondition(request.headers(), &header::IF_MATCH),
            }),
            (&Method::DELETE, [endpoint, id]) => Ok(Self::Delete {
                endpoint: owned(endpoint),
                id: owned(id),
                if_match: precondition(request.headers(), &header::IF_MATCH),
            }),
            (method, [_] | [_, _]) => Err(not_allowed(method, path)),
            _ => Err(not_found(path)),
        }
    }

    /// The resource type path that the call is about; `None` for discovery and for a search of all types.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Get { endpoint, .. }
            | Self::List { endpoint, .. }
            | Self::Create { endpoint, .. }
            | Self::Replace { endpoint, .. }
            | Self::Patch { endpoint, .. }
            | Self::Delete { endpoint, .. } => Some(endpoint),
            Self::Search { endpoint, .. } => endpoint.as_deref(),
            Self::Bulk(_)
            | Self::Me(_)
            | Self::ServiceProviderConfig
            | Self::ResourceTypes { .. }
            | Self::Schemas { .. } => None,
        }
    }

    /// The header that makes the request depend on a version.
    fn precondition(&self) -> Option<(header::HeaderName, &str)> {
        let (name, tag) = match self {
            Self::Get { if_none_match, .. } | Self::Me(Me::Get { if_none_match, .. }) => {
                (header::IF_NONE_MATCH, if_none_match)
            }
            Self::Replace { if_match, .. }
            | Self::Patch { if_match, .. }
            | Self::Delete { if_match, .. }
            | Self::Me(Me::Replace { if_match, .. } | Me::Patch { if_match, .. } | Me::Delete { if_match }) => {
                (header::IF_MATCH, if_match)
            }
            _ => return None,
        };
        Some((name, tag.as_deref()?))
    }

    fn parts(&self) -> (Method, String, String, Option<Value>) {
        let none = String::new;
        match self {
            Self::Get { endpoint, id, projection, .. } => {
                (Method::GET, resource_path(endpoint, id), projection_query(projection), None)
            }
            Self::List { endpoint, query } => {
                (Method::GET, format!("/{}", encode(endpoint)), query.to_query_string(), None)
            }
            Self::Search { endpoint, query } => {
                let path = endpoint.as_ref().map_or_else(none, |endpoint| format!("/{}", encode(endpoint)));
                (Method::POST, format!("{path}/.search"), none(), Some(query.to_search_body()))
            }
            Self::Create { endpoint, resource, projection } => {
                let path = format!("/{}", encode(endpoint));
                (Method::POST, path, projection_query(projection), Some(resource.clone()))
            }
            Self::Replace { endpoint, id, resource, projection, .. } => (
                Method::PUT,
                resource_path(endpoint, id),
                projection_query(projection),
                Some(resource.clone()),
            ),
            Self::Patch { endpoint, id, patch, projection, .. } => (
                Method::PATCH,
                resource_path(endpoint, id),
                projection_query(projection),
                Some(patch.clone()),
            ),
            Self::Delete { endpoint, id, .. } => (Method::DELETE, resource_path(endpoint, id), none(), None),
            Self::Bulk(request) => (Method::POST, "/Bulk".to_owned(), none(), Some(request.to_json())),
            Self::Me(me) => {
                let (method, _, query, body) = me.clone().resolve("", "").parts();
                (method, "/Me".to_owned(), query, body)
            }
            Self::ServiceProviderConfig => (Method::GET, "/ServiceProviderConfig".to_owned(), none(), None),
            Self::ResourceTypes { name } => {
                (Method::GET, optional_path("ResourceTypes", name.as_deref()), none(), None)
            }
            Self::Schemas { id } => (Method::GET, optional_path("Schemas", id.as_deref()), none(), None),
        }
    }
}

/// Percent-encodes one path segment or query value; unreserved characters of RFC 3986 §2.3 stay as they are.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED_KEPT).to_string()
}

fn resource_path(endpoint: &str, id: &str) -> String {
    format!("/{}/{}", encode(endpoint), encode(id))
}

fn optional_path(root: &str, name: Option<&str>) -> String {
    name.map_or_else(|| format!("/{root}"), |name| format!("/{root}/{}", encode(name)))
}

fn not_found(path: &str) -> ScimError {
    ScimError::plain(404, format!("there is nothing at {path}"))
}

fn not_allowed(method: &Method, path: &str) -> ScimError {
    ScimError::plain(405, format!("{path} does not support {method}"))
}

fn precondition(headers: &HeaderMap<HeaderValue>, name: &header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn json_body(request: &Request<Bytes>) -> Result<Value, ScimError> {
    if let Some(media) = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) {
        let essence = media.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(MEDIA_TYPE) && !essence.eq_ignore_ascii_case("application/json") {
            return Err(ScimError::plain(415, format!("bodies must be {MEDIA_TYPE}, got {essence}")));
        }
    }
    serde_json::from_slice(request.body())
        .map_err(|error| ScimError::invalid_syntax(format!("the body is not JSON: {error}")))
}

fn projection(query: &str) -> Result<Projection, ScimError> {
    let mut attributes = None;
    let mut excluded = None;
    for (name, value) in pairs(query) {
        match name.to_ascii_lowercase().as_str() {
            "attributes" => attributes = Some(value),
            "excludedattributes" => excluded = Some(value),
            _ => {}
        }
    }
    Projection::parse(attributes.as_deref(), excluded.as_deref())
}

fn projection_query(projection: &Projection) -> String {
    projection_pairs(projection).collect::<Vec<_>>().join("&")
}

fn me(request: &Request<Bytes>) -> Result<Me, ScimError> {
    let projection = projection(request.uri().query().unwrap_or_default())?;
    let if_match = precondition(request.headers(), &header::IF_MATCH);
    match *request.method() {
        Method::GET => {
            let if_none_match = precondition(request.headers(), &header::IF_NONE_MATCH);
            Ok(Me::Get { projection, if_none_match })
        }
        Method::POST => Ok(Me::Create { resource: json_body(request)?, projection }),
        Method::PUT => Ok(Me::Replace { resource: json_body(request)?, projection, if_match }),
        Method::PATCH => Ok(Me::Patch { patch: json_body(request)?, projection, if_match }),
        Method::DELETE => Ok(Me::Delete { if_match }),
        _ => Err(not_allowed(request.method(), request.uri().path())),
    }
}

const UNRESERVED_KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
