//! Whether the caller of some work still waits for it. For one who has left, what runs is interrupted, nobody waits for a
//! lock, and nothing more is begun.

use std::{
    cell::RefCell,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use rusqlite::{Connection, InterruptHandle};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::{Error, Unavailable};

/// Between two interrupts: one that comes between two statements stops neither.
const AGAIN: Duration = Duration::from_micros(200);
/// Between two looks at a lock that another holds, at most.
const LOOK: Duration = Duration::from_millis(25);

thread_local! {
    /// For whom this thread works, and since when it waits for a lock: SQLite's busy handler is told neither.
    static SERVED: RefCell<Option<(Arc<Caller>, Instant)>> = const { RefCell::new(None) };
}

/// Who waits for the work on a connection.
pub(super) struct Caller {
    state: Mutex<State>,
    served: Condvar,
    left: Condvar,
    /// How long it waits for a lock.
    patience: Duration,
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
    pub(super) fn waiting_for(connection: &Connection, patience: Duration) -> Self {
        Self {
            state: Mutex::new(State::Waits),
            served: Condvar::new(),
            left: Condvar::new(),
            patience,
            handle: connection.get_interrupt_handle(),
        }
    }

    /// The work begins, unless the caller has left. It is over when the guard is dropped: from then on an interrupt
    /// would meet the next user of the connection.
    pub(super) fn begin(self: &Arc<Self>) -> Result<Running<'_>, Error> {
        let mut state = self.state.lock();
        if *state != State::Waits {
            return Err(left());
        }
        *state = State::Runs;
        SERVED.set(Some((Arc::clone(self), Instant::now())));
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

/// The busy handler of pooled connections: whether to look at the lock again. SQLite's own waits on for a caller who
/// has left, and no interrupt reaches it.
pub(super) fn look_again(looked: i32) -> bool {
    SERVED.with_borrow_mut(|served| {
        let Some((caller, since)) = served else {
            return false;
        };
        if looked == 0 {
            *since = Instant::now();
        }
        let mut state = caller.state.lock();
        if *state == State::Left || since.elapsed() >= caller.patience {
            return false;
        }
        let pause = Duration::from_millis(looked.unsigned_abs().saturating_add(1).into());
        caller.left.wait_for(&mut state, pause.min(LOOK));
        *state != State::Left
    })
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
        SERVED.set(None);
        *self.0.state.lock() = State::Over;
        self.0.served.notify_all();
    }
}

/// Held by the caller's future: dropping it interrupts what runs for the caller, and waits, though not for long, until
/// it has stopped. It is a matter of microseconds where the machine has a core to spare, and what the statement has to
/// say of itself must come before the call is over that it belongs to. No other task waits with it.
pub(super) struct Leaves {
    pub(super) caller: Arc<Caller>,
    pub(super) most: Duration,
}

impl Drop for Leaves {
    fn drop(&mut self) {
        {
            let mut state = self.caller.state.lock();
            match *state {
                State::Waits => {
                    *state = State::Over;
                    return;
                }
                State::Runs => *state = State::Left,
                State::Left | State::Over => return,
            }
        }
        self.caller.left.notify_all();
        match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
            // Another thread takes this one's tasks meanwhile.
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(|| self.wait()),
            _ => self.wait(),
        }
    }
}

impl Leaves {
    fn wait(&self) {
        let mut state = self.caller.state.lock();
        let since = Instant::now();
        while *state == State::Left && since.elapsed() < self.most {
            self.caller.handle.interrupt();
            self.caller.served.wait_for(&mut state, AGAIN);
        }
    }
}
