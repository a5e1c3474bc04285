//! Faults of the engine itself, made on purpose: statements that fail, hang or wait as real ones do, on the store's own
//! connections. For tests of what is above; no call asks for them by itself.

use std::{future::Future, time::Duration};

use rusqlite::{Connection, Row};

use super::{SqliteStore, fault, statement};
use crate::{Error, RunBlocking};

/// A fault that a store can be made to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drill {
    /// A write breaks a constraint.
    Constraint,
    /// The work panics on its thread.
    Panic,
    /// A query runs until it is interrupted.
    LongQuery,
    /// Another holds the lock for so long.
    Locked(Duration),
    /// A file is gone.
    Gone,
    /// A file is damaged.
    Corrupt,
}

/// A store that can be made to fail.
pub trait Drilled {
    /// Has the fault: fails as it makes a call fail, or returns when it is over. It changes nothing.
    fn drill(&self, drill: Drill) -> impl Future<Output = Result<(), Error>> + Send;
}

const BREAK: &str = "INSERT INTO node (key, id, type, properties, revision) \
     VALUES (NULL, NULL, NULL, NULL, NULL)";
/// It has one row, and goes on looking for another.
const COUNT: &str = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) \
     SELECT n FROM number WHERE n = 1";
const BEGIN: &str = "BEGIN IMMEDIATE";
const ROLLBACK: &str = "ROLLBACK";
const ATTACH: &str = "ATTACH DATABASE ?1 AS elsewhere";
const LOOK: &str = "SELECT count(*) FROM sqlite_schema";

impl<R: RunBlocking> Drilled for SqliteStore<R> {
    async fn drill(&self, drill: Drill) -> Result<(), Error> {
        match drill {
            Drill::Constraint => self.write(|db, _| broken(db)).await,
            Drill::Panic => self.read(|_, _| panic!("a fault, as the call asked")).await,
            Drill::LongQuery => self.read(|db, _| endless(db)).await,
            Drill::Locked(time) => self.locked(time).await,
            Drill::Gone => self.read(|db, _| gone(db)).await,
            Drill::Corrupt => self.read(|_, _| corrupt()).await,
        }
    }
}

impl<R: RunBlocking> SqliteStore<R> {
    /// Waits for the lock as a write does, while another connection holds it.
    async fn locked(&self, time: Duration) -> Result<(), Error> {
        let path = self.path.clone();
        self.write(move |db, _| {
            let other = Connection::open(path).map_err(fault::error)?;
            other.execute_batch(BEGIN).map_err(fault::error)?;
            let (let_go, over) = std::sync::mpsc::channel::<()>();
            std::thread::scope(|threads| {
                threads.spawn(move || {
                    // Until the time is over, or the one who waits has given up.
                    let _ = over.recv_timeout(time);
                    drop(other);
                });
                let begun = statement::execute(db, BEGIN, []);
                drop(let_go);
                begun?;
                statement::execute(db, ROLLBACK, []).map(drop)
            })
        })
        .await
    }
}

fn endless(db: &Connection) -> Result<(), Error> {
    let begun = |_: &Row<'_>| {
        // From within the statement: who interrupts it now interrupts something.
        tracing::debug!("a query runs, and does not end by itself");
        Ok(())
    };
    statement::rows(db, COUNT, [], begun).map(drop)
}

fn broken(db: &Connection) -> Result<(), Error> {
    statement::execute(db, BREAK, []).map(drop)
}

fn gone(db: &Connection) -> Result<(), Error> {
    statement::execute(db, ATTACH, ["/nowhere/at/all.db"]).map(drop)
}

fn corrupt() -> Result<(), Error> {
    let folder = std::env::temp_dir();
    let path = folder.join(format!("throughline-drill-{}", std::process::id()));
    std::fs::write(&path, "no database at all, but some text".repeat(50))
        .map_err(|error| Error::Internal(error.to_string()))?;
    let damaged = Connection::open(&path).map_err(fault::error)?;
    let looked = statement::rows(&damaged, LOOK, [], |_| Ok(())).map(drop);
    drop(damaged);
    let _ = std::fs::remove_file(&path);
    looked
}
