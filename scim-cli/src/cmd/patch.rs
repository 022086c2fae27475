//! `scim patch`: the PATCH rules (RFC 7644 §3.5.2) on files.

use scim_core::{
    patch::{self, Tolerances},
    validate,
};
use serde_json::Value;

use super::{Types, is_stdin, name, pretty, print, read_json, read_object};
use crate::{
    args::PatchApplyArgs,
    exit::{Exit, Stop},
};

/// `scim patch apply`.
pub(crate) fn apply(args: &PatchApplyArgs) -> Result<Exit, Stop> {
    if is_stdin(&args.resource) && is_stdin(&args.patch) {
        return Err(Stop::usage("the resource and the patch cannot both come from standard input"));
    }
    let types = Types::read(&args.types)?;
    let resource = read_object(&args.resource)?;
    let patch = read_json(&args.patch)?;
    let resource_type = types.of(&resource);
    let resource = validate::canonical(&Value::Object(resource), resource_type)
        .map_err(|error| Stop::usage(format!("{}: {}", name(&args.resource), error.detail)))?;
    let tolerances = if args.tolerant { Tolerances::idp() } else { Tolerances::strict() };
    match patch::apply(&resource, &patch, resource_type, &tolerances) {
        Ok(applied) => {
            print(&pretty(&Value::Object(applied.resource)))?;
            Ok(Exit::Success)
        }
        Err(error) => {
            print(&pretty(&error.to_json()))?;
            Ok(Exit::Findings)
        }
    }
}
