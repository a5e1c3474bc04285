//! A trace that is whole passes; each way of being broken does not.

use throughline_testkit::assert_unbroken;
use throughline_trace_model::{Event, Record, Span, Timestamp, TraceInput, TraceTree};

const TRACE: &str = "771a43a4192642f0b136d5159a501700";

fn span(id: u64, parent: Option<u64>, service: &str, op: &str) -> Span {
    let time = |offset: i64| Timestamp(1_700_000_000_000_000_000 + offset * 1_000_000);
    Span {
        trace_id: TRACE.to_owned(),
        span_id: format!("{id:016x}"),
        parent_span_id: parent.map(|parent| format!("{parent:016x}")),
        segment: op != "rpc.client",
        service: service.to_owned(),
        op: op.to_owned(),
        name: "a.B/C".to_owned(),
        status: "ok".to_owned(),
        start: time(i64::try_from(id).expect("a small id")),
        end: time(100 - i64::try_from(id).expect("a small id")),
        sampling_context: (op != "rpc.client").then(|| {
            [
                ("trace_id".to_owned(), TRACE.to_owned()),
                ("sampled".to_owned(), "true".to_owned()),
            ]
            .into()
        }),
        ..Span::default()
    }
}

fn whole() -> Vec<Record> {
    vec![
        Record::Span(span(1, None, "throughline", "cli.command")),
        Record::Span(span(2, Some(1), "throughline", "rpc.client")),
        Record::Span(span(3, Some(2), "gateway", "rpc.server")),
    ]
}

fn tree(records: Vec<Record>) -> TraceTree {
    TraceTree::build(TraceInput::from_records(TRACE, records))
}

#[test]
fn a_whole_trace_passes() {
    assert_unbroken(&tree(whole()));
}

#[test]
#[should_panic(expected = "is broken")]
fn nothing_is_no_trace() {
    assert_unbroken(&tree(Vec::new()));
}

#[test]
#[should_panic(expected = "ORPHAN")]
fn a_missing_parent_is_a_break() {
    let mut records = whole();
    records.remove(1);
    assert_unbroken(&tree(records));
}

#[test]
#[should_panic(expected = "2 roots")]
fn two_heads_are_a_break() {
    let mut records = whole();
    records.push(Record::Span(span(4, None, "graph", "rpc.server")));
    assert_unbroken(&tree(records));
}

#[test]
#[should_panic(expected = "hangs under no span")]
fn a_stray_event_is_a_break() {
    let mut records = whole();
    records.push(Record::Event(Event {
        trace_id: Some(TRACE.to_owned()),
        span_id: Some("ffffffffffffffff".to_owned()),
        title: "lost".to_owned(),
        ..Event::default()
    }));
    assert_unbroken(&tree(records));
}
