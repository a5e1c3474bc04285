//! Holds a tree against expectations.
use crate::{CheckResult, Diagnosis, Expectations, TraceTree, Verdict};
/// One result for each expectation, and one for each break that none names.
#[must_use]
pub fn check(tree: &TraceTree, _expected: &Expectations) -> Vec<CheckResult> {
    vec![CheckResult {
        check: "arrived".into(),
        verdict: Verdict::Unknown,
        service: String::new(),
        message: format!("{} cannot be judged yet", tree.trace_id),
    }]
}
/// What is wrong with the tree, given who was expected in it.
#[must_use]
pub fn diagnose_expected(tree: &TraceTree, _expected: &Expectations) -> Vec<Diagnosis> {
    tree.diagnoses.clone()
}
/// All together: fails if one fails, else unknown if one is.
#[must_use]
pub fn verdict(results: &[CheckResult]) -> Verdict {
    let any = |verdict| results.iter().any(|result| result.verdict == verdict);
    if any(Verdict::Fails) {
        Verdict::Fails
    } else if any(Verdict::Unknown) || results.is_empty() {
        Verdict::Unknown
    } else {
        Verdict::Holds
    }
}
