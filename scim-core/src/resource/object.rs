//! How a struct becomes a JSON object and back: names in any letter case in, the schema's spelling out, nothing lost.
//!
//! A macro, because eighteen structs need the same two impls and serde's derive has neither names in any letter case
//! nor an affordable catch-all (`flatten` buffers the whole object first).

use std::{fmt, marker::PhantomData};

use super::{Extra, lenient};
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// Type of a field: absent or present, one value or many.
pub(super) trait Slot: Sized + Default {
    /// Reads the value of the member `name`. What says "no value" goes to `extra` as it came, and so does, when the
    /// struct is read loosely, a value of the wrong type.
    fn read<'de, A: MapAccess<'de>>(
        name: &'static str,
        loose: bool,
        map: &mut A,
        extra: &mut Extra,
    ) -> Result<Self, A::Error>;

    /// Whether there is something to write.
    fn is_set(&self) -> bool;
}

impl<T: for<'de> Deserialize<'de>> Slot for Option<T> {
    fn read<'de, A: MapAccess<'de>>(
        name: &'static str,
        loose: bool,
        map: &mut A,
        extra: &mut Extra,
    ) -> Result<Self, A::Error> {
        let value = if loose { loosely(name, map, extra)? } else { strictly(name, map)? };
        if let Some(None) = value {
            extra.keep(name.to_owned(), Value::Null);
        }
        Ok(value.flatten())
    }

    fn is_set(&self) -> bool {
        self.is_some()
    }
}

impl<T: for<'de> Deserialize<'de>> Slot for Vec<T> {
    fn read<'de, A: MapAccess<'de>>(
        name: &'static str,
        loose: bool,
        map: &mut A,
        extra: &mut Extra,
    ) -> Result<Self, A::Error> {
        let values = if loose { loosely(name, map, extra)? } else { strictly(name, map)? };
        match values {
            None => {}
            Some(None) => extra.keep(name.to_owned(), Value::Null),
            Some(Some(Values(values))) if values.is_empty() => {
                extra.keep(name.to_owned(), Value::Array(Vec::new()));
            }
            Some(Some(Values(values))) => return Ok(values),
        }
        Ok(Self::new())
    }

    fn is_set(&self) -> bool {
        !self.is_empty()
    }
}

fn strictly<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    name: &'static str,
    map: &mut A,
) -> Result<Option<T>, A::Error> {
    map.next_value().map(Some).map_err(|error| at(name, &error))
}

/// As [`strictly`], but a value that is not what it should be stays JSON.
fn loosely<'de, A: MapAccess<'de>, T: DeserializeOwned>(
    name: &'static str,
    map: &mut A,
    extra: &mut Extra,
) -> Result<Option<T>, A::Error> {
    let value: Value = map.next_value()?;
    match lenient::from_value(&value) {
        Ok(read) => Ok(Some(read)),
        Err(_) => {
            extra.keep(name.to_owned(), value);
            Ok(None)
        }
    }
}

/// An array that says which of its elements is wrong.
pub(crate) struct Values<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Values<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ValuesVisitor(PhantomData)).map(Self)
    }
}

struct ValuesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ValuesVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) =
            seq.next_element().map_err(|error| at_index::<A::Error>(values.len(), &error))?
        {
            values.push(value);
        }
        Ok(values)
    }
}

/// The error of an inner value with its place in front: `emails: [1]: primary: invalid type …`.
#[cold]
fn at<E: de::Error>(name: &str, error: &E) -> E {
    E::custom(format_args!("{name}: {error}"))
}

#[cold]
fn at_index<E: de::Error>(index: usize, error: &E) -> E {
    E::custom(format_args!("[{index}]: {error}"))
}

