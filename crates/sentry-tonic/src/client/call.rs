//! One call that is made: its span, and how that ends. Exactly once, whatever
//! comes first; a call that is dropped ends in its drop.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Request, response};

use super::layer::Config;
use crate::deadline::Deadline;
use crate::ending::Ending;
use crate::injected::Injected;
use crate::sdk::{self, CallSpan, Hub};
use crate::status::scrub;
use crate::{Code, RpcMethod};

pub(super) struct Call {
    ending: Ending,
    // None where the call is not recorded, and once it has ended.
    span: Option<CallSpan>,
    // What of an answer's metadata is recorded, and how much of a value.
    metadata: Arc<[HeaderName]>,
    value_bytes: usize,
}

impl Call {
    /// Starts the call's span, and writes its trace into the request.
    pub(super) fn depart<A>(config: &Config, request: &mut Request<A>) -> Self {
        let limits = &config.limits;
        let authority = config.target.authority(Some(request.uri()));
        let sends = config.target.allows(authority);
        let hub = Hub::current();
        let begun = sdk::is_recording(&hub)
            .then(|| RpcMethod::of_request(request, limits.method_bytes))
            .and_then(|method| {
                CallSpan::client(&hub, &method, authority, config.own_transactions, sends)
            });
        let (span, outgoing) = match begun {
            Some((span, outgoing)) => (Some(span), outgoing),
            None => (None, sends.then(|| sdk::outgoing(&hub)).flatten()),
        };
        if let Some(outgoing) = outgoing {
            let outgoing = if config.traceparent {
                outgoing
            } else {
                outgoing.without_traceparent()
            };
            outgoing.inject(request.headers_mut(), &limits.propagation);
        }
        request.extensions_mut().insert(Injected);
        Self {
            ending: Ending::new(Deadline::of(request.headers(), limits)),
            span,
            metadata: config.metadata.clone(),
            value_bytes: limits.value_bytes,
        }
    }

    pub(super) fn head(&mut self, head: &response::Parts, at_end: bool) {
        if let Some(span) = &self.span {
            for key in &*self.metadata {
                if let Some(value) = head.headers.get(key).and_then(|it| it.to_str().ok()) {
                    span.record_answer(key.as_str(), &scrub(value, self.value_bytes));
                }
            }
        }
        if let Some(code) = self.ending.head(head, at_end) {
            self.end(code);
        }
    }

    pub(super) fn trailers(&mut self, trailers: &HeaderMap) {
        self.end(self.ending.trailers(trailers));
    }

    pub(super) fn end_without_status(&mut self) {
        self.end(self.ending.without_status());
    }

    pub(super) fn end(&mut self, code: Code) {
        if let Some(span) = self.span.take() {
            span.end(code);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.span.is_some() {
            self.end(self.ending.dropped(false));
        }
    }
}
