//! Between the SDK's types and ours.

use sentry_core::{TraceHeadersIter, protocol};

use crate::{SENTRY_TRACE, SentryTrace, SpanId, TraceId};

/// The SDK keeps its bytes to itself, so this goes by way of text.
pub(super) fn trace_id(id: protocol::TraceId) -> Option<TraceId> {
    id.to_string().parse().ok()
}

pub(super) fn span_id(id: protocol::SpanId) -> Option<SpanId> {
    id.to_string().parse().ok()
}

/// `sentry-trace` among the headers that the SDK would send; others it may send one day are ours to write.
pub(super) fn sentry_trace(headers: TraceHeadersIter) -> Option<SentryTrace> {
    let mut headers = headers;
    headers.find_map(|(name, value)| {
        name.eq_ignore_ascii_case(SENTRY_TRACE.as_str())
            .then(|| SentryTrace::parse(value.as_bytes()).ok())?
    })
}
