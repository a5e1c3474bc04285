//! What the item modules share: fields of spans and payloads, each read leniently.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ids::{id64, id128};
use crate::json::{clip, entries, text};
use crate::{Limits, Reason, Timestamp};

use super::frame::Item;

/// A problem's reason and its detail.
pub(super) type Flaw = (Reason, String);

pub(super) fn json(item: &Item<'_>) -> Result<Value, Option<Flaw>> {
    match serde_json::from_slice::<Value>(item.payload) {
        Ok(payload) if payload.is_object() => Ok(payload),
        Ok(_) => Err(Some((Reason::Json, "not an object".to_owned()))),
        Err(error) => Err(Some((Reason::Json, error.to_string()))),
    }
}

/// A trace id that must be there.
pub(super) fn trace_id(value: &Value) -> Result<String, Flaw> {
    let found = text(value, &["trace_id"]).and_then(id128);
    found.ok_or_else(|| (Reason::Id, "trace_id".to_owned()))
}

/// A span id that must be there.
pub(super) fn span_id(value: &Value) -> Result<String, Flaw> {
    let found = text(value, &["span_id"]).and_then(id64);
    found.ok_or_else(|| (Reason::Id, "span_id".to_owned()))
}

/// A span id that may be absent.
pub(super) fn parent_span_id(value: &Value) -> Option<String> {
    text(value, &["parent_span_id"]).and_then(id64)
}

/// Start and end; an end before the start is taken for the start.
pub(super) fn interval(value: &Value, end: &str) -> Result<(Timestamp, Timestamp), Flaw> {
    let time = |key: &str| {
        let found = value.get(key).and_then(Timestamp::from_json);
        found.ok_or_else(|| (Reason::Time, key.to_owned()))
    };
    let start = time("start_timestamp")?;
    Ok((start, time(end)?.max(start)))
}

/// Adds attributes up to the limits; what is there already stays.
pub(super) fn attributes<'a>(
    into: &mut BTreeMap<String, Value>,
    from: impl Iterator<Item = (&'a String, &'a Value)>,
    limits: &Limits,
) {
    for (key, value) in from {
        if into.len() >= limits.attributes {
            return;
        }
        if key != "service.name" && !into.contains_key(key) {
            into.insert(clip(key, limits), bounded(value, limits));
        }
    }
}

/// Adds the object under a key as attributes.
pub(super) fn attributes_of(
    into: &mut BTreeMap<String, Value>,
    payload: &Value,
    path: &[&str],
    limits: &Limits,
) {
    attributes(into, entries(crate::json::at(payload, path)), limits);
}

fn bounded(value: &Value, limits: &Limits) -> Value {
    match value {
        Value::String(text) => Value::String(clip(text, limits)),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.len() > limits.text_bytes {
                Value::String(clip(&text, limits))
            } else {
                value.clone()
            }
        }
        other => other.clone(),
    }
}
