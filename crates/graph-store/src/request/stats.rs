//! Counting.

/// How much there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// All nodes.
    pub node_count: u64,
    /// All edges.
    pub edge_count: u64,
    /// Nodes by type, ordered by type.
    pub node_types: Vec<TypeCount>,
    /// Edges by type, ordered by type.
    pub edge_types: Vec<TypeCount>,
}

/// How many there are of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeCount {
    /// The type.
    pub name: String,
    /// How many.
    pub count: u64,
}
