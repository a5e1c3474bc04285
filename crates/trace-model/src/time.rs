//! Points in time as clients send them: seconds as a number, or RFC 3339. Knows
//! no clock.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nanoseconds since the Unix epoch, by the clock of whoever said so.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From seconds since the epoch; `None` if not finite or out of range.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        // A double of this century tells microseconds apart, nanoseconds not.
        let micros = (seconds * 1e6).round();
        // i64 holds the years 1677 to 2262 in nanoseconds; a cast beyond would saturate.
        (micros.is_finite() && micros.abs() < 9.2e15).then(|| Self(micros as i64 * 1_000))
    }

    /// Nanoseconds from `earlier` to this, 0 if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0).max(0).unsigned_abs()
    }

    /// This, moved by so many nanoseconds.
    #[must_use]
    pub fn plus(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Self::from_seconds(number.as_f64()?),
            Value::String(text) => OffsetDateTime::parse(text, &Rfc3339)
                .ok()
                .and_then(|time| i64::try_from(time.unix_timestamp_nanos()).ok())
                .map(Self)
                .or_else(|| Self::from_seconds(text.parse().ok()?)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_clients_send() {
        let check = |value: Value, want| {
            assert_eq!(Timestamp::from_json(&value).map(|t| t.0), want, "{value}");
        };
        check(json!(1.5), Some(1_500_000_000));
        check(json!(2), Some(2_000_000_000));
        check(json!("1970-01-01T00:00:01.250000Z"), Some(1_250_000_000));
        check(json!("1970-01-01T01:00:01+01:00"), Some(1_000_000_000));
        check(json!("3.5"), Some(3_500_000_000));
        check(json!("yesterday"), None);
        check(json!("NaN"), None);
        check(json!(1e300), None);
        check(json!(null), None);
    }
}
