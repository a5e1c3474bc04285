//! The graph service, reached through the gateway in grpc-web or directly in
//! plain gRPC. Either way its calls are traced.

use http::{Request, Response, Uri};
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_service_kit::{self as service_kit, Telemetry};
use tonic::Status;
use tonic::body::Body;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceExt as _};

use crate::failure::{CallFailed, Server};
use crate::options::ReadOptions;

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

impl Graph {
    /// As the options of a reading command say.
    pub(crate) fn to_read(options: &ReadOptions, telemetry: &Telemetry) -> anyhow::Result<Self> {
        match &options.graph {
            Some(url) => Self::plain(url, telemetry),
            None => Ok(Self::web(&options.gateway, telemetry)),
        }
    }

    /// In plain gRPC.
    pub(crate) fn plain(url: &Uri, telemetry: &Telemetry) -> anyhow::Result<Self> {
        let channel = service_kit::channel(&url.to_string(), telemetry)?;
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
    fn web(url: &Uri, telemetry: &Telemetry) -> Self {
        Self::over(crate::web::transport(telemetry), Server::Gateway, url)
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

    /// A failure of this service.
    pub(crate) fn failed(&self, status: Status) -> CallFailed {
        CallFailed::new(status, self.server, &self.url)
    }
}
