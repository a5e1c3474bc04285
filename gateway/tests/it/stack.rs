//! A gateway in this process, and the clients that call it.

use std::net::SocketAddr;

use clap::Parser as _;
use http::Uri;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_gateway::{Limits, Options, Peers, Seat, app, serve};
use throughline_service_kit::{Shutdown, Telemetry, TelemetryOptions, listen};
use tonic_web::{GrpcWebCall, GrpcWebClientService};

pub(crate) const ORIGIN: &str = "http://localhost:4321";

/// A gateway in this process. It stops with the test.
pub(crate) struct Gateway {
    pub(crate) addr: SocketAddr,
    pub(crate) shutdown: Shutdown,
    pub(crate) served: tokio::task::JoinHandle<()>,
}

#[derive(clap::Parser)]
struct Command {
    #[command(flatten)]
    options: Options,
}

impl Gateway {
    pub(crate) async fn start(upstream: &str) -> Self {
        Self::with(upstream, Limits::default()).await
    }

    pub(crate) async fn with(upstream: &str, limits: Limits) -> Self {
        let arguments = [
            "gateway",
            "--listen=127.0.0.1:0",
            "--graph-url",
            upstream,
            "--origins",
            ORIGIN,
        ];
        let command = Command::try_parse_from(arguments).expect("options");
        let telemetry = Telemetry::init("gateway", &TelemetryOptions::none());
        let peers = Peers::new(&limits);
        let drain_end = throughline_service_kit::DrainEnd::default();
        let app = app(&command.options, &limits, &peers, &telemetry, &drain_end).expect("an app");
        let listener = listen(command.options.listen).await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let shutdown = Shutdown::new();
        let served = tokio::spawn(serve(
            listener,
            vec![Seat::here(app)],
            peers,
            limits,
            None,
            shutdown.clone(),
            drain_end,
        ));
        Self {
            addr,
            shutdown,
            served,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

type Web = GrpcWebClientService<Client<HttpConnector, GrpcWebCall<tonic::body::Body>>>;

/// A grpc-web client, over HTTP/2 or HTTP/1.
pub(crate) fn web(url: &str, h2: bool) -> GraphServiceClient<Web> {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(h2)
        .build_http();
    let origin: Uri = url.parse().expect("a URL");
    GraphServiceClient::with_origin(GrpcWebClientService::new(client), origin)
}

/// A gRPC client, as every other service is one.
pub(crate) async fn grpc(url: &str) -> GraphServiceClient<tonic::transport::Channel> {
    GraphServiceClient::connect(url.to_owned())
        .await
        .expect("a connection")
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Raw {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.get_all(name).iter();
        let line = lines.next()?;
        assert_eq!(lines.next(), None, "one line of {name}");
        line.to_str().ok()
    }
}

/// Sends a request over HTTP/1 as it stands.
pub(crate) async fn raw(request: http::Request<Vec<u8>>) -> Raw {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client
        .request(request.map(|body| Full::new(Bytes::from(body))))
        .await;
    let (head, body) = answer.expect("an answer").into_parts();
    Raw {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.collect().await.expect("a whole body").to_bytes(),
    }
}

/// A grpc-web request for `GetNode` as a browser sends it.
pub(crate) fn get_node(url: &str) -> http::request::Builder {
    http::Request::post(format!("{url}/throughline.graph.v1.GraphService/GetNode"))
        .header("content-type", "application/grpc-web+proto")
        .header("x-grpc-web", "1")
}

/// The frame of a `GetNodeRequest`.
pub(crate) fn frame(id: &str) -> Vec<u8> {
    use prost::Message as _;
    let request = throughline_api::graph::v1::GetNodeRequest {
        id: id.to_owned(),
        ..Default::default()
    };
    let message = request.encode_to_vec();
    let length = u32::try_from(message.len()).expect("a short message");
    [&[0][..], &length.to_be_bytes(), &message].concat()
}
