//! What telemetry lost or refused, counted for the whole process: it must not fail a call, but it must not be silent.
//!
//! ```
//! use sentry_propagation::counters::{self, Counter};
//!
//! let before = counters::get(Counter::OversizedBaggage);
//! counters::add(Counter::OversizedBaggage, 1);
//! assert!(counters::get(Counter::OversizedBaggage) > before);
//! ```

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $variant:ident => $name:literal,)+) => {
        /// One kind of loss or refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Counter {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Counter {
            /// Every counter, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name under which the counter is shown.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

counters! {
    /// `sentry-trace` that could not be read: the trace was started anew.
    MalformedSentryTrace => "sentry_trace_malformed",
    /// Several `sentry-trace` that disagree: the trace was started anew.
    DuplicateSentryTrace => "sentry_trace_duplicate",
    /// `sentry-trace` over its bound: the trace was started anew.
    OversizedSentryTrace => "sentry_trace_oversized",
    /// `traceparent` that could not be read, or several that disagree.
    MalformedTraceparent => "traceparent_malformed",
    /// `baggage` over its bounds: the trace was started anew.
    OversizedBaggage => "baggage_oversized",
    /// Members of `baggage` that could not be read and were left out.
    MalformedBaggageMember => "baggage_member_malformed",
    /// Members of the application's own `baggage` that found no room beside Sentry's.
    DroppedBaggageMember => "baggage_member_dropped",
    /// Traces of callers who are not trusted, started anew.
    UntrustedTrace => "trace_untrusted",
    /// Traces that the SDK refused to continue for their organisation's id.
    RejectedTrace => "trace_rejected",
    /// Envelopes dropped because the queue was full.
    EnvelopeQueueFull => "envelope_queue_full",
    /// Envelopes dropped because the collector asked for less.
    EnvelopeRateLimited => "envelope_rate_limited",
    /// Envelopes dropped because the collector could not be reached or broke off.
    EnvelopeNetwork => "envelope_network",
    /// Envelopes dropped because the collector took too long.
    EnvelopeTimeout => "envelope_timeout",
    /// Envelopes dropped because the collector refused them.
    EnvelopeRefused => "envelope_refused",
    /// Envelopes dropped because the process stopped before they were sent.
    EnvelopeShutdown => "envelope_shutdown",
}

static COUNTS: [AtomicU64; Counter::ALL.len()] = [const { AtomicU64::new(0) }; Counter::ALL.len()];

/// Adds `n` to a counter.
pub fn add(counter: Counter, n: u64) {
    COUNTS[counter as usize].fetch_add(n, Ordering::Relaxed);
}

/// Reads one counter.
pub fn get(counter: Counter) -> u64 {
    COUNTS[counter as usize].load(Ordering::Relaxed)
}

/// Reads every counter, in the order of declaration.
pub fn snapshot() -> impl Iterator<Item = (Counter, u64)> {
    Counter::ALL.iter().map(|&counter| (counter, get(counter)))
}
