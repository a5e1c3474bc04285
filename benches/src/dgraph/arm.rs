//! One arm: a process of its own that reads a node again and again, by the bare stub, by the client, or by the store.

use clap::ValueEnum;
use serde::Deserialize;
use throughline_dgraph_client::{Dgraph, Dql, Options, api};
use throughline_graph_store::{DgraphOptions, DgraphStore, GetNode, GraphStore as _};
use tracing_subscriber::layer::SubscriberExt as _;

use api::dgraph_client::DgraphClient;

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arm {
    /// The stub with the same deadline, and what it answers read into a node.
    Bare,
    /// The same by the client.
    Client,
    /// The same by the store.
    Store,
    /// By the store, with a subscriber that takes its spans.
    StoreTraced,
}

impl Arm {
    pub(super) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |it| it.get_name().to_owned())
    }
}

/// What is read, as the store says it.
pub(super) const QUERY: &str =
    "query q($v0: string) { n(func: eq(tl.id, $v0)) { tl.id tl.type tl.properties tl.revision } }";

/// What the double answers to all: the node, and what the store wants to see when it opens.
pub(super) const ANSWER: &str = r#"{"n":[{"tl.id":"node:0000001","tl.type":"Node","tl.properties":"{\"name\":\"number 1\"}","tl.revision":7}],"held":[{"uid":"0x1"}],"meta":[{"uid":"0x1","tl.turn":1,"tl.state":"{\"version\":1,\"identity\":\"i\",\"writer\":\"w\",\"revision\":0,\"place\":0,\"bytes\":0,\"schema\":{\"node_types\":[],\"edge_types\":[]},\"schema_revision\":0,\"nodes\":{},\"edges\":{}}"}]}"#;

#[derive(Deserialize)]
struct Found {
    n: Vec<Row>,
}

/// A node as a program that has only the stub would read it.
#[derive(Deserialize)]
struct Row {
    #[serde(rename = "tl.id")]
    id: String,
    #[serde(rename = "tl.type")]
    node_type: String,
    #[serde(rename = "tl.properties")]
    properties: String,
    #[serde(rename = "tl.revision")]
    revision: u64,
}

impl Row {
    fn check(&self) -> anyhow::Result<()> {
        let properties: serde_json::Map<_, _> = serde_json::from_str(&self.properties)?;
        let etag = self.revision.to_string();
        std::hint::black_box((&self.node_type, etag, &properties));
        anyhow::ensure!(!self.id.is_empty() && properties.len() == 1, "no node");
        Ok(())
    }
}

/// Reads `times`.
pub(crate) fn run(arm: Arm, address: &str, times: u32) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if arm == Arm::StoreTraced {
        tracing::subscriber::set_global_default(
            tracing_subscriber::registry().with(tracing_subscriber::filter::LevelFilter::INFO),
        )?;
    }
    runtime.block_on(read(arm, address, times))
}

fn id(n: u32) -> String {
    format!("node:{n:07}")
}

async fn read(arm: Arm, address: &str, times: u32) -> anyhow::Result<()> {
    match arm {
        Arm::Bare => {
            let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}"))?;
            let mut stub = DgraphClient::new(endpoint.tcp_nodelay(true).connect().await?);
            let limits = throughline_dgraph_client::Limits::default();
            for n in 0..times {
                let request = api::Request {
                    query: QUERY.to_owned(),
                    vars: [("$v0".to_owned(), id(n))].into(),
                    read_only: true,
                    ..api::Request::default()
                };
                let mut request = tonic::Request::new(request);
                // A call without a deadline would not be the same call.
                request.set_timeout(limits.call);
                let answer = stub.query(request).await?.into_inner();
                let found: Found = serde_json::from_slice(&answer.json)?;
                found.n.iter().try_for_each(Row::check)?;
            }
        }
        Arm::Client => {
            let dgraph = Dgraph::new(Options::new([address]))?;
            for n in 0..times {
                let mut dql = Dql::new("n(func: eq(tl.id, ");
                dql.value(id(n))
                    .push(")) { tl.id tl.type tl.properties tl.revision }");
                let answer = dgraph.read().query(dql).await?;
                let found: Found = answer.blocks()?;
                found.n.iter().try_for_each(Row::check)?;
            }
        }
        Arm::Store | Arm::StoreTraced => {
            let store = DgraphStore::open(DgraphOptions::new(Options::new([address]))).await?;
            for n in 0..times {
                let request = GetNode {
                    id: id(n),
                    ..GetNode::default()
                };
                std::hint::black_box(store.get_node(request).await?);
            }
        }
    }
    Ok(())
}
