//! Importing: a batch and how far the import has come are one transaction, so that
//! whoever goes on after a break neither leaves out a batch nor writes one twice.

use std::time::UNIX_EPOCH;

use rusqlite::Connection;

use super::{
    caller::Caller,
    fault,
    feed::Feed,
    mutate::{change, transaction},
    statement,
};
use crate::{Change, Error, ImportBatch, ImportStep, Imported, Mutation, ReadImport};

const LAST: &str = "SELECT sequence FROM import_progress WHERE id = ?1";
const SET_LAST: &str = "INSERT INTO import_progress (id, sequence, touched) VALUES (?1, ?2, ?3) \
     ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, touched = excluded.touched";
const FORGET: &str = "DELETE FROM import_progress WHERE touched <= ?1";

/// Writes a batch, if it is the one that is due.
pub(super) fn write(
    db: &Connection,
    caller: &Caller,
    batch: ImportBatch,
    feed: &Feed<'_>,
) -> Result<Imported, Error> {
    let (nodes, edges) = (batch.nodes.len(), batch.edges.len());
    let puts = batch.nodes.into_iter().map(Change::PutNode);
    let puts = puts.chain(batch.edges.into_iter().map(Change::PutEdge));
    let mutations: Vec<_> = puts.map(Mutation::from).collect();
    let subject = |index| match index {
        node if node < nodes => format!("nodes[{node}]"),
        edge => format!("edges[{}]", edge - nodes),
    };
    let results = transaction(db, caller, || {
        if let Some(step) = &batch.step {
            advance(db, step, feed)?;
        }
        change(db, feed, &mutations, subject)
    })?;
    Ok(Imported {
        nodes: nodes as u64,
        edges: edges as u64,
        changed: results.iter().filter(|result| result.changed).count() as u64,
    })
}

/// The last batch that was committed.
pub(super) fn last(db: &Connection, request: &ReadImport) -> Result<u64, Error> {
    let found = statement::rows(db, LAST, [&request.import_id], |row| {
        row.get(0).map_err(fault::error)
    })?;
    Ok(found.first().copied().unwrap_or(0))
}

/// Notes that the import has come to this step.
fn advance(db: &Connection, step: &ImportStep, feed: &Feed<'_>) -> Result<(), Error> {
    let now = feed.now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let kept = now.saturating_sub(feed.limits.import_kept);
    statement::execute(db, FORGET, [kept.as_secs()])?;
    let ImportStep {
        import_id,
        sequence,
    } = step;
    let request = ReadImport {
        import_id: import_id.clone(),
    };
    let due = last(db, &request)?.saturating_add(1);
    if ![1, due].contains(sequence) {
        return Err(Error::OutOfTurn {
            sequence: *sequence,
            due,
        });
    }
    statement::execute(db, SET_LAST, (import_id, sequence, now.as_secs()))?;
    Ok(())
}
