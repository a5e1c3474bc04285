//! Starts transactions: within the caller's trace, or as the head of a new one.

use std::sync::Arc;

use sentry_core::{
    Client, Hub, Scope, TracePropagationContext, TracesSamplingStrategy, Transaction,
    TransactionContext, protocol,
};

use super::{
    convert,
    head::{Draw, Head},
    recording,
};
use crate::{
    IncomingTrace, SampleRand, SamplingContext, SentryTrace, SpanId, TraceContext, TraceId,
    counters::{self, Counter},
    registry::{ClientId, Frozen, Registry},
};

/// The data key under which a transaction names the trace that it was taken out of.
const PREVIOUS_TRACE: &str = "sentry.previous_trace";

/// A transaction, and the trace context that its work carries along.
///
/// Keep `context` at least until the transaction is finished, and make it current wherever the hub is.
#[derive(Debug)]
pub struct Started {
    /// The transaction; does nothing where no client is bound.
    pub transaction: Transaction,
    /// Keeps the frozen sampling context; for work that the call spawns.
    pub context: TraceContext,
    /// The client whose events have to be told from those of another call of the same trace.
    differs: Option<ClientId>,
}

impl Started {
    /// Makes the transaction the scope's span.
    pub fn apply_to_scope(&self, scope: &mut Scope) {
        scope.set_span(Some(self.transaction.clone().into()));
        if let (Some(client), Some(hold)) = (self.differs, self.context.hold()) {
            note_events(scope, client, Arc::clone(hold.frozen()));
        }
    }
}

/// Starts a transaction in the trace that came in, or as the head of one if none came or the SDK refuses to continue it
/// (another organisation's, or one that strict continuation keeps out).
///
/// A decision that came stands. Where it was left open, the head's `sample_rand` decides here as in every other hop,
/// and the call goes on being told of an open decision.
pub fn start_transaction(hub: &Hub, incoming: &IncomingTrace, name: &str, op: &str) -> Started {
    let Some((client, id)) = recording(hub) else {
        return unrecorded(incoming, name, op);
    };
    let call = Call {
        hub,
        client: &client,
        name,
        op,
    };
    let (transaction, frozen) = incoming
        .parent()
        .and_then(|parent| call.proceed(parent, incoming.context()))
        .unwrap_or_else(|| call.head());
    if let Some(link) = incoming.link() {
        let flag = u8::from(link.sampled == Some(true));
        let value = format!("{}-{}-{flag}", link.trace_id, link.span_id);
        transaction.set_data(PREVIOUS_TRACE, value.into());
    }
    // By its transaction a child knows the call for its own, see `start_child`.
    let mark = Box::new(transaction.clone());
    let entered = Registry::global().enter_marked(id, frozen, Some(mark));
    Started {
        transaction,
        context: TraceContext::recorded(entered.hold),
        differs: entered.differs.then_some(id),
    }
}

fn unrecorded(incoming: &IncomingTrace, name: &str, op: &str) -> Started {
    let context = match incoming.parent() {
        Some(parent) => TransactionContext::continue_from_trace_propagation_context(
            name,
            op,
            &to_sdk(parent),
            None,
        ),
        None => TransactionContext::new(name, op),
    };
    Started {
        transaction: silent(context),
        context: TraceContext::pass_on(incoming),
        differs: None,
    }
}

struct Call<'a> {
    hub: &'a Hub,
    client: &'a Client,
    name: &'a str,
    op: &'a str,
}

