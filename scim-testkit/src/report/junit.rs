//! JUnit XML, which build servers show as tests: a suite for each provider, a case for each story.
//!
//! A story in which the endpoint did something wrong is a failure; one that could not be finished because no answer
//! came is an error; one that was not played is skipped.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::{Finding, Report, Status, StoryReport};

/// The report as JUnit XML.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut junit = Junit::new(format!("SCIM endpoint {}", report.target));
    let mut idps: Vec<&str> = Vec::new();
    for story in &report.stories {
        if !idps.contains(&story.idp.as_str()) {
            idps.push(&story.idp);
        }
    }
    for idp in idps {
        let mut suite = TestSuite::new(idp);
        for story in report.stories.iter().filter(|story| story.idp == idp) {
            suite.add_test_case(case(report, story));
        }
        junit.add_test_suite(suite);
    }
    if let Some(error) = &report.error {
        let mut suite = TestSuite::new("run");
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(error);
        suite.add_test_case(TestCase::new("the run", status));
        junit.add_test_suite(suite);
    }
    // Only a name with a character that XML cannot hold fails here, and quick-junit leaves those out.
    junit.to_string().unwrap_or_default()
}

fn case(report: &Report, story: &StoryReport) -> TestCase {
    let reason = story.reason.as_deref().unwrap_or_default();
    let status = match story.status {
        Status::Passed => TestCaseStatus::success(),
        Status::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason);
            status
        }
        Status::Failed => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(reason);
            let mine = |finding: &&Finding| {
                finding.story == story.story
                    && (finding.idps.is_empty() || finding.idps.iter().any(|idp| *idp == story.idp))
            };
            let texts: Vec<String> = report.findings.iter().filter(mine).map(text).collect();
            status.set_description(texts.join("\n\n"));
            status
        }
        Status::Error => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(reason);
            status
        }
    };
    let mut case = TestCase::new(&story.story, status);
    case.set_classname(&story.idp);
    case
}

fn text(finding: &Finding) -> String {
    format!(
        "{} {}\n{}\nexpected: {}\ngot: {}\nrule: {}\nfix: {}\n{}",
        finding.level,
        finding.id,
        finding.title,
        finding.expected,
        finding.got,
        finding.citation,
        finding.fix,
        finding.curl
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{sample, sample_report};

    #[test]
    fn failures_errors_and_skips_are_apart() {
        let xml = render(&sample_report(vec![sample("filter.ignored", "must", &["okta"])]));
        assert!(xml.contains(r#"tests="4" skipped="1" errors="1" failures="1""#), "{xml}");
        assert!(xml.contains(r#"<failure message="filter.ignored">"#), "{xml}");
        assert!(xml.contains("filter.ignored | &lt;b&gt; is wrong"), "{xml}");
        assert!(xml.contains(r#"<error message="no answer in 30 s""#), "{xml}");
        assert!(xml.contains(r#"<skipped message="Okta sends nothing""#), "{xml}");
    }

    #[test]
    fn a_run_that_could_not_be_done_is_an_error() {
        let mut report = sample_report(Vec::new());
        report.stories.clear();
        report.error = Some("connection refused".to_owned());
        let xml = render(&report);
        assert!(xml.contains(r#"errors="1" failures="0""#) && xml.contains("connection refused"), "{xml}");
    }
}
