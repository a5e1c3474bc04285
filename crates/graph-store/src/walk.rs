//! Walking breadth first within bounds.
//!
//! Pure: says which nodes' edges to read next and takes what was read, so that a
//! backend reads, and a caller receives, a piece of a level at a time.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{Edge, Limits, TraverseBounds, TraverseSummary};

/// The walk as it stands. It remembers ids, never whole nodes or edges.
pub(crate) struct Walk {
    bounds: TraverseBounds,
    /// Nodes whose edges are read at once.
    piece: usize,
    cut_ids: usize,
    /// Nodes sent, by number.
    seen: HashMap<String, u32>,
    types: HashMap<String, u32>,
    /// Edges sent; needed only where an edge can be met from both its ends.
    sent: Option<HashSet<[u32; 3]>>,
    level: usize,
    /// The rest of the level whose edges are read, the next node last.
    frontier: Vec<String>,
    next: BTreeSet<String>,
    summary: TraverseSummary,
}

/// What a piece of a level led to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Found {
    pub(crate) level: usize,
    /// Nodes first seen, in id order.
    pub(crate) ids: Vec<String>,
    /// Edges followed, in key order.
    pub(crate) edges: Vec<Edge>,
}

impl Walk {
    /// A walk from these nodes, as far as they are not too many; returns those that are sent.
    pub(crate) fn new(
        start: BTreeSet<String>,
        both_ways: bool,
        bounds: TraverseBounds,
        limits: &Limits,
    ) -> (Self, Vec<String>) {
        let mut walk = Self {
            bounds,
            piece: (limits.traverse_piece / bounds.fan_out.max(1)).max(1),
            cut_ids: limits.traverse_cut_ids,
            seen: HashMap::new(),
            types: HashMap::new(),
            sent: both_ways.then(HashSet::new),
            level: 0,
            frontier: Vec::new(),
            next: BTreeSet::new(),
            summary: TraverseSummary {
                levels: 1,
                ..TraverseSummary::default()
            },
        };
        let sent: Vec<_> = start.into_iter().filter(|id| walk.admit(id)).collect();
        if !walk.summary.cut_by_nodes {
            walk.frontier = sent.iter().rev().cloned().collect();
        }
        (walk, sent)
    }

    /// The nodes whose edges to read next; none at the end of the walk.
    pub(crate) fn piece(&mut self) -> Option<Vec<String>> {
        if self.frontier.is_empty() {
            if self.summary.cut_by_nodes {
                return None;
            }
            self.level += 1;
            self.frontier = std::mem::take(&mut self.next).into_iter().rev().collect();
        }
        if self.frontier.is_empty() || self.summary.cut_by_depth {
            return None;
        }
        let rest = self.frontier.len().saturating_sub(self.piece);
        let mut piece = self.frontier.split_off(rest);
        piece.reverse();
        Some(piece)
    }

    /// How many edges of a node to read: one more than may be followed tells whether there are more.
    pub(crate) fn most_edges(&self) -> usize {
        self.bounds.fan_out + 1
    }

    /// Takes the edges of each node of a piece, in the order in which they are to be followed.
    pub(crate) fn take(&mut self, piece: &[String], edges: Vec<Vec<Edge>>) -> Found {
        let mut found = Found {
            level: self.level + 1,
            ..Found::default()
        };
        let below = self.level == self.bounds.depth;
        for (near, mut edges) in piece.iter().zip(edges) {
            if below {
                edges.truncate(self.bounds.fan_out);
                self.summary.cut_by_depth |= edges.iter().any(|edge| !self.was_sent(edge));
                continue;
            }
            if edges.len() > self.bounds.fan_out {
                edges.truncate(self.bounds.fan_out);
                if self.summary.cut_by_fan_out.len() < self.cut_ids {
                    self.summary.cut_by_fan_out.push(near.clone());
                }
            }
            for edge in edges {
                self.follow(near, edge, &mut found);
            }
        }
        found.ids.sort_unstable();
        found
            .edges
            .sort_unstable_by(|one, other| one.key.cmp(&other.key));
        self.summary.edge_count += found.edges.len() as u64;
        if !found.edges.is_empty() {
            self.summary.levels = found.level + 1;
        }
        found
    }

    fn follow(&mut self, near: &str, edge: Edge, found: &mut Found) {
        let key = &edge.key;
        let far = if key.from == near { &key.to } else { &key.from };
        if !self.seen.contains_key(far) {
            if !self.admit(far) {
                return;
            }
            self.next.insert(far.clone());
            found.ids.push(far.clone());
        }
        let link = self.link(&edge);
        if self.sent.as_mut().is_none_or(|sent| sent.insert(link)) {
            found.edges.push(edge);
        }
    }

    /// Counts a node in, if there may be another.
    fn admit(&mut self, id: &str) -> bool {
        let number = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        if self.seen.len() >= self.bounds.nodes || number == u32::MAX {
            self.summary.cut_by_nodes = true;
            return false;
        }
        self.seen.insert(id.to_owned(), number);
        self.summary.node_count += 1;
        true
    }

    /// An edge between two nodes that were seen.
    fn link(&mut self, edge: &Edge) -> [u32; 3] {
        let types = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        let number = |id: &String| self.seen.get(id).copied().unwrap_or(u32::MAX);
        let (from, to) = (number(&edge.key.from), number(&edge.key.to));
        let edge_type = match self.types.get(&edge.key.edge_type) {
            Some(number) => *number,
            None => *self
                .types
                .entry(edge.key.edge_type.clone())
                .or_insert(types),
        };
        [from, edge_type, to]
    }

    fn was_sent(&self, edge: &Edge) -> bool {
        let number = |id: &String| self.seen.get(id).copied();
        let link = number(&edge.key.from)
            .zip(self.types.get(&edge.key.edge_type).copied())
            .zip(number(&edge.key.to));
        match (&self.sent, link) {
            (Some(sent), Some(((from, edge_type), to))) => sent.contains(&[from, edge_type, to]),
            _ => false,
        }
    }

    pub(crate) fn end(self) -> TraverseSummary {
        self.summary
    }
}
