//! The oracle's counts, and where its imports stand.

use std::collections::BTreeMap;

use throughline_graph_store::{Error, ImportStep, Stats, TypeCount};

use crate::oracle::Graph;

pub(crate) fn stats(graph: &Graph) -> Stats {
    Stats {
        node_count: graph.nodes.len() as u64,
        edge_count: graph.edges.len() as u64,
        node_types: count(graph.nodes.values().map(|node| &node.node_type).collect()),
        edge_types: count(graph.edges.keys().map(|key| &key.edge_type).collect()),
    }
}

fn count(types: Vec<&String>) -> Vec<TypeCount> {
    let mut counts = BTreeMap::<&String, u64>::new();
    for name in types {
        *counts.entry(name).or_default() += 1;
    }
    let counts = counts.into_iter();
    counts
        .map(|(name, count)| TypeCount {
            name: name.clone(),
            count,
        })
        .collect()
}

/// Fails unless the step is the one that is due, or the first.
pub(crate) fn in_turn(
    imports: &BTreeMap<String, u64>,
    step: Option<&ImportStep>,
) -> Result<(), Error> {
    let Some(ImportStep {
        import_id,
        sequence,
    }) = step
    else {
        return Ok(());
    };
    let (sequence, due) = (*sequence, imports.get(import_id).map_or(1, |last| last + 1));
    if sequence == 1 || sequence == due {
        return Ok(());
    }
    Err(Error::OutOfTurn { sequence, due })
}
