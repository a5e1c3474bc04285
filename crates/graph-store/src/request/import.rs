//! Importing in batches, so that an import that was cut off can go on.

use crate::{Edge, Error, Limits, Node, check};

/// One batch of an import.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportBatch {
    /// Nodes to create or replace.
    pub nodes: Vec<Node>,
    /// Edges to create or replace, after the nodes.
    pub edges: Vec<Edge>,
    /// Which batch of which import this is; nothing is remembered of one without.
    pub step: Option<ImportStep>,
}

/// A batch's place in an import that has a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportStep {
    /// The import's name.
    pub import_id: String,
    /// 1 begins the import, or begins it anew; else one more than the last that was committed.
    pub sequence: u64,
}

impl ImportBatch {
    /// Checks every field.
    pub fn check(&self, limits: &Limits) -> Result<(), Error> {
        if let Some(step) = &self.step {
            check::import_id(&step.import_id, limits)?;
        }
        let field = if self.nodes.len() > limits.mutations {
            "nodes"
        } else {
            "edges"
        };
        let count = self.nodes.len() + self.edges.len();
        check::count(field, count, 0, limits.mutations)?;
        for (index, node) in self.nodes.iter().enumerate() {
            check::node(&format!("nodes[{index}]"), node, limits)?;
        }
        for (index, edge) in self.edges.iter().enumerate() {
            check::edge(&format!("edges[{index}]"), edge, limits)?;
        }
        Ok(())
    }
}

/// Asks how far an import has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadImport {
    /// The import's name.
    pub import_id: String,
}

impl ReadImport {
    /// Checks every field.
    pub fn check(&self, limits: &Limits) -> Result<(), Error> {
        check::import_id(&self.import_id, limits)
    }
}

/// What an import of one batch wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Nodes of the batch.
    pub nodes: u64,
    /// Edges of the batch.
    pub edges: u64,
    /// Those of both that were not there just so already.
    pub changed: u64,
}
