//! How much the transport holds, bounded by envelopes and bytes, and the wait for it to hold nothing.
//! It knows nothing of what is held.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

/// The account of what is held.
#[derive(Debug)]
pub(super) struct Queue {
    envelopes: usize,
    bytes: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    envelopes: usize,
    bytes: usize,
    finished: bool,
}

/// Room for one envelope; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    queue: Arc<Queue>,
    bytes: usize,
}

impl Queue {
    pub(super) fn new(envelopes: usize, bytes: usize) -> Self {
        Self {
            envelopes,
            bytes,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Room for an envelope of so many bytes, unless there is none.
    pub(super) fn admit(self: &Arc<Self>, bytes: usize) -> Option<Ticket> {
        let mut state = self.state.lock();
        let held = state.bytes.saturating_add(bytes);
        if state.finished || state.envelopes >= self.envelopes || held > self.bytes {
            return None;
        }
        state.envelopes += 1;
        state.bytes = held;
        Some(Ticket {
            queue: self.clone(),
            bytes,
        })
    }

    /// Says that nothing will be sent any more.
    pub(super) fn finish(&self) {
        self.state.lock().finished = true;
        self.changed.notify_all();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state.lock().envelopes == 0
    }

    /// Waits until nothing is held, for as long as `deadline` allows; whether it came to that.
    pub(super) fn wait_empty(&self, deadline: Instant) -> bool {
        self.wait(deadline, |state| state.envelopes == 0)
    }

    /// Waits until the transport has finished, for as long as `deadline` allows; whether it came to that.
    pub(super) fn wait_finished(&self, deadline: Instant) -> bool {
        self.wait(deadline, |state| state.finished)
    }

    fn wait(&self, deadline: Instant, reached: impl Fn(&State) -> bool) -> bool {
        let mut state = self.state.lock();
        while !reached(&state) {
            if self.changed.wait_until(&mut state, deadline).timed_out() {
                return reached(&state);
            }
        }
        true
    }
}

impl Ticket {
    /// What is held takes so many bytes by now; it keeps its place whatever the bound says.
    pub(super) fn resize(&mut self, bytes: usize) {
        let mut state = self.queue.state.lock();
        state.bytes = state.bytes.saturating_sub(self.bytes).saturating_add(bytes);
        self.bytes = bytes;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.queue.state.lock();
        state.envelopes = state.envelopes.saturating_sub(1);
        state.bytes = state.bytes.saturating_sub(self.bytes);
        let empty = state.envelopes == 0;
        drop(state);
        if empty {
            self.queue.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_hold_and_room_comes_back() {
        let queue = Arc::new(Queue::new(2, 100));
        let first = queue.admit(60).expect("room for one");
        assert!(queue.admit(41).is_none(), "bytes are bounded");
        let _second = queue.admit(40).expect("room for two");
        assert!(queue.admit(0).is_none(), "envelopes are bounded");
        drop(first);
        assert!(queue.admit(60).is_some());
    }

    #[test]
    fn what_was_packed_leaves_room() {
        let queue = Arc::new(Queue::new(9, 100));
        let mut ticket = queue.admit(90).expect("room for one");
        assert!(queue.admit(50).is_none());
        ticket.resize(40);
        let _second = queue.admit(60).expect("room for the rest");
        ticket.resize(300);
        assert!(queue.admit(1).is_none());
        drop(ticket);
        assert!(queue.admit(40).is_some());
    }
}
