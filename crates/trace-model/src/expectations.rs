//! The words for a check. How one is judged stands in `check`.

use serde::{Deserialize, Serialize};

/// What must hold of a trace.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectations {
    /// These services have a span in it; a database counts under its `db.system`.
    pub services: Vec<String>,
    /// No span names a parent that did not arrive.
    pub no_orphans: bool,
    /// The tree has one top, a span without a parent.
    pub one_root: bool,
    /// Exactly so many error events.
    pub errors: Option<u32>,
    /// Each hop has its caller's sampling context.
    pub same_baggage: bool,
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// For example `services` or `no-orphans`.
    pub check: String,
    /// Its outcome.
    pub verdict: Verdict,
    /// The hop at fault; empty where none is.
    pub service: String,
    /// A sentence for a person.
    pub message: String,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not hold.
    Fails,
    /// It cannot be judged.
    Unknown,
}
