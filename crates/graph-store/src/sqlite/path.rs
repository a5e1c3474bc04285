//! The shortest path: two statements for each level, which weigh both ends and read the edges of the lighter, one for the
//! path's nodes, one for its edges.

use std::sync::Arc;

use rusqlite::{Connection, ToSql};

use super::{caller::Caller, fault, node, statement};
use crate::{
    Direction, EdgeKey, Error, FindPath, Path,
    bfs::{self, Bounds, Failure, Found, Side, Sink, Step},
};

/// The edges that may be followed from a level, by direction (out, in, both). The
/// far end of the search is kept out by no filter.
macro_rules! level {
    (@half $near:literal $far:literal $outward:literal $types:literal) => {
        concat!(
            "SELECT e.", $near, ", e.", $far, ", e.type, ", $outward,
            " FROM json_each(:level) AS near CROSS JOIN edge AS e ON e.", $near, " = near.value",
            $types,
        )
    };
    (@half $near:literal $far:literal $outward:literal $types:literal nodes) => {
        concat!(
            level!(@half $near $far $outward $types),
            " CROSS JOIN node AS n ON n.id = e.", $far,
            " AND (n.id = :end OR n.type IN (SELECT value FROM json_each(:node_types)))",
        )
    };
    ($types:literal $($nodes:ident)?) => {
        [
            level!(@half "source" "target" "1" $types $($nodes)?),
            level!(@half "target" "source" "0" $types $($nodes)?),
            concat!(
                level!(@half "source" "target" "1" $types $($nodes)?),
                " UNION ALL ",
                level!(@half "target" "source" "0" $types $($nodes)?),
            ),
        ]
    };
}

const ANY: [&str; 3] = level!("");
const TYPES: [&str; 3] = level!(" AND e.type IN (SELECT value FROM json_each(:edge_types))");
const NODES: [&str; 3] = level!("" nodes);
const BOTH: [&str; 3] = level!(" AND e.type IN (SELECT value FROM json_each(:edge_types))" nodes);

/// How many edges the levels of both ends have, up to a bound; those that lead to a node of another type count as
/// well, for else all of these would have to be read. By direction, as the start sees it.
macro_rules! weigh {
    (@half $level:literal $near:literal $types:literal) => {
        concat!(
            "SELECT 1 FROM json_each(", $level, ") AS near CROSS JOIN edge AS e ON e.", $near,
            " = near.value", $types,
        )
    };
    (@both $level:literal $types:literal) => {
        concat!(
            weigh!(@half $level "source" $types), " UNION ALL ", weigh!(@half $level "target" $types),
        )
    };
    (@of $ahead:expr, $behind:expr) => {
        concat!(
            "SELECT (SELECT count(*) FROM (", $ahead, " LIMIT :most)), \
             (SELECT count(*) FROM (", $behind, " LIMIT :most))",
        )
    };
    ($types:literal) => {
        [
            weigh!(@of weigh!(@half ":ahead" "source" $types), weigh!(@half ":behind" "target" $types)),
            weigh!(@of weigh!(@half ":ahead" "target" $types), weigh!(@half ":behind" "source" $types)),
            weigh!(@of weigh!(@both ":ahead" $types), weigh!(@both ":behind" $types)),
        ]
    };
}

const WEIGH: [&str; 3] = weigh!("");
const WEIGH_TYPES: [&str; 3] = weigh!(" AND e.type IN (SELECT value FROM json_each(:edge_types))");

pub(super) fn find(
    db: &Connection,
    caller: &Caller,
    request: &FindPath,
    bounds: Bounds,
) -> Result<Option<Path>, Error> {
    let ends = node::get_many(db, [request.from.as_str(), request.to.as_str()])?;
    for id in [&request.from, &request.to] {
        if !ends.iter().any(|node| node.id == *id) {
            return Err(Error::no_node(id));
        }
    }
    let edge_types = node::json(&request.edge_types)?;
    let node_types = node::json(&request.node_types)?;
    let weigh = |ends: [&[Arc<str>]; 2], most: usize| {
        caller.still_waits()?;
        let sql = match request.edge_types.is_empty() {
            true => &WEIGH,
            false => &WEIGH_TYPES,
        };
        let [ahead, behind] = [list(ends[0])?, list(ends[1])?];
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut params: Vec<(&str, &dyn ToSql)> =
            vec![(":ahead", &ahead), (":behind", &behind), (":most", &most)];
        if !request.edge_types.is_empty() {
            params.push((":edge_types", &edge_types));
        }
        let counts = statement::rows(db, of(sql, request.direction), &*params, |row| {
            let count = |at| row.get(at).map_err(fault::error);
            Ok([count(0)?, count(1)?])
        })?;
        Ok(counts.first().copied().unwrap_or_default())
    };
    let expand = |side, level: &[Arc<str>], sink: &mut Sink<'_>| {
        caller.still_waits()?;
        let (direction, end) = match side {
            Side::Forward => (request.direction, &request.to),
            Side::Backward => (request.direction.reversed(), &request.from),
        };
        let variants = match (request.edge_types.is_empty(), request.node_types.is_empty()) {
            (true, true) => &ANY,
            (false, true) => &TYPES,
            (true, false) => &NODES,
            (false, false) => &BOTH,
        };
        let level = list(level)?;
        let mut params: Vec<(&str, &dyn ToSql)> = vec![(":level", &level)];
        if !request.edge_types.is_empty() {
            params.push((":edge_types", &edge_types));
        }
        if !request.node_types.is_empty() {
            params.extend([(":node_types", &node_types as &dyn ToSql), (":end", end)]);
        }
        statement::visit(db, of(variants, direction), &*params, |row| {
            let text = |at| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
            Ok(sink(Found {
                near: text(0).map_err(fault::error)?,
                far: text(1).map_err(fault::error)?,
                edge_type: text(2).map_err(fault::error)?,
                outward: row.get(3).map_err(fault::error)?,
            }))
        })
    };
    match bfs::shortest(&request.from, &request.to, bounds, weigh, expand) {
        Ok(None) => Ok(None),
        Ok(Some(steps)) => load(db, &request.from, &steps).map(Some),
        Err(Failure::Expand(error)) => Err(error),
        Err(Failure::TooManyEdges) => Err(Error::Exhausted {
            limit: "path_edges",
            allowed: bounds.edges,
        }),
    }
}

/// The variant for a direction.
fn of(variants: &[&'static str; 3], direction: Direction) -> &'static str {
    match direction {
        Direction::Out => variants[0],
        Direction::In => variants[1],
        Direction::Both => variants[2],
    }
}

/// A level as the parameter of a statement.
fn list(level: &[Arc<str>]) -> Result<String, Error> {
    node::json(&level.iter().map(AsRef::<str>::as_ref).collect::<Vec<_>>())
}

/// The nodes and edges of a path that was found in this snapshot.
fn load(db: &Connection, from: &str, steps: &[Step]) -> Result<Path, Error> {
    let mut ids = vec![from];
    let mut keys = Vec::new();
    for step in steps {
        let at = ids[ids.len() - 1];
        let (source, target) = if step.along {
            (at, step.to.as_str())
        } else {
            (&*step.to, at)
        };
        keys.push(EdgeKey::new(source, &step.edge_type, target));
        ids.push(&step.to);
    }
    let edges = if keys.is_empty() {
        Vec::new()
    } else {
        node::edges_many(db, &keys)?
    };
    Ok(Path {
        nodes: node::get_many(db, ids)?,
        edges,
    })
}
