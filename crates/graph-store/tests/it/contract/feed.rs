//! The change feed.

use throughline_graph_store::{
    Change, Edge, EdgeKey, Error, GraphStore, Limits, Node, ReadChanges,
};

use super::{apply, draw, link, put, suite};

suite! {
    a_commit_is_read_whole_and_in_order
    a_commit_that_changed_nothing_or_failed_is_not_in_the_feed
    a_large_commit_comes_in_parts
    an_edge_that_goes_with_its_node_has_no_change_of_its_own
    types_are_watched_before_and_after_a_change
    a_token_older_than_what_is_kept_is_out_of_range
    a_token_that_was_never_given_out_is_refused
    commits_are_told
}

fn limits() -> Limits {
    Limits {
        feed_changes: 12,
        feed_part_changes: 4,
        ..Limits::default()
    }
}

async fn now(store: &impl GraphStore) -> String {
    let part = store.read_changes(ReadChanges::default()).await.unwrap();
    assert!(part.changes.is_empty() && part.caught_up);
    part.resume_token
}

/// Everything after the token, part by part, written short.
async fn after(store: &impl GraphStore, token: &str, types: &[&str]) -> Vec<String> {
    let mut request = ReadChanges {
        resume_token: token.into(),
        node_types: types.iter().map(|it| (*it).to_owned()).collect(),
    };
    let mut parts = Vec::new();
    loop {
        let part = store.read_changes(request.clone()).await.unwrap();
        if !part.changes.is_empty() {
            parts.push(part.changes.iter().map(short).collect::<Vec<_>>().join(" "));
        }
        if part.caught_up {
            return parts;
        }
        request.resume_token = part.resume_token;
    }
}

fn short(change: &Change) -> String {
    match change {
        Change::PutNode(node) => format!("+{}", node.id),
        Change::DeleteNode(id) => format!("-{id}"),
        Change::PutEdge(Edge { key, .. }) => format!("+{}>{}", key.from, key.to),
        Change::DeleteEdge(key) => format!("-{}>{}", key.from, key.to),
    }
}

async fn a_commit_is_read_whole_and_in_order(store: impl GraphStore) {
    let token = now(&store).await;
    let node = Node::new("a", "T").with("name", "\"quoted\" 🦀");
    let edge = Edge::new("a", "E", "b").with("n", 7);
    let mutations = vec![
        put(Node::new("b", "T")),
        put(node.clone()),
        link(edge.clone()),
    ];
    let applied = apply(&store, mutations).await.unwrap();
    let request = ReadChanges {
        resume_token: token,
        ..ReadChanges::default()
    };
    let part = store.read_changes(request).await.unwrap();
    let put = |node: Node, etag: &str| {
        let etag = etag.to_owned();
        Change::PutNode(Node { etag, ..node })
    };
    let expected = [
        put(node, &applied.results[1].etag),
        put(Node::new("b", "T"), &applied.results[0].etag),
        Change::PutEdge(edge),
    ];
    assert_eq!(part.changes, expected);
    assert!(part.caught_up);
    assert_eq!(part.resume_token, now(&store).await);
}

async fn a_commit_that_changed_nothing_or_failed_is_not_in_the_feed(store: impl GraphStore) {
    draw(&store, "a b", "a>b").await;
    let token = now(&store).await;
    draw(&store, "a b", "a>b").await;
    let failing = vec![put(Node::new("c", "T")), link(Edge::new("c", "E", "gone"))];
    apply(&store, failing).await.unwrap_err();
    assert_eq!(now(&store).await, token);
}

async fn a_large_commit_comes_in_parts(store: impl GraphStore) {
    let token = now(&store).await;
    draw(&store, "a b c d e", "a>b").await;
    assert_eq!(after(&store, &token, &[]).await, ["+a +b +c +d", "+e +a>b"]);
}

