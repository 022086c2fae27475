//! Bulk requests and responses (RFC 7644 §3.7): several calls in one, which may refer to each other by `bulkId`.
//!
//! ```
//! use scim_core::{bulk::{BulkOperation, BulkRequest}, call::Call};
//! use serde_json::json;
//!
//! let request = BulkRequest {
//!     fail_on_errors: Some(1),
//!     operations: vec![
//!         BulkOperation::create("Users", "ada", json!({"userName": "ada"})),
//!         BulkOperation::create("Groups", "eng", json!({"displayName": "Eng", "members": [{"value": "bulkId:ada"}]})),
//!     ],
//! };
//! let call = request.operations[1].to_call()?;
//! assert!(matches!(call, Call::Create { ref endpoint, .. } if endpoint == "Groups"));
//! assert_eq!(request.operations[1].references(), ["ada"]);
//! # Ok::<(), scim_core::error::ScimError>(())
//! ```
//!
//! # Readings
//!
//! * The `data` of a PATCH is a whole `PatchOp` message (erratum 5050).
//! * A reference is a whole string `bulkId:x`, or such a segment of a path (`/Groups/bulkId:x`); the same characters
//!   inside a longer text are text.
//! * `status` of a result is read as text, number, or the `{"code": …}` object of old drafts; it is written as text.
//!
//! Splitting by the server's limits and breaking of circular references is the client's; this module has the parts.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Method, Request, header};
use serde_json::{Map, Value, json};

use crate::{
    call::{Call, encode},
    error::ScimError,
    json as obj, urn,
};

/// A bulk request message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkRequest {
    /// After how many errors the server stops; never, when absent.
    pub fail_on_errors: Option<u64>,
    /// What to do.
    pub operations: Vec<BulkOperation>,
}

impl BulkRequest {
    /// The message.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut message = json!({ "schemas": [urn::BULK_REQUEST] });
        if let Some(limit) = self.fail_on_errors {
            message["failOnErrors"] = limit.into();
        }
        message["Operations"] = self.operations.iter().map(BulkOperation::to_json).collect();
        message
    }

    /// Reads a message; `schemas` is not asked for, names are taken in any case.
    ///
    /// # Errors
    /// 400 `invalidSyntax` when it is not a bulk request; the detail names the operation by its position.
    pub fn from_json(message: &Value) -> Result<Self, ScimError> {
        let message = message
            .as_object()
            .ok_or_else(|| ScimError::invalid_syntax("the bulk request is not a JSON object"))?;
        let fail_on_errors = match obj::get(message, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(limit) => Some(limit.as_u64().ok_or_else(|| {
                ScimError::invalid_syntax(format!("failOnErrors must be a whole number, got {limit}"))
            })?),
        };
        let operations = each_operation(message, BulkOperation::read)?;
        Ok(Self { fail_on_errors, operations })
    }
}

/// One operation of a bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkOperation {
    /// What to do.
    pub method: BulkMethod,
    /// Name that the client gives the operation; needed for [`BulkMethod::Post`].
    pub bulk_id: Option<String>,
    /// Version that the client last saw.
    pub version: Option<String>,
    /// Path below the base address, such as `/Users` or `/Users/2819c223`, percent-encoded.
    pub path: String,
    /// Resource, or `PatchOp` message; `None` for [`BulkMethod::Delete`].
    pub data: Option<Value>,
}

impl BulkOperation {
    /// `POST /{endpoint}`.
    pub fn create(endpoint: impl AsRef<str>, bulk_id: impl Into<String>, resource: Value) -> Self {
        let path = format!("/{}", encode(endpoint.as_ref()));
        Self {
            method: BulkMethod::Post,
            bulk_id: Some(bulk_id.into()),
            version: None,
            path,
            data: Some(resource),
        }
    }

    /// `PUT /{endpoint}/{id}`.
    pub fn replace(endpoint: impl AsRef<str>, id: impl AsRef<str>, resource: Value) -> Self {
        Self::on(BulkMethod::Put, endpoint.as_ref(), id.as_ref(), Some(resource))
    }

    /// `PATCH /{endpoint}/{id}`; `patch` is a whole `PatchOp` message.
    pub fn patch(endpoint: impl AsRef<str>, id: impl AsRef<str>, patch: Value) -> Self {
        Self::on(BulkMethod::Patch, endpoint.as_ref(), id.as_ref(), Some(patch))
    }

