//! Reading what a server means, for callers who ask for it: `"true"` for a boolean, a number for text, one value for
//! an array.
//!
//! It works for every type that `serde` can read, since the type says what is expected:
//!
//! * boolean: `"true"`, `"False"` in any case
//! * number: the number as text
//! * text: a number or a boolean
//! * array: one value stands for an array of one
//! * object: text stands for its `value`, as in `"manager": "26118915"` or `"emails": ["a@b.c"]`
//!
//! Values that fit are read as they are. Nothing else is bent: `"yes"` is not a boolean.

use serde::{
    de::{
        self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess,
        Visitor, value::BorrowedStrDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value, map};

/// Reads a typed value from JSON, tolerantly.
///
/// ```
/// use scim_core::resource::{EnterpriseUser, User, lenient};
/// use serde_json::json;
///
/// let loose = json!({"userName": "ada", "active": "True", "externalId": 7, "emails": {"value": "a@b.c"}});
/// assert!(serde_json::from_value::<User>(loose.clone()).is_err());
/// let user: User = lenient::from_value(&loose)?;
/// assert_eq!((user.active, user.external_id.as_deref()), (Some(true), Some("7")));
/// assert_eq!(user.primary_email(), Some("a@b.c"));
///
/// let extension: EnterpriseUser = lenient::from_value(&json!({"manager": "26118915"}))?;
/// assert_eq!(extension.manager.expect("it is there").value.as_deref(), Some("26118915"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
/// The value does not fit even so.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    T::deserialize(Lenient(value))
}

/// A JSON value that gives what it is asked for. JSON nests as deep as its reader allowed, so it needs no limit.
#[derive(Clone, Copy)]
struct Lenient<'a>(&'a Value);

impl<'a> Lenient<'a> {
    fn boolean(self) -> Option<bool> {
        match self.0 {
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    fn number<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let number = match self.0 {
            Value::String(text) => text.trim().parse::<serde_json::Number>().ok(),
            _ => None,
        };
        match number {
            Some(number) => number.deserialize_any(visitor),
            None => self.0.deserialize_any(visitor),
        }
    }

    fn text<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Number(number) => visitor.visit_string(number.to_string()),
            Value::Bool(flag) => visitor.visit_str(if *flag { "true" } else { "false" }),
            other => other.deserialize_any(visitor),
        }
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.number(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Lenient<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(elements) => visitor.visit_seq(Elements(elements.iter())),
            Value::Object(members) => visitor.visit_map(Members { members: members.iter(), value: None }),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.boolean() {
            Some(flag) => visitor.visit_bool(flag),
            None => self.0.deserialize_bool(visitor),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(elements) => visitor.visit_seq(Elements(elements.iter())),
            _ => visitor.visit_seq(Elements(std::slice::from_ref(self.0).iter())),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(_) if fields.contains(&"value") => visitor.visit_map(OnlyValue(self.0, false)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        char bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Lenient<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Elements<'a>(std::slice::Iter<'a, Value>);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.0.next().map(|value| seed.deserialize(Lenient(value))).transpose()
    }
}

struct Members<'a> {
    members: map::Iter<'a>,
    value: Option<&'a Value>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let value = self.value.take().ok_or_else(|| de::Error::custom("a value without a name"))?;
        seed.deserialize(Lenient(value))
    }
}

/// Text in the place of an object: the object's `value`, and whether it was given out.
struct OnlyValue<'a>(&'a Value, bool);

impl<'de> MapAccess<'de> for OnlyValue<'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if std::mem::replace(&mut self.1, true) {
            return Ok(None);
        }
        seed.deserialize(BorrowedStrDeserializer::new("value")).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        // Not leniently: a `value` that is an object with a `value` would go on for ever.
        seed.deserialize(self.0)
    }
}
