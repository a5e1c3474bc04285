//! Walking the graph breadth first.

use crate::{Direction, Edge, Error, Limits, Node, check};

/// Asks for what can be reached from some nodes, level by level.
///
/// From a node, edges that leave it are followed in the order of type and `to`,
/// then edges that enter it in the order of type and `from`; the nodes of a level
/// in the order of their ids. A bound cuts what comes last in this order. An edge
/// is followed if it leads to a node that was seen or that may still be sent.
#[derive(Clone, Debug, Default)]
pub struct Traverse {
    /// The ids of the nodes to start from; each must exist.
    pub start: Vec<String>,
    /// Only edges of these types; all types if empty.
    pub edge_types: Vec<String>,
    /// Which way edges are followed.
    pub direction: Direction,
    /// How many levels below the start; 0 means the default.
    pub max_depth: usize,
    /// At most so many edges of one node; 0 means the default.
    pub max_fan_out: usize,
    /// At most so many nodes; 0 means the default.
    pub max_nodes: usize,
    /// Only edges to nodes of these types; all types if empty.
    pub node_types: Vec<String>,
}

/// How far a walk may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraverseBounds {
    /// Levels below the start.
    pub depth: usize,
    /// Edges of one node.
    pub fan_out: usize,
    /// Nodes in all.
    pub nodes: usize,
}

impl Traverse {
    /// Checks every field; returns how far the walk may go.
    pub fn check(&self, limits: &Limits) -> Result<TraverseBounds, Error> {
        check::count("start", self.start.len(), 1, limits.traverse_start)?;
        for (index, id) in self.start.iter().enumerate() {
            check::id(&format!("start[{index}]"), id, limits)?;
        }
        check::types("edge_types", &self.edge_types, limits)?;
        check::types("node_types", &self.node_types, limits)?;
        let (depth, fan_out, nodes) = (self.max_depth, self.max_fan_out, self.max_nodes);
        let bounded = check::bounded;
        Ok(TraverseBounds {
            depth: bounded(
                "max_depth",
                depth,
                limits.default_traverse_depth,
                limits.traverse_depth,
            )?,
            fan_out: bounded(
                "max_fan_out",
                fan_out,
                limits.default_fan_out,
                limits.fan_out,
            )?,
            nodes: bounded(
                "max_nodes",
                nodes,
                limits.default_traverse_nodes,
                limits.traverse_nodes,
            )?,
        })
    }
}

/// Some of what was found on a level.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraversePart {
    /// The level; 0 holds the start.
    pub level: usize,
    /// Nodes first seen here, in id order.
    pub nodes: Vec<Node>,
    /// Edges followed to get here, in key order.
    pub edges: Vec<Edge>,
}

/// How a walk ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraverseSummary {
    /// Nodes sent.
    pub node_count: u64,
    /// Edges sent.
    pub edge_count: u64,
    /// Levels with anything on them, the start included.
    pub levels: usize,
    /// Whether there were edges below the last level to follow.
    pub cut_by_depth: bool,
    /// Whether there were more nodes than might be sent; the walk ended on that level.
    pub cut_by_nodes: bool,
    /// The first nodes that had more edges than might be followed.
    pub cut_by_fan_out: Vec<String>,
}
