//! Every bound of propagation, by name.

use std::time::Duration;

/// The bounds within which headers are read and written and sampling contexts are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest `sentry-trace` that is looked at, in bytes (a well-formed one has at most 51).
    pub sentry_trace_bytes: usize,
    /// Longest `traceparent` that is looked at, in bytes (55 in version 00; later versions may be longer).
    pub traceparent_bytes: usize,
    /// Most members in all `baggage` lines together (W3C asks for 64).
    pub baggage_members: usize,
    /// Most bytes in all `baggage` lines together, with the commas that join them (W3C asks for 8192).
    pub baggage_bytes: usize,
    /// Longest value that a head writes into its sampling context, in encoded bytes; a longer one is left out.
    pub head_value_bytes: usize,
    /// Most calls whose sampling context is kept after their last holder is gone.
    pub linger_calls: usize,
    /// How long such a sampling context is kept.
    pub linger: Duration,
    /// Most captured events whose sampling context is kept for the transport to ask.
    pub noted_events: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sentry_trace_bytes: 64,
            traceparent_bytes: 256,
            baggage_members: 64,
            baggage_bytes: 8192,
            head_value_bytes: 512,
            linger_calls: 1024,
            linger: Duration::from_secs(5),
            noted_events: 1024,
        }
    }
}
