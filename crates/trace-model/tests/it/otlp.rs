//! OTLP as a real Dgraph sent it, and as nobody should.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as OtlpSpan, Status};
use proptest::prelude::*;
use prost::Message as _;
use throughline_trace_model::{
    Limits, OtlpForm, Reason, Record, Source, Span, TraceInput, TraceTree, decode_otlp,
};

/// What an alpha of v25.4.0 sent for recorded calls, and its noise.
const DGRAPH: &[u8] = include_bytes!("../../../testkit/data/dgraph-v25.4.0-otlp.pb");

/// The trace of those calls.
const TRACE: &str = "771a43a4192642f0b136d5159a501701";

fn spans(bytes: &[u8], form: OtlpForm) -> Vec<Span> {
    let decoded = decode_otlp(bytes, form, &Source::default(), &Limits::default()).unwrap();
    assert_eq!(decoded.problems, []);
    decoded
        .records
        .into_iter()
        .filter_map(|record| match record {
            Record::Span(span) => Some(span),
            _ => None,
        })
        .collect()
}

#[test]
fn a_database_joins_its_callers() {
    let spans = spans(DGRAPH, OtlpForm::Protobuf);
    let of_calls: Vec<_> = spans.iter().filter(|span| span.trace_id == TRACE).collect();
    assert!(of_calls.len() > 100 && spans.len() > of_calls.len());
    // The query whose caller was span 6: its parent, its service, what ran below it.
    let query = of_calls
        .iter()
        .find(|span| span.parent_span_id.as_deref() == Some("0000000000000006"))
        .unwrap();
    assert_eq!(query.name, "api.Dgraph/Query");
    assert_eq!((query.op.as_str(), query.segment), ("rpc.server", true));
    assert_eq!(
        (query.service.as_str(), query.status.as_str()),
        ("dgraph.alpha", "ok")
    );
    let below = |parent: &Span| -> Vec<&str> {
        let children = of_calls
            .iter()
            .filter(|span| span.parent_span_id.as_ref() == Some(&parent.span_id));
        children.map(|span| span.name.as_str()).collect()
    };
    assert_eq!(below(query), ["Server.Query"]);
    let server = of_calls
        .iter()
        .find(|span| span.parent_span_id.as_ref() == Some(&query.span_id))
        .unwrap();
    assert!(
        below(server)
            .iter()
            .any(|name| name.starts_with("processTask")),
        "{:?}",
        below(server)
    );
    assert!(!server.segment);
}

#[test]
fn what_span_events_carry_is_not_kept() {
    let raw = String::from_utf8_lossy(DGRAPH);
    let kept = serde_json::to_string(&spans(DGRAPH, OtlpForm::Protobuf)).unwrap();
    // It is there, in the events: else this test would prove nothing.
    for text in ["func: eq(", "has(downloads)"] {
        assert!(raw.contains(text), "{text} is not in the recording");
        assert!(!kept.contains(text), "{text} was kept");
    }
    let left_out: u64 = spans(DGRAPH, OtlpForm::Protobuf)
        .iter()
        .filter_map(|span| span.attributes.get("otel.events_left_out")?.as_u64())
        .sum();
    assert!(left_out > 100, "{left_out}");
}

#[test]
fn json_says_the_same() {
    let request = ExportTraceServiceRequest::decode(DGRAPH).unwrap();
    let json = serde_json::to_vec(&request).unwrap();
    assert_eq!(
        spans(&json, OtlpForm::Json),
        spans(DGRAPH, OtlpForm::Protobuf)
    );
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        ..KeyValue::default()
    }
}

fn span() -> OtlpSpan {
    OtlpSpan {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "work".to_owned(),
        start_time_unix_nano: 1_000,
        end_time_unix_nano: 2_000,
        ..OtlpSpan::default()
    }
}

