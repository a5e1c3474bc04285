//! The bounds of messages and heads, at the byte: at who takes them and at who sends them, both ways.

use http::uri::PathAndQuery;
use throughline_service_kit::{self as service_kit, Channel, Limits, Telemetry, TelemetryOptions};
use throughline_testkit::Collector;
use throughline_trace_model::Record;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use crate::probe::{probe, traced};
use crate::raw::{self, message};

const OK: &str = "/test.v1.Probe/Ok";
const BIG: &str = "/test.v1.Probe/Big";
/// The most that is taken here.
const MOST: usize = 1000;
/// What a text of a message has beside its bytes, where those are between 128 and 16 383.
const FIELD: usize = 3;

#[tokio::test]
async fn a_server_takes_a_message_of_so_many_bytes() {
    let process = probe()
        .args(["--message-bytes", &MOST.to_string()])
        .spawn()
        .await;
    let full = raw::call_of(process.url(), OK, &[], message(MOST)).await;
    assert_eq!(full.trailers.as_deref(), Some("0"), "{full:?}");
    let long = raw::call_of(process.url(), OK, &[], message(MOST + 1)).await;
    let status = long.head.as_deref().or(long.trailers.as_deref());
    assert_eq!(status, Some("8"), "{long:?}");
}

#[tokio::test]
async fn a_server_sends_a_message_of_so_many_bytes() {
    let collector = Collector::start();
    let process = traced(&collector)
        .args(["--answer-bytes", &MOST.to_string()])
        .spawn()
        .await;
    let ask = async |bytes: usize| {
        let bytes = (bytes - FIELD).to_string();
        raw::call(process.url(), BIG, &[("x-bytes", &bytes)]).await
    };
    let full = ask(MOST).await;
    assert_eq!(full.trailers.as_deref(), Some("0"), "{full:?}");
    assert_eq!(full.bytes, 5 + MOST);
    let long = ask(MOST + 1).await;
    assert_eq!(long.trailers.as_deref(), Some("8"), "{long:?}");
    assert_eq!(long.bytes, 0, "none of it is passed on");
    process.stop().await;
    let records = collector.records();
    let spans = records.iter().filter_map(|record| match record {
        Record::Span(span) => Some(span),
        _ => None,
    });
    // As they were called: several envelopes are under way at once, and any may be the first to arrive.
    let mut spans: Vec<_> = spans.collect();
    spans.sort_by_key(|span| span.start);
    let statuses: Vec<_> = spans.iter().map(|span| &*span.status).collect();
    // The trace says what the caller saw.
    assert_eq!(statuses, ["ok", "resource_exhausted"]);
}

/// A client of `url` that sends and takes this much.
fn client(url: &str, message_bytes: usize, answer_bytes: usize) -> tonic::client::Grpc<Channel> {
    let telemetry = Telemetry::init("test", &TelemetryOptions::none());
    let mut limits = Limits::default();
    limits.message_bytes = message_bytes;
    limits.answer_bytes = answer_bytes;
    let channel = service_kit::channel_within(url, &telemetry, &limits);
    tonic::client::Grpc::new(channel.expect("an announced URL is one"))
}

#[tokio::test]
async fn a_client_sends_a_message_of_so_many_bytes() {
    let process = probe().spawn().await;
    let send = async |bytes: usize| {
        let mut client = client(process.url(), MOST, MOST);
        client.ready().await.expect("it is lazy");
        let codec = ProstCodec::<String, ()>::default();
        let request = Request::new("x".repeat(bytes - FIELD));
        let path = PathAndQuery::from_static(OK);
        client.unary(request, path, codec).await.map(|_| ())
    };
    send(MOST).await.expect("as much as may be");
    let status = send(MOST + 1).await.expect_err("too much");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
}

#[tokio::test]
async fn a_client_takes_a_message_of_so_many_bytes() {
    let process = probe().spawn().await;
    let ask = async |bytes: usize| -> Result<String, Status> {
        let mut client = client(process.url(), MOST, MOST);
        client.ready().await.expect("it is lazy");
        let mut request = Request::new(());
        let bytes = (bytes - FIELD).to_string().parse().expect("a number");
        request.metadata_mut().insert("x-bytes", bytes);
        let codec = ProstCodec::<(), String>::default();
        let path = PathAndQuery::from_static(BIG);
        let answer = client.unary(request, path, codec).await;
        answer.map(tonic::Response::into_inner)
    };
    assert_eq!(ask(MOST).await.expect("as much as may be").len(), 997);
    let status = ask(MOST + 1).await.expect_err("too much");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
}

#[tokio::test]
async fn a_head_is_of_so_many_bytes() {
    let process = probe().spawn().await;
    let ask = async |bytes: usize| {
        let long = "x".repeat(bytes);
        raw::call(process.url(), OK, &[("x-long", &long)]).await
    };
    let served = ask(15 * 1024).await;
    assert_eq!(served.trailers.as_deref(), Some("0"), "{served:?}");
    assert_eq!(ask(16 * 1024).await.http, 431);
}
