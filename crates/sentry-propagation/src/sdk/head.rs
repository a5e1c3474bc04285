//! What the head of a trace says of it.

use sentry_core::{Client, TracesSamplingStrategy};

use crate::{Limits, SampleRand, SamplingContext, TraceId};

/// A decision at a known rate, so that `sample_rand < sample_rate` exactly if the trace is sampled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw {
    rate: f32,
    rand: SampleRand,
}

impl Draw {
    pub(super) fn new(rate: f32, rand: SampleRand) -> Self {
        let rate = if rate.is_nan() { 0.0 } else { rate };
        Self {
            rate: rate.clamp(0.0, 1.0),
            rand,
        }
    }

    /// A number that fits a decision which somebody else has taken at this rate.
    pub(super) fn fitted(rate: f32, trace_id: TraceId, sampled: bool) -> Option<Self> {
        let draw = Self::new(rate, SampleRand::of(trace_id));
        let rand = draw.rand.consistent_with(sampled, draw.as_written())?;
        Some(Self { rand, ..draw })
    }

    pub(super) fn sampled(self) -> bool {
        self.rand.is_below(self.as_written())
    }

    /// The rate as whoever reads it will: 0.1, not the nearest binary fraction of four bytes.
    fn as_written(self) -> f64 {
        if self.rate == 0.0 || self.rate == 1.0 {
            return f64::from(self.rate);
        }
        self.rate.to_string().parse().unwrap_or_default()
    }
}

/// What is known of a trace that begins here.
#[derive(Debug, Default)]
pub(super) struct Head<'a> {
    pub(super) transaction: Option<&'a str>,
    pub(super) sampled: Option<bool>,
    pub(super) draw: Option<Draw>,
}

impl Head<'_> {
    pub(super) fn freeze(&self, client: &Client, trace_id: TraceId) -> SamplingContext {
        let options = client.options();
        let dsn = client.dsn();
        let most = Limits::default().head_value_bytes;
        let text =
            |value: &Option<std::borrow::Cow<'static, str>>| value.as_deref().map(str::to_owned);
        let org_id = options.org_id.or_else(|| dsn?.org_id());
        let rand = match (&self.draw, &options.traces_sampling_strategy) {
            (Some(draw), _) => Some(draw.rand),
            // Nobody has decided: this is what lets all hops decide alike.
            (None, TracesSamplingStrategy::Disabled) => Some(SampleRand::of(trace_id)),
            // The SDK has thrown its own dice, of which we know nothing.
            (None, _) => None,
        };
        SamplingContext::builder()
            .pair("trace_id", &trace_id.to_string())
            .optional("public_key", dsn.map(|dsn| dsn.public_key()), most)
            .optional("org_id", org_id.map(|id| id.to_string()).as_deref(), most)
            .optional("release", text(&options.release).as_deref(), most)
            .optional("environment", text(&options.environment).as_deref(), most)
            .optional(
                "transaction",
                self.transaction.filter(|name| !name.is_empty()),
                most,
            )
            .optional(
                "sample_rate",
                self.draw.map(|draw| draw.rate.to_string()).as_deref(),
                most,
            )
            .optional(
                "sample_rand",
                rand.map(|rand| rand.to_string()).as_deref(),
                most,
            )
            .optional(
                "sampled",
                self.sampled
                    .map(|sampled| if sampled { "true" } else { "false" }),
                most,
            )
            .build()
    }
}
