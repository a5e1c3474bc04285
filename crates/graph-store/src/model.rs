//! What a graph is made of. Plain data: it checks nothing and stores nothing.

use std::collections::BTreeMap;

use serde::Serialize;

/// A point in time, as `google.protobuf.Timestamp` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Timestamp {
    /// Seconds since the Unix epoch; may be negative.
    pub seconds: i64,
    /// Nanoseconds within the second, 0 to 999 999 999.
    pub nanos: i32,
}

/// A scalar property value. Doubles are equal if their bits are.
#[derive(Clone, Debug, Serialize)]
pub enum Value {
    /// Text.
    String(String),
    /// A signed integer.
    Int(i64),
    /// A finite double.
    Double(f64),
    /// A truth value.
    Bool(bool),
    /// A point in time.
    Timestamp(Timestamp),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::String(one), Self::String(other)) => one == other,
            (Self::Int(one), Self::Int(other)) => one == other,
            (Self::Double(one), Self::Double(other)) => one.to_bits() == other.to_bits(),
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Timestamp(one), Self::Timestamp(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// Properties by name, in name order.
pub type Properties = BTreeMap<String, Value>;

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Chosen by whoever creates the node; it never changes.
    pub id: String,
    /// The node's type.
    pub node_type: String,
    /// Its properties.
    pub properties: Properties,
    /// Changes with every change of the node; ignored on writing.
    pub etag: String,
}

impl Node {
    /// A node without properties.
    pub fn new(id: impl Into<String>, node_type: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            node_type: node_type.into(),
            ..Self::default()
        }
    }

    /// The same node with one property more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }
}

/// What tells one edge from another, in the order in which edges are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EdgeKey {
    /// The node that the edge leaves.
    pub from: String,
    /// The edge's type.
    pub edge_type: String,
    /// The node that the edge enters.
    pub to: String,
}

impl EdgeKey {
    /// The key of the edge `from -[edge_type]-> to`.
    pub fn new(
        from: impl Into<String>,
        edge_type: impl Into<String>,
        to: impl Into<String>,
    ) -> Self {
        Self {
            from: from.into(),
            edge_type: edge_type.into(),
            to: to.into(),
        }
    }
}

/// A directed edge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// What tells it from others.
    pub key: EdgeKey,
    /// Its properties.
    pub properties: Properties,
}

impl Edge {
    /// An edge without properties.
    pub fn new(
        from: impl Into<String>,
        edge_type: impl Into<String>,
        to: impl Into<String>,
    ) -> Self {
        Self {
            key: EdgeKey::new(from, edge_type, to),
            properties: Properties::new(),
        }
    }

    /// The same edge with one property more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }
}

/// The direction in which edges are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From `from` to `to`.
    #[default]
    Out,
    /// From `to` to `from`.
    In,
    /// Either way.
    Both,
}

impl Direction {
    /// The same edges, walked from the other end.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Out => Self::In,
            Self::In => Self::Out,
            Self::Both => Self::Both,
        }
    }

    /// Whether an edge may be followed from its `from` to its `to`.
    pub fn goes_out(self) -> bool {
        self != Self::In
    }

    /// Whether an edge may be followed from its `to` to its `from`.
    pub fn goes_in(self) -> bool {
        self != Self::Out
    }
}
