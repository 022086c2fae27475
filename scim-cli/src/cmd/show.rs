//! How resources look: as JSON, or as cells of a table.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write, stdout};

use scim_core::{json as obj, path::AttrPath, resource::Resource};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::pretty;
use crate::{
    everyday::OutputFormat,
    exit::{Exit, Stop},
    table::{Table, plain, plain_json},
};

/// A resource as the endpoint sent it, members in their order.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Raw(pub(crate) Map<String, Value>);

impl Resource for Raw {
    const SCHEMA: &'static str = "";
    const ENDPOINT: &'static str = "";

    fn id(&self) -> Option<&str> {
        obj::get(&self.0, "id")?.as_str()
    }

    fn external_id(&self) -> Option<&str> {
        obj::get(&self.0, "externalId")?.as_str()
    }

    fn version(&self) -> Option<&str> {
        obj::get(obj::get(&self.0, "meta")?.as_object()?, "version")?.as_str()
    }
}

/// Standard output. A reader that has gone away, as `head` does, ends the command quietly: see [`finish`].
pub(crate) struct Out {
    to: BufWriter<Stdout>,
}

impl Out {
    pub(crate) fn new() -> Self {
        Self { to: BufWriter::new(stdout()) }
    }

    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.to, "{text}")
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        // What could not be written was reported by `flush`.
        let _ = self.to.flush();
    }
}

/// What a failed write means for the command.
pub(crate) fn finish(error: &io::Error) -> Result<Exit, Stop> {
    if error.kind() == ErrorKind::BrokenPipe {
        return Ok(Exit::Success);
    }
    Err(Stop::new(Exit::CouldNotAsk, format!("cannot write to standard output: {error}")))
}

/// Prints one resource, or any other object.
pub(crate) fn one(object: &Map<String, Value>, format: OutputFormat) -> Result<Exit, Stop> {
    let lines = match format {
        OutputFormat::Json => vec![plain_json(&pretty(&Value::Object(object.clone())))],
        OutputFormat::Jsonl => vec![plain_json(&Value::Object(object.clone()).to_string())],
        OutputFormat::Table | OutputFormat::Tsv => {
            let mut rows = Vec::new();
            flatten(object, "", &mut rows);
            return rows_of(&rows, format);
        }
    };
    print_lines(&lines)
}

/// Prints rows that are all there.
pub(crate) fn rows_of(rows: &[Vec<String>], format: OutputFormat) -> Result<Exit, Stop> {
    let table = Table::fitting(rows, None);
    let lines: Vec<String> = rows
        .iter()
        .map(|row| if format == OutputFormat::Tsv { row.join("\t") } else { table.line(row) })
        .collect();
    print_lines(&lines)
}

fn print_lines(lines: &[String]) -> Result<Exit, Stop> {
    let mut out = Out::new();
    match lines.iter().try_for_each(|line| out.line(line)).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Success),
        Err(error) => finish(&error),
    }
}

/// One row for each value, named by its path. serde_json bounds the depth.
fn flatten(object: &Map<String, Value>, before: &str, rows: &mut Vec<Vec<String>>) {
    for (name, value) in object {
        let path = format!("{before}{}", plain(name));
        // The attribute of an extension follows its URN after a colon (RFC 7644 §3.10).
        let joint = if before.is_empty() && name.contains(':') { ':' } else { '.' };
        match value {
            Value::Object(inner) => flatten(inner, &format!("{path}{joint}"), rows),
            Value::Array(elements) if elements.iter().any(Value::is_object) => {
                for (index, element) in elements.iter().enumerate() {
                    match element {
                        Value::Object(inner) => flatten(inner, &format!("{path}[{index}]."), rows),
                        other => rows.push(vec![format!("{path}[{index}]"), cell(other)]),
                    }
                }
            }
            other => rows.push(vec![path, cell(other)]),
        }
    }
}

/// A column of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    title: String,
    path: AttrPath,
}

impl Column {
    pub(crate) fn at(path: AttrPath) -> Self {
        Self { title: path.to_string(), path }
    }

    pub(crate) fn title(&self) -> String {
        plain(&self.title)
    }

