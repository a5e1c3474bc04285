//! Importing in batches.

use throughline_graph_store::{
    Edge, Error, GraphStore, ImportBatch, ImportStep, Imported, Node, ReadImport,
};

use super::{limits, suite};

suite! {
    a_batch_is_written_once
    edges_may_name_nodes_of_earlier_batches
    a_bad_batch_is_not_written_at_all
    an_import_goes_on_after_the_last_batch_that_is_in
    a_batch_that_fails_does_not_count
    a_name_is_short_and_printable
}

fn batch(nodes: &[&str], edges: &[(&str, &str)]) -> ImportBatch {
    ImportBatch {
        nodes: nodes.iter().map(|id| Node::new(*id, "T")).collect(),
        edges: edges
            .iter()
            .map(|(from, to)| Edge::new(*from, "E", *to))
            .collect(),
        step: None,
    }
}

/// Batch `sequence` of the import `x`: one node, named as itself.
fn step(sequence: u64) -> ImportBatch {
    let step = Some(ImportStep {
        import_id: "x".into(),
        sequence,
    });
    ImportBatch {
        step,
        ..batch(&[&sequence.to_string()], &[])
    }
}

async fn last(store: &impl GraphStore, import_id: &str) -> u64 {
    let import_id = import_id.into();
    store.read_import(ReadImport { import_id }).await.unwrap()
}

async fn an_import_goes_on_after_the_last_batch_that_is_in(store: impl GraphStore) {
    assert_eq!(last(&store, "x").await, 0);
    for sequence in 1..=3 {
        store.import_batch(step(sequence)).await.unwrap();
        assert_eq!(last(&store, "x").await, sequence);
    }
    assert_eq!(last(&store, "y").await, 0);
    for sequence in [0, 2, 3, 5, u64::MAX] {
        let error = store.import_batch(step(sequence)).await.unwrap_err();
        assert_eq!(error, Error::OutOfTurn { sequence, due: 4 });
    }
    assert_eq!((last(&store, "x").await, count(&store).await), (3, 3));
    store.import_batch(step(4)).await.unwrap();
    // The first batch begins it anew.
    store.import_batch(step(1)).await.unwrap();
    assert_eq!((last(&store, "x").await, count(&store).await), (1, 4));
}

async fn count(store: &impl GraphStore) -> u64 {
    store.stats().await.unwrap().node_count
}

async fn a_batch_that_fails_does_not_count(store: impl GraphStore) {
    store.import_batch(step(1)).await.unwrap();
    let mut bad = step(2);
    bad.edges.push(Edge::new("2", "E", "gone"));
    store.import_batch(bad).await.unwrap_err();
    assert_eq!((last(&store, "x").await, count(&store).await), (1, 1));
    store.import_batch(step(2)).await.unwrap();
    assert_eq!((last(&store, "x").await, count(&store).await), (2, 2));
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

async fn a_name_is_short_and_printable(store: impl GraphStore) {
    let names_the_id = |error: Option<Error>| match error {
        Some(Error::Invalid { field, .. }) => assert_eq!(field, "import_id"),
        other => panic!("{other:?}"),
    };
    for import_id in ["", "a\nb", "ä", &"x".repeat(129)] {
        let step = Some(ImportStep {
            import_id: import_id.into(),
            sequence: 1,
        });
        let batch = ImportBatch {
            step,
            ..ImportBatch::default()
        };
        names_the_id(store.import_batch(batch).await.err());
        let import_id = import_id.into();
        names_the_id(store.read_import(ReadImport { import_id }).await.err());
    }
}
