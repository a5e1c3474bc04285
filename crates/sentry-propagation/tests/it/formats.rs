//! Parsers of outside bytes: they never panic, their bounds hold, and what they understood they write as they read it.

use http::{HeaderMap, HeaderValue};
use proptest::{collection::vec, prelude::*};
use sentry_propagation::{
    Baggage, IncomingTrace, Limits, OutgoingTrace, SampleRand, SamplingContext, SentryTrace,
    SpanId, TraceId, Traceparent,
};

fn sentry_trace() -> impl Strategy<Value = SentryTrace> {
    (any::<[u8; 16]>(), any::<[u8; 8]>(), any::<Option<bool>>()).prop_filter_map(
        "ids are not zero",
        |(trace, span, sampled)| {
            Some(SentryTrace {
                trace_id: TraceId::from_bytes(trace)?,
                span_id: SpanId::from_bytes(span)?,
                sampled,
            })
        },
    )
}

/// Bytes that look like the real thing often enough to come past the first check.
fn lines() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let piece = prop_oneof![
        Just("sentry-".to_owned()),
        Just("sentry-trace_id=".to_owned()),
        Just(",".to_owned()),
        Just("=".to_owned()),
        Just(";p=1".to_owned()),
        Just("%2".to_owned()),
        "[a-z]{1,8}=[ -~]{0,8}",
        "\\PC{0,4}",
    ];
    vec(
        vec(piece, 0..12).prop_map(|pieces| pieces.concat().into_bytes()),
        0..6,
    )
}

