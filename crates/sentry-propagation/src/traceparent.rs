//! The W3C `traceparent` header, for peers that do not speak `sentry-trace`.

use std::{fmt, str::FromStr};

use http::HeaderValue;

use crate::{
    Error, SentryTrace, SpanId, TraceId,
    ids::{hex_digit, hex_pair},
};

const LEN: usize = 55;
const SAMPLED: u8 = 1;

/// A trace and a span in it, as OpenTelemetry and Dgraph write them.
///
/// ```
/// use sentry_propagation::Traceparent;
///
/// let parent: Traceparent = "00-09e04486820349518ac7b5d2adbf6ba5-9cf635fa5b870b3a-00".parse()?;
/// assert!(!parent.is_sampled());
/// assert_eq!(parent.to_sentry_trace().sampled, None, "00 says nothing of a decision");
/// # Ok::<(), sentry_propagation::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Traceparent {
    /// The trace.
    pub trace_id: TraceId,
    /// The span that makes the call.
    pub span_id: SpanId,
    /// The flags; the lowest bit is "sampled".
    pub flags: u8,
}

impl Traceparent {
    /// Reads a header value of version 00, or of a later one as far as it agrees with 00.
    pub fn parse(value: &[u8]) -> Result<Self, Error> {
        Self::read(value.trim_ascii()).ok_or(Error::MalformedTraceparent)
    }

    fn read(value: &[u8]) -> Option<Self> {
        let (fixed, rest) = value.split_at_checked(LEN)?;
        let later_version = match (&fixed[..2], rest) {
            (b"00", []) => false,
            (b"00" | b"ff", _) => return None,
            (_, [] | [b'-', ..]) => true,
            _ => return None,
        };
        let dashes = [fixed[2], fixed[35], fixed[52]] == [b'-'; 3];
        if !dashes || fixed.iter().any(u8::is_ascii_uppercase) {
            return None;
        }
        if later_version {
            hex_digit(fixed[0]).and(hex_digit(fixed[1])).ok()?;
        }
        Some(Self {
            trace_id: TraceId::parse(&fixed[3..35]).ok()?,
            span_id: SpanId::parse(&fixed[36..52]).ok()?,
            flags: hex_digit(fixed[53]).ok()? << 4 | hex_digit(fixed[54]).ok()?,
        })
    }

    /// Whether the caller says that it records the trace.
    pub fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The same in Sentry's words: set is sampled, not set leaves the decision open.
    pub fn to_sentry_trace(self) -> SentryTrace {
        SentryTrace {
            trace_id: self.trace_id,
            span_id: self.span_id,
            sampled: self.is_sampled().then_some(true),
        }
    }

    /// The header value, in version 00.
    pub fn to_header_value(self) -> HeaderValue {
        HeaderValue::from_bytes(&self.write()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    fn write(self) -> [u8; LEN] {
        let mut text = [b'-'; LEN];
        text[..2].copy_from_slice(b"00");
        self.trace_id.write_hex(&mut text[3..35]);
        self.span_id.write_hex(&mut text[36..52]);
        text[53..].copy_from_slice(&hex_pair(self.flags));
        text
    }
}

impl From<SentryTrace> for Traceparent {
    /// Unsampled and deferred both give `00`: W3C knows no third state.
    fn from(trace: SentryTrace) -> Self {
        Self {
            trace_id: trace.trace_id,
            span_id: trace.span_id,
            flags: u8::from(trace.sampled == Some(true)),
        }
    }
}

impl FromStr for Traceparent {
    type Err = Error;

    fn from_str(value: &str) -> Result<Self, Error> {
        Self::parse(value.as_bytes())
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.write()).unwrap_or_default())
    }
}
