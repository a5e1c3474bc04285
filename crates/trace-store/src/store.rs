//! The store as its users see it.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;

use throughline_trace_model::{Decoded, Timestamp};

use crate::readers::Readers;
use crate::writer::{Job, Writer};
use crate::{Error, Limits, schema};

/// The name of the file in the data directory.
const FILE: &str = "traces.db";

/// Traces on disk. Clones share one writer; it ends when the last is gone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    limits: Limits,
    // Before the readers: the writer's end checkpoints the file.
    writer: Writer,
    readers: Readers,
}

/// What came in one envelope, or what of a request could not become one.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Arrival {
    /// What the envelope held.
    pub decoded: Decoded,
    /// The project it was sent to.
    pub project: String,
    /// When it was received.
    pub received: Timestamp,
    /// Whether it came with an earlier request, so that it is none of its own.
    pub later: bool,
    /// Why the request's body could not be read, if it could not.
    pub refused: Option<&'static str>,
}

/// What a commit has brought.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The traces that have grown.
    pub traces: Vec<String>,
}

impl Store {
    /// Opens the store in a directory, which is made if need be.
    ///
    /// # Errors
    /// If directory or file cannot be opened, or a newer version wrote the file.
    pub fn open(dir: &Path, limits: Limits) -> Result<Self, Error> {
        let failed = |source| Error::Directory {
            path: dir.to_owned(),
            source,
        };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let path = dir.join(FILE);
        let writer = Writer::start(schema::open(&path)?, limits.clone());
        let readers = Readers::new(path, limits.readers);
        Ok(Self {
            inner: Arc::new(Inner {
                limits,
                writer,
                readers,
            }),
        })
    }

    /// Queues an arrival. `done` is called on the writer's thread once it is committed,
    /// or once it is known that it will not be.
    ///
    /// # Errors
    /// If the queue is full or the writer has ended; then `done` is not called.
    pub fn append(
        &self,
        arrival: Arrival,
        done: impl FnOnce(Result<Committed, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        self.inner.writer.send(Job {
            arrival,
            done: Box::new(done),
        })
    }

    /// As `append`, and waits for the commit.
    ///
    /// # Errors
    /// If it is not committed.
    pub fn append_and_wait(&self, arrival: Arrival) -> Result<Committed, Error> {
        let (send, receive) = mpsc::channel();
        self.append(arrival, move |outcome| drop(send.send(outcome)))?;
        receive.recv().unwrap_or(Err(Error::Closed))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    pub(crate) fn readers(&self) -> &Readers {
        &self.inner.readers
    }
}
