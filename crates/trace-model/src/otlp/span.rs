//! One span of OTLP as a span of ours.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span as OtlpSpan, SpanFlags};

use super::{exception, value};
use crate::json::clip;
use crate::{Limits, Reason, Span, Timestamp};

/// How many of a span's events were not kept.
const EVENTS_LEFT_OUT: &str = "otel.events_left_out";

pub(super) fn read(
    span: &OtlpSpan,
    service: &str,
    limits: &Limits,
) -> Result<Span, (Reason, String)> {
    let start = time(span.start_time_unix_nano, "start_time_unix_nano")?;
    let end = time(span.end_time_unix_nano, "end_time_unix_nano")?;
    let parent_span_id = id(&span.parent_span_id, 8);
    let mut attributes = value::all(&span.attributes, limits);
    let left_out = span.events.len() - exception::of(span).count();
    if left_out > 0 {
        attributes.insert(EVENTS_LEFT_OUT.to_owned(), left_out.into());
    }
    Ok(Span {
        trace_id: id(&span.trace_id, 16).ok_or((Reason::Id, "trace_id".to_owned()))?,
        span_id: id(&span.span_id, 8).ok_or((Reason::Id, "span_id".to_owned()))?,
        segment: is_segment(span, parent_span_id.is_none()),
        parent_span_id,
        service: service.to_owned(),
        op: op(span).to_owned(),
        name: clip(&span.name, limits),
        status: status(span).to_owned(),
        start,
        // Clocks do step back within a span.
        end: end.max(start),
        attributes,
        sampling_context: None,
        otlp: true,
    })
}

/// Lower-case hex, if the length is right and not all is zero.
fn id(bytes: &[u8], length: usize) -> Option<String> {
    let valid = bytes.len() == length && bytes.iter().any(|byte| *byte != 0);
    valid.then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn time(nanos: u64, field: &str) -> Result<Timestamp, (Reason, String)> {
    match i64::try_from(nanos) {
        Ok(nanos) if nanos > 0 => Ok(Timestamp(nanos)),
        _ => Err((Reason::Time, field.to_owned())),
    }
}

/// The first span of this trace in its service: the flags say so in newer senders; in
/// others, whoever answers a call is.
fn is_segment(span: &OtlpSpan, head: bool) -> bool {
    let has = SpanFlags::ContextHasIsRemoteMask as u32;
    let remote = SpanFlags::ContextIsRemoteMask as u32;
    if span.flags & has != 0 {
        head || span.flags & remote != 0
    } else {
        head || matches!(span.kind(), SpanKind::Server | SpanKind::Consumer)
    }
}

/// Sentry's operation for what the attributes and the kind tell, by the semantic
/// conventions for databases, RPC, HTTP and messaging.
fn op(span: &OtlpSpan) -> &'static str {
    let has = |keys: &[&str]| {
        span.attributes
            .iter()
            .any(|pair| keys.contains(&pair.key.as_str()))
    };
    let kind = span.kind();
    if has(&["db.system", "db.system.name"]) && kind != SpanKind::Server {
        return "db";
    }
    let rpc = has(&["rpc.system", "rpc.system.name"]);
    let http = has(&["http.request.method", "http.method"]);
    match kind {
        SpanKind::Server if http && !rpc => "http.server",
        SpanKind::Client if http && !rpc => "http.client",
        SpanKind::Server => "rpc.server",
        SpanKind::Client => "rpc.client",
        SpanKind::Producer => "queue.publish",
        SpanKind::Consumer => "queue.process",
        SpanKind::Internal | SpanKind::Unspecified => "",
    }
}

/// Sentry's name of the status; a gRPC code says more than OTel's three.
fn status(span: &OtlpSpan) -> &'static str {
    let code = ["rpc.grpc.status_code", "rpc.response.status_code"]
        .iter()
        .find_map(|key| grpc_status(&span.attributes, key));
    if let Some(name) = code {
        return name;
    }
    match span.status.as_ref().map(|status| status.code()) {
        Some(StatusCode::Ok) => "ok",
        Some(StatusCode::Error) => "internal_error",
        Some(StatusCode::Unset) | None => "",
    }
}

/// By number, or by name as the conventions write it (`DEADLINE_EXCEEDED`) or as Go does
/// (`DeadlineExceeded`).
fn grpc_status(attributes: &[KeyValue], key: &str) -> Option<&'static str> {
    const NAMES: [&str; 17] = [
        "ok",
        "cancelled",
        "unknown",
        "invalid_argument",
        "deadline_exceeded",
        "not_found",
        "already_exists",
        "permission_denied",
        "resource_exhausted",
        "failed_precondition",
        "aborted",
        "out_of_range",
        "unimplemented",
        "internal_error",
        "unavailable",
        "data_loss",
        "unauthenticated",
    ];
    if let Some(code) = value::number(attributes, key) {
        return NAMES.get(usize::try_from(code).ok()?).copied();
    }
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    let said = match plain(value::text(attributes, key)?).as_str() {
        "canceled" => "cancelled".to_owned(),
        "internal" => "internalerror".to_owned(),
        other => other.to_owned(),
    };
    NAMES.into_iter().find(|name| plain(name) == said)
}
