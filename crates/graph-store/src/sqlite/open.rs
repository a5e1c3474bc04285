//! Opening a database: who may, in which mode, and what is refused.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{caller, schema};
use crate::Limits;

/// How to open a database.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The bounds that every backend has.
    pub limits: Limits,
    /// The bounds of this one.
    pub sqlite: SqliteLimits,
    /// The clock that ages kept answers.
    pub now: fn() -> SystemTime,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            sqlite: SqliteLimits::default(),
            now: SystemTime::now,
        }
    }
}

/// The bounds of the SQLite backend.
#[derive(Clone, Debug)]
pub struct SqliteLimits {
    /// Connections that read.
    pub readers: usize,
    /// How long a statement waits for another process to let go of the database, if its caller does.
    pub busy_timeout: Duration,
    /// How long a caller who leaves waits for the interrupted statement to stop, whose thread may have to wait for its turn;
    /// one that has not is interrupted no more.
    pub interrupt: Duration,
    /// Pages of 4 KiB that the database may grow to.
    pub pages: u32,
    /// Prepared statements kept by each connection.
    pub prepared: usize,
}

impl Default for SqliteLimits {
    fn default() -> Self {
        Self {
            readers: 4,
            busy_timeout: Duration::from_secs(2),
            interrupt: Duration::from_secs(2),
            pages: 4_294_967_294,
            prepared: 64,
        }
    }
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A later version of this program wrote it.
    #[error(
        "the database has schema version {found}, and this program knows versions up to {known}: \
         use the version of throughline that wrote it, or a newer one"
    )]
    Newer {
        /// The file's version.
        found: usize,
        /// This program's version.
        known: usize,
    },
    /// The file is a database, but none of ours.
    #[error("the file is a SQLite database of another program")]
    NotAGraph,
    /// The file is no database.
    #[error("the file is not a SQLite database")]
    NotADatabase,
    /// SQLite could not open or migrate it.
    #[error("SQLite: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            _ => Self::Sqlite(error),
        }
    }
}

/// The writer and the readers, the schema migrated.
pub(super) fn connections(
    path: &Path,
    limits: &SqliteLimits,
) -> Result<(Connection, Vec<Connection>), OpenError> {
    let mut writer = connect(path, limits)?;
    // Before anything is changed: a file that is refused stays as it was.
    schema::refuse_foreign(&writer)?;
    writer.pragma_update(None, "journal_mode", "WAL")?;
    writer.pragma_update(None, "synchronous", "FULL")?;
    writer.pragma_update(None, "foreign_keys", true)?;
    writer.pragma_update(None, "max_page_count", limits.pages)?;
    schema::migrate(&mut writer)?;
    let readers = (0..limits.readers.max(1)).map(|_| {
        let mut reader = connect(path, limits)?;
        reader.pragma_update(None, "query_only", true)?;
        reader.busy_handler(Some(caller::look_again))?;
        Ok(reader)
    });
    let readers = readers.collect::<Result<_, OpenError>>()?;
    writer.busy_handler(Some(caller::look_again))?;
    Ok((writer, readers))
}

/// A reader of its own, in a transaction whose snapshot begins with its first read.
pub(super) fn snapshot(path: &Path, limits: &SqliteLimits) -> rusqlite::Result<Connection> {
    // It is there, or it is gone: never a new one.
    let flags = OpenFlags::default() - OpenFlags::SQLITE_OPEN_CREATE;
    let reader = prepare(Connection::open_with_flags(path, flags)?, limits)?;
    reader.pragma_update(None, "query_only", true)?;
    // Its BEGIN reads nothing and its end writes nothing: no spans.
    reader.execute_batch("BEGIN")?;
    Ok(reader)
}

fn connect(path: &Path, limits: &SqliteLimits) -> rusqlite::Result<Connection> {
    prepare(Connection::open(path)?, limits)
}

fn prepare(connection: Connection, limits: &SqliteLimits) -> rusqlite::Result<Connection> {
    connection.busy_timeout(limits.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(limits.prepared);
    Ok(connection)
}
