//! Rule 3: kept while somebody holds it, a bounded while longer, and never mixed up.

use std::{sync::Arc, time::Duration};

use sentry_propagation::{
    Limits, SamplingContext, SentryTrace, SpanId, TraceId,
    registry::{ByTrace, ClientId, Frozen, Registry},
};

const CLIENT: ClientId = ClientId(1);

fn frozen(trace_id: TraceId, context: &str) -> Frozen {
    Frozen {
        span: SentryTrace {
            trace_id,
            span_id: SpanId::random(),
            sampled: Some(true),
        },
        context: SamplingContext::builder().pair("a", context).build(),
    }
}

fn bounded(calls: usize, seconds: u64) -> Arc<Registry> {
    let linger = Duration::from_secs(seconds);
    Registry::new(Limits {
        linger_calls: calls,
        linger,
        noted_events: 3,
        ..Limits::default()
    })
}

#[test]
fn no_more_linger_than_may() {
    let registry = bounded(10, 3600);
    let entries: Vec<_> = (0..100).map(|_| frozen(TraceId::random(), "x")).collect();
    let held = registry.enter(CLIENT, entries[0].clone());
    for entry in &entries[1..] {
        drop(registry.enter(CLIENT, entry.clone()));
        assert!(registry.len() <= 11);
    }
    assert_eq!(registry.len(), 11);
    let known = |entry: &Frozen| registry.by_span(CLIENT, entry.span.span_id).is_some();
    assert!(known(&entries[0]), "what is held does not go");
    assert!(!known(&entries[1]), "the oldest go first");
    assert!(entries[90..].iter().all(known));
    assert_eq!(
        registry.by_trace(CLIENT, entries[1].span.trace_id),
        ByTrace::Unknown
    );
    drop(held);
    assert_eq!(registry.len(), 10);
}

#[test]
fn with_no_time_to_linger_nothing_is_left() {
    let registry = bounded(10, 0);
    let entry = frozen(TraceId::random(), "x");
    let entered = registry.enter(CLIENT, entry.clone());
    let task = entered.hold.clone();
    drop(entered);
    assert!(
        registry.by_span(CLIENT, entry.span.span_id).is_some(),
        "the task still holds it"
    );
    assert!(registry.hold(CLIENT, entry.span.span_id).is_some());
    drop(task);
    assert!(registry.hold(CLIENT, entry.span.span_id).is_none());
    assert!(registry.is_empty());
}

#[test]
fn calls_of_one_trace_and_clients_of_one_process_are_told_apart() {
    let registry = bounded(10, 3600);
    let trace = TraceId::random();
    let [one, two, other] = ["1", "2", "3"].map(|context| frozen(trace, context));
    let first = registry.enter(CLIENT, one.clone());
    assert!(!first.differs);
    assert_eq!(
        registry.by_trace(CLIENT, trace),
        ByTrace::Agreed(Arc::new(one.clone()))
    );
    let second = registry.enter(CLIENT, two.clone());
    assert!(second.differs);
    assert_eq!(
        registry.by_trace(CLIENT, trace),
        ByTrace::Differing(Arc::new(one.clone()))
    );
    let third = registry.enter(ClientId(2), other.clone());
    assert!(!third.differs);
    for (client, entry) in [(CLIENT, &one), (CLIENT, &two), (ClientId(2), &other)] {
        assert_eq!(
            registry.by_span(client, entry.span.span_id).as_deref(),
            Some(entry)
        );
    }
    assert_eq!(registry.by_span(ClientId(2), one.span.span_id), None);
}

#[test]
fn a_span_entered_again_outlives_its_first_entry() {
    let registry = bounded(10, 0);
    let entry = frozen(TraceId::random(), "x");
    let first = registry.enter(CLIENT, entry.clone());
    let second = registry.enter(CLIENT, entry.clone());
    drop(first);
    assert!(registry.by_span(CLIENT, entry.span.span_id).is_some());
    drop(second);
    assert!(registry.is_empty());
    assert_eq!(
        registry.by_trace(CLIENT, entry.span.trace_id),
        ByTrace::Unknown
    );
}

#[test]
fn events_are_remembered_up_to_their_bound() {
    let registry = bounded(10, 0);
    let entry = Arc::new(frozen(TraceId::random(), "x"));
    for event in 0..10 {
        registry.note_event(CLIENT, event, Arc::clone(&entry));
    }
    let known: Vec<_> = (0..10)
        .filter(|&event| registry.of_event(CLIENT, event).is_some())
        .collect();
    assert_eq!(known, [7, 8, 9]);
    assert!(registry.of_event(ClientId(2), 9).is_none());
}
