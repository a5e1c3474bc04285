//! Reading the whole graph.

use crate::{Edge, Error, Limits, Node, check};

/// Asks for the next part of a snapshot, or for the first of a new one.
#[derive(Clone, Debug, Default)]
pub struct ExportGraph {
    /// Only nodes of these types, and edges between them; all if empty.
    pub node_types: Vec<String>,
    /// Only edges of these types; all if empty.
    pub edge_types: Vec<String>,
    /// The token of the part before; empty takes a new snapshot.
    pub resume_token: String,
}

impl ExportGraph {
    /// Checks every field but the token.
    pub fn check(&self, limits: &Limits) -> Result<(), Error> {
        check::types("node_types", &self.node_types, limits)?;
        check::types("edge_types", &self.edge_types, limits)
    }
}

/// One part of a snapshot: nodes in the order of their ids, then edges in that of
/// their keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportPart {
    /// Some nodes.
    pub nodes: Vec<Node>,
    /// Some edges.
    pub edges: Vec<Edge>,
    /// Names the place after this part in this snapshot.
    pub resume_token: String,
    /// The place in the change feed at which the snapshot was taken.
    pub watch_token: String,
    /// There is no more.
    pub last: bool,
}
