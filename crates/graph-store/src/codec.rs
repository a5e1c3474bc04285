//! How properties lie in the database: a JSON object, so that any tool can
//! read them. Text, integers and truth values are JSON's own; a double is
//! `{"double": "1.5"}`, its shortest exact digits, and a timestamp is
//! `{"timestamp": [seconds, nanos]}`, so that every value comes back bit for bit.
//!
//! Every node and edge that is read or written passes here: values are read and written in place, with nothing in
//! between that would have to be built first.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
};

use crate::{Error, Properties, Timestamp, Value};

pub(crate) fn encode(properties: &Properties) -> Result<String, Error> {
    if properties.is_empty() {
        return Ok("{}".to_owned());
    }
    text(&Object(properties))
}

/// One value just as it lies among the properties.
pub(crate) fn encode_one(value: &Value) -> Result<String, Error> {
    text(&Stored(value))
}

fn text(stored: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(stored).map_err(|error| Error::Internal(error.to_string()))
}

pub(crate) fn decode(json: &str) -> Result<Properties, Error> {
    if json == "{}" {
        return Ok(Properties::new());
    }
    let read: Read<Properties> =
        serde_json::from_str(json).map_err(|error| Error::Unavailable {
            reason: crate::Unavailable::Corrupt,
            message: format!("properties: {error}"),
        })?;
    Ok(read.0)
}

struct Object<'a>(&'a Properties);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Stored(value))))
    }
}

struct Stored<'a>(&'a Value);

impl Serialize for Stored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::String(text) => serializer.serialize_str(text),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Double(number) => Tagged::Double(format!("{number:?}")).serialize(serializer),
            Value::Timestamp(time) => {
                Tagged::Timestamp(time.seconds, time.nanos).serialize(serializer)
            }
        }
    }
}

/// What JSON has no value for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tagged {
    Double(String),
    Timestamp(i64, i32),
}

/// What was stored, as it is read.
struct Read<T>(T);

impl<'de> Deserialize<'de> for Read<Properties> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfProperties).map(Read)
    }
}

impl<'de> Deserialize<'de> for Read<Value> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfValue).map(Read)
    }
}

struct OfProperties;

impl<'de> Visitor<'de> for OfProperties {
    type Value = Properties;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
        let mut properties = Properties::new();
        while let Some((name, Read(value))) = map.next_entry()? {
            properties.insert(name, value);
        }
        Ok(properties)
    }
}

struct OfValue;

impl<'de> Visitor<'de> for OfValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, an integer, a truth value, a double or a timestamp")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        let number = i64::try_from(number);
        number.map(Value::Int).map_err(E::custom)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        let map = de::value::MapAccessDeserializer::new(map);
        match Tagged::deserialize(map)? {
            Tagged::Double(digits) => digits.parse().map(Value::Double).map_err(de::Error::custom),
            Tagged::Timestamp(seconds, nanos) => Ok(Value::Timestamp(Timestamp { seconds, nanos })),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<String>().prop_map(Value::String),
            any::<i64>().prop_map(Value::Int),
            any::<bool>().prop_map(Value::Bool),
            any::<f64>()
                .prop_filter("finite", |number| number.is_finite())
                .prop_map(Value::Double),
            (any::<i64>(), any::<i32>())
                .prop_map(|(seconds, nanos)| Value::Timestamp(Timestamp { seconds, nanos })),
        ]
    }

    proptest! {
        #[test]
        fn every_value_comes_back_bit_for_bit(
            properties in prop::collection::btree_map("[a-z]{1,3}", value(), 0..5)
        ) {
            prop_assert_eq!(decode(&encode(&properties).unwrap()).unwrap(), properties);
        }

        #[test]
        fn damage_is_an_error_and_no_panic(json in any::<String>()) {
            drop(decode(&json));
        }
    }
}
