//! A caller in the browser's place: grpc-web over HTTP/1, with the headers of a trace's head.

use http::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_api::graph::v1::{FindPathRequest, FindPathResponse};
use tonic::Status;
use tonic_web::{GrpcWebCall, GrpcWebClientLayer, GrpcWebClientService};
use tower::Layer as _;

/// grpc-web over hyper's client, which keeps no time of its own: a deadline is the callee's to keep.
pub type Transport = GrpcWebClientService<Client<HttpConnector, GrpcWebCall<tonic::body::Body>>>;

/// The headers with which a trace begins.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The value of `sentry-trace`.
    pub sentry_trace: Option<String>,
    /// The lines of `baggage`.
    pub baggage: Vec<String>,
    /// The value of `x-throughline-fault`.
    pub fault: Option<String>,
}

/// Calls the graph service through the gateway.
#[derive(Clone)]
pub struct Caller {
    client: GraphServiceClient<Transport>,
}

impl Caller {
    /// A caller of the gateway at `url`.
    pub fn new(url: &str) -> Self {
        let http = Client::builder(TokioExecutor::new()).build_http();
        let origin: Uri = url.parse().expect("a gateway has a URL");
        let transport = GrpcWebClientLayer::new().layer(http);
        Self {
            client: GraphServiceClient::with_origin(transport, origin),
        }
    }

    /// The client itself.
    pub fn client(&self) -> GraphServiceClient<Transport> {
        self.client.clone()
    }

    /// Asks for the path from `a` to `c`, which has two edges.
    pub async fn find_path(&self, head: &Head) -> Result<FindPathResponse, Status> {
        let mut request = tonic::Request::new(FindPathRequest {
            from: "a".to_owned(),
            to: "c".to_owned(),
            ..FindPathRequest::default()
        });
        let metadata = request.metadata_mut();
        let lines = (head
            .sentry_trace
            .iter()
            .map(|value| ("sentry-trace", value)))
        .chain(head.baggage.iter().map(|value| ("baggage", value)))
        .chain(
            head.fault
                .iter()
                .map(|value| ("x-throughline-fault", value)),
        );
        for (name, value) in lines {
            metadata.append(name, value.parse().expect("a test's header is ASCII"));
        }
        let response = self.client().find_path(request).await?;
        Ok(response.into_inner())
    }
}
