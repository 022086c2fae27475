//! `scim explain`: the story of a check.

use scim_core::vendor::load::closest;
use scim_testkit::check::{catalog, explain};

use super::print;
use crate::{
    args::ExplainArgs,
    exit::{Exit, Stop},
};

/// `scim explain`.
pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Stop> {
    let Some(id) = &args.id else {
        let lines = catalog::ALL.iter().map(|check| format!("{:<36} {}\n", check.id, check.title));
        print(&lines.collect::<String>())?;
        return Ok(Exit::Success);
    };
    let text = explain::story(id).ok_or_else(|| {
        let near = closest(id, catalog::ALL.iter().map(|check| check.id));
        Stop::usage(match near {
            Some(meant) => format!("no check is named {id:?}; did you mean {meant:?}?"),
            None => format!("no check is named {id:?}; `scim explain` lists them"),
        })
    })?;
    print(&text)?;
    Ok(Exit::Success)
}
