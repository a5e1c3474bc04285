//! The threads that serve connections: each with a runtime, an app and a connection to the service of its own, so that
//! a call is served on one thread from its first byte to its last. A call that threads hand to each other wakes each of them.
//! Bounds, counts and the cap on traces are the process's, whichever thread asks. It knows no routes.

use std::num::NonZero;
use std::thread;

use axum::Router;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::Error;

/// Where a connection can be served.
#[derive(Clone, Debug)]
pub struct Seat {
    pub(crate) runtime: Handle,
    pub(crate) app: Router,
}

impl Seat {
    /// On the runtime at hand, which may have threads as it likes.
    pub fn here(app: Router) -> Self {
        Self {
            runtime: Handle::current(),
            app,
        }
    }
}

/// The threads, until they are dropped.
#[derive(Debug)]
pub struct Workers {
    runtimes: Vec<Handle>,
    // Each ends its thread when it is dropped.
    _running: Vec<oneshot::Sender<()>>,
}

impl Workers {
    /// One for each core that this process may use.
    pub fn start() -> std::io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let mut workers = Self {
            runtimes: Vec::with_capacity(cores),
            _running: Vec::with_capacity(cores),
        };
        for core in 0..cores {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (running, stopped) = oneshot::channel::<()>();
            workers.runtimes.push(runtime.handle().clone());
            workers._running.push(running);
            thread::Builder::new()
                .name(format!("worker-{core}"))
                .spawn(move || {
                    // Said by dropping the other end.
                    let _ = runtime.block_on(stopped);
                })?;
        }
        Ok(workers)
    }

    /// An app on each thread, made there: its connection to the service lives where it is made.
    pub(crate) fn seats(
        &self,
        app: impl Fn() -> Result<Router, Error>,
    ) -> Result<Vec<Seat>, Error> {
        let seat = |runtime: &Handle| {
            let _entered = runtime.enter();
            Ok(Seat {
                runtime: runtime.clone(),
                app: app()?,
            })
        };
        self.runtimes.iter().map(seat).collect()
    }
}
