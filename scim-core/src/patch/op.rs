//! The `PatchOp` message as data (RFC 7644 §3.5.2).

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Tolerances, apply};
use crate::{error::ScimError, json as obj, path::Path, urn};

/// A PATCH request: operations that are applied in order, all or none.
///
/// ```
/// use scim_core::{filter::attr::text, patch::PatchOp, path::Path};
/// use serde_json::json;
///
/// let patch = PatchOp::new()
///     .replace("active", false)
///     .replace(Path::values("emails", text("type").eq("work")).with_sub("value"), "ada@example.com")
///     .remove(Path::values("members", text("value").eq("2819c223")))
///     .add("members", json!([{"value": "902c246b"}]));
/// assert_eq!(
///     patch.to_json()["Operations"][1],
///     json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ada@example.com"})
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatchOp {
    /// The operations, in order.
    pub operations: Vec<Operation>,
}

/// One operation of a PATCH request.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What to do.
    pub op: Op,
    /// Where; without it, `value` is an object of attributes.
    pub path: Option<Path>,
    /// With what.
    pub value: Option<Value>,
}

/// The three operations of RFC 7644 §3.5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Add a value; of one value, replace it (§3.5.2.1).
    Add,
    /// Remove values (§3.5.2.2).
    Remove,
    /// Replace values (§3.5.2.3).
    Replace,
}

impl Op {
    const ALL: [Self; 3] = [Self::Add, Self::Remove, Self::Replace];

    /// The keyword on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
        }
    }

    /// The `op` member of an operation.
    pub(super) fn of(operation: &Map<String, Value>, tolerances: &Tolerances) -> Result<Self, ScimError> {
        let text = match obj::get(operation, "op") {
            Some(Value::String(text)) => text.as_str(),
            Some(other) => {
                return Err(ScimError::invalid_syntax(format!("op must be a string, got {other}")));
            }
            None => return Err(ScimError::invalid_syntax("the operation has no op")),
        };
        let Some(op) = Self::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(text)) else {
            return Err(ScimError::invalid_syntax(format!(
                "op must be add, remove or replace, got {text:?}"
            )));
        };
        if op.as_str() != text && !tolerances.op_case {
            return Err(ScimError::invalid_syntax(format!("op must be lower case, got {text:?}")));
        }
        Ok(op)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PatchOp {
    /// A request without operations; one at least is to follow (§3.5.2).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value (§3.5.2.1).
    #[must_use]
    pub fn add(self, path: impl Into<Path>, value: impl Into<Value>) -> Self {
        self.with(Op::Add, Some(path.into()), Some(value.into()))
    }

    /// Replaces a value (§3.5.2.3).
    #[must_use]
    pub fn replace(self, path: impl Into<Path>, value: impl Into<Value>) -> Self {
        self.with(Op::Replace, Some(path.into()), Some(value.into()))
    }

    /// Removes values (§3.5.2.2).
    #[must_use]
    pub fn remove(self, path: impl Into<Path>) -> Self {
        self.with(Op::Remove, Some(path.into()), None)
    }

    /// Adds each attribute of an object.
    #[must_use]
    pub fn add_all(self, attributes: Map<String, Value>) -> Self {
        self.with(Op::Add, None, Some(Value::Object(attributes)))
    }

    /// Replaces each attribute of an object; Okta sends this.
    #[must_use]
    pub fn replace_all(self, attributes: Map<String, Value>) -> Self {
        self.with(Op::Replace, None, Some(Value::Object(attributes)))
    }

    /// Removes the values listed, in the form that the RFC does not have and that Entra ID and others send:
    /// `"op": "remove", "path": "members", "value": [{"value": "…"}]`. A strict server removes every value.
    #[must_use]
    pub fn remove_listed(self, path: impl Into<Path>, values: Vec<Value>) -> Self {
        self.with(Op::Remove, Some(path.into()), Some(Value::Array(values)))
    }

    fn with(mut self, op: Op, path: Option<Path>, value: Option<Value>) -> Self {
        self.operations.push(Operation { op, path, value });
        self
    }

    /// Whether there is nothing to do. Such a request must not be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The message.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let operations: Vec<Value> = self.operations.iter().map(Operation::to_json).collect();
        json!({ "schemas": [urn::PATCH_OP], "Operations": operations })
    }

    /// Reads a message as far as its form goes; what it means for a resource, [`apply`](super::apply) says.
    ///
    /// # Errors
    /// 400 `invalidSyntax` for the message, `invalidPath` or `invalidFilter` for a path. The detail names the operation
    /// by its position.
    pub fn from_json(message: &Value, tolerances: &Tolerances) -> Result<Self, ScimError> {
        let operations = apply::operations(message, tolerances)?;
        let mut read = Vec::with_capacity(operations.len());
        for (index, operation) in operations.iter().enumerate() {
            read.push(Operation::read(operation, tolerances).map_err(|error| apply::at(index, error))?);
        }
        Ok(Self { operations: read })
    }
}

impl Operation {
    /// The operation as an element of `Operations`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut operation = Map::new();
        operation.insert("op".to_owned(), self.op.as_str().into());
        if let Some(path) = &self.path {
            operation.insert("path".to_owned(), path.to_string().into());
        }
        if let Some(value) = &self.value {
            operation.insert("value".to_owned(), value.clone());
        }
        Value::Object(operation)
    }

    fn read(operation: &Value, tolerances: &Tolerances) -> Result<Self, ScimError> {
        let object = apply::object(operation)?;
        let op = Op::of(object, tolerances)?;
        let path = match obj::get(object, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(apply::parse_path(text)?),
            Some(other) => {
                return Err(ScimError::invalid_path(format!("path must be a string, got {other}")));
            }
        };
        Ok(Self { op, path, value: obj::get(object, "value").cloned() })
    }
}

impl Serialize for PatchOp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_a_round_trip() {
        let patch = PatchOp::new()
            .add_all(Map::from_iter([("title".to_owned(), "Dr.".into())]))
            .replace("name.familyName", "King")
            .replace("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "R&D")
            .remove("nickName")
            .remove_listed("members", vec![json!({"value": "1"})]);
        assert_eq!(PatchOp::from_json(&patch.to_json(), &Tolerances::strict()), Ok(patch.clone()));
        assert_eq!(serde_json::to_value(&patch).unwrap(), patch.to_json());
        let path = patch.operations[2].path.as_ref().unwrap();
        assert_eq!((path.attr.name(), path.attr.urn()), ("department", Some(urn::ENTERPRISE_USER)));
    }

    #[test]
    fn reading_says_which_operation_is_wrong() {
        let read = |operation: Value| {
            let message =
                json!({"schemas": [urn::PATCH_OP], "Operations": [{"op": "add", "value": {}}, operation]});
            PatchOp::from_json(&message, &Tolerances::strict()).unwrap_err().to_string()
        };
        assert_eq!(
            read(json!({"op": "Add"})),
            "400 invalidSyntax: Operations[1]: op must be lower case, got \"Add\""
        );
        assert_eq!(read(json!(7)), "400 invalidSyntax: Operations[1]: the operation is not a JSON object");
        assert!(read(json!({"op": "remove", "path": "a b"})).starts_with("400 invalidPath: Operations[1]: "));
    }
}
