//! A seeded graph in which few nodes have most of the edges, in batches.

use std::collections::HashSet;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use throughline_graph_store::{Edge, ImportBatch, Node};

/// Nodes and edges in a batch: as many as the service takes.
const BATCH: usize = 5_000;

/// How many nodes a graph of so many edges has.
pub(crate) fn nodes(edges: u32) -> u32 {
    (edges / 5).max(2)
}

/// The id of a node.
pub(super) fn id(node: u32) -> String {
    format!("node:{node:07}")
}

/// A node as it is stored.
pub(super) fn node(n: u32) -> Node {
    Node::new(id(n), "Node").with("name", format!("number {n}").as_str())
}

/// The edges, from and to.
pub(super) fn links(edges: u32) -> Vec<(u32, u32)> {
    let mut chance = StdRng::seed_from_u64(5);
    let count = nodes(edges);
    let mut there = HashSet::new();
    let mut all = Vec::new();
    while all.len() < edges as usize {
        let mut draw = |power: i32| (chance.random::<f64>().powi(power) * f64::from(count)) as u32;
        let link = (draw(2), draw(4));
        if there.insert(link) {
            all.push(link);
        }
    }
    all
}

/// The graph, nodes first.
pub(crate) fn batches(edges: u32) -> Vec<ImportBatch> {
    let nodes: Vec<_> = (0..nodes(edges)).map(node).collect();
    let all = links(edges).into_iter();
    let all: Vec<_> = all
        .map(|(from, to)| Edge::new(id(from), "LINKS_TO", id(to)))
        .collect();
    let nodes = nodes.chunks(BATCH).map(|some| ImportBatch {
        nodes: some.to_vec(),
        ..ImportBatch::default()
    });
    let edges = all.chunks(BATCH).map(|some| ImportBatch {
        edges: some.to_vec(),
        ..ImportBatch::default()
    });
    nodes.chain(edges).collect()
}
