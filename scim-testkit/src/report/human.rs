//! The report for a person at a terminal, or in a log.

use std::fmt::Write as _;

use super::{Finding, Report, Status, Verdict};

/// The report as text. `color`: with ANSI escapes. `width`: characters in a line, at least 40.
#[must_use]
pub fn render(report: &Report, color: bool, width: usize) -> String {
    let paint = Paint { color };
    let width = width.max(40);
    let mut text = String::new();
    let _ = write!(text, "{} {}", paint.bold("SCIM endpoint"), report.target);
    if let Some(vendor) = &report.vendor {
        let _ = write!(text, " as {vendor}");
    }
    text.push('\n');
    if let Some(error) = &report.error {
        let _ = writeln!(text, "\n{} {error}", paint.red("error:"));
    }
    let mut shown: Vec<&Finding> = Vec::new();
    for finding in report.findings.iter().filter(|finding| !finding.known) {
        match finding.blocked_by.and_then(|cause| shown.iter().position(|it| it.id == cause)) {
            // What follows from a finding is one line: forty findings of one cause must not hide the others.
            Some(_) => follows(&mut text, finding, paint, width),
            None => one(&mut text, finding, paint, width),
        }
        shown.push(finding);
    }
    known(&mut text, report, paint, width);
    if !report.stories.is_empty() {
        // A table of nothing but "skipped" tells nothing that the reasons do not.
        if report.was_tested() {
            matrix(&mut text, report, paint, width);
        }
        confirmed(&mut text, report, paint);
        reasons(&mut text, report, paint, width);
    }
    for leftover in &report.leftovers {
        let _ = writeln!(
            text,
            "{} {} {} ({}): {}",
            paint.yellow("left behind:"),
            leftover.collection,
            leftover.id,
            leftover.name,
            leftover.state
        );
    }
    summary(&mut text, report, paint);
    text
}

fn one(text: &mut String, finding: &Finding, paint: Paint, width: usize) {
    let harm = match finding.harm {
        "none" => String::new(),
        harm => format!("  {}", paint.dim(&harm.replace('-', " "))),
    };
    let label = match finding.level {
        "breaks-idp" => paint.red(&format!("breaks {}", finding.idps.join(", "))),
        "must" => paint.red("must"),
        "should" | "warning" => paint.yellow(finding.level),
        other => paint.dim(other),
    };
    let _ = writeln!(text, "\n{label}  {}{harm}", paint.bold(finding.id));
    let _ = writeln!(text, "{}", wrap(&finding.title, 2, width));
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let body = wrap(value, 12, width);
            let _ = writeln!(text, "  {}{}", paint.dim(&format!("{name:<10}")), body.trim_start());
        }
    };
    if finding.level != "breaks-idp" && !finding.idps.is_empty() {
        line("breaks", &finding.idps.join(", "));
    }
    line("expected", &finding.expected);
    line("got", &finding.got);
    if let Some(exchange) = &finding.exchange {
        let seen =
            format!("{} {} → {}", exchange.request.method, exchange.request.url, exchange.response.status);
        line("request", &seen);
    }
    line("rule", finding.citation);
    if finding.evidence == Some("inferred") {
        line("evidence", "inferred: no document or capture shows that the provider does this");
    }
    line("fix", finding.fix);
    line("story", &finding.story);
    if !finding.curl.is_empty() {
        // On one line, to be copied.
        let _ = writeln!(text, "  {}{}", paint.dim(&format!("{:<10}", "try")), finding.curl);
    }
}

/// A finding that is likely gone when the one above it is mended.
fn follows(text: &mut String, finding: &Finding, paint: Paint, width: usize) {
    let cause = finding.blocked_by.unwrap_or_default();
    let line = format!("{}: {} (likely follows from {cause})", finding.id, finding.title);
    let _ =
        writeln!(text, "  {}{}", paint.dim(&format!("{:<10}", "also")), wrap(&line, 12, width).trim_start());
}

/// What a baseline has.
fn known(text: &mut String, report: &Report, paint: Paint, width: usize) {
    let mut ids: Vec<&str> = report.findings.iter().filter(|it| it.known).map(|it| it.id).collect();
    ids.dedup();
    if !ids.is_empty() {
        let _ = writeln!(text, "\n{}", paint.bold("known (in the baseline)"));
        let _ = writeln!(text, "{}", wrap(&ids.join(", "), 2, width));
    }
}

/// With many providers, one line for each and the stories that did not pass; else a table of stories and providers.
fn matrix(text: &mut String, report: &Report, paint: Paint, width: usize) {
    let mut idps: Vec<&str> = Vec::new();
    let mut stories: Vec<&str> = Vec::new();
    for story in &report.stories {
        if !idps.contains(&story.idp.as_str()) {
            idps.push(&story.idp);
        }
        if !stories.contains(&story.story.as_str()) {
            stories.push(&story.story);
        }
    }
    let first = stories.iter().map(|name| name.len()).max().unwrap_or(0).max(5);
    if first + idps.iter().map(|idp| idp.len().max(7) + 2).sum::<usize>() > width.max(MATRIX_WIDTH) {
        return tall(text, report, &idps, paint, width);
    }
    let _ = write!(text, "\n{:<first$}", "story");
    for idp in &idps {
        let _ = write!(text, "  {idp:<7}");
    }
    trim_end(text);
    for name in stories {
        let _ = write!(text, "{name:<first$}");
        for idp in &idps {
            let cell = report.stories.iter().find(|story| story.story == name && story.idp == *idp);
            let wide = idp.len().max(7);
            let shown = match cell.map(|story| story.status) {
                Some(Status::Passed) => paint.green(&format!("{:<wide$}", "ok")),
                Some(Status::Failed) => paint.red(&format!("{:<wide$}", "FAILED")),
                Some(Status::Skipped) => paint.dim(&format!("{:<wide$}", "skipped")),
                Some(Status::Error) => paint.yellow(&format!("{:<wide$}", "ERROR")),
                None => " ".repeat(wide),
            };
            let _ = write!(text, "  {shown}");
        }
        trim_end(text);
    }
}

