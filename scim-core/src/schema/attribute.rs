//! One attribute of a schema and its characteristics (RFC 7643 §2.2, §7).

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::SchemaError;
use crate::json as obj;

/// One attribute: what it is called, what its values are, and what may be done with it (RFC 7643 §7).
///
/// A complex attribute has sub-attributes, and those have none of their own (RFC 7643 §2.3.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name in the schema's spelling.
    pub name: String,
    /// Type of its values (`type` in the schema document).
    pub kind: Kind,
    /// Whether the value is an array of values.
    pub multi_valued: bool,
    /// What it is for.
    pub description: String,
    /// Whether a resource must have it.
    pub required: bool,
    /// Whether letter case counts when values are compared.
    pub case_exact: bool,
    /// Suggested values.
    pub canonical_values: Vec<String>,
    /// Whether and when it can be changed.
    pub mutability: Mutability,
    /// When it is part of an answer.
    pub returned: Returned,
    /// How far a value must be unique.
    pub uniqueness: Uniqueness,
    /// Parts of a complex attribute; empty otherwise.
    pub sub_attributes: Vec<Self>,
    /// What a reference may point to.
    pub reference_types: Vec<String>,
}

impl Attribute {
    /// An attribute with the default characteristics of RFC 7643 §2.2: a single, optional, readable and writable value.
    ///
    /// ```
    /// use scim_core::schema::{Attribute, Kind};
    ///
    /// let badge = Attribute { required: true, ..Attribute::new("badge", Kind::Integer) };
    /// assert_eq!(badge.to_json()["type"], "integer");
    /// ```
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
            multi_valued: false,
            description: String::new(),
            required: false,
            case_exact: false,
            canonical_values: Vec::new(),
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            sub_attributes: Vec::new(),
            reference_types: Vec::new(),
        }
    }

    /// The sub-attribute of that name, in any letter case.
    #[must_use]
    pub fn sub(&self, name: &str) -> Option<&Self> {
        self.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name))
    }

    /// The attribute as an element of a schema document's `attributes` (RFC 7643 §7).
    ///
    /// `caseExact` and `uniqueness` are left out where the type gives them no meaning, as in RFC 7643 §8.7.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut out = json!({
            "name": self.name,
            "type": self.kind.keyword(),
            "multiValued": self.multi_valued,
            "description": self.description,
            "required": self.required,
        });
        if self.kind == Kind::Complex {
            out["subAttributes"] = self.sub_attributes.iter().map(Self::to_json).collect();
        }
        if !self.canonical_values.is_empty() {
            out["canonicalValues"] = json!(self.canonical_values);
        }
        if self.case_exact || matches!(self.kind, Kind::String | Kind::Reference | Kind::Binary) {
            out["caseExact"] = self.case_exact.into();
        }
        out["mutability"] = self.mutability.keyword().into();
        out["returned"] = self.returned.keyword().into();
        if self.uniqueness != Uniqueness::None || !matches!(self.kind, Kind::Complex | Kind::Boolean) {
            out["uniqueness"] = self.uniqueness.keyword().into();
        }
        if !self.reference_types.is_empty() {
            out["referenceTypes"] = json!(self.reference_types);
        }
        out
    }
}

/// How deep [`list`] reads: sub-attributes have none of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Top,
    Sub,
}

/// Reads an array of attributes. `lenient` passes over what RFC 7643 §2.3.8 forbids below a sub-attribute, which the
/// RFC's own schema of schemas has.
pub(super) fn list(
    value: &Value,
    at: &str,
    level: Level,
    lenient: bool,
) -> Result<Vec<Attribute>, SchemaError> {
    let Value::Array(elements) = value else {
        return Err(SchemaError::expected(at, "an array", value));
    };
    let mut names = HashSet::with_capacity(elements.len());
    let mut out = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        let at = format!("{at}[{index}]");
        let attribute = read(element, &at, level, lenient)?;
        if !names.insert(attribute.name.to_ascii_lowercase()) {
            return Err(SchemaError::new(format!("{at}.name"), format!("a second `{}`", attribute.name)));
        }
        out.push(attribute);
    }
    Ok(out)
}

