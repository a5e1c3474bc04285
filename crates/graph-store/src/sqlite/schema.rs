//! The tables, by version: an older file is migrated, a newer one refused by name.

use rusqlite::{Connection, TransactionBehavior};

use super::{OpenError, fault};
use crate::{Error, Unavailable};

/// `thrg`: tells our files from any other SQLite database.
const APPLICATION_ID: i32 = 0x7468_7267;

/// Step `n` leads from version `n` to version `n + 1`. Never change one that was released.
const STEPS: &[&str] = &[
    // `node_text` holds words, not text (`words.rs` says what a word is), so its
    // tokenizer has only to split at spaces.
    "
    CREATE TABLE node (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL,
        properties TEXT NOT NULL,
        revision INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX node_by_type ON node (type, id);
    CREATE TABLE edge (
        source TEXT NOT NULL REFERENCES node (id),
        type TEXT NOT NULL,
        target TEXT NOT NULL REFERENCES node (id),
        properties TEXT NOT NULL,
        PRIMARY KEY (source, type, target)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX edge_by_target ON edge (target, type, source);
    CREATE VIRTUAL TABLE node_text USING fts5 (
        id, properties,
        content = '', contentless_delete = 1, detail = full, tokenize = 'ascii'
    );
    CREATE TABLE tally (
        kind TEXT NOT NULL,
        type TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (kind, type)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE counter (revision INTEGER NOT NULL) STRICT;
    INSERT INTO counter VALUES (0);
    CREATE TABLE kept_answer (
        key TEXT PRIMARY KEY,
        digest BLOB NOT NULL,
        results TEXT NOT NULL,
        kept_since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX kept_answer_by_age ON kept_answer (kept_since);
    ",
    // The change feed: a row is a commit or a part of one. `place` is the number of
    // its last change since the beginning, `bytes` that of all bytes up to its end.
    "
    CREATE TABLE feed (
        place INTEGER PRIMARY KEY,
        first INTEGER NOT NULL,
        committed INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        changes TEXT NOT NULL
    ) STRICT;
    CREATE INDEX feed_by_age ON feed (committed);
    CREATE INDEX feed_by_bytes ON feed (bytes);
    CREATE TABLE feed_end (
        identity TEXT NOT NULL,
        place INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT;
    INSERT INTO feed_end VALUES (lower(hex(randomblob(8))), 0, 0);
    ",
    // The schema that users put in force, and the values that it wants unique.
    "
    CREATE TABLE graph_schema (schema TEXT NOT NULL, revision INTEGER NOT NULL) STRICT;
    INSERT INTO graph_schema VALUES ('{\"node_types\":[],\"edge_types\":[]}', 0);
    CREATE TABLE unique_value (
        type TEXT NOT NULL,
        property TEXT NOT NULL,
        value TEXT NOT NULL,
        node TEXT NOT NULL,
        PRIMARY KEY (type, property, value)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unique_value_by_node ON unique_value (node);
    ",
    // How far imports have come, and when each came there, in seconds since the epoch.
    "
    CREATE TABLE import_progress (
        id TEXT PRIMARY KEY,
        sequence INTEGER NOT NULL,
        touched INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX import_progress_by_age ON import_progress (touched);
    ",
];

/// Fails if the file is not ours, or newer than this program. Returns its version.
pub(super) fn refuse_foreign(connection: &Connection) -> Result<usize, OpenError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = pragma("application_id")?;
    let found = usize::try_from(pragma("user_version")?).unwrap_or(usize::MAX);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (application, found, tables) != (0, 0, 0) {
        return Err(OpenError::NotAGraph);
    }
    let known = STEPS.len();
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    Ok(found)
}

/// Fails if a later version of this program has migrated the file since it was opened. The file's header says so, which
/// each transaction reads at its beginning anyway: this is no span of its own.
pub(super) fn refuse_newer(connection: &Connection) -> Result<(), Error> {
    let mut version = connection
        .prepare_cached("PRAGMA user_version")
        .map_err(fault::error)?;
    let found: i64 = version
        .query_one([], |row| row.get(0))
        .map_err(fault::error)?;
    let known = STEPS.len();
    if usize::try_from(found).is_ok_and(|found| found <= known) {
        return Ok(());
    }
    Err(Error::Unavailable {
        reason: Unavailable::Newer,
        message: format!(
            "its schema has version {found}, and this program knows versions up to {known}"
        ),
    })
}

/// Brings the database to this program's version, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again under the lock: another process may have migrated it meanwhile.
    let found = refuse_foreign(&transaction)?;
    for step in &STEPS[found..] {
        transaction.execute_batch(step)?;
    }
    if found < STEPS.len() {
        transaction.pragma_update(None, "user_version", STEPS.len())?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    transaction.commit()?;
    Ok(())
}
