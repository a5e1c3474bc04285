//! The span of a statement: its shape, never its values, and what Dgraph says of it.

use std::cell::LazyCell;

use tracing::{Span, field::Empty};

use crate::{Error, api};

pub(crate) fn of<S: AsRef<str>>(operation: &'static str, shape: impl FnOnce() -> S) -> Span {
    // Where nobody wants the span, nobody wants the shape.
    let shape = LazyCell::new(shape);
    let shape = || LazyCell::force(&shape).as_ref();
    tracing::info_span!(
        "db.query",
        sentry.op = "db.query",
        sentry.name = if shape().is_empty() {
            operation
        } else {
            shape()
        },
        db.system = "dgraph",
        db.operation.name = operation,
        db.query.text = shape(),
        db.operation.batch.size = Empty,
        db.response.returned_rows = Empty,
        db.response.status_code = Empty,
        server.address = Empty,
        dgraph.retries = Empty,
        dgraph.uids_touched = Empty,
        dgraph.start_ts = Empty,
        dgraph.latency.assign_timestamp_ns = Empty,
        dgraph.latency.parsing_ns = Empty,
        dgraph.latency.processing_ns = Empty,
        dgraph.latency.encoding_ns = Empty,
        dgraph.latency.total_ns = Empty,
        dgraph.latency.network_ns = Empty,
    )
}

/// Notes what the answer says of itself; `taken` is how long it took as seen from here, without
/// what was tried before in vain.
pub(crate) fn note(span: &Span, answer: &api::Response, taken: std::time::Duration) {
    if let Some(latency) = &answer.latency {
        span.record(
            "dgraph.latency.assign_timestamp_ns",
            latency.assign_timestamp_ns,
        );
        span.record("dgraph.latency.parsing_ns", latency.parsing_ns);
        span.record("dgraph.latency.processing_ns", latency.processing_ns);
        span.record("dgraph.latency.encoding_ns", latency.encoding_ns);
        span.record("dgraph.latency.total_ns", latency.total_ns);
        let taken = u64::try_from(taken.as_nanos()).unwrap_or(u64::MAX);
        span.record(
            "dgraph.latency.network_ns",
            taken.saturating_sub(latency.total_ns),
        );
    }
    if let Some(touched) = answer
        .metrics
        .as_ref()
        .and_then(|it| it.num_uids.get("_total"))
    {
        span.record("dgraph.uids_touched", touched);
    }
    if let Some(txn) = &answer.txn {
        span.record("dgraph.start_ts", txn.start_ts);
    }
}

pub(crate) fn failed(span: &Span, error: &Error) {
    span.record("db.response.status_code", error.kind());
}
