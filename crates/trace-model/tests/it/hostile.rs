//! Nothing from outside makes the crate panic, recurse without end or leave its bounds.

use std::collections::BTreeSet;

use proptest::prelude::*;
use throughline_trace_model::{
    Expectations, Limits, Source, Span, Timestamp, TraceInput, TraceTree, check, decode_envelope,
    diagnose_expected,
};

use crate::decode::{JS_STATIC, JS_STREAM, PYTHON, RUST};
use crate::scene::{span_id, trace_id};

fn decodes(bytes: &[u8]) {
    let limits = Limits {
        items: 8,
        entries: 8,
        problems: 8,
        text_bytes: 32,
        attributes: 4,
        ..Limits::default()
    };
    let decoded = decode_envelope(bytes, &Source::project("1"), &limits);
    assert!(decoded.problems.len() <= limits.problems);
    assert!(decoded.raw.len() <= limits.items);
    assert!(decoded.records.len() <= limits.items * (limits.entries + 1));
    let kept: usize = decoded
        .raw
        .iter()
        .map(|raw| raw.payload.len() + raw.header.len())
        .sum();
    assert!(kept <= bytes.len());
    let trace = decoded
        .records
        .iter()
        .find_map(|record| record.trace_id().map(str::to_owned));
    let tree = TraceTree::build(TraceInput::from_records(
        &trace.unwrap_or_default(),
        decoded.records,
    ));
    sound(&tree);
}

/// Every span stands once, under its parent, and can be reached from a top.
fn sound(tree: &TraceTree) {
    let mut seen = BTreeSet::new();
    for (_, node) in tree.walk() {
        assert!(seen.insert(std::ptr::from_ref(node)), "a span stands twice");
        for child in tree.children(node) {
            assert!(std::ptr::eq(tree.parent(child).unwrap(), node));
        }
    }
    assert_eq!(seen.len(), tree.nodes.len(), "a span cannot be reached");
    let expected = Expectations {
        services: vec!["s0".to_owned(), "s9".to_owned()],
        no_orphans: true,
        one_root: true,
        errors: Some(0),
        same_baggage: true,
    };
    assert!(!check(tree, &expected).is_empty());
    drop(diagnose_expected(tree, &expected));
}

/// A span of two traces, few ids, few services: collisions, cycles, self-parents.
fn span() -> impl Strategy<Value = Span> {
    let op = prop::sample::select(vec![
        "rpc.client",
        "rpc.server",
        "db.query",
        "task",
        "",
        ".",
    ]);
    (
        0..2,
        0..12u8,
        prop::option::of(0..12u8),
        0..4u8,
        op,
        any::<(i64, i64)>(),
        any::<bool>(),
    )
        .prop_map(
            |(trace, id, parent, service, op, (start, end), near)| Span {
                trace_id: trace_id(if trace == 0 { "a" } else { "b" }),
                span_id: span_id(&format!("{id:x}")),
                parent_span_id: parent.map(|id| span_id(&format!("{id:x}"))),
                segment: id % 3 == 0,
                service: format!("s{service}"),
                op: op.to_owned(),
                name: "n".to_owned(),
                start: Timestamp(if near { start % 1000 } else { start }),
                end: Timestamp(if near {
                    start % 1000 + (end % 1000).abs()
                } else {
                    end
                }),
                sampling_context: (id % 2 == 0).then(Default::default),
                ..Span::default()
            },
        )
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        decodes(&bytes);
    }

    #[test]
    fn mutated_envelopes(
        which in 0..4usize,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..3),
        bytes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let mut envelope = [JS_STATIC, JS_STREAM, RUST, PYTHON][which].as_bytes().to_vec();
        for (at, byte) in bytes {
            let at = at.index(envelope.len());
            envelope[at] = byte;
        }
        for (a, b) in cuts {
            let (a, b) = (a.index(envelope.len() + 1), b.index(envelope.len() + 1));
            envelope.drain(a.min(b)..a.max(b));
        }
        decodes(&envelope);
    }

    #[test]
    fn any_spans(spans in prop::collection::vec(span(), 0..40)) {
        let (own, nearby) = spans.into_iter().partition(|span| span.trace_id == trace_id("a"));
        let input = TraceInput { trace_id: trace_id("a"), spans: own, nearby, ..TraceInput::default() };
        sound(&TraceTree::build(input));
    }
}

#[test]
fn depth_is_no_matter() {
    let count = 20_000_u32;
    let spans = (0..count).map(|n| Span {
        trace_id: trace_id("a"),
        span_id: format!("{:016x}", n + 1),
        parent_span_id: (n > 0).then(|| format!("{n:016x}")),
        service: "s".to_owned(),
        op: "task".to_owned(),
        start: Timestamp(n.into()),
        end: Timestamp(count.into()),
        ..Span::default()
    });
    let tree = TraceTree::build(TraceInput {
        trace_id: trace_id("a"),
        spans: spans.collect(),
        ..TraceInput::default()
    });
    assert_eq!(tree.walk().last().unwrap().0, 19_999);
    sound(&tree);
    // One that closes the circle.
    let mut spans: Vec<_> = tree.nodes.iter().map(|node| node.span.clone()).collect();
    spans[0].parent_span_id = Some(format!("{count:016x}"));
    let tree = TraceTree::build(TraceInput {
        trace_id: trace_id("a"),
        spans,
        ..TraceInput::default()
    });
    assert_eq!((tree.roots.len(), tree.nodes[0].orphan), (1, true));
    sound(&tree);
}

#[test]
fn duplicates_are_one_and_events_find_their_span() {
    let spans =
        crate::scene::spans("a 1 - s task t 0 10\n a 1 - s task t 0 10 x=1\n a 2 1 s task t 1 2");
    let event = |span: &str| throughline_trace_model::Event {
        span_id: Some(span_id(span)),
        ..Default::default()
    };
    let log = throughline_trace_model::Log {
        span_id: Some(span_id("1")),
        ..Default::default()
    };
    let tree = TraceTree::build(TraceInput {
        trace_id: trace_id("a"),
        spans,
        events: vec![event("2"), event("9")],
        logs: vec![log],
        ..TraceInput::default()
    });
    assert_eq!((tree.nodes.len(), tree.duplicates), (2, 1));
    assert_eq!(
        tree.nodes[0].span.text("x"),
        Some("1"),
        "the fuller one is kept"
    );
    assert_eq!(
        (
            tree.nodes[0].logs.len(),
            tree.nodes[1].events.len(),
            tree.stray_events.len()
        ),
        (1, 1, 1)
    );
}
