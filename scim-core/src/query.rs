//! Query parameters of a list or search request (RFC 7644 §3.4.2, §3.4.3).

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::{
    call::encode, error::ScimError, filter::Filter, json as obj, path::AttrPath, project::Projection, urn,
};

/// What a client asks of a list: filter, page, order and projection. Also the search request message (§3.4.3).
///
/// ```
/// use scim_core::{filter::attr::user_name, query::ListQuery};
///
/// let query = ListQuery { filter: Some(user_name().eq("ada")), count: Some(1), ..ListQuery::default() };
/// assert_eq!(ListQuery::from_query_string(&query.to_query_string())?, query);
/// assert_eq!(ListQuery::from_search_body(&query.to_search_body())?, query);
/// # Ok::<(), scim_core::error::ScimError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListQuery {
    /// Only resources that match.
    pub filter: Option<Filter>,
    /// 1-based index of the first result; a value below 1 means 1 (§3.4.2.4).
    pub start_index: Option<i64>,
    /// Most results in one page; a negative value means 0 (§3.4.2.4).
    pub count: Option<i64>,
    /// Attribute to sort by.
    pub sort_by: Option<AttrPath>,
    /// `true` for `sortOrder=descending`.
    pub descending: bool,
    /// Where a page starts, as the page before said; empty for the first page (RFC 9865 §2).
    pub cursor: Option<String>,
    /// Which attributes come back.
    pub projection: Projection,
}

impl ListQuery {
    /// Reads a URL query string; unknown parameters are ignored, names are taken in any case.
    ///
    /// # Errors
    /// 400 `invalidFilter` or `invalidValue` when a parameter does not parse.
    pub fn from_query_string(query: &str) -> Result<Self, ScimError> {
        let mut attributes = None;
        let mut excluded = None;
        let mut list = Self::default();
        for (name, value) in pairs(query) {
            match name.to_ascii_lowercase().as_str() {
                "filter" => list.filter = Some(parse_filter(&value)?),
                "startindex" => list.start_index = Some(parse_number("startIndex", &value)?),
                "count" => list.count = Some(parse_number("count", &value)?),
                "cursor" => list.cursor = Some(value),
                "sortby" => list.sort_by = Some(parse_sort_by(&value)?),
                "sortorder" => list.descending = value.eq_ignore_ascii_case("descending"),
                "attributes" => attributes = Some(value),
                "excludedattributes" => excluded = Some(value),
                _ => {}
            }
        }
        list.projection = Projection::parse(attributes.as_deref(), excluded.as_deref())?;
        Ok(list)
    }

    /// Reads the body of a `POST …/.search` (§3.4.3).
    ///
    /// # Errors
    /// 400 `invalidSyntax` when the body is not an object, `invalidFilter` or `invalidValue` when a member is wrong.
    pub fn from_search_body(body: &Value) -> Result<Self, ScimError> {
        let object = body
            .as_object()
            .ok_or_else(|| ScimError::invalid_syntax("the search request is not a JSON object"))?;
        let number = |name: &str| match obj::get(object, name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_i64()
                .map(Some)
                .ok_or_else(|| ScimError::invalid_value(format!("{name} must be an integer, got {value}"))),
        };
        Ok(Self {
            filter: text(object, "filter")?.as_deref().map(parse_filter).transpose()?,
            start_index: number("startIndex")?,
            count: number("count")?,
            sort_by: text(object, "sortBy")?.as_deref().map(parse_sort_by).transpose()?,
            cursor: text(object, "cursor")?,
            descending: text(object, "sortOrder")?
                .is_some_and(|order| order.eq_ignore_ascii_case("descending")),
            projection: Projection::parse(
                names(object, "attributes")?.as_deref(),
                names(object, "excludedAttributes")?.as_deref(),
            )?,
        })
    }

    /// The URL query string, without `?`.
    #[must_use]
    pub fn to_query_string(&self) -> String {
        let mut parts = Vec::new();
        if let Some(filter) = &self.filter {
            parts.push(format!("filter={}", encode(&filter.to_string())));
        }
        if let Some(start) = self.start_index {
            parts.push(format!("startIndex={start}"));
        }
        if let Some(cursor) = &self.cursor {
            parts.push(format!("cursor={}", encode(cursor)));
        }
        if let Some(count) = self.count {
            parts.push(format!("count={count}"));
        }
        if let Some(path) = &self.sort_by {
            parts.push(format!("sortBy={}", encode(&path.to_string())));
        }
        if self.descending {
            parts.push("sortOrder=descending".to_owned());
        }
        parts.extend(projection_pairs(&self.projection));
        parts.join("&")
    }

    /// The search request message, the body of a `POST …/.search` (§3.4.3).
    #[must_use]
    pub fn to_search_body(&self) -> Value {
        let mut body = Map::new();
        body.insert("schemas".to_owned(), json!([urn::SEARCH_REQUEST]));
        for (name, paths) in projection_lists(&self.projection) {
            body.insert(name.to_owned(), paths.iter().map(ToString::to_string).collect::<Vec<_>>().into());
        }
        if let Some(filter) = &self.filter {
            body.insert("filter".to_owned(), filter.to_string().into());
        }
        if let Some(path) = &self.sort_by {
            body.insert("sortBy".to_owned(), path.to_string().into());
        }
        if self.descending {
            body.insert("sortOrder".to_owned(), "descending".into());
        }
        if let Some(start) = self.start_index {
            body.insert("startIndex".to_owned(), start.into());
        }
        if let Some(cursor) = &self.cursor {
            body.insert("cursor".to_owned(), cursor.as_str().into());
        }
        if let Some(count) = self.count {
            body.insert("count".to_owned(), count.into());
        }
        Value::Object(body)
    }

