//! Whether the caller of a read still waits for it. One who has left is not read for.

use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::{Connection, InterruptHandle};

use crate::{Error, Unavailable};

/// Who waits for a read.
pub(super) struct Caller(Mutex<State>);

enum State {
    Waits(InterruptHandle),
    Left,
    Served,
}

impl Caller {
    pub(super) fn waiting_for(connection: &Connection) -> Self {
        Self(Mutex::new(State::Waits(connection.get_interrupt_handle())))
    }

    /// Fails if the caller has left. To be asked between statements: an interrupt
    /// stops only the one that runs.
    pub(super) fn still_waits(&self) -> Result<(), Error> {
        match *self.0.lock() {
            State::Left => Err(Error::Unavailable {
                reason: Unavailable::Stopped,
                message: "the caller has left".to_owned(),
            }),
            State::Waits(_) | State::Served => Ok(()),
        }
    }

    /// From here on an interrupt would meet the next user of the connection.
    pub(super) fn is_served(&self) {
        *self.0.lock() = State::Served;
    }
}

/// Held by the caller's future: dropping it interrupts what runs for the caller.
pub(super) struct Leaves(pub(super) Arc<Caller>);

impl Drop for Leaves {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        if let State::Waits(running) = &*state {
            running.interrupt();
            *state = State::Left;
        }
    }
}
