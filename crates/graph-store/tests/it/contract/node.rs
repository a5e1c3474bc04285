//! Reading one node with its edges.

use throughline_graph_store::{Edge, Error, GetNode, GraphStore, Node, NodeWithEdges, Stats};

use super::{apply, draw, limits, link, put, suite};

suite! {
    a_node_comes_back_as_it_was_put
    an_unknown_node_is_not_found
    edges_come_in_order_and_within_the_bound
    an_empty_graph_counts_nothing
    counts_are_by_type_and_in_order
}

async fn get(store: &impl GraphStore, id: &str, edges: Option<usize>) -> NodeWithEdges {
    let request = GetNode {
        id: id.into(),
        include_edges: edges.is_some(),
        max_edges: edges.unwrap_or(0),
    };
    store.get_node(request).await.unwrap()
}

async fn a_node_comes_back_as_it_was_put(store: impl GraphStore) {
    let node = Node::new("a", "T").with("name", "x").with("n", 7);
    let applied = apply(&store, vec![put(node.clone())]).await.unwrap();
    let found = get(&store, "a", None).await;
    let etag = applied.results[0].etag.clone();
    assert!(!etag.is_empty());
    assert_eq!(found.node, Node { etag, ..node });
    assert_eq!((found.outgoing, found.incoming), (vec![], vec![]));
}

async fn an_unknown_node_is_not_found(store: impl GraphStore) {
    let request = GetNode {
        id: "nobody".into(),
        ..GetNode::default()
    };
    let error = store.get_node(request).await.unwrap_err();
    let name = "nobody".to_owned();
    assert_eq!(error, Error::NotFound { kind: "node", name });
}

async fn edges_come_in_order_and_within_the_bound(store: impl GraphStore) {
    draw(&store, "a b c d", "a>c a>b d>a a>a").await;
    let more = vec![
        link(Edge::new("a", "B", "d")),
        link(Edge::new("c", "F", "a")),
    ];
    apply(&store, more).await.unwrap();
    let shown = |edges: &[Edge]| {
        let shown = edges.iter().map(|edge| {
            let key = &edge.key;
            format!("{}-{}-{}", key.from, key.edge_type, key.to)
        });
        shown.collect::<Vec<_>>().join(" ")
    };
    let all = get(&store, "a", Some(0)).await;
    assert_eq!(shown(&all.outgoing), "a-B-d a-E-a a-E-b a-E-c");
    assert_eq!(shown(&all.incoming), "a-E-a d-E-a c-F-a");
    assert!(!all.edges_truncated);
    let some = get(&store, "a", Some(3)).await;
    assert_eq!(shown(&some.outgoing), "a-B-d a-E-a a-E-b");
    assert_eq!(some.incoming, all.incoming);
    assert!(some.edges_truncated);
    assert!(!get(&store, "a", Some(4)).await.edges_truncated);
}

async fn an_empty_graph_counts_nothing(store: impl GraphStore) {
    assert_eq!(store.stats().await.unwrap(), Stats::default());
}

async fn counts_are_by_type_and_in_order(store: impl GraphStore) {
    draw(&store, "a b c", "a>b a>c").await;
    let more = vec![put(Node::new("b", "A")), link(Edge::new("a", "B", "b"))];
    apply(&store, more).await.unwrap();
    let stats = store.stats().await.unwrap();
    let shown: Vec<_> = [&stats.node_types, &stats.edge_types]
        .iter()
        .map(|types| {
            types
                .iter()
                .map(|it| format!("{}{}", it.name, it.count))
                .collect::<String>()
        })
        .collect();
    assert_eq!(shown, ["A1T2", "B1E2"]);
    assert_eq!((stats.node_count, stats.edge_count), (3, 3));
}
