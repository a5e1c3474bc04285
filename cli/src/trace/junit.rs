//! The outcome of `trace assert` as a JUnit report. Pure.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use throughline_api::inspector::v1::Verdict;

use super::assert::Judged;
use crate::render::text::clean;

/// The report's name, and that of its one suite.
const NAME: &str = "throughline trace assert";

/// A test case for each check; what cannot be judged is an error.
pub(crate) fn report(judged: &Judged) -> anyhow::Result<String> {
    let mut suite = TestSuite::new(NAME);
    if let Some(id) = &judged.trace_id {
        suite.add_property(("trace_id", id.as_str()));
    }
    for result in &judged.results {
        suite.add_test_case(case(
            &result.check,
            &result.service,
            result.verdict(),
            &result.message,
        ));
    }
    // The verdict stands as a case of its own, so that the report fails
    // whenever the command does.
    suite.add_test_case(case("trace", "", judged.verdict, "all checks together"));
    let mut report = Report::new(NAME);
    report.add_test_suite(suite);
    Ok(report.to_string()?)
}

fn case(check: &str, service: &str, verdict: Verdict, message: &str) -> TestCase {
    let kind = match verdict {
        Verdict::Holds => None,
        Verdict::Fails => Some(NonSuccessKind::Failure),
        Verdict::Unknown | Verdict::Unspecified => Some(NonSuccessKind::Error),
    };
    let status = match kind {
        None => TestCaseStatus::success(),
        Some(kind) => {
            let mut status = TestCaseStatus::non_success(kind);
            status.set_message(clean(message));
            status.set_type(clean(check));
            status
        }
    };
    let mut name = clean(check);
    if !service.is_empty() {
        name = format!("{name} [{}]", clean(service));
    }
    let mut case = TestCase::new(name, status);
    case.set_classname("trace");
    case
}

#[cfg(test)]
mod tests {
    use super::super::assert::tests::{judged, result};
    use super::*;

    #[test]
    fn a_failed_check_is_a_failed_case() {
        let results = vec![
            result("no-orphans", Verdict::Fails, "graph"),
            result("errors", Verdict::Holds, ""),
        ];
        let xml = report(&judged(Verdict::Fails, results)).unwrap();
        for expected in [
            r#"tests="3" skipped="0" failures="2" errors="0""#,
            r#"<testcase name="no-orphans [graph]" classname="trace">"#,
            r#"<failure message="a sentence" type="no-orphans"/>"#,
            r#"<testcase name="errors" classname="trace"/>"#,
            r#"value="ab12""#,
        ] {
            assert!(xml.contains(expected), "{expected} is not in\n{xml}");
        }
    }

    #[test]
    fn what_cannot_be_judged_is_an_error() {
        let xml = report(&judged(Verdict::Holds, vec![])).unwrap();
        assert!(xml.contains(r#"failures="0" errors="3""#), "{xml}");
    }
}
