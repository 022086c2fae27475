//! `scim vendors`: the vendor profiles, what is odd about each vendor, and how far to trust it.

use clap::{Args, Subcommand};
use scim_core::vendor::Profile;
use serde_json::{Value, json};

use super::{idps::Form, pretty, print};
use crate::{
    exit::{Exit, Stop},
    table::Table,
    target,
};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct VendorsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<VendorsCommand>,

    /// Form of the list
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Form,
}

#[derive(Subcommand)]
pub(crate) enum VendorsCommand {
    /// Say what is odd about a vendor, with grade and source
    Show(ShowArgs),
    /// Look through a profile file: errors, and keys without evidence
    Check(CheckArgs),
}

#[derive(Args)]
pub(crate) struct ShowArgs {
    /// Built-in name, NAME@VARIANT, or a profile file
    #[arg(value_name = "VENDOR")]
    pub(crate) vendor: String,

    /// Form of what is shown
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Form,
}

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Profile file
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
}

pub(crate) fn run(args: &VendorsArgs) -> Result<Exit, Stop> {
    let text = match &args.command {
        Some(VendorsCommand::Show(args)) => shown(args)?,
        Some(VendorsCommand::Check(args)) => checked(args)?,
        None if args.format == Form::Json => pretty(
            &json!({ "schema_version": 1, "vendors": all().map(|it| summary(&it)).collect::<Vec<_>>() }),
        ),
        None => list(),
    };
    print(&text)?;
    Ok(Exit::Success)
}

fn all() -> impl Iterator<Item = Profile> {
    Profile::names().filter_map(Profile::builtin)
}

fn list() -> String {
    let mut rows = vec![["ID", "VENDOR", "AS OF", "SCIM", "READ OR SEEN"].map(str::to_owned).to_vec()];
    for profile in all() {
        let (firm, whole) = profile.firm_share();
        let wire = if profile.has_wire() { "yes" } else { "no" };
        let identity = &profile.profile;
        let row = [&identity.id, &identity.title, &identity.as_of, wire, &format!("{firm} of {whole} keys")];
        rows.push(row.map(str::to_owned).to_vec());
    }
    let table = Table::fitting(&rows, None);
    let lines: Vec<String> = rows.iter().map(|row| table.line(row)).collect();
    format!("{}\n", lines.join("\n"))
}

fn shown(args: &ShowArgs) -> Result<String, Stop> {
    let profile = target::vendor(&args.vendor)?;
    if args.format == Form::Json {
        let mut whole = summary(&profile);
        whole["schema_version"] = 1.into();
        let odd = profile.oddities();
        whole["odd"] = odd
            .iter()
            .map(|it| json!({ "key": it.key, "text": it.text, "grade": it.grade.as_str(), "source": it.source }))
            .collect();
        return Ok(pretty(&whole));
    }
    let identity = &profile.profile;
    let mut text = format!("{} ({}), as of {}\n", identity.title, identity.id, identity.as_of);
    if !identity.gate.is_empty() {
        text.push_str(&format!("asks for: {}\n", identity.gate.join(", ")));
    }
    if !identity.idps.is_empty() {
        text.push_str(&format!("names: {}\n", identity.idps.join(", ")));
    }
    if !identity.note.is_empty() {
        text.push_str(&format!("note: {}\n", identity.note));
    }
    let odd = profile.oddities();
    if odd.is_empty() {
        text.push_str("\nNothing departs from RFC 7643 and RFC 7644.\n");
    } else {
        text.push('\n');
    }
    for it in &odd {
        let number = it
            .source
            .as_ref()
            .and_then(|source| profile.evidence.src.iter().position(|known| known == source))
            .map_or_else(String::new, |index| format!(" [{}]", index + 1));
        text.push_str(&format!("- {} ({}{number}; {})\n", it.text, it.grade.as_str(), it.key));
    }
    for variant in &profile.variants {
        let keys: Vec<&str> = variant.keys().collect();
        text.push_str(&format!(
            "- {}, otherwise: {} ({}@{})\n",
            variant.when.to_text(),
            keys.join(", "),
            identity.id,
            variant.name
        ));
    }
    if !profile.evidence.src.is_empty() {
        text.push_str("\nsources:\n");
    }
    for (index, source) in profile.evidence.src.iter().enumerate() {
        text.push_str(&format!("  [{}] {source}\n", index + 1));
    }
    Ok(text)
}

fn checked(args: &CheckArgs) -> Result<String, Stop> {
    let text = target::data_file(&args.file)?;
    let profile =
        Profile::parse(&text, &args.file).map_err(|error| Stop::new(Exit::BadFile, error.to_string()))?;
    let lints = profile.lints();
    let (firm, whole) = profile.firm_share();
    let mut out = format!("{}: {firm} of {whole} keys were read or seen\n", args.file);
    for lint in &lints {
        out.push_str(&format!("warning: {lint}\n"));
    }
    Ok(out)
}

fn summary(profile: &Profile) -> Value {
    let (firm, whole) = profile.firm_share();
    let identity = &profile.profile;
    let variants: Vec<Value> =
        profile.variants.iter().map(|it| json!({ "name": it.name, "when": it.when.to_text() })).collect();
    json!({
        "id": identity.id,
        "title": identity.title,
        "as_of": identity.as_of,
        "wire": profile.has_wire(),
        "note": identity.note,
        "keys": whole,
        "read_or_seen": firm,
        "variants": variants,
        "sources": profile.evidence.src,
    })
}

pub(crate) const VENDORS_HELP: &str = "\
Examples:
  scim vendors                        which there are, and how well each is known
  scim vendors show bitwarden         what is odd about it, with grade and source
  scim vendors show hubspot@roles     a variant
  scim vendors check my.toml          a profile of one's own

Grades: documented, a page says so; observed, the server's source or a test against the live service shows it;
third party, only a page of somebody else says so; briefed, said without a source; inferred, concluded. --vendor of `scim serve` and `scim test` takes the ids.

Exit codes:
  0  the list or the vendor is on standard output
  2  there is no such vendor
  4  the profile file is wrong";
