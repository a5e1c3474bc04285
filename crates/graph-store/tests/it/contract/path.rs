//! Shortest paths.

use throughline_graph_store::{Direction, Edge, Error, FindPath, GraphStore, Limits, Node};

use super::{apply, draw, link, put, suite};

suite! {
    the_shortest_wins_and_ties_go_by_id
    direction_turns_the_edges
    filters_hold_for_all_but_the_ends
    depth_bounds_the_path
    of_several_edges_the_smallest_type_is_taken
    ends_must_exist
}

fn limits() -> Limits {
    Limits::default()
}

fn between(from: &str, to: &str) -> FindPath {
    FindPath {
        from: from.into(),
        to: to.into(),
        ..FindPath::default()
    }
}

/// The nodes of the path, or `none`; its edges must be those that join them.
async fn check(store: &impl GraphStore, request: FindPath, expected: &str) {
    let shown = match store.find_path(request.clone()).await.unwrap() {
        None => "none".to_owned(),
        Some(path) => {
            assert_eq!(path.edges.len() + 1, path.nodes.len());
            for (pair, edge) in path.nodes.windows(2).zip(&path.edges) {
                let (one, other) = (&pair[0].id, &pair[1].id);
                let (from, to) = (&edge.key.from, &edge.key.to);
                assert!(
                    (from, to) == (one, other) || (from, to) == (other, one),
                    "{edge:?}"
                );
            }
            path.nodes
                .iter()
                .map(|node| node.id.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        }
    };
    assert_eq!(shown, expected, "{request:?}");
}

async fn the_shortest_wins_and_ties_go_by_id(store: impl GraphStore) {
    // `c` is larger than `b`, but `b`'s side continues with the larger `z`.
    draw(
        &store,
        "a b c d e y z",
        "a>c a>b b>z c>d z>y d>y y>e a>a e>a",
    )
    .await;
    check(&store, between("a", "y"), "a b z y").await;
    check(&store, between("a", "e"), "a b z y e").await;
    check(&store, between("a", "a"), "a").await;
    check(&store, between("e", "c"), "e a c").await;
    apply(&store, vec![link(Edge::new("a", "E", "y"))])
        .await
        .unwrap();
    check(&store, between("a", "e"), "a y e").await;
}

async fn direction_turns_the_edges(store: impl GraphStore) {
    draw(&store, "a b c d", "a>b c>b c>d").await;
    let toward = |direction| FindPath {
        direction,
        ..between("a", "d")
    };
    check(&store, toward(Direction::Out), "none").await;
    check(&store, toward(Direction::In), "none").await;
    check(&store, toward(Direction::Both), "a b c d").await;
    let back = FindPath {
        direction: Direction::In,
        ..between("d", "c")
    };
    check(&store, back, "d c").await;
}

async fn filters_hold_for_all_but_the_ends(store: impl GraphStore) {
    draw(&store, "a z", "").await;
    let through = ["m", "n", "o"].map(|id| put(Node::new(id, id.to_uppercase())));
    apply(&store, through.into()).await.unwrap();
    let edges = [
        ("a", "F", "m"),
        ("m", "F", "z"),
        ("a", "G", "n"),
        ("n", "F", "z"),
    ];
    let edges = edges.map(|(from, kind, to)| link(Edge::new(from, kind, to)));
    apply(&store, edges.into()).await.unwrap();
    let filtered = |edge_types: &[&str], node_types: &[&str]| FindPath {
        edge_types: edge_types.iter().map(|it| (*it).to_owned()).collect(),
        node_types: node_types.iter().map(|it| (*it).to_owned()).collect(),
        ..between("a", "z")
    };
    check(&store, filtered(&[], &[]), "a m z").await;
    check(&store, filtered(&["F"], &[]), "a m z").await;
    check(&store, filtered(&[], &["N"]), "a n z").await;
    check(&store, filtered(&["F", "G"], &["N", "O"]), "a n z").await;
    check(&store, filtered(&["F"], &["N"]), "none").await;
    check(&store, filtered(&["None"], &[]), "none").await;
}

async fn depth_bounds_the_path(store: impl GraphStore) {
    draw(&store, "a b c d e", "a>b b>c c>d d>e").await;
    for (max_depth, expected) in [
        (3, "none"),
        (4, "a b c d e"),
        (64, "a b c d e"),
        (0, "a b c d e"),
    ] {
        let request = FindPath {
            max_depth,
            ..between("a", "e")
        };
        check(&store, request, expected).await;
    }
}

async fn of_several_edges_the_smallest_type_is_taken(store: impl GraphStore) {
    draw(&store, "a b c", "a>b b>a b>c").await;
    let more = [
        ("b", "D", "a"),
        ("a", "F", "b"),
        ("c", "E", "b"),
        ("b", "Z", "c"),
    ];
    let more = more.map(|(from, kind, to)| link(Edge::new(from, kind, to)));
    apply(&store, more.into()).await.unwrap();
    let request = FindPath {
        direction: Direction::Both,
        ..between("a", "c")
    };
    let path = store.find_path(request).await.unwrap().unwrap();
    assert_eq!(
        path.edges,
        [Edge::new("b", "D", "a"), Edge::new("b", "E", "c")]
    );
}

async fn ends_must_exist(store: impl GraphStore) {
    draw(&store, "a", "").await;
    for (from, to) in [("a", "gone"), ("gone", "a"), ("gone", "gone")] {
        let error = store.find_path(between(from, to)).await.unwrap_err();
        let name = "gone".to_owned();
        assert_eq!(error, Error::NotFound { kind: "node", name });
    }
}
