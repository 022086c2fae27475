//! The list response message (RFC 7644 §3.4.2, RFC 9865 §2).

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error, IgnoredAny, MapAccess, Visitor},
    ser::SerializeStruct,
};
use serde_json::Value;

use crate::{
    resource::{Values, lenient},
    urn,
};

/// One page of results: of typed resources, or of JSON.
///
/// Reading is tolerant, since a client must not fail on a number it may not need: member names in any case, numbers as
/// text, `Resources` missing or `null`. What names neither `Resources` nor `totalResults` nor the message's URN is not
/// taken for an empty list.
///
/// ```
/// use scim_core::{list::ListResponse, resource::User};
///
/// let text = r#"{"totalResults": 100, "itemsPerPage": "1", "Resources": [{"userName": "ada"}], "nextCursor": "VZUTiy"}"#;
/// let page: ListResponse<User> = serde_json::from_str(text)?;
/// assert_eq!((page.total_results, page.items_per_page), (Some(100), Some(1)));
/// assert_eq!(page.resources[0].user_name.as_deref(), Some("ada"));
/// assert_eq!(page.next_cursor.as_deref(), Some("VZUTiy"));
/// assert!(serde_json::from_str::<ListResponse>(r#"{"message": "service unavailable"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ListResponse<R = Value> {
    /// How many resources match, over all pages; may be missing with cursors (RFC 9865 §2).
    pub total_results: Option<usize>,
    /// 1-based index of the first resource in this page.
    pub start_index: Option<usize>,
    /// How many resources this page says it has. Count `resources` instead.
    pub items_per_page: Option<usize>,
    /// Cursor of the page before (RFC 9865 §2).
    pub previous_cursor: Option<String>,
    /// Cursor of the page after; absent on the last page (RFC 9865 §2).
    pub next_cursor: Option<String>,
    /// The resources of this page.
    pub resources: Vec<R>,
}

impl<R> Default for ListResponse<R> {
    fn default() -> Self {
        Self {
            total_results: None,
            start_index: None,
            items_per_page: None,
            previous_cursor: None,
            next_cursor: None,
            resources: Vec::new(),
        }
    }
}

impl<R> ListResponse<R> {
    /// A page of an index-based list (RFC 7644 §3.4.2.4).
    ///
    /// ```
    /// use scim_core::list::ListResponse;
    /// use serde_json::json;
    ///
    /// let page = ListResponse::page(3, 3, vec![json!({"id": "1"})]);
    /// assert_eq!(page.to_json()["itemsPerPage"], 1);
    /// ```
    #[must_use]
    pub fn page(total_results: usize, start_index: usize, resources: Vec<R>) -> Self {
        Self {
            total_results: Some(total_results),
            start_index: Some(start_index),
            items_per_page: Some(resources.len()),
            resources,
            ..Self::default()
        }
    }

    /// A page of a cursor-based list (RFC 9865 §2).
    #[must_use]
    pub fn cursor_page(total_results: Option<usize>, next_cursor: Option<String>, resources: Vec<R>) -> Self {
        Self {
            total_results,
            items_per_page: Some(resources.len()),
            next_cursor,
            resources,
            ..Self::default()
        }
    }
}

impl ListResponse {
    /// The message. `Resources` is present even when empty, because some identity providers read it unconditionally.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("JSON becomes JSON")
    }

    /// As [`ListResponse::to_json`], without copying the resources.
    #[must_use]
    pub fn into_json(mut self) -> Value {
        let resources = std::mem::take(&mut self.resources);
        let mut message = self.to_json();
        message["Resources"] = Value::Array(resources);
        message
    }
}

impl<R: Serialize> Serialize for ListResponse<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_struct("ListResponse", 7)?;
        message.serialize_field("schemas", &[urn::LIST_RESPONSE])?;
        for (name, number) in [
            ("totalResults", self.total_results),
            ("startIndex", self.start_index),
            ("itemsPerPage", self.items_per_page),
        ] {
            if let Some(number) = number {
                message.serialize_field(name, &number)?;
            }
        }
        for (name, cursor) in [("previousCursor", &self.previous_cursor), ("nextCursor", &self.next_cursor)] {
            if let Some(cursor) = cursor {
                message.serialize_field(name, cursor)?;
            }
        }
        message.serialize_field("Resources", &self.resources)?;
        message.end()
    }
}

impl<'de, R: Deserialize<'de>> Deserialize<'de> for ListResponse<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ListVisitor(PhantomData))
    }
}

