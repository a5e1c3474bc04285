//! Snapshots that are kept for exports: a connection each, with a read transaction
//! that stays open between two parts.
//!
//! An open one keeps SQLite from reusing the log, so they are few, and each write
//! first lets go of those that are out of time.

use std::{
    hash::{BuildHasher as _, RandomState},
    ops::Deref,
    sync::Arc,
    time::{Duration, SystemTime},
};

use parking_lot::Mutex;
use rusqlite::Connection;

use crate::{Error, Limits};

/// The snapshots of one store.
#[derive(Clone, Default)]
pub(super) struct Snapshots(Arc<Mutex<Vec<Slot>>>);

struct Slot {
    id: u64,
    taken: SystemTime,
    used: SystemTime,
    /// Absent while somebody reads.
    idle: Option<Connection>,
}

/// Out of time; a clock that was set back is none of the snapshot's business.
fn older(since: SystemTime, now: SystemTime, than: Duration) -> bool {
    now.duration_since(since).is_ok_and(|age| age >= than)
}

impl Snapshots {
    /// Lets go of the snapshots that are out of time and not being read.
    pub(super) fn expire(&self, now: SystemTime, limits: &Limits) {
        self.0.lock().retain(|slot| {
            slot.idle.is_none()
                || !(older(slot.used, now, limits.snapshot_idle)
                    || older(slot.taken, now, limits.snapshot_age))
        });
    }

    /// Adds a connection whose snapshot begins with the first statement. Where there
    /// is no room, the one that was not read for longest has to go.
    pub(super) fn add(
        &self,
        connection: Connection,
        now: SystemTime,
        limits: &Limits,
    ) -> Result<Reading, Error> {
        self.expire(now, limits);
        let mut slots = self.0.lock();
        if slots.len() >= limits.snapshots {
            let idle = slots.iter().enumerate().filter(|(_, it)| it.idle.is_some());
            let Some((oldest, _)) = idle.min_by_key(|(_, slot)| slot.used) else {
                return Err(Error::Exhausted {
                    limit: "snapshots",
                    allowed: limits.snapshots,
                });
            };
            slots.remove(oldest);
        }
        let id = RandomState::new().hash_one(slots.len());
        slots.push(Slot {
            id,
            taken: now,
            used: now,
            idle: None,
        });
        drop(slots);
        Ok(self.reading(id, connection))
    }

    /// Takes a snapshot up again; none if it has gone.
    pub(super) fn resume(
        &self,
        id: u64,
        now: SystemTime,
        limits: &Limits,
    ) -> Result<Option<Reading>, Error> {
        self.expire(now, limits);
        let mut slots = self.0.lock();
        let Some(slot) = slots.iter_mut().find(|slot| slot.id == id) else {
            return Ok(None);
        };
        let Some(connection) = slot.idle.take() else {
            return Err(Error::invalid(
                "resume_token",
                "another call is reading on from it just now",
            ));
        };
        slot.used = now;
        drop(slots);
        Ok(Some(self.reading(id, connection)))
    }

    fn reading(&self, id: u64, connection: Connection) -> Reading {
        Reading {
            id,
            connection: Some(connection),
            snapshots: self.clone(),
        }
    }
}

/// A snapshot that is being read; it goes back when this is dropped.
pub(super) struct Reading {
    pub(super) id: u64,
    connection: Option<Connection>,
    snapshots: Snapshots,
}

impl Deref for Reading {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("only dropping this takes the connection out")
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let connection = self.connection.take();
        let mut slots = self.snapshots.0.lock();
        if let Some(slot) = slots.iter_mut().find(|slot| slot.id == self.id) {
            slot.idle = connection;
        }
    }
}
