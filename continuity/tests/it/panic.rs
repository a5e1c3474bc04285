//! One panic in a handler: one event, under its span, INTERNAL to the caller.

use serde_json::Value;
use throughline_continuity::{Head, Stack, Telemetry};
use throughline_testkit::Collector;

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_one_event_under_its_span() {
    let collector = Collector::start();
    let stack = Stack::builder(Telemetry::Collector(&collector))
        .start()
        .await;
    let trace_id = "0af7651916cd43dd8448eb211c80319c";
    let head = Head {
        sentry_trace: Some(format!("{trace_id}-b7ad6b7169203331-1")),
        fault: Some("graph=panic".to_owned()),
        ..Head::default()
    };
    let status = stack
        .caller()
        .find_path(&head)
        .await
        .expect_err("the handler panics");
    assert_eq!(status.code(), tonic::Code::Internal);
    assert!(
        !status.message().contains("fault"),
        "the payload stays inside: {status}"
    );

    let healthy = Head {
        fault: None,
        ..head
    };
    let again = stack
        .caller()
        .find_path(&healthy)
        .await
        .expect("the service goes on");
    assert!(again.found);

    for finished in stack.stop().await {
        assert!(finished.status.success(), "{}", finished.stderr);
    }
    let items: Vec<(String, Value)> = collector
        .envelopes()
        .iter()
        .filter_map(|envelope| {
            let text = String::from_utf8(envelope.body.to_vec()).expect("UTF-8");
            let mut lines = text.lines().skip(1);
            let item: Value = serde_json::from_str(lines.next()?).expect("an item header");
            let payload: Value = serde_json::from_str(lines.next()?).expect("a payload");
            Some((item["type"].as_str()?.to_owned(), payload))
        })
        .filter(|(_, payload)| payload["contexts"]["trace"]["trace_id"] == trace_id)
        .collect();
    let of = |kind: &'static str| {
        items
            .iter()
            .filter(move |(item, _)| item == kind)
            .map(|(_, payload)| payload)
    };
    let events: Vec<&Value> = of("event").collect();
    assert_eq!(events.len(), 1, "{events:#?}");
    let failed: Vec<&Value> = of("transaction")
        .filter(|payload| payload["contexts"]["trace"]["status"] == "internal_error")
        .collect();
    assert_eq!(failed.len(), 2, "gateway and graph: {failed:#?}");
    let event_span = events[0]["contexts"]["trace"]["span_id"]
        .as_str()
        .expect("a span");
    let under = failed
        .iter()
        .find(|payload| payload["contexts"]["trace"]["span_id"] == event_span)
        .expect("the event hangs under a transaction that failed");
    assert_eq!(
        under["contexts"]["trace"]["data"]["service.name"], "graph",
        "{under:#}"
    );
    assert_eq!(events[0]["tags"]["service.name"], "graph");
}
