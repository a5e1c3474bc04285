//! Envelopes as unmodified clients send them, and broken ones.

use throughline_trace_model::{
    Decoded, Event, Limits, Log, LossReport, Reason, Record, Source, Span, decode_envelope,
};

pub(crate) const TRACE: &str = "771a43a4192642f0b136d5159a501700";

fn decode(envelope: &str, project: &str) -> Decoded {
    let source = Source {
        key: Some("abc".to_owned()),
        ..Source::project(project)
    };
    decode_envelope(envelope.as_bytes(), &source, &Limits::default())
}

/// Decodes without a problem.
fn clean(envelope: &str, project: &str) -> Decoded {
    let decoded = decode(envelope, project);
    assert_eq!(decoded.problems, []);
    decoded
}

fn spans(decoded: &Decoded) -> Vec<&Span> {
    decoded
        .records
        .iter()
        .filter_map(|r| {
            if let Record::Span(s) = r {
                Some(s)
            } else {
                None
            }
        })
        .collect()
}

fn events(decoded: &Decoded) -> Vec<&Event> {
    decoded
        .records
        .iter()
        .filter_map(|r| {
            if let Record::Event(e) = r {
                Some(e)
            } else {
                None
            }
        })
        .collect()
}

fn logs(decoded: &Decoded) -> Vec<&Log> {
    decoded
        .records
        .iter()
        .filter_map(|r| {
            if let Record::Log(l) = r {
                Some(l)
            } else {
                None
            }
        })
        .collect()
}

fn losses(decoded: &Decoded) -> Vec<&LossReport> {
    decoded
        .records
        .iter()
        .filter_map(|r| {
            if let Record::LossReport(l) = r {
                Some(l)
            } else {
                None
            }
        })
        .collect()
}

