//! The propagation rules of the SDK specification, through the SDK: what leaves a hop, and what its envelopes carry.

use std::sync::Arc;

use http::HeaderMap;
use sentry_core::{ClientOptions, Hub, Level, protocol::EnvelopeItem};
use sentry_propagation::{IncomingTrace, Limits, SamplingContext, sdk};

use crate::hop::{Hop, SPAN, TRACE, asked, call, flag, headers, text, trace};

const ODD: &str = "sentry-trace_id=09e04486820349518ac7b5d2adbf6ba5,sentry-public_key=head,sentry-sample_rate=0.250,\
    sentry-replay_id=x,sentry-unheard_of=%E2%9C%93%zz,sentry-empty=,sentry-release=shop%401.0";

fn incoming(suffix: &str, baggage: &str) -> HeaderMap {
    headers(&[("sentry-trace", &trace(suffix)), ("baggage", baggage)])
}

#[test]
fn the_frozen_context_is_the_same_bytes_after_two_hops() {
    let (first, second) = (Hop::sampling_all("first"), Hop::sampling_all("second"));
    for suffix in ["", "-0", "-1"] {
        let came = incoming(suffix, &format!("vendor=x,{ODD};p=1,other=y"));
        let between = first.forward(&came);
        let after = second.forward(&between);
        for hop in [&between, &after] {
            assert_eq!(text(hop, "baggage"), Some(ODD), "{suffix:?}");
            assert_eq!(&text(hop, "sentry-trace").unwrap()[..32], TRACE);
            assert_eq!(flag(hop), suffix, "the head's decision, or none");
        }
        let parent = &text(&between, "sentry-trace").unwrap()[33..49];
        assert_ne!(parent, SPAN, "each hop is a parent of its own");
    }
}

#[test]
fn the_client_span_is_the_parent() {
    let hop = Hop::sampling_all("hop");
    for call in [call, asked, under_a_span, elsewhere] {
        let came = incoming("-1", ODD);
        let sent = hop.serve(&came, call);
        let envelopes = hop.sent();
        let Some(EnvelopeItem::Transaction(transaction)) = envelopes[0].0.items().next() else {
            panic!("a transaction");
        };
        let parent = transaction.spans[0].span_id.to_string();
        assert_eq!(text(&sent, "sentry-trace").unwrap()[33..49], *parent);
        assert_eq!(text(&sent, "traceparent").unwrap()[36..52], *parent);
        assert_eq!(text(&sent, "sentry-trace").unwrap()[..32], *TRACE);
        assert_eq!(text(&sent, "baggage"), Some(ODD));
    }
}

/// A call within a span of the application's.
fn under_a_span(hub: &Arc<Hub>) -> HeaderMap {
    let parent = hub.configure_scope(|scope| scope.get_span()).unwrap();
    let span = parent.start_child("work", "work");
    hub.configure_scope(|scope| scope.set_span(Some(span.clone().into())));
    let headers = call(hub);
    hub.configure_scope(|scope| scope.set_span(Some(parent)));
    headers
}

/// A call on a thread that was given the hub and not the trace context.
fn elsewhere(hub: &Arc<Hub>) -> HeaderMap {
    std::thread::scope(|threads| threads.spawn(|| call(hub)).join().unwrap())
}

#[test]
fn a_transaction_of_the_applications_is_not_taken_for_the_calls() {
    let hop = Hop::sampling_all("hop");
    let other = "11111111111111111111111111111111";
    let sent = hop.serve(&incoming("-1", ODD), |hub| {
        let start = sentry_core::TransactionContext::new_with_trace_id(
            "own",
            "own",
            other.parse().unwrap(),
        );
        let own = hub.start_transaction(start);
        hub.configure_scope(|scope| scope.set_span(Some(own.into())));
        call(hub)
    });
    assert_eq!(text(&sent, "sentry-trace").unwrap()[..32], *other);
    assert_ne!(text(&sent, "baggage"), Some(ODD));
}

#[test]
fn without_sentry_baggage_none_is_invented() {
    let hop = Hop::sampling_all("hop");
    for came in [
        headers(&[("sentry-trace", &trace("-1"))]),
        incoming("-1", "vendor=x"),
    ] {
        let sent = hop.forward(&came);
        assert_eq!(text(&sent, "baggage"), None);
        assert_eq!(hop.sent_contexts(), [("transaction", Some(String::new()))]);
    }
}

