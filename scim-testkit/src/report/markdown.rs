//! Markdown, for the comment on a pull request: the verdict, a table of the findings, the details folded.

use std::fmt::Write as _;

use super::{Finding, Report, Status, Verdict};

/// The report as Markdown (GitHub's kind: tables and `<details>`).
#[must_use]
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    let verdict = match report.verdict() {
        Verdict::Conforms if !report.was_tested() => "⚠️ nothing was tested",
        Verdict::Conforms => "✅ conforms",
        Verdict::Findings => "❌ does not conform",
        Verdict::CouldNotAsk => "⚠️ could not be tested",
    };
    let _ = writeln!(text, "### SCIM endpoint {}: {verdict}\n", code(&report.target));
    if let Some(vendor) = &report.vendor {
        let _ = writeln!(text, "Tested as {}.\n", inline(vendor));
    }
    if let Some(error) = &report.error {
        let _ = writeln!(text, "**Error:** {}\n", inline(error));
    }
    let shown: Vec<&Finding> = report.findings.iter().filter(|finding| !finding.known).collect();
    let known = report.findings.len() - shown.len();
    if !shown.is_empty() {
        text.push_str("| | finding | breaks | |\n|---|---|---|---|\n");
        for finding in &shown {
            let after =
                finding.blocked_by.map(|cause| format!(" (after {})", code(cause))).unwrap_or_default();
            let _ = writeln!(
                text,
                "| {} | {}{after} | {} | {} |",
                finding.level,
                code(finding.id),
                finding.idps.join(", "),
                inline(&finding.title)
            );
        }
        text.push('\n');
        for finding in shown.iter().filter(|finding| finding.level != "info") {
            details(&mut text, finding);
        }
    }
    if known > 0 {
        let _ = writeln!(text, "{known} known finding(s) of the baseline are left out.\n");
    }
    matrix(&mut text, report);
    let summary = &report.summary;
    let _ = writeln!(
        text,
        "Stories: {} passed, {} failed, {} skipped, {} errors; {} requests in {:.1} s.",
        summary.passed, summary.failed, summary.skipped, summary.errors, summary.requests, summary.seconds
    );
    for leftover in &report.leftovers {
        let _ = writeln!(text, "\nLeft behind: {} {}", leftover.collection, code(&leftover.id));
    }
    text
}

fn details(text: &mut String, finding: &Finding) {
    let _ = writeln!(text, "<details><summary>{}: {}</summary>\n", finding.id, inline(&finding.title));
    let _ = writeln!(text, "* expected: {}", inline(&finding.expected));
    let _ = writeln!(text, "* got: {}", inline(&finding.got));
    let _ = writeln!(text, "* rule: {}", inline(finding.citation));
    let _ = writeln!(text, "* fix: {}", inline(finding.fix));
    let _ = writeln!(text, "* story: {}", inline(&finding.story));
    if !finding.curl.is_empty() {
        // A fence longer than any in the text cannot be closed by it.
        let fence = "`".repeat(longest_run(&finding.curl).max(2) + 1);
        let _ = writeln!(text, "\n{fence}sh\n{}\n{fence}", finding.curl);
    }
    text.push_str("\n</details>\n\n");
}

/// One line for each provider: how its stories went, and which failed.
fn matrix(text: &mut String, report: &Report) {
    if report.stories.is_empty() {
        return;
    }
    text.push_str("| provider | passed | failed | skipped | errors | |\n|---|---|---|---|---|---|\n");
    let mut idps: Vec<&str> = Vec::new();
    for story in &report.stories {
        if !idps.contains(&story.idp.as_str()) {
            idps.push(&story.idp);
        }
    }
    for idp in idps {
        let of = |status| report.stories.iter().filter(move |it| it.idp == idp && it.status == status);
        let wrong: Vec<String> =
            of(Status::Failed).chain(of(Status::Error)).map(|story| code(&story.story)).collect();
        let _ = writeln!(
            text,
            "| {idp} | {} | {} | {} | {} | {} |",
            of(Status::Passed).count(),
            of(Status::Failed).count(),
            of(Status::Skipped).count(),
            of(Status::Error).count(),
            wrong.join(", ")
        );
    }
    text.push('\n');
}

/// Text that came from the endpoint, as text: one line, no markup, no table cell of its own.
fn inline(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.push(' '),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '@' => {
                shown.push('\\');
                shown.push(c);
            }
            other => shown.push(other),
        }
    }
    shown
}

fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    format!("{fence}{}{fence}", text.replace('|', "\\|").replace('\n', " "))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{sample, sample_report};

    #[test]
    fn text_of_the_endpoint_stays_text() {
        let mut finding = sample("filter.ignored", "must", &["okta"]);
        finding.curl = "curl ```sh".to_owned();
        let text = render(&sample_report(vec![finding]));
        assert!(
            text.starts_with("### SCIM endpoint `http://localhost/scim/v2`: ❌ does not conform\n"),
            "{text}"
        );
        assert!(
            text.contains(r"| must | `filter.ignored` | okta | filter.ignored \| &lt;b&gt; is wrong |"),
            "{text}"
        );
        assert!(text.contains("* got: that % and more\n"), "{text}");
        assert!(text.contains("````sh\ncurl ```sh\n````"), "{text}");
        assert!(text.contains("| okta | 1 | 1 | 1 | 1 | `hire`, `leave` |"), "{text}");
    }

    #[test]
    fn what_a_baseline_has_is_counted_only() {
        let mut finding = sample("filter.ignored", "must", &["okta"]);
        finding.known = true;
        let text = render(&sample_report(vec![finding]));
        assert!(text.contains("1 known finding(s)") && !text.contains("<details>"), "{text}");
    }
}
