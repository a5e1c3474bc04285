//! What is written on an outgoing request, beside what the application has written there.

use http::{HeaderMap, HeaderValue};
use sentry_propagation::{Limits, OutgoingTrace, SamplingContext, strip};

use crate::hop::{SPAN, TRACE, headers, text, trace};

fn outgoing(context: &[(&str, &str)]) -> OutgoingTrace {
    let builder = context
        .iter()
        .fold(SamplingContext::builder(), |builder, (key, value)| {
            builder.pair(key, value)
        });
    OutgoingTrace::new(trace("-1").parse().unwrap(), builder.build())
}

#[track_caller]
fn check(own: &[&str], context: &[(&str, &str)], sent: Option<&str>) {
    let pairs: Vec<_> = own.iter().map(|&line| ("baggage", line)).collect();
    let mut map = headers(&pairs);
    outgoing(context).inject(&mut map, &Limits::default());
    assert_eq!(text(&map, "baggage"), sent);
    assert!(map.get_all("baggage").iter().count() <= 1);
}

#[test]
fn third_party_members_stay_and_sentrys_are_overwritten() {
    let context: &[(&str, &str)] = &[("release", "2"), ("sampled", "true")];
    check(&[], context, Some("sentry-release=2,sentry-sampled=true"));
    check(
        &["a=1;p=x, b=2", "c=3"],
        context,
        Some("sentry-release=2,sentry-sampled=true,a=1;p=x,b=2,c=3"),
    );
    check(
        &["sentry-release=1,sentry-old=1,a=1"],
        context,
        Some("sentry-release=2,sentry-sampled=true,a=1"),
    );
    check(
        &["broken,a=1,=,"],
        context,
        Some("sentry-release=2,sentry-sampled=true,a=1"),
    );
    check(
        &["broken"],
        context,
        Some("sentry-release=2,sentry-sampled=true"),
    );
}

#[test]
fn an_empty_context_sends_no_sentry_baggage() {
    check(&[], &[], None);
    check(&["sentry-release=1"], &[], None);
    check(&["sentry-release=1,a=1"], &[], Some("a=1"));
}

#[test]
fn third_party_members_give_way_and_go_whole() {
    let big = format!("big={}", "x".repeat(8100));
    let context: &[(&str, &str)] = &[("transaction", &"t".repeat(200))];
    let sent = format!("sentry-transaction={},small=1", "t".repeat(200));
    check(&[&big, "small=1"], context, Some(&sent));
    let many: Vec<_> = (0..1000).map(|n| format!("m{n}=1")).collect();
    let kept = format!("sentry-a=1,{}", many[..63].join(","));
    check(&[&many.join(",")], &[("a", "1")], Some(&kept));
}

#[test]
fn the_other_two_headers_are_replaced() {
    let mut map = headers(&[
        ("sentry-trace", "old"),
        ("sentry-trace", "older"),
        ("traceparent", "old"),
    ]);
    outgoing(&[]).inject(&mut map, &Limits::default());
    assert_eq!(map.get_all("sentry-trace").iter().count(), 1);
    assert_eq!(text(&map, "sentry-trace"), Some(&*trace("-1")));
    assert_eq!(
        text(&map, "traceparent"),
        Some(&*format!("00-{TRACE}-{SPAN}-01"))
    );

    let mut map = headers(&[("traceparent", "mine")]);
    outgoing(&[])
        .without_traceparent()
        .inject(&mut map, &Limits::default());
    assert_eq!(text(&map, "traceparent"), Some("mine"));

    for (suffix, flags) in [("", "00"), ("-0", "00"), ("-1", "01")] {
        let mut map = HeaderMap::new();
        let span = trace(suffix).parse().unwrap();
        OutgoingTrace::new(span, SamplingContext::EMPTY).inject(&mut map, &Limits::default());
        assert_eq!(text(&map, "sentry-trace"), Some(&*trace(suffix)));
        assert_eq!(
            text(&map, "traceparent"),
            Some(&*format!("00-{TRACE}-{SPAN}-{flags}"))
        );
    }
}

#[test]
fn a_full_map_costs_the_headers_and_not_the_call() {
    let mut map = HeaderMap::new();
    let filled = (0..40_000).all(|n| {
        let name: http::HeaderName = format!("x-{n}").parse().unwrap();
        map.try_insert(name, HeaderValue::from_static("")).is_ok()
    });
    assert!(!filled, "a header map that takes everything needs no care");
    outgoing(&[("a", "1")]).inject(&mut map, &Limits::default());
}

#[test]
fn a_proxy_can_begin_clean() {
    let mut map = headers(&[
        ("sentry-trace", "a"),
        ("baggage", "b"),
        ("baggage", "c"),
        ("traceparent", "d"),
        ("te", "trailers"),
    ]);
    strip(&mut map);
    assert_eq!(map.len(), 1);
}
