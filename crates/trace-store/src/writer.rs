//! The writer's thread: takes what waits, commits it at once, answers, tidies up.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::store::{Arrival, Committed};
use crate::{Error, Limits, retention, write};

/// How often age is looked at when nothing arrives.
const IDLE: Duration = Duration::from_secs(60);

pub(crate) struct Job {
    pub(crate) arrival: Arrival,
    pub(crate) done: Box<dyn FnOnce(Result<Committed, Error>) + Send>,
}

pub(crate) struct Writer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(connection: Connection, limits: Limits) -> Self {
        let (send, receive) = sync_channel(limits.queue);
        let thread = std::thread::spawn(move || run(connection, &limits, &receive));
        Self {
            jobs: Some(send),
            thread: Some(thread),
        }
    }

    pub(crate) fn send(&self, job: Job) -> Result<(), Error> {
        let jobs = self.jobs.as_ref().ok_or(Error::Closed)?;
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Closed,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed; there is no one to tell here. `done` may
            // hold the last clone of the store, and a thread cannot join itself.
            if thread.thread().id() != std::thread::current().id() {
                drop(thread.join());
            }
        }
    }
}

fn run(mut connection: Connection, limits: &Limits, jobs: &Receiver<Job>) {
    let mut tidied = None::<Instant>;
    loop {
        let mut batch = match jobs.recv_timeout(IDLE) {
            Ok(job) => vec![job],
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        batch.extend(jobs.try_iter().take(limits.batch.saturating_sub(1)));
        if !batch.is_empty() {
            commit(&mut connection, batch);
        }
        let by_age = tidied.is_none_or(|tidied| tidied.elapsed() >= IDLE);
        if by_age {
            tidied = Some(Instant::now());
        }
        if let Err(error) = retention::tidy(&mut connection, limits, by_age) {
            // The next round tries again; arrivals are answered all the same.
            drop(error);
        }
    }
}

fn commit(connection: &mut Connection, batch: Vec<Job>) {
    let (arrivals, answers): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|job| (job.arrival, job.done)).unzip();
    let outcome = write::batch(connection, &arrivals);
    let failure = outcome.as_ref().err().map(ToString::to_string);
    let mut committed = outcome.unwrap_or_default().into_iter();
    for done in answers {
        done(match &failure {
            Some(failure) => Err(Error::NotWritten(failure.clone())),
            None => Ok(committed.next().unwrap_or_default()),
        });
    }
}