    /// `DELETE /{endpoint}/{id}`.
    pub fn delete(endpoint: impl AsRef<str>, id: impl AsRef<str>) -> Self {
        Self::on(BulkMethod::Delete, endpoint.as_ref(), id.as_ref(), None)
    }

    fn on(method: BulkMethod, endpoint: &str, id: &str, data: Option<Value>) -> Self {
        // A reference keeps its colon, since servers look for it in the text.
        let id = id
            .strip_prefix(REFERENCE)
            .map_or_else(|| encode(id), |name| format!("{REFERENCE}{}", encode(name)));
        Self { method, bulk_id: None, version: None, path: format!("/{}/{id}", encode(endpoint)), data }
    }

    /// The call that the operation stands for, on its own.
    ///
    /// # Errors
    /// What [`Call::from_http`] says of the path and the method, and 400 `invalidSyntax` for a path that is none or for
    /// an operation within an operation.
    pub fn to_call(&self) -> Result<Call, ScimError> {
        let mut request = Request::builder().method(self.method.to_http()).uri(&self.path);
        if let Some(version) = &self.version {
            request = request.header(header::IF_MATCH, version);
        }
        let body = self.data.as_ref().map_or_else(Bytes::new, |data| Bytes::from(data.to_string()));
        let request = request.body(body).map_err(|_| {
            ScimError::invalid_syntax(format!("{:?} and its version make no request", self.path))
        })?;
        match Call::from_http(&request, "")? {
            Call::Bulk(_) => Err(ScimError::invalid_syntax("a bulk request cannot hold another")),
            call => Ok(call),
        }
    }

    /// Names of the operations that this one refers to as `bulkId:name`, each once.
    #[must_use]
    pub fn references(&self) -> Vec<&str> {
        let in_path = self.path.split('/').filter_map(|segment| segment.strip_prefix(REFERENCE));
        let mut found: Vec<&str> = in_path.collect();
        let mut open: Vec<&Value> = self.data.iter().collect();
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => found.extend(text.strip_prefix(REFERENCE)),
                Value::Array(elements) => open.extend(elements.iter().rev()),
                Value::Object(members) => open.extend(members.values().rev()),
                _ => {}
            }
        }
        let mut seen = std::collections::HashSet::new();
        found.retain(|name| seen.insert(*name));
        found
    }

    /// Puts the `id`s of finished operations in the place of references to them; others stay.
    pub fn resolve(&mut self, ids: &HashMap<String, String>) {
        let known = |text: &str| ids.get(text.strip_prefix(REFERENCE)?);
        let segments: Vec<String> = self
            .path
            .split('/')
            .map(|segment| known(segment).map_or_else(|| segment.to_owned(), |id| encode(id)))
            .collect();
        self.path = segments.join("/");
        let mut open: Vec<&mut Value> = self.data.iter_mut().collect();
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => {
                    if let Some(id) = known(text) {
                        text.clone_from(id);
                    }
                }
                Value::Array(elements) => open.extend(elements),
                Value::Object(members) => open.extend(members.values_mut()),
                _ => {}
            }
        }
    }

    /// The operation as an element of `Operations`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut operation = Map::new();
        operation.insert("method".to_owned(), self.method.as_str().into());
        for (name, text) in [("bulkId", &self.bulk_id), ("version", &self.version)] {
            if let Some(text) = text {
                operation.insert(name.to_owned(), text.as_str().into());
            }
        }
        operation.insert("path".to_owned(), self.path.as_str().into());
        if let Some(data) = &self.data {
            operation.insert("data".to_owned(), data.clone());
        }
        Value::Object(operation)
    }

    fn read(object: &Map<String, Value>) -> Result<Self, ScimError> {
        let method =
            method(object)?.ok_or_else(|| ScimError::invalid_syntax("the operation has no method"))?;
        let path =
            text(object, "path")?.ok_or_else(|| ScimError::invalid_syntax("the operation has no path"))?;
        let bulk_id = text(object, "bulkId")?;
        let data = obj::get(object, "data").filter(|data| !data.is_null()).cloned();
        if method == BulkMethod::Post && bulk_id.is_none() {
            return Err(ScimError::invalid_syntax("POST needs a bulkId (RFC 7644 §3.7)"));
        }
        if method != BulkMethod::Delete && data.is_none() {
            return Err(ScimError::invalid_syntax(format!("{} needs data (RFC 7644 §3.7)", method.as_str())));
        }
        Ok(Self { method, bulk_id, version: text(object, "version")?, path, data })
    }
}

