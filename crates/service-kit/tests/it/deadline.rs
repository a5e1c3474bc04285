//! Deadlines over real sockets: what callers see, what is left at each hop, and what the trace says.

use std::time::Duration;

use http::uri::PathAndQuery;
use throughline_service_kit::{self as service_kit, Channel, Telemetry, TelemetryOptions};
use throughline_testkit::Collector;
use throughline_trace_model::Record;
use tokio::net::{TcpListener, TcpStream};
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

use crate::probe::{call_with, probe, traced};
use crate::raw;

const STALL: &str = "/test.v1.Probe/Stall";
const STREAM: &str = "/test.v1.Probe/Stream";
/// Three empty messages, framed.
const THREE: usize = 15;

fn channel(url: &str) -> Channel {
    let telemetry = Telemetry::init("test", &TelemetryOptions::none());
    service_kit::channel(url, &telemetry).expect("an announced URL is one")
}

#[tokio::test]
async fn the_server_ends_a_call_at_its_deadline() {
    let process = probe().spawn().await;
    let check = async |method, timeout, head: Option<&str>, bytes, trailers: Option<&str>| {
        let answer = raw::call(process.url(), method, &[("grpc-timeout", timeout)]).await;
        assert_eq!(answer.head.as_deref(), head, "{method} {timeout}");
        assert_eq!(answer.bytes, bytes, "{method} {timeout}");
        assert_eq!(answer.trailers.as_deref(), trailers, "{method} {timeout}");
    };
    check(STALL, "50m", Some("4"), 0, None).await;
    check(STALL, "0m", Some("4"), 0, None).await;
    check(STALL, "1n", Some("4"), 0, None).await;
    // Long enough for the messages to be on their way before.
    check(STREAM, "2S", None, THREE, Some("4")).await;
    // What cannot be read counts as none.
    check("/test.v1.Probe/Ok", "soon", None, 5, Some("0")).await;
    check("/test.v1.Probe/Ok", "99999999H", None, 5, Some("0")).await;
}

#[tokio::test]
async fn the_trace_says_what_the_caller_saw() {
    let collector = Collector::start();
    let process = traced(&collector).spawn().await;
    for method in [STALL, STREAM] {
        raw::call(process.url(), method, &[("grpc-timeout", "100m")]).await;
    }
    process.stop().await;
    let records = collector.records();
    assert_eq!(records.len(), 2, "a call each, and no event: {records:#?}");
    for record in &records {
        let Record::Span(span) = record else {
            panic!("{record:#?}");
        };
        assert_eq!(span.status, "deadline_exceeded");
    }
}

/// A way to `url` on which what is sent first takes so long.
async fn slow_way(url: &str, delay: Duration) -> String {
    let target = url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut here, _)) = listener.accept().await {
            let mut there = TcpStream::connect(&target).await.expect("it listens");
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                tokio::io::copy_bidirectional(&mut here, &mut there).await
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_server_far_away_ends_its_stream_by_its_own_deadline() {
    let collector = Collector::start();
    let process = traced(&collector).spawn().await;
    // Longer than the slack within which a reset counts as the deadline.
    let url = slow_way(process.url(), Duration::from_millis(200)).await;
    let mut grpc = tonic::client::Grpc::new(channel(&url));
    grpc.ready().await.expect("it is lazy");
    let mut request = Request::new(());
    request.set_timeout(Duration::from_millis(1500));
    let path = PathAndQuery::from_static(STREAM);
    let codec = ProstCodec::<(), ()>::default();
    let answer = grpc.server_streaming(request, path, codec).await;
    let mut messages = answer.expect("it begins").into_inner();
    let failed = loop {
        match messages.message().await {
            Ok(message) => assert!(message.is_some(), "it ends with a status"),
            Err(status) => break status,
        }
    };
    assert_eq!(failed.code(), Code::DeadlineExceeded, "{failed}");
    let records = collector.wait_for(|records| !records.is_empty()).await;
    let Record::Span(span) = &records[0] else {
        panic!("{records:#?}");
    };
    assert_eq!(span.status, "deadline_exceeded");
}

#[tokio::test]
async fn the_client_ends_a_call_whose_server_does_not() {
    for head in [false, true] {
        let url = raw::endless(head).await;
        // Often: what is raced against here is tonic's own timer, which makes it CANCELLED.
        for _ in 0..20 {
            let mut grpc = tonic::client::Grpc::new(channel(&url));
            grpc.ready().await.expect("it is lazy");
            let mut request = Request::new(());
            request.set_timeout(Duration::from_millis(20));
            let path = PathAndQuery::from_static(STREAM);
            let codec = ProstCodec::<(), ()>::default();
            let failed = match grpc.server_streaming(request, path, codec).await {
                Err(status) => status,
                Ok(answer) => {
                    assert!(head);
                    let mut messages = answer.into_inner();
                    loop {
                        match messages.message().await {
                            Ok(message) => assert!(message.is_some(), "it ends with a status"),
                            Err(status) => break status,
                        }
                    }
                }
            };
            assert_eq!(failed.code(), Code::DeadlineExceeded, "{failed}");
        }
    }
}

#[tokio::test]
async fn what_is_left_shrinks_hop_by_hop_and_in_all_work_of_a_call() {
    let last = probe().spawn().await;
    let middle = probe().env("PROBE_NEXT", last.url()).spawn().await;
    let first = probe().env("PROBE_NEXT", middle.url()).spawn().await;
    let asked = Duration::from_secs(30);
    let status = call_with(first.url(), "/test.v1.Probe/Left", |request| {
        request.set_timeout(asked);
    })
    .await
    .expect_err("it tells by failing");
    assert_eq!(status.code(), Code::Aborted, "{status}");
    let left = status.message().split(' ').map(str::parse::<u128>);
    let left: Vec<_> = left.collect::<Result<_, _>>().expect("numbers");
    assert_eq!(left.len(), 9, "three at each of three: {left:?}");
    assert!(left[0] < asked.as_nanos(), "{left:?}");
    assert!(
        left.is_sorted_by(|before, after| before > after),
        "{left:?}"
    );
}
