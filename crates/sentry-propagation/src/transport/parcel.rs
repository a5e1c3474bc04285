//! An envelope on its way: as the SDK made it, then as the bytes that are sent. Whatever happens to it, its loss is
//! entered once: also when the task that carries it is aborted and nobody is left to say so.

use std::sync::Arc;

use bytes::Bytes;
use sentry_core::Envelope;
use sentry_core::protocol::client_report::Reason;

use super::losses::{Ledger, Losses};
use super::queue::Ticket;
use crate::SamplingContext;

/// An envelope that was accepted, as the SDK made it.
pub(super) struct Parcel {
    pub(super) envelope: Envelope,
    /// The frozen context of its call, held from here on: the call may be gone before this is sent.
    pub(super) context: Option<SamplingContext>,
    pub(super) ticket: Ticket,
}

/// The same as it waits for its turn: bytes, for the SDK's own form takes several times their room.
pub(super) struct Packed {
    pub(super) bytes: Bytes,
    pub(super) at_stake: AtStake,
}

/// What is lost if the request fails.
pub(super) struct AtStake {
    losses: Losses,
    is_report: bool,
    ledger: Arc<Ledger>,
    settled: bool,
    _ticket: Option<Ticket>,
}

impl AtStake {
    /// An envelope of the application.
    pub(super) fn envelope(losses: Losses, ledger: Arc<Ledger>, ticket: Ticket) -> Self {
        Self {
            losses,
            is_report: false,
            ledger,
            settled: false,
            _ticket: Some(ticket),
        }
    }

    /// A report of earlier losses.
    pub(super) fn report(losses: Losses, ledger: Arc<Ledger>) -> Self {
        Self {
            losses,
            is_report: true,
            ledger,
            settled: false,
            _ticket: None,
        }
    }

    pub(super) fn losses(&self) -> &Losses {
        &self.losses
    }

    /// It arrived, or the collector itself counts it.
    pub(super) fn settle(mut self) {
        self.settled = true;
    }

    /// It is lost.
    pub(super) fn lose(mut self, reason: Reason) {
        self.enter(reason);
    }

    fn enter(&mut self, reason: Reason) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        if self.is_report {
            self.ledger.put_back(&self.losses);
        } else {
            self.ledger.record(&self.losses, reason);
        }
    }
}

impl Drop for AtStake {
    fn drop(&mut self) {
        self.enter(Reason::NetworkError);
    }
}
