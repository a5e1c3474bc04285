//! Reading nodes and the edges that touch them.

use rusqlite::{Connection, Row};

use super::{codec, fault, statement};
use crate::{Edge, EdgeKey, Error, GetNode, Node, NodeWithEdges, plan};

const GET: &str = "SELECT id, type, properties, revision FROM node WHERE id = ?1";
const OUTGOING: &str = "SELECT source, type, target, properties FROM edge \
     WHERE source = ?1 ORDER BY type, target LIMIT ?2";
const INCOMING: &str = "SELECT source, type, target, properties FROM edge \
     WHERE target = ?1 ORDER BY type, source LIMIT ?2";
const GET_MANY: &str = "SELECT n.id, n.type, n.properties, n.revision \
     FROM json_each(?1) AS wanted CROSS JOIN node AS n ON n.id = wanted.value";
const EDGES_MANY: &str = "SELECT e.source, e.type, e.target, e.properties \
     FROM json_each(?1) AS wanted CROSS JOIN edge AS e ON e.source = wanted.value ->> 0 \
     AND e.type = wanted.value ->> 1 AND e.target = wanted.value ->> 2";

pub(super) fn get(
    db: &Connection,
    request: &GetNode,
    edges: usize,
) -> Result<NodeWithEdges, Error> {
    let mut found = statement::rows(db, GET, [&request.id], read_node)?;
    let mut answer = NodeWithEdges {
        node: found.pop().ok_or_else(|| Error::no_node(&request.id))?,
        ..NodeWithEdges::default()
    };
    if request.include_edges {
        for (sql, side) in [
            (OUTGOING, &mut answer.outgoing),
            (INCOMING, &mut answer.incoming),
        ] {
            // One more than asked for tells whether there are more.
            *side = statement::rows(db, sql, (&request.id, edges + 1), read_edge)?;
            answer.edges_truncated |= side.len() > edges;
            side.truncate(edges);
        }
    }
    Ok(answer)
}

/// The nodes with these ids, as far as they exist, in the order of the ids.
pub(super) fn get_many<'a>(
    db: &Connection,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Node>, Error> {
    let ids = json(&ids.into_iter().collect::<Vec<_>>())?;
    statement::rows(db, GET_MANY, [ids], read_node)
}

/// The edges with these keys, as far as they exist, in the order of the keys.
pub(super) fn edges_many<'a>(
    db: &Connection,
    keys: impl IntoIterator<Item = &'a EdgeKey>,
) -> Result<Vec<Edge>, Error> {
    let keys: Vec<_> = keys
        .into_iter()
        .map(|key| (&key.from, &key.edge_type, &key.to))
        .collect();
    statement::rows(db, EDGES_MANY, [json(&keys)?], read_edge)
}

/// A list as the one parameter of a statement.
pub(super) fn json(list: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(list).map_err(|error| Error::Internal(error.to_string()))
}

/// A node from the columns id, type, properties, revision.
pub(super) fn read_node(row: &Row<'_>) -> Result<Node, Error> {
    let column = |at| row.get::<_, String>(at).map_err(fault::error);
    Ok(Node {
        id: column(0)?,
        node_type: column(1)?,
        properties: codec::decode(&column(2)?)?,
        etag: plan::etag(row.get(3).map_err(fault::error)?),
    })
}

/// An edge from the columns source, type, target, properties.
pub(super) fn read_edge(row: &Row<'_>) -> Result<Edge, Error> {
    let column = |at| row.get::<_, String>(at).map_err(fault::error);
    Ok(Edge {
        key: EdgeKey {
            from: column(0)?,
            edge_type: column(1)?,
            to: column(2)?,
        },
        properties: codec::decode(&column(3)?)?,
    })
}
