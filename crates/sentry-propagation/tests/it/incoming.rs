//! Rule 5: which headers make a parent, and which begin a trace anew.

use sentry_propagation::{
    IncomingTrace, Limits,
    counters::{self, Counter},
};

use crate::hop::{SPAN, TRACE, headers, trace};

type Pairs<'a> = &'a [(&'static str, &'a str)];

#[track_caller]
fn check(pairs: Pairs<'_>, parent: Option<&str>, context: &str) {
    let incoming = IncomingTrace::extract(&headers(pairs), &Limits::default());
    assert_eq!(
        incoming
            .parent()
            .map(|parent| parent.to_string())
            .as_deref(),
        parent,
        "parent of {pairs:?}"
    );
    assert_eq!(incoming.context().as_str(), context, "context of {pairs:?}");
}

fn parent(flags: &str) -> String {
    format!("00-{TRACE}-{SPAN}-{flags}")
}

#[test]
fn sentry_trace_makes_a_parent() {
    for suffix in ["", "-0", "-1"] {
        let value = trace(suffix);
        check(&[("sentry-trace", &value)], Some(&value), "");
        check(
            &[("sentry-trace", &format!(" {value}\t"))],
            Some(&value),
            "",
        );
        check(
            &[("sentry-trace", &value), ("sentry-trace", &value)],
            Some(&value),
            "",
        );
        check(
            &[("sentry-trace", &value.to_uppercase()), ("baggage", "a=b")],
            Some(&value),
            "",
        );
    }
}

#[test]
fn malformed_sentry_trace_begins_anew() {
    let zero_trace = format!("{}-{SPAN}-1", "0".repeat(32));
    let zero_span = format!("{TRACE}-{}-1", "0".repeat(16));
    let long = format!("{}-1", trace("-1"));
    let cut = &trace("")[..48];
    let other = trace("-0");
    for bad in [
        "",
        "1",
        "-1",
        "garbage",
        cut,
        &trace("-"),
        &trace("-2"),
        &trace("-10"),
        &trace("_1"),
        &zero_trace,
        &zero_span,
        &long,
        &format!("{TRACE}{SPAN}"),
        &trace("-1").replace('9', "g"),
        &format!("{}, {other}", trace("-1")),
    ] {
        check(
            &[
                ("sentry-trace", bad),
                ("baggage", "sentry-release=1"),
                ("traceparent", &parent("01")),
            ],
            None,
            "",
        );
    }
    check(
        &[("sentry-trace", &trace("-1")), ("sentry-trace", &other)],
        None,
        "",
    );
    check(
        &[("sentry-trace", &other), ("sentry-trace", "garbage")],
        None,
        "",
    );
    let padded = format!("{}{}", trace("-1"), " ".repeat(100));
    check(&[("sentry-trace", &padded)], None, "");
}

#[test]
fn traceparent_is_second_choice() {
    let own = format!("sentry-trace_id={TRACE},sentry-sample_rand=0.1");
    let foreign = "sentry-trace_id=ffffffffffffffffffffffffffffffff,sentry-sample_rand=0.1";
    let (deferred, sampled) = (trace(""), trace("-1"));
    check(&[("traceparent", &parent("01"))], Some(&sampled), "");
    check(&[("traceparent", &parent("00"))], Some(&deferred), "");
    check(&[("traceparent", &parent("03"))], Some(&sampled), "");
    check(
        &[("traceparent", &parent("00")), ("baggage", &own)],
        Some(&deferred),
        &own,
    );
    check(
        &[("traceparent", &parent("00")), ("baggage", foreign)],
        Some(&deferred),
        "",
    );
    check(
        &[
            ("traceparent", &parent("00")),
            ("baggage", "sentry-release=1"),
        ],
        Some(&deferred),
        "",
    );
    let later = parent("01").replacen("00", "cc", 1);
    check(&[("traceparent", &later)], Some(&sampled), "");
    check(
        &[("traceparent", &format!("{later}-what-the-future-brings"))],
        Some(&sampled),
        "",
    );
    // sentry-trace wins, whatever the other says.
    let other = parent("01").replace(TRACE, &"f".repeat(32));
    check(
        &[("sentry-trace", &trace("-0")), ("traceparent", &other)],
        Some(&trace("-0")),
        "",
    );
    check(
        &[("sentry-trace", &trace("-0")), ("traceparent", "garbage")],
        Some(&trace("-0")),
        "",
    );
}

