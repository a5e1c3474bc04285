//! Writing a `grpc-timeout`; reading one is `sentry_tonic::parse_timeout`. Pure.

use std::time::Duration;

use http::HeaderValue;

/// The most that eight digits hold.
const MOST: u128 = 99_999_999;

/// A `grpc-timeout` of no more than `left`, in the finest unit that its eight digits allow.
///
/// ```
/// use std::time::Duration;
/// use throughline_service_kit::deadline::format_timeout;
///
/// assert_eq!(format_timeout(Duration::from_micros(1_500)), "1500u");
/// assert_eq!(format_timeout(Duration::from_secs(3_600)), "3600000m");
/// ```
pub fn format_timeout(left: Duration) -> HeaderValue {
    let (amount, unit) = [
        (left.as_micros(), 'u'),
        (left.as_millis(), 'm'),
        (u128::from(left.as_secs()), 'S'),
    ]
    .into_iter()
    .find(|(amount, _)| *amount <= MOST)
    .unwrap_or((u128::from(left.as_secs() / 3600).min(MOST), 'H'));
    HeaderValue::try_from(format!("{amount}{unit}"))
        .unwrap_or_else(|_| HeaderValue::from_static("0u"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sentry_tonic::parse_timeout;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_and_never_grows(seconds in any::<u64>(), nanos in 0u32..1_000_000_000) {
            // All magnitudes, not the largest alone.
            let left = Duration::new(seconds >> (nanos % 64), nanos);
            let read = parse_timeout(format_timeout(left).as_bytes()).expect("it is a timeout");
            prop_assert!(read <= left);
            if left < Duration::from_secs(90) {
                prop_assert!(left - read < Duration::from_micros(1));
            }
        }
    }
}
