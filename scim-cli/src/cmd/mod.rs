//! The commands, and what they share: reading files, printing, resource types from schema documents.

pub(crate) mod capabilities;
mod change;
mod clients;
pub(crate) mod completions;
pub(crate) mod config;
mod endpoint;
pub(crate) mod explain;
pub(crate) mod filter;
pub(crate) mod idps;
mod listing;
pub(crate) mod patch;
pub(crate) mod resource;
pub(crate) mod schemas;
pub(crate) mod serve;
mod show;
mod signals;
pub(crate) mod test;
pub(crate) mod vendors;
mod wire;

use std::{
    fs,
    io::{self, ErrorKind, Read, Write},
    path::Path,
    sync::Arc,
};

use scim_core::{
    json as obj,
    schema::{ResourceType, Schema},
    urn,
};
use serde_json::{Map, Value};

use crate::{
    args::{TypeArgs, TypeName},
    exit::{Exit, Stop},
};

/// Prints to standard output. A reader that has gone away, as `head` does, is no error.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| {
        if !text.ends_with('\n') {
            out.write_all(b"\n")?;
        }
        out.flush()
    });
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Stop::new(Exit::CouldNotAsk, format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a line to standard error, if there is anybody to read it.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The bytes of a file; `-` is standard input.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Stop> {
    if is_stdin(path) {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| Stop::usage(format!("cannot read standard input: {error}")))?;
        return Ok(bytes);
    }
    fs::read(path).map_err(|error| Stop::usage(format!("cannot read {}: {error}", path.display())))
}

/// The text of a file; `-` is standard input.
pub(crate) fn read_text(path: &Path) -> Result<String, Stop> {
    let text = String::from_utf8(read_bytes(path)?).map_err(|error| {
        Stop::usage(format!("{}: not UTF-8 at byte {}", name(path), error.utf8_error().valid_up_to()))
    })?;
    // Some editors begin a file with a byte order mark; JSON and TOML do not know it.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// A JSON file; `-` is standard input.
pub(crate) fn read_json(path: &Path) -> Result<Value, Stop> {
    serde_json::from_str(&read_text(path)?)
        .map_err(|error| Stop::usage(format!("{}: not JSON: {error}", name(path))))
}

/// A JSON file with an object in it.
pub(crate) fn read_object(path: &Path) -> Result<Map<String, Value>, Stop> {
    match read_json(path)? {
        Value::Object(object) => Ok(object),
        _ => Err(Stop::usage(format!("{}: not a JSON object", name(path)))),
    }
}

pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// What a person calls the file.
pub(crate) fn name(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// JSON for a person.
pub(crate) fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

/// User and Group, with the extensions that were given.
pub(crate) struct Types {
    user: ResourceType,
    group: ResourceType,
    chosen: Option<TypeName>,
}

impl Types {
    pub(crate) fn read(args: &TypeArgs) -> Result<Self, Stop> {
        let mut types =
            Self { user: ResourceType::user(), group: ResourceType::group(), chosen: args.resource_type };
        for path in &args.schema {
            let schema = Schema::from_json(&read_json(path)?)
                .map_err(|error| Stop::usage(format!("{}: not a schema: {error}", name(path))))?;
            types.user = extended(types.user, &schema);
            types.group = extended(types.group, &schema);
        }
        Ok(types)
    }

    /// The type that was asked for, else the one that `schemas` names, else User.
    pub(crate) fn of(&self, resource: &Map<String, Value>) -> &ResourceType {
        let is_group = || {
            let listed = obj::get(resource, "schemas").and_then(Value::as_array);
            listed.is_some_and(|urns| {
                urns.iter().any(|listed| {
                    listed.as_str().is_some_and(|listed| listed.eq_ignore_ascii_case(urn::GROUP))
                })
            })
        };
        match self.chosen {
            Some(TypeName::Group) => &self.group,
            Some(TypeName::User) => &self.user,
            None if is_group() => &self.group,
            None => &self.user,
        }
    }
}

/// A document with the core schema's own id takes its place; any other is an extension.
fn extended(mut resource_type: ResourceType, schema: &Schema) -> ResourceType {
    if resource_type.schema.id.eq_ignore_ascii_case(&schema.id) {
        resource_type.schema = Arc::new(schema.clone());
        return resource_type;
    }
    resource_type.with_extension(schema.clone())
}
