//! What really passes between the hops, seen by a proxy that knows nothing of tracing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use throughline_continuity::{Head, Stack, Telemetry, stored_headers};
use throughline_testkit::Collector;

const PARENT: &str = "b7ad6b7169203331";

/// What the head of a trace decided.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Decision {
    Sampled,
    Unsampled,
    Deferred,
}

impl Decision {
    fn suffix(self) -> &'static str {
        match self {
            Self::Sampled => "-1",
            Self::Unsampled => "-0",
            Self::Deferred => "",
        }
    }

    /// The head's Sentry pairs as they travel: keys of no SDK, values that an SDK would write otherwise.
    fn pairs(self, trace_id: &str) -> Vec<String> {
        let mut pairs = vec![
            format!("sentry-trace_id={trace_id}"),
            "sentry-public_key=browser".to_owned(),
            "sentry-sample_rate=0.250".to_owned(),
            "sentry-sample_rand=0.123456".to_owned(),
            "sentry-release=web%401.0.0".to_owned(),
            "sentry-environment=trial".to_owned(),
            "sentry-transaction=GET%20%2Fnode%2F%5Bid%5D".to_owned(),
            "sentry-replay_id=d2f4c0a1b5e84d7f9c3b2a1908f7e6d5".to_owned(),
            "sentry-of_tomorrow=%E2%9C%93".to_owned(),
        ];
        match self {
            Self::Sampled => pairs.push("sentry-sampled=true".to_owned()),
            Self::Unsampled => pairs.push("sentry-sampled=false".to_owned()),
            Self::Deferred => {}
        }
        pairs
    }
}

/// The pairs as an envelope's header has them: decoded, all of them strings.
fn decoded(pairs: &[String]) -> BTreeMap<String, Value> {
    let pair = |pair: &String| {
        let (key, value) = pair.split_once('=').expect("a pair has a value");
        let value = value
            .replace("%40", "@")
            .replace("%20", " ")
            .replace("%2F", "/")
            .replace("%5B", "[")
            .replace("%5D", "]")
            .replace("%E2%9C%93", "✓");
        (
            key.trim_start_matches("sentry-").to_owned(),
            Value::String(value),
        )
    };
    pairs.iter().map(pair).collect()
}

async fn check(decision: Decision, without_dsn: Option<&str>) {
    let collector = Collector::start();
    let mut stack = Stack::builder(Telemetry::Collector(&collector));
    if let Some(service) = without_dsn {
        stack = stack.without_dsn(service);
    }
    let stack = stack.start().await;
    stack.before_graph.clear();
    let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let pairs = decision.pairs(trace_id);
    let sentry_trace = format!("{trace_id}-{PARENT}{}", decision.suffix());
    let head = Head {
        sentry_trace: Some(sentry_trace.clone()),
        // Several lines, Sentry's among others', as proxies may leave them.
        baggage: vec![
            format!("vendor=1,{}", pairs[..4].join(", ")),
            format!("{},other=secret;prop=1", pairs[4..].join(",")),
        ],
        fault: None,
    };
    let ok = stack
        .caller()
        .find_path(&head)
        .await
        .expect("the chain answers");
    assert_eq!(ok.nodes.len(), 3);
    // The same again with a panic in the last hop, so that there is an event too.
    let failing = Head {
        fault: Some("graph=panic".to_owned()),
        ..head
    };
    let failed = stack
        .caller()
        .find_path(&failing)
        .await
        .expect_err("the fault fired");
    assert_eq!(failed.code(), tonic::Code::Internal);

    let seen = stack.before_graph.wait_for(2).await;
    for request in &seen {
        assert_eq!(request.path, "/throughline.graph.v1.GraphService/FindPath");
        let sent = request
            .header("sentry-trace")
            .expect("sentry-trace travels");
        let parts: Vec<&str> = sent.split('-').collect();
        assert_eq!(parts[0], trace_id, "{sent}");
        assert_eq!(sent[trace_id.len() + 17..], *decision.suffix(), "{sent}");
        match without_dsn {
            Some("gateway") => assert_eq!(sent, sentry_trace, "what came leaves as it came"),
            _ => assert_ne!(parts[1], PARENT, "the gateway's own span is the parent"),
        }
        let baggage = request.all("baggage").join(",");
        let members: BTreeSet<&str> = baggage.split(',').map(str::trim).collect();
        assert_eq!(
            members,
            pairs.iter().map(String::as_str).collect(),
            "no more, no less"
        );
        let traceparent = request.header("traceparent");
        match without_dsn {
            Some("gateway") => assert_eq!(traceparent, None, "none came, none leaves"),
            _ => {
                let own = format!("00-{trace_id}-{}-", parts[1]);
                assert!(traceparent.expect("it goes alongside").starts_with(&own));
            }
        }
    }

    let recording: Vec<&str> = ["gateway", "graph"]
        .into_iter()
        .filter(|service| Some(*service) != without_dsn)
        .collect();
    // 0.123456 is below every rate here, so a deferred head is sampled by every hop alike.
    let transactions = if decision == Decision::Unsampled {
        0
    } else {
        2 * recording.len()
    };
    let events = usize::from(recording.contains(&"graph"));
    for finished in stack.stop().await {
        assert!(finished.status.success(), "{}", finished.stderr);
    }
    let stored = stored_headers(&collector.envelopes(), trace_id);
    let count = |item: &str| stored.iter().filter(|header| header.item == item).count();
    assert_eq!(count("transaction"), transactions, "{stored:#?}");
    assert_eq!(count("event"), events, "{stored:#?}");
    for header in stored {
        assert_eq!(
            header.pairs,
            decoded(&pairs),
            "{} of {}",
            header.item,
            header.service
        );
    }
}

macro_rules! heads {
    ($($name:ident: $decision:ident, $without:expr;)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            check(Decision::$decision, $without).await;
        })*
    };
}

heads! {
    a_sampled_head: Sampled, None;
    an_unsampled_head: Unsampled, None;
    a_deferred_head: Deferred, None;
    a_sampled_head_past_a_gateway_without_dsn: Sampled, Some("gateway");
    an_unsampled_head_past_a_gateway_without_dsn: Unsampled, Some("gateway");
    a_deferred_head_past_a_gateway_without_dsn: Deferred, Some("gateway");
    a_sampled_head_to_a_graph_without_dsn: Sampled, Some("graph");
}

#[tokio::test(flavor = "multi_thread")]
async fn baggage_without_sentry_trace_starts_a_new_trace() {
    let collector = Collector::start();
    let stack = Stack::builder(Telemetry::Collector(&collector))
        .start()
        .await;
    stack.before_graph.clear();
    let head = Head {
        baggage: vec!["vendor=1,sentry-trace_id=4bf92f3577b34da6a3ce929d0e0e4736".to_owned()],
        ..Head::default()
    };
    stack
        .caller()
        .find_path(&head)
        .await
        .expect("the chain answers");
    let seen = stack.before_graph.wait_for(1).await;
    let sent = seen[0]
        .header("sentry-trace")
        .expect("the gateway is the head")
        .to_owned();
    assert!(
        !sent.starts_with("4bf92f3577b34da6a3ce929d0e0e4736"),
        "{sent}"
    );
    let baggage = seen[0].header("baggage").expect("a head sends its context");
    assert!(
        baggage.contains(&format!("sentry-trace_id={}", &sent[..32])),
        "{baggage}"
    );
    assert!(baggage.contains("sentry-public_key=gateway"), "{baggage}");
    assert!(!baggage.contains("vendor"), "{baggage}");
}
