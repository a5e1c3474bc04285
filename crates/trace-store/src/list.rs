//! Finds traces: by prefix, the latest, page by page.

use rusqlite::{OptionalExtension as _, params};

use crate::{Error, Store};

/// What a prefix stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No trace.
    None,
    /// This one.
    One(String),
    /// Several.
    Many,
}

/// Where a page of the list ends: start and id of its last trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The start of the trace, in nanoseconds.
    pub start: i64,
    /// Its id.
    pub trace_id: String,
}

impl Store {
    /// The trace whose id begins so.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn find(&self, prefix: &str) -> Result<Found, Error> {
        let prefix = prefix.to_ascii_lowercase();
        // `g` comes after the last hex digit.
        let past = format!("{prefix}g");
        self.readers().read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT trace_id FROM traces WHERE trace_id >= ? AND trace_id < ? LIMIT 2",
            )?;
            let rows = select.query_map([&prefix, &past], |row| row.get(0))?;
            let mut found = rows.collect::<Result<Vec<String>, _>>()?;
            Ok(match (found.pop(), found.is_empty()) {
                (None, _) => Found::None,
                (Some(only), true) => Found::One(only),
                (Some(_), false) => Found::Many,
            })
        })
    }

    /// Those of the traces of which something is stored.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn known(&self, trace_ids: &[String]) -> Result<Vec<String>, Error> {
        self.readers().read(|connection| {
            let mut select =
                connection.prepare_cached("SELECT trace_id FROM traces WHERE trace_id = ?")?;
            let mut known = Vec::new();
            for trace_id in trace_ids {
                known.extend(select.query_row([trace_id], |row| row.get(0)).optional()?);
            }
            Ok(known)
        })
    }

    /// The trace that began last.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn latest(&self) -> Result<Option<String>, Error> {
        self.readers().read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT trace_id FROM traces ORDER BY start DESC, trace_id DESC LIMIT 1",
            )?;
            Ok(select.query_row([], |row| row.get(0)).optional()?)
        })
    }

    /// At most `count` traces after the cursor, the newest first; only those that a
    /// service took part in, unless it is empty.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn list(
        &self,
        after: Option<&Cursor>,
        service: &str,
        count: usize,
    ) -> Result<Vec<Cursor>, Error> {
        self.readers().read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT start, trace_id FROM traces WHERE (start, trace_id) < (?1, ?2)
                 AND (?3 = '' OR EXISTS (SELECT 1 FROM spans
                     WHERE spans.trace_id = traces.trace_id AND service = ?3))
                 ORDER BY start DESC, trace_id DESC LIMIT ?4",
            )?;
            // Past every id: `g` comes after the last hex digit.
            let (start, id) = after.map_or((i64::MAX, "g"), |c| (c.start, &*c.trace_id));
            let rows = select.query_map(params![start, id, service, count], |row| {
                Ok(Cursor {
                    start: row.get(0)?,
                    trace_id: row.get(1)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
