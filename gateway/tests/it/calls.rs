//! Calls of every kind, from real clients, through to the service and back.

use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_api::graph::v1::{GetNodeRequest, ImportGraphRequest, TraverseRequest};
use tonic::Code;
use tonic::body::Body;
use tonic_types::StatusExt as _;

use crate::stack::{Gateway, grpc, web};
use crate::upstream::Upstream;

fn node(id: &str) -> GetNodeRequest {
    GetNodeRequest {
        id: id.to_owned(),
        ..Default::default()
    }
}

fn traverse(kind: &str) -> TraverseRequest {
    TraverseRequest {
        start: vec![kind.to_owned()],
        ..Default::default()
    }
}

/// Everything that a client can do, as far as one has it: the same for each protocol.
async fn check<C>(mut upstream: Upstream, mut client: GraphServiceClient<C>)
where
    C: tonic::client::GrpcService<Body> + Clone + Send + 'static,
    C::Error: Into<tonic::codegen::StdError>,
    C::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <C::ResponseBody as http_body::Body>::Error: Into<tonic::codegen::StdError> + Send,
    C::Future: Send,
{
    let answer = client.get_node(node("serde")).await.expect("unary");
    assert_eq!(answer.into_inner().node.expect("a node").id, "serde");

    let error = client
        .get_node(node("details"))
        .await
        .expect_err("an error");
    assert_eq!(error.code(), Code::NotFound);
    assert_eq!(error.message(), "no such node: größer");
    let details = error.get_error_details();
    assert_eq!(
        details.resource_info().expect("details").resource_name,
        "details"
    );

    // The second message is not even made before the first has arrived.
    let mut levels = client
        .traverse(traverse("step"))
        .await
        .expect("a stream")
        .into_inner();
    assert_eq!(
        levels
            .message()
            .await
            .expect("the first")
            .expect("a message")
            .level,
        0
    );
    upstream.step.notify_one();
    assert_eq!(
        levels
            .message()
            .await
            .expect("the second")
            .expect("a message")
            .level,
        1
    );
    let late = levels.message().await.expect_err("a late error");
    assert_eq!((late.code(), late.message()), (Code::Aborted, "late"));

    let mut endless = client
        .traverse(traverse("endless"))
        .await
        .expect("a stream")
        .into_inner();
    endless
        .message()
        .await
        .expect("the first")
        .expect("a message");
    drop(endless);
    upstream.cancel().await;
}

#[tokio::test]
async fn grpc_web_over_h1() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.url).await;
    check(upstream, web(&gateway.url(), false)).await;
}

#[tokio::test]
async fn grpc_web_over_h2() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.url).await;
    check(upstream, web(&gateway.url(), true)).await;
}

#[tokio::test]
async fn grpc_over_h2() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.url).await;
    check(upstream, grpc(&gateway.url()).await).await;
}

#[tokio::test]
async fn a_unary_call_that_is_given_up_ends_at_the_service() {
    for h2 in [false, true] {
        let mut upstream = Upstream::start().await;
        let gateway = Gateway::start(&upstream.url).await;
        let mut client = web(&gateway.url(), h2);
        // It has arrived once the service has it, and the service tells by the guard alone: so the caller gives
        // up when it will, and either the service never saw the call or its guard is dropped. Ask until it was seen.
        let mut cancelled = upstream.cancelled.clone();
        while *cancelled.borrow_and_update() == 0 {
            let call = client.get_node(node("slow"));
            tokio::time::timeout(std::time::Duration::from_millis(200), call)
                .await
                .ok();
        }
        upstream.cancel().await;
    }
}

#[tokio::test]
async fn a_stream_of_requests_passes_whole() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.url).await;
    let batch = ImportGraphRequest {
        nodes: vec![Default::default(); 3],
        ..Default::default()
    };
    let batches = || tokio_stream::iter(vec![batch.clone(); 100]);
    let mut client = grpc(&gateway.url()).await;
    let answer = client
        .import_graph(batches())
        .await
        .expect("grpc")
        .into_inner();
    assert_eq!((answer.batch_count, answer.node_count), (100, 300));
    for h2 in [false, true] {
        let mut client = web(&gateway.url(), h2);
        let answer = client
            .import_graph(batches())
            .await
            .expect("grpc-web")
            .into_inner();
        assert_eq!((answer.batch_count, answer.node_count), (100, 300));
    }
}

#[tokio::test]
async fn a_stop_lets_calls_end() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.url).await;
    let mut client = web(&gateway.url(), true);
    let mut levels = client
        .traverse(traverse("step"))
        .await
        .expect("a stream")
        .into_inner();
    levels
        .message()
        .await
        .expect("the first")
        .expect("a message");
    gateway.shutdown.request();
    upstream.step.notify_one();
    assert_eq!(
        levels
            .message()
            .await
            .expect("the second")
            .expect("a message")
            .level,
        1
    );
    assert_eq!(
        levels.message().await.expect_err("a late error").code(),
        Code::Aborted
    );
    drop((levels, client));
    tokio::time::timeout(throughline_testkit::SAFETY, gateway.served)
        .await
        .expect("the gateway ends")
        .expect("without a panic");
}
