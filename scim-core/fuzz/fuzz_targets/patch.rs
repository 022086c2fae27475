//! Two lines, a resource and a PATCH message: both modes apply it in place as they do on a copy, all or nothing; what
//! the strict mode takes, the tolerant one takes too; the difference of before and after leads there.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scim_core::{
    patch::{RemoveForm, Tolerances, apply, apply_in_place, diff},
    schema::ResourceType,
    validate::{Operation, accept},
};
use serde_json::{Map, Value};

static USER: LazyLock<ResourceType> = LazyLock::new(ResourceType::user);

fuzz_target!(|text: &str| {
    let Some((resource, patch)) = text.split_once('\n') else { return };
    let (Ok(resource), Ok(patch)) = (serde_json::from_str::<Value>(resource), serde_json::from_str(patch))
    else {
        return;
    };
    let Ok(before) = accept(&resource, &USER, Operation::Create, &Tolerances::idp()) else { return };
    let strict = apply(&before, &patch, &USER, &Tolerances::strict());
    let tolerant = apply(&before, &patch, &USER, &Tolerances::idp());
    for (applied, tolerances) in [(&strict, Tolerances::strict()), (&tolerant, Tolerances::idp())] {
        let mut in_place = before.clone();
        match (applied, apply_in_place(&mut in_place, &patch, &USER, &tolerances)) {
            (Ok(applied), Ok(changed)) => {
                assert_eq!(written(&applied.resource), written(&in_place));
                assert_eq!((applied.changed, changed), (before != in_place, before != in_place));
                let (before, after) = (Value::Object(before.clone()), Value::Object(in_place));
                let _ = diff(&before, &after, &USER, RemoveForm::ValuePath);
            }
            (Err(copy), Err(error)) => {
                assert_eq!(*copy, error);
                assert_eq!(written(&in_place), written(&before), "an error leaves no trace");
            }
            (copy, in_place) => panic!("{copy:?} but {in_place:?} in place"),
        }
    }
    if strict.is_ok() {
        assert!(tolerant.is_ok(), "{tolerant:?}");
    }
});

/// With the order of members, which equality of JSON does not see.
fn written(object: &Map<String, Value>) -> String {
    serde_json::to_string(object).expect("a JSON object is text")
}
