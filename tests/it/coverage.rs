//! `docs/coverage.md` says what is tested and what is not. It is made from `docs/coverage.toml`, the published suites
//! and the catalog of checks, and this test compares: `UPDATE=1 cargo test -p scim-tests --test it coverage` writes it.

#![expect(clippy::unwrap_used, reason = "this file is a test, helpers and all")]

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::PathBuf};

use scim_testkit::{
    check::{self, catalog},
    run::Published,
};

/// A sentence of an RFC, and what sees that an endpoint violates it.
struct Row {
    rfc: String,
    section: String,
    level: String,
    text: String,
    by: Vec<String>,
    not: Option<String>,
}

#[test]
fn the_coverage_table_is_current() {
    let rows = rows();
    let wanted = markdown(&rows);
    let path = docs("coverage.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == wanted,
        "docs/coverage.md is out of date: run UPDATE=1 cargo test -p scim-tests --test it coverage"
    );
}

#[test]
fn every_row_names_checks_that_exist_or_says_why_there_is_none() {
    for row in rows() {
        let at = format!("RFC {} §{}: {}", row.rfc, row.section, row.text);
        assert!(row.not.is_some() == row.by.is_empty(), "{at}: either `by` or `not`");
        assert!(["7643", "7644", "9865"].contains(&row.rfc.as_str()), "{at}");
        assert!(!row.text.ends_with('.') && !row.text.contains('|'), "{at}");
        for id in &row.by {
            assert!(check::by_id(id).is_some(), "{at}: there is no check {id:?}");
        }
    }
}

#[test]
fn every_step_of_a_published_suite_is_played_or_says_why_not() {
    for suite in Published::ALL {
        let steps = suite.steps();
        assert!(!steps.is_empty(), "{suite}");
        for step in steps {
            assert!(step.unplayed.is_none() || step.checks.is_empty(), "{suite}: {}", step.step);
        }
    }
}

fn markdown(rows: &[Row]) -> String {
    let covered = rows.iter().filter(|row| row.not.is_none()).count();
    let mut out = format!(
        "# Coverage\n\n\
         What `scim test` looks at, sentence by sentence and step by step, and what it does not. Made from\n\
         `docs/coverage.toml`, `scim-testkit/suites/` and the catalog of checks; a test keeps it current.\n\n\
         * [The RFCs](#the-rfcs): {covered} of {} requirements have a check.\n\
         * [The providers' own suites](#the-providers-own-suites): {}.\n\
         * [Checks beyond the RFCs](#checks-beyond-the-rfcs): what only identity providers need.\n\n\
         ## The RFCs\n\n\
         What a client can see of an endpoint. RFC 7644 is the protocol, RFC 7643 the schema, RFC 9865 paging by\n\
         cursor. `scim explain CHECK` says more of each check.\n\n\
         | section | level | requirement | checks |\n| --- | --- | --- | --- |\n",
        rows.len(),
        suites_in_short(),
    );
    for row in rows {
        let seen = match &row.not {
            Some(reason) => format!("not covered: {reason}"),
            None => listed(row.by.iter().map(String::as_str)),
        };
        let _ = writeln!(out, "| {} §{} | {} | {} | {seen} |", row.rfc, row.section, row.level, row.text);
    }
    out.push_str(
        "\n## The providers' own suites\n\n\
         Played when they are named: `scim test URL --idp okta-spec`, or `--idp all`. A failed step is reported as the\n\
         check in the last column, or as a step of the suite. Pauses and limits on response time are left out.\n",
    );
    for suite in Published::ALL {
        suite_table(&mut out, suite);
    }
    out.push_str(
        "\n## Checks beyond the RFCs\n\n\
         Checks that no row above names: what an identity provider needs besides, or what is worth knowing.\n\n\
         | check | level | what is wrong | source |\n| --- | --- | --- | --- |\n",
    );
    let named: BTreeSet<&str> = rows.iter().flat_map(|row| &row.by).map(String::as_str).collect();
    for check in catalog::ALL.iter().filter(|check| !named.contains(check.id)) {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            check.id,
            check.level,
            cell(check.title),
            cell(check.citation)
        );
    }
    out
}

fn suite_table(out: &mut String, suite: Published) {
    let _ = write!(
        out,
        "\n### {}\n\n`--idp {suite}`. {}; read {}.\n\n\
         | step | what | known | story | on failure |\n| --- | --- | --- | --- | --- |\n",
        suite.title(),
        suite.source(),
        suite.date()
    );
    for step in suite.steps() {
        let known = if step.optional { format!("{}, optional", step.grade) } else { step.grade.to_string() };
        let (story, failure) = match step.unplayed {
            Some(reason) => (String::new(), format!("not played: {}", cell(reason))),
            None => (format!("`{}`", step.story), listed(step.checks.iter().copied())),
        };
        let _ = writeln!(out, "| {} | {} | {known} | {story} | {failure} |", step.step, cell(step.title));
    }
}

fn suites_in_short() -> String {
    let count = |suite: Published| {
        let steps = suite.steps();
        let played = steps.iter().filter(|step| step.unplayed.is_none()).count();
        format!("{suite} {played} of {}", steps.len())
    };
    Published::ALL.into_iter().map(count).collect::<Vec<_>>().join(", ")
}

fn listed<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    ids.map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(docs("coverage.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let rows = table["row"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            for key in row.as_table().unwrap().keys() {
                let known = ["rfc", "section", "level", "text", "by", "not"].contains(&key.as_str());
                assert!(known, "docs/coverage.toml: unknown key {key:?}");
            }
            let word = |key: &str| row.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            let by = row.get("by").and_then(toml::Value::as_array).into_iter().flatten();
            Row {
                rfc: word("rfc").unwrap(),
                section: word("section").unwrap(),
                level: word("level").unwrap_or_default(),
                text: word("text").unwrap(),
                by: by.map(|id| id.as_str().unwrap().to_owned()).collect(),
                not: word("not"),
            }
        })
        .collect()
}
