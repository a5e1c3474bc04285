//! Which sampling context belongs in an envelope's header.

use std::sync::Arc;

use sentry_core::{
    Envelope,
    protocol::{Context, EnvelopeItem, Event, TraceContext},
};

use super::convert;
use crate::{
    SamplingContext,
    registry::{ByTrace, ClientId, Frozen, Registry},
};

/// The frozen context of the call that an envelope with a transaction or an event comes from.
///
/// - `None`: other envelopes, and calls that we know nothing of. The header stays as the SDK wrote it.
/// - an empty one: the head gave none. The header carries no `trace`.
/// - else it *is* the header's `trace`, see [`SamplingContext::to_json`].
///
/// Ask when the envelope is handed over (`Transport::send_envelope` runs inside `finish`, while the call's entry is held),
/// and keep the answer beside the envelope: an hour in a queue outlives every linger. It costs a look-up; writing the
/// header is what belongs on the transport's own thread.
pub fn frozen_context(client: ClientId, envelope: &Envelope) -> Option<SamplingContext> {
    let frozen = envelope.items().find_map(|item| match item {
        EnvelopeItem::Transaction(transaction) => {
            of_trace(client, transaction.contexts.get("trace"))
        }
        EnvelopeItem::Event(event) => of_event(client, event),
        _ => None,
    })?;
    Some(frozen.context.clone())
}

fn of_event(client: ClientId, event: &Event<'_>) -> Option<Arc<Frozen>> {
    Registry::global()
        .of_event(client, event.event_id.as_u128())
        .or_else(|| of_trace(client, event.contexts.get("trace")))
}

fn of_trace(client: ClientId, context: Option<&Context>) -> Option<Arc<Frozen>> {
    let Some(Context::Trace(trace)) = context else {
        return None;
    };
    let TraceContext {
        trace_id, span_id, ..
    } = **trace;
    let registry = Registry::global();
    let own = convert::span_id(span_id).and_then(|span| registry.by_span(client, span));
    own.or_else(
        || match registry.by_trace(client, convert::trace_id(trace_id)?) {
            ByTrace::Agreed(frozen) | ByTrace::Differing(frozen) => Some(frozen),
            ByTrace::Unknown => None,
        },
    )
}
