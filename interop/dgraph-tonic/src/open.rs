//! Transactions of several requests: dgraph-tonic keeps their state in values of its own, which are kept here by the
//! timestamp that our client names them by.

use std::{collections::VecDeque, sync::Arc};

use dgraph_tonic::{TxnAclMutated, TxnMutated};

use crate::ticket::Ticket;

/// A transaction that may be continued.
pub(crate) enum Held {
    Plain(TxnMutated),
    Acl(TxnAclMutated),
}

/// One that is kept, with the ticket of its connection.
pub(crate) struct Kept {
    pub(crate) held: Held,
    /// Good as long as the connection that showed it.
    pub(crate) _ticket: Arc<Ticket>,
}

/// Those that are open, the oldest first.
pub(crate) struct Open {
    most: usize,
    kept: VecDeque<(u64, Kept)>,
}

impl Open {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            kept: VecDeque::new(),
        }
    }

    /// Keeps one; gives the oldest up where there are too many, which Dgraph aborts in its time.
    pub(crate) fn put(&mut self, start_ts: u64, kept: Kept) {
        if self.kept.len() >= self.most {
            self.kept.pop_front();
        }
        self.kept.push_back((start_ts, kept));
    }

    /// Takes one to continue or to end it.
    pub(crate) fn take(&mut self, start_ts: u64) -> Option<Kept> {
        let at = self.kept.iter().position(|(ts, _)| *ts == start_ts)?;
        Some(self.kept.remove(at)?.1)
    }
}
