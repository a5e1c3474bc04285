//! `event` items: what went wrong, where, in which span.

use serde_json::Value;

use crate::ids::{id64, id128};
use crate::json::{at, clip, list, text};
use crate::{Event, Record, Timestamp, service};

use super::frame::Item;
use super::header::Header;
use super::payload;
use super::{Decoder, Outcome};

impl Decoder<'_> {
    pub(super) fn event(&mut self, item: &Item<'_>, header: &Header) -> Outcome {
        let payload = payload::json(item)?;
        let context = at(&payload, &["contexts", "trace"]);
        let event_id = text(&payload, &["event_id"]).and_then(id128);
        let trace_id = context
            .and_then(|context| text(context, &["trace_id"]))
            .and_then(id128);
        let time = payload.get("timestamp").and_then(Timestamp::from_json);
        self.decoded.records.push(Record::Event(Event {
            event_id: event_id
                .or_else(|| header.event_id.clone())
                .unwrap_or_default(),
            trace_id: trace_id.or_else(|| header.trace_id.clone()),
            span_id: context
                .and_then(|context| text(context, &["span_id"]))
                .and_then(id64),
            service: clip(&service::of_payload(&payload, &header.source), self.limits),
            level: clip(text(&payload, &["level"]).unwrap_or("error"), self.limits),
            title: clip(&title(&payload), self.limits),
            culprit: clip(&culprit(&payload), self.limits),
            time: time.unwrap_or(header.source.received),
            sampling_context: header.sampling_context.clone(),
        }));
        Ok(())
    }
}

/// The last exception is the one that was raised; those before are its causes.
fn exception(payload: &Value) -> Option<&Value> {
    list(payload, "exception").last()
}

fn title(payload: &Value) -> String {
    if let Some(exception) = exception(payload) {
        let kind = text(exception, &["type"]).unwrap_or("error");
        return match text(exception, &["value"]) {
            Some(value) => format!("{kind}: {value}"),
            None => kind.to_owned(),
        };
    }
    let message = text(payload, &["logentry", "formatted"])
        .or_else(|| text(payload, &["logentry", "message"]))
        .or_else(|| text(payload, &["message"]))
        .or_else(|| text(payload, &["message", "formatted"]));
    message.unwrap_or_default().to_owned()
}

fn culprit(payload: &Value) -> String {
    let frames = exception(payload)
        .and_then(|exception| at(exception, &["stacktrace", "frames"]))
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let own = |frame: &&Value| frame.get("in_app") == Some(&Value::Bool(true));
    let Some(frame) = frames.iter().rfind(own).or_else(|| frames.last()) else {
        let said = text(payload, &["culprit"]).or_else(|| text(payload, &["transaction"]));
        return said.unwrap_or_default().to_owned();
    };
    let function = text(frame, &["function"]).unwrap_or("?");
    let file = text(frame, &["filename"]).or_else(|| text(frame, &["abs_path"]));
    match (file, frame.get("lineno").and_then(Value::as_u64)) {
        (Some(file), Some(line)) => format!("{function} ({file}:{line})"),
        (Some(file), None) => format!("{function} ({file})"),
        (None, _) => function.to_owned(),
    }
}