impl Call<'_> {
    fn strategy(&self) -> &TracesSamplingStrategy {
        &self.client.options().traces_sampling_strategy
    }

    fn proceed(
        &self,
        parent: SentryTrace,
        context: &SamplingContext,
    ) -> Option<(Transaction, Frozen)> {
        let own = SpanId::random();
        let decided = parent.sampled.or_else(|| match self.strategy() {
            &TracesSamplingStrategy::FixedRate(rate) => {
                let rand = SampleRand::carried(context, parent.trace_id);
                Some(Draw::new(rate, rand).sampled())
            }
            _ => None,
        });
        let parent_here = SentryTrace {
            sampled: decided,
            ..parent
        };
        let organisation = context.get("org_id");
        let propagation = with_organisation(parent_here, organisation);
        let start = TransactionContext::continue_from_trace_propagation_context(
            self.name,
            self.op,
            &propagation,
            Some(own.to_bytes().into()),
        );
        // A sampler function may overrule the head, which would leave a fragment of a trace that nobody else keeps.
        let overruled = match self.strategy() {
            TracesSamplingStrategy::Function(_) if parent.sampled == Some(false) => {
                Some(start.clone())
            }
            _ => None,
        };
        let mut transaction = self.hub.start_transaction(start);
        if self.may_reject(organisation) && !is_in(&transaction, parent.trace_id) {
            counters::add(Counter::RejectedTrace, 1);
            return None;
        }
        if let Some(start) = overruled
            && flag(&transaction) == Some(true)
        {
            transaction = silent(start);
        }
        let span = SentryTrace {
            span_id: own,
            ..parent
        };
        let context = context.clone();
        Some((transaction, Frozen { span, context }))
    }

    /// Whether the SDK may refuse to continue a trace: it does so for organisations' ids, so one must be known. Asking
    /// it copies the transaction's data.
    fn may_reject(&self, organisation: Option<&str>) -> bool {
        organisation.is_some()
            || self.client.options().org_id.is_some()
            || self.client.dsn().is_some_and(|dsn| dsn.org_id().is_some())
    }

    fn head(&self) -> (Transaction, Frozen) {
        let (trace_id, span_id) = (TraceId::random(), SpanId::random());
        let mut start = TransactionContext::new_with_details(
            self.name,
            self.op,
            trace_id.to_bytes().into(),
            Some(span_id.to_bytes().into()),
            None,
        );
        let draw = match self.strategy() {
            &TracesSamplingStrategy::FixedRate(rate) => {
                Some(Draw::new(rate, SampleRand::of(trace_id)))
            }
            _ => None,
        };
        start.set_sampled(draw.map(Draw::sampled));
        let transaction = self.hub.start_transaction(start);
        let sampled = match (draw, self.strategy()) {
            // As it was told; asking it means formatting a header.
            (Some(draw), _) => Some(draw.sampled()),
            (None, TracesSamplingStrategy::Disabled) => None,
            (None, _) => flag(&transaction),
        };
        let head = Head {
            transaction: Some(self.name),
            sampled,
            draw,
        };
        let span = SentryTrace {
            trace_id,
            span_id,
            sampled,
        };
        let context = head.freeze(self.client, trace_id);
        (transaction, Frozen { span, context })
    }
}

/// A transaction that only carries ids.
fn silent(context: TransactionContext) -> Transaction {
    Hub::new(None, Arc::default()).start_transaction(context)
}

fn is_in(transaction: &Transaction, trace_id: TraceId) -> bool {
    transaction.get_trace_context().trace_id == protocol::TraceId::from(trace_id.to_bytes())
}

fn flag(transaction: &Transaction) -> Option<bool> {
    convert::sentry_trace(transaction.iter_headers())?.sampled
}

fn to_sdk(trace: SentryTrace) -> TracePropagationContext {
    let context = TracePropagationContext::new(
        trace.trace_id.to_bytes().into(),
        trace.span_id.to_bytes().into(),
    );
    match trace.sampled {
        Some(sampled) => context.with_sampled(sampled),
        None => context,
    }
}

/// The SDK takes the organisation's id out of headers only.
fn with_organisation(trace: SentryTrace, organisation: Option<&str>) -> TracePropagationContext {
    let Some(organisation) = organisation else {
        return to_sdk(trace);
    };
    let (trace_header, baggage) = (trace.to_string(), format!("sentry-org_id={organisation}"));
    let headers = [("sentry-trace", &*trace_header), ("baggage", &*baggage)];
    TracePropagationContext::try_from_headers(headers).unwrap_or_else(|_| to_sdk(trace))
}

/// An event names its own span, not the call's; where calls of one trace differ, only its scope knows whose it is.
fn note_events(scope: &mut Scope, client: ClientId, frozen: Arc<Frozen>) {
    let trace_id = protocol::TraceId::from(frozen.span.trace_id.to_bytes());
    scope.add_event_processor(move |event| {
        if let Some(protocol::Context::Trace(trace)) = event.contexts.get("trace")
            && trace.trace_id == trace_id
        {
            let event = event.event_id.as_u128();
            Registry::global().note_event(client, event, Arc::clone(&frozen));
        }
        Some(event)
    });
}
