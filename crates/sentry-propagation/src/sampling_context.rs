//! The dynamic sampling context: what the head of a trace says of it, frozen, and the same in every hop.
//!
//! It is kept as one piece of text, the `sentry-` members of `baggage` as they came: unknown keys, odd encodings and
//! `0.250` included. Handing it on is then a copy of a reference, and nothing can be reformatted on the way.
//!
//! ```
//! use sentry_propagation::SamplingContext;
//!
//! let context = SamplingContext::builder()
//!     .pair("trace_id", "09e04486820349518ac7b5d2adbf6ba5")
//!     .pair("transaction", "shop.v1.Cart/Add item")
//!     .build();
//! assert_eq!(context.get("transaction"), Some("shop.v1.Cart%2FAdd%20item"));
//! assert_eq!(context.decoded("transaction").as_deref(), Some("shop.v1.Cart/Add item"));
//! assert_eq!(
//!     context.to_json(),
//!     r#"{"trace_id":"09e04486820349518ac7b5d2adbf6ba5","transaction":"shop.v1.Cart/Add item"}"#,
//! );
//! ```

use std::{borrow::Cow, fmt};

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{
    Baggage, Limits,
    baggage::{SENTRY_PREFIX, is_token},
};

/// Most keys of a header that is taken as it stands; Sentry's SDKs write ten.
const VERBATIM_KEYS: usize = 16;

/// What stays as it is in a value written by us: the unreserved characters of URIs.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A frozen sampling context; may be empty, which is a statement too: "the head gave none, do not invent one".
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SamplingContext {
    /// Visible ASCII by construction; `None` where there are no pairs.
    text: Option<HeaderValue>,
}

impl SamplingContext {
    /// The context without pairs.
    pub const EMPTY: Self = Self { text: None };

    /// Starts a context of our own, as the head of a trace does.
    pub fn builder() -> SamplingContextBuilder {
        SamplingContextBuilder::default()
    }

    /// Takes Sentry's members out of `baggage`. Of a key that came twice the last value stands, as in Sentry's SDKs.
    pub fn from_baggage(baggage: &Baggage<'_>) -> Self {
        let pairs = || {
            baggage
                .members()
                .iter()
                .filter_map(|member| Some((member.sentry_key()?, member.value)))
        };
        let mut builder = SamplingContextBuilder::default();
        for (index, (key, value)) in pairs().enumerate() {
            let overwritten = pairs().skip(index + 1).any(|(later, _)| later == key);
            if !overwritten {
                builder.push_raw(key, value);
            }
        }
        builder.build()
    }

    /// Takes a whole header as it stands, if all that is in it are Sentry's members, each once, with nothing around
    /// them: what Sentry's SDKs send. `None` says that it has to be read with care, not that it is bad.
    ///
    /// One pass, no copy, and the same context that [`from_baggage`](Self::from_baggage) makes of it.
    pub fn verbatim(header: &HeaderValue, limits: &Limits) -> Option<Self> {
        let text = header.as_bytes();
        if text.is_empty() || text.len() > limits.baggage_bytes {
            return None;
        }
        let mut keys = [&text[..0]; VERBATIM_KEYS];
        let most = VERBATIM_KEYS.min(limits.baggage_members);
        for (count, member) in members(text).enumerate() {
            let pair = member.strip_prefix(SENTRY_PREFIX.as_bytes())?;
            let end = pair.iter().position(|&byte| !is_token(byte))?;
            let (key, value) = pair.split_at(end);
            let [b'=', value @ ..] = value else {
                return None;
            };
            if key.is_empty() || count >= most || keys[..count].contains(&key) || !is_plain(value) {
                return None;
            }
            keys[count] = key;
        }
        Some(Self {
            text: Some(header.clone()),
        })
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.text.is_none()
    }

    /// The pairs as they stand in `baggage`.
    pub fn as_str(&self) -> &str {
        self.text
            .as_ref()
            .and_then(|text| text.to_str().ok())
            .unwrap_or_default()
    }

    /// The value of a `baggage` header with nothing else in it.
    pub fn to_header_value(&self) -> Option<HeaderValue> {
        self.text.clone()
    }

    /// Keys without `sentry-`, and values percent-encoded as they came, in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.as_str()
            .split(',')
            .filter_map(|pair| pair.strip_prefix(SENTRY_PREFIX)?.split_once('='))
    }

    /// One value, percent-encoded as it came.
    pub fn get(&self, key: &str) -> Option<&str> {
        let text = self.text.as_ref()?.as_bytes();
        let value = members(text).find_map(|member| {
            let pair = member.strip_prefix(SENTRY_PREFIX.as_bytes())?;
            pair.strip_prefix(key.as_bytes())?.strip_prefix(b"=")
        })?;
        std::str::from_utf8(value).ok()
    }

    /// One value, decoded.
    pub fn decoded(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key).map(decode)
    }

    /// The `trace` object of an envelope's header: decoded values, each a string, in their order.
    pub fn to_json(&self) -> String {
        let mut json = String::with_capacity(self.as_str().len() + 64);
        json.push('{');
        for (key, value) in self.pairs() {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&serde_json::Value::from(key).to_string());
            json.push(':');
            json.push_str(&serde_json::Value::from(decode(value)).to_string());
        }
        json.push('}');
        json
    }
}

impl fmt::Debug for SamplingContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SamplingContext({:?})", self.as_str())
    }
}

/// What stands between the commas.
fn members(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b',', text)
        .chain([text.len()])
        .map(move |end| {
            let member = &text[start..end];
            start = end + 1;
            member
        })
}

/// Visible ASCII without a semicolon, which would begin the member's properties. No early end: it is a few bytes, and
/// compares many at once.
fn is_plain(value: &[u8]) -> bool {
    value.iter().fold(true, |plain, byte| {
        plain & matches!(byte, b'!'..=b'~') & (*byte != b';')
    })
}

fn decode(value: &str) -> Cow<'_, str> {
    percent_decode_str(value).decode_utf8_lossy()
}

/// Builds the context of a trace that begins here.
#[derive(Debug, Default)]
pub struct SamplingContextBuilder {
    text: String,
}

impl SamplingContextBuilder {
    /// Adds a pair whose value is not encoded yet. Keys are ours, so they are tokens.
    #[must_use]
    pub fn pair(mut self, key: &str, value: &str) -> Self {
        self.push(key);
        self.text.extend(utf8_percent_encode(value, ENCODED));
        self
    }

    /// Adds a pair if there is a value whose encoded form has at most `most` bytes.
    #[must_use]
    pub fn optional(self, key: &str, value: Option<&str>, most: usize) -> Self {
        match value {
            Some(value)
                if utf8_percent_encode(value, ENCODED)
                    .map(str::len)
                    .sum::<usize>()
                    <= most =>
            {
                self.pair(key, value)
            }
            _ => self,
        }
    }

    fn push_raw(&mut self, key: &str, value: &str) {
        self.push(key);
        self.text.push_str(value);
    }

    fn push(&mut self, key: &str) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
        self.text.push_str(SENTRY_PREFIX);
        self.text.push_str(key);
        self.text.push('=');
    }

    /// Freezes what was added.
    pub fn build(self) -> SamplingContext {
        SamplingContext {
            // Visible ASCII cannot be refused; were it, no context is what we can honestly send.
            text: (!self.text.is_empty())
                .then(|| HeaderValue::from_maybe_shared(bytes::Bytes::from(self.text)).ok())
                .flatten(),
        }
    }
}