#[test]
fn without_sentry_trace_the_hop_is_head() {
    let hop = Hop::new(
        "own",
        ClientOptions::new()
            .traces_sample_rate(1.0)
            .release("shop@1.0")
            .environment("test env")
            .org_id("7".parse().unwrap()),
    );
    let sent = hop.forward(&headers(&[(
        "baggage",
        "sentry-public_key=stranger,vendor=x",
    )]));
    let head = IncomingTrace::extract(&sent, &Limits::default());
    let get = |key| head.context().decoded(key).map(String::from);
    let id = head.parent().unwrap().trace_id.to_string();
    assert_eq!(get("trace_id"), Some(id));
    assert_eq!(get("public_key").as_deref(), Some("own"));
    assert_eq!(get("org_id").as_deref(), Some("7"));
    assert_eq!(get("release").as_deref(), Some("shop@1.0"));
    assert_eq!(head.context().get("environment"), Some("test%20env"));
    assert_eq!(get("sample_rate").as_deref(), Some("1"));
    assert_eq!(get("sampled").as_deref(), Some("true"));
    assert_eq!(get("transaction").as_deref(), Some("shop.v1.Cart/Add"));
    assert_eq!(get("sample_rand").map(|rand| rand.len()), Some(8));
    assert_eq!(get("vendor"), None);
    let context = head.context().as_str().to_owned();
    assert_eq!(hop.sent_contexts(), [("transaction", Some(context))]);
}

#[test]
fn every_event_of_a_call_carries_the_context() {
    let hop = Hop::sampling_all("hop");
    for (suffix, transactions) in [("-1", 1), ("-0", 0), ("", 1)] {
        hop.serve(&incoming(suffix, ODD), |hub| {
            hub.capture_message("under the transaction", Level::Error);
            let span = hub.configure_scope(|scope| scope.get_span()).unwrap();
            let child = span.start_child("db.query", "select");
            hub.configure_scope(|scope| scope.set_span(Some(child.into())));
            hub.capture_message("under a child", Level::Error);
        });
        let sent = hop.sent_contexts();
        assert_eq!(sent.len(), 2 + transactions, "{suffix:?}");
        assert!(
            sent.iter()
                .all(|(_, context)| context.as_deref() == Some(ODD)),
            "{sent:?}"
        );
    }
}

#[test]
fn tracing_switched_off_still_continues() {
    let hop = Hop::new("hop", ClientOptions::new());
    for suffix in ["", "-0", "-1"] {
        let sent = hop.forward(&incoming(suffix, ODD));
        assert_eq!(text(&sent, "baggage"), Some(ODD));
        assert_eq!(&text(&sent, "sentry-trace").unwrap()[..32], TRACE);
        assert_eq!(flag(&sent), suffix);
    }
    assert!(hop.sent().is_empty());
    let head = hop.forward(&HeaderMap::new());
    assert_eq!(flag(&head), "", "nobody has decided");
    let context = IncomingTrace::extract(&head, &Limits::default());
    assert_eq!(context.context().get("sampled"), None);
    assert_eq!(context.context().get("sample_rate"), None);
    assert!(context.context().get("sample_rand").is_some());
}

#[test]
fn a_call_without_a_span_heads_a_trace() {
    let hop = Hop::sampling_all("hop");
    let (first, again) = (call(&hop.hub), call(&hop.hub));
    assert_eq!(flag(&first), "");
    assert_eq!(text(&first, "baggage"), text(&again, "baggage"));
    hop.hub.capture_message("of the same trace", Level::Error);
    let context = text(&first, "baggage").unwrap().to_owned();
    assert!(context.contains(&text(&first, "sentry-trace").unwrap()[..32]));
    assert_eq!(hop.sent_contexts(), [("event", Some(context))]);
}

#[test]
fn a_transaction_not_started_through_us_is_a_head_too() {
    let hop = Hop::new("hop", ClientOptions::new().traces_sample_rate(0.5));
    for _ in 0..20 {
        let context = sentry_core::TransactionContext::new("by hand", "test");
        let transaction = hop.hub.start_transaction(context);
        hop.hub
            .configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
        let (sent, again) = (call(&hop.hub), call(&hop.hub));
        assert_eq!(text(&sent, "baggage"), text(&again, "baggage"));
        let head = IncomingTrace::extract(&sent, &Limits::default());
        let rand: f64 = head.context().get("sample_rand").unwrap().parse().unwrap();
        assert_eq!(head.parent().unwrap().sampled, Some(rand < 0.5));
        transaction.finish();
    }
    // Its parent may have frozen something that we have not seen: say nothing rather than something else.
    let context = sentry_core::TransactionContext::continue_from_headers(
        "by hand",
        "test",
        [("sentry-trace", &*trace("-1"))],
    );
    let transaction = hop.hub.start_transaction(context);
    hop.hub
        .configure_scope(|scope| scope.set_span(Some(transaction.into())));
    assert_eq!(text(&call(&hop.hub), "baggage"), None);
}

