//! Applying mutations: in order, all or none, with preconditions and replays.

use throughline_graph_store::{
    ApplyMutations, Change, Edge, EdgeKey, Error, GetNode, GraphStore, Mutation, Node, Precondition,
};

use super::{apply, draw, limits, link, put, suite};

suite! {
    results_say_what_changed
    later_mutations_see_earlier_ones
    removing_a_node_removes_its_edges
    a_node_can_go_and_come_back_in_one_call
    a_failure_changes_nothing_and_names_its_mutation
    preconditions_are_about_the_moment_before
    etags_change_with_every_change
    a_key_replays_the_first_answer
    a_failed_call_is_not_kept
}

fn delete(id: &str) -> Mutation {
    Change::DeleteNode(id.into()).into()
}

fn unlink(from: &str, to: &str) -> Mutation {
    Change::DeleteEdge(EdgeKey::new(from, "E", to)).into()
}

fn given(precondition: Precondition, mutation: Mutation) -> Mutation {
    Mutation {
        precondition: Some(precondition),
        ..mutation
    }
}

fn exists(exists: bool, mutation: Mutation) -> Mutation {
    given(Precondition::Exists(exists), mutation)
}

fn etag(etag: &str, mutation: Mutation) -> Mutation {
    given(Precondition::Etag(etag.into()), mutation)
}

async fn changed(store: &impl GraphStore, mutations: Vec<Mutation>) -> Vec<bool> {
    let applied = apply(store, mutations).await.unwrap();
    applied
        .results
        .iter()
        .map(|result| result.changed)
        .collect()
}

async fn counts(store: &impl GraphStore) -> (u64, u64) {
    let stats = store.stats().await.unwrap();
    (stats.node_count, stats.edge_count)
}

async fn results_say_what_changed(store: impl GraphStore) {
    draw(&store, "a b", "a>b").await;
    let mutations = vec![
        put(Node::new("a", "T")),
        put(Node::new("a", "U")),
        link(Edge::new("a", "E", "b")),
        link(Edge::new("a", "E", "b").with("n", 1)),
        unlink("b", "a"),
        unlink("a", "b"),
        delete("nobody"),
        delete("a"),
    ];
    let expected = [false, true, false, true, false, true, false, true];
    assert_eq!(changed(&store, mutations).await, expected);
}

async fn later_mutations_see_earlier_ones(store: impl GraphStore) {
    let mutations = vec![
        exists(false, put(Node::new("a", "T"))),
        exists(true, put(Node::new("a", "U"))),
        link(Edge::new("a", "E", "a")),
        exists(true, unlink("a", "a")),
        exists(false, unlink("a", "a")),
    ];
    assert_eq!(
        changed(&store, mutations).await,
        [true, true, true, true, false]
    );
    assert_eq!(counts(&store).await, (1, 0));
}

async fn removing_a_node_removes_its_edges(store: impl GraphStore) {
    draw(&store, "a b c", "a>b b>a b>b b>c c>a").await;
    assert_eq!(changed(&store, vec![delete("b")]).await, [true]);
    assert_eq!(counts(&store).await, (2, 1));
    let error = apply(&store, vec![link(Edge::new("a", "E", "b"))]).await;
    assert!(
        matches!(error, Err(Error::FailedPrecondition { .. })),
        "{error:?}"
    );
}

async fn a_node_can_go_and_come_back_in_one_call(store: impl GraphStore) {
    draw(&store, "a b c", "a>b b>c").await;
    let mutations = vec![
        delete("b"),
        exists(false, unlink("a", "b")),
        put(Node::new("b", "U")),
        link(Edge::new("a", "E", "b").with("new", 1)),
    ];
    assert_eq!(changed(&store, mutations).await, [true, false, true, true]);
    assert_eq!(counts(&store).await, (3, 1));
    let request = GetNode {
        id: "b".into(),
        include_edges: true,
        max_edges: 0,
    };
    let found = store.get_node(request).await.unwrap();
    assert_eq!(found.node.node_type, "U");
    assert_eq!(found.incoming, [Edge::new("a", "E", "b").with("new", 1)]);
    assert_eq!(found.outgoing, []);
}