/// @sentry/browser 10, static: one transaction, no length, no trailing newline; its
/// session is of no interest here.
pub(crate) const JS_STATIC: &str = r#"{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","sent_at":"2026-11-20T10:00:02.000Z","sdk":{"name":"sentry.javascript.browser","version":"10.75.2"},"trace":{"environment":"production","public_key":"abc","trace_id":"771a43a4192642f0b136d5159a501700","sample_rate":"1","sampled":"true","sample_rand":"0.4211","transaction":"/"}}
{"type":"transaction"}
{"contexts":{"trace":{"span_id":"b7ad6b7169203331","trace_id":"771a43a4192642f0b136d5159a501700","data":{"sentry.source":"url","sentry.sample_rate":1,"sentry.op":"pageload"},"op":"pageload","origin":"auto.pageload.browser","status":"ok"}},"spans":[{"data":{"sentry.op":"http.client","server.address":"localhost:8080","http.request.method":"POST"},"description":"POST /p.S/M","op":"http.client","parent_span_id":"b7ad6b7169203331","span_id":"00f067aa0ba902b7","start_timestamp":1763632800.2,"timestamp":1763632800.9,"status":"ok","trace_id":"771a43a4192642f0b136d5159a501700","origin":"auto.http.browser"}],"start_timestamp":1763632800.125,"timestamp":1763632801.5,"transaction":"/","type":"transaction","platform":"javascript","environment":"production","tags":{"service.name":"site"},"request":{"url":"http://localhost:4321/"},"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}"#;

#[test]
fn javascript_static() {
    let decoded = clean(JS_STATIC, "1");
    assert_eq!(
        decoded.event_id.as_deref(),
        Some("9ec79c33ec9942ab8353589fcb2e04dc")
    );
    let [call, root] = *spans(&decoded) else {
        panic!()
    };
    assert!(root.segment && !call.segment);
    assert_eq!(
        (&*root.op, &*root.name, &*root.status),
        ("pageload", "/", "ok")
    );
    assert_eq!(root.start.0, 1_763_632_800_125_000_000);
    assert_eq!(root.parent_span_id, None);
    assert_eq!(
        root.sampling_context.as_ref().unwrap()["sample_rand"],
        "0.4211"
    );
    assert_eq!(call.parent_span_id.as_deref(), Some("b7ad6b7169203331"));
    assert_eq!((&*call.service, &*call.name), ("site", "POST /p.S/M"));
    assert_eq!(call.text("server.address"), Some("localhost:8080"));
}

/// @sentry/node 11, stream: containers without length, children before parents, an
/// attribute for the operation; logs with the enclosing span in an ill-named attribute.
pub(crate) const JS_STREAM: &str = concat!(
    r#"{"sent_at":"2026-11-20T10:00:02.000Z","sdk":{"name":"sentry.javascript.node","version":"11.12.0"},"trace":{"trace_id":"771a43a4192642f0b136d5159a501700","public_key":"abc","sampled":"true"}}"#,
    "\n",
    r#"{"type":"span","item_count":2,"content_type":"application/vnd.sentry.items.span.v2+json"}"#,
    "\n",
    r#"{"version":2,"ingest_settings":{"infer_ip":"auto"},"items":[{"trace_id":"771a43a4192642f0b136d5159a501700","span_id":"00f067aa0ba902b7","parent_span_id":"b7ad6b7169203331","name":"SELECT","status":"ok","is_segment":false,"start_timestamp":1763632800.2,"end_timestamp":1763632800.4,"attributes":{"sentry.op":{"value":"db.query","type":"string"},"db.system":{"value":"postgresql","type":"string"},"n":{"value":3,"type":"integer"}}},{"trace_id":"771a43a4192642f0b136d5159a501700","span_id":"b7ad6b7169203331","parent_span_id":"a2fb4a1d1a96d312","name":"GET /x","status":"error","is_segment":true,"start_timestamp":1763632800.1,"end_timestamp":1763632800.9,"attributes":{"sentry.op":{"value":"http.server","type":"string"},"service.name":{"value":"web","type":"string"}}}]}"#,
    "\n",
    r#"{"type":"log","item_count":1,"content_type":"application/vnd.sentry.items.log+json"}"#,
    "\n",
    r#"{"version":2,"items":[{"timestamp":1763632800.3,"trace_id":"771a43a4192642f0b136d5159a501700","level":"warn","body":"slow","attributes":{"sentry.trace.parent_span_id":{"value":"b7ad6b7169203331","type":"string"}}}]}"#,
    "\n",
);

#[test]
fn javascript_stream() {
    let decoded = clean(JS_STREAM, "7");
    let [query, segment] = *spans(&decoded) else {
        panic!()
    };
    assert_eq!(
        (&*query.op, query.database()),
        ("db.query", Some("postgresql"))
    );
    assert_eq!(query.attributes["n"], 3);
    assert_eq!(
        (&*segment.op, &*segment.service, &*segment.status),
        ("http.server", "web", "error")
    );
    assert!(segment.segment && segment.sampling_context.is_some());
    assert!(!query.segment && query.sampling_context.is_none());
    let [log] = *logs(&decoded) else { panic!() };
    assert_eq!(
        (&*log.body, log.span_id.as_deref()),
        ("slow", Some("b7ad6b7169203331"))
    );
}

/// sentry-rust: lengths everywhere, exceptions as `{values}`, a report of losses.
pub(crate) const RUST: &str = concat!(
    r#"{"event_id":"5ff5a8b6-2f9e-4c5b-9a5e-1d1d2d1f3c4b","trace":{"trace_id":"771a43a4192642f0b136d5159a501700","sampled":"true","sample_rate":"0.250"}}"#,
    "\n",
    r#"{"type":"event","length":500}"#,
    "\n",
    r#"{"event_id":"5ff5a8b62f9e4c5b9a5e1d1d2d1f3c4b","level":"fatal","timestamp":1763632800.5,"server_name":"host","exception":{"values":[{"type":"Cause","value":"below"},{"type":"panic","value":"index out of bounds","stacktrace":{"frames":[{"function":"core::main","in_app":false},{"function":"shop::buy","filename":"src/buy.rs","lineno":42,"in_app":true}]}}]},"tags":{"service.name":"core"},"contexts":{"trace":{"type":"trace","trace_id":"771a43a4192642f0b136d5159a501700","span_id":"b7ad6b7169203331"}}}"#,
    "\n",
    r#"{"type":"client_report"}"#,
    "\n",
    r#"{"timestamp":"2026-11-20T10:00:02Z","discarded_events":[{"reason":"queue_overflow","category":"transaction","quantity":3},{"reason":"network_error","category":"error","quantity":1}]}"#,
    "\n",
);

#[test]
fn rust() {
    let decoded = clean(RUST, "core");
    let [event] = *events(&decoded) else { panic!() };
    assert_eq!(event.event_id, "5ff5a8b62f9e4c5b9a5e1d1d2d1f3c4b");
    assert_eq!(event.title, "panic: index out of bounds");
    assert_eq!(event.culprit, "shop::buy (src/buy.rs:42)");
    assert_eq!((&*event.level, &*event.service), ("fatal", "core"));
    assert_eq!(event.span_id.as_deref(), Some("b7ad6b7169203331"));
    assert_eq!(
        event.sampling_context.as_ref().unwrap()["sample_rate"],
        "0.250"
    );
    let [overflow, _] = *losses(&decoded) else {
        panic!()
    };
    assert_eq!(
        (&*overflow.reason, overflow.quantity, &*overflow.service),
        ("queue_overflow", 3, "core")
    );
    assert_eq!(overflow.time.0, 1_795_168_802_000_000_000);
}

/// sentry-python: times as RFC 3339, tags as pairs, breadcrumbs as it likes.
pub(crate) const PYTHON: &str = concat!(
    r#"{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","sent_at":"2026-11-20T10:00:02.000000Z","trace":{"trace_id":"771a43a4192642f0b136d5159a501700"}}"#,
    "\n",
    r#"{"type":"transaction","content_type":"application/json","length":482}"#,
    "\n",
    r#"{"type":"transaction","transaction":"/job","contexts":{"trace":{"trace_id":"771a43a4192642f0b136d5159a501700","span_id":"b7ad6b7169203331","parent_span_id":"a2fb4a1d1a96d312","op":"queue.process","description":null,"origin":"manual"}},"tags":[["service.name","worker"]],"breadcrumbs":[{"message":"x"}],"timestamp":"2026-11-20T10:00:01.250000Z","start_timestamp":"2026-11-20T10:00:00.000000Z","spans":[],"server_name":"host","platform":"python","padding":"xxxxxxxxxxxxxxxxxxxxxxxxx"}"#,
    "\n",
);

#[test]
fn python() {
    let decoded = clean(PYTHON, "3");
    let [root] = *spans(&decoded) else { panic!() };
    assert_eq!((&*root.service, &*root.op), ("worker", "queue.process"));
    assert_eq!(root.duration(), 1_250_000_000);
}

#[test]
fn unknown_items_are_kept_as_they_came() {
    let envelope = format!(
        "{{\"trace\":{{\"trace_id\":\"{TRACE}\"}}}}\n{{\"type\":\"replay_recording\",\"length\":7}}\n{{}}\n\n\n\u{1}\n\n{{\"type\":\"session\"}}\n{{\"sid\":\"x\",\"attrs\":{{\"ip_address\":\"{{{{auto}}}}\"}}}}"
    );
    let decoded = clean(&envelope, "1");
    assert_eq!(decoded.raw[0].payload, b"{}\n\n\n\x01\n");
    assert_eq!(
        decoded.raw[0].header,
        br#"{"type":"replay_recording","length":7}"#
    );
    assert_eq!(decoded.raw[0].trace_id.as_deref(), Some(TRACE));
    assert_eq!(decoded.raw[1].item_type, "session");
    assert_eq!(decoded.items["session"], 1);
}

#[test]
fn what_is_broken_costs_itself() {
    let span = |id: &str| {
        format!(
            r#"{{"trace_id":"{TRACE}","span_id":"{id}","name":"n","start_timestamp":1,"end_timestamp":2}}"#
        )
    };
    let good = span("b7ad6b7169203331");
    let check = |what: &str, envelope: &str, reasons: &[Reason], good: usize, raw: usize| {
        let decoded = decode(envelope, "1");
        let got: Vec<_> = decoded
            .problems
            .iter()
            .map(|problem| problem.reason)
            .collect();
        assert_eq!(got, reasons, "{what}: {:?}", decoded.problems);
        assert_eq!(
            (decoded.records.len(), decoded.raw.len()),
            (good, raw),
            "{what}"
        );
    };
    let container = |items: &str| {
        format!("{{}}\n{{\"type\":\"span\",\"item_count\":2}}\n{{\"items\":[{items}]}}")
    };
    check("none", &container(&format!("{good},{good}")), &[], 2, 0);
    check(
        "an id",
        &container(&format!("{good},{}", span("0"))),
        &[Reason::Id],
        1,
        0,
    );
    check(
        "a type",
        &container(&format!("{good},7")),
        &[Reason::Time],
        1,
        0,
    );
    check(
        "a time",
        &container(&format!("{good},{}", good.replace(":1,", ":[],"))),
        &[Reason::Time],
        1,
        0,
    );
    check("a count", &container(&good), &[Reason::ItemCount], 1, 0);
    check("a container", &container("{"), &[Reason::Json], 0, 1);
    check(
        "no items",
        "{}\n{\"type\":\"log\"}\n{}",
        &[Reason::Json],
        0,
        1,
    );
    check(
        "the first line",
        &container(&good)
            .replacen("{}", "{", 1)
            .replace(":2}", ":1}"),
        &[Reason::EnvelopeHeader],
        1,
        0,
    );
    check(
        "no object",
        "[]\n{\"type\":\"event\"}\n[]",
        &[Reason::EnvelopeHeader, Reason::Json],
        0,
        1,
    );
    check(
        "an item's header",
        "{}\n{\"typ\n{\"type\":\"event\"}\n{}",
        &[Reason::ItemHeader],
        1,
        0,
    );
    check(
        "a length",
        "{}\n{\"type\":\"event\",\"length\":99}\n{}",
        &[Reason::ItemLength],
        1,
        0,
    );
    check(
        "not UTF-8 as JSON",
        "{}\n{\"type\":\"event\"}\n{\"message\":\"\\ud800\"}",
        &[Reason::Json],
        0,
        1,
    );
    check(
        "deep",
        &format!("{{}}\n{{\"type\":\"event\"}}\n{}", "[".repeat(100_000)),
        &[Reason::Json],
        0,
        1,
    );
    let transaction = |span_id: &str| {
        format!(
            "{{}}\n{{\"type\":\"transaction\"}}\n{{\"start_timestamp\":1,\"timestamp\":2,\"contexts\":{{\"trace\":{{\"trace_id\":\"{TRACE}\",\"span_id\":\"{span_id}\"}}}},\"spans\":[{{}},{{\"span_id\":\"00f067aa0ba902b7\",\"start_timestamp\":1,\"timestamp\":2}}]}}"
        )
    };
    check(
        "a span of a transaction",
        &transaction("b7ad6b7169203331"),
        &[Reason::Time],
        2,
        0,
    );
    check("a transaction", &transaction("b7ad"), &[Reason::Id], 0, 1);
    check("nothing", "", &[Reason::EnvelopeHeader], 0, 0);
}

#[test]
fn bounds_hold() {
    let limits = Limits {
        envelope_bytes: 5_000,
        items: 2,
        entries: 3,
        problems: 2,
        attributes: 2,
        text_bytes: 10,
        ..Limits::default()
    };
    let decode =
        |envelope: &str| decode_envelope(envelope.as_bytes(), &Source::project("1"), &limits);
    let decoded = decode(&"x".repeat(5_001));
    assert_eq!(decoded.problems[0].reason, Reason::EnvelopeTooLarge);
    let decoded = decode(&format!("{{}}\n{}", "{\"type\":\"a\"}\n{}\n".repeat(3)));
    assert_eq!(
        (decoded.raw.len(), decoded.problems[0].reason),
        (2, Reason::TooManyItems)
    );
    let decoded = decode(&format!(
        "{{}}\n{{\"type\":\"log\"}}\n{{\"items\":[{}]}}",
        ["{\"body\":\"0123456789abc\"}"; 5].join(",")
    ));
    assert_eq!(
        (decoded.records.len(), decoded.problems[0].reason),
        (3, Reason::TooManyEntries)
    );
    assert_eq!(logs(&decoded)[0].body, "0123456789");
    let decoded = decode(&format!("{{}}\n{}", "x\n".repeat(50)));
    assert_eq!(decoded.problems.len(), 2);
    let decoded = decode(&format!(
        "{{}}\n{{\"type\":\"span\"}}\n{{\"items\":[{{\"trace_id\":\"{TRACE}\",\"span_id\":\"b7ad6b7169203331\",\"start_timestamp\":1,\"end_timestamp\":0,\"attributes\":{{\"a\":1,\"b\":\"ääääääää\",\"c\":3}}}}]}}"
    ));
    let [span] = *spans(&decoded) else { panic!() };
    assert_eq!(span.attributes.len(), 2);
    assert_eq!(span.attributes["b"], "äääää");
    assert_eq!(span.duration(), 0);
}
