//! Faults on demand: `x-throughline-fault: graph=error:UNAVAILABLE,gateway=delay:200`.
//!
//! A hop obeys the fault that names it, and only where it was started with `--faults`; the header itself goes on
//! unchanged. Each fault counts when it fires, so that a test of a fault can prove that there was one. It must
//! not know what the calls are about.

mod header;
mod service;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use header::Fault;
pub use service::{FaultFuture, FaultService};
use tower_layer::Layer;

use crate::{Limits, Telemetry};

/// The header that asks for faults.
pub const HEADER: &str = "x-throughline-fault";

static FIRED: AtomicU64 = AtomicU64::new(0);

/// How many faults have fired in this process.
pub fn faults_fired() -> u64 {
    FIRED.load(Ordering::Relaxed)
}

/// Lets calls ask this hop for faults.
#[derive(Clone, Debug)]
pub struct FaultLayer {
    hop: &'static str,
    obey: bool,
    header_bytes: usize,
    delay: Duration,
}

impl FaultLayer {
    /// A layer for the service of `telemetry`, that obeys where its `--faults` says so.
    pub fn new(telemetry: &Telemetry) -> Self {
        Self::for_hop(telemetry.service(), telemetry.faults(), telemetry.limits())
    }

    /// A layer for the hop of this name.
    pub fn for_hop(hop: &'static str, obey: bool, limits: &Limits) -> Self {
        Self {
            hop,
            obey,
            header_bytes: limits.fault_header_bytes,
            delay: limits.fault_delay,
        }
    }

    fn asked_of_us(&self, headers: &http::HeaderMap) -> Option<Fault> {
        if !self.obey {
            return None;
        }
        let value = headers.get(HEADER)?.as_bytes();
        let text = std::str::from_utf8(value.get(..self.header_bytes.min(value.len()))?).ok()?;
        let fault = (value.len() <= self.header_bytes).then(|| Fault::parse(text, self.hop))??;
        FIRED.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(hop = self.hop, %fault, "a fault fires, as the call asked");
        Some(match fault {
            Fault::Delay(delay) => Fault::Delay(delay.min(self.delay)),
            fault => fault,
        })
    }
}

impl<S> Layer<S> for FaultLayer {
    type Service = FaultService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FaultService::new(self.clone(), inner)
    }
}
