//! The change feed: written in the transaction of the change itself, and kept
//! within bounds of count, bytes and age.

use std::{cell::Cell, collections::BTreeSet, ops::ControlFlow, time::SystemTime};

use rusqlite::Connection;

use super::{fault, node, statement};
use crate::{
    ChangesPart, Error, Limits, ReadChanges,
    changes::{self, Neighbours, micros, timestamp, wanted},
    page::Query,
    plan::{Plan, Stored},
};

const NEIGHBOUR_TYPES: &str = "SELECT wanted.value, n.type FROM json_each(?1) AS wanted \
     CROSS JOIN edge AS e ON e.source = wanted.value CROSS JOIN node AS n ON n.id = e.target \
     UNION SELECT wanted.value, n.type FROM json_each(?1) AS wanted \
     CROSS JOIN edge AS e ON e.target = wanted.value CROSS JOIN node AS n ON n.id = e.source";
const END: &str = "SELECT identity, place, bytes FROM feed_end";
const SET_END: &str = "UPDATE feed_end SET place = ?1, bytes = ?2";
const APPEND: &str = "INSERT INTO feed (place, first, committed, bytes, changes) \
     VALUES (?1, ?2, ?3, ?4, ?5)";
const TRIM: &str = "DELETE FROM feed WHERE place <= max(?1, \
     (SELECT coalesce(max(place), 0) FROM feed WHERE committed <= ?2), \
     (SELECT coalesce(max(place), 0) FROM feed WHERE bytes <= ?3))";
const OLDEST: &str = "SELECT first FROM feed WHERE place > 0 ORDER BY place LIMIT 1";
/// So many parts are looked through for a change of the wanted types in one call.
const AFTER: &str = "SELECT place, committed, changes FROM feed \
     WHERE place > ?1 ORDER BY place LIMIT 64";

/// When a write happens, and what is kept of it.
pub(super) struct Feed<'a> {
    pub(super) now: SystemTime,
    pub(super) limits: &'a Limits,
    added: Cell<u64>,
}

/// The last place that was given out, and in which database.
struct End {
    identity: String,
    place: u64,
    bytes: u64,
}

impl End {
    fn load(db: &Connection) -> Result<Self, Error> {
        let mut found = statement::rows(db, END, [], |row| {
            Ok(Self {
                identity: row.get(0).map_err(fault::error)?,
                place: row.get(1).map_err(fault::error)?,
                bytes: row.get(2).map_err(fault::error)?,
            })
        })?;
        let missing = || Error::Internal("the feed has no end".to_owned());
        found.pop().ok_or_else(missing)
    }

    fn token(&self, place: u64) -> String {
        query(&self.identity).token(&place)
    }
}

/// A token is good for its database, whatever the types that are watched.
fn query(identity: &str) -> Query {
    Query::new(&("changes", identity))
}

/// The types of those who lose an edge by the nodes that are removed; to be asked
/// before they are.
pub(super) fn neighbours(db: &Connection, plan: &Plan) -> Result<Neighbours, Error> {
    let mut neighbours = Neighbours::new();
    if plan.drop_nodes.is_empty() {
        return Ok(neighbours);
    }
    let ids = node::json(&plan.drop_nodes)?;
    statement::rows(db, NEIGHBOUR_TYPES, [ids], |row| {
        let (id, node_type) = (row.get(0), row.get(1));
        let types: &mut BTreeSet<String> = neighbours.entry(id.map_err(fault::error)?).or_default();
        types.insert(node_type.map_err(fault::error)?);
        Ok(())
    })?;
    Ok(neighbours)
}

impl<'a> Feed<'a> {
    pub(super) fn new(now: SystemTime, limits: &'a Limits) -> Self {
        let added = Cell::new(0);
        Self { now, limits, added }
    }

    /// How many changes were added.
    pub(super) fn added(&self) -> u64 {
        self.added.get()
    }

    /// Adds what was written to the feed and forgets what is too old.
    pub(super) fn append(
        &self,
        db: &Connection,
        plan: &Plan,
        stored: &Stored,
        neighbours: &Neighbours,
    ) -> Result<(), Error> {
        let mut end = End::load(db)?;
        let before = end.place;
        let now = micros(self.now);
        let mut rows = Vec::new();
        let mut part = Vec::new();
        let mut size = 0;
        let mut kept = changes::kept(plan, stored, neighbours)?
            .into_iter()
            .peekable();
        while let Some(change) = kept.next() {
            let change = node::json(&change)?;
            size += change.len();
            part.push(change);
            let full =
                part.len() >= self.limits.feed_part_changes || size >= self.limits.part_bytes;
            if full || kept.peek().is_none() {
                let first = end.place + 1;
                end.place += part.len() as u64;
                end.bytes += size as u64;
                let changes = format!("[{}]", part.join(","));
                rows.push((end.place, first, now, end.bytes, changes));
                part.clear();
                size = 0;
            }
        }
        statement::batch(db, APPEND, rows.into_iter(), |row| row)?;
        statement::execute(db, SET_END, (end.place, end.bytes))?;
        let age = i64::try_from(self.limits.feed_age.as_micros()).unwrap_or(i64::MAX);
        let trim = (
            end.place.saturating_sub(self.limits.feed_changes as u64),
            now.saturating_sub(age),
            end.bytes.saturating_sub(self.limits.feed_bytes as u64),
        );
        statement::execute(db, TRIM, trim)?;
        self.added.set(self.added.get() + end.place - before);
        Ok(())
    }
}

/// The token of the feed's end in this snapshot.
pub(super) fn end_token(db: &Connection) -> Result<String, Error> {
    let end = End::load(db)?;
    Ok(end.token(end.place))
}

/// The first part after the token that has something of what is asked for.
pub(super) fn read(
    db: &Connection,
    request: &ReadChanges,
    limits: &Limits,
) -> Result<ChangesPart, Error> {
    const FIELD: &str = "resume_token";
    let end = End::load(db)?;
    let place = query(&end.identity).place_of(FIELD, &request.resume_token, limits)?;
    let after: u64 = place.unwrap_or(end.place);
    let oldest = statement::rows(db, OLDEST, [], |row| {
        row.get::<_, u64>(0).map_err(fault::error)
    })?;
    let kept_from = oldest.first().map_or(end.place, |first| first - 1);
    if !(kept_from..=end.place).contains(&after) {
        return Err(Error::OutOfRange {
            field: FIELD,
            problem: "the changes after it are no longer kept; export the graph again and \
                      go on from that export's watch_token"
                .to_owned(),
        });
    }
    let mut part = ChangesPart::default();
    let mut at = after;
    if after < end.place {
        statement::visit(db, AFTER, [after], |row| {
            at = row.get(0).map_err(fault::error)?;
            let changes: String = row.get(2).map_err(fault::error)?;
            part.changes = wanted(&changes, &request.node_types)?;
            if part.changes.is_empty() {
                return Ok(ControlFlow::Continue(()));
            }
            part.committed = Some(timestamp(row.get(1).map_err(fault::error)?));
            Ok(ControlFlow::Break(()))
        })?;
    }
    part.caught_up = at == end.place;
    part.resume_token = end.token(at);
    Ok(part)
}
