//! The `scim` command: arguments in, a library call, a report and an exit code out.

mod args;
mod cmd;
mod config;
mod everyday;
mod exit;
mod table;
mod target;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command, FilterCommand, PatchCommand};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.command {
        Command::Test(args) => cmd::test::run(&args),
        Command::Explain(args) => cmd::explain::run(&args),
        Command::Serve(args) => cmd::serve::run(&args),
        Command::Filter(FilterCommand::Parse(args)) => cmd::filter::parse(&args),
        Command::Filter(FilterCommand::Match(args)) => cmd::filter::matches(&args),
        Command::Patch(PatchCommand::Apply(args)) => cmd::patch::apply(&args),
        Command::Idps(args) => cmd::idps::run(&args),
        Command::Vendors(args) => cmd::vendors::run(&args),
        Command::Users(command) => cmd::resource::users(&command),
        Command::Groups(command) => cmd::resource::groups(&command),
        Command::Resource(args) => cmd::resource::any(&args),
        Command::Schemas(args) => cmd::schemas::run(&args),
        Command::Capabilities(args) => cmd::capabilities::run(&args),
        Command::Config(command) => cmd::config::run(&command),
        Command::Completions(args) => cmd::completions::run(&args),
    };
    let exit = ended.unwrap_or_else(|stop| {
        cmd::note(&format!("error: {stop}"));
        stop.exit
    });
    exit.into()
}