fn request(service: &str, spans: Vec<OtlpSpan>) -> Vec<u8> {
    let resource = Resource {
        attributes: vec![text("service.name", service)],
        ..Resource::default()
    };
    let scope_spans = vec![ScopeSpans {
        spans,
        ..ScopeSpans::default()
    }];
    let resource_spans = vec![ResourceSpans {
        resource: Some(resource),
        scope_spans,
        ..ResourceSpans::default()
    }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

#[test]
fn kinds_and_attributes_make_the_operation() {
    let check = |kind: SpanKind, keys: &[&str], op: &str, segment: bool| {
        let attributes = keys.iter().map(|key| text(key, "x")).collect();
        let given = OtlpSpan {
            kind: kind.into(),
            attributes,
            parent_span_id: vec![3; 8],
            ..span()
        };
        let read = spans(&request("s", vec![given]), OtlpForm::Protobuf).remove(0);
        assert_eq!(
            (read.op.as_str(), read.segment),
            (op, segment),
            "{kind:?} {keys:?}"
        );
    };
    check(SpanKind::Server, &["rpc.system"], "rpc.server", true);
    check(
        SpanKind::Client,
        &["rpc.system", "http.request.method"],
        "rpc.client",
        false,
    );
    check(
        SpanKind::Server,
        &["http.request.method"],
        "http.server",
        true,
    );
    check(SpanKind::Client, &["http.method"], "http.client", false);
    check(SpanKind::Client, &["db.system"], "db", false);
    check(SpanKind::Producer, &[], "queue.publish", false);
    check(SpanKind::Consumer, &[], "queue.process", true);
    check(SpanKind::Internal, &["other"], "", false);
}

#[test]
fn a_grpc_code_is_the_status_however_it_is_written() {
    let check = |key: &str, said: &str, status: &str| {
        let given = OtlpSpan {
            attributes: vec![text(key, said)],
            ..span()
        };
        let read = spans(&request("s", vec![given]), OtlpForm::Protobuf).remove(0);
        assert_eq!(read.status, status, "{key} {said}");
    };
    check("rpc.grpc.status_code", "4", "deadline_exceeded");
    check(
        "rpc.response.status_code",
        "DEADLINE_EXCEEDED",
        "deadline_exceeded",
    );
    check(
        "rpc.response.status_code",
        "DeadlineExceeded",
        "deadline_exceeded",
    );
    check("rpc.response.status_code", "Canceled", "cancelled");
    check("rpc.response.status_code", "INTERNAL", "internal_error");
    check("rpc.response.status_code", "99", "");
    check("rpc.response.status_code", "nonsense", "");
}

#[test]
fn an_exception_is_an_error_under_its_span() {
    let thrown = Event {
        time_unix_nano: 1_500,
        name: "exception".to_owned(),
        attributes: vec![
            text("exception.type", "java.lang.IllegalState"),
            text("exception.message", "no"),
        ],
        ..Event::default()
    };
    let failed = OtlpSpan {
        events: vec![thrown],
        status: Some(Status {
            code: StatusCode::Error.into(),
            ..Status::default()
        }),
        ..span()
    };
    let bytes = request("shop", vec![failed]);
    let decoded = decode_otlp(
        &bytes,
        OtlpForm::Protobuf,
        &Source::default(),
        &Limits::default(),
    );
    let records = decoded.unwrap().records;
    let [Record::Span(span), Record::Event(event)] = &records[..] else {
        panic!("{records:?}");
    };
    assert_eq!(span.status, "internal_error");
    assert_eq!(span.attributes, BTreeMap::new());
    assert_eq!(event.title, "java.lang.IllegalState: no");
    assert!(event.is_error());
    assert_eq!(event.span_id.as_ref(), Some(&span.span_id));
}

#[test]
fn one_bad_span_does_not_lose_the_others() {
    let check = |bad: OtlpSpan, reason| {
        let bytes = request("s", vec![span(), bad, span()]);
        let decoded = decode_otlp(
            &bytes,
            OtlpForm::Protobuf,
            &Source::default(),
            &Limits::default(),
        );
        let decoded = decoded.unwrap();
        assert_eq!(decoded.records.len(), 2);
        assert_eq!(decoded.problems[0].reason, reason);
        assert_eq!(decoded.items["otlp_span"], 3);
    };
    check(
        OtlpSpan {
            trace_id: vec![0; 16],
            ..span()
        },
        Reason::Id,
    );
    check(
        OtlpSpan {
            span_id: vec![1; 7],
            ..span()
        },
        Reason::Id,
    );
    check(
        OtlpSpan {
            start_time_unix_nano: 0,
            ..span()
        },
        Reason::Time,
    );
    check(
        OtlpSpan {
            end_time_unix_nano: u64::MAX,
            ..span()
        },
        Reason::Time,
    );
    let limits = Limits {
        entries: 2,
        ..Limits::default()
    };
    let bytes = request("s", vec![span(); 5]);
    let decoded = decode_otlp(&bytes, OtlpForm::Protobuf, &Source::default(), &limits).unwrap();
    assert_eq!(decoded.records.len(), 2);
    assert_eq!(decoded.problems[0].reason, Reason::TooManyEntries);
}

#[test]
fn what_is_no_request_is_refused_with_a_reason() {
    let check = |bytes: &[u8], form, limits: &Limits, reason| {
        let refused = decode_otlp(bytes, form, &Source::default(), limits).unwrap_err();
        assert_eq!(refused.reason, reason, "{}", refused.detail);
    };
    let limits = Limits::default();
    check(b"\xff\xff", OtlpForm::Protobuf, &limits, Reason::Protobuf);
    check(b"[1]", OtlpForm::Json, &limits, Reason::Json);
    let small = Limits {
        envelope_bytes: 10,
        ..Limits::default()
    };
    check(DGRAPH, OtlpForm::Protobuf, &small, Reason::EnvelopeTooLarge);
    let nested = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    check(nested.as_bytes(), OtlpForm::Json, &limits, Reason::Json);
}

fn decodes(bytes: &[u8], form: OtlpForm) {
    let limits = Limits {
        entries: 8,
        problems: 8,
        text_bytes: 32,
        attributes: 4,
        ..Limits::default()
    };
    let Ok(decoded) = decode_otlp(bytes, form, &Source::project("1"), &limits) else {
        return;
    };
    assert!(decoded.problems.len() <= limits.problems);
    let mut found = 0;
    for record in &decoded.records {
        if let Record::Span(span) = record {
            found += 1;
            assert!(span.name.len() <= 32 && span.attributes.len() <= 5 && span.end >= span.start);
        }
    }
    assert!(found <= limits.entries);
    drop(TraceTree::build(TraceInput::from_records(
        TRACE,
        decoded.records,
    )));
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        decodes(&bytes, OtlpForm::Protobuf);
        decodes(&bytes, OtlpForm::Json);
    }

    #[test]
    fn mutated_requests(
        start in any::<prop::sample::Index>(),
        bytes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let mut request = DGRAPH.to_vec();
        for (at, byte) in bytes {
            let at = at.index(request.len());
            request[at] = byte;
        }
        decodes(&request, OtlpForm::Protobuf);
        decodes(&request[..start.index(request.len())], OtlpForm::Protobuf);
    }
}
