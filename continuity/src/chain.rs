//! Gateway and graph for the tests that break them: each with a collector of its own, either can be killed,
//! started again and looked at, and the database lies where the test can reach it.

use std::path::PathBuf;

use tempfile::TempDir;
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_api::graph::v1::{ApplyMutationsRequest, Edge, Mutation, Node, mutation::Change};
use throughline_testkit::{Collector, Disk, Finished, Process, ProcessBuilder};
use throughline_trace_model::Record;
use tonic::transport::{Channel, Endpoint};

use crate::Root;
use crate::matrix::RIVAL;

/// The token with which the tests write.
pub const WRITE_TOKEN: &str = "continuity";

/// What a service logs for each fault that it obeyed.
const FAULT_FIRES: &str = "a fault fires";

/// What a store logs from within a query that only an interrupt ends.
const QUERY_RUNS: &str = "a query runs";

/// How a chain is started.
#[derive(Debug, Clone, Default)]
pub struct ChainOptions {
    /// `SENTRY_TRACES_SAMPLE_RATE` of both.
    pub sample_rate: Option<f64>,
    /// `GATEWAY_TRUST`.
    pub trust: Option<&'static str>,
    /// Whether the database is on a disk that can be filled.
    pub small_disk: bool,
    /// `GRAPH_STORE`, where that is not a SQLite database of the chain's own.
    pub store: Option<String>,
}

/// The chain, running. Dropping it ends it.
pub struct Chain {
    /// The gateway, unless it was taken down.
    pub gateway: Option<Process>,
    /// The graph service, unless it was taken down.
    pub graph: Option<Process>,
    /// Where the gateway sends its telemetry.
    pub gateway_collector: Collector,
    /// Where the graph service sends its telemetry.
    pub graph_collector: Collector,
    /// What the database is on, if that can be filled.
    pub disk: Option<Disk>,
    gateway_url: String,
    graph_url: String,
    folder: TempDir,
}

impl Chain {
    /// Starts the chain and writes three nodes in a row: `a`, `b` and `c`.
    pub async fn start(options: &ChainOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the graph");
        let (gateway_collector, graph_collector) = (Collector::start(), Collector::start());
        let database = folder.path().join("graph.db");
        let disk = options.small_disk.then(|| Disk::at(folder.path()));
        let own = || format!("sqlite:{}", database.display());
        let mut graph = service("throughline-graph", &graph_collector.dsn("graph"), options)
            .env("GRAPH_LISTEN", "127.0.0.1:0")
            .env("GRAPH_STORE", options.store.clone().unwrap_or_else(own))
            .env("GRAPH_WRITE_TOKEN", WRITE_TOKEN);
        if let Some(disk) = &disk {
            graph = disk.hold(graph);
        }
        let graph = graph.spawn().await;
        let mut gateway = service(
            "throughline-gateway",
            &gateway_collector.dsn("gateway"),
            options,
        )
        .env("GATEWAY_LISTEN", "127.0.0.1:0")
        .env("GATEWAY_GRAPH_URL", graph.url())
        // The cap is for strangers; here every call is a trace, and its head's.
        .env("GATEWAY_SAMPLED_TRACES", "1000000000");
        if let Some(trust) = options.trust {
            gateway = gateway.env("GATEWAY_TRUST", trust);
        }
        let gateway = gateway.spawn().await;
        let chain = Self {
            gateway_url: gateway.url().to_owned(),
            graph_url: graph.url().to_owned(),
            gateway: Some(gateway),
            graph: Some(graph),
            gateway_collector,
            graph_collector,
            disk,
            folder,
        };
        let mut writer = GraphServiceClient::new(connect(&chain.graph_url));
        let head = Root {
            sampled: Some(false),
            ..Root::sampled(&mut rand::rng())
        };
        writer
            .apply_mutations(head.request(letters()))
            .await
            .expect("the graph service takes writes with its token");
        chain
    }

    /// A client that speaks grpc-web to the gateway, and leaves a deadline to it.
    pub fn web_client(&self) -> GraphServiceClient<crate::caller::Transport> {
        crate::Caller::new(&self.gateway_url).client()
    }

    /// A client that speaks gRPC to the gateway.
    pub fn client(&self) -> GraphServiceClient<Channel> {
        GraphServiceClient::new(connect(&self.gateway_url))
    }

    /// Where the graph service takes calls.
    pub fn graph_url(&self) -> &str {
        &self.graph_url
    }

