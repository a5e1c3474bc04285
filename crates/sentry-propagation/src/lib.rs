//! Sentry trace propagation for Rust services: what the SDK leaves out.
//!
//! Three layers, each of which knows only those above it in this list:
//!
//! 1. **Pure**: the wire formats and the rules. [`SentryTrace`], [`Traceparent`], [`Baggage`], the frozen
//!    [`SamplingContext`], [`IncomingTrace`], [`OutgoingTrace`], [`EdgeTrust`]. Bytes in, bytes out, never a panic.
//! 2. **State**: [`registry`] keeps a call's frozen context for as long as the call has work to do;
//!    [`TraceContext`] is the handle that keeps it, and that work spawned by the call carries along.
//! 3. **SDK**: [`sdk`] starts transactions and asks for outgoing headers; [`transport`] sends envelopes. Only these
//!    and `client_options` name the Sentry SDK.
//!
//! ```
//! use http::HeaderMap;
//! use sentry_propagation::{IncomingTrace, Limits};
//!
//! let mut headers = HeaderMap::new();
//! headers.insert("sentry-trace", "09e04486820349518ac7b5d2adbf6ba5-9cf635fa5b870b3a-1".parse()?);
//! headers.insert("baggage", "sentry-release=shop%401.2,vendor=x".parse()?);
//!
//! let trace = IncomingTrace::extract(&headers, &Limits::default());
//! assert_eq!(trace.parent().and_then(|parent| parent.sampled), Some(true));
//! assert_eq!(trace.context().as_str(), "sentry-release=shop%401.2");
//! # Ok::<(), http::header::InvalidHeaderValue>(())
//! ```

pub mod baggage;
mod client_options;
pub mod counters;
mod error;
mod headers;
mod ids;
mod incoming;
mod limits;
mod outgoing;
pub mod registry;
mod sampling;
mod sampling_context;
pub mod sdk;
mod sentry_trace;
mod trace_context;
mod traceparent;
pub mod transport;
mod trust;

pub use self::{
    baggage::Baggage,
    client_options::{client_options, client_options_with},
    error::Error,
    headers::{BAGGAGE, SENTRY_TRACE, TRACEPARENT, strip},
    ids::{SpanId, TraceId},
    incoming::IncomingTrace,
    limits::Limits,
    outgoing::OutgoingTrace,
    sampling::SampleRand,
    sampling_context::{SamplingContext, SamplingContextBuilder},
    sentry_trace::SentryTrace,
    trace_context::{Bound, TraceContext},
    traceparent::Traceparent,
    trust::{Admission, EdgeTrust, Trust, TrustPolicy},
};
