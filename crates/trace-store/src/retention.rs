//! Takes whole traces away, the oldest first, until bytes and age are within bounds.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Transaction, params};

use crate::{Error, Limits};

/// Traces taken away in one transaction, so that arrivals don't wait long.
const AT_ONCE: usize = 500;

/// Bytes of the file that are in use.
pub(crate) fn used(connection: &Connection) -> Result<u64, Error> {
    let read = |name: &str| {
        connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u64>(0))
    };
    Ok((read("page_count")? - read("freelist_count")?) * read("page_size")?)
}

/// Brings the file within its bounds.
pub(crate) fn tidy(connection: &mut Connection, limits: &Limits, age: bool) -> Result<(), Error> {
    if age {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let oldest = now.saturating_sub(limits.age).as_nanos();
        by_age(connection, i64::try_from(oldest).unwrap_or(i64::MAX))?;
    }
    let mut shrunk = false;
    // Half of what is too much at a time would do; a tenth keeps more.
    while used(connection)? > limits.bytes && oldest_tenth(connection)? {
        shrunk = true;
    }
    if shrunk {
        // Stepped to its end: the pragma frees a page per row.
        let mut vacuum = connection.prepare("PRAGMA incremental_vacuum")?;
        let mut rows = vacuum.query([])?;
        while rows.next()?.is_some() {}
    }
    Ok(())
}

fn by_age(connection: &mut Connection, oldest: i64) -> Result<(), Error> {
    loop {
        let transaction = connection.transaction()?;
        let old = "SELECT trace_id FROM traces WHERE last_arrival < ? LIMIT ?";
        let gone = traces(&transaction, old, params![oldest, AT_ONCE])?;
        transaction.execute("DELETE FROM losses WHERE time < ?", [oldest])?;
        transaction.execute("DELETE FROM raw_items WHERE received < ?", [oldest])?;
        for table in ["events", "logs"] {
            let strays = format!("DELETE FROM {table} WHERE trace_id IS NULL AND time < ?");
            transaction.execute(&strays, [oldest])?;
        }
        transaction.commit()?;
        if gone < AT_ONCE {
            return Ok(());
        }
    }
}

/// Takes away the oldest tenth of traces and of what belongs to none; `false` if there
/// was nothing to take.
fn oldest_tenth(connection: &mut Connection) -> Result<bool, Error> {
    let transaction = connection.transaction()?;
    let tenth = |table: &str, rest: &str| {
        let count = format!("SELECT count(*) FROM {table} {rest}");
        transaction
            .query_row(&count, [], |row| row.get::<_, usize>(0))
            .map(|n| n.div_ceil(10))
    };
    let count = tenth("traces", "")?.min(AT_ONCE);
    let old = "SELECT trace_id FROM traces ORDER BY last_arrival LIMIT ?";
    let mut gone = traces(&transaction, old, params![count])?;
    for (table, stray) in [
        ("losses", ""),
        ("raw_items", "WHERE trace_id IS NULL"),
        ("events", "WHERE trace_id IS NULL"),
        ("logs", "WHERE trace_id IS NULL"),
    ] {
        let delete = format!(
            "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} {stray} ORDER BY rowid LIMIT ?)"
        );
        gone += transaction.execute(&delete, [tenth(table, stray)?])?;
    }
    transaction.commit()?;
    Ok(gone > 0)
}

/// Takes away the traces that a query names, with all that belongs to them.
fn traces(
    transaction: &Transaction<'_>,
    query: &str,
    params: impl rusqlite::Params,
) -> Result<usize, Error> {
    let mut select = transaction.prepare_cached(query)?;
    let ids = select
        .query_map(params, |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    for id in &ids {
        for table in ["spans", "events", "logs", "raw_items", "traces"] {
            let mut delete =
                transaction.prepare_cached(&format!("DELETE FROM {table} WHERE trace_id = ?"))?;
            delete.execute([id])?;
        }
    }
    Ok(ids.len())
}
