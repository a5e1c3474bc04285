//! Containers of streamed spans and of logs, and the older stand-alone span.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::ids::{id64, id128};
use crate::json::{attribute, clip, entries, text};
use crate::{Limits, Log, Reason, Record, Span, Timestamp, service};

use super::frame::Item;
use super::header::Header;
use super::payload::{self, Flaw};
use super::{Decoder, Outcome, transaction};

#[derive(Deserialize)]
struct Container<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

impl Decoder<'_> {
    pub(super) fn container(&mut self, item: &Item<'_>, header: &Header) -> Outcome {
        let read = if item.item_type == "span" { span } else { log };
        let container = match serde_json::from_slice::<Container<'_>>(item.payload) {
            Ok(container) => container,
            Err(error) => {
                return self
                    .alone(item, header)
                    .map_err(|()| Some((Reason::Json, error.to_string())));
            }
        };
        let count = container.items.len();
        if let Some(said) = item.item_count.filter(|said| *said != count as u64) {
            let detail = format!("item_count {said}, but {count} items");
            self.problem(Reason::ItemCount, &item.item_type, detail);
        }
        if count > self.limits.entries {
            self.problem(
                Reason::TooManyEntries,
                &item.item_type,
                format!("{count} items"),
            );
        }
        for entry in container.items.into_iter().take(self.limits.entries) {
            let value = serde_json::from_str::<Value>(entry.get());
            let value = value.map_err(|error| (Reason::Json, error.to_string()));
            match value.and_then(|value| read(&value, header, self.limits)) {
                Ok(record) => self.decoded.records.push(record),
                Err((reason, detail)) => self.problem(reason, &item.item_type, detail),
            }
        }
        Ok(())
    }

    /// A `span` item of one span, in the form that a transaction's spans have.
    fn alone(&mut self, item: &Item<'_>, header: &Header) -> Result<(), ()> {
        let payload = payload::json(item).map_err(drop)?;
        if item.item_type != "span" {
            return Err(());
        }
        let around = Span {
            trace_id: header
                .trace_id
                .clone()
                .ok_or(())
                .or_else(|()| payload::trace_id(&payload).map_err(drop))?,
            service: service::of_source(&header.source, None),
            ..Span::default()
        };
        let mut span = transaction::child(&payload, &around, self.limits).map_err(drop)?;
        span.segment = payload.get("is_segment") == Some(&Value::Bool(true));
        span.sampling_context = header.sampling_context.clone().filter(|_| span.segment);
        self.decoded.records.push(Record::Span(span));
        Ok(())
    }
}

fn span(value: &Value, header: &Header, limits: &Limits) -> Result<Record, Flaw> {
    let (start, end) = payload::interval(value, "end_timestamp")?;
    let said = value.get("attributes");
    let read = |key: &str| said.and_then(|said| attribute(said.get(key)?).as_str());
    let segment = value.get("is_segment") == Some(&Value::Bool(true));
    let status = text(value, &["status"]).or_else(|| read("sentry.status"));
    let name = text(value, &["name"]).or_else(|| read("sentry.description"));
    let mut attributes = BTreeMap::new();
    let plain = entries(said).map(|(key, value)| (key, attribute(value)));
    let plain = plain.filter(|(key, _)| *key != "sentry.op");
    payload::attributes(&mut attributes, plain, limits);
    Ok(Record::Span(Span {
        trace_id: payload::trace_id(value)?,
        span_id: payload::span_id(value)?,
        parent_span_id: payload::parent_span_id(value),
        segment,
        service: clip(&service::of_attributes(said, &header.source), limits),
        op: clip(read("sentry.op").unwrap_or_default(), limits),
        name: clip(name.unwrap_or_default(), limits),
        status: clip(status.unwrap_or_default(), limits),
        start,
        end,
        attributes,
        sampling_context: header.sampling_context.clone().filter(|_| segment),
        otlp: false,
    }))
}

fn log(value: &Value, header: &Header, limits: &Limits) -> Result<Record, Flaw> {
    if !value.is_object() {
        return Err((Reason::Json, "not an object".to_owned()));
    }
    let said = value.get("attributes");
    // Their names mislead: it is the span in which the log was written. The second is what the Rust SDK calls it.
    let enclosing = ["sentry.trace.parent_span_id", "parent_span_id"]
        .iter()
        .find_map(|name| attribute(said?.get(name)?).as_str());
    let time = value.get("timestamp").and_then(Timestamp::from_json);
    Ok(Record::Log(Log {
        trace_id: text(value, &["trace_id"]).and_then(id128),
        span_id: text(value, &["span_id"]).or(enclosing).and_then(id64),
        service: clip(&service::of_attributes(said, &header.source), limits),
        level: clip(text(value, &["level"]).unwrap_or_default(), limits),
        body: clip(text(value, &["body"]).unwrap_or_default(), limits),
        time: time.unwrap_or(header.source.received),
    }))
}
