//! A collector that hangs, refuses or trickles costs nothing but telemetry, and what it cost is counted.

use throughline_continuity::{Head, Stack, Telemetry, stored_headers};
use throughline_testkit::{Collector, Mode};

fn head(trace_id: &str) -> Head {
    Head {
        sentry_trace: Some(format!("{trace_id}-b7ad6b7169203331-1")),
        ..Head::default()
    }
}

async fn check(mode: Mode) {
    let collector = Collector::start();
    let stack = Stack::builder(Telemetry::Collector(&collector))
        .start()
        .await;
    collector.switch(mode).await;
    let lost = "11111111111111111111111111111111";
    for _ in 0..20 {
        let answer = stack
            .caller()
            .find_path(&head(lost))
            .await
            .expect("calls are unaffected");
        assert!(answer.found);
    }
    collector.switch(Mode::Answering).await;
    let kept = "22222222222222222222222222222222";
    let answer = stack
        .caller()
        .find_path(&head(kept))
        .await
        .expect("calls are unaffected");
    assert!(answer.found);
    collector
        .wait_for_trace(kept, |tree| {
            let services = tree.nodes.iter().map(|node| node.span.service.as_str());
            ["gateway", "graph"].iter().all(|hop| services.clone().any(|service| service == *hop))
        })
        .await;
    let stored = stored_headers(&collector.envelopes(), kept);
    assert_eq!(stored.len(), 2, "one transaction for each hop: {stored:#?}");

    // It goes bad again, and stays so: the stop is bounded all the same.
    collector.switch(mode).await;
    stack
        .caller()
        .find_path(&head(lost))
        .await
        .expect("calls are unaffected");
    for finished in stack.stop().await {
        assert!(finished.status.success(), "{}", finished.stderr);
        assert!(
            finished.stderr.contains("telemetry lost"),
            "the loss is counted: {}",
            finished.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_collector() {
    check(Mode::Hanging).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusing_collector() {
    check(Mode::Refusing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trickling_collector() {
    check(Mode::Trickling).await;
}