#[test]
fn malformed_traceparent_begins_anew() {
    let good = parent("01");
    for bad in [
        "",
        "00",
        &good[..54],
        &format!("{good}-x"),
        &good.replacen("00", "ff", 1),
        &good.to_uppercase(),
        &good.replacen("00", "0g", 1),
        &good.replace(TRACE, &"0".repeat(32)),
        &good.replace(SPAN, &"0".repeat(16)),
        &good.replace('-', "_"),
        &good.replacen("00", "cc", 1).replace("-01", "-01x"),
        &format!("{}-{}", good.replacen("00", "cc", 1), "x".repeat(300)),
    ] {
        check(&[("traceparent", bad)], None, "");
    }
    check(
        &[("traceparent", &good), ("traceparent", &parent("00"))],
        None,
        "",
    );
    check(
        &[("traceparent", &good), ("traceparent", &good)],
        Some(&trace("-1")),
        "",
    );
}

#[test]
fn the_context_is_sentrys_members_as_they_came() {
    let with = |baggage: &[&str], context: &str| {
        let value = trace("-1");
        let mut pairs = vec![("sentry-trace", &*value)];
        pairs.extend(baggage.iter().map(|&line| ("baggage", line)));
        check(&pairs, Some(&value), context);
    };
    with(&["sentry-sample_rate=0.250"], "sentry-sample_rate=0.250");
    with(&["a=1", "sentry-x-y=%zz%", "b=2"], "sentry-x-y=%zz%");
    with(&["sentry-a=1", "sentry-b=2"], "sentry-a=1,sentry-b=2");
    with(
        &[" sentry-a = 1 ;prop=x ,\tsentry-b=2"],
        "sentry-a=1,sentry-b=2",
    );
    with(&["sentry-a=,sentry-b=x=y=="], "sentry-a=,sentry-b=x=y==");
    with(&["sentry-a=\"q\\\""], "sentry-a=\"q\\\"");
    // A malformed member does not shadow a good one, before or after it.
    with(
        &["sentry-a=1,sentry-a,broken,=,sentry-=x,sentry-b=1 2,,sentry-c=3"],
        "sentry-a=1,sentry-c=3",
    );
    with(
        &["sentry-a=1,sentry-b=2,sentry-a=3"],
        "sentry-b=2,sentry-a=3",
    );
    with(&["Sentry-a=1,third=party"], "");
    with(
        &["sentry-trace_id=ffffffffffffffffffffffffffffffff"],
        "sentry-trace_id=ffffffffffffffffffffffffffffffff",
    );
}

#[test]
fn baggage_alone_begins_anew() {
    check(&[("baggage", "sentry-release=1,a=b")], None, "");
    check(&[], None, "");
}

#[test]
fn bytes_that_are_not_text_cost_one_member_only() {
    let mut map = headers(&[("sentry-trace", &trace("-1"))]);
    let bytes = b"sentry-a=\xff\xfe,sentry-b=2";
    map.insert("baggage", http::HeaderValue::from_bytes(bytes).unwrap());
    let incoming = IncomingTrace::extract(&map, &Limits::default());
    assert_eq!(incoming.context().as_str(), "sentry-b=2");
}

#[test]
fn a_stranger_leaves_a_link_and_nothing_else() {
    let map = headers(&[
        ("sentry-trace", &trace("-1")),
        ("baggage", "sentry-a=1"),
        ("traceparent", &parent("01")),
    ]);
    let stranger = IncomingTrace::extract(&map, &Limits::default()).untrusted();
    assert_eq!(stranger.parent(), None);
    assert!(stranger.context().is_empty());
    assert_eq!(
        (stranger.sentry_trace(), stranger.traceparent()),
        (None, None)
    );
    assert_eq!(
        stranger.link().map(|link| link.to_string()),
        Some(trace("-1"))
    );
    assert_eq!(IncomingTrace::none().untrusted(), IncomingTrace::none());
}

#[test]
fn what_was_not_taken_is_counted() {
    let long = "x".repeat(100);
    let big = "x".repeat(9000);
    for (counter, pairs) in [
        (
            Counter::MalformedSentryTrace,
            &[("sentry-trace", "garbage")] as Pairs<'_>,
        ),
        (
            Counter::DuplicateSentryTrace,
            &[
                ("sentry-trace", &*trace("-0")),
                ("sentry-trace", &*trace("-1")),
            ],
        ),
        (Counter::OversizedSentryTrace, &[("sentry-trace", &long)]),
        (Counter::MalformedTraceparent, &[("traceparent", "garbage")]),
        (
            Counter::OversizedBaggage,
            &[("sentry-trace", &*trace("-1")), ("baggage", &big)],
        ),
        (
            Counter::MalformedBaggageMember,
            &[("sentry-trace", &*trace("-1")), ("baggage", "x")],
        ),
    ] {
        let before = counters::get(counter);
        let _ = IncomingTrace::extract(&headers(pairs), &Limits::default());
        assert!(
            counters::get(counter) > before,
            "{} did not move",
            counter.name()
        );
    }
}
