//! Counts of what arrived. They outlive the traces that retention takes away.

use rusqlite::{Connection, Transaction, params};
use throughline_trace_model::LossReport;

use crate::{Error, Store, retention};

/// Counts of what arrived.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Intake {
    /// Envelopes received, unreadable ones included.
    pub envelopes: u64,
    /// Items by type, ordered by type.
    pub items: Vec<(String, u64)>,
    /// Parts that could not be read by reason, ordered by reason.
    pub problems: Vec<(String, u64)>,
    /// What clients reported as lost.
    pub losses: Vec<Loss>,
    /// Bytes on disk.
    pub stored_bytes: u64,
}

/// How much the client of a service reported as lost.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The service.
    pub service: String,
    /// Sentry's reason.
    pub reason: String,
    /// Sentry's category.
    pub category: String,
    /// How many.
    pub quantity: u64,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Envelope,
    Item,
    Problem,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Envelope => "envelope",
            Self::Item => "item",
            Self::Problem => "problem",
        }
    }
}

/// Names come from outside: so many of a kind are told apart, further ones together.
const NAMES: u32 = 200;

impl Store {
    /// Counts of what arrived since the store was made.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn intake(&self) -> Result<Intake, Error> {
        self.readers().read(|connection| {
            Ok(Intake {
                envelopes: counters(connection, Kind::Envelope)?
                    .iter()
                    .map(|(_, n)| n)
                    .sum(),
                items: counters(connection, Kind::Item)?,
                problems: counters(connection, Kind::Problem)?,
                losses: losses(connection)?,
                stored_bytes: retention::used(connection)?,
            })
        })
    }
}

pub(crate) fn count(
    transaction: &Transaction<'_>,
    kind: Kind,
    name: &str,
    count: u64,
) -> Result<(), Error> {
    let mut update = transaction
        .prepare_cached("UPDATE counters SET count = count + ?3 WHERE kind = ?1 AND name = ?2")?;
    if update.execute(params![kind.name(), name, count])? == 0 {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO counters (kind, name, count)
             SELECT ?1, iif((SELECT count(*) FROM counters WHERE kind = ?1) < ?4, ?2, '(other)'), ?3 WHERE true
             ON CONFLICT DO UPDATE SET count = count + ?3",
        )?;
        insert.execute(params![kind.name(), name, count, NAMES])?;
    }
    Ok(())
}

pub(crate) fn count_loss(transaction: &Transaction<'_>, loss: &LossReport) -> Result<(), Error> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO loss_counters (service, reason, category, quantity) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET quantity = min(quantity + ?4, 1 << 60)",
    )?;
    let quantity = loss.quantity.min(1 << 60);
    insert.execute(params![loss.service, loss.reason, loss.category, quantity])?;
    Ok(())
}

fn counters(connection: &Connection, kind: Kind) -> Result<Vec<(String, u64)>, Error> {
    let mut select = connection
        .prepare_cached("SELECT name, count FROM counters WHERE kind = ? ORDER BY name")?;
    let rows = select.query_map([kind.name()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn losses(connection: &Connection) -> Result<Vec<Loss>, Error> {
    let mut select = connection.prepare_cached(
        "SELECT service, reason, category, quantity FROM loss_counters
         ORDER BY service, reason, category LIMIT 1000",
    )?;
    let rows = select.query_map([], |row| {
        Ok(Loss {
            service: row.get(0)?,
            reason: row.get(1)?,
            category: row.get(2)?,
            quantity: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
