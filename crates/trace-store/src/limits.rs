//! The bounds of the store.

use std::time::Duration;

/// Bounds of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes on disk; beyond, the oldest traces go.
    pub bytes: u64,
    /// Age of a trace's last arrival; beyond, it goes.
    pub age: Duration,
    /// Envelopes that may wait for the writer.
    pub queue: usize,
    /// Envelopes in one commit.
    pub batch: usize,
    /// Spans read of one trace.
    pub trace_spans: usize,
    /// Events, and logs, read of one trace.
    pub trace_notes: usize,
    /// Spans of other traces read to tell who called whom.
    pub nearby_spans: usize,
    /// How long before a trace began a span nearby may have begun.
    pub nearby_before: Duration,
    /// How long after a trace's end a client may report a loss of its time.
    pub loss_delay: Duration,
    /// Connections kept for readers.
    pub readers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            age: Duration::from_secs(7 * 24 * 3600),
            queue: 256,
            batch: 64,
            trace_spans: 20_000,
            trace_notes: 5_000,
            nearby_spans: 2_000,
            nearby_before: Duration::from_secs(60),
            loss_delay: Duration::from_secs(60),
            readers: 4,
        }
    }
}