    /// Where the graph service keeps its graph.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("graph.db")
    }

    /// What arrived at the collectors.
    pub fn records(&self) -> Vec<Record> {
        let mut records = self.gateway_collector.records();
        records.extend(self.graph_collector.records());
        records
    }

    /// The process of a hop; the store lives in the graph service's.
    pub fn process(&mut self, hop: &str) -> &mut Option<Process> {
        match hop {
            "gateway" => &mut self.gateway,
            _ => &mut self.graph,
        }
    }

    /// The collector of a hop.
    pub fn collector(&self, hop: &str) -> &Collector {
        match hop {
            "gateway" => &self.gateway_collector,
            _ => &self.graph_collector,
        }
    }

    /// Waits until a hop says that it obeyed a fault that holds a call up, and is held up by it.
    pub async fn wait_until_held(&mut self, hop: &str) {
        let process = self.process(hop).as_ref().expect("the hop runs");
        process
            .wait_for_stderr(|stderr| match hop {
                // Not before its query runs is there something to interrupt.
                "store" => stderr.contains(QUERY_RUNS),
                _ => faults(stderr) > 0,
            })
            .await;
    }

    /// Stops what still runs as an operator would, the gateway first. Whatever they had to tell is at the
    /// collectors then.
    pub async fn stop(&mut self) -> Stopped {
        let mut stopped = Stopped::default();
        if let Some(gateway) = self.gateway.take() {
            stopped.gateway = Some(gateway.stop().await);
        }
        if let Some(graph) = self.graph.take() {
            stopped.graph = Some(graph.stop().await);
        }
        stopped
    }
}

/// How the services ended.
#[derive(Debug, Default)]
pub struct Stopped {
    /// The gateway, if it still ran.
    pub gateway: Option<Finished>,
    /// The graph service, if it still ran.
    pub graph: Option<Finished>,
}

impl Stopped {
    /// How a hop ended.
    pub fn of(&self, hop: &str) -> Option<&Finished> {
        match hop {
            "gateway" => self.gateway.as_ref(),
            _ => self.graph.as_ref(),
        }
    }

    /// How many faults a hop obeyed.
    pub fn faults(&self, hop: &str) -> usize {
        self.of(hop).map_or(0, |ended| faults(&ended.stderr))
    }
}

/// How many faults a service obeyed, but for those of rivals.
fn faults(stderr: &str) -> usize {
    let fired = stderr.lines().filter(|line| line.contains(FAULT_FIRES));
    fired.filter(|line| !line.contains(RIVAL)).count()
}

fn service(binary: &str, dsn: &str, options: &ChainOptions) -> ProcessBuilder {
    let process = Process::builder(binary)
        .env("THROUGHLINE_FAULTS", "true")
        .env("SENTRY_DSN", dsn)
        // Each fault is counted by the line that says that it fired.
        .env(
            "RUST_LOG",
            "info,throughline_service_kit::fault=debug,throughline_graph_store::sqlite::drill=debug,\
             throughline_graph_store::dgraph::drill=debug",
        );
    match options.sample_rate {
        Some(rate) => process.env("SENTRY_TRACES_SAMPLE_RATE", rate.to_string()),
        None => process,
    }
}

fn connect(url: &str) -> Channel {
    Endpoint::from_shared(url.to_owned())
        .expect("a service announces a URL")
        .connect_lazy()
}

/// The three nodes and two edges that every chain has.
pub fn letters() -> ApplyMutationsRequest {
    let changes = [
        put_node("a"),
        put_node("b"),
        put_node("c"),
        put_edge("a", "b"),
        put_edge("b", "c"),
    ];
    ApplyMutationsRequest {
        mutations: changes.into(),
        ..ApplyMutationsRequest::default()
    }
}

/// Puts a node.
pub fn put_node(id: &str) -> Mutation {
    change(Change::PutNode(Node {
        id: id.to_owned(),
        r#type: "Letter".to_owned(),
        ..Node::default()
    }))
}

/// Puts an edge.
pub fn put_edge(from: &str, to: &str) -> Mutation {
    change(Change::PutEdge(Edge {
        from: from.to_owned(),
        r#type: "NEXT".to_owned(),
        to: to.to_owned(),
        ..Edge::default()
    }))
}

fn change(change: Change) -> Mutation {
    Mutation {
        change: Some(change),
        ..Mutation::default()
    }
}
