//! What the client's errors mean to the caller of a store. No message holds a value.

use throughline_dgraph_client::{Error as Fault, Refusal};

use crate::{Error, Unavailable};

pub(super) fn error(fault: Fault) -> Error {
    let reason = match fault {
        Fault::Unreachable
        | Fault::NotReady
        | Fault::Draining
        | Fault::Overloaded
        | Fault::Lost
        | Fault::Expired
        | Fault::TooOld => Unavailable::Away,
        Fault::Aborted => Unavailable::Locked,
        Fault::Deadline => return Error::Overdue,
        Fault::Cancelled => Unavailable::Stopped,
        // Who looks after Dgraph can mend these; a predicate's type may have been changed since the start.
        Fault::Credentials
        | Fault::Denied
        | Fault::Hash
        | Fault::Version { .. }
        | Fault::Refused(Refusal::Type) => Unavailable::Io,
        Fault::Malformed => Unavailable::Corrupt,
        Fault::TooLarge => {
            return Error::Exhausted {
                limit: "answer_bytes",
                allowed: throughline_dgraph_client::Limits::default().answer_bytes,
            };
        }
        other => return Error::Internal(other.to_string()),
    };
    Error::Unavailable {
        reason,
        message: fault.to_string(),
    }
}

pub(super) fn damaged(what: &str) -> Error {
    Error::Unavailable {
        reason: Unavailable::Corrupt,
        message: format!("{what} cannot be read"),
    }
}
