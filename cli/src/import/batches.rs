//! A graph cut into batches: nodes before the edges that need them, each batch
//! within the service's bounds.

use prost::Message as _;
use throughline_api::graph::v1::ImportGraphRequest;

use super::Limits;
use super::graph::Graph;

/// All of `graph`, numbered from 1.
pub(crate) fn cut(graph: Graph, limits: &Limits) -> Vec<ImportGraphRequest> {
    let mut cutter = Cutter {
        limits,
        done: Vec::new(),
        current: ImportGraphRequest::default(),
        bytes: 0,
    };
    for node in graph.nodes.into_values() {
        cutter.make_room(node.encoded_len());
        cutter.current.nodes.push(node);
    }
    for edge in graph.edges.into_values() {
        cutter.make_room(edge.encoded_len());
        cutter.current.edges.push(edge);
    }
    cutter.finish()
}

struct Cutter<'a> {
    limits: &'a Limits,
    done: Vec<ImportGraphRequest>,
    current: ImportGraphRequest,
    bytes: usize,
}

/// A field's tag and length in front of a message, at most.
const FRAMING: usize = 8;

impl Cutter<'_> {
    fn make_room(&mut self, bytes: usize) {
        let items = self.current.nodes.len() + self.current.edges.len();
        let bytes = bytes + FRAMING;
        let full = items >= self.limits.batch_items || self.bytes + bytes > self.limits.batch_bytes;
        if full && items > 0 {
            self.close();
        }
        self.bytes += bytes;
    }

    fn close(&mut self) {
        let mut batch = std::mem::take(&mut self.current);
        batch.sequence = i64::try_from(self.done.len()).unwrap_or(i64::MAX - 1) + 1;
        self.done.push(batch);
        self.bytes = 0;
    }

    fn finish(mut self) -> Vec<ImportGraphRequest> {
        if !self.current.nodes.is_empty() || !self.current.edges.is_empty() {
            self.close();
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::{Properties, properties, text};
    use super::*;

    fn graph(nodes: usize) -> Graph {
        let mut graph = Graph::default();
        for n in 0..nodes {
            graph.node(
                &format!("n{n:05}"),
                "N",
                properties([("text", text("x".repeat(100)))]),
            );
        }
        for n in 1..nodes {
            graph.edge(&format!("n{n:05}"), "T", "n00000", Properties::new());
        }
        graph
    }

    fn check(nodes: usize, limits: Limits, expected: &[(usize, usize)]) {
        let batches = cut(graph(nodes), &limits);
        let shape: Vec<_> = batches
            .iter()
            .map(|b| (b.nodes.len(), b.edges.len()))
            .collect();
        assert_eq!(shape, expected);
        for (index, batch) in batches.iter().enumerate() {
            assert_eq!(batch.sequence, index as i64 + 1);
            assert!(batch.encoded_len() <= limits.batch_bytes + 16);
        }
    }

    #[test]
    fn batches_stay_within_their_bounds_and_nodes_come_first() {
        let few = |batch_items| Limits {
            batch_items,
            ..Limits::default()
        };
        check(0, Limits::default(), &[]);
        check(1, Limits::default(), &[(1, 0)]);
        check(3, Limits::default(), &[(3, 2)]);
        check(3, few(2), &[(2, 0), (1, 1), (0, 1)]);
        check(
            6_000,
            Limits::default(),
            &[(5_000, 0), (1_000, 4_000), (0, 1_999)],
        );
        let small = Limits {
            batch_bytes: 300,
            ..Limits::default()
        };
        check(3, small, &[(2, 0), (1, 2)]);
    }
}
