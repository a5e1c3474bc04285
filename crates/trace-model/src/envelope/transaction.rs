//! `transaction` items: a segment and the spans under it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::json::{at, clip, tag, text};
use crate::{Limits, Reason, Record, Span, service};

use super::frame::Item;
use super::header::Header;
use super::payload::{self, Flaw};
use super::{Decoder, Outcome};

impl Decoder<'_> {
    pub(super) fn transaction(&mut self, item: &Item<'_>, header: &Header) -> Outcome {
        let payload = payload::json(item)?;
        let segment = segment(&payload, header, self.limits).map_err(Some)?;
        let spans = payload.get("spans").and_then(Value::as_array);
        let spans = spans.map_or(&[][..], Vec::as_slice);
        if spans.len() > self.limits.entries {
            let detail = format!("{} spans", spans.len());
            self.problem(Reason::TooManyEntries, &item.item_type, detail);
        }
        for value in spans.iter().take(self.limits.entries) {
            match child(value, &segment, self.limits) {
                Ok(span) => self.decoded.records.push(Record::Span(span)),
                Err((reason, detail)) => {
                    self.problem(reason, &item.item_type, format!("span: {detail}"));
                }
            }
        }
        self.decoded.records.push(Record::Span(segment));
        Ok(())
    }
}

fn segment(payload: &Value, header: &Header, limits: &Limits) -> Result<Span, Flaw> {
    let none = Value::Null;
    let context = at(payload, &["contexts", "trace"]).unwrap_or(&none);
    let (start, end) = payload::interval(payload, "timestamp")?;
    let mut attributes = BTreeMap::new();
    payload::attributes_of(&mut attributes, context, &["data"], limits);
    let own = ["release", "environment"].map(|key| (key.to_owned(), payload.get(key)));
    let own = own.iter().filter_map(|(key, value)| Some((key, (*value)?)));
    payload::attributes(
        &mut attributes,
        own.filter(|(_, value)| !value.is_null()),
        limits,
    );
    payload::attributes_of(&mut attributes, payload, &["tags"], limits);
    Ok(Span {
        trace_id: payload::trace_id(context)?,
        span_id: payload::span_id(context)?,
        parent_span_id: payload::parent_span_id(context),
        segment: true,
        service: clip(&service::of_payload(payload, &header.source), limits),
        op: clip(text(context, &["op"]).unwrap_or_default(), limits),
        name: clip(text(payload, &["transaction"]).unwrap_or_default(), limits),
        status: clip(text(context, &["status"]).unwrap_or_default(), limits),
        start,
        end,
        attributes,
        sampling_context: header.sampling_context.clone(),
        otlp: false,
    })
}

/// A span of a transaction. Shared with the stand-alone span, which has the same form.
pub(super) fn child(value: &Value, segment: &Span, limits: &Limits) -> Result<Span, Flaw> {
    let (start, end) = payload::interval(value, "timestamp")?;
    let mut attributes = BTreeMap::new();
    payload::attributes_of(&mut attributes, value, &["data"], limits);
    payload::attributes_of(&mut attributes, value, &["tags"], limits);
    let op = text(value, &["op"]).unwrap_or_default();
    let name = text(value, &["description"]).unwrap_or(op);
    let service = text(value, &["data", "service.name"]).or_else(|| tag(value, "service.name"));
    Ok(Span {
        // Clients that leave it out mean the transaction's.
        trace_id: match value.get("trace_id") {
            None | Some(Value::Null) => segment.trace_id.clone(),
            Some(_) => payload::trace_id(value)?,
        },
        span_id: payload::span_id(value)?,
        parent_span_id: payload::parent_span_id(value),
        segment: false,
        service: service.map_or_else(|| segment.service.clone(), |name| clip(name, limits)),
        op: clip(op, limits),
        name: clip(name, limits),
        status: clip(text(value, &["status"]).unwrap_or_default(), limits),
        start,
        end,
        attributes,
        sampling_context: None,
        otlp: false,
    })
}
