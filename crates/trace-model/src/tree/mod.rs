//! A trace as a tree, in an arena: any depth, no recursion. What is broken in it is
//! said by `diagnose`, which `build` calls.

mod build;
mod phases;
mod walk;

pub(crate) use walk::is_of;

use serde::{Deserialize, Serialize};

use crate::{Diagnosis, Event, Log, LossReport, Record, SamplingContext, Span, Timestamp};

/// What is known when a tree is built.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct TraceInput {
    /// The trace.
    pub trace_id: String,
    /// Its spans, in any order.
    pub spans: Vec<Span>,
    /// Its events.
    pub events: Vec<Event>,
    /// Its logs.
    pub logs: Vec<Log>,
    /// What clients reported as lost around its time, of any service.
    pub losses: Vec<LossReport>,
    /// Spans of other traces that overlap it in time.
    pub nearby: Nearby,
    /// When the last of it arrived, by the clock of `now`.
    pub last_arrival: Timestamp,
    /// The time of asking. With the default of both the trace counts as quiet.
    pub now: Option<Timestamp>,
}

/// Spans of other traces that overlap a trace in time. At least their roots; the more
/// of each trace, the better it can be told who called whom.
pub type Nearby = Vec<Span>;

impl TraceInput {
    /// What records say of one trace; records of other traces become `nearby`.
    #[must_use]
    pub fn from_records(trace_id: &str, records: impl IntoIterator<Item = Record>) -> Self {
        let mut input = Self {
            trace_id: trace_id.to_owned(),
            ..Self::default()
        };
        for record in records {
            let own = record.trace_id() == Some(trace_id);
            match record {
                Record::Span(span) if own => input.spans.push(span),
                Record::Span(span) => input.nearby.push(span),
                Record::Event(event) if own => input.events.push(event),
                Record::Log(log) if own => input.logs.push(log),
                Record::LossReport(loss) => input.losses.push(loss),
                Record::Event(_) | Record::Log(_) => {}
            }
        }
        input
    }
}

/// A trace as a tree.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceTree {
    /// The trace.
    pub trace_id: String,
    /// Its spans, by start.
    pub nodes: Vec<Node>,
    /// The tops, by start: spans without a parent, and orphans.
    pub roots: Vec<usize>,
    /// Events that hang under no span of this trace.
    pub stray_events: Vec<Event>,
    /// Logs that hang under no span of this trace.
    pub stray_logs: Vec<Log>,
    /// Spans that came more than once and alike; one of each is kept.
    pub duplicates: usize,
    /// What is wrong, the most telling first.
    pub diagnoses: Vec<Diagnosis>,
    /// Whether nothing has arrived for long enough that nothing more is expected.
    pub quiet: bool,
    /// What the first segment's (else an event's) envelope said of its sampling.
    pub sampling_context: SamplingContext,
    /// What the diagnosis had besides.
    #[serde(skip)]
    pub(crate) around: Around,
}

/// A span in its place.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The span.
    pub span: Span,
    /// Its parent's place in `nodes`.
    pub parent: Option<usize>,
    /// Its children's places in `nodes`, by start.
    pub children: Vec<usize>,
    /// Whether it is a top although it names a parent: that did not arrive, or is
    /// among its own descendants.
    pub orphan: bool,
    /// Events captured in it.
    pub events: Vec<Event>,
    /// Logs written in it.
    pub logs: Vec<Log>,
}

/// What is not of the trace, but tells about it.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Around {
    pub(crate) losses: Vec<LossReport>,
    pub(crate) nearby: Nearby,
}
