//! Reading many nodes by their ids.

use throughline_graph_store::{BatchGetNodes, GraphStore, NodeBatch};

use super::{draw, limits, suite};

suite! {
    nodes_come_in_the_order_of_the_ids
}

async fn nodes_come_in_the_order_of_the_ids(store: impl GraphStore) {
    draw(&store, "a b c", "").await;
    for (ids, nodes, missing) in [
        ("", "", ""),
        ("b a", "b a", ""),
        ("x c y a", "c a", "x y"),
        ("a x a x", "a a", "x x"),
        ("x a a y b", "a a b", "x y"),
    ] {
        let ids = ids.split_whitespace().map(str::to_owned).collect();
        let found: NodeBatch = store.batch_get_nodes(BatchGetNodes { ids }).await.unwrap();
        let shown: Vec<_> = found.nodes.iter().map(|node| node.id.as_str()).collect();
        assert_eq!(
            (shown.join(" ").as_str(), found.missing.join(" ").as_str()),
            (nodes, missing)
        );
    }
}
