//! Connections that are lent out, one to a caller, and come back whatever happens.

use std::{ops::Deref, sync::Arc};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Error, Unavailable};

/// A fixed number of connections.
#[derive(Clone)]
pub(super) struct Pool {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections.len())),
            idle: Arc::new(Mutex::new(connections)),
        }
    }

    /// Waits for a connection that nobody uses.
    pub(super) async fn lend(&self) -> Result<Lease, Error> {
        let stopped = || Error::Unavailable {
            reason: Unavailable::Stopped,
            message: "the store is closed".to_owned(),
        };
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| stopped())?;
        let connection = self.idle.lock().pop().ok_or_else(stopped)?;
        Ok(Lease {
            connection: Some(connection),
            idle: Arc::clone(&self.idle),
            _permit: permit,
        })
    }
}

/// A connection for one caller.
pub(super) struct Lease {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Deref for Lease {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("only dropping the lease takes the connection out")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // An interrupt may have met the end of a transaction, too. Nobody interrupts any more.
        if let Some(connection) = &self.connection
            && !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "a transaction could not be rolled back");
        }
        // Runs before the fields are dropped, so the connection is back before the permit.
        self.idle.lock().extend(self.connection.take());
    }
}
