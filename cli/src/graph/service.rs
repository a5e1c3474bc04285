//! The graph service, reached through the gateway in grpc-web or directly in
//! plain gRPC. Either way its calls are traced.

use http::{Request, Response, Uri};
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_service_kit::{self as service_kit, Telemetry};
use tonic::body::Body;
use tonic::{Status, Streaming};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceExt as _};

use crate::failure::{CallFailed, Server};
use crate::options::{ReadOptions, SourceOptions};

/// Either way of reaching the service.
pub(crate) type Transport = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

/// A connection to the graph service, made when it is first used.
pub(crate) struct Graph {
    pub(crate) client: GraphServiceClient<Transport>,
    server: Server,
    url: String,
}

/// A page of a thousand nodes with their texts is larger than gRPC's usual 4 MiB.
const LARGEST_ANSWER: usize = 64 << 20;

/// What the service takes: a batch of an import.
const LARGEST_REQUEST: usize = 16 << 20;

impl Graph {
    /// As the options of a reading command say.
    pub(crate) fn to_read(options: &ReadOptions, telemetry: &Telemetry) -> anyhow::Result<Self> {
        Self::either(options.graph.as_ref(), &options.gateway, telemetry)
    }

    /// As the options of a command say that reads but prints no answer.
    pub(crate) fn at(options: &SourceOptions, telemetry: &Telemetry) -> anyhow::Result<Self> {
        Self::either(options.graph.as_ref(), &options.gateway, telemetry)
    }

    fn either(graph: Option<&Uri>, gateway: &Uri, telemetry: &Telemetry) -> anyhow::Result<Self> {
        match graph {
            Some(url) => Self::plain(url, telemetry),
            None => Self::web(gateway, telemetry),
        }
    }

    /// In plain gRPC.
    pub(crate) fn plain(url: &Uri, telemetry: &Telemetry) -> anyhow::Result<Self> {
        let mut limits = telemetry.limits().clone();
        limits.message_bytes = LARGEST_REQUEST;
        let channel = service_kit::channel_within(&url.to_string(), telemetry, &limits)?;
        let transport = channel
            .map_response(|response| response.map(Body::new))
            .map_err(BoxError::from);
        Ok(Self::over(
            BoxCloneSyncService::new(transport),
            Server::Graph,
            url,
        ))
    }

    /// In grpc-web, as a browser does.
    fn web(url: &Uri, telemetry: &Telemetry) -> anyhow::Result<Self> {
        let transport = crate::web::transport(telemetry)?;
        Ok(Self::over(transport, Server::Gateway, url))
    }

    fn over(transport: Transport, server: Server, url: &Uri) -> Self {
        let client = GraphServiceClient::with_origin(transport, url.clone())
            .max_decoding_message_size(LARGEST_ANSWER);
        Self {
            client,
            server,
            url: url.to_string().trim_end_matches('/').to_owned(),
        }
    }

    /// The answer's message, or what failed and where.
    pub(crate) fn answer<T>(
        &self,
        answer: Result<tonic::Response<T>, Status>,
    ) -> Result<T, CallFailed> {
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status| self.failed(status))
    }

    /// The next message of a stream, or none at its end.
    pub(crate) async fn next<T>(&self, stream: &mut Streaming<T>) -> Result<Option<T>, CallFailed> {
        stream.message().await.map_err(|status| self.failed(status))
    }

    /// A failure of this service.
    pub(crate) fn failed(&self, status: Status) -> CallFailed {
        CallFailed::new(status, self.server, &self.url)
    }
}
