//! Workflow commands of GitHub Actions: each finding becomes an annotation of the run.

use std::fmt::Write as _;

use super::{Report, Verdict};

/// The report as workflow commands, one line each: errors for what fails the run, warnings for what does not, notices
/// for information; then one line for a person.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    if let Some(error) = &report.error {
        let _ = writeln!(text, "::error title={}::{}", property("scim test"), data(error));
    }
    for finding in &report.findings {
        let command = if finding.level == "info" {
            "notice"
        } else if finding.known || !super::arrange::at_least(finding.level, report.fail_on) {
            "warning"
        } else {
            "error"
        };
        let breaks = match finding.idps.is_empty() {
            true => String::new(),
            false => format!(" (breaks {})", finding.idps.join(", ")),
        };
        let message = format!(
            "{}{breaks}\nexpected: {}\ngot: {}\nrule: {}\nfix: {}",
            finding.title, finding.expected, finding.got, finding.citation, finding.fix
        );
        let _ = writeln!(text, "::{command} title={}::{}", property(finding.id), data(&message));
    }
    let verdict = match report.verdict() {
        Verdict::Conforms if !report.was_tested() => "nothing was tested",
        Verdict::Conforms => "conforms",
        Verdict::Findings => "does not conform",
        Verdict::CouldNotAsk => "could not be tested",
    };
    let summary = &report.summary;
    let _ = writeln!(
        text,
        "{verdict}: {} findings; stories: {} passed, {} failed, {} skipped, {} errors; {} requests",
        report.findings.len(),
        summary.passed,
        summary.failed,
        summary.skipped,
        summary.errors,
        summary.requests
    );
    text
}

/// The message of a command. A line break would end it, and begin a command of the endpoint's own.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{sample, sample_report};

    #[test]
    fn a_finding_is_one_command_whatever_the_endpoint_said() {
        let mut hostile = sample("filter.ignored", "must", &["okta"]);
        hostile.got = "\n::set-env name=PATH::/tmp".to_owned();
        let report = sample_report(vec![hostile, sample("list.page-clamped", "info", &[])]);
        let text = render(&report);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(
            lines[0]
                .starts_with("::error title=filter.ignored::filter.ignored | <b> is wrong (breaks okta)%0A")
        );
        assert!(lines[0].contains("got: %0A::set-env"), "{text}");
        assert!(lines[1].starts_with("::notice title=list.page-clamped::"), "{text}");
        assert!(lines[2].starts_with("does not conform: 2 findings;"), "{text}");
    }
}
