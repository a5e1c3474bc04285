//! The tables behind the registry. Time is handed in, so that the bounds can be tested without waiting.

use std::{
    collections::{VecDeque, hash_map::Entry},
    sync::Arc,
    time::Instant,
};

use foldhash::{HashMap, HashMapExt as _};

use super::{ByTrace, ClientId, Frozen, Holder, WeakHolder, linger::Linger};
use crate::{Limits, SpanId, TraceId};

type CallKey = (ClientId, SpanId);
type TraceKey = (ClientId, TraceId);
type EventKey = (ClientId, u128);

/// Trace ids are a stranger's to choose. The tables stay short whatever they are, by `Limits::linger_calls` and by how
/// many calls are at work, and the hash has a seed of the process's own; more than that SipHash is not needed for.
#[derive(Debug)]
pub(super) struct State {
    limits: Limits,
    calls: HashMap<CallKey, Call>,
    traces: HashMap<TraceKey, Trace>,
    lingering: Linger<(CallKey, u64)>,
    events: HashMap<EventKey, Arc<Frozen>>,
    event_order: VecDeque<EventKey>,
    generation: u64,
}

#[derive(Debug)]
struct Call {
    frozen: Arc<Frozen>,
    /// Tells this entry from an earlier one under the same key.
    generation: u64,
    holder: WeakHolder,
}

#[derive(Debug)]
struct Trace {
    first: Arc<Frozen>,
    calls: usize,
    differing: bool,
}

impl State {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            lingering: Linger::new(limits.linger_calls, limits.linger),
            limits,
            calls: HashMap::new(),
            traces: HashMap::new(),
            events: HashMap::new(),
            event_order: VecDeque::new(),
            generation: 0,
        }
    }

    /// What the next call is told from an earlier one under its key by.
    pub(super) fn next_generation(&mut self) -> u64 {
        self.generation += 1;
        self.generation
    }

    /// Enters a call; says whether its trace is one whose calls differ from it.
    pub(super) fn insert(&mut self, holder: &Arc<Holder>, now: Instant) -> bool {
        self.evict(now);
        let (key, frozen) = (holder.key, Arc::clone(&holder.frozen));
        let call = Call {
            frozen: Arc::clone(&frozen),
            generation: holder.generation,
            holder: Arc::downgrade(holder),
        };
        if let Some(earlier) = self.calls.insert(key, call) {
            self.leave_trace((key.0, earlier.frozen.span.trace_id));
        }
        match self.traces.entry((key.0, frozen.span.trace_id)) {
            Entry::Occupied(mut entry) => {
                let trace = entry.get_mut();
                let differs = !agree(&trace.first, &frozen);
                trace.calls += 1;
                trace.differing |= differs;
                differs
            }
            Entry::Vacant(entry) => {
                entry.insert(Trace {
                    first: frozen,
                    calls: 1,
                    differing: false,
                });
                false
            }
        }
    }

    pub(super) fn holder(&self, key: CallKey) -> Option<WeakHolder> {
        self.calls.get(&key).map(|call| call.holder.clone())
    }

    /// The last holder is gone: from now on the entry lingers.
    pub(super) fn release(&mut self, key: CallKey, generation: u64, now: Instant) {
        self.lingering.push((key, generation), now);
        self.evict(now);
    }

    pub(super) fn by_span(&mut self, key: CallKey, now: Instant) -> Option<Arc<Frozen>> {
        self.evict(now);
        self.calls.get(&key).map(|call| Arc::clone(&call.frozen))
    }

    pub(super) fn by_trace(&mut self, key: TraceKey, now: Instant) -> ByTrace {
        self.evict(now);
        match self.traces.get(&key) {
            None => ByTrace::Unknown,
            Some(trace) if trace.differing => ByTrace::Differing(Arc::clone(&trace.first)),
            Some(trace) => ByTrace::Agreed(Arc::clone(&trace.first)),
        }
    }

    pub(super) fn note_event(&mut self, key: EventKey, frozen: Arc<Frozen>) {
        if self.events.insert(key, frozen).is_none() {
            self.event_order.push_back(key);
        }
        while self.event_order.len() > self.limits.noted_events {
            if let Some(oldest) = self.event_order.pop_front() {
                self.events.remove(&oldest);
            }
        }
    }

    /// Leaves the note in place: an envelope may be asked about more than once, and the bound clears it.
    pub(super) fn of_event(&self, key: EventKey) -> Option<Arc<Frozen>> {
        self.events.get(&key).cloned()
    }

    pub(super) fn len(&mut self, now: Instant) -> usize {
        self.evict(now);
        self.calls.len()
    }

    fn evict(&mut self, now: Instant) {
        while let Some((key, generation)) = self.lingering.pop_due(now) {
            if let Entry::Occupied(call) = self.calls.entry(key)
                && call.get().generation == generation
            {
                let call = call.remove();
                self.leave_trace((key.0, call.frozen.span.trace_id));
            }
        }
    }

    fn leave_trace(&mut self, key: TraceKey) {
        if let Entry::Occupied(mut entry) = self.traces.entry(key) {
            entry.get_mut().calls -= 1;
            if entry.get().calls == 0 {
                entry.remove();
            }
        }
    }
}

fn agree(a: &Frozen, b: &Frozen) -> bool {
    a.span.sampled == b.span.sampled && a.context == b.context
}
