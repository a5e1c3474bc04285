//! How properties lie in the database: a JSON object, so that any tool can
//! read them. Text, integers and truth values are JSON's own; a double is
//! `{"double": "1.5"}`, its shortest exact digits, and a timestamp is
//! `{"timestamp": [seconds, nanos]}`, so that every value comes back bit for bit.

use serde::{Deserialize, Serialize};

use crate::{Error, Properties, Timestamp, Value};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored<'a> {
    Bool(bool),
    Int(i64),
    String(std::borrow::Cow<'a, str>),
    Tagged(Tagged),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tagged {
    Double(String),
    Timestamp(i64, i32),
}

pub(crate) fn encode(properties: &Properties) -> Result<String, Error> {
    let stored: std::collections::BTreeMap<&str, Stored<'_>> = properties
        .iter()
        .map(|(name, value)| (name.as_str(), Stored::from(value)))
        .collect();
    serde_json::to_string(&stored).map_err(|error| Error::Internal(error.to_string()))
}

/// One value just as it lies among the properties.
pub(crate) fn encode_one(value: &Value) -> Result<String, Error> {
    let stored = Stored::from(value);
    serde_json::to_string(&stored).map_err(|error| Error::Internal(error.to_string()))
}

impl<'a> From<&'a Value> for Stored<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self::String(text.into()),
            Value::Int(number) => Self::Int(*number),
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Double(number) => Self::Tagged(Tagged::Double(format!("{number:?}"))),
            Value::Timestamp(time) => Self::Tagged(Tagged::Timestamp(time.seconds, time.nanos)),
        }
    }
}

pub(crate) fn decode(json: &str) -> Result<Properties, Error> {
    let damaged = |problem: String| Error::Unavailable {
        reason: crate::Unavailable::Corrupt,
        message: format!("properties: {problem}"),
    };
    let stored: std::collections::BTreeMap<String, Stored<'_>> =
        serde_json::from_str(json).map_err(|error| damaged(error.to_string()))?;
    let mut properties = Properties::new();
    for (name, value) in stored {
        let value = match value {
            Stored::String(text) => Value::String(text.into_owned()),
            Stored::Int(number) => Value::Int(number),
            Stored::Bool(truth) => Value::Bool(truth),
            Stored::Tagged(Tagged::Double(digits)) => {
                let number = digits.parse();
                Value::Double(number.map_err(|_| damaged("a double".to_owned()))?)
            }
            Stored::Tagged(Tagged::Timestamp(seconds, nanos)) => {
                Value::Timestamp(Timestamp { seconds, nanos })
            }
        };
        properties.insert(name, value);
    }
    Ok(properties)
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