/// A struct whose fields are members of a JSON object, and an [`Extra`] for the members it does not know.
macro_rules! object {
    (
        $(#[$doc:meta])*
        pub struct $name:ident $(in $urn:path)? $(, $loose:ident)? {
            $( $(#[$field_doc:meta])* $field:ident: $type:ty = $json:literal, )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $( $(#[$field_doc])* pub $field: $type, )*
            /// Members without a field of their own; see [`Extra`](crate::resource::Extra).
            pub extra: $crate::resource::Extra,
        }

        const _: () = {
            use std::fmt;

            use serde::{
                Deserialize, Deserializer, Serialize, Serializer,
                de::{Error, MapAccess, Visitor},
                ser::SerializeMap,
            };

            use crate::resource::{Extra, object::Slot};

            #[derive(Clone, Copy)]
            #[expect(non_camel_case_types, reason = "the variants are the fields")]
            enum Field { $($field),* }

            impl Field {
                fn of(text: &str) -> Option<Self> {
                    match text {
                        $($json => Some(Self::$field),)*
                        _ => Self::in_any_case(text),
                    }
                }

                #[cold]
                fn in_any_case(text: &str) -> Option<Self> {
                    $( if text.eq_ignore_ascii_case($json) { return Some(Self::$field); } )*
                    None
                }
            }

            /// Whether a value of the wrong type is kept as JSON instead of failing the whole object.
            const LOOSE: bool = false $(|| !stringify!($loose).is_empty())?;

            enum Key { Known(Field), Other(String) }

            impl<'de> Deserialize<'de> for Key {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    struct KeyVisitor;

                    impl Visitor<'_> for KeyVisitor {
                        type Value = Key;

                        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                            f.write_str("an attribute name")
                        }

                        fn visit_str<E: Error>(self, text: &str) -> Result<Key, E> {
                            Ok(Field::of(text).map_or_else(|| Key::Other(text.to_owned()), Key::Known))
                        }
                    }

                    deserializer.deserialize_identifier(KeyVisitor)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    struct ObjectVisitor;

                    impl<'de> Visitor<'de> for ObjectVisitor {
                        type Value = $name;

                        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                            f.write_str("an object")
                        }

                        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                            let mut extra = Extra::default();
                            let mut seen = 0u64;
                            $( let mut $field = <$type>::default(); )*
                            while let Some(key) = map.next_key()? {
                                let known = match key {
                                    Key::Known(known) => known,
                                    Key::Other(name) => {
                                        extra.keep(name, map.next_value()?);
                                        continue;
                                    }
                                };
                                if seen & (1 << known as u32) != 0 {
                                    let name = match known { $( Field::$field => $json, )* };
                                    return Err(A::Error::duplicate_field(name));
                                }
                                seen |= 1 << known as u32;
                                match known {
                                    $( Field::$field => $field = Slot::read($json, LOOSE, &mut map, &mut extra)?, )*
                                }
                            }
                            Ok($name { $($field,)* extra })
                        }
                    }

                    const NAMES: &[&str] = &[$($json),*];
                    deserializer.deserialize_struct(stringify!($name), NAMES, ObjectVisitor)
                }
            }

            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let mut map = serializer.serialize_map(None)?;
                    $(
                        if self.schemas.is_empty() && !$urn.is_empty() {
                            map.serialize_entry("schemas", &[$urn])?;
                        }
                    )?
                    $(
                        if self.$field.is_set() {
                            map.serialize_entry($json, &self.$field)?;
                        }
                    )*
                    for (key, value) in &self.extra {
                        let shadowed = match Field::of(key) {
                            $( Some(Field::schemas) if !$urn.is_empty() => true, )?
                            $( Some(Field::$field) => self.$field.is_set(), )*
                            None => false,
                        };
                        if !shadowed {
                            map.serialize_entry(key, value)?;
                        }
                    }
                    map.end()
                }
            }
        };
    };
}

/// An [`object!`] with the common attributes (RFC 7643 §3, §3.1), extensions and the `Resource` trait.
macro_rules! resource {
    (
        $(#[$doc:meta])*
        pub struct $name:ident in $urn:path, at $endpoint:literal {
            $( $(#[$field_doc:meta])* $field:ident: $type:ty = $json:literal, )*
        }
    ) => {
        object! {
            $(#[$doc])*
            pub struct $name in $urn {
                /// URNs of the core schema and of each extension that has data. Written as the core schema alone
                /// when empty.
                schemas: Vec<String> = "schemas",
                /// Identifier that the service provider chose.
                id: Option<String> = "id",
                /// Identifier that the client chose.
                external_id: Option<String> = "externalId",
                $( $(#[$field_doc])* $field: $type = $json, )*
                /// What the service provider says of the resource itself.
                meta: Option<$crate::resource::Meta> = "meta",
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    schemas: if $urn.is_empty() { Vec::new() } else { vec![$urn.to_owned()] },
                    id: None,
                    external_id: None,
                    $($field: Default::default(),)*
                    meta: None,
                    extra: $crate::resource::Extra::default(),
                }
            }
        }

        impl $crate::resource::Resource for $name {
            const SCHEMA: &'static str = $urn;
            const ENDPOINT: &'static str = $endpoint;

            fn id(&self) -> Option<&str> {
                self.id.as_deref()
            }

            fn external_id(&self) -> Option<&str> {
                self.external_id.as_deref()
            }

            fn meta(&self) -> Option<&$crate::resource::Meta> {
                self.meta.as_ref()
            }
        }

        impl $name {
            /// The identifier that the client chooses (RFC 7643 §3.1).
            #[must_use]
            pub fn with_external_id(self, id: impl Into<String>) -> Self {
                Self { external_id: Some(id.into()), ..self }
            }

            /// The same with an extension's data.
            ///
            /// # Errors
            /// As [`Self::set_extension`].
            pub fn with_extension<E: $crate::resource::Extension>(
                mut self,
                extension: &E,
            ) -> Result<Self, serde_json::Error> {
                self.set_extension(extension)?;
                Ok(self)
            }

            /// The data of an extension; `None` when the resource has none, or says `null`.
            ///
            /// # Errors
            /// The data does not have the types that `E` has.
            pub fn extension<E: $crate::resource::Extension>(&self) -> Result<Option<E>, serde_json::Error> {
                match self.extra.get(E::URN) {
                    None | Some(serde_json::Value::Null) => Ok(None),
                    Some(data) => <E as serde::Deserialize>::deserialize(data).map(Some),
                }
            }

            /// Replaces the data of an extension and lists it in `schemas`.
            ///
            /// # Errors
            /// `E`'s own `Serialize` fails; that of the types here does not.
            pub fn set_extension<E: $crate::resource::Extension>(
                &mut self,
                extension: &E,
            ) -> Result<(), serde_json::Error> {
                let data = serde_json::to_value(extension)?;
                self.extra.insert(E::URN, data);
                if self.schemas.is_empty() && !$urn.is_empty() {
                    self.schemas.push($urn.to_owned());
                }
                if !self.schemas.iter().any(|known| known.eq_ignore_ascii_case(E::URN)) {
                    self.schemas.push(E::URN.to_owned());
                }
                Ok(())
            }

            /// Removes the data of an extension and its URN in `schemas`.
            pub fn remove_extension<E: $crate::resource::Extension>(&mut self) {
                self.extra.remove(E::URN);
                self.schemas.retain(|known| !known.eq_ignore_ascii_case(E::URN));
            }
        }
    };
}

pub(super) use {object, resource};
