//! Following the changes.

use crate::{Change, Error, Limits, Timestamp, check};

/// Asks for what was committed after a place in the change feed.
#[derive(Clone, Debug, Default)]
pub struct ReadChanges {
    /// The token of the part before; empty means the end of the feed as it is now.
    pub resume_token: String,
    /// Only changes of nodes of these types and of edges that touch them; all if empty.
    pub node_types: Vec<String>,
}

impl ReadChanges {
    /// Checks every field but the token.
    pub fn check(&self, limits: &Limits) -> Result<(), Error> {
        check::types("node_types", &self.node_types, limits)
    }
}

/// The net changes of one commit, or of a part of a large one, in an order in
/// which they can be replayed.
///
/// With a node that is removed go its edges, without a change of their own; it is
/// shown to whoever asked for its type or for that of a neighbour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangesPart {
    /// The changes, nodes with their etags; none if there is nothing new.
    pub changes: Vec<Change>,
    /// Names the place after them.
    pub resume_token: String,
    /// When they were committed; none if there are none.
    pub committed: Option<Timestamp>,
    /// Nothing stood in the feed beyond this part when it was read.
    pub caught_up: bool,
}
