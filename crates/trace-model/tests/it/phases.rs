//! A statement's own account of its time, as spans: database and network apart.

use throughline_trace_model::{Expectations, Span, TraceInput, TraceTree, Verdict, check, verdict};

use crate::scene::{WHOLE, input, span_id};

/// The whole chain on a Dgraph that told how long it took: 100 ms, of which 60 were its own.
fn told() -> TraceInput {
    let mut input = input(&WHOLE.replace("sqlite", "dgraph"));
    let phases = [
        ("assign_timestamp", 10_000_000),
        ("parsing", 5_000_000),
        ("processing", 40_000_000),
        ("encoding", 4_000_000),
        ("total", 60_000_000),
        ("network", 35_000_000),
    ];
    for (phase, nanos) in phases {
        let key = format!("dgraph.latency.{phase}_ns");
        input.spans[5].attributes.insert(key, nanos.into());
    }
    input
}

/// What is below the statement: whose, what, and from when to when, in milliseconds since it began.
fn below(input: TraceInput) -> Vec<(String, String, u64, u64)> {
    let tree = TraceTree::build(input);
    assert_eq!(tree.duplicates, 0);
    let results = check(&tree, &Expectations::default());
    assert_eq!(verdict(&results), Verdict::Holds, "{results:#?}");
    let statement = tree.nodes.iter().find(|node| node.span.op == "db.query");
    let statement = statement.unwrap();
    let shown = |span: &Span| {
        let hop = span.database().unwrap_or("none").to_owned();
        let since =
            |at: throughline_trace_model::Timestamp| at.since(statement.span.start) / 1_000_000;
        (hop, span.name.clone(), since(span.start), since(span.end))
    };
    let children = statement.children.iter();
    children
        .map(|place| shown(&tree.nodes[*place].span))
        .collect()
}

fn row(hop: &str, name: &str, start: u64, end: u64) -> (String, String, u64, u64) {
    (hop.to_owned(), name.to_owned(), start, end)
}

#[test]
fn database_and_network_stand_apart() {
    let expected = [
        row("none", "network, there and back", 0, 35),
        row("dgraph", "assign timestamp", 35, 45),
        row("dgraph", "parse", 45, 50),
        row("dgraph", "process", 50, 90),
        row("dgraph", "encode", 90, 94),
    ];
    assert_eq!(below(told()), expected);
}

#[test]
fn what_was_tried_in_vain_comes_first() {
    let mut input = told();
    let retries = ("dgraph.retries".to_owned(), 2.into());
    input.spans[5].attributes.extend([retries]);
    let network = row("none", "network, there and back", 5, 40);
    assert_eq!(below(input)[0], network);
}

#[test]
fn the_databases_own_spans_are_better() {
    let mut input = told();
    let own = Span {
        span_id: span_id("7"),
        parent_span_id: Some(span_id("6")),
        service: "dgraph.alpha".to_owned(),
        name: "api.Dgraph/Query".to_owned(),
        otlp: true,
        ..input.spans[5].clone()
    };
    input.spans.push(Span {
        op: "rpc.server".to_owned(),
        attributes: [].into(),
        ..own
    });
    let names: Vec<_> = below(input).into_iter().map(|row| row.1).collect();
    assert_eq!(names, ["api.Dgraph/Query"]);
}

#[test]
fn no_account_makes_no_span() {
    assert_eq!(below(input(WHOLE)), []);
}