/// Method of a bulk operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BulkMethod {
    /// Create.
    Post,
    /// Replace.
    Put,
    /// Change.
    Patch,
    /// Remove.
    Delete,
}

impl BulkMethod {
    const ALL: [Self; 4] = [Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The keyword on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn to_http(self) -> Method {
        match self {
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

/// A bulk response message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkResponse {
    /// What became of the operations; a server that stopped early answers fewer than it was asked for.
    pub operations: Vec<BulkResult>,
}

impl BulkResponse {
    /// The message.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let operations: Vec<Value> = self.operations.iter().map(BulkResult::to_json).collect();
        json!({ "schemas": [urn::BULK_RESPONSE], "Operations": operations })
    }

    /// Reads a message tolerantly: `schemas` is not asked for, names and methods are taken in any case.
    ///
    /// # Errors
    /// 400 `invalidSyntax` when it is not a bulk response; the detail names the operation by its position.
    pub fn from_json(message: &Value) -> Result<Self, ScimError> {
        let message = message
            .as_object()
            .ok_or_else(|| ScimError::invalid_syntax("the bulk response is not a JSON object"))?;
        Ok(Self { operations: each_operation(message, BulkResult::read)? })
    }
}

/// What became of one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkResult {
    /// The operation's method; some servers leave it out.
    pub method: Option<BulkMethod>,
    /// The operation's name.
    pub bulk_id: Option<String>,
    /// Version of the resource now.
    pub version: Option<String>,
    /// URI of the resource.
    pub location: Option<String>,
    /// HTTP status code.
    pub status: u16,
    /// Body of the answer; an error message, if the status says so.
    pub response: Option<Value>,
}

impl BulkResult {
    /// Whether the operation was done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The error, if the operation failed. Its text may be empty: some servers say the status only.
    #[must_use]
    pub fn error(&self) -> Option<ScimError> {
        if self.is_success() {
            return None;
        }
        let said = self.response.as_ref().and_then(ScimError::from_json);
        let mut error = said.unwrap_or_else(|| ScimError::plain(self.status, ""));
        if error.status == 0 {
            error.status = self.status;
        }
        Some(error)
    }

    /// The `id` at the end of `location`, decoded.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        let path = self.location.as_deref()?.split(['?', '#']).next()?;
        let last = path.trim_end_matches('/').rsplit('/').next().filter(|last| !last.is_empty())?;
        percent_encoding::percent_decode_str(last).decode_utf8().ok().map(|id| id.into_owned())
    }

    /// The result as an element of `Operations`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut result = Map::new();
        let method = self.method.map(|method| method.as_str().to_owned());
        for (name, text) in [
            ("method", &method),
            ("bulkId", &self.bulk_id),
            ("version", &self.version),
            ("location", &self.location),
        ] {
            if let Some(text) = text {
                result.insert(name.to_owned(), text.as_str().into());
            }
        }
        result.insert("status".to_owned(), self.status.to_string().into());
        if let Some(response) = &self.response {
            result.insert("response".to_owned(), response.clone());
        }
        Value::Object(result)
    }

    fn read(object: &Map<String, Value>) -> Result<Self, ScimError> {
        let said = match obj::get(object, "status") {
            Some(Value::Object(status)) => obj::get(status, "code"),
            status => status,
        };
        let status = match said {
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Number(number)) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
            _ => None,
        };
        let status = status.ok_or_else(|| ScimError::invalid_syntax("the result has no status"))?;
        Ok(Self {
            method: method(object)?,
            bulk_id: text(object, "bulkId")?,
            version: text(object, "version")?,
            location: text(object, "location")?,
            status,
            response: obj::get(object, "response").filter(|response| !response.is_null()).cloned(),
        })
    }
}

fn each_operation<T>(
    message: &Map<String, Value>,
    read: fn(&Map<String, Value>) -> Result<T, ScimError>,
) -> Result<Vec<T>, ScimError> {
    let Some(Value::Array(operations)) = obj::get(message, "Operations") else {
        return Err(ScimError::invalid_syntax("Operations must be an array"));
    };
    let mut read_all = Vec::with_capacity(operations.len());
    for (index, operation) in operations.iter().enumerate() {
        let object = operation.as_object().ok_or_else(|| ScimError::invalid_syntax("not a JSON object"));
        read_all.push(object.and_then(read).map_err(|mut error| {
            error.detail = format!("Operations[{index}]: {}", error.detail);
            error
        })?);
    }
    Ok(read_all)
}

