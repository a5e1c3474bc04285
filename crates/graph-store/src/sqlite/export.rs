//! One part of a snapshot: a page by key, nodes first, then edges.

use std::ops::ControlFlow;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{fault, feed, node, statement};
use crate::{EdgeKey, Error, ExportGraph, ExportPart, Limits, page::Query};

const FIELD: &str = "resume_token";

/// `+` keeps the filter from choosing an index by which the rows would have to be sorted.
macro_rules! nodes {
    ($types:literal) => {
        concat!(
            "SELECT id, type, properties, revision FROM node WHERE id > ?1",
            $types,
            " ORDER BY id LIMIT ?2"
        )
    };
}

macro_rules! edges {
    ($nodes:literal $types:literal) => {
        concat!(
            "SELECT e.source, e.type, e.target, e.properties FROM edge AS e",
            $nodes,
            " WHERE (e.source, e.type, e.target) > (?1, ?2, ?3)",
            $types,
            " ORDER BY e.source, e.type, e.target LIMIT ?4"
        )
    };
}

const NODES: &str = nodes!("");
const NODES_OF: &str = nodes!(" AND +type IN (SELECT value FROM json_each(?3))");
const EDGES: &str = edges!("" "");
const EDGES_OF: &str = edges!("" " AND +e.type IN (SELECT value FROM json_each(?5))");
const EDGES_BETWEEN: &str = edges!(
    " CROSS JOIN node AS s ON s.id = e.source AND +s.type IN (SELECT value FROM json_each(?5)) \
     CROSS JOIN node AS t ON t.id = e.target AND +t.type IN (SELECT value FROM json_each(?5))" ""
);
const EDGES_OF_BETWEEN: &str = edges!(
    " CROSS JOIN node AS s ON s.id = e.source AND +s.type IN (SELECT value FROM json_each(?5)) \
     CROSS JOIN node AS t ON t.id = e.target AND +t.type IN (SELECT value FROM json_each(?5))"
    " AND +e.type IN (SELECT value FROM json_each(?6))"
);

/// A checked request.
pub(super) struct Export {
    request: ExportGraph,
    query: Query,
    place: Option<Place>,
}

/// Where in which snapshot.
#[derive(Clone, Serialize, Deserialize)]
struct Place {
    snapshot: u64,
    at: At,
}

#[derive(Clone, Serialize, Deserialize)]
enum At {
    /// After the node with this id.
    Node(String),
    /// After the edge with this key.
    Edge(String, String, String),
}

impl Export {
    pub(super) fn new(request: ExportGraph, limits: &Limits) -> Result<Self, Error> {
        request.check(limits)?;
        let query = Query::new(&("export", &request.node_types, &request.edge_types));
        let place = query.place_of(FIELD, &request.resume_token, limits)?;
        Ok(Self {
            request,
            query,
            place,
        })
    }

    /// The snapshot to go on with; none for a new one.
    pub(super) fn snapshot(&self) -> Option<u64> {
        self.place.as_ref().map(|place| place.snapshot)
    }

    pub(super) fn gone() -> Error {
        Error::Gone {
            field: FIELD,
            problem: "its snapshot is no longer kept; begin a new export without a token"
                .to_owned(),
        }
    }

    pub(super) fn read(
        self,
        db: &Connection,
        snapshot: u64,
        limits: &Limits,
    ) -> Result<ExportPart, Error> {
        let mut part = ExportPart {
            watch_token: feed::end_token(db)?,
            ..ExportPart::default()
        };
        let mut room = Room {
            items: limits.export_part.max(1),
            bytes: limits.part_bytes,
        };
        let begin = At::Node(String::new());
        let mut at = self.place.as_ref().map_or(begin, |it| it.at.clone());
        if let At::Node(after) = &at {
            let more = self.nodes(db, after, &mut room, &mut part)?;
            if more {
                let last = part.nodes.last().map(|node| node.id.clone());
                at = At::Node(last.unwrap_or_default());
            } else {
                at = At::Edge(String::new(), String::new(), String::new());
            }
        }
        // Without room too: whether this part is the last depends on whether there is an edge.
        if let At::Edge(from, edge_type, to) = &at {
            let after = (from.as_str(), edge_type.as_str(), to.as_str());
            part.last = !self.edges(db, after, &mut room, &mut part)?;
            if let Some(edge) = part.edges.last() {
                let EdgeKey {
                    from,
                    edge_type,
                    to,
                } = edge.key.clone();
                at = At::Edge(from, edge_type, to);
            }
        }
        part.resume_token = self.query.token(&Place { snapshot, at });
        Ok(part)
    }

    /// Whether there may be more nodes than there was room for.
    fn nodes(
        &self,
        db: &Connection,
        after: &str,
        room: &mut Room,
        part: &mut ExportPart,
    ) -> Result<bool, Error> {
        let types = node::json(&self.request.node_types)?;
        let most = room.items + 1;
        let mut more = false;
        let mut take = |row: &rusqlite::Row<'_>| {
            if !room.is_left() {
                more = true;
                return Ok(ControlFlow::Break(()));
            }
            room.take(row, 2)?;
            part.nodes.push(node::read_node(row)?);
            Ok(ControlFlow::Continue(()))
        };
        if self.request.node_types.is_empty() {
            statement::visit(db, NODES, (after, most), &mut take)?;
        } else {
            statement::visit(db, NODES_OF, (after, most, types), &mut take)?;
        }
        Ok(more)
    }

    /// Whether there may be more edges than there was room for.
    fn edges(
        &self,
        db: &Connection,
        (from, edge_type, to): (&str, &str, &str),
        room: &mut Room,
        part: &mut ExportPart,
    ) -> Result<bool, Error> {
        let ExportGraph {
            node_types,
            edge_types,
            ..
        } = &self.request;
        let (nodes, edges) = (node::json(node_types)?, node::json(edge_types)?);
        let most = room.items + 1;
        let mut more = false;
        let mut take = |row: &rusqlite::Row<'_>| {
            if !room.is_left() {
                more = true;
                return Ok(ControlFlow::Break(()));
            }
            room.take(row, 3)?;
            part.edges.push(node::read_edge(row)?);
            Ok(ControlFlow::Continue(()))
        };
        let take = &mut take;
        match (node_types.is_empty(), edge_types.is_empty()) {
            (true, true) => statement::visit(db, EDGES, (from, edge_type, to, most), take),
            (true, false) => {
                statement::visit(db, EDGES_OF, (from, edge_type, to, most, edges), take)
            }
            (false, true) => {
                statement::visit(db, EDGES_BETWEEN, (from, edge_type, to, most, nodes), take)
            }
            (false, false) => {
                let params = (from, edge_type, to, most, nodes, edges);
                statement::visit(db, EDGES_OF_BETWEEN, params, take)
            }
        }?;
        Ok(more)
    }
}

/// What still goes into a part.
struct Room {
    items: usize,
    bytes: usize,
}

impl Room {
    fn is_left(&self) -> bool {
        self.items > 0 && self.bytes > 0
    }

    /// Counts an item by its properties, which are all that can be large.
    fn take(&mut self, row: &rusqlite::Row<'_>, properties: usize) -> Result<(), Error> {
        let properties = row.get_ref(properties).map_err(fault::error)?;
        let bytes = properties.as_bytes().map_or(0, <[u8]>::len);
        self.items -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
        Ok(())
    }
}
