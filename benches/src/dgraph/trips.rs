//! How many requests a call is, counted by a double.

use throughline_dgraph_client::Options;
use throughline_graph_store::{
    ApplyMutations, BatchGetNodes, Change, DgraphOptions, DgraphStore, GetNode, GraphStore as _,
    ImportBatch, ListNodes, Mutation, Node, Precondition, SearchNodes,
};
use throughline_testkit::dgraph::FakeDgraph;

use super::arm::ANSWER;
use crate::report::Report;

/// What is new is written in one request, on the condition that it is.
const NEW: f64 = 1.0;
/// What is there is read first: `docs/decisions/0021-requests-of-a-write.md` says why.
const CHANGE: f64 = 2.0;

/// What the double answers where a new node is asked for.
const NOTHING: &str = r#"{"held":[{"uid":"0x1"}],"meta":[{"uid":"0x1","tl.turn":1,"tl.state":"{\"version\":1,\"identity\":\"i\",\"writer\":\"w\",\"revision\":0,\"place\":0,\"bytes\":0,\"schema\":{\"node_types\":[],\"edge_types\":[]},\"schema_revision\":0,\"nodes\":{},\"edges\":{}}"}]}"#;

pub(super) async fn run(report: &mut Report) -> anyhow::Result<()> {
    let double = FakeDgraph::start().await;
    double.answer(|request| {
        let new = request.vars.values().any(|value| value.starts_with("new"));
        Some(if new { NOTHING } else { ANSWER }.to_owned())
    });
    let options = DgraphOptions::new(Options::new([double.address()]));
    let store = DgraphStore::open(options).await?;
    let mut count = |name: &str, requests: f64| {
        let made = f64::from(u32::try_from(double.recorded().len()).unwrap_or(u32::MAX));
        report.exactly(
            &format!("dgraph, requests of {name}"),
            made,
            requests,
            "requests",
        );
        double.forget();
    };
    count("opening: version, schema, layout, state", 4.0);

    let id = "node:0000001".to_owned();
    let plain = GetNode {
        id: id.clone(),
        ..GetNode::default()
    };
    store.get_node(plain.clone()).await?;
    count("GetNode", 1.0);
    let with_edges = GetNode {
        include_edges: true,
        max_edges: 10,
        ..plain
    };
    store.get_node(with_edges).await?;
    count("GetNode with edges", 1.0);
    let ids = vec![id; 3];
    store.batch_get_nodes(BatchGetNodes { ids }).await?;
    count("BatchGetNodes", 1.0);
    store.list_nodes(ListNodes::default()).await?;
    count("ListNodes", 1.0);
    let query = "number".to_owned();
    let searched = SearchNodes {
        query,
        ..SearchNodes::default()
    };
    store.search_nodes(searched).await?;
    count("SearchNodes", 1.0);
    store.schema().await?;
    count("GetSchema", 1.0);
    store.stats().await?;
    count("GetStats", 1.0);
    let apply = |change: Change, precondition| ApplyMutations {
        mutations: vec![Mutation {
            change,
            precondition,
        }],
        idempotency_key: "key".to_owned(),
    };
    let new = Change::PutNode(Node::new("new", "Node"));
    let new = apply(new, Some(Precondition::Exists(false)));
    store.apply_mutations(new).await?;
    count("ApplyMutations: a new node, its precondition and key", NEW);
    let changed = || Change::PutNode(Node::new("node:0000001", "Node"));
    let wrong = apply(changed(), None);
    store.apply_mutations(wrong).await?;
    count("ApplyMutations: a node that was taken for new", CHANGE);
    let changed = apply(changed(), Some(Precondition::Etag("7".to_owned())));
    store.apply_mutations(changed).await?;
    count("ApplyMutations: a change by its etag", CHANGE);
    let gone = apply(Change::DeleteNode("node:0000001".to_owned()), None);
    store.apply_mutations(gone).await?;
    count("ApplyMutations: a node that is deleted", CHANGE);
    let nodes = (0..1_000)
        .map(|n| Node::new(format!("new {n}"), "Node"))
        .collect();
    let batch = ImportBatch {
        nodes,
        ..ImportBatch::default()
    };
    store.import_batch(batch).await?;
    count("a batch of an import", CHANGE);
    Ok(())
}
