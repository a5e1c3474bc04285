//! The only module that names the Sentry SDK, because the SDK is about to
//! change: its transactions are giving way to streamed spans.
//!
//! Knows no HTTP, no tower and no tonic.

#[cfg(feature = "tonic")]
mod in_trace;
mod report;
mod scope;
mod span;

pub(crate) use sentry_core::Hub;

#[cfg(feature = "tonic")]
pub use in_trace::Scoped;
#[cfg(feature = "tonic")]
pub(crate) use in_trace::in_trace;
pub(crate) use scope::CallScope;
pub(crate) use span::{CallSpan, outgoing};

use sentry_core::TransactionOrSpan;
use sentry_core::protocol::SpanStatus;

use crate::Code;

/// Whether there is a client that takes what is recorded.
pub(crate) fn is_recording(hub: &Hub) -> bool {
    sentry_propagation::sdk::is_recording(hub)
}

/// The span that work in `hub` belongs to.
fn active_span(hub: &Hub) -> Option<TransactionOrSpan> {
    hub.configure_scope(|scope| scope.get_span())
}

fn span_status(code: Code) -> SpanStatus {
    match code {
        Code::Ok => SpanStatus::Ok,
        Code::Cancelled => SpanStatus::Cancelled,
        Code::Unknown => SpanStatus::UnknownError,
        Code::InvalidArgument => SpanStatus::InvalidArgument,
        Code::DeadlineExceeded => SpanStatus::DeadlineExceeded,
        Code::NotFound => SpanStatus::NotFound,
        Code::AlreadyExists => SpanStatus::AlreadyExists,
        Code::PermissionDenied => SpanStatus::PermissionDenied,
        Code::ResourceExhausted => SpanStatus::ResourceExhausted,
        Code::FailedPrecondition => SpanStatus::FailedPrecondition,
        Code::Aborted => SpanStatus::Aborted,
        Code::OutOfRange => SpanStatus::OutOfRange,
        Code::Unimplemented => SpanStatus::Unimplemented,
        Code::Internal => SpanStatus::InternalError,
        Code::Unavailable => SpanStatus::Unavailable,
        Code::DataLoss => SpanStatus::DataLoss,
        Code::Unauthenticated => SpanStatus::Unauthenticated,
    }
}
