//! The one number by which every hop decides alike whether a trace is kept.

use std::fmt;

use crate::{SamplingContext, TraceId};

const STEPS: u32 = 1_000_000;

/// A number in [0, 1) with six decimals; a trace is sampled exactly if it is below the rate.
///
/// ```
/// use sentry_propagation::SampleRand;
///
/// let rand = SampleRand::parse("0.250000").expect("in range");
/// assert!(!rand.is_below(0.25) && rand.is_below(0.250001));
/// assert_eq!(rand.to_string(), "0.250000");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct SampleRand(f64);

impl SampleRand {
    /// Reads the number that a head drew.
    pub fn parse(text: &str) -> Option<Self> {
        let number: f64 = text.parse().ok()?;
        (0.0..1.0).contains(&number).then_some(Self(number))
    }

    /// Draws the number from the random part of the trace id.
    ///
    /// Whoever has to draw for a trace, in whichever hop and however often, draws the same: with no number carried
    /// and no place to keep one, a trace is still kept whole or not at all.
    pub fn of(trace_id: TraceId) -> Self {
        let mut low = [0; 8];
        // W3C promises randomness for the right-most seven bytes only.
        low[1..].copy_from_slice(&trace_id.to_bytes()[9..]);
        let step = u64::from_be_bytes(low) % u64::from(STEPS);
        Self(step as f64 / f64::from(STEPS))
    }

    /// The number that the head sent along, else the one that the trace id gives.
    pub fn carried(context: &SamplingContext, trace_id: TraceId) -> Self {
        context
            .decoded("sample_rand")
            .and_then(|text| Self::parse(&text))
            .unwrap_or_else(|| Self::of(trace_id))
    }

    /// The decision at a rate.
    pub fn is_below(self, rate: f64) -> bool {
        self.0 < rate
    }

    /// Moves the number to the side of `rate` on which a decision already taken lies.
    pub fn consistent_with(self, sampled: bool, rate: f64) -> Option<Self> {
        if self.is_below(rate) == sampled {
            return Some(self);
        }
        let steps = f64::from(STEPS);
        let moved = if sampled {
            self.0 * rate
        } else {
            rate + self.0 * (1.0 - rate)
        };
        let floor = (moved * steps).floor();
        // Rounding to six decimals may fall on the wrong side, or there may be no such side (rate 0 or 1).
        [floor, floor + 1.0]
            .into_iter()
            .map(|step| Self(step / steps))
            .find(|rand| rand.0 < 1.0 && rand.is_below(rate) == sampled)
    }
}

impl fmt::Display for SampleRand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}
