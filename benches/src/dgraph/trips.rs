//! How many requests a call is, counted by a double.

use throughline_dgraph_client::Options;
use throughline_graph_store::{
    ApplyMutations, BatchGetNodes, Change, DgraphOptions, DgraphStore, GetNode, GraphStore as _,
    ImportBatch, ListNodes, Node, SearchNodes,
};
use throughline_testkit::dgraph::FakeDgraph;

use super::arm::ANSWER;
use crate::report::Report;

/// What a write takes: it is planned by what is there, and written on the condition that it still is.
const WRITE: f64 = 2.0;

pub(super) async fn run(report: &mut Report) -> anyhow::Result<()> {
    let double = FakeDgraph::start().await;
    double.answer(|_| Some(ANSWER.to_owned()));
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
    let node = Node::new("new", "Node");
    let put = ApplyMutations {
        mutations: vec![Change::PutNode(node.clone()).into()],
        idempotency_key: "key".to_owned(),
    };
    store.apply_mutations(put).await?;
    count("ApplyMutations, with an idempotency key", WRITE);
    let nodes = (0..1_000)
        .map(|n| Node::new(format!("new {n}"), "Node"))
        .collect();
    let batch = ImportBatch {
        nodes,
        ..ImportBatch::default()
    };
    store.import_batch(batch).await?;
    count("a batch of an import", WRITE);
    Ok(())
}
