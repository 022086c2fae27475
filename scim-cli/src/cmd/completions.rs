//! `scim completions`: scripts with which a shell completes commands and options.

use clap::CommandFactory;

use super::print;
use crate::{
    args::Cli,
    everyday::CompletionsArgs,
    exit::{Exit, Stop},
};

/// `scim completions`.
pub(crate) fn run(args: &CompletionsArgs) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "scim", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
