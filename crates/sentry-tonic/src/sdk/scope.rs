//! The hub and the trace context of one served call, made current around all
//! that runs for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sentry_core::protocol::TraceId;
use sentry_core::{Hub, HubSwitchGuard, TransactionOrSpan};
use sentry_propagation::{IncomingTrace, TraceContext, sdk};

use super::{CallSpan, active_span, report};
use crate::{Code, RpcMethod};

/// What is current while a call's code runs. Where no client is bound it is
/// the trace that came, to be passed on, and nothing else.
pub(crate) struct CallScope {
    hub: Option<Arc<Hub>>,
    context: TraceContext,
    // Whether the hub was given, rather than found.
    given: bool,
    tags: Vec<(String, String)>,
    // Set when the panic hook has sent an event of this call.
    panic_seen: Arc<AtomicBool>,
}

impl CallScope {
    /// A hub of its own for a call, made from `base` or from the current one.
    pub(crate) fn fork(
        base: Option<&Arc<Hub>>,
        incoming: &IncomingTrace,
        tags: Vec<(String, String)>,
    ) -> Self {
        let given = base.is_some();
        let base = base.cloned().unwrap_or_else(Hub::current);
        let mut scope = Self {
            hub: given.then(|| Arc::clone(&base)),
            context: TraceContext::NONE,
            given,
            tags,
            panic_seen: Arc::default(),
        };
        if sdk::is_recording(&base) {
            scope.hub = Some(scope.own(&base));
        } else {
            scope.context = TraceContext::pass_on(incoming);
        }
        scope
    }

    /// A hub that shares nothing with `base` but its client.
    fn own(&self, base: &Arc<Hub>) -> Arc<Hub> {
        let hub = Hub::new_from_top(base);
        hub.configure_scope(|scope| {
            for (key, value) in &self.tags {
                scope.set_tag(key, value);
            }
            let seen = Arc::clone(&self.panic_seen);
            scope.add_event_processor(move |event| {
                if report::is_from_panic_hook(&event) {
                    seen.store(true, Ordering::Relaxed);
                }
                Some(event)
            });
        });
        Arc::new(hub)
    }

    /// Runs `inside` with this scope as the current one.
    pub(crate) fn run<R>(&self, inside: impl FnOnce() -> R) -> R {
        let _bound = self.hub.clone().map(HubSwitchGuard::new);
        self.context.run(inside)
    }

    /// Starts the call's span and makes it the active one. None where nothing
    /// is recorded.
    ///
    /// A span that is already active, as that of tonic's `trace_fn`, becomes
    /// the parent, if it belongs to the trace that came or if none came. If it
    /// belongs to another, the trace that came goes on: it is what the caller
    /// will look for.
    pub(crate) fn begin(
        &mut self,
        method: &RpcMethod,
        incoming: &IncomingTrace,
        metadata: &[(String, String)],
    ) -> Option<CallSpan> {
        let hub = self.hub.as_ref()?;
        if !sdk::is_recording(hub) {
            return None;
        }
        let outer = Hub::current();
        let entered = (!self.given).then(|| active_span(&outer)).flatten();
        let parent = match &entered {
            Some(_) => entered.clone(),
            None => active_span(hub),
        };
        let parent = parent.filter(|parent| same_trace(parent, incoming));
        if entered.is_some() {
            // Whoever entered it may have a hub of its own.
            self.hub = Some(self.own(&outer));
        }
        let hub = self.hub.as_ref()?;
        let span = match parent {
            Some(parent) => CallSpan::child_of(&parent, hub, method),
            None => CallSpan::continuing(hub, incoming, method),
        };
        span.record_metadata(metadata);
        self.context = span.context().clone();
        Some(span)
    }

    /// Sends an event for a status that the call's code gave, unless it is what became of a panic in its tasks: one
    /// failure is one event.
    pub(crate) fn report_status(&self, method: &RpcMethod, code: Code, message: &str) {
        if code == Code::Internal && self.panic_seen.swap(false, Ordering::Relaxed) {
            return;
        }
        self.run(|| report::status(method, code, message));
    }

    /// Sends an event for a panic of the call's code, unless a panic hook has.
    pub(crate) fn report_panic(&self, method: &RpcMethod, message: impl FnOnce() -> String) {
        if self.panic_seen.swap(false, Ordering::Relaxed) {
            return;
        }
        self.run(|| {
            Hub::with_active(|_| report::panic(method, message()));
        });
    }
}

fn same_trace(parent: &TransactionOrSpan, incoming: &IncomingTrace) -> bool {
    incoming.parent().is_none_or(|caller| {
        parent.get_trace_context().trace_id == TraceId::from(caller.trace_id.to_bytes())
    })
}
