//! One call that is served: its hub, its span, and how that ends. Exactly once,
//! whatever comes first.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Request, response};
use sentry_propagation::{Baggage, IncomingTrace, Trust};

use super::Relayed;
use super::layer::Config;
use crate::deadline::Deadline;
use crate::ending::Ending;
use crate::panic::{self, Payload};
use crate::sdk::{CallScope, CallSpan};
use crate::status::{message, scrub};
use crate::{Code, RpcMethod};

pub(super) struct Call {
    config: Arc<Config>,
    method: RpcMethod,
    ending: Ending,
    scope: CallScope,
    // What the span is made of, until its first poll makes it.
    arrival: Option<Arrival>,
    // None before the first poll, and once the call has ended.
    span: Option<CallSpan>,
    // Whether the status is another service's, who reports it.
    relayed: bool,
}

/// What a request says about its call.
struct Arrival {
    incoming: IncomingTrace,
    metadata: Vec<(String, String)>,
}

impl Call {
    /// Takes in the trace of a request, and leaves it in its extensions.
    pub(super) fn arrive<A>(config: Arc<Config>, request: &mut Request<A>) -> Self {
        let limits = &config.limits;
        let trusted = request.extensions().get::<Trust>() != Some(&Trust::Untrusted);
        let incoming = IncomingTrace::extract(request.headers(), &limits.propagation);
        let incoming = if trusted {
            incoming
        } else {
            incoming.untrusted()
        };
        let headers = request.headers();
        let tags = if trusted {
            baggage_tags(&config, headers)
        } else {
            Vec::new()
        };
        let scope = CallScope::fork(config.hub.as_ref(), &incoming, tags);
        let call = Self {
            method: RpcMethod::from_path(request.uri().path(), limits.method_bytes),
            ending: Ending::new(Deadline::of(headers, limits)),
            scope,
            arrival: Some(Arrival {
                incoming: incoming.clone(),
                metadata: metadata(&config, headers),
            }),
            span: None,
            relayed: false,
            config,
        };
        request.extensions_mut().insert(incoming);
        call
    }

    /// Runs what is inside in the call's hub.
    pub(super) fn run<R>(&self, inside: impl FnOnce() -> R) -> Result<R, Payload> {
        panic::catch(|| self.scope.run(inside))
    }

    /// Drops what is inside in the call's hub. A panic there is reported, and
    /// changes nothing for the caller: the answer is there, or nobody waits.
    pub(super) fn discard(&self, drop: impl FnOnce()) {
        if let Err(payload) = self.run(drop) {
            self.report_panic(&payload);
        }
    }

    /// Makes the span, the first time. Not before the first poll: tonic's
    /// `trace_fn` and the like enter their span only then.
    pub(super) fn begin(&mut self) {
        if let Some(arrival) = self.arrival.take() {
            self.span = self
                .scope
                .begin(&self.method, &arrival.incoming, &arrival.metadata);
        }
    }

    /// The response has a head, and nothing more if `at_end`.
    pub(super) fn head(&mut self, head: &response::Parts, at_end: bool) {
        self.relayed = head.extensions.get::<Relayed>().is_some();
        if let Some(code) = self.ending.head(head, at_end) {
            self.end_with_status(code, &head.headers);
        }
    }

    pub(super) fn trailers(&mut self, trailers: &HeaderMap) {
        self.end_with_status(self.ending.trailers(trailers), trailers);
    }

    pub(super) fn end_without_status(&mut self) {
        self.end(self.ending.without_status());
    }

    /// An error in place of an answer, or of the rest of one.
    pub(super) fn end_with_error(&mut self, code: Code) {
        self.report(code, String::new);
        self.end(code);
    }

    /// What is inside panicked. The caller gets INTERNAL from whoever calls
    /// this, unless the panic is to go on.
    pub(super) fn panicked(&mut self, payload: Payload) {
        self.report_panic(&payload);
        self.end(Code::Internal);
        if self.config.repanic {
            panic::resume(payload);
        }
    }

    /// Nobody waits any more: for the head, or for a body whose last frame is
    /// out if `at_end`.
    pub(super) fn dropped(&mut self, at_end: bool) {
        self.begin();
        if self.span.is_some() {
            self.end(self.ending.dropped(at_end));
        }
    }

    fn end_with_status(&mut self, code: Code, headers: &HeaderMap) {
        let most = self.config.limits.message_bytes;
        if !self.relayed {
            self.report(code, || message(headers, most));
        }
        self.end(code);
    }

    fn report(&self, code: Code, message: impl FnOnce() -> String) {
        let open = self.span.is_some();
        if open && self.config.error_events.wants(code) {
            self.scope.report_status(&self.method, code, &message());
        }
    }

    fn report_panic(&self, payload: &Payload) {
        let most = self.config.limits.message_bytes;
        self.scope
            .report_panic(&self.method, || panic::message(payload, most));
    }

    fn end(&mut self, code: Code) {
        if let Some(span) = self.span.take() {
            self.scope.run(|| span.end(code));
        }
    }
}

/// The members of the baggage that are on the list, with values within bounds.
fn baggage_tags(config: &Config, headers: &HeaderMap) -> Vec<(String, String)> {
    if config.baggage_tags.is_empty() {
        return Vec::new();
    }
    let lines = headers.get_all("baggage").iter();
    let lines: Vec<_> = lines.map(HeaderValue::as_bytes).collect();
    let Ok(baggage) = Baggage::parse(lines.iter().copied(), &config.limits.propagation) else {
        return Vec::new();
    };
    baggage
        .members()
        .iter()
        .filter(|member| config.baggage_tags.iter().any(|key| key == member.key))
        .map(|member| {
            let value = percent_encoding::percent_decode_str(member.value).decode_utf8_lossy();
            (
                member.key.to_owned(),
                scrub(&value, config.limits.value_bytes),
            )
        })
        .collect()
}

/// The entries of the metadata that are on the list, with values within bounds.
fn metadata(config: &Config, headers: &HeaderMap) -> Vec<(String, String)> {
    config
        .metadata
        .iter()
        .filter_map(|key| {
            let value = headers.get(key)?.to_str().ok()?;
            Some((
                key.as_str().to_owned(),
                scrub(value, config.limits.value_bytes),
            ))
        })
        .collect()
}
