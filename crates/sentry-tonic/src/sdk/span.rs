//! The span of one call, on either side.

use std::sync::Arc;

use sentry_core::{Hub, TransactionOrSpan};
use sentry_propagation::{IncomingTrace, OutgoingTrace, TraceContext, sdk};

use super::{active_span, span_status};
use crate::attributes::{
    GRPC, OP_CLIENT, OP_SERVER, ORIGIN, RPC_GRPC_STATUS_CODE, RPC_METHOD, RPC_REQUEST_METADATA,
    RPC_RESPONSE_STATUS_CODE, RPC_SERVICE, RPC_SYSTEM, SENTRY_ORIGIN, SERVER_ADDRESS, SERVER_PORT,
};
use crate::{Code, RpcMethod};

/// A span that has begun. It ends by [`end`](Self::end), which takes it, and so
/// ends once.
pub(crate) struct CallSpan {
    span: TransactionOrSpan,
    // Whether it will be sent; if not, nothing more is put on it.
    recorded: bool,
    // The hub whose scope a transaction is finished with.
    hub: Option<Arc<Hub>>,
    // Keeps the call's sampling context until the end.
    context: TraceContext,
    // A transaction made by `sentry-tracing` is finished when its tracing span
    // closes, and a child that ends later is lost: hold it open until then.
    parent: tracing::Span,
}

impl CallSpan {
    /// The span of a call that is served in `hub`, as a child of `parent`.
    pub(super) fn child_of(parent: &TransactionOrSpan, hub: &Hub, method: &RpcMethod) -> Self {
        let span = TransactionOrSpan::from(parent.start_child(OP_SERVER, method.as_str()));
        hub.configure_scope(|scope| scope.set_span(Some(span.clone())));
        let mut begun = Self::begun(span, method, sdk::trace_context(hub));
        begun.parent = tracing::Span::current();
        begun
    }

    /// The transaction of a call that is served in `hub`, in the trace that it
    /// came with.
    pub(super) fn continuing(hub: &Hub, incoming: &IncomingTrace, method: &RpcMethod) -> Self {
        let started = sdk::start_transaction(hub, incoming, method.as_str(), OP_SERVER);
        hub.configure_scope(|scope| started.apply_to_scope(scope));
        Self::begun(started.transaction.into(), method, started.context)
    }

    /// The span of a call that is made: a child of the active span, or, if
    /// `own`, a transaction.
    pub(crate) fn client(method: &RpcMethod, authority: Option<&str>, own: bool) -> Option<Self> {
        let current = Hub::current();
        let begun = match active_span(&current) {
            Some(parent) => {
                let span = parent.start_child(OP_CLIENT, method.as_str());
                Self::begun(span.into(), method, sdk::trace_context(&current))
            }
            None if own => {
                let hub = Arc::new(Hub::new_from_top(&current));
                let started = sdk::start_transaction(&hub, &at_hand(), method.as_str(), OP_CLIENT);
                let mut begun = Self::begun(started.transaction.into(), method, started.context);
                begun.hub = Some(hub);
                begun
            }
            None => return None,
        };
        if let Some(authority) = authority {
            begun.record_address(authority);
        }
        Some(begun)
    }

    fn begun(span: TransactionOrSpan, method: &RpcMethod, context: TraceContext) -> Self {
        #[expect(
            deprecated,
            reason = "says whether it will be sent, not what to propagate"
        )]
        let recorded = span.is_sampled();
        let begun = Self {
            span,
            recorded,
            hub: None,
            context,
            parent: tracing::Span::none(),
        };
        match &begun.span {
            TransactionOrSpan::Transaction(transaction) => transaction.set_origin(ORIGIN),
            TransactionOrSpan::Span(_) => begun.record(SENTRY_ORIGIN, ORIGIN),
        }
        begun.record(RPC_SYSTEM, GRPC);
        begun.record(RPC_SERVICE, method.service());
        begun.record(RPC_METHOD, method.method());
        begun
    }

    fn record(&self, key: &str, value: &str) {
        if self.recorded {
            self.span.set_data(key, value.into());
        }
    }

    pub(super) fn record_metadata(&self, metadata: &[(String, String)]) {
        for (key, value) in metadata {
            self.record(&format!("{RPC_REQUEST_METADATA}{key}"), value);
        }
    }

    fn record_address(&self, authority: &str) {
        let (host, port) = match authority.rsplit_once(':') {
            // An IPv6 address without a port ends in a bracket.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse::<u16>().ok()),
            _ => (authority, None),
        };
        self.record(SERVER_ADDRESS, host);
        if let Some(port) = port.filter(|_| self.recorded) {
            self.span.set_data(SERVER_PORT, port.into());
        }
    }

    pub(super) fn context(&self) -> &TraceContext {
        &self.context
    }

    /// Ends the span with the status of its call, unless the application gave
    /// it one of its own.
    pub(crate) fn end(self, code: Code) {
        if self.recorded {
            if self.span.get_status().is_none() {
                self.span.set_status(span_status(code));
            }
            self.span
                .set_data(RPC_GRPC_STATUS_CODE, code.number().into());
            self.span
                .set_data(RPC_RESPONSE_STATUS_CODE, code.name().into());
        }
        let span = self.span;
        match self.hub {
            Some(hub) => Hub::run(hub, || span.finish()),
            None => span.finish(),
        }
        drop(self.parent);
        drop(self.context);
    }
}

/// The trace that goes along with a call made by `span`, or, where none was
/// made, by whatever is at work.
pub(crate) fn outgoing(span: Option<&CallSpan>) -> Option<OutgoingTrace> {
    let hub = Hub::current();
    match span {
        Some(span) => sdk::outgoing_of(&hub, &span.span),
        None => sdk::outgoing(&hub),
    }
}

/// The trace of work that has no span: what came with it, or whatever spawned it.
fn at_hand() -> IncomingTrace {
    TraceContext::current()
        .outgoing()
        .and_then(|outgoing| {
            let parent = outgoing.sentry_trace()?;
            Some(IncomingTrace::new(parent, outgoing.context().clone()))
        })
        .unwrap_or_default()
}
