//! Servers in this process: the real graph service and inspector, and ones that
//! answer as they are told.

use std::net::SocketAddr;

use tempfile::TempDir;
use throughline_api::graph::v1::graph_service_server::GraphServiceServer;
use throughline_api::inspector::v1::trace_service_server::{TraceService, TraceServiceServer};
use throughline_graph::{KitRunner, WriteToken, graph_service};
use throughline_graph_store::{SqliteOptions, SqliteStore};
use throughline_inspector::{Inspector, Options};
use tokio::net::{TcpListener, TcpSocket};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::transport::server::Router;
use tonic_web::GrpcWebLayer;

use crate::memory::MemoryGraph;

/// What the real graph service asks writers for.
pub(crate) const TOKEN: &str = "sesame";

/// A server that stops with the test.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    _folder: TempDir,
}

impl Running {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn serve(
    build: impl FnOnce(
        &TempDir,
    )
        -> Router<tower::layer::util::Stack<GrpcWebLayer, tower::layer::util::Identity>>,
) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let router = build(&folder);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    throughline_service_kit::spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
    Running {
        address,
        _folder: folder,
    }
}

fn builder() -> Server<tower::layer::util::Stack<GrpcWebLayer, tower::layer::util::Identity>> {
    // Both ways of reaching it on one port: HTTP/1 carries grpc-web.
    Server::builder()
        .accept_http1(true)
        .layer(GrpcWebLayer::new())
}

/// The real graph service, empty.
pub(crate) async fn graph() -> Running {
    serve(|folder| {
        let path = folder.path().join("graph.db");
        let store = SqliteStore::open(&path, SqliteOptions::default(), KitRunner).unwrap();
        builder().add_service(graph_service(store, WriteToken::new(TOKEN.to_owned())))
    })
    .await
}

/// A graph service that is only in memory.
pub(crate) async fn memory_graph(service: MemoryGraph) -> Running {
    serve(|_| {
        let service = GraphServiceServer::new(service);
        builder().add_service(service.max_decoding_message_size(16 << 20))
    })
    .await
}

/// An inspector that answers as `service` does.
pub(crate) async fn told_inspector(service: impl TraceService) -> Running {
    serve(|_| builder().add_service(TraceServiceServer::new(service))).await
}

/// The real inspector, empty.
pub(crate) struct RunningInspector {
    pub(crate) inspector: Inspector,
    _folder: TempDir,
}

impl RunningInspector {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            ..Options::in_dir(folder.path())
        };
        Self {
            inspector: Inspector::start(&options).await.unwrap(),
            _folder: folder,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.inspector.local_addr())
    }

    pub(crate) fn dsn(&self) -> String {
        format!("http://throughline@{}/1", self.inspector.local_addr())
    }
}

/// A port at which nobody listens, nor can as long as this is there: whoever calls is refused.
pub(crate) struct Nobody {
    url: String,
    _bound: TcpSocket,
}

impl Nobody {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Takes a port and does not listen.
pub(crate) fn nobody() -> Nobody {
    let bound = TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    Nobody {
        url: format!("http://{}", bound.local_addr().unwrap()),
        _bound: bound,
    }
}