fn as_headers(lines: &[Vec<u8>]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append("baggage", value);
        }
    }
    headers
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in vec(any::<u8>(), 0..300)) {
        let limits = Limits::default();
        let trace = SentryTrace::parse(&bytes);
        if let Ok(trace) = trace {
            prop_assert_eq!(SentryTrace::parse(trace.to_string().as_bytes()), Ok(trace));
        }
        if let Ok(parent) = Traceparent::parse(&bytes) {
            prop_assert_eq!(Traceparent::parse(parent.to_string().as_bytes()), Ok(parent));
        }
        if let Ok(baggage) = Baggage::parse([&*bytes], &limits) {
            let context = SamplingContext::from_baggage(&baggage);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&context.to_json()).is_ok());
        }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = SampleRand::parse(text);
        }
    }

    #[test]
    fn sentry_trace_reads_what_it_wrote(trace in sentry_trace()) {
        let value = trace.to_header_value();
        prop_assert_eq!(value.to_str().ok(), Some(&*trace.to_string()));
        prop_assert_eq!(SentryTrace::parse(value.as_bytes()), Ok(trace));
        let mut changed = value.as_bytes().to_vec();
        changed.push(b'0');
        prop_assert!(SentryTrace::parse(&changed).is_err());
    }

    #[test]
    fn traceparent_reads_what_it_wrote(trace in sentry_trace(), flags in any::<u8>()) {
        let parent = Traceparent { flags, ..trace.into() };
        prop_assert_eq!(Traceparent::parse(parent.to_header_value().as_bytes()), Ok(parent));
        prop_assert_eq!(parent.to_sentry_trace().sampled, (flags & 1 == 1).then_some(true));
    }

    #[test]
    fn baggage_reads_what_it_wrote_and_keeps_members_whole(lines in lines()) {
        let borrowed: Vec<&[u8]> = lines.iter().map(|line| &**line).collect();
        let Ok(baggage) = Baggage::parse(borrowed.iter().copied(), &Limits::default()) else {
            return Ok(());
        };
        for member in baggage.members() {
            let whole = borrowed.iter().any(|line| {
                line.split(|&byte| byte == b',').any(|part| part.trim_ascii() == member.raw.as_bytes())
            });
            prop_assert!(whole, "{member:?} is a part of a member");
        }
        let written = baggage.to_string();
        let again = Baggage::parse([written.as_bytes()], &Limits::default()).unwrap();
        prop_assert_eq!(again.members(), baggage.members());
        prop_assert_eq!(again.malformed(), 0);
    }

    #[test]
    fn a_frozen_context_is_read_as_it_was_written(lines in lines()) {
        let mut headers = as_headers(&lines);
        headers.insert("sentry-trace", "09e04486820349518ac7b5d2adbf6ba5-9cf635fa5b870b3a".parse().unwrap());
        let limits = Limits::default();
        let first = IncomingTrace::extract(&headers, &limits);
        let mut sent = HeaderMap::new();
        if let Some(outgoing) = OutgoingTrace::pass_on(&first) {
            outgoing.inject(&mut sent, &limits);
        }
        let second = IncomingTrace::extract(&sent, &limits);
        prop_assert_eq!(first.context().as_str(), second.context().as_str());
        let mut keys: Vec<_> = first.context().pairs().map(|(key, _)| key).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(keys.len(), all, "a key twice");
    }

    #[test]
    fn what_is_taken_as_it_stands_is_what_reading_gives(line in prop_oneof![
        lines().prop_map(|lines| lines.concat()),
        vec("sentry-[a-c_]{0,2}=[!-~]{0,6}", 0..20).prop_map(|members| members.join(",").into_bytes()),
    ], members in 1_usize..20, bytes in 1_usize..200) {
        let limits = Limits { baggage_members: members, baggage_bytes: bytes, ..Limits::default() };
        let header = HeaderValue::from_bytes(&line);
        if let Some(taken) = header.ok().and_then(|header| SamplingContext::verbatim(&header, &limits)) {
            let baggage = Baggage::parse([&*line], &limits).expect("within bounds");
            prop_assert_eq!(baggage.malformed(), 0);
            prop_assert_eq!(&SamplingContext::from_baggage(&baggage), &taken);
            for (key, value) in taken.pairs() {
                prop_assert_eq!(taken.get(key), Some(value));
            }
        }
    }

    #[test]
    fn a_merge_stays_within_bounds(trace in sentry_trace(), lines in lines(), members in 2_usize..20, bytes in 40_usize..400) {
        let limits = Limits { baggage_members: members, baggage_bytes: bytes, ..Limits::default() };
        let context = SamplingContext::builder().pair("sampled", "true").pair("release", "a b").build();
        let mut headers = as_headers(&lines);
        OutgoingTrace::new(trace, context.clone()).inject(&mut headers, &limits);
        let merged = headers["baggage"].to_str().unwrap();
        prop_assert!(merged.len() <= bytes);
        prop_assert!(merged.split(',').count() <= members);
        prop_assert_eq!(headers.get_all("baggage").iter().count(), 1);
        let baggage = Baggage::parse([merged.as_bytes()], &limits).unwrap();
        prop_assert_eq!(SamplingContext::from_baggage(&baggage), context);
        prop_assert_eq!(baggage.malformed(), 0);
    }

    #[test]
    fn values_survive_encoding(value in "\\PC{0,40}") {
        let context = SamplingContext::builder().pair("transaction", &value).build();
        let decoded = context.decoded("transaction").map(String::from);
        prop_assert_eq!(decoded, Some(value.clone()));
        let json: serde_json::Value = serde_json::from_str(&context.to_json()).unwrap();
        prop_assert_eq!(json["transaction"].as_str(), Some(&*value));
    }

    #[test]
    fn a_draw_fits_the_decision(bytes in any::<[u8; 16]>(), rate in 0.0..=1.0_f64, sampled in any::<bool>()) {
        let Some(trace_id) = TraceId::from_bytes(bytes) else { return Ok(()) };
        let drawn = SampleRand::of(trace_id);
        prop_assert_eq!(SampleRand::parse(&drawn.to_string()), Some(drawn));
        if let Some(fitted) = drawn.consistent_with(sampled, rate) {
            prop_assert_eq!(fitted.is_below(rate), sampled);
            prop_assert_eq!(SampleRand::parse(&fitted.to_string()), Some(fitted));
        }
    }
}

#[test]
fn what_the_sdks_send_is_taken_as_it_stands() {
    let limits = Limits::default();
    let check = |text: &'static str, taken: bool| {
        let header = HeaderValue::from_static(text);
        let context = SamplingContext::verbatim(&header, &limits);
        assert_eq!(context.is_some(), taken, "{text}");
    };
    check(
        "sentry-trace_id=1,sentry-release=shop%401.2,sentry-sample_rate=0.250,sentry-empty=,sentry-a=b=c",
        true,
    );
    for other in [
        "",
        "vendor=x",
        "sentry-a=1,vendor=x",
        "sentry-a=1, sentry-b=2",
        "sentry-a=1,",
        "sentry-a=1,sentry-a=2",
        "sentry-a=1;p=1",
        "sentry-a",
        "sentry-=1",
        "sentry-a =1",
        "sentry-a=1 2",
    ] {
        check(other, false);
    }
}
