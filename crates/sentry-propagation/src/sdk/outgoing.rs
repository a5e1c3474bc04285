//! The headers of an outgoing call, found from the hub on which it is made.

use std::sync::Arc;

use sentry_core::{Client, Hub, TracesSamplingStrategy, TransactionOrSpan};

use super::{
    convert,
    head::{Draw, Head},
    recording,
};
use crate::{
    OutgoingTrace, SamplingContext, SentryTrace, TraceContext,
    registry::{ByTrace, ClientId, Frozen, Registry},
};

/// The headers of a call made on `hub`: from its span; else from the call at hand; else, where a client records but no
/// span does, from the scope, which then heads a trace with an open decision. None where nothing is recorded and
/// nothing came.
pub fn outgoing(hub: &Hub) -> Option<OutgoingTrace> {
    let at_hand = TraceContext::current();
    let Some((client, id)) = recording(hub) else {
        return at_hand.outgoing();
    };
    match active_span(hub) {
        Some(span) => of_span(&client, id, &span),
        None => at_hand.outgoing().or_else(|| of_scope(hub, &client, id)),
    }
}

/// The headers of a call that `span` makes: its id is the parent that the callee sees.
pub fn outgoing_of(hub: &Hub, span: &TransactionOrSpan) -> Option<OutgoingTrace> {
    match recording(hub) {
        Some((client, id)) => of_span(&client, id, span),
        None => TraceContext::current().outgoing(),
    }
}

/// What work spawned from here carries along beside the hub.
pub fn trace_context(hub: &Hub) -> TraceContext {
    let at_hand = TraceContext::current();
    if !at_hand.is_empty() {
        return at_hand;
    }
    let hold = || {
        let (_, id) = recording(hub)?;
        let transaction = active_span(hub)?.get_trace_context().span_id;
        Registry::global().hold(id, convert::span_id(transaction)?)
    };
    hold().map(TraceContext::recorded).unwrap_or_default()
}

fn active_span(hub: &Hub) -> Option<TransactionOrSpan> {
    hub.configure_scope(|scope| scope.get_span())
}

fn of_span(client: &Client, id: ClientId, span: &TransactionOrSpan) -> Option<OutgoingTrace> {
    let own = convert::sentry_trace(span.iter_headers())?;
    let registry = Registry::global();
    let frozen = match registry.by_trace(id, own.trace_id) {
        ByTrace::Agreed(frozen) => frozen,
        // Reading the transaction's id copies all its data, so it is left to the case that needs it.
        ByTrace::Differing(first) => convert::span_id(span.get_trace_context().span_id)
            .and_then(|transaction| registry.by_span(id, transaction))
            .unwrap_or(first),
        ByTrace::Unknown => adopt(client, id, span, own)?,
    };
    let sampled = frozen.span.sampled;
    Some(OutgoingTrace::new(
        SentryTrace { sampled, ..own },
        frozen.context.clone(),
    ))
}

/// A transaction that was not started through us. If it has a parent, its context is the parent's secret: say nothing.
fn adopt(
    client: &Client,
    id: ClientId,
    span: &TransactionOrSpan,
    own: SentryTrace,
) -> Option<Arc<Frozen>> {
    let transaction = span.get_trace_context();
    let context = if transaction.parent_span_id.is_some() {
        SamplingContext::EMPTY
    } else {
        let draw = match (&client.options().traces_sampling_strategy, own.sampled) {
            (&TracesSamplingStrategy::FixedRate(rate), Some(sampled)) => {
                Draw::fitted(rate, own.trace_id, sampled)
            }
            _ => None,
        };
        let head = Head {
            transaction: None,
            sampled: own.sampled,
            draw,
        };
        head.freeze(client, own.trace_id)
    };
    let span = SentryTrace {
        span_id: convert::span_id(transaction.span_id)?,
        ..own
    };
    Some(remember(id, Frozen { span, context }))
}

fn of_scope(hub: &Hub, client: &Client, id: ClientId) -> Option<OutgoingTrace> {
    let own = hub.configure_scope(|scope| {
        scope
            .iter_trace_propagation_headers()
            .find_map(|(_, value)| value.parse::<SentryTrace>().ok())
    })?;
    let frozen = match Registry::global().by_trace(id, own.trace_id) {
        ByTrace::Agreed(frozen) | ByTrace::Differing(frozen) => frozen,
        ByTrace::Unknown => {
            let context = Head::default().freeze(client, own.trace_id);
            remember(id, Frozen { span: own, context })
        }
    };
    Some(OutgoingTrace::new(own, frozen.context.clone()))
}

/// Kept for as long as it lingers; after that the same is made of the same trace id again.
fn remember(id: ClientId, frozen: Frozen) -> Arc<Frozen> {
    Arc::clone(Registry::global().enter(id, frozen).hold.frozen())
}
