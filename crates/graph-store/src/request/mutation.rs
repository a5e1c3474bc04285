//! Changing the graph.

use serde::{Deserialize, Serialize};

use crate::{Edge, EdgeKey, Error, Limits, Node, check};

/// Asks for changes, all of them or none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApplyMutations {
    /// The changes, in order.
    pub mutations: Vec<Mutation>,
    /// A key under which the answer is kept; empty means none.
    pub idempotency_key: String,
}

/// One change and what must be true just before it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mutation {
    /// What must be true; nothing if absent.
    pub precondition: Option<Precondition>,
    /// The change.
    pub change: Change,
}

impl From<Change> for Mutation {
    fn from(change: Change) -> Self {
        Self {
            precondition: None,
            change,
        }
    }
}

/// A condition on the node or edge that a mutation names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Precondition {
    /// It must exist, or must not.
    Exists(bool),
    /// The node's etag must be this one.
    Etag(String),
}

/// What is to change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Change {
    /// Create the node, or replace its type and properties.
    PutNode(Node),
    /// Remove a node and its edges.
    DeleteNode(String),
    /// Create the edge, or replace its properties; both nodes must exist.
    PutEdge(Edge),
    /// Remove an edge.
    DeleteEdge(EdgeKey),
}

impl Change {
    /// The change's name in the protocol.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PutNode(_) => "put_node",
            Self::DeleteNode(_) => "delete_node",
            Self::PutEdge(_) => "put_edge",
            Self::DeleteEdge(_) => "delete_edge",
        }
    }
}

impl ApplyMutations {
    /// Checks every field.
    pub fn check(&self, limits: &Limits) -> Result<(), Error> {
        check::idempotency_key("idempotency_key", &self.idempotency_key, limits)?;
        check::count("mutations", self.mutations.len(), 1, limits.mutations)?;
        for (index, mutation) in self.mutations.iter().enumerate() {
            let field = format!("mutations[{index}].{}", mutation.change.name());
            match &mutation.change {
                Change::PutNode(node) => check::node(&field, node, limits)?,
                Change::DeleteNode(id) => check::id(&field, id, limits)?,
                Change::PutEdge(edge) => check::edge(&field, edge, limits)?,
                Change::DeleteEdge(key) => check::edge_key(&field, key, limits)?,
            }
            if let (Some(Precondition::Etag(_)), Change::PutEdge(_) | Change::DeleteEdge(_)) =
                (&mutation.precondition, &mutation.change)
            {
                return Err(Error::invalid(
                    format!("mutations[{index}].precondition.etag"),
                    "an edge has no etag; ask whether it exists instead",
                ));
            }
        }
        Ok(())
    }
}

/// What a call to apply mutations did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// One result for each mutation, in order.
    pub results: Vec<MutationResult>,
    /// Whether this is the kept answer of an earlier call with the same key.
    pub replayed: bool,
}

/// What one mutation did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MutationResult {
    /// Whether anything was changed.
    pub changed: bool,
    /// The node's etag after it was put; else empty.
    pub etag: String,
}
