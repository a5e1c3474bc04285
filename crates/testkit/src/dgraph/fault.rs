//! The ways in which Dgraph fails, in its own codes and words.

use tonic::{Code, Status};

/// A fault of the double.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DgraphFault {
    /// Another transaction was faster, said by the code.
    Aborted,
    /// The same, said by the text alone.
    AbortedByText,
    /// A conflict while applying.
    Conflict,
    /// Too many requests are pending.
    TooMany,
    /// The alpha is starting.
    NotReady,
    /// The alpha is about to stop.
    Draining,
    /// The timestamp was given to another user.
    HashMismatch,
    /// The timestamp is older than what is kept.
    TooOld,
    /// A predicate that is asked for has no index.
    Unindexed,
    /// A predicate is of another type than what is written.
    OtherType,
    /// The login has expired.
    Expired,
    /// The same, to a further request of a transaction or to its end, as v25.3.8 says it.
    ExpiredInTransaction,
    /// No answer, until the caller leaves.
    Hang,
    /// The request is done, and the connection breaks in the middle of the answer.
    Cut,
    /// A text that is in no list, with what was sent in it.
    Unknown,
}

impl DgraphFault {
    /// What is answered; nothing where it is not by a status.
    pub(super) fn status(self, sent: &str) -> Option<Status> {
        let (code, text) = match self {
            Self::Aborted => (Code::Aborted, "Transaction has been aborted. Please retry"),
            Self::AbortedByText => (Code::Unknown, "Transaction has been aborted. Please retry"),
            Self::Conflict => (Code::FailedPrecondition, "Transaction conflict"),
            Self::TooMany => (
                Code::Unknown,
                "429 Too Many Requests. Please throttle your requests",
            ),
            Self::NotReady => (
                Code::Unknown,
                "Please retry again, server is not ready to accept requests",
            ),
            Self::Draining => (
                Code::Unknown,
                "the server is in draining mode and client requests will only be allowed after exiting the mode",
            ),
            Self::HashMismatch => (Code::Unknown, "hash mismatch the claimed startTs|namespace"),
            Self::TooOld => (Code::Unknown, "While reading UIDs: Transaction is too old"),
            Self::Unindexed => (Code::Unknown, ": Predicate is not indexed"),
            Self::OtherType => (
                Code::Unknown,
                "Input for predicate \"tl.id\" of type uid is scalar",
            ),
            Self::Expired => (Code::Unauthenticated, "Token is expired"),
            Self::ExpiredInTransaction => {
                (Code::Unknown, "No namespace in the metadata of context")
            }
            Self::Unknown => {
                return Some(Status::unknown(format!("a panic in a goroutine: {sent}")));
            }
            Self::Hang | Self::Cut => return None,
        };
        Some(Status::new(code, text))
    }
}
