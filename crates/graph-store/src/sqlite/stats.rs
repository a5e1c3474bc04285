//! Counting, from the tallies that every write keeps.

use rusqlite::Connection;

use super::{fault, statement};
use crate::{Error, Stats, TypeCount};

const TALLIES: &str = "SELECT kind, type, count FROM tally WHERE count > 0 ORDER BY kind, type";

/// A tally of nodes.
pub(super) const NODE: &str = "node";
/// A tally of edges.
pub(super) const EDGE: &str = "edge";

pub(super) fn count(db: &Connection) -> Result<Stats, Error> {
    let mut stats = Stats::default();
    statement::rows(db, TALLIES, [], |row| {
        let kind: String = row.get(0).map_err(fault::error)?;
        let (all, types) = match kind.as_str() {
            NODE => (&mut stats.node_count, &mut stats.node_types),
            _ => (&mut stats.edge_count, &mut stats.edge_types),
        };
        let name = row.get(1).map_err(fault::error)?;
        let count = row.get(2).map_err(fault::error)?;
        *all += count;
        types.push(TypeCount { name, count });
        Ok(())
    })?;
    Ok(stats)
}
