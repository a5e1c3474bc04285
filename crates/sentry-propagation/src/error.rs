//! Why a header was not taken. Says nothing of what stood in it: strangers write these, and logs are read.

use crate::counters::Counter;

/// Why a trace header was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `sentry-trace` is not `<32 hex>-<16 hex>[-<0|1>]` with ids other than zero.
    #[error("malformed sentry-trace")]
    MalformedSentryTrace,
    /// Several `sentry-trace` lines that disagree.
    #[error("several sentry-trace headers that differ")]
    DuplicateSentryTrace,
    /// `sentry-trace` is longer than [`Limits::sentry_trace_bytes`](crate::Limits::sentry_trace_bytes).
    #[error("oversized sentry-trace")]
    OversizedSentryTrace,
    /// `traceparent` is not what W3C Trace Context allows.
    #[error("malformed traceparent")]
    MalformedTraceparent,
    /// All `baggage` lines together are over their bounds.
    #[error("oversized baggage")]
    OversizedBaggage,
    /// A member of `baggage` is not `key=value`.
    #[error("malformed baggage member")]
    MalformedBaggageMember,
    /// Not a trace id or span id.
    #[error("malformed id")]
    MalformedId,
}

impl Error {
    /// The counter that this kind of refusal moves.
    pub(crate) fn counter(self) -> Counter {
        match self {
            Self::MalformedSentryTrace | Self::MalformedId => Counter::MalformedSentryTrace,
            Self::DuplicateSentryTrace => Counter::DuplicateSentryTrace,
            Self::OversizedSentryTrace => Counter::OversizedSentryTrace,
            Self::MalformedTraceparent => Counter::MalformedTraceparent,
            Self::OversizedBaggage => Counter::OversizedBaggage,
            Self::MalformedBaggageMember => Counter::MalformedBaggageMember,
        }
    }
}
