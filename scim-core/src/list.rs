//! The list response message (RFC 7644 §3.4.2).

use serde_json::{Value, json};

use crate::urn;

/// One page of results.
///
/// ```
/// use scim_core::list::ListResponse;
/// use serde_json::json;
///
/// let page = ListResponse { total_results: 3, start_index: 3, resources: vec![json!({"id": "1"})] };
/// assert_eq!(page.to_json()["itemsPerPage"], 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListResponse {
    /// How many resources match, over all pages.
    pub total_results: usize,
    /// 1-based index of the first resource in this page.
    pub start_index: usize,
    /// The resources of this page.
    pub resources: Vec<Value>,
}

impl ListResponse {
    /// The message; `itemsPerPage` is the number of resources in this page, and `Resources` is present even when
    /// empty, because some identity providers read it unconditionally.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "schemas": [urn::LIST_RESPONSE],
            "totalResults": self.total_results,
            "startIndex": self.start_index,
            "itemsPerPage": self.resources.len(),
            "Resources": self.resources,
        })
    }
}
