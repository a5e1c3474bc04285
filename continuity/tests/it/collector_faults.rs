//! A collector that hangs, refuses or trickles costs nothing but telemetry, and what it cost is counted.

use throughline_continuity::{Head, Stack, Telemetry, stored_headers};
use throughline_testkit::{Collector, Mode};
use throughline_trace_model::Record;

/// Calls while the collector is bad, before it is good again.
const CALLS: usize = 20;

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
    // What the set-up sent is out of the way, so that all that follows can be counted.
    collector
        .wait_for(|records| {
            let written = |record: &Record| matches!(record, Record::Span(span) if span.name.ends_with("/ApplyMutations"));
            records.iter().any(written)
        })
        .await;
    collector.switch(mode).await;
    let lost = "11111111111111111111111111111111";
    for _ in 0..CALLS {
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
            ["gateway", "graph"]
                .iter()
                .all(|hop| services.clone().any(|service| service == *hop))
        })
        .await;
    let tree = collector.trace(kept);
    let tops: Vec<&str> = tree
        .roots
        .iter()
        .map(|top| tree.nodes[*top].span.service.as_str())
        .collect();
    assert_eq!(tops, ["gateway"], "one tree, under the caller's span");
    let stored = stored_headers(&collector.envelopes(), kept);
    assert_eq!(stored.len(), 2, "one transaction for each hop: {stored:#?}");

    // It goes bad again, and stays so: the stop is bounded all the same.
    collector.switch(mode).await;
    stack
        .caller()
        .find_path(&head(lost))
        .await
        .expect("calls are unaffected");
    for (service, finished) in ["gateway", "graph"].into_iter().zip(stack.stop().await) {
        assert!(finished.status.success(), "{}", finished.stderr);
        let stored = stored_headers(&collector.envelopes(), lost);
        let arrived = stored
            .iter()
            .filter(|header| header.service == service)
            .count();
        let counted = transactions_lost(&finished.stderr);
        assert!(
            counted > 0,
            "{service}: the fault fired: {}",
            finished.stderr
        );
        assert_eq!(
            arrived + counted,
            CALLS + 1,
            "{service}: all is stored or counted: {}",
            finished.stderr
        );
    }
}

/// How many transactions a service says were lost, in the line that it logs at its stop.
fn transactions_lost(stderr: &str) -> usize {
    let line = stderr
        .lines()
        .find(|line| line.contains("telemetry was lost"))
        .unwrap_or_default();
    line.split(['"', ','])
        .filter_map(|part| part.trim().split_once(" transaction ("))
        .filter_map(|(count, _)| count.parse::<usize>().ok())
        .sum()
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
