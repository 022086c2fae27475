//! `scim filter`: the filter grammar and its evaluation (RFC 7644 §3.4.2.2) on files.

use std::path::Path;

use scim_core::{
    error::ScimError,
    filter::{Filter, ParseError},
    json as obj,
    path::AttrPath,
    schema::ResourceType,
};
use serde_json::{Map, Value};

use super::{Types, is_stdin, name, note, pretty, print, read_json, read_text};
use crate::{
    args::{FilterMatchArgs, FilterParseArgs},
    exit::{Exit, Stop},
};

/// `scim filter parse`.
pub(crate) fn parse(args: &FilterParseArgs) -> Result<Exit, Stop> {
    let text = text(&args.filter)?;
    let filter = Filter::parse(&text).map_err(|error| Stop::usage(diagnostic(&error)))?;
    // The grammar needs no schema; whoever names one wants to know whether the attributes are in it.
    if args.types.resource_type.is_some() || !args.types.schema.is_empty() {
        let types = Types::read(&args.types)?;
        let resource_type = types.of(&Map::new());
        for path in unknown(&filter, resource_type) {
            note(&format!("warning: {} has no attribute {path}", resource_type.name));
        }
    }
    print(&filter.to_string())?;
    Ok(Exit::Success)
}

/// `scim filter match`.
pub(crate) fn matches(args: &FilterMatchArgs) -> Result<Exit, Stop> {
    if args.filter == "-" && is_stdin(&args.file) {
        return Err(Stop::usage("the filter and the resource cannot both come from standard input"));
    }
    let filter = match Filter::parse(&text(&args.filter)?) {
        Ok(filter) => filter,
        Err(error) => return refused(&error.to_string(), &diagnostic(&error)),
    };
    let types = Types::read(&args.types)?;
    let document = read_json(&args.file)?;
    let (resources, single) = resources(&document);
    let mut hits = Vec::new();
    for (index, resource) in resources.iter().enumerate() {
        let Value::Object(members) = resource else {
            return Err(Stop::usage(format!("{}: a resource is a JSON object", name(&args.file))));
        };
        match filter.matches(resource, types.of(members)) {
            Ok(true) => hits.push(label(resource, index)),
            Ok(false) => {}
            Err(error) => return refused(&error.to_string(), &error.to_string()),
        }
    }
    match (hits.is_empty(), single) {
        (true, _) => print("no match")?,
        (false, true) => print("match")?,
        (false, false) => print(&hits.join("\n"))?,
    }
    Ok(if hits.is_empty() { Exit::Findings } else { Exit::Success })
}

fn text(argument: &str) -> Result<String, Stop> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let text = read_text(Path::new("-"))?;
    // The newline that ends a line of text is not part of the filter.
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn diagnostic(error: &ParseError) -> String {
    format!("not a filter\n{}", error.render())
}

/// The attributes in a filter that a resource type does not have. The parser bounds the depth.
fn unknown(filter: &Filter, resource_type: &ResourceType) -> Vec<AttrPath> {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => {
            terms.iter().flat_map(|term| unknown(term, resource_type)).collect()
        }
        Filter::Not(term) => unknown(term, resource_type),
        Filter::Compare { path, .. } | Filter::Present { path } | Filter::ValuePath { attr: path, .. } => {
            resource_type.resolve(path).is_none().then(|| path.clone()).into_iter().collect()
        }
    }
}

/// What a server would answer, for programs; the diagnostic, for people.
fn refused(detail: &str, diagnostic: &str) -> Result<Exit, Stop> {
    print(&pretty(&ScimError::invalid_filter(detail).to_json()))?;
    note(&format!("error: {}", diagnostic.trim_end()));
    Ok(Exit::Usage)
}

/// The resources of a document, and whether it is a resource itself.
fn resources(document: &Value) -> (Vec<&Value>, bool) {
    let listed = match document {
        Value::Array(resources) => Some(resources),
        Value::Object(members) => obj::get(members, "Resources").and_then(Value::as_array),
        _ => None,
    };
    match listed {
        Some(resources) => (resources.iter().collect(), false),
        None => (vec![document], true),
    }
}

fn label(resource: &Value, index: usize) -> String {
    let text = |name: &str| resource.as_object().and_then(|members| obj::get(members, name)?.as_str());
    text("id").or_else(|| text("userName")).map_or_else(|| format!("#{}", index + 1), str::to_owned)
}
