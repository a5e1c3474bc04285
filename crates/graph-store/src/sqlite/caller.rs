//! Whether the caller of some work still waits for it. For one who has left, what runs is interrupted and nothing more is
//! begun.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use rusqlite::{Connection, InterruptHandle};

use crate::{Error, Unavailable};

/// Between two interrupts: one that comes between two statements stops neither.
const AGAIN: Duration = Duration::from_micros(200);

/// Who waits for the work on a connection.
pub(super) struct Caller {
    state: Mutex<State>,
    served: Condvar,
    handle: InterruptHandle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The work has not begun.
    Waits,
    /// It has.
    Runs,
    /// It has, and the caller has left.
    Left,
    /// It has ended, or will never begin.
    Over,
}

impl Caller {
    pub(super) fn waiting_for(connection: &Connection) -> Self {
        Self {
            state: Mutex::new(State::Waits),
            served: Condvar::new(),
            handle: connection.get_interrupt_handle(),
        }
    }

    /// The work begins, unless the caller has left. It is over when the guard is dropped: from then on an interrupt
    /// would meet the next user of the connection.
    pub(super) fn begin(&self) -> Result<Running<'_>, Error> {
        let mut state = self.state.lock();
        if *state != State::Waits {
            return Err(left());
        }
        *state = State::Runs;
        Ok(Running(self))
    }

    /// Fails if the caller has left. To be asked between statements, and before a commit.
    pub(super) fn still_waits(&self) -> Result<(), Error> {
        match *self.state.lock() {
            State::Left => Err(left()),
            State::Waits | State::Runs | State::Over => Ok(()),
        }
    }
}

fn left() -> Error {
    Error::Unavailable {
        reason: Unavailable::Stopped,
        message: "the caller has left".to_owned(),
    }
}

/// Held by the work.
pub(super) struct Running<'a>(&'a Caller);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0.state.lock() = State::Over;
        self.0.served.notify_all();
    }
}

/// Held by the caller's future: dropping it interrupts what runs for the caller, and waits, though not for long, until
/// it has stopped. It is a matter of microseconds, and what the statement has to say of itself must come before the
/// call is over that it belongs to.
pub(super) struct Leaves {
    pub(super) caller: Arc<Caller>,
    pub(super) most: Duration,
}

impl Drop for Leaves {
    fn drop(&mut self) {
        let mut state = self.caller.state.lock();
        match *state {
            State::Waits => *state = State::Over,
            State::Runs => *state = State::Left,
            State::Left | State::Over => return,
        }
        let since = Instant::now();
        while *state == State::Left && since.elapsed() < self.most {
            self.caller.handle.interrupt();
            self.caller.served.wait_for(&mut state, AGAIN);
        }
    }
}