fn tall(text: &mut String, report: &Report, idps: &[&str], paint: Paint, width: usize) {
    let first = idps.iter().map(|idp| idp.len()).max().unwrap_or(0).max(8);
    let _ = writeln!(text, "\n{:<first$}  passed  failed  skipped  errors", "provider");
    for idp in idps {
        let of = |status| report.stories.iter().filter(move |it| it.idp == *idp && it.status == status);
        let count = |status| of(status).count();
        let (failed, errors) = (count(Status::Failed), count(Status::Error));
        let row = format!(
            "{idp:<first$}  {:>6}  {failed:>6}  {:>7}  {errors:>6}",
            count(Status::Passed),
            count(Status::Skipped)
        );
        let _ = writeln!(text, "{}", if failed + errors > 0 { paint.red(&row) } else { row });
        let wrong: Vec<&str> =
            of(Status::Failed).chain(of(Status::Error)).map(|story| story.story.as_str()).collect();
        if !wrong.is_empty() {
            let _ = writeln!(text, "{}", wrap(&wrong.join(", "), 4, width));
        }
    }
}

fn trim_end(text: &mut String) {
    let end = text.trim_end_matches(' ').len();
    text.truncate(end);
    text.push('\n');
}

fn confirmed(text: &mut String, report: &Report, paint: Paint) {
    let mut seen: Vec<&String> = Vec::new();
    for line in report.stories.iter().flat_map(|story| &story.confirmed) {
        if !seen.contains(&line) {
            seen.push(line);
        }
    }
    if seen.is_empty() {
        return;
    }
    // Without a vendor's expectations it is what a probe saw.
    let heading =
        if report.vendor.is_some() { "as the vendor profile says" } else { "what the endpoint says" };
    let _ = writeln!(text, "\n{}", paint.bold(heading));
    for line in seen {
        let _ = writeln!(text, "  {} {line}", paint.green("ok"));
    }
}

/// Why stories were skipped or broke off; the same reason once. Failed stories speak through their findings.
fn reasons(text: &mut String, report: &Report, paint: Paint, width: usize) {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for story in &report.stories {
        let Some(reason) = &story.reason else { continue };
        if story.status == Status::Failed {
            continue;
        }
        let name = format!("{}/{}", story.idp, story.story);
        match groups.iter_mut().find(|(known, _)| known == reason) {
            Some((_, names)) => names.push(name),
            None => groups.push((reason.clone(), vec![name])),
        }
    }
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", paint.bold("not played"));
    for (reason, names) in groups {
        let _ = writeln!(text, "{}", wrap(&format!("{reason}: {}", gathered(report, &names)), 2, width));
    }
}

/// The stories by name; a provider all of whose stories are among them by its own.
fn gathered(report: &Report, names: &[String]) -> String {
    if names.len() == report.stories.len() && names.len() > 1 {
        return "all stories".to_owned();
    }
    let mut out: Vec<String> = Vec::new();
    for name in names {
        let idp = name.split('/').next().unwrap_or_default();
        let all = report.stories.iter().filter(|story| story.idp == idp).count();
        let here = names.iter().filter(|name| name.split('/').next() == Some(idp)).count();
        let shown = if all == here && all > 1 { format!("all of {idp}") } else { name.clone() };
        if !out.contains(&shown) {
            out.push(shown);
        }
    }
    out.join(", ")
}

fn summary(text: &mut String, report: &Report, paint: Paint) {
    let summary = &report.summary;
    let of = |level: &str| report.findings.iter().filter(|finding| finding.level == level).count();
    let (warnings, info) = (of("warning"), of("info"));
    let mut findings = match report.findings.len() - warnings - info {
        1 => "1 finding".to_owned(),
        real => format!("{real} findings"),
    };
    let counted = [(warnings, if warnings == 1 { "warning" } else { "warnings" }), (info, "for information")];
    for (count, what) in counted.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(findings, " and {count} {what}");
    }
    let verdict = match report.verdict() {
        Verdict::Conforms if !report.was_tested() => paint.yellow("nothing was tested"),
        Verdict::Conforms => paint.green("conforms"),
        Verdict::Findings => paint.red("does not conform"),
        Verdict::CouldNotAsk => paint.yellow("could not be tested"),
    };
    let _ = writeln!(
        text,
        "\n{verdict}: {findings}; stories: {} passed, {} failed, {} skipped, {} errors; {} requests in {:.1} s",
        summary.passed, summary.failed, summary.skipped, summary.errors, summary.requests, summary.seconds
    );
}

/// A table of stories and providers may be this wide, whatever the terminal.
const MATRIX_WIDTH: usize = 110;

fn wrap(text: &str, indent: usize, width: usize) -> String {
    let pad = " ".repeat(indent);
    let mut lines = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width - indent {
            lines.push('\n');
            used = 0;
        }
        if used == 0 {
            lines.push_str(&pad);
        } else {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += length;
    }
    lines
}

#[derive(Clone, Copy)]
struct Paint {
    color: bool,
}

impl Paint {
    fn code(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.code("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.code("2", text)
    }

    fn red(self, text: &str) -> String {
        self.code("1;31", text)
    }

    fn green(self, text: &str) -> String {
        self.code("32", text)
    }

    fn yellow(self, text: &str) -> String {
        self.code("33", text)
    }
}
