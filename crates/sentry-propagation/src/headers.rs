//! The three headers in which a trace travels: their names, and all lines of one of them.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{GetAll, ValueIter},
};

/// The caller's trace, span and sampling decision.
pub const SENTRY_TRACE: HeaderName = HeaderName::from_static("sentry-trace");
/// The frozen sampling context, beside members that are not Sentry's.
pub const BAGGAGE: HeaderName = HeaderName::from_static("baggage");
/// The caller's trace and span, in W3C's words.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Takes every trace header out: what a proxy does with what it received, before its own layer injects.
pub fn strip(headers: &mut HeaderMap) {
    for name in [SENTRY_TRACE, BAGGAGE, TRACEPARENT] {
        headers.remove(name);
    }
}

/// All lines of one header, as often as they are asked for.
#[derive(Clone)]
pub(crate) struct Lines<'a>(&'a HeaderMap, HeaderName);

impl<'a> Lines<'a> {
    pub(crate) fn of(headers: &'a HeaderMap, name: HeaderName) -> Self {
        Self(headers, name)
    }
}

impl<'a> IntoIterator for Lines<'a> {
    type Item = &'a [u8];
    type IntoIter = std::iter::Map<ValueIter<'a, HeaderValue>, fn(&'a HeaderValue) -> &'a [u8]>;

    fn into_iter(self) -> Self::IntoIter {
        let lines: GetAll<'a, HeaderValue> = self.0.get_all(self.1);
        lines.into_iter().map(HeaderValue::as_bytes)
    }
}
