//! What handlers share: the store off the runtime's threads, and word of arrivals.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use throughline_service_kit::{Shutdown, spawn_blocking};
use throughline_trace_model::Timestamp;
use throughline_trace_store::{Arrival, Committed, Error, Store};
use tokio::sync::{Semaphore, broadcast, oneshot};

use crate::Limits;

#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) limits: Arc<Limits>,
    pub(crate) shutdown: Shutdown,
    /// Bounds what is decoded and queued, so that the store's queue is never full.
    pub(crate) pending: Arc<Semaphore>,
    arrivals: broadcast::Sender<Arc<Committed>>,
}

impl App {
    pub(crate) fn new(store: Store, limits: Limits, shutdown: Shutdown) -> Self {
        Self {
            store,
            pending: Arc::new(Semaphore::new(limits.pending_envelopes)),
            arrivals: broadcast::Sender::new(limits.tail_lag),
            limits: Arc::new(limits),
            shutdown,
        }
    }

    /// Stores an arrival; returns once it is committed, and tells those who wait.
    pub(crate) async fn append(&self, arrival: Arrival) -> Result<(), Error> {
        let (send, receive) = oneshot::channel();
        self.store
            .append(arrival, move |outcome| drop(send.send(outcome)))?;
        let committed = receive.await.unwrap_or(Err(Error::Closed))?;
        if !committed.traces.is_empty() {
            // An error only says that no one waits.
            drop(self.arrivals.send(Arc::new(committed)));
        }
        Ok(())
    }

    /// Word of each commit from now on.
    pub(crate) fn arrivals(&self) -> broadcast::Receiver<Arc<Committed>> {
        self.arrivals.subscribe()
    }

    /// Asks the store, which blocks.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = self.store.clone();
        spawn_blocking(move || read(&store))
            .await
            .unwrap_or(Err(Error::Closed))
    }
}

/// The time of day.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
