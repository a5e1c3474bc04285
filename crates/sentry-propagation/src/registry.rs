//! Keeps the frozen sampling context of each call for as long as the call has work to do. Knows no SDK.
//!
//! A context belongs to a *call*: to the client that records it and the span id of its transaction. Two calls of one
//! trace that carry other baggage have two entries. Asked by trace alone, the registry answers as long as all calls of
//! that trace agree; [`Registry::by_trace`] says when they do not, and the caller then asks by span.
//!
//! An entry lives while a [`Hold`] on it does, that is, while the transaction or a task spawned from it is at work, and
//! a bounded while longer, for envelopes that are still on their way.

mod linger;
mod state;

use std::{
    any::Any,
    fmt,
    sync::{Arc, LazyLock, Weak},
    time::Instant,
};

use parking_lot::Mutex;

use self::state::State;
use crate::{Limits, OutgoingTrace, SamplingContext, SentryTrace, SpanId, TraceId};

/// Which client records a call. Two clients of one process do not see each other's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientId(pub u64);

/// What is kept of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The call's trace and transaction, and the decision that is told to whom it calls: the head's, or none where
    /// the head has left it open.
    pub span: SentryTrace,
    /// The head's sampling context.
    pub context: SamplingContext,
}

/// What the registry knows of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByTrace {
    /// Nothing.
    Unknown,
    /// All calls of the trace have this context and decision.
    Agreed(Arc<Frozen>),
    /// The calls of the trace differ; this is what the first of them has.
    Differing(Arc<Frozen>),
}

/// The calls at work. One per process, [`Registry::global`]; others are for tests.
#[derive(Debug)]
pub struct Registry {
    state: Mutex<State>,
}

impl Registry {
    /// An empty registry.
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::new(limits)),
        })
    }

    /// The registry of the process.
    pub fn global() -> &'static Arc<Self> {
        static GLOBAL: LazyLock<Arc<Registry>> = LazyLock::new(|| Registry::new(Limits::default()));
        &GLOBAL
    }

    /// Enters a call.
    pub fn enter(self: &Arc<Self>, client: ClientId, frozen: Frozen) -> Entered {
        self.enter_marked(client, frozen, None)
    }

    /// Enters a call with a mark by which whoever records it knows its own again, see [`Hold::mark`].
    pub(crate) fn enter_marked(
        self: &Arc<Self>,
        client: ClientId,
        frozen: Frozen,
        mark: Option<Mark>,
    ) -> Entered {
        let key = (client, frozen.span.span_id);
        let frozen = Arc::new(frozen);
        let now = Instant::now();
        let mut state = self.state.lock();
        let hold = Arc::new(Holder {
            registry: Arc::clone(self),
            key,
            generation: state.next_generation(),
            frozen,
            mark,
        });
        let differs = state.insert(&hold, now);
        Entered {
            hold: Hold(hold),
            differs,
        }
    }

    /// What a call has, by its transaction.
    pub fn by_span(&self, client: ClientId, span: SpanId) -> Option<Arc<Frozen>> {
        self.state.lock().by_span((client, span), Instant::now())
    }

    /// What the calls of a trace have.
    pub fn by_trace(&self, client: ClientId, trace: TraceId) -> ByTrace {
        self.state.lock().by_trace((client, trace), Instant::now())
    }

    /// A hold on a call that is at work; none on one that only lingers.
    pub fn hold(&self, client: ClientId, span: SpanId) -> Option<Hold> {
        let holder = self.state.lock().holder((client, span))?;
        holder.upgrade().map(Hold)
    }

    /// Remembers the context of an event that was captured, until the transport asks for it or the bound is reached.
    pub fn note_event(&self, client: ClientId, event: u128, frozen: Arc<Frozen>) {
        self.state.lock().note_event((client, event), frozen);
    }

    /// What was remembered for an event.
    pub fn of_event(&self, client: ClientId, event: u128) -> Option<Arc<Frozen>> {
        self.state.lock().of_event((client, event))
    }

    /// How many calls are known, lingering ones included.
    pub fn len(&self) -> usize {
        self.state.lock().len(Instant::now())
    }

    /// Whether no call is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A call that was entered.
#[derive(Debug)]
pub struct Entered {
    /// Keeps the entry.
    pub hold: Hold,
    /// Whether other calls of the same trace have something else.
    pub differs: bool,
}

/// Keeps a call's entry while it lives. Cheap to clone: each task that a call spawns has one.
#[derive(Debug, Clone)]
pub struct Hold(Arc<Holder>);

impl Hold {
    /// What is kept.
    pub fn frozen(&self) -> &Arc<Frozen> {
        &self.0.frozen
    }

    /// The headers of a call made by the call's transaction itself.
    pub fn outgoing(&self) -> OutgoingTrace {
        OutgoingTrace::new(self.0.frozen.span, self.0.frozen.context.clone())
    }

    /// What the call was marked with.
    pub(crate) fn mark(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.0.mark.as_deref()
    }
}

/// Something that a call's recorder knows its call by; opaque here, where no SDK is known.
pub(crate) type Mark = Box<dyn Any + Send + Sync>;

pub(crate) struct Holder {
    registry: Arc<Registry>,
    key: (ClientId, SpanId),
    generation: u64,
    frozen: Arc<Frozen>,
    mark: Option<Mark>,
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holder")
            .field("frozen", &self.frozen)
            .finish_non_exhaustive()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let mut state = self.registry.state.lock();
        state.release(self.key, self.generation, Instant::now());
    }
}

type WeakHolder = Weak<Holder>;
