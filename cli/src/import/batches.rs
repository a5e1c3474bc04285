//! A graph cut into batches: nodes before the edges that need them, each batch
//! within the service's bounds.

use prost::Message as _;
use sha2::{Digest as _, Sha256};
use throughline_api::graph::v1::ImportGraphRequest;

use super::Limits;
use super::graph::{Graph, Properties};

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

/// What the import of these batches is known by: what is in them, batch by batch.
pub(crate) fn name(batches: &[ImportGraphRequest]) -> String {
    let mut hash = Sha256::new();
    for batch in batches {
        hash.update(batch.sequence.to_le_bytes());
        for node in &batch.nodes {
            put(&mut hash, &[&node.id, &node.r#type], &node.properties);
        }
        for edge in &batch.edges {
            let names = [&edge.from, &edge.r#type, &edge.to];
            put(&mut hash, &names, &edge.properties);
        }
    }
    let hash = hash.finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Each part with its length, so that none runs into the next; properties in order.
fn put(hash: &mut Sha256, names: &[&String], properties: &Properties) {
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(&[names.len() as u8]);
    for name in names {
        part(name.as_bytes());
    }
    let mut properties: Vec<_> = properties.iter().collect();
    properties.sort_unstable_by_key(|(name, _)| *name);
    part(&properties.len().to_le_bytes());
    for (name, value) in properties {
        part(name.as_bytes());
        part(&value.encode_to_vec());
    }
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
    use super::super::graph::{properties, text};
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

    #[test]
    fn the_same_import_has_the_same_name_and_no_other_has() {
        let named = |change: &dyn Fn(&mut Graph), batch_items| {
            let mut graph = graph(4);
            change(&mut graph);
            let limits = Limits {
                batch_items,
                ..Limits::default()
            };
            name(&cut(graph, &limits))
        };
        let many = |graph: &mut Graph| {
            let all = (0..50).map(|n| (format!("p{n}"), text("x")));
            graph.node("m", "N", all.collect());
        };
        assert_eq!(named(&many, 5), named(&many, 5), "maps have no order");
        let edge = |from: &'static str, to: &'static str| {
            move |graph: &mut Graph| graph.edge(from, "T", to, Properties::new())
        };
        let names = [
            named(&|_| {}, 5),
            named(&|_| {}, 6),
            named(&edge("n00001", "n00002"), 5),
            named(&edge("n00002", "n00001"), 5),
            named(&|graph| graph.node("n", "N", Properties::new()), 5),
            named(
                &|graph| graph.node("n", "N", properties([("a", text(""))])),
                5,
            ),
            named(&many, 5),
        ];
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        assert!(names[0].len() <= 128 && names[0].is_ascii());
    }
}