async fn an_edge_that_goes_with_its_node_has_no_change_of_its_own(store: impl GraphStore) {
    draw(&store, "a b c", "a>b b>c a>c").await;
    let token = now(&store).await;
    let cut = Change::DeleteEdge(EdgeKey::new("a", "E", "c"));
    apply(
        &store,
        vec![Change::DeleteNode("b".into()).into(), cut.into()],
    )
    .await
    .unwrap();
    assert_eq!(after(&store, &token, &[]).await, ["-b -a>c"]);
    // Removed and made again within one commit: its edges are gone all the same.
    let token = now(&store).await;
    let again = vec![
        Change::DeleteNode("a".into()).into(),
        put(Node::new("a", "T")),
        link(Edge::new("a", "E", "c")),
    ];
    apply(&store, again).await.unwrap();
    assert_eq!(after(&store, &token, &[]).await, ["-a +a +a>c"]);
}

async fn types_are_watched_before_and_after_a_change(store: impl GraphStore) {
    let begin = now(&store).await;
    let nodes = [("a", "A"), ("b", "B"), ("c", "C")].map(|(id, of)| put(Node::new(id, of)));
    let edge = link(Edge::new("a", "E", "b"));
    apply(&store, nodes.into_iter().chain([edge]).collect())
        .await
        .unwrap();
    assert_eq!(after(&store, &begin, &["A"]).await, ["+a +a>b"]);
    assert_eq!(after(&store, &begin, &["C", "B"]).await, ["+b +c +a>b"]);
    assert_eq!(after(&store, &begin, &["D"]).await, [] as [&str; 0]);
    let token = now(&store).await;
    apply(&store, vec![put(Node::new("c", "D"))]).await.unwrap();
    for of in ["C", "D"] {
        assert_eq!(after(&store, &token, &[of]).await, ["+c"], "{of}");
    }
    // Who watches `B` hears that the neighbour went.
    let token = now(&store).await;
    apply(&store, vec![Change::DeleteNode("a".into()).into()])
        .await
        .unwrap();
    for (of, heard) in [("A", 1), ("B", 1), ("D", 0)] {
        assert_eq!(after(&store, &token, &[of]).await.len(), heard, "{of}");
    }
    // And so does who watches the node from which an edge came.
    let edge = link(Edge::new("a", "E", "b"));
    apply(&store, vec![put(Node::new("a", "A")), edge])
        .await
        .unwrap();
    let token = now(&store).await;
    apply(&store, vec![Change::DeleteNode("b".into()).into()])
        .await
        .unwrap();
    for (of, heard) in [("A", 1), ("B", 1), ("D", 0)] {
        assert_eq!(after(&store, &token, &[of]).await.len(), heard, "{of}");
    }
}

async fn a_token_older_than_what_is_kept_is_out_of_range(store: impl GraphStore) {
    let old = now(&store).await;
    draw(&store, "a b c d", "").await;
    let kept = now(&store).await;
    draw(&store, "e f g h i j k l", "").await;
    assert_eq!(after(&store, &old, &[]).await.len(), 3);
    draw(&store, "m n o p", "").await;
    let request = ReadChanges {
        resume_token: old,
        ..ReadChanges::default()
    };
    let error = store.read_changes(request).await.unwrap_err();
    let field = "resume_token";
    assert!(
        matches!(error, Error::OutOfRange { field: at, .. } if at == field),
        "{error:?}"
    );
    assert_eq!(
        after(&store, &kept, &[]).await,
        ["+e +f +g +h", "+i +j +k +l", "+m +n +o +p"]
    );
}

async fn a_token_that_was_never_given_out_is_refused(store: impl GraphStore) {
    let export = throughline_graph_store::ExportGraph::default();
    let other = store.export_part(export).await.unwrap().resume_token;
    for token in ["x", "AAAA", other.as_str(), &"A".repeat(5_000)] {
        let request = ReadChanges {
            resume_token: token.into(),
            ..ReadChanges::default()
        };
        let error = store.read_changes(request).await.unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{token}: {error:?}");
    }
    let request = ReadChanges {
        node_types: vec!["no type".into()],
        ..ReadChanges::default()
    };
    let error = store.read_changes(request).await.unwrap_err();
    assert!(
        error.to_string().starts_with("node_types[0]: "),
        "{error:?}"
    );
}

async fn commits_are_told(store: impl GraphStore) {
    let mut commits = store.commits();
    let before = *commits.borrow_and_update();
    draw(&store, "a b", "a>b").await;
    assert!(commits.has_changed().unwrap());
    assert_eq!(*commits.borrow_and_update(), before + 3);
    draw(&store, "a b", "a>b").await;
    assert!(!commits.has_changed().unwrap());
}
