//! The file's layout, by version: an older file is migrated, a newer one refused.

use std::path::Path;

use rusqlite::Connection;

use crate::Error;

/// Step `n` leads from version `n` to version `n + 1`. Steps are never changed, only
/// added.
const STEPS: &[&str] = &["
    CREATE TABLE traces (
        trace_id TEXT PRIMARY KEY,
        start INTEGER NOT NULL,
        last_arrival INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX traces_by_start ON traces (start, trace_id);
    CREATE INDEX traces_by_arrival ON traces (last_arrival);
    CREATE TABLE spans (
        trace_id TEXT NOT NULL,
        service TEXT NOT NULL,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX spans_by_trace ON spans (trace_id, service);
    CREATE INDEX spans_by_start ON spans (start);
    CREATE TABLE events (trace_id TEXT, time INTEGER NOT NULL, body TEXT NOT NULL);
    CREATE INDEX events_by_trace ON events (trace_id);
    CREATE TABLE logs (trace_id TEXT, time INTEGER NOT NULL, body TEXT NOT NULL);
    CREATE INDEX logs_by_trace ON logs (trace_id);
    CREATE TABLE losses (time INTEGER NOT NULL, body TEXT NOT NULL);
    CREATE INDEX losses_by_time ON losses (time);
    CREATE TABLE raw_items (
        trace_id TEXT,
        received INTEGER NOT NULL,
        project TEXT NOT NULL,
        item_type TEXT NOT NULL,
        header BLOB NOT NULL,
        payload BLOB NOT NULL
    );
    CREATE INDEX raw_items_by_trace ON raw_items (trace_id);
    CREATE TABLE counters (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (kind, name)
    ) WITHOUT ROWID;
    CREATE TABLE loss_counters (
        service TEXT NOT NULL,
        reason TEXT NOT NULL,
        category TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        PRIMARY KEY (service, reason, category)
    ) WITHOUT ROWID;
"];

/// Opens for writing and brings the file to the newest version.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let mut connection = connect(path)?;
    migrate(&mut connection, path, STEPS)?;
    Ok(connection)
}

/// Opens a connection with the settings that all share.
pub(crate) fn connect(path: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    // Takes effect on a new file only.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), Error> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = transaction.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0))?;
    let found = found as usize;
    let Some(missing) = steps.get(found..) else {
        return Err(Error::Newer {
            path: path.to_owned(),
            found,
            known: steps.len(),
        });
    };
    for step in missing {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", steps.len())?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_is_migrated_and_newer_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("traces.db");
        let mut connection = connect(&path).unwrap();
        let steps = [
            "CREATE TABLE a (x)",
            "INSERT INTO a VALUES (7)",
            "ALTER TABLE a ADD y",
        ];
        migrate(&mut connection, &path, &steps[..2]).unwrap();
        migrate(&mut connection, &path, &steps).unwrap();
        let kept: i64 = connection
            .query_row("SELECT x FROM a WHERE y IS NULL", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 7);
        let refused = migrate(&mut connection, &path, &steps[..2])
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("traces.db has schema version 3"),
            "{refused}"
        );
    }
}
