//! What SQLite's errors mean to the caller. No message holds a value.

use rusqlite::ErrorCode;

use crate::{Error, Unavailable};

pub(super) fn error(error: rusqlite::Error) -> Error {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Unavailable::Locked,
        Some(ErrorCode::DiskFull) => Unavailable::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Unavailable::Corrupt,
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied,
        ) => Unavailable::Io,
        Some(ErrorCode::OperationInterrupted) => Unavailable::Stopped,
        _ => return Error::Internal(error.to_string()),
    };
    Error::Unavailable {
        reason,
        message: error.to_string(),
    }
}
