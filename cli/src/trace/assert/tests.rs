//! That an answer is only believed when it is one.

use throughline_api::inspector::v1::{
    CheckResult, CheckTraceResponse, Expectations, Trace, TraceSummary, Verdict,
};

use super::Judged;
use crate::exit::Exit;
use crate::render::Canvas;

pub(crate) fn result(check: &str, verdict: Verdict, service: &str) -> CheckResult {
    CheckResult {
        check: check.into(),
        verdict: verdict.into(),
        service: service.into(),
        message: "a sentence".into(),
    }
}

pub(crate) fn judged(verdict: Verdict, results: Vec<CheckResult>) -> Judged {
    let summary = TraceSummary {
        trace_id: "ab12".into(),
        ..Default::default()
    };
    let answer = CheckTraceResponse {
        verdict: verdict.into(),
        results,
        trace: Some(Trace {
            summary: Some(summary),
            ..Default::default()
        }),
    };
    let asked = Expectations {
        no_orphans: true,
        errors: Some(0),
        ..Default::default()
    };
    Judged::of(answer, &asked)
}

fn check(verdict: Verdict, results: Vec<CheckResult>, expected: Exit) {
    let judged = judged(verdict, results);
    assert_eq!(judged.exit(), expected, "{judged:?}");
}

fn good() -> Vec<CheckResult> {
    vec![
        result("no-orphans", Verdict::Holds, ""),
        result("errors", Verdict::Holds, ""),
    ]
}

fn and(more: CheckResult) -> Vec<CheckResult> {
    good().into_iter().chain([more]).collect()
}

#[test]
fn it_holds_only_if_each_part_was_answered_and_holds() {
    check(Verdict::Holds, good(), Exit::Success);
    check(Verdict::Holds, vec![], Exit::CannotJudge);
    check(Verdict::Holds, good()[..1].to_vec(), Exit::CannotJudge);
    check(Verdict::Unspecified, good(), Exit::CannotJudge);
    check(Verdict::Unknown, vec![], Exit::CannotJudge);
    check(Verdict::Fails, good(), Exit::Failure);
    check(
        Verdict::Holds,
        and(result("hop-not-recorded", Verdict::Fails, "graph")),
        Exit::Failure,
    );
    check(
        Verdict::Holds,
        and(result("x", Verdict::Unspecified, "")),
        Exit::CannotJudge,
    );
    check(
        Verdict::Unknown,
        and(result("x", Verdict::Fails, "")),
        Exit::Failure,
    );
}

#[test]
fn without_a_trace_nothing_holds() {
    let answer = CheckTraceResponse {
        verdict: Verdict::Holds.into(),
        results: good(),
        trace: None,
    };
    let judged = Judged::of(answer, &Expectations::default());
    assert_eq!(judged.exit(), Exit::CannotJudge);
}

#[test]
fn each_check_is_a_line_that_names_its_hop() {
    let mut results = good();
    results[0] = result("no-orphans", Verdict::Fails, "graph");
    let drawn = judged(Verdict::Fails, results).draw(&Canvas::PIPE);
    let expected = "\
trace ab12: fails
  fails  no-orphans [graph]: a sentence
  holds  errors: a sentence
";
    assert_eq!(drawn, expected);
}
