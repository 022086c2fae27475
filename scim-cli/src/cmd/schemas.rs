//! `scim schemas`: what the resources of an endpoint look like (RFC 7643 §7).

use scim_core::{
    schema::{Attribute, Schema},
    vendor::load::closest,
};
use serde_json::Value;

use super::{
    endpoint::Endpoint,
    serve::runtime,
    show::{self, Listing},
};
use crate::{
    everyday::{OutputFormat, SchemaListArgs, SchemaShowArgs, SchemasArgs, SchemasCommand},
    exit::{Exit, Stop},
    table::plain,
};

/// `scim schemas`.
pub(crate) fn run(args: &SchemasArgs) -> Result<Exit, Stop> {
    match &args.command {
        None => list(&args.list),
        Some(SchemasCommand::List(args)) => list(args),
        Some(SchemasCommand::Show(args)) => show(args),
    }
}

fn list(args: &SchemaListArgs) -> Result<Exit, Stop> {
    let schemas = schemas(args)?;
    if matches!(args.format, OutputFormat::Json | OutputFormat::Jsonl) {
        let mut listing = Listing::new(args.format, None);
        for schema in &schemas {
            let Value::Object(document) = schema.to_json() else { continue };
            if let Err(error) = listing.push(document) {
                return show::finish(&error);
            }
        }
        return listing.ends().map_or_else(|error| show::finish(&error), |()| Ok(Exit::Success));
    }
    let mut rows = vec![row(&["name", "attributes", "id"])];
    for schema in &schemas {
        rows.push(vec![plain(&schema.name), schema.attributes.len().to_string(), plain(&schema.id)]);
    }
    show::rows_of(&rows, args.format)
}

fn show(args: &SchemaShowArgs) -> Result<Exit, Stop> {
    let schemas = schemas(&args.list)?;
    let Some(schema) = find(&schemas, &args.name) else {
        let known = schemas.iter().flat_map(|schema| [schema.name.as_str(), schema.id.as_str()]);
        let advice = match closest(&args.name, known) {
            Some(meant) => format!("did you mean {:?}?", plain(meant)),
            None => "scim schemas lists those that are".to_owned(),
        };
        return Err(Stop::usage(format!("the endpoint has no schema {:?}; {advice}", args.name)));
    };
    match args.list.format {
        format @ (OutputFormat::Json | OutputFormat::Jsonl) => match schema.to_json() {
            Value::Object(document) => show::one(&document, format),
            _ => Ok(Exit::Success),
        },
        format => {
            let mut rows = vec![row(&HEADINGS)];
            for attribute in &schema.attributes {
                rows.push(described(attribute, ""));
                rows.extend(attribute.sub_attributes.iter().map(|sub| described(sub, &attribute.name)));
            }
            show::rows_of(&rows, format)
        }
    }
}

fn schemas(args: &SchemaListArgs) -> Result<Vec<Schema>, Stop> {
    runtime()?.block_on(async {
        let endpoint = Endpoint::open(&args.endpoint)?;
        endpoint.client.discovery().schemas().await.map_err(|error| endpoint.stop(&error))
    })
}

/// By URN, else by name, else by the end of the URN.
fn find<'a>(schemas: &'a [Schema], name: &str) -> Option<&'a Schema> {
    let by = |key: fn(&Schema) -> &str| schemas.iter().find(|schema| key(schema).eq_ignore_ascii_case(name));
    by(|schema| &schema.id)
        .or_else(|| by(|schema| &schema.name))
        .or_else(|| by(|schema| schema.id.rsplit(':').next().unwrap_or_default()))
}

/// Only what departs from the defaults of RFC 7643 §2.2 is said, so that it is seen.
fn described(attribute: &Attribute, parent: &str) -> Vec<String> {
    let keywords = attribute.to_json();
    let keyword = |name: &str, usual: &str| {
        let text = keywords[name].as_str().unwrap_or(usual);
        if text == usual { String::new() } else { plain(text) }
    };
    let many = if attribute.multi_valued { "[]" } else { "" };
    let mut notes = Vec::new();
    notes.extend(attribute.required.then(|| "required".to_owned()));
    notes.extend([keyword("mutability", "readWrite")].into_iter().filter(|text| !text.is_empty()));
    let returned = keyword("returned", "default");
    notes.extend((!returned.is_empty()).then(|| format!("returned {returned}")));
    let unique = keyword("uniqueness", "none");
    notes.extend((!unique.is_empty()).then(|| format!("unique in {unique}")));
    notes.extend(attribute.case_exact.then(|| "case counts".to_owned()));
    if !attribute.canonical_values.is_empty() {
        notes.push(format!("such as {}", plain(&attribute.canonical_values.join(", "))));
    }
    let name =
        if parent.is_empty() { attribute.name.clone() } else { format!("{parent}.{}", attribute.name) };
    let kind = format!("{}{many}", keywords["type"].as_str().unwrap_or_default());
    vec![plain(&name), kind, notes.join("; ")]
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

const HEADINGS: [&str; 3] = ["attribute", "type", "characteristics"];

#[cfg(test)]
mod tests {
    use scim_core::schema::builtin;

    use super::*;

    #[test]
    fn attributes_are_told_in_few_words() {
        let user = builtin::user();
        let name = described(user.attribute("userName").unwrap(), "");
        assert_eq!(name, ["userName", "string", "required; unique in server"]);
        let emails = user.attribute("emails").unwrap();
        assert_eq!(described(emails, "")[1], "complex[]");
        assert_eq!(described(emails.sub("type").unwrap(), "emails")[2], "such as work, home, other");
    }

    #[test]
    fn the_name_comes_before_the_end_of_the_urn() {
        let schemas = [(*builtin::enterprise_user()).clone(), (*builtin::user()).clone()];
        assert_eq!(find(&schemas, "user").unwrap().id, builtin::user().id);
        assert_eq!(find(&schemas, "nobody"), None);
    }
}
