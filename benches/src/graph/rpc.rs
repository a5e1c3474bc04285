//! GetNode over loopback, client and server in this process, with no telemetry: what the graph service's own handlers
//! cost, and what the store adds.

use throughline_api::graph::v1::{GetNodeRequest, graph_service_client::GraphServiceClient};
use throughline_graph::{WriteToken, graph_service};
use throughline_graph_store::GraphStore;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Endpoint, Server};

use super::data;

/// Serves from `store` and reads `times` nodes of a graph of so many edges.
pub(super) async fn get(store: impl GraphStore, edges: u32, times: u32) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let service = graph_service(store, WriteToken::nobody());
    let mut server = Server::builder().tcp_nodelay(true);
    let server = server.add_service(service);
    let serving = tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let endpoint = Endpoint::from_shared(url)?.tcp_nodelay(true);
    let mut client = GraphServiceClient::new(endpoint.connect().await?);
    for n in 0..times {
        let request = GetNodeRequest {
            id: data::id(n % data::nodes(edges)),
            ..GetNodeRequest::default()
        };
        let answer = client.get_node(request).await?.into_inner();
        anyhow::ensure!(answer.node.is_some(), "no node");
    }
    serving.abort();
    Ok(())
}
