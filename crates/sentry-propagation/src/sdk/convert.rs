//! Between the SDK's types and ours.

use std::hash::{Hash, Hasher};

use sentry_core::{TraceHeadersIter, protocol};

use crate::{SENTRY_TRACE, SentryTrace, SpanId, TraceId};

pub(super) fn trace_id(id: protocol::TraceId) -> Option<TraceId> {
    match bytes(&id) {
        Some(bytes) => TraceId::from_bytes(bytes),
        None => id.to_string().parse().ok(),
    }
}

pub(super) fn span_id(id: protocol::SpanId) -> Option<SpanId> {
    match bytes(&id) {
        Some(bytes) => SpanId::from_bytes(bytes),
        None => id.to_string().parse().ok(),
    }
}

/// `sentry-trace` among the headers that the SDK would send; others it may send one day are ours to write.
pub(super) fn sentry_trace(headers: TraceHeadersIter) -> Option<SentryTrace> {
    let mut headers = headers;
    headers.find_map(|(name, value)| {
        name.eq_ignore_ascii_case(SENTRY_TRACE.as_str())
            .then(|| SentryTrace::parse(value.as_bytes()).ok())?
    })
}

/// The SDK shows an id's bytes to nobody but a hasher. Its text says the same at the price of three allocations, so it
/// is asked only if an id ever hashes otherwise.
fn bytes<const N: usize>(id: &impl Hash) -> Option<[u8; N]> {
    let mut seen = Seen::default();
    id.hash(&mut seen);
    seen.0
}

/// Notes the one thing of `N` bytes that is hashed.
#[derive(Default)]
struct Seen<const N: usize>(Option<[u8; N]>);

impl<const N: usize> Hasher for Seen<N> {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.try_into().ok();
    }

    // The length of the array, which comes before it.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_hash_as_their_bytes() {
        for byte in 1..=255 {
            let span: [u8; 8] = [byte, 2, 3, 4, 5, 6, 7, 8];
            assert_eq!(bytes(&protocol::SpanId::from(span)), Some(span));
            let trace: [u8; 16] = [byte; 16];
            assert_eq!(bytes(&protocol::TraceId::from(trace)), Some(trace));
        }
    }

    #[test]
    fn ids_are_the_same_on_both_sides() {
        let (span, trace) = (SpanId::random(), TraceId::random());
        assert_eq!(span_id(span.to_bytes().into()), Some(span));
        assert_eq!(trace_id(trace.to_bytes().into()), Some(trace));
        assert_eq!(span_id([0; 8].into()), None);
    }
}
