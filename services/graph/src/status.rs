//! The one place where errors become gRPC statuses with `google.rpc` details.

use std::{collections::HashMap, time::Duration};

use throughline_graph_store::{Error, Unavailable};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

const DOMAIN: &str = "throughline.graph.v1";
/// After how long a call that found the store busy is worth repeating.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The status of a failed call.
pub(crate) fn of(error: Error) -> Status {
    with(error, HashMap::new())
}

/// The status of a failed batch of an import; `sequence` is where to resume.
pub(crate) fn of_batch(error: Error, sequence: i64) -> Status {
    let sequence = [("sequence".to_owned(), sequence.to_string())];
    with(error, sequence.into())
}

/// A field of the protocol that cannot be converted.
pub(crate) fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::Invalid {
        field: field.into(),
        problem: problem.into(),
    }
}

pub(crate) fn unauthenticated(message: &str) -> Status {
    let details = reason("WRITE_TOKEN_MISSING", HashMap::new());
    Status::with_error_details(Code::Unauthenticated, message, details)
}

pub(crate) fn permission_denied(message: &str) -> Status {
    let details = reason("WRITE_TOKEN_WRONG", HashMap::new());
    Status::with_error_details(Code::PermissionDenied, message, details)
}

/// A watch whose reader does not keep up.
pub(crate) fn fell_behind(most: usize) -> Status {
    let message = format!(
        "more than watch_lag = {most} changes were committed while the reader did not take what it was sent; \
         what it missed is kept: watch again from the last resume_token, and read faster or watch fewer types"
    );
    let mut details = reason("WATCH_BEHIND", HashMap::new());
    details.add_quota_failure_violation("watch_lag", format!("{most} changes at most"));
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

fn reason(reason: &str, metadata: HashMap<String, String>) -> ErrorDetails {
    ErrorDetails::with_error_info(reason, DOMAIN, metadata)
}

fn with(error: Error, metadata: HashMap<String, String>) -> Status {
    let mut message = error.to_string();
    if let Some(sequence) = metadata.get("sequence") {
        message = format!("batch {sequence}: {message}");
    }
    let (code, details) = match error {
        Error::NotFound { kind, name } => {
            let mut details = reason("NOT_FOUND", metadata);
            details.set_resource_info(format!("{DOMAIN}/{kind}"), name, "", &message);
            (Code::NotFound, details)
        }
        Error::Invalid { field, problem } => {
            let mut details = reason("INVALID_FIELD", metadata);
            details.add_bad_request_violation(field, problem);
            (Code::InvalidArgument, details)
        }
        Error::FailedPrecondition {
            subject, problem, ..
        } => {
            let mut details = reason("PRECONDITION", metadata);
            details.add_precondition_failure_violation("PRECONDITION", subject, problem);
            (Code::FailedPrecondition, details)
        }
        Error::Aborted {
            subject, problem, ..
        } => {
            let mut details = reason("ETAG", metadata);
            details.add_precondition_failure_violation("ETAG", subject, problem);
            (Code::Aborted, details)
        }
        Error::OutOfTurn { .. } => {
            let mut details = reason("IMPORT_SEQUENCE", metadata);
            details.add_precondition_failure_violation("SEQUENCE", "sequence", &message);
            (Code::Aborted, details)
        }
        Error::Gone { field, problem } => {
            let mut details = reason("SNAPSHOT_GONE", metadata);
            details.add_precondition_failure_violation("SNAPSHOT", field, problem);
            (Code::FailedPrecondition, details)
        }
        Error::OutOfRange { field, problem } => {
            let mut details = reason("FEED_TRIMMED", metadata);
            details.add_bad_request_violation(field, problem);
            (Code::OutOfRange, details)
        }
        Error::Unfit { violations } => {
            let mut details = reason("SCHEMA", metadata);
            for violation in violations {
                details.add_precondition_failure_violation(
                    "SCHEMA",
                    violation.subject,
                    violation.problem,
                );
            }
            (Code::FailedPrecondition, details)
        }
        Error::Exhausted { limit, .. } => {
            let mut details = reason("LIMIT", metadata);
            details.add_quota_failure_violation(limit, &message);
            (Code::ResourceExhausted, details)
        }
        Error::Overdue => (Code::DeadlineExceeded, reason("STORE_OVERDUE", metadata)),
        Error::Unavailable { reason: why, .. } => {
            let (name, repeat) = match why {
                Unavailable::Locked => ("STORE_LOCKED", true),
                Unavailable::Stopped => ("STORE_STOPPED", true),
                Unavailable::Away => ("STORE_AWAY", true),
                Unavailable::Full => ("STORE_FULL", true),
                Unavailable::Corrupt => ("STORE_CORRUPT", false),
                Unavailable::Newer => ("STORE_NEWER", false),
                Unavailable::Io => ("STORE_IO", true),
            };
            let mut details = reason(name, metadata);
            if repeat {
                details.set_retry_info(Some(RETRY_AFTER));
            }
            tracing::warn!(error = message, "the store is unavailable");
            (Code::Unavailable, details)
        }
        Error::Internal(_) => {
            tracing::error!(error = message, "the store failed");
            let details = reason("INTERNAL", metadata);
            // What exactly failed is for the log, not for the caller.
            message = "the store failed".to_owned();
            (Code::Internal, details)
        }
    };
    Status::with_error_details(code, message, details)
}
