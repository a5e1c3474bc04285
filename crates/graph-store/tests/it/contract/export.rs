//! Exporting one snapshot while writes go on.

use throughline_graph_store::{
    Change, Edge, Error, ExportGraph, ExportPart, GraphStore, Limits, Node, ReadChanges,
};

use super::{apply, draw, link, put, suite};

suite! {
    nodes_come_first_and_all_in_order
    writes_meanwhile_are_not_in_the_snapshot_but_after_its_watch_token
    a_token_names_a_place_that_can_be_read_again
    types_are_filtered
    a_token_of_another_export_is_refused
}

fn limits() -> Limits {
    Limits {
        export_part: 2,
        ..Limits::default()
    }
}

async fn rest(store: &impl GraphStore, mut request: ExportGraph) -> (Vec<usize>, Vec<String>) {
    let (mut sizes, mut keys) = (Vec::new(), Vec::new());
    loop {
        let part = store.export_part(request.clone()).await.unwrap();
        sizes.push(part.nodes.len() + part.edges.len());
        keys.extend(short(&part));
        request.resume_token = part.resume_token;
        if part.last {
            return (sizes, keys);
        }
    }
}

fn short(part: &ExportPart) -> Vec<String> {
    let nodes = part.nodes.iter().map(|node| node.id.clone());
    let edges = part
        .edges
        .iter()
        .map(|Edge { key, .. }| format!("{}>{}", key.from, key.to));
    nodes.chain(edges).collect()
}

async fn nodes_come_first_and_all_in_order(store: impl GraphStore) {
    let (sizes, keys) = rest(&store, ExportGraph::default()).await;
    assert_eq!((sizes, keys), (vec![0], vec![]));
    draw(&store, "b ä a", "b>a a>b a>a").await;
    let (sizes, keys) = rest(&store, ExportGraph::default()).await;
    assert_eq!(keys, ["a", "b", "ä", "a>a", "a>b", "b>a"]);
    assert_eq!(sizes.iter().max(), Some(&2));
}

async fn writes_meanwhile_are_not_in_the_snapshot_but_after_its_watch_token(
    store: impl GraphStore,
) {
    draw(&store, "a b c", "a>b").await;
    let first = store.export_part(ExportGraph::default()).await.unwrap();
    assert_eq!(short(&first), ["a", "b"]);
    apply(&store, vec![Change::DeleteNode("c".into()).into()])
        .await
        .unwrap();
    draw(&store, "d", "b>d").await;
    let request = ExportGraph {
        resume_token: first.resume_token,
        ..ExportGraph::default()
    };
    assert_eq!(rest(&store, request).await.1, ["c", "a>b"]);
    let request = ReadChanges {
        resume_token: first.watch_token,
        ..ReadChanges::default()
    };
    let part = store.read_changes(request).await.unwrap();
    assert_eq!(part.changes, [Change::DeleteNode("c".into())]);
}

async fn a_token_names_a_place_that_can_be_read_again(store: impl GraphStore) {
    draw(&store, "a b c d e", "a>b").await;
    let first = store.export_part(ExportGraph::default()).await.unwrap();
    let request = ExportGraph {
        resume_token: first.resume_token,
        ..ExportGraph::default()
    };
    let one = rest(&store, request.clone()).await;
    assert_eq!(one.1, ["c", "d", "e", "a>b"]);
    assert_eq!(rest(&store, request).await, one);
}

async fn types_are_filtered(store: impl GraphStore) {
    let nodes = [("a", "A"), ("b", "B"), ("c", "A")].map(|(id, of)| put(Node::new(id, of)));
    let edges = [("a", "E", "b"), ("a", "E", "c"), ("c", "F", "a")]
        .map(|(from, of, to)| link(Edge::new(from, of, to)));
    apply(&store, nodes.into_iter().chain(edges).collect())
        .await
        .unwrap();
    for (node_types, edge_types, expected) in [
        ("", "", "a b c a>b a>c c>a"),
        ("A", "", "a c a>c c>a"),
        ("A", "F", "a c c>a"),
        ("", "E", "a b c a>b a>c"),
        ("B", "", "b"),
        ("A B", "E F", "a b c a>b a>c c>a"),
        ("X", "", ""),
    ] {
        let types = |list: &str| list.split_whitespace().map(str::to_owned).collect();
        let request = ExportGraph {
            node_types: types(node_types),
            edge_types: types(edge_types),
            ..ExportGraph::default()
        };
        let keys = rest(&store, request).await.1.join(" ");
        assert_eq!(keys, expected, "{node_types:?} {edge_types:?}");
    }
}

async fn a_token_of_another_export_is_refused(store: impl GraphStore) {
    draw(&store, "a b c", "").await;
    let part = store.export_part(ExportGraph::default()).await.unwrap();
    for (token, types) in [
        (part.resume_token.as_str(), "T"),
        ("x", ""),
        (&part.watch_token, ""),
    ] {
        let request = ExportGraph {
            resume_token: token.into(),
            node_types: types.split_whitespace().map(str::to_owned).collect(),
            ..ExportGraph::default()
        };
        let error = store.export_part(request).await.unwrap_err();
        assert!(
            matches!(&error, Error::Invalid { field, .. } if field == "resume_token"),
            "{error:?}"
        );
    }
}
