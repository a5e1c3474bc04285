//! A read transaction: several statements that see one state. Its BEGIN reads nothing and its end writes nothing, so
//! neither is a span; both are prepared once for each connection.

use rusqlite::Connection;

use super::fault;
use crate::Error;

/// Begun; ended when it is dropped, whatever became of the work.
pub(super) struct Reading<'a>(&'a Connection);

impl<'a> Reading<'a> {
    pub(super) fn begin(db: &'a Connection) -> Result<Self, Error> {
        run(db, "BEGIN").map_err(fault::error)?;
        Ok(Self(db))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        // An interrupt may have ended it already; the next BEGIN would tell if it had not.
        if !self.0.is_autocommit() && run(self.0, "COMMIT").is_err() {
            drop(self.0.execute_batch("ROLLBACK"));
        }
    }
}

fn run(db: &Connection, sql: &'static str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(drop)
}
