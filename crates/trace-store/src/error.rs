//! What can go wrong with the store.

use std::path::PathBuf;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory cannot be made.
    #[error("cannot make the data directory {path}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file was written by a newer version.
    #[error("{path} has schema version {found}, but this program knows none after {known}")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: usize,
        /// The newest known here.
        known: usize,
    },
    /// More is waiting to be written than the queue holds.
    #[error("too much is waiting to be written")]
    Busy,
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
    /// The batch could not be committed.
    #[error("not written: {0}")]
    NotWritten(String),
    /// SQLite refused.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// What was stored cannot be read.
    #[error("a stored record cannot be read: {0}")]
    Record(#[from] serde_json::Error),
}
