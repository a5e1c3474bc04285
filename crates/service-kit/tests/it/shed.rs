//! Too much to do: said at once, counted, and seen in the caller's trace.

use throughline_testkit::Collector;
use throughline_trace_model::Record;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use crate::probe::{call, connect, measured, metric, probe, traced, until, until_metric};
use crate::raw;

const OK: &str = "/test.v1.Probe/Ok";
const STALL: &str = "/test.v1.Probe/Stall";

#[tokio::test]
async fn so_many_calls_and_no_more() {
    let (process, metrics) = measured(probe().args(["--calls", "2"])).await;
    let stalled: Vec<_> = (0..2)
        .map(|_| {
            let url = process.url().to_owned();
            tokio::spawn(async move { call(&url, STALL).await })
        })
        .collect();
    until_metric(&metrics, "throughline_calls_in_flight", 2).await;
    let status = call(process.url(), OK).await.expect_err("no room");
    assert_eq!(status.code(), tonic::Code::ResourceExhausted);
    let retry = status.get_details_retry_info().expect("it says when");
    assert_eq!(retry.retry_delay, Some(std::time::Duration::from_secs(1)));
    let answer = raw::call(process.url(), OK, &[]).await;
    assert_eq!(answer.headers["grpc-retry-pushback-ms"], "1000");
    assert_eq!(metric(&metrics, "throughline_shed_total").await, 2);

    let mut health = HealthClient::new(connect(process.url()).await);
    let healthy = health.check(HealthCheckRequest::default()).await;
    healthy.expect("health is answered all the same");

    // Room comes back with the end of a call, however it ends.
    for stalled in stalled {
        stalled.abort();
    }
    until("a place is given back", async || {
        call(process.url(), OK).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn the_callers_trace_says_that_it_was_shed() {
    let collector = Collector::start();
    let behind = probe().args(["--calls", "0"]).spawn().await;
    let before = traced(&collector)
        .env("PROBE_NEXT", behind.url())
        .spawn()
        .await;
    call(before.url(), "/test.v1.Probe/Left")
        .await
        .expect_err("it always fails");
    before.stop().await;
    let records = collector.records();
    let span = records.iter().find_map(|record| match record {
        Record::Span(span) if span.op == "rpc.client" => Some(span),
        _ => None,
    });
    let span = span.expect("a call was made");
    assert_eq!(span.status, "resource_exhausted");
    let label = &span.attributes["rpc.response.metadata.x-throughline-shed"];
    assert_eq!(label, "calls", "{span:#?}");
    assert!(
        !records.iter().any(|it| matches!(it, Record::Event(_))),
        "too much to do is no time for events: {records:#?}"
    );
}