fn read(value: &Value, at: &str, level: Level, lenient: bool) -> Result<Attribute, SchemaError> {
    let Value::Object(object) = value else {
        return Err(SchemaError::expected(at, "an object", value));
    };
    let reader = Reader { object, at };
    let Some(name) = reader.string("name")?.filter(|name| !name.is_empty()) else {
        return Err(SchemaError::new(reader.place("name"), "missing"));
    };
    let mut out =
        Attribute::new(name, reader.keyword("type", &Kind::ALL, Kind::keyword)?.unwrap_or(Kind::String));
    out.multi_valued = reader.boolean("multiValued")?;
    out.description = reader.string("description")?.unwrap_or_default().to_owned();
    out.required = reader.boolean("required")?;
    out.case_exact = reader.boolean("caseExact")?;
    out.canonical_values = reader.strings("canonicalValues")?;
    out.mutability =
        reader.keyword("mutability", &Mutability::ALL, Mutability::keyword)?.unwrap_or(Mutability::ReadWrite);
    out.returned =
        reader.keyword("returned", &Returned::ALL, Returned::keyword)?.unwrap_or(Returned::Default);
    out.uniqueness =
        reader.keyword("uniqueness", &Uniqueness::ALL, Uniqueness::keyword)?.unwrap_or(Uniqueness::None);
    out.reference_types = reader.strings("referenceTypes")?;
    let subs = reader.get("subAttributes").filter(|subs| !obj::is_unassigned(subs));
    match (level, out.kind) {
        (Level::Top, Kind::Complex) => {
            if let Some(subs) = subs {
                out.sub_attributes = list(subs, &reader.place("subAttributes"), Level::Sub, lenient)?;
            }
        }
        (Level::Sub, Kind::Complex) if !lenient => {
            return Err(SchemaError::new(reader.place("type"), "a sub-attribute cannot be complex"));
        }
        (_, kind) if subs.is_some() && !lenient => {
            let text = format!("only a complex attribute has them, this one is {}", kind.keyword());
            return Err(SchemaError::new(reader.place("subAttributes"), text));
        }
        _ => {}
    }
    Ok(out)
}

/// Reads members of one object and says where a wrong one is; `null` is as good as absent.
pub(super) struct Reader<'a> {
    pub(super) object: &'a Map<String, Value>,
    pub(super) at: &'a str,
}

impl<'a> Reader<'a> {
    pub(super) fn place(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        obj::get(self.object, name).filter(|value| !value.is_null())
    }

    pub(super) fn string(&self, name: &str) -> Result<Option<&'a str>, SchemaError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(SchemaError::expected(&self.place(name), "a string", other)),
        }
    }

    fn boolean(&self, name: &str) -> Result<bool, SchemaError> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(SchemaError::expected(&self.place(name), "a boolean", other)),
        }
    }

    fn strings(&self, name: &str) -> Result<Vec<String>, SchemaError> {
        let elements = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(elements)) => elements,
            Some(other) => return Err(SchemaError::expected(&self.place(name), "an array", other)),
        };
        let mut out = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let Value::String(text) = element else {
                let at = format!("{}[{index}]", self.place(name));
                return Err(SchemaError::expected(&at, "a string", element));
            };
            out.push(text.clone());
        }
        Ok(out)
    }

    fn keyword<T: Copy>(
        &self,
        name: &str,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Result<Option<T>, SchemaError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        if let Some(found) = all.iter().find(|known| word(**known).eq_ignore_ascii_case(text)) {
            return Ok(Some(*found));
        }
        let known: Vec<_> = all.iter().map(|known| word(*known)).collect();
        Err(SchemaError::new(
            self.place(name),
            format!("unknown keyword `{text}`, expected one of {}", known.join(", ")),
        ))
    }
}

/// Type of an attribute's values (RFC 7643 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// Number, possibly with a fraction.
    Decimal,
    /// Whole number.
    Integer,
    /// Text in the form of `xsd:dateTime`.
    DateTime,
    /// Text that is a URI.
    Reference,
    /// Text in base64.
    Binary,
    /// Object of sub-attributes.
    Complex,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::String,
        Self::Boolean,
        Self::Decimal,
        Self::Integer,
        Self::DateTime,
        Self::Reference,
        Self::Binary,
        Self::Complex,
    ];

    /// The keyword in a schema document.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Reference => "reference",
            Self::Binary => "binary",
            Self::Complex => "complex",
        }
    }
}

/// Whether and when a client can change a value (RFC 7643 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// Set by the provider only.
    ReadOnly,
    /// Changed at any time.
    ReadWrite,
    /// Set once.
    Immutable,
    /// Set at any time, never shown.
    WriteOnly,
}

impl Mutability {
    const ALL: [Self; 4] = [Self::ReadOnly, Self::ReadWrite, Self::Immutable, Self::WriteOnly];

    /// The keyword in a schema document.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }
}

/// When a value is part of an answer (RFC 7643 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Returned {
    /// In every answer.
    Always,
    /// In no answer.
    Never,
    /// Unless the client asks otherwise.
    Default,
    /// Only when the client names it.
    Request,
}

impl Returned {
    const ALL: [Self; 4] = [Self::Always, Self::Never, Self::Default, Self::Request];

    /// The keyword in a schema document.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
            Self::Request => "request",
        }
    }
}

/// How far a value must be unique (RFC 7643 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Uniqueness {
    /// Not at all.
    None,
    /// Among the provider's resources of the type.
    Server,
    /// Everywhere.
    Global,
}

impl Uniqueness {
    const ALL: [Self; 3] = [Self::None, Self::Server, Self::Global];

    /// The keyword in a schema document.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
            Self::Global => "global",
        }
    }
}
