//! Walking: for each piece of a level one statement and direction for the edges,
//! run for each of its nodes, and one for the nodes that they lead to.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::{node, sql::Sql, statement};
use crate::{Direction, Edge, Error, Traverse, TraversePart, walk::Walk};

/// The nodes to start from, each once.
pub(super) fn start(db: &Connection, request: &Traverse) -> Result<Vec<crate::Node>, Error> {
    let ids: BTreeSet<_> = request.start.iter().map(String::as_str).collect();
    let nodes = node::get_many(db, ids.iter().copied())?;
    let mut found = nodes.iter().peekable();
    for id in ids {
        if found.next_if(|node| node.id == id).is_none() {
            return Err(Error::no_node(id));
        }
    }
    Ok(nodes)
}

/// What the edges of a piece of a level lead to.
pub(super) fn expand(
    db: &Connection,
    request: &Traverse,
    walk: &mut Walk,
    piece: &[String],
) -> Result<TraversePart, Error> {
    let mut edges = vec![Vec::new(); piece.len()];
    if request.direction.goes_out() {
        read(
            db,
            request,
            Direction::Out,
            walk.most_edges(),
            piece,
            &mut edges,
        )?;
    }
    if request.direction.goes_in() {
        read(
            db,
            request,
            Direction::In,
            walk.most_edges(),
            piece,
            &mut edges,
        )?;
    }
    let found = walk.take(piece, edges);
    let nodes = match found.ids.is_empty() {
        true => Vec::new(),
        false => node::get_many(db, found.ids.iter().map(String::as_str))?,
    };
    Ok(TraversePart {
        level: found.level,
        nodes,
        edges: found.edges,
    })
}

/// Adds to each node's edges those of one direction, in order, up to `most` in all.
fn read(
    db: &Connection,
    request: &Traverse,
    direction: Direction,
    most: usize,
    piece: &[String],
    edges: &mut [Vec<Edge>],
) -> Result<(), Error> {
    let mut sql = sql(request, direction)?;
    let items = piece.iter().zip(edges.iter_mut());
    statement::built_many(
        db,
        &mut sql,
        items,
        |sql, (near, edges)| {
            let rest = most.saturating_sub(edges.len());
            sql.set(NEAR, String::clone(near));
            sql.set(MOST, i64::try_from(rest).unwrap_or(i64::MAX));
        },
        |(_, edges), row| {
            edges.push(node::read_edge(row)?);
            Ok(())
        },
    )
}

/// The numbers of the parameters that differ from node to node.
const NEAR: usize = 1;
const MOST: usize = 2;

fn sql(request: &Traverse, direction: Direction) -> Result<Sql, Error> {
    let outward = direction == Direction::Out;
    let mut sql = Sql::with_open(MOST);
    sql.push("SELECT e.source, e.type, e.target, e.properties FROM edge AS e");
    if !request.node_types.is_empty() {
        sql.push(" CROSS JOIN node AS n ON n.id = ");
        sql.push(if outward { "e.target" } else { "e.source" });
        sql.push(" AND n.type IN (SELECT value FROM json_each(");
        sql.bind(node::json(&request.node_types)?);
        sql.push("))");
    }
    sql.push(if outward {
        " WHERE e.source = ?1"
    } else {
        " WHERE e.target = ?1"
    });
    if request.direction == Direction::Both && !outward {
        // An edge from a node to itself is there once.
        sql.push(" AND e.source <> e.target");
    }
    if !request.edge_types.is_empty() {
        sql.push(" AND e.type IN (SELECT value FROM json_each(");
        sql.bind(node::json(&request.edge_types)?);
        sql.push("))");
    }
    sql.push(if outward {
        " ORDER BY e.type, e.target LIMIT ?2"
    } else {
        " ORDER BY e.type, e.source LIMIT ?2"
    });
    Ok(sql)
}
