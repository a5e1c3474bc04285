//! Invariant 7: a hop that records nothing hands on what came, and nothing else.

use std::sync::Arc;

use http::HeaderMap;
use sentry_core::{Client, ClientOptions, Hub, SentryFutureExt};
use sentry_propagation::{IncomingTrace, Limits, TraceContext, sdk};

use crate::hop::{SPAN, TRACE, call, headers, nothing_bound, text, trace};

fn forward(hub: &Arc<Hub>, came: &HeaderMap) -> HeaderMap {
    let incoming = IncomingTrace::extract(came, &Limits::default());
    let started = sdk::start_transaction(hub, &incoming, "shop.v1.Cart/Add", "rpc.server");
    let hub = Arc::new(Hub::new_from_top(hub));
    hub.configure_scope(|scope| started.apply_to_scope(scope));
    Hub::run(Arc::clone(&hub), || started.context.run(|| call(&hub)))
}

#[track_caller]
fn check(came: &[(&'static str, &str)], leaves: &[(&'static str, &str)]) {
    let disabled = Arc::new(Client::with_options(
        ClientOptions::new().traces_sample_rate(1.0),
    ));
    let without_dsn = Arc::new(Hub::new(Some(disabled), Arc::default()));
    for hub in [nothing_bound(), without_dsn] {
        assert!(!sdk::is_recording(&hub));
        assert_eq!(forward(&hub, &headers(came)), headers(leaves));
    }
}

#[test]
fn what_came_leaves() {
    let parent = format!("00-{TRACE}-{SPAN}-01");
    for suffix in ["", "-0", "-1"] {
        let value = trace(suffix);
        check(&[("sentry-trace", &value)], &[("sentry-trace", &value)]);
        check(
            &[
                ("sentry-trace", &value),
                ("traceparent", &parent),
                ("baggage", "a=1,sentry-x=%zz"),
                ("baggage", "sentry-y=0.250,b=2"),
            ],
            &[
                ("sentry-trace", &value),
                ("traceparent", &parent),
                ("baggage", "sentry-x=%zz,sentry-y=0.250"),
            ],
        );
    }
    check(&[("traceparent", &parent)], &[("traceparent", &parent)]);
    check(&[], &[]);
    check(&[("baggage", "sentry-a=1,b=2")], &[]);
    check(
        &[("sentry-trace", "garbage"), ("baggage", "sentry-a=1")],
        &[],
    );
}

#[test]
fn what_the_application_sets_itself_stays() {
    let incoming = IncomingTrace::extract(
        &headers(&[
            ("sentry-trace", &trace("-1")),
            ("baggage", "sentry-a=1,theirs=1"),
        ]),
        &Limits::default(),
    );
    let mut sent = headers(&[("baggage", "ours=1")]);
    let context = TraceContext::pass_on(&incoming);
    context
        .passed_on()
        .unwrap()
        .inject(&mut sent, &Limits::default());
    assert_eq!(text(&sent, "baggage"), Some("sentry-a=1,ours=1"));
}

#[test]
fn a_stranger_is_not_passed_on() {
    let incoming = IncomingTrace::extract(
        &headers(&[("sentry-trace", &trace("-1"))]),
        &Limits::default(),
    );
    assert!(TraceContext::pass_on(&incoming.untrusted()).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_takes_it_along_and_leaves_none_behind() {
    let hub = nothing_bound();
    let tasks = (0..100_u64).map(|n| {
        let value = format!("{:032x}-{:016x}-1", n + 1, n + 1);
        let incoming =
            IncomingTrace::extract(&headers(&[("sentry-trace", &value)]), &Limits::default());
        let context = TraceContext::pass_on(&incoming);
        let hub = Arc::clone(&hub);
        let spawned = context.run(|| {
            let work = async move {
                tokio::task::yield_now().await;
                let inner = TraceContext::current();
                let sent = tokio::spawn(inner.bind(async {
                    tokio::task::yield_now().await;
                    call(&Hub::current())
                }));
                (call(&Hub::current()), sent.await.unwrap())
            };
            tokio::spawn(sdk::trace_context(&hub).bind(work).bind_hub(hub))
        });
        (value, spawned)
    });
    for (value, spawned) in tasks.collect::<Vec<_>>() {
        let (here, deeper) = spawned.await.unwrap();
        assert_eq!(text(&here, "sentry-trace"), Some(&*value));
        assert_eq!(text(&deeper, "sentry-trace"), Some(&*value));
    }
    let behind = tokio::spawn(async { TraceContext::current().is_empty() });
    assert!(behind.await.unwrap());
}

#[test]
fn a_panic_leaves_no_trace_behind() {
    let incoming = IncomingTrace::extract(
        &headers(&[("sentry-trace", &trace("-1"))]),
        &Limits::default(),
    );
    let context = TraceContext::pass_on(&incoming);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        context.run(|| std::panic::resume_unwind(Box::new(())))
    }));
    assert!(caught.is_err());
    assert!(TraceContext::current().is_empty());
    assert!(!context.is_empty());
}
