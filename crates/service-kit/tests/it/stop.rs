//! A stop: asked for by signal or by the end of stdin, and bounded whatever hangs.

use throughline_testkit::{Collector, Mode};
use throughline_trace_model::Record;

use crate::probe::{call, call_with, measured, probe, traced, until_metric};

#[tokio::test]
async fn a_signal_stops_it() {
    for signal in ["TERM", "INT"] {
        let process = probe().spawn().await;
        process.signal(signal).await;
        assert!(process.stop().await.status.success(), "{signal}");
    }
}

#[tokio::test]
async fn a_hanging_collector_holds_up_neither_calls_nor_the_stop() {
    for mode in [Mode::Hanging, Mode::Trickling, Mode::Refusing] {
        let collector = Collector::start();
        collector.switch(mode).await;
        let process = traced(&collector).spawn().await;
        for method in ["/test.v1.Probe/Ok", "/test.v1.Probe/Log"] {
            call(process.url(), method).await.expect("it answers");
        }
        call(process.url(), "/test.v1.Probe/Panic")
            .await
            .expect_err("it panics");
        // It ends by itself: `stop` fails after its safety timeout, and a killed process is no success.
        let finished = process.stop().await;
        assert!(finished.status.success(), "{mode:?}: {}", finished.stderr);
        assert!(
            finished.stderr.contains("telemetry was lost"),
            "{mode:?}: {}",
            finished.stderr
        );
    }
}

#[tokio::test]
async fn a_call_that_never_ends_does_not_hold_up_the_stop() {
    let (process, metrics) = measured(probe()).await;
    let url = process.url().to_owned();
    let stalled = tokio::spawn(async move { call(&url, "/test.v1.Probe/Stall").await });
    until_metric(&metrics, "throughline_calls_in_flight", 1).await;
    call(process.url(), "/test.v1.Probe/Ok")
        .await
        .expect("it answers");
    assert!(process.stop().await.status.success());
    stalled
        .await
        .expect("no panic")
        .expect_err("it was dropped");
}

#[tokio::test]
async fn a_call_in_flight_is_finished_and_recorded_before_the_stop() {
    let collector = Collector::start();
    let process = traced(&collector)
        .env("THROUGHLINE_FAULTS", "1")
        .env("RUST_LOG", "debug")
        .spawn()
        .await;
    let url = process.url().to_owned();
    let slow = tokio::spawn(async move {
        call_with(&url, "/test.v1.Probe/Ok", |request| {
            let fault = "probe=delay:500".parse().expect("it is ASCII");
            request.metadata_mut().insert("x-throughline-fault", fault);
        })
        .await
    });
    process
        .wait_for_stderr(|stderr| stderr.contains("a fault fires"))
        .await;
    assert!(process.stop().await.status.success());
    slow.await.expect("no panic").expect("it was answered");
    let recorded = collector.wait_for(|records| !records.is_empty()).await;
    assert_eq!(recorded.len(), 1, "{recorded:#?}");
}

#[tokio::test]
async fn a_call_whose_caller_has_left_is_recorded_before_the_stop() {
    let collector = Collector::start();
    let process = traced(&collector).env("RUST_LOG", "info").spawn().await;
    let url = process.url().to_owned();
    let calling = tokio::spawn(async move { call(&url, "/test.v1.Probe/Linger").await });
    process
        .wait_for_stderr(|stderr| stderr.contains("the call has begun"))
        .await;
    calling.abort();
    process
        .wait_for_stderr(|stderr| stderr.contains("its caller has left"))
        .await;
    assert!(process.stop().await.status.success());
    let recorded = collector.records();
    let call = recorded.iter().find_map(|record| match record {
        Record::Span(span) if span.op == "rpc.server" => Some(span.status.as_str()),
        _ => None,
    });
    assert_eq!(call, Some("cancelled"), "{recorded:#?}");
}
