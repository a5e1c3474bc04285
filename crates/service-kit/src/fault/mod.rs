//! Faults on demand: `x-throughline-fault: graph=error:UNAVAILABLE,gateway=delay:200`.
//!
//! A hop obeys the fault that names it, and only where it was started with `--faults`; the header itself goes on
//! unchanged, with every call that [`channel`](crate::channel) makes for this one. Each fault counts when it fires
//! ([`faults_fired`], a line in the log, a metric), so that a test of a fault can prove that there was one. It must not
//! know what the calls are about.

mod body;
mod header;
mod service;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use body::FaultBody;
pub use header::Fault;
pub use service::{FaultFuture, FaultService};
use tower_layer::Layer;

use crate::call_context::CallContext;
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

    /// The fault that is asked of this hop, and what the call takes along. None where nothing is asked of anybody.
    fn asked(&self, headers: &http::HeaderMap) -> Option<(Option<Fault>, CallContext)> {
        if !self.obey {
            return None;
        }
        let faults = headers.get(HEADER)?.clone();
        if faults.len() > self.header_bytes {
            return None;
        }
        let fault = of_header(&faults, self.hop, self.delay);
        let carried = CallContext {
            faults: Some(faults),
            ..CallContext::current()
        };
        Some((fault, carried))
    }
}

/// The fault that the call at hand asks of a hop that is no service, as `store` is: counted, because whoever asks obeys.
/// None where faults are not obeyed.
pub fn fire_at(hop: &'static str, limits: &Limits) -> Option<Fault> {
    let faults = CallContext::with(|context| context.faults.clone())?;
    let fault = of_header(&faults, hop, limits.fault_delay)?;
    fire(hop, fault);
    Some(fault)
}

fn of_header(faults: &http::HeaderValue, hop: &str, most: Duration) -> Option<Fault> {
    match Fault::parse(faults.to_str().ok()?, hop)? {
        Fault::Delay(delay) => Some(Fault::Delay(delay.min(most))),
        fault => Some(fault),
    }
}

/// What a fault says of itself.
const WHY: &str = "a fault, as the call asked";

fn fire(hop: &'static str, fault: Fault) {
    let count = FIRED.fetch_add(1, Ordering::Relaxed) + 1;
    // Below what becomes telemetry: a fault is none of the service's own doing.
    tracing::debug!(hop, %fault, count, "a fault fires, as the call asked");
}

impl<S> Layer<S> for FaultLayer {
    type Service = FaultService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FaultService::new(self.clone(), inner)
    }
}
