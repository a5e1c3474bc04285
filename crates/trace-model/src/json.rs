//! Lenient access to JSON: what is absent and what has the wrong type are alike.

use serde_json::{Map, Value};

use crate::Limits;

/// The value at a path of keys.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

/// The text at a path of keys, if not empty.
pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    at(value, path)?.as_str().filter(|text| !text.is_empty())
}

/// An owned copy of a text, cut to the limit at a character's border.
pub(crate) fn clip(text: &str, limits: &Limits) -> String {
    let mut end = text.len().min(limits.text_bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// `[…]` or `{"values": […]}`: clients send both.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    let found = match value.get(key) {
        Some(Value::Array(array)) => Some(array),
        Some(Value::Object(object)) => object.get("values").and_then(Value::as_array),
        _ => None,
    };
    found.map_or(&[], Vec::as_slice)
}

/// A tag, out of `{"key": "value"}` or `[["key", "value"]]`.
pub(crate) fn tag<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    let found = match value.get("tags")? {
        Value::Object(tags) => tags.get(key)?.as_str(),
        Value::Array(tags) => tags
            .iter()
            .find(|pair| pair.get(0).and_then(Value::as_str) == Some(key))?
            .get(1)?
            .as_str(),
        _ => None,
    };
    found.filter(|text| !text.is_empty())
}

/// The value of an attribute of a container's entry: `{"value": …, "type": …}`, or
/// the bare value.
pub(crate) fn attribute(value: &Value) -> &Value {
    match value {
        Value::Object(object) => object.get("value").unwrap_or(value),
        _ => value,
    }
}

/// The entries of an object, none if it is none.
pub(crate) fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
}
