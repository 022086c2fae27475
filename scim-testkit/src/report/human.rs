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
    for finding in &report.findings {
        one(&mut text, finding, paint, width);
    }
    if !report.stories.is_empty() {
        matrix(&mut text, report, paint);
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
    let label = match finding.level {
        "breaks-idp" => paint.red(&format!("breaks {}", finding.idps.join(", "))),
        "must" => paint.red("must"),
        "should" => paint.yellow("should"),
        other => paint.dim(other),
    };
    let _ = writeln!(text, "\n{label}  {}", paint.bold(finding.id));
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
    line("fix", finding.fix);
    line("story", &finding.story);
    if !finding.curl.is_empty() {
        // On one line, to be copied.
        let _ = writeln!(text, "  {}{}", paint.dim(&format!("{:<10}", "try")), finding.curl);
    }
}

fn matrix(text: &mut String, report: &Report, paint: Paint) {
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
    let _ = writeln!(text, "\n{}", paint.bold("as the vendor profile says"));
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
        let _ = writeln!(text, "{}", wrap(&format!("{reason}: {}", names.join(", ")), 2, width));
    }
}

fn summary(text: &mut String, report: &Report, paint: Paint) {
    let summary = &report.summary;
    let real = report.findings.iter().filter(|finding| finding.level != "info").count();
    let info = report.findings.len() - real;
    let findings = match (real, info) {
        (1, 0) => "1 finding".to_owned(),
        (real, 0) => format!("{real} findings"),
        (real, info) => format!("{real} findings and {info} for information"),
    };
    let verdict = match report.verdict() {
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
