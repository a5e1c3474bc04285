//! The `sentry-trace` header: who the caller is, and whether its trace is sampled.

use std::{fmt, str::FromStr};

use http::HeaderValue;

use crate::{Error, SpanId, TraceId};

const PARENT: usize = 33;
const FLAG: usize = 50;
const LONGEST: usize = 51;

/// A trace, a span in it, and the head's sampling decision if it has made one.
///
/// ```
/// use sentry_propagation::SentryTrace;
///
/// let trace: SentryTrace = "09e04486820349518ac7b5d2adbf6ba5-9cf635fa5b870b3a".parse()?;
/// assert_eq!(trace.sampled, None, "no flag: the decision is deferred");
/// assert_eq!(trace.to_string(), "09e04486820349518ac7b5d2adbf6ba5-9cf635fa5b870b3a");
/// # Ok::<(), sentry_propagation::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SentryTrace {
    /// The trace.
    pub trace_id: TraceId,
    /// The span that makes the call: the parent of whatever the callee does.
    pub span_id: SpanId,
    /// The head's decision; `None` where it is deferred.
    pub sampled: Option<bool>,
}

impl SentryTrace {
    /// Reads a header value. Whitespace around it is allowed, anything else beyond the format is not.
    pub fn parse(value: &[u8]) -> Result<Self, Error> {
        let value = value.trim_ascii();
        let malformed = Error::MalformedSentryTrace;
        let sampled = match value.len() {
            FLAG_ABSENT => None,
            LONGEST => match &value[FLAG - 1..] {
                b"-0" => Some(false),
                b"-1" => Some(true),
                _ => return Err(malformed),
            },
            _ => return Err(malformed),
        };
        if value[PARENT - 1] != b'-' {
            return Err(malformed);
        }
        Ok(Self {
            trace_id: TraceId::parse(&value[..PARENT - 1]).map_err(|_| malformed)?,
            span_id: SpanId::parse(&value[PARENT..FLAG_ABSENT]).map_err(|_| malformed)?,
            sampled,
        })
    }

    /// The header value.
    pub fn to_header_value(self) -> HeaderValue {
        let mut text = [b'-'; LONGEST];
        let len = self.write(&mut text);
        HeaderValue::from_bytes(&text[..len]).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    fn write(self, text: &mut [u8; LONGEST]) -> usize {
        self.trace_id.write_hex(&mut text[..PARENT - 1]);
        self.span_id.write_hex(&mut text[PARENT..FLAG_ABSENT]);
        match self.sampled {
            None => FLAG_ABSENT,
            Some(sampled) => {
                text[FLAG] = b'0' + u8::from(sampled);
                LONGEST
            }
        }
    }
}

const FLAG_ABSENT: usize = FLAG - 1;

impl FromStr for SentryTrace {
    type Err = Error;

    fn from_str(value: &str) -> Result<Self, Error> {
        Self::parse(value.as_bytes())
    }
}

impl fmt::Display for SentryTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'-'; LONGEST];
        let len = self.write(&mut text);
        f.write_str(std::str::from_utf8(&text[..len]).unwrap_or_default())
    }
}
