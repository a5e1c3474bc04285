//! Reading one node.

use crate::{Edge, Error, Limits, Node, check};

/// Asks for one node.
#[derive(Clone, Debug, Default)]
pub struct GetNode {
    /// The node's id.
    pub id: String,
    /// Also return the edges that touch it.
    pub include_edges: bool,
    /// At most so many edges in each direction; 0 means the default.
    pub max_edges: usize,
}

impl GetNode {
    /// Checks every field; returns how many edges to read in each direction.
    pub fn check(&self, limits: &Limits) -> Result<usize, Error> {
        check::id("id", &self.id, limits)?;
        check::bounded(
            "max_edges",
            self.max_edges,
            limits.default_node_edges,
            limits.node_edges,
        )
    }
}

/// A node and the edges that were asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeWithEdges {
    /// The node.
    pub node: Node,
    /// Edges that leave it, ordered by type, then by `to`.
    pub outgoing: Vec<Edge>,
    /// Edges that enter it, ordered by type, then by `from`.
    pub incoming: Vec<Edge>,
    /// There are more edges than were returned.
    pub edges_truncated: bool,
}
