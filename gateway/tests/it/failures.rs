//! What fails between gateway and service reaches the caller as an error of gRPC.

use std::time::Duration;

use throughline_api::graph::v1::{GetNodeRequest, TraverseRequest};
use throughline_testkit::RecordingProxy;
use tonic::{Code, Request, Status};

use crate::stack::{Gateway, frame, get_node, raw, web};
use crate::upstream::Upstream;

/// The services' addresses are nobody's business.
fn assert_discreet(status: &Status) {
    assert!(!status.message().is_empty(), "{status}");
    assert!(!status.message().contains("127.0.0.1"), "{status}");
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unavailable_until_it_is() {
    // A port that nobody else takes meanwhile: bound, and not listening.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a free port");
    let addr = socket.local_addr().expect("an address");
    let gateway = Gateway::start(&format!("http://{addr}")).await;
    for h2 in [false, true] {
        let request = GetNodeRequest::default();
        let error = web(&gateway.url(), h2)
            .get_node(request)
            .await
            .expect_err("nobody there");
        assert_eq!(error.code(), Code::Unavailable);
        assert_discreet(&error);
    }
    // In the head, without a body: what every client understands.
    let answer = raw(get_node(&gateway.url())
        .body(frame("serde"))
        .expect("a request"))
    .await;
    assert_eq!(
        (answer.status, answer.header("grpc-status")),
        (200, Some("14"))
    );
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn a_deadline_is_a_deadline() {
    // A service that takes calls and never answers, not even at the deadline as tonic's own would.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let between = RecordingProxy::start(&url);
    let gateway = Gateway::start(&between.url()).await;
    // Sent as a header alone: a client with a timer of its own would answer itself. Long enough for the call to get through
    // to the service before.
    let request = get_node(&gateway.url()).header("grpc-timeout", "2S");
    let answer = raw(request.body(frame("serde")).expect("a request")).await;
    assert_eq!(answer.header("grpc-status"), Some("4"), "{answer:?}");
    assert_eq!(between.wait_for(1).await.len(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_in_a_stream_ends_it_with_a_status() {
    let upstream = Upstream::start().await;
    for h2 in [false, true] {
        let between = RecordingProxy::start(&upstream.url);
        let gateway = Gateway::start(&between.url()).await;
        let mut client = web(&gateway.url(), h2);
        let request = Request::new(TraverseRequest {
            start: vec!["endless".to_owned()],
            ..Default::default()
        });
        let mut levels = client
            .traverse(request)
            .await
            .expect("a stream")
            .into_inner();
        levels
            .message()
            .await
            .expect("the first")
            .expect("a message");
        drop(between);
        let broken = tokio::time::timeout(Duration::from_secs(60), levels.message());
        let error = broken.await.expect("an end").expect_err("a break");
        assert_eq!(error.code(), Code::Unavailable, "{error}");
        assert_discreet(&error);
    }
}

#[tokio::test]
async fn what_does_not_speak_grpc_is_no_service() {
    // A proxy that reaches nobody answers 502 in plain HTTP.
    let not_grpc = RecordingProxy::start("http://127.0.0.1:1");
    let gateway = Gateway::start(&not_grpc.url()).await;
    let error = web(&gateway.url(), true)
        .get_node(GetNodeRequest::default())
        .await
        .expect_err("502");
    assert_eq!(error.code(), Code::Unavailable);
    assert_discreet(&error);
}