struct ListVisitor<R>(PhantomData<R>);

impl<'de, R: Deserialize<'de>> Visitor<'de> for ListVisitor<R> {
    type Value = ListResponse<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut page = ListResponse::default();
        let mut is_list = false;
        let mut resources = None;
        while let Some(name) = map.next_key::<String>()? {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("Resources") {
                is_list = true;
                let values: Option<Values<R>> =
                    map.next_value().map_err(|error| A::Error::custom(format_args!("Resources: {error}")))?;
                if resources.replace(values).is_some() {
                    // The second would hide what the first says is there.
                    return Err(A::Error::duplicate_field("Resources"));
                }
            } else if is("totalResults") {
                is_list = true;
                page.total_results = tolerant(&mut map)?;
            } else if is("startIndex") {
                page.start_index = tolerant(&mut map)?;
            } else if is("itemsPerPage") {
                page.items_per_page = tolerant(&mut map)?;
            } else if is("previousCursor") {
                page.previous_cursor = tolerant(&mut map)?;
            } else if is("nextCursor") {
                page.next_cursor = tolerant(&mut map)?;
            } else if is("schemas") {
                let urns: Option<Vec<String>> = tolerant(&mut map)?;
                is_list |=
                    urns.is_some_and(|urns| urns.iter().any(|u| u.eq_ignore_ascii_case(urn::LIST_RESPONSE)));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if !is_list {
            return Err(A::Error::custom("not a list response: it has neither Resources nor totalResults"));
        }
        page.resources = resources.flatten().map(|values| values.0).unwrap_or_default();
        Ok(page)
    }
}

/// A member that may be missing may as well be wrong.
fn tolerant<'de, A: MapAccess<'de>, T: DeserializeOwned>(map: &mut A) -> Result<Option<T>, A::Error> {
    let value: Value = map.next_value()?;
    Ok(lenient::from_value(&value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::User;

    #[track_caller]
    fn read(text: &str) -> ListResponse {
        let page: ListResponse = serde_json::from_str(text).unwrap();
        let again: ListResponse = serde_json::from_value(page.to_json()).unwrap();
        assert_eq!(again, page);
        page
    }

    #[test]
    fn reads_what_servers_leave_out_and_get_wrong() {
        assert_eq!(
            read(r#"{"totalResults": 0}"#),
            ListResponse { total_results: Some(0), ..Default::default() }
        );
        assert_eq!(read(r#"{"Resources": null, "totalresults": "7"}"#).total_results, Some(7));
        assert_eq!(read(r#"{"resources": [1], "startIndex": -1, "nextCursor": null}"#).resources, [json!(1)]);
        let urn_only = format!(r#"{{"schemas": ["{}"]}}"#, urn::LIST_RESPONSE);
        assert_eq!(read(&urn_only), ListResponse::default());
        assert_eq!(read(r#"{"Resources": [], "itemsPerPage": 1.5, "x": {}}"#), ListResponse::default());
    }

    #[test]
    fn does_not_take_other_json_for_an_empty_list() {
        for (text, message) in [
            ("{}", "not a list response: it has neither Resources nor totalResults at line 1 column 2"),
            ("[]", "invalid type: sequence, expected a list response at line 1 column 0"),
            (r#"{"Resources": [], "resources": []}"#, "duplicate field `Resources` at line 1 column 34"),
            (r#"{"Resources": {}}"#, "Resources: invalid type: map, expected an array at line 1 column 14"),
            (
                r#"{"Resources": [{}, {"active": "true"}]}"#,
                "Resources: [1]: active: invalid type: string \"true\", expected a boolean at line 1 column 36",
            ),
        ] {
            assert_eq!(serde_json::from_str::<ListResponse<User>>(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn writes_both_kinds_of_page() {
        let cursor = ListResponse::cursor_page(None, Some("n".into()), vec![User::new("ada")]);
        let expected = json!({
            "schemas": [urn::LIST_RESPONSE],
            "itemsPerPage": 1,
            "nextCursor": "n",
            "Resources": [{"schemas": [urn::USER], "userName": "ada"}],
        });
        assert_eq!(serde_json::to_value(&cursor).unwrap(), expected);
        let empty: ListResponse = ListResponse::page(0, 1, Vec::new());
        assert_eq!(
            empty.to_json().to_string(),
            format!(
                r#"{{"schemas":["{}"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}}"#,
                urn::LIST_RESPONSE
            )
        );
    }
}
