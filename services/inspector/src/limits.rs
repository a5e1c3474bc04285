//! The bounds of the server; those on an envelope's parts stand in `trace-model`.

use std::time::Duration;

/// Bounds of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's body as it comes.
    pub body_bytes: usize,
    /// Bytes of an envelope, decompressed.
    pub envelope_bytes: usize,
    /// How long a request's body may take to arrive.
    pub body_time: Duration,
    /// Envelopes decoded or waiting for the writer at the same time.
    pub pending_envelopes: usize,
    /// How long a call may wait for a trace.
    pub wait: Duration,
    /// Arrivals within this time are looked at together.
    pub gather: Duration,
    /// Arrivals that a tail may lag behind before some are skipped.
    pub tail_lag: usize,
    /// Spans nested deeper than this are sent at this depth: readers of protobuf refuse
    /// a hundred.
    pub depth: usize,
    /// How long a noisy source's spans wait for another hop to report their trace.
    pub otlp_wait: Duration,
    /// Such spans that wait at the same time; the oldest go first.
    pub otlp_waiting_spans: usize,
    /// How often those that waited too long are looked for.
    pub otlp_sweep: Duration,
    /// Children of one span kept of a noisy source.
    pub otlp_children: usize,
    /// Spans whose children are counted at the same time; the oldest are forgotten first.
    pub otlp_parents: usize,
    /// How long a stop waits for calls to end.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 32 << 20,
            envelope_bytes: 64 << 20,
            body_time: Duration::from_secs(30),
            pending_envelopes: 64,
            wait: Duration::from_secs(60),
            gather: Duration::from_millis(50),
            tail_lag: 1_024,
            depth: 64,
            otlp_wait: Duration::from_secs(60),
            otlp_waiting_spans: 10_000,
            otlp_sweep: Duration::from_secs(1),
            otlp_children: 100,
            otlp_parents: 10_000,
            drain: Duration::from_secs(3),
        }
    }
}
