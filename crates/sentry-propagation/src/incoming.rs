//! What a caller said of its trace: one reading of all headers, by the rules of the Sentry SDK specification.

use http::HeaderMap;

use crate::{
    BAGGAGE, Baggage, Error, Limits, SENTRY_TRACE, SamplingContext, SentryTrace, TRACEPARENT,
    Traceparent,
    counters::{self, Counter},
    headers::Lines,
};

/// The trace that a call belongs to, as its caller sees it. Without a parent, the call begins a trace.
///
/// `sentry-trace` wins; else a valid `traceparent` continues its ids, and the frozen context is then empty unless the
/// baggage has Sentry keys of that very trace. Headers that cannot be trusted to say what they seem to (malformed,
/// contradictory, oversized) are as good as none: the call goes on, in a trace of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncomingTrace {
    parent: Option<SentryTrace>,
    sentry_trace: Option<SentryTrace>,
    traceparent: Option<Traceparent>,
    context: SamplingContext,
    link: Option<SentryTrace>,
}

impl IncomingTrace {
    /// A call that nobody traces.
    pub fn none() -> Self {
        Self::default()
    }

    /// A parent and its frozen context from a carrier other than HTTP headers.
    pub fn new(parent: SentryTrace, context: SamplingContext) -> Self {
        Self {
            parent: Some(parent),
            sentry_trace: Some(parent),
            context,
            ..Self::default()
        }
    }

    /// Reads the headers of a call. Never fails: what is wrong is counted, and said once at debug level.
    pub fn extract(headers: &HeaderMap, limits: &Limits) -> Self {
        Self::read(headers, limits).unwrap_or_else(|error| {
            note(error, 1);
            Self::none()
        })
    }

    fn read(headers: &HeaderMap, limits: &Limits) -> Result<Self, Error> {
        let sentry_trace = read_sentry_trace(headers, limits)?;
        let traceparent = read_traceparent(headers, limits);
        let Some(parent) =
            sentry_trace.or_else(|| traceparent.ok().flatten().map(Traceparent::to_sentry_trace))
        else {
            // Without a parent the baggage says nothing, so it is not even looked at.
            return match traceparent {
                Err(error) => Err(error),
                Ok(_) => Ok(Self::none()),
            };
        };
        let mut problem = traceparent.err().map(|error| (error, 1));
        let (mut context, malformed) = read_context(headers, limits)?;
        if malformed > 0 {
            problem = Some((Error::MalformedBaggageMember, malformed));
        }
        if let Some((error, times)) = problem {
            note(error, times);
        }
        if sentry_trace.is_none() && !speaks_of(&context, parent) {
            context = SamplingContext::EMPTY;
        }
        Ok(Self {
            parent: Some(parent),
            sentry_trace,
            traceparent: traceparent.ok().flatten(),
            context,
            link: None,
        })
    }

    /// Drops everything a stranger said; the ids stay as a link, so that both halves can be found from each other.
    #[must_use]
    pub fn untrusted(self) -> Self {
        if self.parent.is_some() {
            counters::add(Counter::UntrustedTrace, 1);
        }
        Self {
            link: self.parent.or(self.link),
            ..Self::none()
        }
    }

    /// The caller's span and decision; none where this call is the head of its trace.
    pub fn parent(&self) -> Option<SentryTrace> {
        self.parent
    }

    /// The frozen sampling context; empty where the caller gave none.
    pub fn context(&self) -> &SamplingContext {
        &self.context
    }

    /// The trace that this call was taken out of.
    pub fn link(&self) -> Option<SentryTrace> {
        self.link
    }

    /// `sentry-trace` as it came, if it did.
    pub fn sentry_trace(&self) -> Option<SentryTrace> {
        self.sentry_trace
    }

    /// `traceparent` as it came, if it did.
    pub fn traceparent(&self) -> Option<Traceparent> {
        self.traceparent
    }
}

fn read_sentry_trace(headers: &HeaderMap, limits: &Limits) -> Result<Option<SentryTrace>, Error> {
    let mut lines = Lines::of(headers, SENTRY_TRACE).into_iter();
    let Some(first) = lines.next() else {
        return Ok(None);
    };
    if lines.any(|line| line != first) {
        return Err(Error::DuplicateSentryTrace);
    }
    if first.len() > limits.sentry_trace_bytes {
        return Err(Error::OversizedSentryTrace);
    }
    SentryTrace::parse(first).map(Some)
}

fn read_traceparent(headers: &HeaderMap, limits: &Limits) -> Result<Option<Traceparent>, Error> {
    let mut lines = Lines::of(headers, TRACEPARENT).into_iter();
    let Some(first) = lines.next() else {
        return Ok(None);
    };
    if first.len() > limits.traceparent_bytes || lines.any(|line| line != first) {
        return Err(Error::MalformedTraceparent);
    }
    Traceparent::parse(first).map(Some)
}

/// Sentry's part of the baggage, and how many members could not be read.
fn read_context(headers: &HeaderMap, limits: &Limits) -> Result<(SamplingContext, usize), Error> {
    let mut lines = headers.get_all(BAGGAGE).iter();
    let (first, second) = (lines.next(), lines.next());
    if let (Some(only), None) = (first, second)
        && let Some(context) = SamplingContext::verbatim(only, limits)
    {
        return Ok((context, 0));
    }
    if first.is_none() {
        return Ok((SamplingContext::EMPTY, 0));
    }
    let baggage = Baggage::parse(Lines::of(headers, BAGGAGE), limits)?;
    Ok((SamplingContext::from_baggage(&baggage), baggage.malformed()))
}

fn speaks_of(context: &SamplingContext, parent: SentryTrace) -> bool {
    context
        .decoded("trace_id")
        .is_some_and(|id| id.parse() == Ok(parent.trace_id))
}

fn note(error: Error, times: usize) {
    counters::add(error.counter(), times as u64);
    tracing::debug!(%error, times, "trace headers not taken as they came");
}