async fn a_failure_changes_nothing_and_names_its_mutation(store: impl GraphStore) {
    draw(&store, "a", "").await;
    for (last, aborted) in [
        (exists(false, put(Node::new("a", "U"))), false),
        (exists(true, delete("b")), false),
        (exists(true, unlink("a", "a")), false),
        (link(Edge::new("a", "E", "gone")), false),
        (link(Edge::new("gone", "E", "a")), false),
        (etag("other", put(Node::new("a", "U"))), true),
        (etag("other", delete("gone")), true),
    ] {
        let mutations = vec![put(Node::new("new", "T")), last.clone()];
        let error = apply(&store, mutations).await.unwrap_err();
        let (index, subject) = match error {
            Error::FailedPrecondition { index, subject, .. } if !aborted => (index, subject),
            Error::Aborted { index, subject, .. } if aborted => (index, subject),
            other => panic!("{last:?}: {other:?}"),
        };
        assert_eq!((index, subject.as_str()), (1, "mutations[1]"), "{last:?}");
        assert_eq!(counts(&store).await, (1, 0), "{last:?}");
    }
}

async fn preconditions_are_about_the_moment_before(store: impl GraphStore) {
    let first = apply(&store, vec![put(Node::new("a", "T"))]).await.unwrap();
    let tag = &first.results[0].etag;
    let mutations = vec![
        etag(tag, put(Node::new("a", "U"))),
        etag(tag, put(Node::new("a", "V"))),
    ];
    let error = apply(&store, mutations).await.unwrap_err();
    assert!(
        matches!(error, Error::Aborted { index: 1, .. }),
        "{error:?}"
    );
    assert_eq!(changed(&store, vec![etag(tag, delete("a"))]).await, [true]);
}

async fn etags_change_with_every_change(store: impl GraphStore) {
    let mut seen = Vec::new();
    for mutations in [
        vec![put(Node::new("a", "T"))],
        vec![put(Node::new("a", "U")), put(Node::new("a", "T"))],
        vec![delete("a"), put(Node::new("a", "T"))],
        vec![put(Node::new("b", "T")), delete("b")],
        vec![put(Node::new("c", "T"))],
        vec![put(Node::new("a", "V"))],
    ] {
        let applied = apply(&store, mutations).await.unwrap();
        let etags = applied.results.into_iter().map(|result| result.etag);
        seen.extend(etags.filter(|etag| !etag.is_empty()));
    }
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), 7, "{seen:?}");
    let again = apply(&store, vec![put(Node::new("a", "V"))]).await.unwrap();
    assert_eq!(Some(&again.results[0].etag), seen.last());
}

async fn a_key_replays_the_first_answer(store: impl GraphStore) {
    let request = |node: &str, key: &str| ApplyMutations {
        mutations: vec![put(Node::new(node, "T"))],
        idempotency_key: key.into(),
    };
    let first = store.apply_mutations(request("a", "k")).await.unwrap();
    apply(&store, vec![delete("a")]).await.unwrap();
    let again = store.apply_mutations(request("a", "k")).await.unwrap();
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.results, again.results);
    assert_eq!(counts(&store).await, (0, 0));
    let error = store.apply_mutations(request("b", "k")).await.unwrap_err();
    assert!(
        matches!(&error, Error::Invalid { field, .. } if field == "idempotency_key"),
        "{error}"
    );
    let other = store.apply_mutations(request("a", "other")).await.unwrap();
    assert!(!other.replayed && other.results[0].changed);
}

async fn a_failed_call_is_not_kept(store: impl GraphStore) {
    let request = || ApplyMutations {
        mutations: vec![link(Edge::new("a", "E", "a"))],
        idempotency_key: "k".into(),
    };
    store.apply_mutations(request()).await.unwrap_err();
    draw(&store, "a", "").await;
    let applied = store.apply_mutations(request()).await.unwrap();
    assert!(!applied.replayed && applied.results[0].changed);
}