    /// 1-based index of the first result, at least 1.
    #[must_use]
    pub fn first(&self) -> usize {
        usize::try_from(self.start_index.unwrap_or(1).max(1)).unwrap_or(usize::MAX)
    }

    /// Page size: the request's, clamped to `0..=most`; `default` when none is asked.
    #[must_use]
    pub fn page_size(&self, default: usize, most: usize) -> usize {
        self.count.map_or(default, |count| usize::try_from(count.max(0)).unwrap_or(usize::MAX)).min(most)
    }
}

/// Decoded `name=value` pairs of a query string: `+` is a space, as in every captured identity provider request.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// `attributes=…` and `excludedAttributes=…`, as far as they ask for something.
pub(crate) fn projection_pairs(projection: &Projection) -> impl Iterator<Item = String> + '_ {
    projection_lists(projection).map(|(name, paths)| {
        let listed: Vec<String> = paths.iter().map(|path| encode(&path.to_string())).collect();
        format!("{name}={}", listed.join(","))
    })
}

fn projection_lists(projection: &Projection) -> impl Iterator<Item = (&'static str, &[AttrPath])> {
    [("attributes", &projection.attributes), ("excludedAttributes", &projection.excluded)]
        .into_iter()
        .map(|(name, paths)| (name, paths.as_slice()))
        .filter(|(_, paths)| !paths.is_empty())
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn parse_filter(text: &str) -> Result<Filter, ScimError> {
    Filter::parse(text).map_err(|error| ScimError::invalid_filter(error.to_string()))
}

fn parse_sort_by(text: &str) -> Result<AttrPath, ScimError> {
    text.parse().map_err(|_| ScimError::invalid_value(format!("sortBy is not an attribute path: {text}")))
}

fn parse_number(name: &str, text: &str) -> Result<i64, ScimError> {
    text.trim()
        .parse()
        .map_err(|_| ScimError::invalid_value(format!("{name} must be an integer, got {text:?}")))
}

fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    match obj::get(object, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(ScimError::invalid_value(format!("{name} must be a string, got {other}"))),
    }
}

fn names(object: &Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    let Some(value) = obj::get(object, name).filter(|value| !value.is_null()) else { return Ok(None) };
    match value {
        Value::String(text) => Ok(Some(text.clone())),
        Value::Array(items) => {
            let listed: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            listed
                .map(|names| Some(names.join(",")))
                .ok_or_else(|| ScimError::invalid_value(format!("{name} must be an array of strings")))
        }
        _ => Err(ScimError::invalid_value(format!("{name} must be an array of strings"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_okta_and_entra_send() {
        let okta =
            ListQuery::from_query_string("filter=userName%20eq%20%22a%40b.c%22&startIndex=1&count=100")
                .unwrap();
        let entra = ListQuery::from_query_string("filter=userName+eq+%22a%40b.c%22&").unwrap();
        assert_eq!(okta.filter, entra.filter);
        assert_eq!((okta.first(), okta.page_size(20, 50)), (1, 50));
        assert_eq!((entra.first(), entra.page_size(20, 50)), (1, 20));
    }

    #[test]
    fn a_cursor_may_be_empty() {
        for text in ["cursor&count=10", "cursor=&count=10", "count=10&CURSOR="] {
            let query = ListQuery::from_query_string(text).unwrap();
            assert_eq!((query.cursor.as_deref(), query.count), (Some(""), Some(10)), "{text}");
            assert_eq!(query.to_query_string(), "cursor=&count=10");
            assert_eq!(ListQuery::from_search_body(&query.to_search_body()), Ok(query));
        }
        let next = ListQuery { cursor: Some("YkU3/+=&".into()), ..ListQuery::default() };
        assert_eq!(ListQuery::from_query_string(&next.to_query_string()), Ok(next));
    }

    #[test]
    fn clamps_what_rfc_7644_3_4_2_4_says() {
        let query = ListQuery::from_query_string("startIndex=-3&count=-1").unwrap();
        assert_eq!((query.first(), query.page_size(20, 50)), (1, 0));
    }

    #[test]
    fn search_body_is_the_same_query() {
        let body = json!({"filter": "title pr", "startIndex": 3, "count": 2, "attributes": ["userName"]});
        let query = ListQuery::from_search_body(&body).unwrap();
        assert_eq!(
            query,
            ListQuery::from_query_string("filter=title+pr&startIndex=3&count=2&attributes=userName").unwrap()
        );
        let wrong = ListQuery::from_search_body(&json!({"count": "ten"})).unwrap_err();
        assert_eq!(wrong.to_string(), "400 invalidValue: count must be an integer, got \"ten\"");
    }
}
