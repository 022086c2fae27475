//! `scim config`: what the configuration file says, without its secrets.

use super::{note, print, show::rows_of};
use crate::{
    config::{Config, Entry, place},
    everyday::{ConfigCommand, OutputFormat},
    exit::{Exit, Stop},
    table::plain,
};

/// `scim config`.
pub(crate) fn run(command: &ConfigCommand) -> Result<Exit, Stop> {
    match command {
        ConfigCommand::Path => {
            print(&place()?.0.display().to_string())?;
            Ok(Exit::Success)
        }
        ConfigCommand::List => list(&Config::load()?),
    }
}

fn list(config: &Config) -> Result<Exit, Stop> {
    if config.entries().next().is_none() {
        note(&format!("no endpoints in {}; see scim config --help", config.path().display()));
        return Ok(Exit::Success);
    }
    let row = |(name, entry): (&str, &Entry)| {
        let kinds = entry.kinds();
        let auth = if kinds.is_empty() { "-".to_owned() } else { kinds.join(" and ") };
        let default = if config.default_name() == Some(name) { " (default)" } else { "" };
        vec![
            plain(&format!("{name}{default}")),
            crate::target::base_url(&entry.url)
                .map_or_else(|_| "not a URL".to_owned(), |url| plain(url.as_str())),
            auth,
            plain(entry.vendor.as_deref().unwrap_or("-")),
        ]
    };
    let mut rows = vec![["name", "url", "credentials", "vendor"].map(str::to_owned).to_vec()];
    rows.extend(config.entries().map(row));
    rows_of(&rows, OutputFormat::Table)
}
