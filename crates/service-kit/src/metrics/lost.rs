//! What others count, read when somebody looks: telemetry that was lost or refused, and faults that fired. It keeps nothing.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use sentry_propagation::counters;
use sentry_propagation::transport::Loss;

/// Reads the counts of others.
pub(super) struct Read {
    losses: Box<dyn Fn() -> Vec<Loss> + Send + Sync>,
}

impl Read {
    pub(super) fn new(losses: impl Fn() -> Vec<Loss> + Send + Sync + 'static) -> Self {
        Self {
            losses: Box::new(losses),
        }
    }
}

impl fmt::Debug for Read {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Read").finish_non_exhaustive()
    }
}

impl Collector for Read {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let mut lost = family(
            &mut encoder,
            "telemetry_lost",
            "Telemetry that was lost, by reason and category",
        )?;
        for loss in (self.losses)() {
            let labels = [
                ("reason", loss.reason.as_str()),
                ("category", loss.category.as_str()),
            ];
            lost.encode_family(&labels)?
                .encode_counter::<NoLabelSet, _, u64>(&loss.quantity, None)?;
        }
        let help = "Trace headers refused, traces started anew and envelopes dropped, by kind";
        let mut trace = family(&mut encoder, "propagation", help)?;
        for (counter, count) in counters::snapshot() {
            trace
                .encode_family(&[("kind", counter.name())])?
                .encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        family(
            &mut encoder,
            "faults_fired",
            "Faults that fired, as calls asked",
        )?
        .encode_counter::<NoLabelSet, _, u64>(&crate::faults_fired(), None)
    }
}

fn family<'a>(
    encoder: &'a mut DescriptorEncoder,
    name: &'static str,
    help: &'static str,
) -> Result<MetricEncoder<'a>, fmt::Error> {
    encoder.encode_descriptor(name, help, None, MetricType::Counter)
}
