//! Every statement is one span under the caller's, and no value is in it.

use throughline_graph_store::{
    ApplyMutations, Change, FindPath, GetNode, GraphStore, Node, SqliteOptions,
};
use tracing::Instrument as _;

use crate::{
    backends::{Inline, Sqlite},
    capture::{Fields, captured},
};

async fn statements<T>(call: impl Future<Output = T>) -> (T, Vec<Fields>) {
    let call = async {
        let handler = tracing::info_span!("handler");
        call.instrument(handler).await
    };
    let (result, mut spans) = captured(call).await;
    assert_eq!(spans.remove(0)["name"], "handler");
    (result, spans)
}

fn texts(spans: &[Fields]) -> Vec<&str> {
    spans
        .iter()
        .map(|span| span["db.query.text"].as_str())
        .collect()
}

#[tokio::test]
async fn a_statement_is_a_span_with_its_text_and_rows() {
    let backend = Sqlite::default();
    let store = backend.open(SqliteOptions::default(), Inline);
    let put = |id: &str| Change::PutNode(Node::new(id, "T").with("name", "secretvalue")).into();
    let request = ApplyMutations {
        mutations: vec![put("secretid"), put("other")],
        idempotency_key: "secretkey".into(),
    };
    let (applied, writes) = statements(store.apply_mutations(request)).await;
    applied.unwrap();
    let id = "secretid".to_owned();
    let get = GetNode {
        id,
        ..GetNode::default()
    };
    let (found, reads) = statements(store.get_node(get)).await;
    found.unwrap();

    for span in writes.iter().chain(&reads) {
        assert_eq!(span["name"], "db.query");
        assert_eq!(span["sentry.op"], "db.query");
        assert_eq!(span["db.system"], "sqlite");
        assert_eq!(span["sentry.name"], span["db.query.text"]);
        assert_eq!(span["parent"], "handler", "{span:?}");
        assert!(span.contains_key("db.response.returned_rows"), "{span:?}");
        assert!(!format!("{span:?}").contains("secret"), "{span:?}");
    }
    assert_eq!(reads.len(), 1);
    assert_eq!(reads[0]["db.response.returned_rows"], "1");
    assert_eq!(texts(&writes)[0], "BEGIN IMMEDIATE");
    assert_eq!(texts(&writes).last(), Some(&"COMMIT"));
    let inserts: Vec<_> = writes
        .iter()
        .filter(|span| span["db.query.text"].starts_with("INSERT INTO node "))
        .collect();
    assert_eq!(inserts.len(), 1, "{writes:?}");
    assert_eq!(inserts[0]["db.operation.batch.size"], "2");
}

#[tokio::test]
async fn a_refused_change_is_rolled_back_under_a_span() {
    let backend = Sqlite::default();
    let store = backend.open(SqliteOptions::default(), Inline);
    let edge = throughline_graph_store::Edge::new("a", "E", "b");
    let request = ApplyMutations {
        mutations: vec![Change::PutEdge(edge).into()],
        ..ApplyMutations::default()
    };
    let (refused, spans) = statements(store.apply_mutations(request)).await;
    refused.unwrap_err();
    assert_eq!(texts(&spans).last(), Some(&"ROLLBACK"));
}

#[tokio::test]
async fn the_first_level_is_sent_before_the_last_is_read() {
    let backend = Sqlite::default();
    let store = backend.open(SqliteOptions::default(), Inline);
    let mut batch = throughline_graph_store::ImportBatch::default();
    for id in ["a", "b", "c", "d", "e"] {
        batch.nodes.push(Node::new(id, "T"));
    }
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")] {
        batch
            .edges
            .push(throughline_graph_store::Edge::new(from, "E", to));
    }
    store.import_batch(batch).await.unwrap();
    let request = throughline_graph_store::Traverse {
        start: vec!["a".into()],
        max_depth: 16,
        ..Default::default()
    };
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let mut walk = std::pin::pin!(store.traverse(request, sender));
    let waiting = async {
        tokio::select! {
            biased;
            _ = &mut walk => panic!("nobody has taken the first part"),
            () = tokio::task::yield_now() => {}
        }
    };
    let ((), spans) = statements(waiting).await;
    // The start, and the one level that waits to be sent behind it.
    assert_eq!(spans.len(), 1 + 2, "{:?}", texts(&spans));
    assert_eq!(receiver.recv().await.unwrap().nodes[0].id, "a");
    drop(receiver);
    walk.await.unwrap_err();
}

#[tokio::test]
async fn a_path_takes_two_statements_for_each_level() {
    let backend = Sqlite::default();
    let store = backend.open(SqliteOptions::default(), Inline);
    let mut batch = throughline_graph_store::ImportBatch::default();
    for n in 0..9 {
        batch.nodes.push(Node::new(n.to_string(), "T"));
        if n > 0 {
            let (from, to) = ((n - 1).to_string(), n.to_string());
            batch
                .edges
                .push(throughline_graph_store::Edge::new(from, "E", to));
        }
    }
    store.import_batch(batch).await.unwrap();
    let request = FindPath {
        from: "0".into(),
        to: "8".into(),
        ..FindPath::default()
    };
    let (path, spans) = statements(store.find_path(request)).await;
    assert_eq!(path.unwrap().unwrap().edges.len(), 8);
    // The two ends, eight levels that are weighed and read, the nodes and the edges of the path.
    assert_eq!(spans.len(), 1 + 2 * 8 + 2, "{:?}", texts(&spans));
}
