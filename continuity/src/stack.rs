//! Gateway and graph, started as an operator would.

use tempfile::TempDir;
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_testkit::{Collector, Finished, Process, RecordingProxy};

use crate::{Caller, WRITE_TOKEN, letters};

/// Where the services send their telemetry.
#[derive(Clone, Copy)]
pub enum Telemetry<'a> {
    /// To the test's own collector.
    Collector(&'a Collector),
    /// To an inspector that runs as a process, at this URL.
    Inspector(&'a str),
}

impl Telemetry<'_> {
    /// The DSN for a service.
    pub fn dsn(&self, service: &str) -> String {
        match self {
            Self::Collector(collector) => collector.dsn(service),
            Self::Inspector(url) => {
                let project = match service {
                    "throughline" => 1,
                    "gateway" => 2,
                    _ => 3,
                };
                format!(
                    "{}/{project}",
                    url.replacen("://", &format!("://{service}@"), 1)
                )
            }
        }
    }
}

/// How the chain is started. See [`Stack::builder`].
pub struct StackBuilder<'a> {
    telemetry: Telemetry<'a>,
    without_dsn: Vec<&'a str>,
    layers: Vec<(&'a str, &'a str)>,
}

impl<'a> StackBuilder<'a> {
    /// Gives `service` no DSN, so that it has no Sentry client.
    pub fn without_dsn(mut self, service: &'a str) -> Self {
        self.without_dsn.push(service);
        self
    }

    /// Leaves `service` only the layers of `sides`, as `TRACE_LAYERS` names them.
    pub fn layers(mut self, service: &'a str, sides: &'a str) -> Self {
        self.layers.push((service, sides));
        self
    }

    /// Starts the chain and writes three nodes in a row: `a`, `b` and `c`.
    pub async fn start(self) -> Stack {
        let folder = tempfile::tempdir().expect("a folder for the graph");
        let store = format!("sqlite:{}", folder.path().join("graph.db").display());
        let graph = self
            .process("throughline-graph", "graph")
            .env("GRAPH_LISTEN", "127.0.0.1:0")
            .env("GRAPH_STORE", store)
            .env("GRAPH_WRITE_TOKEN", WRITE_TOKEN)
            .spawn()
            .await;
        let before_graph = RecordingProxy::start(graph.url());
        let gateway = self
            .process("throughline-gateway", "gateway")
            .env("GATEWAY_LISTEN", "127.0.0.1:0")
            .env("GATEWAY_GRAPH_URL", before_graph.url())
            .spawn()
            .await;
        let before_gateway = RecordingProxy::start(gateway.url());
        let stack = Stack {
            graph,
            before_graph,
            gateway,
            before_gateway,
            _folder: folder,
        };
        stack.write_chain().await;
        stack
    }

    fn process(&self, binary: &str, service: &str) -> throughline_testkit::ProcessBuilder {
        let mut process = Process::builder(binary).env("THROUGHLINE_FAULTS", "true");
        if !self.without_dsn.contains(&service) {
            process = process.env("SENTRY_DSN", self.telemetry.dsn(service));
        }
        match self.layers.iter().find(|(of, _)| *of == service) {
            Some((_, sides)) => process.env("TRACE_LAYERS", sides),
            None => process,
        }
    }
}

/// The chain, running. Dropping it ends it.
pub struct Stack {
    /// The graph service.
    pub graph: Process,
    /// What the gateway sends to the graph service.
    pub before_graph: RecordingProxy,
    /// The gateway.
    pub gateway: Process,
    /// What callers send to the gateway.
    pub before_gateway: RecordingProxy,
    _folder: TempDir,
}

impl Stack {
    /// Prepares to start the chain.
    pub fn builder(telemetry: Telemetry<'_>) -> StackBuilder<'_> {
        StackBuilder {
            telemetry,
            without_dsn: Vec::new(),
            layers: Vec::new(),
        }
    }

    /// A caller of the gateway, through the proxy before it.
    pub fn caller(&self) -> Caller {
        Caller::new(&self.before_gateway.url())
    }

    /// Stops both as an operator would, the gateway first.
    pub async fn stop(self) -> [Finished; 2] {
        [self.gateway.stop().await, self.graph.stop().await]
    }

    async fn write_chain(&self) {
        let mut request = tonic::Request::new(letters());
        let bearer = format!("Bearer {WRITE_TOKEN}");
        request
            .metadata_mut()
            .insert("authorization", bearer.parse().expect("a token is ASCII"));
        GraphServiceClient::connect(self.graph.url().to_owned())
            .await
            .expect("the graph service takes connections")
            .apply_mutations(request)
            .await
            .expect("the graph service takes writes with its token");
    }
}
