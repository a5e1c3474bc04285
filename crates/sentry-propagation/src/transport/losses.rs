//! What was lost in this client, by reason and category: kept for the next report to the collector, and
//! as totals for whoever asks. It knows neither queue nor network.

use std::collections::HashMap;
use std::fmt;

use parking_lot::Mutex;
use sentry_core::protocol::ClientReport;
use sentry_core::protocol::client_report::{Category, Item, LossSource, Reason};

/// A quantity of telemetry that was lost in this client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// Why, as client reports name it: `queue_overflow`, `network_error`, `ratelimit_backoff`, `send_error`, …
    pub reason: String,
    /// Of what, as client reports name it: `transaction`, `span`, `error`, `log_item`, …
    pub category: String,
    /// How many.
    pub quantity: u64,
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {} ({})",
            self.quantity, self.category, self.reason
        )
    }
}

/// Losses of one envelope, with the reason where it is known already.
pub(super) type Losses = Vec<(Option<Reason>, Category, u64)>;

/// The losses that an envelope, or an item of one, would be.
pub(super) fn losses_of(source: &impl LossSource) -> Losses {
    source
        .losses()
        .map(|loss| (loss.reason, loss.category, loss.quantity))
        .collect()
}

/// The account of what was lost.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    unreported: HashMap<(Reason, Category), u64>,
    total: HashMap<(Reason, Category), u64>,
}

impl Ledger {
    /// Enters losses; those that have a reason of their own keep it.
    pub(super) fn record(&self, losses: &Losses, reason: Reason) {
        let mut state = self.state.lock();
        for &(own, category, quantity) in losses {
            let key = (own.unwrap_or(reason), category);
            add(&mut state.unreported, key, quantity);
            add(&mut state.total, key, quantity);
        }
    }

    /// Enters losses again whose report did not arrive.
    pub(super) fn put_back(&self, losses: &Losses) {
        let mut state = self.state.lock();
        for &(own, category, quantity) in losses {
            if let Some(reason) = own {
                add(&mut state.unreported, (reason, category), quantity);
            }
        }
    }

    /// Takes what is to be reported.
    pub(super) fn take_report(&self) -> Option<ClientReport> {
        let taken = std::mem::take(&mut self.state.lock().unreported);
        if taken.is_empty() {
            return None;
        }
        Some(ClientReport::new(taken.into_iter().map(
            |((reason, category), quantity)| Item::new(category, reason, quantity),
        )))
    }

    /// All that was lost so far, in order.
    pub(super) fn total(&self) -> Vec<Loss> {
        let state = self.state.lock();
        let mut total: Vec<Loss> = state
            .total
            .iter()
            .map(|(&(reason, category), &quantity)| Loss {
                reason: name_of(&reason),
                category: name_of(&category),
                quantity,
            })
            .collect();
        total.sort();
        total
    }
}

fn add(counts: &mut HashMap<(Reason, Category), u64>, key: (Reason, Category), quantity: u64) {
    if quantity > 0 {
        let count = counts.entry(key).or_default();
        *count = count.saturating_add(quantity);
    }
}

/// The name that a value has on the wire.
fn name_of<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_takes_what_it_reports_and_a_lost_one_gives_it_back() {
        let ledger = Ledger::default();
        let lost = vec![(None, Category::Transaction, 1), (None, Category::Span, 3)];
        ledger.record(&lost, Reason::QueueOverflow);
        let report = ledger.take_report().expect("there are losses");
        assert!(ledger.take_report().is_none());
        ledger.put_back(&losses_of(&report));
        assert!(ledger.take_report().is_some());
        assert_eq!(
            ledger.total(),
            [("span", 3), ("transaction", 1)].map(|(category, quantity)| Loss {
                reason: "queue_overflow".to_owned(),
                category: category.to_owned(),
                quantity,
            }),
            "a loss counts once, however often its report is lost"
        );
    }
}
