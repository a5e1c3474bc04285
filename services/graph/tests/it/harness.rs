//! A server on an ephemeral port, and a client of it.

use std::collections::HashMap;

use tempfile::TempDir;
use throughline_api::{
    FILE_DESCRIPTOR_SET,
    graph::v1::{
        ApplyMutationsRequest, Edge, Mutation, Node, Value,
        graph_service_client::GraphServiceClient, mutation::Change, value::Kind,
    },
};
use throughline_graph::{Faulty, KitRunner, Limits, WriteToken, graph_service_within};
use throughline_graph_store::{SqliteOptions, SqliteStore};
use throughline_service_kit::{
    self as service_kit, GrpcServer, Shutdown, Telemetry, TelemetryOptions,
};
use tokio::task::JoinHandle;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

pub(crate) const TOKEN: &str = "the token";

pub(crate) type Client = GraphServiceClient<InterceptedService<Channel, Headers>>;

/// Puts headers on every request.
#[derive(Clone, Default)]
pub(crate) struct Headers(HashMap<&'static str, String>);

impl Interceptor for Headers {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (name, value) in &self.0 {
            let value = MetadataValue::try_from(value.as_str()).unwrap();
            request.metadata_mut().insert(*name, value);
        }
        Ok(request)
    }
}

pub(crate) struct Service {
    pub(crate) channel: Channel,
    pub(crate) shutdown: Shutdown,
    pub(crate) serving: JoinHandle<Result<(), service_kit::Error>>,
    pub(crate) folder: TempDir,
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::with(WriteToken::new(TOKEN), SqliteOptions::default()).await
    }

    pub(crate) async fn with(token: WriteToken, options: SqliteOptions) -> Self {
        Self::within(Limits::default(), token, options).await
    }

    pub(crate) async fn within(limits: Limits, token: WriteToken, options: SqliteOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("graph.db"), options, KitRunner).unwrap();
        let mut telemetry = TelemetryOptions::none();
        telemetry.faults = true;
        let telemetry = Telemetry::init("graph", &telemetry);
        let store = Faulty::new(store, telemetry.limits());
        let listener = service_kit::listen(([127, 0, 0, 1], 0).into())
            .await
            .unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = Shutdown::new();
        let server = GrpcServer::new(&telemetry)
            .reflection(FILE_DESCRIPTOR_SET)
            .add_service(graph_service_within(limits, store, token));
        let serving = service_kit::spawn(server.serve(listener, shutdown.clone()));
        let channel = Channel::from_shared(url).unwrap().connect_lazy();
        Self {
            channel,
            shutdown,
            serving,
            folder,
        }
    }

    /// A client that may write.
    pub(crate) fn client(&self) -> Client {
        self.client_with([("authorization", format!("Bearer {TOKEN}"))])
    }

    pub(crate) fn client_with(
        &self,
        headers: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Client {
        let headers = Headers(headers.into_iter().collect());
        GraphServiceClient::with_interceptor(self.channel.clone(), headers)
    }

    /// The edges `a>b …` of type `E`, and their nodes of type `T`, each named as its id.
    pub(crate) async fn draw(&self, edges: &str) {
        let mut changes = Vec::new();
        for edge in edges.split_whitespace() {
            let (from, to) = edge.split_once('>').unwrap();
            changes.extend([from, to].map(|id| Change::PutNode(node(id))));
            changes.push(Change::PutEdge(self::edge(from, to)));
        }
        self.client().apply_mutations(apply(changes)).await.unwrap();
    }
}

pub(crate) fn node(id: &str) -> Node {
    let name = Value {
        kind: Some(Kind::StringValue(format!("name of {id}"))),
    };
    Node {
        id: id.into(),
        r#type: "T".into(),
        properties: [("name".into(), name)].into(),
        etag: String::new(),
    }
}

pub(crate) fn edge(from: &str, to: &str) -> Edge {
    Edge {
        from: from.into(),
        r#type: "E".into(),
        to: to.into(),
        ..Edge::default()
    }
}

pub(crate) fn apply(changes: impl IntoIterator<Item = Change>) -> ApplyMutationsRequest {
    let mutation = |change| Mutation {
        precondition: None,
        change: Some(change),
    };
    ApplyMutationsRequest {
        mutations: changes.into_iter().map(mutation).collect(),
        ..ApplyMutationsRequest::default()
    }
}
