//! Importing in batches.

use throughline_graph_store::{Edge, Error, GraphStore, ImportBatch, Imported, Node};

use super::{limits, suite};

suite! {
    a_batch_is_written_once
    edges_may_name_nodes_of_earlier_batches
    a_bad_batch_is_not_written_at_all
}

fn batch(nodes: &[&str], edges: &[(&str, &str)]) -> ImportBatch {
    ImportBatch {
        nodes: nodes.iter().map(|id| Node::new(*id, "T")).collect(),
        edges: edges
            .iter()
            .map(|(from, to)| Edge::new(*from, "E", *to))
            .collect(),
    }
}

async fn a_batch_is_written_once(store: impl GraphStore) {
    let once = batch(&["a", "b"], &[("a", "b"), ("b", "a"), ("a", "b")]);
    let (nodes, edges) = (2, 3);
    let written = store.import_batch(once.clone()).await.unwrap();
    assert_eq!(
        written,
        Imported {
            nodes,
            edges,
            changed: 4
        }
    );
    let written = store.import_batch(once).await.unwrap();
    assert_eq!(
        written,
        Imported {
            nodes,
            edges,
            changed: 0
        }
    );
    assert_eq!(
        store.import_batch(batch(&[], &[])).await.unwrap(),
        Imported::default()
    );
}

async fn edges_may_name_nodes_of_earlier_batches(store: impl GraphStore) {
    store.import_batch(batch(&["a"], &[])).await.unwrap();
    store
        .import_batch(batch(&["b"], &[("a", "b")]))
        .await
        .unwrap();
    assert_eq!(store.stats().await.unwrap().edge_count, 1);
}

async fn a_bad_batch_is_not_written_at_all(store: impl GraphStore) {
    let error = store
        .import_batch(batch(&["a", "b"], &[("a", "b"), ("a", "gone")]))
        .await;
    match error.unwrap_err() {
        Error::FailedPrecondition { subject, .. } => assert_eq!(subject, "edges[1]"),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.stats().await.unwrap().node_count, 0);
}
