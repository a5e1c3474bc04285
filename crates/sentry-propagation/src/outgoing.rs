//! What a call says of its trace to whom it calls.

use http::{HeaderMap, HeaderValue};

use crate::{
    BAGGAGE, IncomingTrace, Limits, SENTRY_TRACE, SamplingContext, SentryTrace, TRACEPARENT,
    Traceparent,
    baggage::{Member, members},
    counters::{self, Counter},
    headers::Lines,
};

/// The trace headers of one outgoing call.
///
/// ```
/// use http::HeaderMap;
/// use sentry_propagation::{Limits, OutgoingTrace, SamplingContext, SentryTrace};
///
/// let span: SentryTrace = "09e04486820349518ac7b5d2adbf6ba5-9cf635fa5b870b3a-1".parse()?;
/// let context = SamplingContext::builder().pair("sampled", "true").build();
///
/// let mut headers = HeaderMap::new();
/// headers.insert("baggage", "tenant=a,sentry-release=stale".parse().expect("a header value"));
/// OutgoingTrace::new(span, context).inject(&mut headers, &Limits::default());
/// assert_eq!(headers["baggage"], "sentry-sampled=true,tenant=a");
/// assert_eq!(headers["sentry-trace"], span.to_string());
/// # Ok::<(), sentry_propagation::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingTrace {
    sentry_trace: Option<SentryTrace>,
    traceparent: Option<Traceparent>,
    context: SamplingContext,
}

impl OutgoingTrace {
    /// The headers of a call made by `span`: all three of them.
    pub fn new(span: SentryTrace, context: SamplingContext) -> Self {
        Self {
            sentry_trace: Some(span),
            traceparent: Some(span.into()),
            context,
        }
    }

    /// The headers of a call made where nothing is recorded: they leave as they came, with the caller's own span as
    /// the parent. None if the call came without a trace.
    pub fn pass_on(incoming: &IncomingTrace) -> Option<Self> {
        incoming.parent()?;
        Some(Self {
            sentry_trace: incoming.sentry_trace(),
            traceparent: incoming.traceparent(),
            context: incoming.context().clone(),
        })
    }

    /// Leaves `traceparent` to the application.
    #[must_use]
    pub fn without_traceparent(mut self) -> Self {
        self.traceparent = None;
        self
    }

    /// `sentry-trace`, if it is sent.
    pub fn sentry_trace(&self) -> Option<SentryTrace> {
        self.sentry_trace
    }

    /// `traceparent`, if it is sent.
    pub fn traceparent(&self) -> Option<Traceparent> {
        self.traceparent
    }

    /// The sampling context that is sent; an empty one sends no Sentry baggage.
    pub fn context(&self) -> &SamplingContext {
        &self.context
    }

    /// Writes the headers. Never fails a call: what does not fit is left out and counted.
    ///
    /// Replaces `sentry-trace` and `traceparent`. Of the `baggage` that the application has set, members that are not
    /// Sentry's stay, as far as there is room beside Sentry's.
    pub fn inject(&self, headers: &mut HeaderMap, limits: &Limits) {
        if let Some(sentry_trace) = self.sentry_trace {
            set(headers, SENTRY_TRACE, sentry_trace.to_header_value());
        }
        if let Some(traceparent) = self.traceparent {
            set(headers, TRACEPARENT, traceparent.to_header_value());
        }
        match self.merged_baggage(headers, limits) {
            Some(baggage) => set(headers, BAGGAGE, baggage),
            None => {
                headers.remove(BAGGAGE);
            }
        }
    }

    fn merged_baggage(&self, headers: &HeaderMap, limits: &Limits) -> Option<HeaderValue> {
        if !headers.contains_key(BAGGAGE) {
            return self.context.to_header_value();
        }
        let mut merged = self.context.as_str().to_owned();
        let mut count = self.context.pairs().count();
        let mut dropped = 0;
        // Set by the application itself, yet no more of it is read than could be sent.
        let lines = Lines::of(headers, BAGGAGE).into_iter();
        for member in lines.flat_map(members).take(4 * limits.baggage_members) {
            let Ok(member) = Member::parse(member) else {
                dropped += 1;
                continue;
            };
            if member.is_sentry() {
                continue;
            }
            let comma = usize::from(!merged.is_empty());
            if count < limits.baggage_members
                && merged.len() + comma + member.raw.len() <= limits.baggage_bytes
            {
                merged.extend((comma == 1).then_some(','));
                merged.push_str(member.raw);
                count += 1;
            } else {
                dropped += 1;
            }
        }
        if dropped > 0 {
            counters::add(Counter::DroppedBaggageMember, dropped);
        }
        (!merged.is_empty())
            .then(|| HeaderValue::from_str(&merged).ok())
            .flatten()
    }
}

/// `HeaderMap::insert` panics when the map is full; a call is worth more than a header.
fn set(headers: &mut HeaderMap, name: http::HeaderName, value: HeaderValue) {
    if headers.try_insert(name, value).is_err() {
        tracing::debug!("no room for trace headers");
    }
}
