//! A span within the call at hand, whose outgoing headers are known before the SDK is asked for them.

use std::time::SystemTime;

use sentry_core::{Hub, Span, Transaction, TransactionOrSpan};

use super::{outgoing_of, trace_context};
use crate::{OutgoingTrace, SentryTrace, SpanId, TraceContext, registry::Hold};

/// A span that was started, and the trace context of the call that it is part of.
#[derive(Debug)]
pub struct Child {
    /// The span.
    pub span: Span,
    /// Keeps the call's sampling context; hold it until the span ends.
    pub context: TraceContext,
    /// The span's own id and the call's decision, where they are known without asking the SDK.
    own: Option<SentryTrace>,
}

impl Child {
    /// The headers of the call that this span makes on `hub`.
    pub fn outgoing(&self, hub: &Hub) -> Option<OutgoingTrace> {
        match (self.own, self.context.hold()) {
            (Some(own), Some(hold)) => Some(OutgoingTrace::new(own, hold.frozen().context.clone())),
            _ => outgoing_of(hub, &self.span.clone().into()),
        }
    }
}

/// Starts a span under `parent`, which is active on `hub`.
///
/// Under the transaction of the call at hand its headers follow from what is kept of the call. Of any other parent only
/// the SDK knows the trace, and says it as text, at many times the price.
pub fn start_child(hub: &Hub, parent: &TransactionOrSpan, op: &str, description: &str) -> Child {
    let at_hand = TraceContext::current();
    let hold = at_hand.hold().filter(|hold| is_of(hold, parent));
    if let Some(hold) = hold {
        let own = SentryTrace {
            span_id: SpanId::random(),
            ..hold.frozen().span
        };
        let id = own.span_id.to_bytes().into();
        return Child {
            span: parent.start_child_with_details(op, description, id, SystemTime::now()),
            own: Some(own),
            context: at_hand,
        };
    }
    Child {
        span: parent.start_child(op, description),
        context: trace_context(hub),
        own: None,
    }
}

/// Whether `span` is the transaction of the call that is held.
fn is_of(hold: &Hold, span: &TransactionOrSpan) -> bool {
    let TransactionOrSpan::Transaction(span) = span else {
        return false;
    };
    hold.mark()
        .and_then(|mark| mark.downcast_ref::<Transaction>())
        .is_some_and(|own| own == span)
}
