//! Spans written as lines: `trace id parent service op name start end`, times in ms.

use throughline_trace_model::{Span, Timestamp, TraceInput, TraceTree};

pub(crate) fn trace_id(letter: &str) -> String {
    format!("{letter:0>32}")
}

pub(crate) fn span_id(id: &str) -> String {
    format!("{id:0>16}")
}

pub(crate) fn spans(lines: &str) -> Vec<Span> {
    lines
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(span)
        .collect()
}

fn span(line: &str) -> Span {
    let fields: Vec<_> = line.split_whitespace().collect();
    let [trace, id, parent, service, op, name, start, end, rest @ ..] = &*fields else {
        panic!("{line}");
    };
    let time = |text: &str| Timestamp(text.parse::<i64>().unwrap() * 1_000_000);
    let mut span = Span {
        trace_id: trace_id(trace),
        span_id: span_id(id),
        parent_span_id: (*parent != "-").then(|| span_id(parent)),
        segment: *parent == "-" || op.ends_with(".server"),
        service: (*service).to_owned(),
        op: (*op).to_owned(),
        name: (*name).to_owned(),
        status: "ok".to_owned(),
        start: time(start),
        end: time(end),
        ..Span::default()
    };
    for pair in rest {
        let (key, value) = pair.split_once('=').unwrap();
        match key {
            "status" => span.status = value.to_owned(),
            _ => drop(span.attributes.insert(key.to_owned(), value.into())),
        }
    }
    if span.segment {
        span.sampling_context = Some([("trace_id".to_owned(), span.trace_id.clone())].into());
    }
    span
}

/// The input for trace `a`; all other traces are nearby.
pub(crate) fn input(lines: &str) -> TraceInput {
    let (own, nearby) = spans(lines)
        .into_iter()
        .partition(|span| span.trace_id == trace_id("a"));
    TraceInput {
        trace_id: trace_id("a"),
        spans: own,
        nearby,
        ..TraceInput::default()
    }
}

pub(crate) fn tree(lines: &str) -> TraceTree {
    TraceTree::build(input(lines))
}

/// A whole chain. The names are no one's in particular.
pub(crate) const WHOLE: &str = "
    a 1 - shop cli.command buy 0 1000
    a 2 1 shop rpc.client p.S/M 100 900
    a 3 2 edge rpc.server p.S/M 150 850
    a 4 3 edge rpc.client p.S/M 200 800
    a 5 4 core rpc.server p.S/M 250 750
    a 6 5 core db.query SELECT 300 400 db.system=sqlite
";
