//! Late, lost, and in which order.

use throughline_trace_model::{
    DiagnosisKind as Kind, Expectations, LossReport, Timestamp, TraceInput, TraceTree, Verdict,
    check, verdict,
};

use crate::scene::{WHOLE, input};

const SECOND: i64 = 1_000_000_000;

fn at(seconds: i64, lines: &str) -> TraceTree {
    let now = Some(Timestamp(seconds * SECOND));
    TraceTree::build(TraceInput {
        now,
        last_arrival: Timestamp(0),
        ..input(lines)
    })
}

#[test]
fn quiet_is_two_seconds_or_seven_with_dgraph() {
    assert!(!at(1, WHOLE).quiet);
    assert!(at(2, WHOLE).quiet);
    let dgraph = WHOLE.replace("sqlite", "dgraph");
    assert!(!at(6, &dgraph).quiet);
    assert!(at(7, &dgraph).quiet);
}

#[test]
fn a_missing_parent_is_late_before_it_is_missing() {
    let lines = "a 3 2 edge rpc.server p.S/M 150 850";
    assert_eq!(at(1, lines).diagnoses[0].kind, Kind::Late);
    assert_eq!(at(2, lines).diagnoses[0].kind, Kind::HeadNeverRecorded);
    // Nor is a server that has not reported yet accused.
    let call = "a 1 - shop rpc.client p.S/M 150 850";
    assert_eq!(at(1, call).diagnoses, []);
    assert_eq!(
        verdict(&check(&at(1, call), &Expectations::default())),
        Verdict::Unknown
    );
    assert_eq!(at(2, call).diagnoses[0].kind, Kind::NotPropagated);
}

#[test]
fn a_client_that_reports_a_loss_is_named() {
    let lost = |reason: &str, service: &str| LossReport {
        service: service.to_owned(),
        reason: reason.to_owned(),
        category: "transaction".to_owned(),
        quantity: 3,
        time: Timestamp(SECOND),
    };
    let mut cut = input("a 1 - shop rpc.client p.S/M 150 850");
    cut.losses.push(lost("queue_overflow", "edge"));
    let tree = TraceTree::build(cut.clone());
    let first = &tree.diagnoses[0];
    assert_eq!((first.kind, &*first.service), (Kind::LostInClient, "edge"));
    assert!(
        first.message.contains("queue_overflow"),
        "{}",
        first.message
    );
    let results = check(&tree, &Expectations::default());
    assert_eq!(
        verdict(&results),
        Verdict::Fails,
        "a gap with a reason is a gap"
    );

    cut.losses[0] = lost("sample_rate", "edge");
    let kinds: Vec<_> = TraceTree::build(cut)
        .diagnoses
        .iter()
        .map(|found| found.kind)
        .collect();
    assert_eq!(kinds, [Kind::NotPropagated, Kind::SampledAway]);

    let mut whole = input(WHOLE);
    whole.losses.push(lost("queue_overflow", "core"));
    assert_eq!(
        TraceTree::build(whole).diagnoses,
        [],
        "a whole trace lost nothing"
    );
}
