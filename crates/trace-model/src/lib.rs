//! Decodes what Sentry clients and OTLP exporters send, builds a trace tree, says what is broken in it.
//!
//! Pure: no IO, no clock, no task. It cannot fail on bad input; it returns what it
//! understood and what it did not. It knows no service by name.
//!
//! ```
//! use throughline_trace_model::{Limits, Source, TraceInput, TraceTree, decode_envelope};
//!
//! let envelope = concat!(
//!     r#"{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}"#, "\n",
//!     r#"{"type":"transaction"}"#, "\n",
//!     r#"{"transaction":"job","start_timestamp":1.0,"timestamp":2.0,"contexts":{"trace":"#,
//!     r#"{"trace_id":"771a43a4192642f0b136d5159a501700","span_id":"b7ad6b7169203331","op":"task"}}}"#,
//! );
//! let decoded = decode_envelope(envelope.as_bytes(), &Source::project("cron"), &Limits::default());
//! assert!(decoded.problems.is_empty());
//!
//! let tree = TraceTree::build(TraceInput::from_records(
//!     "771a43a4192642f0b136d5159a501700", decoded.records));
//! assert_eq!(tree.nodes[tree.roots[0]].span.service, "cron");
//! ```
mod body;
mod check;
mod diagnose;
mod diagnosis;
mod envelope;
mod expectations;
mod ids;
mod json;
mod limits;
mod otlp;
mod record;
mod service;
mod span;
mod time;
mod tree;

pub use body::{BodyError, Encoding, decode_body};
pub use check::{check, diagnose_expected, verdict};
pub use diagnosis::{Diagnosis, DiagnosisKind, Side};
pub use envelope::{Decoded, Problem, RawItem, Reason, decode_envelope};
pub use expectations::{CheckResult, Expectations, Verdict};
pub use limits::Limits;
pub use otlp::{OtlpForm, decode_otlp, from_otlp};
pub use record::{Event, Log, LossReport, Record, SamplingContext, Source};
pub use span::Span;
pub use time::Timestamp;
pub use tree::{Nearby, Node, TraceInput, TraceTree};
