//! A filter that parses prints as a filter that parses to the same, evaluates without a panic, and every error can be
//! shown.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scim_core::{filter::Filter, schema::ResourceType};
use serde_json::{Value, json};

static USER: LazyLock<ResourceType> = LazyLock::new(ResourceType::user);
static RESOURCE: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "userName": "ada", "active": true, "title": null, "nickName": "É",
        "emails": [{"value": "a@b.c", "type": "work", "primary": true}, {"value": "d"}, null],
        "meta": {"lastModified": "2011-05-13T04:42:34Z"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "1"}},
    })
});

fuzz_target!(|text: &str| {
    match Filter::parse(text) {
        Ok(filter) => {
            let printed = filter.to_string();
            assert_eq!(Filter::parse(&printed).as_ref(), Ok(&filter), "{printed}");
            let _ = filter.matches(&RESOURCE, &USER);
            let _ = filter.unknown_attributes(&USER);
        }
        Err(error) => {
            assert!(text.get(error.span()).is_some());
            let _ = (error.render(), error.to_string());
        }
    }
});