    pub(crate) fn cell(&self, resource: &Map<String, Value>) -> String {
        let whole = self.path.as_urn();
        let found = match (self.path.urn(), whole) {
            (Some(urn), Some(whole)) => match obj::get(resource, urn).and_then(Value::as_object) {
                Some(extension) => obj::get(extension, self.path.name()),
                // The core schema's URN is left out of a resource; and a URN alone is a whole extension.
                None => obj::get(resource, &whole).or_else(|| obj::get(resource, self.path.name())),
            },
            _ => obj::get(resource, self.path.name()),
        };
        let Some(found) = found else { return String::new() };
        let Some(sub) = self.path.sub() else { return summary(self.path.name(), found) };
        let part = |value: &Value| value.as_object().and_then(|object| obj::get(object, sub)).map(cell);
        match found {
            Value::Array(values) => values.iter().filter_map(part).collect::<Vec<_>>().join(", "),
            one => part(one).unwrap_or_default(),
        }
    }
}

/// The columns that tell most of a type's resources, where the type is known.
pub(crate) fn usual_columns(endpoint: &str) -> Option<Vec<Column>> {
    let names: &[&str] = match endpoint {
        "Users" => &["id", "userName", "name", "active", "emails"],
        "Groups" => &["id", "displayName", "members"],
        _ => return None,
    };
    Some(names.iter().map(|name| Column::at(AttrPath::new(*name))).collect())
}

/// Columns for resources of an unknown type, as the first of them suggest: the id, and some simple attributes.
pub(crate) fn guessed_columns(resources: &[Map<String, Value>]) -> Vec<Column> {
    let mut names = vec!["id".to_owned()];
    for (name, value) in resources.iter().flatten() {
        let simple = value.is_string() || value.is_boolean() || value.is_number();
        let known = names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if simple && !known && names.len() < MOST_GUESSED {
            names.push(name.clone());
        }
    }
    names.into_iter().map(|name| Column::at(AttrPath::new(name))).collect()
}

/// A whole attribute in a few words.
fn summary(name: &str, value: &Value) -> String {
    match value {
        Value::Array(values) if ["members", "groups"].iter().any(|many| name.eq_ignore_ascii_case(many)) => {
            values.len().to_string()
        }
        Value::Array(values) if values.iter().any(Value::is_object) => {
            let is_primary = |value: &&Value| {
                value.as_object().and_then(|object| obj::get(object, "primary")) == Some(&Value::Bool(true))
            };
            let first = values.iter().find(is_primary).or_else(|| values.first());
            let more = if values.len() > 1 { format!(" (+{})", values.len() - 1) } else { String::new() };
            format!("{}{more}", first.map(cell).unwrap_or_default())
        }
        other => cell(other),
    }
}

/// One value in a few words.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => plain(text),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(object) => {
            let text = |name: &str| {
                obj::get(object, name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(plain)
            };
            let person = || {
                let parts: Vec<String> = ["givenName", "familyName"].into_iter().filter_map(text).collect();
                (!parts.is_empty()).then(|| parts.join(" "))
            };
            text("formatted")
                .or_else(person)
                .or_else(|| text("value"))
                .or_else(|| text("displayName"))
                .or_else(|| text("display"))
                .unwrap_or_else(|| plain(&value.to_string()))
        }
        other => other.to_string(),
    }
}

/// Prints resources one after the other; the first page is kept until it is whole, for the columns' sake.
pub(crate) struct Listing {
    out: Out,
    format: OutputFormat,
    columns: Option<Vec<Column>>,
    first_page: Vec<Map<String, Value>>,
    table: Option<Table>,
    printed: u64,
}

impl Listing {
    pub(crate) fn new(format: OutputFormat, columns: Option<Vec<Column>>) -> Self {
        Self { out: Out::new(), format, columns, first_page: Vec::new(), table: None, printed: 0 }
    }

    pub(crate) fn push(&mut self, resource: Map<String, Value>) -> io::Result<()> {
        match self.format {
            OutputFormat::Json => {
                let text = plain_json(&pretty(&Value::Object(resource)));
                let before = if self.printed == 0 { "[" } else { "," };
                write!(self.out.to, "{before}\n{}", indented(&text))?;
            }
            OutputFormat::Jsonl => {
                self.out.line(&plain_json(&Value::Object(resource).to_string()))?;
            }
            OutputFormat::Table | OutputFormat::Tsv if self.table.is_none() => {
                self.first_page.push(resource);
            }
            OutputFormat::Table | OutputFormat::Tsv => self.row(&resource)?,
        }
        self.printed += 1;
        Ok(())
    }

