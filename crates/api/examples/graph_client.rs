//! A client of the graph service as another team would write it, with nothing of this workspace but the generated types
//! and the two crates that keep the trace: three calls, a stream, and an error with its details read.
//!
//! While `cargo xtask up` runs, with what it prints as the DSN:
//!
//! ```text
//! SENTRY_DSN=http://example@127.0.0.1:8969/9 \
//!     cargo run -p throughline-api --example graph_client -- http://127.0.0.1:8080 throughline libc
//! ```
//!
//! Prints the id of the trace last.
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

use std::error::Error;

use sentry::{Hub, SentryFutureExt as _, TransactionContext};
use sentry_tonic::{ClientLayer, ClientService};
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_api::graph::v1::{
    FindPathRequest, GetNodeRequest, ListNodesRequest, SearchNodesRequest, TraverseRequest,
};
use tonic::transport::{Channel, Endpoint};
use tonic_types::StatusExt as _;
use tower_layer::Layer as _;

type Client = GraphServiceClient<ClientService<Channel>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [gateway, from, to] = arguments.as_slice() else {
        return Err("usage: graph_client GATEWAY FROM TO".into());
    };

    // Where Sentry starts: its DSN comes from SENTRY_DSN; without one nothing is traced, and all works the same.
    let telemetry = sentry::init(sentry_propagation::client_options().traces_sample_rate(1.0));

    // The client side: a layer around the channel.
    let channel = Endpoint::from_shared(gateway.clone())?.connect().await?;
    let layer = ClientLayer::new().target(gateway);
    let client = GraphServiceClient::new(layer.layer(channel));

    // What is one piece of work to you is one transaction; each call becomes a span of it.
    let transaction = sentry::start_transaction(TransactionContext::new("ask the graph", "task"));
    let hub = Hub::new_from_top(Hub::current());
    hub.configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
    let asked = ask(client, from, to).bind_hub(hub).await;
    let trace_id = transaction.get_trace_context().trace_id;
    transaction.finish();
    // What is still to be sent is sent now, for as long as the transport's limits allow.
    telemetry.close(None);

    asked?;
    println!("trace {trace_id}");
    Ok(())
}

async fn ask(mut client: Client, from: &str, to: &str) -> Result<(), Box<dyn Error>> {
    // A list, by a filter (AIP-160), in pages: `next_page_token` is empty on the last.
    let first = ListNodesRequest {
        order_by: "id".to_owned(),
        page_size: 3,
        ..ListNodesRequest::default()
    };
    let page = client.list_nodes(first).await?.into_inner();
    let ids: Vec<&str> = page.nodes.iter().map(|node| node.id.as_str()).collect();
    println!("the first nodes are {}", ids.join(", "));

    // Words, ranked.
    let words = SearchNodesRequest {
        query: from.to_owned(),
        ..SearchNodesRequest::default()
    };
    let found = client.search_nodes(words).await?.into_inner();
    println!("{} nodes hold the word {from}", found.hits.len());

    // That there is no path is an answer, not an error.
    let path = FindPathRequest {
        from: from.to_owned(),
        to: to.to_owned(),
        ..FindPathRequest::default()
    };
    let path = client.find_path(path).await?.into_inner();
    let ids: Vec<&str> = path.nodes.iter().map(|node| node.id.as_str()).collect();
    println!("the path is {}", ids.join(" -> "));

    // A stream: its span lasts until its last message has been taken.
    let walk = TraverseRequest {
        start: vec![from.to_owned()],
        max_depth: 2,
        ..TraverseRequest::default()
    };
    let mut levels = client.traverse(walk).await?.into_inner();
    while let Some(part) = levels.message().await? {
        println!("level {}: {} nodes", part.level, part.nodes.len());
    }

    // An error: its code says what to do, its details what it is about.
    let nobody = GetNodeRequest {
        id: "nobody".to_owned(),
        ..GetNodeRequest::default()
    };
    let Err(status) = client.get_node(nobody).await else {
        return Err("nobody is there".into());
    };
    let details = status.get_error_details();
    let reason = details.error_info().map_or("", |info| &info.reason);
    let resource = details
        .resource_info()
        .map_or("", |resource| &resource.resource_name);
    println!("{:?}, {reason}: {resource:?}", status.code());
    Ok(())
}
