//! What metadata of a request must be like: few, short, and in binary headers base64; and how long the call may last. Pure.
//!
//! Trace headers are left to `sentry-propagation`, which has bounds of its own: a bad one costs its trace, never the call.

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::Status;

use crate::Limits;

/// The headers of a trace, in which form ever.
pub(crate) const TRACE: [&str; 4] = ["baggage", "sentry-trace", "traceparent", "tracestate"];

const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// gRPC leaves padding out and takes it where it is.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What is wrong with a request's metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There are too many lines.
    #[error("more lines of metadata than are taken")]
    Lines,
    /// They are too long.
    #[error("more bytes of metadata than are taken")]
    Bytes,
    /// A binary header is not base64.
    #[error("a binary header that is not base64")]
    Binary,
    /// `grpc-timeout` is not a timeout, or there are several.
    #[error("a grpc-timeout that is none")]
    Timeout,
}

impl Fault {
    /// The name under which it is counted.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Lines => "metadata_lines",
            Self::Bytes => "metadata_bytes",
            Self::Binary => "metadata_binary",
            Self::Timeout => "timeout_malformed",
        }
    }
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Lines | Fault::Bytes => Self::resource_exhausted(fault.to_string()),
            Fault::Binary | Fault::Timeout => Self::invalid_argument(fault.to_string()),
        }
    }
}

/// Checks metadata against its bounds.
///
/// ```
/// use throughline_gateway::{Limits, metadata};
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("key-bin", "AAEC".parse()?);
/// assert_eq!(metadata::check(&headers, &Limits::default()), Ok(()));
/// headers.insert("key-bin", "not base64".parse()?);
/// assert_eq!(metadata::check(&headers, &Limits::default()), Err(metadata::Fault::Binary));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn check(headers: &HeaderMap, limits: &Limits) -> Result<(), Fault> {
    let (mut lines, mut bytes) = (0, 0);
    for (name, value) in headers {
        if TRACE.contains(&name.as_str()) {
            continue;
        }
        lines += 1;
        bytes += name.as_str().len() + value.len();
        if lines > limits.metadata_lines {
            return Err(Fault::Lines);
        }
        if bytes > limits.metadata_bytes {
            return Err(Fault::Bytes);
        }
    }
    let binary = headers
        .iter()
        .filter(|(name, _)| name.as_str().ends_with("-bin"));
    // Several values may stand in one line, with commas between them.
    let mut values = binary.flat_map(|(_, value)| value.as_bytes().split(|byte| *byte == b','));
    if values.all(|value| BASE64.decode(value.trim_ascii()).is_ok()) {
        Ok(())
    } else {
        Err(Fault::Binary)
    }
}

/// Holds the timeout that a request asks for to the longest that is granted, and sets that where it asks for none.
pub fn clamp(headers: &mut HeaderMap, longest: Duration) -> Result<(), Fault> {
    let mut lines = headers.get_all(TIMEOUT).iter();
    let asked = match (lines.next(), lines.next()) {
        (None, _) => None,
        (Some(line), None) => {
            Some(sentry_tonic::parse_timeout(line.as_bytes()).ok_or(Fault::Timeout)?)
        }
        _ => return Err(Fault::Timeout),
    };
    if asked.is_none_or(|asked| asked > longest) {
        // Eight digits are the most that gRPC has: milliseconds hold a day of them.
        let millis = longest.as_millis().min(99_999_999);
        let value = HeaderValue::try_from(format!("{millis}m")).map_err(|_| Fault::Timeout)?;
        headers.insert(TIMEOUT, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(
                name,
                HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
            );
        }
        headers
    }

    fn limits() -> Limits {
        Limits {
            metadata_lines: 3,
            metadata_bytes: 20,
            ..Limits::default()
        }
    }

    #[test]
    fn each_bound_has_its_fault() {
        let check = |lines: &[(&str, &str)], expected| {
            assert_eq!(check(&headers(lines), &limits()), expected, "{lines:?}");
        };
        check(&[], Ok(()));
        check(&[("a", "1"), ("a", "2"), ("b", "3")], Ok(()));
        check(
            &[("a", "1"), ("a", "2"), ("b", "3"), ("b", "4")],
            Err(Fault::Lines),
        );
        check(&[("a", "0123456789012345678")], Ok(()));
        check(&[("a", "01234567890123456789")], Err(Fault::Bytes));
        let long = "x".repeat(9000);
        for name in TRACE {
            check(
                &[(name, &long), (name, &long), (name, "1"), (name, "2")],
                Ok(()),
            );
        }
        for value in ["", "AAEC", "AAE=", "AAE", "AA==", "AAEC,AAE", "AAEC, AA"] {
            check(&[("k-bin", value)], Ok(()));
        }
        for value in ["!", "A", "AAEC,!", "AA-_", "\u{e9}"] {
            check(&[("k-bin", value)], Err(Fault::Binary));
        }
    }

    #[test]
    fn timeouts_are_held_to_the_longest() {
        let check = |lines: &[&str], expected: Result<&str, Fault>| {
            let lines: Vec<_> = lines.iter().map(|value| ("grpc-timeout", *value)).collect();
            let mut headers = headers(&lines);
            let clamped = clamp(&mut headers, Duration::from_secs(60));
            let found = clamped.map(|()| headers["grpc-timeout"].to_str().expect("text"));
            assert_eq!(found, expected, "{lines:?}");
        };
        check(&[], Ok("60000m"));
        check(&["1S"], Ok("1S"));
        check(&["60S"], Ok("60S"));
        check(&["61S"], Ok("60000m"));
        check(&["99999999H"], Ok("60000m"));
        for bad in [
            "",
            "S",
            "1",
            "1s",
            "-1S",
            "1.5S",
            "123456789S",
            "1 S",
            "0x1S",
        ] {
            check(&[bad], Err(Fault::Timeout));
        }
        check(&["1S", "1S"], Err(Fault::Timeout));
    }
}