    /// A page is complete: whoever waits for output sees it.
    pub(crate) fn page_ends(&mut self) -> io::Result<()> {
        if !self.first_page.is_empty() {
            self.lay_out()?;
        }
        self.out.flush()
    }

    /// Everything came.
    pub(crate) fn ends(&mut self) -> io::Result<()> {
        match self.format {
            OutputFormat::Json if self.printed == 0 => self.out.line("[]")?,
            OutputFormat::Json => self.out.line("\n]")?,
            OutputFormat::Table | OutputFormat::Tsv if self.table.is_none() => self.lay_out()?,
            _ => {}
        }
        self.out.flush()
    }

    /// It broke off. What came is shown; a JSON array stays open, since a program that does not look at the exit code
    /// must not take a part for the whole.
    pub(crate) fn breaks_off(&mut self) -> io::Result<()> {
        if self.format == OutputFormat::Json && self.printed > 0 {
            self.out.line("")?;
        }
        self.page_ends()
    }

    pub(crate) fn printed(&self) -> u64 {
        self.printed
    }

    fn lay_out(&mut self) -> io::Result<()> {
        let page = std::mem::take(&mut self.first_page);
        let columns = self.columns.get_or_insert_with(|| guessed_columns(&page));
        let mut rows = vec![columns.iter().map(Column::title).collect::<Vec<_>>()];
        let dash = self.format == OutputFormat::Table;
        rows.extend(page.iter().map(|resource| cells(columns, resource, dash)));
        let most = (dash && stdout().is_terminal()).then_some(WIDEST);
        let table = Table::fitting(&rows, most);
        for row in &rows {
            self.out.line(&if dash { table.line(row) } else { row.join("\t") })?;
        }
        self.table = Some(table);
        Ok(())
    }

    fn row(&mut self, resource: &Map<String, Value>) -> io::Result<()> {
        let (Some(table), Some(columns)) = (&self.table, &self.columns) else { return Ok(()) };
        if self.format == OutputFormat::Tsv {
            return self.out.line(&cells(columns, resource, false).join("\t"));
        }
        self.out.line(&table.line(&cells(columns, resource, true)))
    }
}

/// With `dash`, an empty cell is one, so that every line has as many words as there are columns.
fn cells(columns: &[Column], resource: &Map<String, Value>, dash: bool) -> Vec<String> {
    let cell = |column: &Column| {
        let cell = column.cell(resource);
        if dash && cell.is_empty() { "-".to_owned() } else { cell }
    };
    columns.iter().map(cell).collect()
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

const MOST_GUESSED: usize = 5;

/// Columns of a cell on a terminal.
const WIDEST: usize = 40;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn cells_say_what_matters() {
        let user = map(json!({
            "id": "1", "userName": "ada", "active": false, "NAME": {"givenName": "Ada", "familyName": "L\u{1b}"},
            "emails": [{"value": "a@h"}, {"value": "b@h", "primary": true}], "members": [{}, {}], "roles": ["x", "y"],
            "urn:e:2.0:User": {"department": "R"},
        }));
        for (path, expected) in [
            ("id", "1"),
            ("username", "ada"),
            ("active", "false"),
            ("name", "Ada L␛"),
            ("name.givenName", "Ada"),
            ("emails", "b@h (+1)"),
            ("emails.value", "a@h, b@h"),
            ("members", "2"),
            ("roles", "x, y"),
            ("urn:e:2.0:User:department", "R"),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "ada"),
            ("title", ""),
        ] {
            assert_eq!(Column::at(path.parse().unwrap()).cell(&user), expected, "{path}");
        }
    }

    #[test]
    fn columns_are_guessed_from_what_is_simple() {
        let page =
            [map(json!({"schemas": ["x"], "meta": {}, "id": "1", "serial": 7})), map(json!({"on": true}))];
        let titles: Vec<String> = guessed_columns(&page).iter().map(Column::title).collect();
        assert_eq!(titles, ["id", "serial", "on"]);
    }

    #[test]
    fn one_resource_is_a_row_for_each_value() {
        let user = map(
            json!({"id": "1", "emails": [{"value": "a@h"}], "urn:e:2.0:User": {"manager": {"value": "7"}}}),
        );
        let mut rows = Vec::new();
        flatten(&user, "", &mut rows);
        let paths: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(paths, ["id", "emails[0].value", "urn:e:2.0:User:manager.value"]);
    }
}
