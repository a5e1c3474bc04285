//! Calls of many steps: their traces are bounded, and a walk whose caller leaves ends with its last statement.

use tempfile::TempDir;
use throughline_api::graph::v1::{
    ImportGraphRequest, Node, TraverseRequest, graph_service_client::GraphServiceClient,
    value::Kind,
};
use throughline_testkit::{Collector, Process, outline};
use throughline_trace_model::{Record, TraceTree};
use tonic::{Request, metadata::MetadataValue, transport::Channel};

use crate::{
    binary::graph,
    harness::{TOKEN, edge, node},
};

struct Traced {
    _folder: TempDir,
    collector: Collector,
    _process: Process,
    client: GraphServiceClient<Channel>,
}

async fn traced() -> Traced {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start();
    let process = graph(&folder)
        .env("SENTRY_DSN", collector.dsn("graph"))
        .env("GRAPH_WRITE_TOKEN", TOKEN);
    let process = process.spawn().await;
    let client = GraphServiceClient::connect(process.url().to_owned()).await;
    Traced {
        _folder: folder,
        collector,
        client: client.unwrap().max_decoding_message_size(64 << 20),
        _process: process,
    }
}

impl Traced {
    async fn import(&self, batches: Vec<ImportGraphRequest>) {
        let mut request = Request::new(tokio_stream::iter(batches));
        let token = MetadataValue::try_from(format!("Bearer {TOKEN}")).unwrap();
        request.metadata_mut().insert("authorization", token);
        self.client.clone().import_graph(request).await.unwrap();
    }

    /// The trace of the `number`th call of a method that has ended.
    async fn trace(&self, method: &str, number: usize) -> TraceTree {
        let name = format!("throughline.graph.v1.GraphService/{method}");
        let heads = |records: &[Record]| -> Vec<String> {
            let spans = records.iter().filter_map(|record| match record {
                Record::Span(span) => Some(span),
                _ => None,
            });
            let heads = spans.filter(|span| span.op == "rpc.server" && span.name == name);
            heads.map(|span| span.trace_id.clone()).collect()
        };
        let records = self
            .collector
            .wait_for(|records| heads(records).len() > number)
            .await;
        let tree = self.collector.trace(&heads(&records)[number]);
        assert_eq!(tree.orphans().count(), 0, "{}", outline(&tree));
        tree
    }
}

fn statements(tree: &TraceTree) -> usize {
    let database = |it: &&throughline_trace_model::Node| it.span.op == "db.query";
    tree.nodes.iter().filter(database).count()
}

/// How many steps a call says that it has counted, where it says so once, beside how many spans it has.
fn bounded(tree: &TraceTree, op: &str) -> i64 {
    assert!(tree.nodes.len() < 1_000, "{} spans", tree.nodes.len());
    assert!(statements(tree) > 50, "{}", outline(tree));
    let rest: Vec<_> = tree.nodes.iter().filter(|it| it.span.op == op).collect();
    assert_eq!(rest.len(), 1, "{}", outline(tree));
    let count = &rest[0].span.attributes["step.count"];
    count.as_i64().unwrap()
}

#[tokio::test]
async fn a_call_of_many_steps_tells_the_first_and_counts_the_others() {
    let traced = traced().await;
    // A hub with 480 spokes, and batches that do nothing much: 60 in all.
    let ids: Vec<_> = (0..480).map(|n| format!("n{n:03}")).collect();
    let mut batches = vec![ImportGraphRequest {
        sequence: 1,
        nodes: ids.iter().map(|id| node(id)).chain([node("hub")]).collect(),
        edges: ids.iter().map(|id| edge("hub", id)).collect(),
        ..ImportGraphRequest::default()
    }];
    batches.extend((2..=60).map(|sequence| ImportGraphRequest {
        sequence,
        nodes: vec![node(&format!("m{sequence}"))],
        ..ImportGraphRequest::default()
    }));
    traced.import(batches).await;
    let tree = traced.trace("ImportGraph", 0).await;
    assert_eq!(bounded(&tree, "graph.import"), 10, "{}", outline(&tree));

    // Eight nodes at once where each may have a thousand edges: the start, the hub, and sixty times eight spokes.
    let request = TraverseRequest {
        start: vec!["hub".into()],
        max_depth: 2,
        max_fan_out: 1_000,
        ..TraverseRequest::default()
    };
    let mut parts = traced
        .client
        .clone()
        .traverse(request)
        .await
        .unwrap()
        .into_inner();
    while parts.message().await.unwrap().is_some() {}
    let tree = traced.trace("Traverse", 0).await;
    assert_eq!(
        bounded(&tree, "graph.traverse"),
        62 - 50,
        "{}",
        outline(&tree)
    );
}

/// A hub, spokes, and at the end of each spoke a node with much text.
fn heavy(spokes: usize, bytes: usize) -> Vec<ImportGraphRequest> {
    let large = |id: String| {
        let mut large = node(&id);
        large.properties.get_mut("name").unwrap().kind = Some(Kind::StringValue("x".repeat(bytes)));
        large
    };
    let ids = (0..spokes).map(|n| format!("s{n:03}"));
    let batch = |sequence, ids: Vec<String>| {
        let ends: Vec<Node> = ids.iter().map(|id| large(format!("end of {id}"))).collect();
        ImportGraphRequest {
            sequence,
            nodes: ids
                .iter()
                .map(|id| node(id))
                .chain(ends)
                .chain([node("hub")])
                .collect(),
            edges: ids
                .iter()
                .flat_map(|id| [edge("hub", id), edge(id, &format!("end of {id}"))])
                .collect(),
            ..ImportGraphRequest::default()
        }
    };
    let ids: Vec<_> = ids.collect();
    let batches = ids.chunks(20).zip(1..);
    batches
        .map(|(ids, sequence)| batch(sequence, ids.to_vec()))
        .collect()
}

#[tokio::test]
async fn a_walk_whose_caller_leaves_ends() {
    let traced = traced().await;
    // Far more than the connection takes up while nobody reads.
    traced.import(heavy(120, 200_000)).await;
    let request = || TraverseRequest {
        start: vec!["hub".into()],
        max_depth: 2,
        max_fan_out: 1_000,
        ..TraverseRequest::default()
    };
    let mut client = traced.client.clone();
    let mut parts = client.traverse(request()).await.unwrap().into_inner();
    while parts.message().await.unwrap().is_some() {}
    let whole = traced.trace("Traverse", 0).await;
    let head = |tree: &TraceTree| tree.nodes[tree.roots[0]].span.status.clone();
    assert_eq!(head(&whole), "ok");

    let mut parts = client.traverse(request()).await.unwrap().into_inner();
    assert!(parts.message().await.unwrap().is_some());
    drop(parts);
    let left = traced.trace("Traverse", 1).await;
    assert_eq!(head(&left), "cancelled", "{}", outline(&left));
    let (all, some) = (statements(&whole), statements(&left));
    assert!(some < all, "{some} statements of {all}");
    // What it read with is free again, for as many callers as there are readers and more.
    for _ in 0..8 {
        let mut parts = client.traverse(request()).await.unwrap().into_inner();
        assert!(parts.message().await.unwrap().is_some());
    }
}
