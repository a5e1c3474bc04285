//! A stop: asked for by signal or by the end of stdin, and bounded whatever hangs.

use throughline_testkit::{Collector, Mode};

use crate::probe::{call, probe, traced};

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
    let process = probe().spawn().await;
    let url = process.url().to_owned();
    let stalled = tokio::spawn(async move { call(&url, "/test.v1.Probe/Stall").await });
    call(process.url(), "/test.v1.Probe/Ok")
        .await
        .expect("it answers");
    assert!(process.stop().await.status.success());
    stalled
        .await
        .expect("no panic")
        .expect_err("it was dropped");
}