fn method(object: &Map<String, Value>) -> Result<Option<BulkMethod>, ScimError> {
    let Some(name) = text(object, "method")? else { return Ok(None) };
    let known = BulkMethod::ALL.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(&name));
    known.map(Some).ok_or_else(|| {
        ScimError::invalid_syntax(format!("method must be POST, PUT, PATCH or DELETE, got {name:?}"))
    })
}

fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    match obj::get(object, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(ScimError::invalid_syntax(format!("{name} must be a string, got {other}"))),
    }
}

const REFERENCE: &str = "bulkId:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_whole_strings_and_path_segments() {
        let mut operation = BulkOperation::patch(
            "Groups",
            "bulkId:g",
            json!({"Operations": [{"op": "add", "path": "members", "value": [
                {"value": "bulkId:u"}, {"value": "bulkId:u"}, {"value": "bulkId:other"}, {"display": "see bulkId:x"},
            ]}]}),
        );
        assert_eq!(operation.path, "/Groups/bulkId:g");
        assert_eq!(operation.references(), ["g", "u", "other"]);
        let ids = [("g", "a/b"), ("u", "7")].map(|(name, id)| (name.to_owned(), id.to_owned()));
        operation.resolve(&HashMap::from(ids));
        assert_eq!(operation.path, "/Groups/a%2Fb");
        assert_eq!(operation.references(), ["other"]);
        assert_eq!(operation.data.as_ref().unwrap()["Operations"][0]["value"][1]["value"], "7");
        assert!(matches!(operation.to_call(), Ok(Call::Patch { id, .. }) if id == "a/b"));
    }

    #[test]
    fn operations_become_calls() {
        let mut delete = BulkOperation::delete("Users", "a b");
        delete.version = Some("W/\"1\"".into());
        let expected =
            Call::Delete { endpoint: "Users".into(), id: "a b".into(), if_match: Some("W/\"1\"".into()) };
        assert_eq!(delete.to_call(), Ok(expected));
        for (path, message) in [
            ("/Bulk", "400 invalidSyntax: a bulk request cannot hold another"),
            ("no path", "400 invalidSyntax: \"no path\" and its version make no request"),
            ("/Users/1/2", "404: there is nothing at /Users/1/2"),
        ] {
            let data = json!({"Operations": []});
            let operation = BulkOperation { path: path.into(), ..BulkOperation::create("Users", "x", data) };
            assert_eq!(operation.to_call().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_request() {
        for (operation, message) in [
            (json!(1), "not a JSON object"),
            (json!({"path": "/Users"}), "the operation has no method"),
            (
                json!({"method": "GET", "path": "/Users"}),
                "method must be POST, PUT, PATCH or DELETE, got \"GET\"",
            ),
            (json!({"method": "PUT", "data": {}}), "the operation has no path"),
            (json!({"method": "post", "path": "/Users", "data": {}}), "POST needs a bulkId (RFC 7644 §3.7)"),
            (json!({"method": "PATCH", "path": "/Users/1"}), "PATCH needs data (RFC 7644 §3.7)"),
        ] {
            let error = BulkRequest::from_json(&json!({"Operations": [operation]})).unwrap_err();
            assert_eq!(error.to_string(), format!("400 invalidSyntax: Operations[0]: {message}"));
        }
        assert!(BulkRequest::from_json(&json!({"Operations": {}})).is_err());
        assert!(BulkRequest::from_json(&json!({"failOnErrors": -1, "Operations": []})).is_err());
    }

    #[test]
    fn results_are_read_as_servers_write_them() {
        let response = BulkResponse::from_json(&json!({"operations": [
            {"method": "post", "bulkId": "a", "status": 201, "location": "https://example.com/v2/Users/a%2Fb?x#y"},
            {"status": {"code": "409"}, "response": {"schemas": [urn::ERROR], "scimType": "uniqueness", "detail": "taken"}},
            {"status": " 500 "},
        ]}))
        .unwrap();
        let [created, taken, broken] = response.operations.as_slice() else { panic!("three results") };
        assert_eq!((created.is_success(), created.id().as_deref()), (true, Some("a/b")));
        assert_eq!(taken.error().unwrap().to_string(), "409 uniqueness: taken");
        assert_eq!(broken.error().unwrap().to_string(), "500: ");
        assert_eq!(BulkResponse::from_json(&response.to_json()), Ok(response));
        assert!(BulkResponse::from_json(&json!({"Operations": [{"status": "ok"}]})).is_err());
    }
}