#[test]
fn two_calls_of_one_trace_do_not_meet() {
    let hop = Hop::sampling_all("hop");
    for (mine, theirs) in [
        ("sentry-a=1", "sentry-a=2"),
        ("sentry-a=2", "sentry-a=1"),
        ("sentry-a=1", ""),
    ] {
        let inner = hop.serve(&incoming("-1", mine), |hub| {
            let inner = hop.serve(&incoming("-0", theirs), |hub| {
                let span = hub.configure_scope(|scope| scope.get_span()).unwrap();
                let child = span.start_child("db.query", "select");
                hub.configure_scope(|scope| scope.set_span(Some(child.into())));
                hub.capture_message("theirs, under a child", Level::Error);
                call(hub)
            });
            let outer = call(hub);
            assert_eq!(text(&outer, "baggage"), Some(mine));
            assert_eq!(flag(&outer), "-1");
            let span = hub.configure_scope(|scope| scope.get_span()).unwrap();
            let child = span.start_child("db.query", "select");
            hub.configure_scope(|scope| scope.set_span(Some(child.into())));
            hub.capture_message("mine, under a child", Level::Error);
            inner
        });
        assert_eq!(text(&inner, "baggage").unwrap_or(""), theirs);
        assert_eq!(flag(&inner), "-0");
        let of = |context: &str| Some(context.to_owned());
        let expected = [
            ("event", of(theirs)),
            ("event", of(mine)),
            ("transaction", of(mine)),
        ];
        assert_eq!(hop.sent_contexts(), expected);
    }
}

#[test]
fn a_stranger_gets_a_trace_of_its_own_with_a_link() {
    let hop = Hop::sampling_all("hop");
    let stranger = IncomingTrace::extract(&incoming("-1", ODD), &Limits::default()).untrusted();
    let sent = hop.serve_trace(&stranger, call);
    assert_ne!(&text(&sent, "sentry-trace").unwrap()[..32], TRACE);
    let context = IncomingTrace::extract(&sent, &Limits::default());
    assert_eq!(context.context().get("public_key"), Some("hop"));
    let envelopes = hop.sent();
    let Some(EnvelopeItem::Transaction(transaction)) = envelopes[0].0.items().next() else {
        panic!("a transaction");
    };
    let json = serde_json::to_value(&transaction.contexts["trace"]).unwrap();
    assert_eq!(json["data"]["sentry.previous_trace"], trace("-1"));
    assert!(json.get("parent_span_id").is_none());
}

#[test]
fn work_that_outlives_the_call_keeps_its_context() {
    let hop = Hop::sampling_all("hop");
    let (hub, carried) = hop.serve(&incoming("-1", ODD), |hub| {
        let fork = Arc::new(Hub::new_from_top(hub));
        (fork, sdk::trace_context(hub))
    });
    // So many calls come and go that everything merely lingering is gone.
    for _ in 0..=Limits::default().linger_calls {
        hop.serve(&HeaderMap::new(), |_| ());
    }
    hop.sent();
    let sent = carried.run(|| call(&hub));
    assert_eq!(text(&sent, "baggage"), Some(ODD));
    carried.run(|| hub.capture_message("late", Level::Error));
    assert_eq!(hop.sent_contexts(), [("event", Some(ODD.to_owned()))]);
}

#[test]
fn spawned_work_finds_its_call_from_the_hub_alone() {
    let hop = Hop::sampling_all("hop");
    hop.serve(&incoming("-1", ODD), |hub| {
        let hub = Arc::clone(hub);
        // A fresh thread has no trace context of its own, as a task spawned with nothing but `bind_hub`.
        let seen = std::thread::spawn(move || {
            let context = sdk::trace_context(&hub).outgoing();
            (
                context.map(|outgoing| outgoing.context().clone()),
                call(&hub),
            )
        });
        let (context, sent) = seen.join().unwrap();
        assert_eq!(context.as_ref().map(SamplingContext::as_str), Some(ODD));
        assert_eq!(text(&sent, "baggage"), Some(ODD));
    });
}
