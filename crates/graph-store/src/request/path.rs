//! Finding the shortest path.

use crate::{Direction, Edge, Error, Limits, Node, check};

/// Asks for the shortest path between two nodes.
#[derive(Clone, Debug, Default)]
pub struct FindPath {
    /// The node to start from.
    pub from: String,
    /// The node to reach.
    pub to: String,
    /// Only edges of these types; all types if empty.
    pub edge_types: Vec<String>,
    /// Which way edges may be followed.
    pub direction: Direction,
    /// At most so many edges; 0 means the default.
    pub max_depth: usize,
    /// Only through nodes of these types, the two ends aside; all if empty.
    pub node_types: Vec<String>,
}

impl FindPath {
    /// Checks every field; returns how many edges the path may have.
    pub fn check(&self, limits: &Limits) -> Result<usize, Error> {
        check::id("from", &self.from, limits)?;
        check::id("to", &self.to, limits)?;
        check::types("edge_types", &self.edge_types, limits)?;
        check::types("node_types", &self.node_types, limits)?;
        check::bounded(
            "max_depth",
            self.max_depth,
            limits.default_path_depth,
            limits.path_depth,
        )
    }
}

/// A path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// Its nodes, both ends included.
    pub nodes: Vec<Node>,
    /// The edges between them as stored, one fewer than nodes. Of several between
    /// two nodes, the one of the smallest type; then the one along the path.
    pub edges: Vec<Edge>,
}
