//! Reads all that is known of one trace, and what stands around it in time.

use rusqlite::{Connection, OptionalExtension as _, Params, params};
use serde::de::DeserializeOwned;
use throughline_trace_model::{Record, Span, Timestamp, TraceInput, TraceTree};

use crate::{Error, Limits, Store};

impl Store {
    /// What a tree of this trace is built from, at this time; `None` if nothing of it
    /// is there.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn input(&self, trace_id: &str, now: Timestamp) -> Result<Option<TraceInput>, Error> {
        let limits = self.limits();
        self.readers().read(|connection| {
            let Some(mut input) = own(connection, trace_id, now, limits)? else {
                return Ok(None);
            };
            around(connection, &mut input, limits)?;
            Ok(Some(input))
        })
    }

    /// The tree of a trace without what stands around it: enough for a summary.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn outline(&self, trace_id: &str, now: Timestamp) -> Result<Option<TraceTree>, Error> {
        let limits = self.limits();
        self.readers()
            .read(|connection| Ok(own(connection, trace_id, now, limits)?.map(TraceTree::build)))
    }

    /// The records of a trace, as they were decoded.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn records(&self, trace_id: &str) -> Result<Vec<Record>, Error> {
        let input = self
            .input(trace_id, Timestamp::default())?
            .unwrap_or_default();
        let spans = input.spans.into_iter().map(Record::Span);
        let events = input.events.into_iter().map(Record::Event);
        Ok(spans
            .chain(events)
            .chain(input.logs.into_iter().map(Record::Log))
            .collect())
    }
}

fn own(
    connection: &Connection,
    trace_id: &str,
    now: Timestamp,
    limits: &Limits,
) -> Result<Option<TraceInput>, Error> {
    let arrival = connection
        .prepare_cached("SELECT last_arrival FROM traces WHERE trace_id = ?")?
        .query_row([trace_id], |row| row.get(0))
        .optional()?;
    let Some(arrival) = arrival else {
        return Ok(None);
    };
    let notes =
        |table: &str| format!("SELECT body FROM {table} WHERE trace_id = ? ORDER BY time LIMIT ?");
    let spans = "SELECT body FROM spans WHERE trace_id = ? ORDER BY start LIMIT ?";
    Ok(Some(TraceInput {
        trace_id: trace_id.to_owned(),
        spans: bodies(connection, spans, params![trace_id, limits.trace_spans])?,
        events: bodies(
            connection,
            &notes("events"),
            params![trace_id, limits.trace_notes],
        )?,
        logs: bodies(
            connection,
            &notes("logs"),
            params![trace_id, limits.trace_notes],
        )?,
        last_arrival: Timestamp(arrival),
        now: Some(now),
        ..TraceInput::default()
    }))
}

fn around(connection: &Connection, input: &mut TraceInput, limits: &Limits) -> Result<(), Error> {
    let nanos = |time: std::time::Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    let starts = input.spans.iter().map(|span| span.start);
    let starts = starts.chain(input.events.iter().map(|event| event.time));
    let Some(start) = starts.min() else {
        return Ok(());
    };
    let end = input
        .spans
        .iter()
        .map(|span| span.end)
        .max()
        .unwrap_or(start);
    let before = start.plus(-nanos(limits.nearby_before));
    // The nearest in time first, should there be too many.
    let nearby: Vec<Span> = bodies(
        connection,
        "SELECT body FROM spans WHERE start BETWEEN ?1 AND ?3 AND end >= ?2 AND trace_id != ?4
         ORDER BY abs(start - ?2) LIMIT ?5",
        params![
            before.0,
            start.0,
            end.0,
            input.trace_id,
            limits.nearby_spans
        ],
    )?;
    input.nearby = nearby;
    let until = end.plus(nanos(limits.loss_delay));
    input.losses = bodies(
        connection,
        "SELECT body FROM losses WHERE time BETWEEN ? AND ? ORDER BY time LIMIT ?",
        params![start.0, until.0, limits.trace_notes],
    )?;
    Ok(())
}

fn bodies<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<T>, Error> {
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(serde_json::from_str(
            row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?,
        )?);
    }
    Ok(found)
}
