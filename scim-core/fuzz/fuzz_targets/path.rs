//! A path that parses prints as a path that parses to the same.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scim_core::{
    path::{AttrPath, Path},
    schema::ResourceType,
};

static USER: LazyLock<ResourceType> = LazyLock::new(ResourceType::user);

fuzz_target!(|text: &str| {
    if let Ok(path) = text.parse::<AttrPath>() {
        assert_eq!(path.to_string().parse().as_ref(), Ok(&path));
        if USER.resolve(&path).is_none() {
            let _ = USER.suggest(&path);
        }
    }
    match text.parse::<Path>() {
        Ok(path) => assert_eq!(path.to_string().parse().as_ref(), Ok(&path)),
        Err(error) => drop(error.render()),
    }
});
