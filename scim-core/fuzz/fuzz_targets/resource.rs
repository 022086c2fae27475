//! A resource that is read is written without loss, and reads again as the same; the lenient reader takes what the
//! strict one takes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scim_core::{
    bulk::{BulkRequest, BulkResponse},
    list::ListResponse,
    resource::{EnterpriseUser, Group, ServiceProviderConfig, User, lenient},
    schema::{ResourceType, Schema},
    validate::violations,
};
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    if let Ok(user) = serde_json::from_slice::<User>(bytes) {
        let written = serde_json::to_value(&user).expect("a user is JSON");
        assert_eq!(serde_json::from_value::<User>(written).expect("it was just written").emails, user.emails);
        assert_eq!(lenient::from_value::<User>(&value).expect("strict is lenient"), user);
        let _ = (user.extension::<EnterpriseUser>(), user.primary_email());
    } else {
        let _ = lenient::from_value::<User>(&value);
    }
    let _ = lenient::from_value::<Group>(&value);
    let _ = serde_json::from_slice::<ListResponse<User>>(bytes);
    let config = ServiceProviderConfig::from_json(&value);
    let written = serde_json::to_value(&config).expect("a configuration is JSON");
    assert_eq!(ServiceProviderConfig::from_json(&written).patch_supported(), config.patch_supported());
    let _ = (BulkRequest::from_json(&value), BulkResponse::from_json(&value), Schema::from_json(&value));
    let _ = violations(&value, &ResourceType::user());
});
