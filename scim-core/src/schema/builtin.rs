//! The schemas of RFC 7643 §8.7 and the common attributes of §3.1, from the JSON files beside this one.
//!
//! The files leave out characteristics that have their default value (RFC 7643 §2.2). Errata applied: 5368
//! (`displayName` of a group is required), 8415 (no sub-attributes below sub-attributes), 8471 (`groups.$ref` points to
//! groups only), 8472 (`manager.value` is case exact), 8475 (name and endpoint of a resource type are unique).
//! `display` of a group member, which §8.7.1 forgets, is as §2.4 has it: immutable. `schemaExtensions` is optional,
//! as the text of §6 says and against the table of §8.7.2.
//!
//! Those of RFC 9944 ([`device`], [`endpoint_app`], [`endpoint_apps`]) have the attributes and characteristics that a
//! library which implements it declares; the RFC's own documents were not at hand, and the extensions for kinds of
//! radio (Bluetooth, Zigbee and others) are left to the caller.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::{Attribute, Schema, attribute};

/// Core `User` (RFC 7643 §4.1).
#[must_use]
pub fn user() -> Arc<Schema> {
    Arc::clone(&SCHEMAS[0])
}

/// Enterprise extension of `User` (RFC 7643 §4.3).
#[must_use]
pub fn enterprise_user() -> Arc<Schema> {
    Arc::clone(&SCHEMAS[1])
}

/// Core `Group` (RFC 7643 §4.2).
#[must_use]
pub fn group() -> Arc<Schema> {
    Arc::clone(&SCHEMAS[2])
}

/// `ServiceProviderConfig` (RFC 7643 §5).
#[must_use]
pub fn service_provider_config() -> Arc<Schema> {
    Arc::clone(&SCHEMAS[3])
}

/// `ResourceType` (RFC 7643 §6).
#[must_use]
pub fn resource_type() -> Arc<Schema> {
    Arc::clone(&SCHEMAS[4])
}

/// `Schema` (RFC 7643 §7).
#[must_use]
pub fn schema() -> Arc<Schema> {
    Arc::clone(&SCHEMAS[5])
}

/// Core `Device` (RFC 9944).
#[must_use]
pub fn device() -> Arc<Schema> {
    Arc::clone(&DEVICES[0])
}

/// Core `EndpointApp` (RFC 9944).
#[must_use]
pub fn endpoint_app() -> Arc<Schema> {
    Arc::clone(&DEVICES[1])
}

/// The extension of `Device` that names its applications (RFC 9944).
#[must_use]
pub fn endpoint_apps() -> Arc<Schema> {
    Arc::clone(&DEVICES[2])
}

/// Attributes that every resource has: `schemas`, `id`, `externalId`, `meta` (RFC 7643 §3, §3.1).
#[must_use]
pub fn common_attributes() -> &'static [Attribute] {
    &COMMON
}

static COMMON: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
    attribute::list(&parse(include_str!("common.json")), "", attribute::Level::Top, false)
        .expect("common.json is well-formed")
});

static SCHEMAS: LazyLock<[Arc<Schema>; 6]> = LazyLock::new(|| {
    [
        include_str!("user.json"),
        include_str!("enterprise_user.json"),
        include_str!("group.json"),
        include_str!("service_provider_config.json"),
        include_str!("resource_type.json"),
        include_str!("schema.json"),
    ]
    .map(schema_of)
});

static DEVICES: LazyLock<[Arc<Schema>; 3]> = LazyLock::new(|| {
    [include_str!("device.json"), include_str!("endpoint_app.json"), include_str!("endpoint_apps.json")]
        .map(schema_of)
});

fn schema_of(text: &str) -> Arc<Schema> {
    Arc::new(Schema::from_json(&parse(text)).expect("built-in schemas are well-formed"))
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("built-in files are JSON")
}
