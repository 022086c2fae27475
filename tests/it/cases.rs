//! Hundreds of filters and PATCH messages through the `scim` command: `tests/cases/*.toml`, each with its source.

#![expect(clippy::unwrap_used, reason = "this file is a test, helpers and all")]

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::cli::scim;

#[test]
fn filters_parse() {
    let file: File<Parse> = read("filter-parse.toml");
    check(file, 150, |case, _| {
        let output = scim_with(&["filter", "parse", "-"], &case.filter);
        match (&case.canonical, &case.error) {
            (Some(canonical), None) => expect(
                output.status.code() == Some(0) && stdout(&output) == format!("{canonical}\n"),
                &output,
            ),
            (None, Some(error)) => {
                let message = stderr(&output);
                expect(output.status.code() == Some(2) && message.contains(error.as_str()), &output)
            }
            _ => Err("needs canonical or error".to_owned()),
        }
    });
}

#[test]
fn filters_match() {
    let file: File<Match> = read("filter-match.toml");
    check(file, 150, |case, resources| {
        let output = scim_with(&["filter", "match", &case.filter, "-"], &resources[&case.resource]);
        match (case.matches, &case.error) {
            (Some(matches), None) => expect(output.status.code() == Some(i32::from(!matches)), &output),
            (None, Some(part)) => {
                let error: Value =
                    serde_json::from_str(&stdout(&output)).map_err(|error| error.to_string())?;
                let detail = error["detail"].as_str().unwrap_or_default();
                let is_refused = error["scimType"] == "invalidFilter" && error["status"] == "400";
                expect(
                    output.status.code() == Some(2) && is_refused && detail.contains(part.as_str()),
                    &output,
                )
            }
            _ => Err("needs match or error".to_owned()),
        }
    });
}

#[test]
fn patches_apply_strictly() {
    patches("patch-strict.toml", 170, &[]);
}

#[test]
fn patches_apply_tolerantly() {
    patches("patch-tolerant.toml", 140, &["--tolerant"]);
}

/// The tolerant mode takes whatever the strict one takes.
#[test]
fn what_is_strictly_right_is_tolerated() {
    let file: File<Patch> = read("patch-strict.toml");
    check(file, 170, |case, resources| {
        if case.changes.is_none() {
            return Ok(());
        }
        let output = apply(case, &resources[&case.resource], &["--tolerant"]);
        expect(output.status.code() == Some(0), &output)
    });
}

fn patches(name: &str, least: usize, more: &[&str]) {
    let file: File<Patch> = read(name);
    check(file, least, |case, resources| {
        let before = &resources[&case.resource];
        let output = apply(case, before, more);
        let answer: Value = serde_json::from_str(&stdout(&output)).map_err(|error| error.to_string())?;
        match (&case.changes, &case.scim_type, &case.detail) {
            (Some(changes), None, None) => {
                let mut expected: Map<String, Value> = serde_json::from_str(before).unwrap();
                for (name, value) in serde_json::from_str::<Map<String, Value>>(changes).unwrap() {
                    match value {
                        Value::Null => drop(expected.shift_remove(&name)),
                        value => drop(expected.insert(name, value)),
                    }
                }
                let is_so = answer == Value::Object(expected);
                expect(output.status.code() == Some(0) && is_so, &output)
            }
            (None, Some(scim_type), Some(part)) => {
                let detail = answer["detail"].as_str().unwrap_or_default();
                let is_so = answer["status"] == "400" && answer["scimType"] == scim_type.as_str();
                expect(output.status.code() == Some(1) && is_so && detail.contains(part.as_str()), &output)
            }
            _ => Err("needs changes, or scim_type and detail".to_owned()),
        }
    });
}

fn apply(case: &Patch, resource: &str, more: &[&str]) -> Output {
    let message = match (&case.operations, &case.message) {
        (Some(operations), None) => json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": serde_json::from_str::<Value>(operations).unwrap(),
        })
        .to_string(),
        (None, Some(message)) => message.clone(),
        _ => panic!("{}: needs operations or message", case.name),
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), message).unwrap();
    let arguments = ["patch", "apply", "--resource", "-", "--patch", file.path().to_str().unwrap()];
    scim_with(&[&arguments[..], more].concat(), resource)
}

/// Runs every case and reports all that fail.
fn check<C: Case>(
    file: File<C>,
    least: usize,
    run: impl Fn(&C, &BTreeMap<String, String>) -> Result<(), String>,
) {
    assert!(file.case.len() >= least, "{} cases", file.case.len());
    let mut names = HashSet::new();
    let mut failed = Vec::new();
    for case in &file.case {
        let (name, source) = case.title();
        assert!(!source.is_empty(), "{name}: no source");
        if !names.insert(name.clone()) {
            failed.push(format!("{name}: twice"));
        }
        if let Err(why) = run(case, &file.resources) {
            failed.push(format!("{name} ({source})\n{why}"));
        }
    }
    assert!(failed.is_empty(), "{} of {} failed:\n{}", failed.len(), file.case.len(), failed.join("\n"));
}

fn expect(is_so: bool, output: &Output) -> Result<(), String> {
    if is_so {
        return Ok(());
    }
    Err(format!("{}\n{}{}", output.status, stdout(output), stderr(output)))
}

fn scim_with(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(scim())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A filter that does not parse may end the program before it reads a resource.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn read<C: DeserializeOwned>(name: &str) -> File<C> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("cases").join(name);
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<C> {
    #[serde(default)]
    resources: BTreeMap<String, String>,
    case: Vec<C>,
}

trait Case {
    /// Name and source.
    fn title(&self) -> (String, &str);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parse {
    name: String,
    source: String,
    filter: String,
    canonical: Option<String>,
    error: Option<String>,
}

impl Case for Parse {
    fn title(&self) -> (String, &str) {
        (self.name.clone(), &self.source)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Match {
    source: String,
    resource: String,
    filter: String,
    #[serde(rename = "match")]
    matches: Option<bool>,
    error: Option<String>,
}

impl Case for Match {
    fn title(&self) -> (String, &str) {
        (format!("{}: {}", self.resource, self.filter), &self.source)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    name: String,
    source: String,
    resource: String,
    operations: Option<String>,
    message: Option<String>,
    changes: Option<String>,
    scim_type: Option<String>,
    detail: Option<String>,
}

impl Case for Patch {
    fn title(&self) -> (String, &str) {
        (self.name.clone(), &self.source)
    }
}
