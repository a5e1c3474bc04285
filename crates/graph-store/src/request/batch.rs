//! Reading many nodes.

use crate::{Error, Limits, Node, check};

/// Asks for the nodes with some ids.
#[derive(Clone, Debug, Default)]
pub struct BatchGetNodes {
    /// The ids; one named twice is answered twice.
    pub ids: Vec<String>,
}

impl BatchGetNodes {
    /// Checks every field.
    pub fn check(&self, limits: &Limits) -> Result<(), Error> {
        check::count("ids", self.ids.len(), 0, limits.batch_ids)?;
        for (index, id) in self.ids.iter().enumerate() {
            check::id(&format!("ids[{index}]"), id, limits)?;
        }
        Ok(())
    }
}

/// The nodes that were found, and the ids that name none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeBatch {
    /// The nodes found, in the order of the ids.
    pub nodes: Vec<Node>,
    /// The ids that name no node, in order.
    pub missing: Vec<String>,
}

impl NodeBatch {
    /// From the nodes that were found, in the order of the ids.
    pub(crate) fn new(ids: Vec<String>, nodes: Vec<Node>) -> Self {
        let mut found = nodes.iter().peekable();
        let mut missing = ids;
        missing.retain(|id| found.next_if(|node| node.id == *id).is_none());
        Self { nodes, missing }
    }
}
