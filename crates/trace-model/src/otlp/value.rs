//! OTLP's attributes as JSON values, within bounds of number, length and depth.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::Value;

use crate::Limits;
use crate::json::clip;

/// Lists and maps within one another; what is deeper is left out.
const DEPTH: usize = 4;

/// Entries kept of one list or map.
const ENTRIES: usize = 64;

/// The text under a key, if it is one and not empty.
pub(super) fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|pair| pair.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Any::StringValue(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// The number under a key, if it is one.
pub(super) fn number(attributes: &[KeyValue], key: &str) -> Option<i64> {
    let found = attributes.iter().find(|pair| pair.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Any::IntValue(number) => Some(*number),
        Any::StringValue(text) => text.parse().ok(),
        _ => None,
    }
}

/// All of them, the first of a name, at most `Limits::attributes`.
pub(super) fn all(attributes: &[KeyValue], limits: &Limits) -> BTreeMap<String, Value> {
    let mut into = BTreeMap::new();
    for pair in attributes {
        if into.len() >= limits.attributes {
            break;
        }
        if let Some(value) = pair.value.as_ref() {
            into.entry(clip(&pair.key, limits))
                .or_insert_with(|| json(value, limits, DEPTH));
        }
    }
    into
}

fn json(value: &AnyValue, limits: &Limits, depth: usize) -> Value {
    match &value.value {
        Some(Any::StringValue(text)) => Value::String(clip(text, limits)),
        Some(Any::BoolValue(yes)) => Value::Bool(*yes),
        Some(Any::IntValue(number)) => Value::from(*number),
        Some(Any::DoubleValue(number)) => Value::from(*number),
        Some(Any::BytesValue(bytes)) => Value::String(format!("({} bytes)", bytes.len())),
        Some(Any::ArrayValue(list)) if depth > 0 => list
            .values
            .iter()
            .take(ENTRIES)
            .map(|value| json(value, limits, depth - 1))
            .collect(),
        Some(Any::KvlistValue(map)) if depth > 0 => map
            .values
            .iter()
            .take(ENTRIES)
            .filter_map(|pair| {
                let value = json(pair.value.as_ref()?, limits, depth - 1);
                Some((clip(&pair.key, limits), value))
            })
            .collect(),
        _ => Value::Null,
    }
}
