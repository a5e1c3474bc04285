//! The trace that a call leaves: its server span, and under it one span for each statement.

use throughline_api::graph::v1::{
    FindPathRequest, graph_service_client::GraphServiceClient, mutation::Change,
};
use throughline_testkit::{Collector, outline};
use throughline_trace_model::Record;
use tonic::{Request, metadata::MetadataValue};

use crate::{
    binary::graph,
    harness::{TOKEN, apply, edge, node},
};

#[tokio::test]
async fn statements_stand_under_the_call_that_ran_them() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start();
    let process = graph(&folder)
        .env("SENTRY_DSN", collector.dsn("graph"))
        .env("GRAPH_WRITE_TOKEN", TOKEN)
        .spawn()
        .await;
    let mut client = GraphServiceClient::connect(process.url().to_owned())
        .await
        .unwrap();
    let nodes = ["secret-a", "secret-b"].map(|id| Change::PutNode(node(id)));
    let edges = [Change::PutEdge(edge("secret-a", "secret-b"))];
    let mut write = Request::new(apply(nodes.into_iter().chain(edges)));
    let token = MetadataValue::try_from(format!("Bearer {TOKEN}")).unwrap();
    write.metadata_mut().insert("authorization", token);
    client.apply_mutations(write).await.unwrap();
    let request = FindPathRequest {
        from: "secret-a".into(),
        to: "secret-b".into(),
        ..FindPathRequest::default()
    };
    assert!(client.find_path(request).await.unwrap().into_inner().found);

    for (method, least, begins) in [
        ("ApplyMutations", 8, "BEGIN IMMEDIATE"),
        ("FindPath", 4, "SELECT n.id"),
    ] {
        let name = format!("throughline.graph.v1.GraphService/{method}");
        let mut trace_id = String::new();
        collector
            .wait_for(|records| {
                let spans = records.iter().filter_map(|record| match record {
                    Record::Span(span) => Some(span),
                    _ => None,
                });
                let mut heads = spans.filter(|span| span.op == "rpc.server" && span.name == name);
                heads.next().is_some_and(|head| {
                    trace_id.clone_from(&head.trace_id);
                    true
                })
            })
            .await;
        let tree = collector.trace(&trace_id);
        assert_eq!(
            (tree.roots.len(), tree.orphans().count()),
            (1, 0),
            "{}",
            outline(&tree)
        );
        let head = tree
            .nodes
            .iter()
            .find(|node| node.span.op == "rpc.server")
            .unwrap();
        let statements: Vec<_> = tree.children(head).map(|node| &node.span).collect();
        assert_eq!(statements.len() + 1, tree.nodes.len());
        assert!(statements.len() >= least, "{statements:#?}");
        assert!(
            statements.iter().any(|span| span.name.starts_with(begins)),
            "{statements:#?}"
        );
        for span in statements {
            assert_eq!(span.op, "db.query");
            assert_eq!(span.database(), Some("sqlite"));
            assert_eq!(span.text("db.query.text"), Some(span.name.as_str()));
            assert!(
                span.attributes.contains_key("db.response.returned_rows"),
                "{span:#?}"
            );
            assert!(!format!("{span:?}").contains("secret"), "{span:#?}");
        }
    }
    process.stop().await;
}
