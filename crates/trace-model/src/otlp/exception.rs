//! The exceptions among a span's events: errors under that span.

use opentelemetry_proto::tonic::trace::v1::Span as OtlpSpan;
use opentelemetry_proto::tonic::trace::v1::span::Event as OtlpEvent;

use super::value;
use crate::json::clip;
use crate::{Event, Limits, Span, Timestamp};

/// Exceptions kept of one span.
const EXCEPTIONS: usize = 8;

/// The events that tell of an exception.
pub(super) fn of(span: &OtlpSpan) -> impl Iterator<Item = &OtlpEvent> {
    span.events
        .iter()
        .filter(|event| event.name == "exception")
        .take(EXCEPTIONS)
}

/// Each as an error event under `read`, which is `span` as we have it.
pub(super) fn read_all(span: &OtlpSpan, read: &Span, limits: &Limits) -> Vec<Event> {
    of(span)
        .enumerate()
        .map(|(index, event)| one(event, read, index, limits))
        .collect()
}

fn one(event: &OtlpEvent, span: &Span, index: usize, limits: &Limits) -> Event {
    let text = |key| value::text(&event.attributes, key);
    let kind = text("exception.type").unwrap_or("exception");
    let title = match text("exception.message") {
        Some(message) => format!("{kind}: {message}"),
        None => kind.to_owned(),
    };
    Event {
        // OTLP gives events no id: the span's own and its place are one.
        event_id: format!("{}{index:016x}", span.span_id),
        trace_id: Some(span.trace_id.clone()),
        span_id: Some(span.span_id.clone()),
        service: span.service.clone(),
        level: "error".to_owned(),
        title: clip(&title, limits),
        culprit: clip(&span.name, limits),
        time: i64::try_from(event.time_unix_nano).map_or(span.start, Timestamp),
        sampling_context: None,
    }
}
