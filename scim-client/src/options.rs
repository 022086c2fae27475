//! What a call may say besides its subject.

use http::HeaderMap;
use scim_core::{filter::Filter, path::AttrPath, project::Projection};

use crate::retry::RetryPolicy;

/// Options of one call, or of all calls of one [`Resources`](crate::Resources).
///
/// ```
/// use scim_client::{CallOptions, Precondition, RetryPolicy};
///
/// let options = CallOptions {
///     retry: Some(RetryPolicy::never()),
///     precondition: Precondition::IfMatch("W/\"7\"".into()),
///     ..CallOptions::default()
/// };
/// # let _ = options;
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    /// In place of the client's policy.
    pub retry: Option<RetryPolicy>,
    /// Which version a PUT, PATCH or DELETE is about.
    pub precondition: Precondition,
    /// More headers.
    pub headers: HeaderMap,
    /// Which attributes come back (RFC 7644 §3.9).
    pub projection: Projection,
}

/// Whether a write happens only if nobody else changed the resource in the meantime (RFC 7644 §3.14).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// When the version is known: that of the resource that `replace` is given. Otherwise none.
    #[default]
    Known,
    /// That version.
    IfMatch(String),
    /// None: the last write wins.
    None,
}

/// What to list, and how.
///
/// ```
/// use scim_client::List;
/// use scim_core::filter::Filter;
///
/// let active = List::new().filter(Filter::parse("active eq true")?).page_size(200);
/// # let _ = active;
/// # Ok::<(), scim_core::filter::ParseError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct List {
    /// Only resources that match.
    pub filter: Option<Filter>,
    /// In place of the filter, text that is sent as it is.
    pub raw_filter: Option<String>,
    /// Resources in one page; the server may give fewer.
    pub page_size: Option<u32>,
    /// End after so many resources.
    pub limit: Option<u64>,
    /// Begin at this index, from 1.
    pub start_index: Option<u64>,
    /// How pages are asked for.
    pub paging: Paging,
    /// What `totalResults` is worth.
    pub totals: Totals,
    /// Attribute to sort by.
    pub sort_by: Option<AttrPath>,
    /// The largest first.
    pub descending: bool,
    /// Which attributes come back.
    pub projection: Projection,
    /// Ask with `POST …/.search`, which keeps the filter out of addresses and logs (RFC 7644 §3.4.3).
    pub by_post: bool,
}

impl List {
    /// Everything, in the server's order.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only resources that match.
    #[must_use]
    pub fn filter(self, filter: Filter) -> Self {
        Self { filter: Some(filter), ..self }
    }

    /// Only resources that match a filter in the server's own words, which the grammar of RFC 7644 need not know.
    #[must_use]
    pub fn raw_filter(self, filter: impl Into<String>) -> Self {
        Self { raw_filter: Some(filter.into()), ..self }
    }

    /// Resources in one page.
    #[must_use]
    pub fn page_size(self, size: u32) -> Self {
        Self { page_size: Some(size), ..self }
    }

    /// End after so many resources.
    #[must_use]
    pub fn limit(self, resources: u64) -> Self {
        Self { limit: Some(resources), ..self }
    }

    /// How pages are asked for.
    #[must_use]
    pub fn paging(self, paging: Paging) -> Self {
        Self { paging, ..self }
    }

    /// What `totalResults` is worth.
    #[must_use]
    pub fn totals(self, totals: Totals) -> Self {
        Self { totals, ..self }
    }

    /// Sort by that attribute.
    #[must_use]
    pub fn sort_by(self, path: AttrPath) -> Self {
        Self { sort_by: Some(path), ..self }
    }

    /// Ask with `POST …/.search`; few servers have it.
    #[must_use]
    pub fn by_post(self) -> Self {
        Self { by_post: true, ..self }
    }

    /// Only those attributes, and what is always returned.
    #[must_use]
    pub fn attributes(mut self, paths: impl IntoIterator<Item = AttrPath>) -> Self {
        self.projection.attributes.extend(paths);
        self
    }

    /// Without those attributes.
    #[must_use]
    pub fn excluding(mut self, paths: impl IntoIterator<Item = AttrPath>) -> Self {
        self.projection.excluded.extend(paths);
        self
    }
}

/// How pages are asked for. Whatever is asked, a `nextCursor` in an answer is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paging {
    /// The first request leaves it to the server.
    #[default]
    Auto,
    /// By cursor from the first request on (RFC 9865, and AWS).
    Cursor,
    /// By index from the first request on (RFC 7644 §3.4.2.4).
    Index,
}

/// What `totalResults` is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Totals {
    /// Nothing ends a list but an empty page; fewer resources than the total are an error.
    #[default]
    Check,
    /// Nothing ends a list but an empty page; fewer resources than the total are a warning.
    Warn,
    /// The list ends when there are as many resources as the total says. It saves the last, empty page, and loses
    /// resources where the total is too low.
    Trust,
}
