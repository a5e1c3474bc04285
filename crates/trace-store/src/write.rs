//! Writes arrivals in one transaction.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction, params};
use throughline_trace_model::{RawItem, Record, Timestamp};

use crate::Error;
use crate::intake::{self, Kind};
use crate::store::{Arrival, Committed};

/// Commits a batch; one outcome for each arrival, in order.
pub(crate) fn batch(
    connection: &mut Connection,
    arrivals: &[Arrival],
) -> Result<Vec<Committed>, Error> {
    let transaction = connection.transaction()?;
    let outcome = arrivals
        .iter()
        .map(|arrival| one(&transaction, arrival))
        .collect::<Result<_, _>>()?;
    transaction.commit()?;
    Ok(outcome)
}

fn one(transaction: &Transaction<'_>, arrival: &Arrival) -> Result<Committed, Error> {
    count(transaction, arrival)?;
    // When each trace that grows began, as far as this arrival tells.
    let mut grown = BTreeMap::<&str, Timestamp>::new();
    for record in &arrival.decoded.records {
        let time = self::record(transaction, record)?;
        if let Some(trace_id) = record.trace_id() {
            let start = grown.entry(trace_id).or_insert(time);
            *start = time.min(*start);
        }
    }
    for item in &arrival.decoded.raw {
        raw(transaction, arrival, item)?;
    }
    let mut upsert = transaction.prepare_cached(
        "INSERT INTO traces (trace_id, start, last_arrival) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET start = min(start, ?2), last_arrival = max(last_arrival, ?3)",
    )?;
    for (trace_id, start) in &grown {
        upsert.execute(params![trace_id, start.0, arrival.received.0])?;
    }
    Ok(Committed {
        traces: grown.into_keys().map(str::to_owned).collect(),
    })
}

fn count(transaction: &Transaction<'_>, arrival: &Arrival) -> Result<(), Error> {
    if !arrival.later {
        intake::count(transaction, Kind::Envelope, "", 1)?;
    }
    for (item_type, count) in &arrival.decoded.items {
        intake::count(transaction, Kind::Item, item_type, *count)?;
    }
    for problem in &arrival.decoded.problems {
        intake::count(transaction, Kind::Problem, problem.reason.name(), 1)?;
    }
    if let Some(reason) = arrival.refused {
        intake::count(transaction, Kind::Problem, reason, 1)?;
    }
    Ok(())
}

/// Writes a record; returns its time.
fn record(transaction: &Transaction<'_>, record: &Record) -> Result<Timestamp, Error> {
    match record {
        Record::Span(span) => {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO spans (trace_id, service, start, end, body) VALUES (?, ?, ?, ?, ?)",
            )?;
            let body = serde_json::to_string(span)?;
            let (start, end) = (span.start, span.end);
            insert.execute(params![span.trace_id, span.service, start.0, end.0, body])?;
            Ok(start)
        }
        Record::Event(event) => {
            let mut insert = transaction
                .prepare_cached("INSERT INTO events (trace_id, time, body) VALUES (?, ?, ?)")?;
            let body = serde_json::to_string(event)?;
            insert.execute(params![event.trace_id, event.time.0, body])?;
            Ok(event.time)
        }
        Record::Log(log) => {
            let mut insert = transaction
                .prepare_cached("INSERT INTO logs (trace_id, time, body) VALUES (?, ?, ?)")?;
            insert.execute(params![
                log.trace_id,
                log.time.0,
                serde_json::to_string(log)?
            ])?;
            Ok(log.time)
        }
        Record::LossReport(loss) => {
            let mut insert =
                transaction.prepare_cached("INSERT INTO losses (time, body) VALUES (?, ?)")?;
            insert.execute(params![loss.time.0, serde_json::to_string(loss)?])?;
            intake::count_loss(transaction, loss)?;
            Ok(loss.time)
        }
    }
}

fn raw(transaction: &Transaction<'_>, arrival: &Arrival, item: &RawItem) -> Result<(), Error> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO raw_items (trace_id, received, project, item_type, header, payload)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    insert.execute(params![
        item.trace_id,
        arrival.received.0,
        arrival.project,
        item.item_type,
        item.header,
        item.payload
    ])?;
    Ok(())
}
