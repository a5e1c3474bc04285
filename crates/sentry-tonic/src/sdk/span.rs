//! The span of one call, on either side.

use std::borrow::Cow;
use std::iter;
use std::sync::Arc;

use sentry_core::protocol::Value;
use sentry_core::{Hub, TransactionOrSpan};
use sentry_propagation::{IncomingTrace, OutgoingTrace, TraceContext, sdk};

use super::{active_span, span_status};
use crate::attributes::{
    GRPC, OP_CLIENT, OP_SERVER, ORIGIN, RPC_GRPC_STATUS_CODE, RPC_METHOD, RPC_REQUEST_METADATA,
    RPC_RESPONSE_METADATA, RPC_RESPONSE_STATUS_CODE, RPC_SERVICE, RPC_SYSTEM, SENTRY_ORIGIN,
    SERVER_ADDRESS, SERVER_PORT,
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
    /// Beside it what goes along with the call, if `sends`.
    pub(crate) fn client(
        current: &Arc<Hub>,
        method: &RpcMethod,
        authority: Option<&str>,
        own: bool,
        sends: bool,
    ) -> Option<(Self, Option<OutgoingTrace>)> {
        let mut outgoing = None;
        let begun = match active_span(current) {
            Some(parent) => {
                let child = sdk::start_child(current, &parent, OP_CLIENT, method.as_str());
                if sends {
                    outgoing = child.outgoing(current);
                }
                Self::begun(child.span.into(), method, child.context)
            }
            None if own => {
                let hub = Arc::new(Hub::new_from_top(current));
                let started = sdk::start_transaction(&hub, &at_hand(), method.as_str(), OP_CLIENT);
                let mut begun = Self::begun(started.transaction.into(), method, started.context);
                if sends {
                    outgoing = sdk::outgoing_of(current, &begun.span);
                }
                begun.hub = Some(hub);
                begun
            }
            None => return None,
        };
        if let Some(authority) = authority {
            begun.record_address(authority);
        }
        Some((begun, outgoing))
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
        let said = || {
            [
                (RPC_SYSTEM, Value::from(GRPC)),
                (RPC_SERVICE, Value::from(method.service())),
                (RPC_METHOD, Value::from(method.method())),
            ]
        };
        match &begun.span {
            TransactionOrSpan::Transaction(transaction) => {
                transaction.set_origin(ORIGIN);
                begun.record_all(said);
            }
            TransactionOrSpan::Span(_) => begun.record_all(|| {
                let origin = (SENTRY_ORIGIN, Value::from(ORIGIN));
                iter::once(origin).chain(said())
            }),
        }
        begun
    }

    /// Puts attributes on the span, which is locked once for all of them.
    fn record_all<A>(&self, attributes: impl FnOnce() -> A)
    where
        A: IntoIterator<Item = (&'static str, Value)>,
    {
        if !self.recorded {
            return;
        }
        let attributes = attributes();
        match &self.span {
            TransactionOrSpan::Transaction(transaction) => {
                let mut data = transaction.data();
                for (key, value) in attributes {
                    data.set_data(Cow::Borrowed(key), value);
                }
            }
            TransactionOrSpan::Span(span) => span.data().extend(
                attributes
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value)),
            ),
        }
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

    /// Puts an entry of the answer's metadata on the span.
    pub(crate) fn record_answer(&self, key: &str, value: &str) {
        if self.recorded {
            self.record(&format!("{RPC_RESPONSE_METADATA}{key}"), value);
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
            self.record_all(|| {
                [
                    (RPC_GRPC_STATUS_CODE, Value::from(code.number())),
                    (RPC_RESPONSE_STATUS_CODE, Value::from(code.name())),
                ]
            });
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

/// The trace that goes along with a call that is made by whatever is at work in `hub`.
pub(crate) fn outgoing(hub: &Hub) -> Option<OutgoingTrace> {
    sdk::outgoing(hub)
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
