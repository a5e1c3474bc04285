//! Work in a trace that no span here belongs to.

use std::sync::Arc;

use sentry_core::protocol::{self, Context};
use sentry_core::{Hub, SentryFuture, SentryFutureExt};
use sentry_propagation::{Bound, IncomingTrace, SentryTrace, TraceContext, sdk};

use super::active_span;

/// A future in the trace of a call; see
/// [`InScope`](crate::interceptor::InScope).
pub type Scoped<F> = SentryFuture<Bound<F>>;

pub(crate) fn in_trace<F: Future>(incoming: &IncomingTrace, future: F) -> Scoped<F> {
    let current = Hub::current();
    if active_span(&current).is_some() {
        return TraceContext::current().bind(future).bind_hub(current);
    }
    let context = TraceContext::pass_on(incoming);
    let hub = match incoming.parent() {
        Some(parent) if sdk::is_recording(&current) => Arc::new(under(&current, parent)),
        _ => current,
    };
    context.bind(future).bind_hub(hub)
}

/// A hub whose events belong to a span that is somebody else's. There is no
/// other way to say so: the scope's own propagation context cannot be set.
fn under(base: &Arc<Hub>, parent: SentryTrace) -> Hub {
    let hub = Hub::new_from_top(base);
    let trace = protocol::TraceContext {
        trace_id: parent.trace_id.to_bytes().into(),
        span_id: parent.span_id.to_bytes().into(),
        ..protocol::TraceContext::default()
    };
    hub.configure_scope(|scope| {
        scope.add_event_processor(move |mut event| {
            // A span that was started meanwhile knows better.
            if Hub::current()
                .configure_scope(|scope| scope.get_span())
                .is_none()
            {
                let trace = Context::Trace(Box::new(trace.clone()));
                event.contexts.insert("trace".to_owned(), trace);
            }
            Some(event)
        });
    });
    hub
}
