//! What this process did, as numbers: calls, codes, latencies, in flight, refused by reason, faults, lost telemetry.
//!
//! The counts are the process's, as those of `sentry_propagation::counters` are, so that whoever refuses a call counts it
//! in one line. They are shown as text on a port of its own ([`serve`]) where an operator asks for that. Labels come
//! from closed sets alone: no caller can make one up.
//!
//! ```
//! use throughline_service_kit::metrics;
//!
//! metrics::refused("example");
//! assert_eq!(metrics::refusals("example"), 1);
//! ```

mod lost;
mod observe;
mod server;

use std::sync::{Arc, LazyLock};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub use observe::{Names, ObserveLayer, ObservedBody, ObservedFuture, ObservedService};
pub use server::{CONTENT_TYPE, serve, text};

/// Upper bounds of the classes of latency, in seconds.
const LATENCIES: [f64; 11] = [
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

static COUNTS: LazyLock<Counts> = LazyLock::new(Counts::default);

/// Counts a refusal. `reason` is one of few: it becomes a label.
pub fn refused(reason: &'static str) {
    COUNTS.refused.get_or_create(&Reason { reason }).inc();
}

/// Counts a call that was shed: there was too much to do.
pub fn shed() {
    COUNTS.shed.inc();
}

/// How many were refused for `reason` so far.
pub fn refusals(reason: &'static str) -> u64 {
    COUNTS.refused.get_or_create(&Reason { reason }).get()
}

/// One more connection, until the gauge's guard goes.
pub fn connection() -> InUse {
    InUse::of(COUNTS.connections.clone())
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    method: Arc<str>,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Method {
    method: Arc<str>,
}

#[derive(Debug)]
struct Counts {
    calls: Family<Call, Counter>,
    latencies: Family<Method, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    connections: Gauge,
    refused: Family<Reason, Counter>,
    shed: Counter,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            calls: Family::default(),
            latencies: Family::new_with_constructor(|| Histogram::new(LATENCIES)),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            refused: Family::default(),
            shed: Counter::default(),
        }
    }
}

impl Counts {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "calls",
            "Calls that ended, by method and gRPC code",
            self.calls.clone(),
        );
        registry.register_with_unit(
            "call_duration",
            "How long calls took, to the last byte of their answer",
            Unit::Seconds,
            self.latencies.clone(),
        );
        registry.register(
            "calls_in_flight",
            "Calls that have not ended",
            self.in_flight.clone(),
        );
        registry.register(
            "connections",
            "Connections that are open",
            self.connections.clone(),
        );
        registry.register(
            "refused",
            "Calls, connections and traces that were refused, by reason",
            self.refused.clone(),
        );
        registry.register(
            "shed",
            "Calls that were shed: there was too much to do",
            self.shed.clone(),
        );
    }
}

/// One more in a gauge, for as long as it lives.
#[derive(Debug)]
#[must_use = "it counts while it lives"]
pub struct InUse(Gauge);

impl InUse {
    fn of(gauge: Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.dec();
    }
}
