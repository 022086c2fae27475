//! From bytes to typed resources: exactly at first, tolerantly if that fails.

use bytes::Bytes;
use scim_core::resource::{Resource, lenient};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{client::Answer, error::Error};

/// A typed value; what servers write loosely is read as they mean it.
pub(crate) fn text<T: DeserializeOwned>(json: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(json).or_else(|strict| {
        let value: Value = serde_json::from_str(json)?;
        // The first error says where the text departs from the rules, so it is the one to show.
        lenient::from_value(&value).map_err(|_| strict)
    })
}

/// The resource that an answer has. The version is taken from the `ETag` header when the body does not have it.
pub(crate) fn resource<T: Resource>(answer: &Answer) -> Result<T, Error> {
    let body = std::str::from_utf8(&answer.body).map_err(|error| answer.body_error(error))?;
    let read: T = text(body).map_err(|error| answer.body_error(error))?;
    let Some(etag) = answer.etag.as_deref().filter(|_| read.version().is_none()) else { return Ok(read) };
    let versioned = serde_json::from_str::<Value>(body).ok().and_then(|mut value| {
        let object = value.as_object_mut()?;
        let meta = scim_core::json::key_of(object, "meta").unwrap_or_else(|| "meta".to_owned());
        object
            .entry(meta)
            .or_insert_with(|| json!({}))
            .as_object_mut()?
            .insert("version".to_owned(), etag.into());
        lenient::from_value(&value).ok()
    });
    Ok(versioned.unwrap_or(read))
}

/// The resource as JSON, to be sent.
pub(crate) fn value<T: Resource>(resource: &T) -> Result<Value, Error> {
    serde_json::to_value(resource).map_err(|error| Error::build(format!("the resource is no JSON: {error}")))
}

/// The resource as it goes over the wire.
pub(crate) fn bytes<T: Resource>(resource: &T) -> Result<Bytes, Error> {
    let bytes = serde_json::to_vec(resource);
    bytes.map(Bytes::from).map_err(|error| Error::build(format!("the resource is no JSON: {error}")))
}

/// Whether there is nothing to read.
pub(crate) fn is_blank(body: &Bytes) -> bool {
    body.iter().all(u8::is_ascii_whitespace)
}
