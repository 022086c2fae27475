//! The `scim` command: arguments in, a library call, a report and an exit code out.

mod args;
mod cmd;
mod exit;
mod target;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command, FilterCommand, PatchCommand};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.command {
        Command::Test(args) => cmd::test::run(&args),
        Command::Serve(args) => cmd::serve::run(&args),
        Command::Filter(FilterCommand::Parse(args)) => cmd::filter::parse(&args),
        Command::Filter(FilterCommand::Match(args)) => cmd::filter::matches(&args),
        Command::Patch(PatchCommand::Apply(args)) => cmd::patch::apply(&args),
    };
    let exit = ended.unwrap_or_else(|stop| {
        cmd::note(&format!("error: {stop}"));
        stop.exit
    });
    exit.into()
}
