//! Connections for readers: made when needed, a few kept.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use crate::{Error, schema};

pub(crate) struct Readers {
    path: PathBuf,
    keep: usize,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, keep: usize) -> Self {
        Self {
            path,
            keep,
            idle: Mutex::default(),
        }
    }

    /// Reads with one view of the file, whatever is committed meanwhile.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => schema::connect(&self.path)?,
        };
        let transaction = connection.transaction()?;
        let value = read(&transaction)?;
        transaction.finish()?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.keep {
            idle.push(connection);
        }
        Ok(value)
    }
}
