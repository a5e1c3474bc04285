//! Every bound of the client, by name.

use std::time::Duration;

/// The bounds of a client.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a connection may take to be made.
    pub connect: Duration,
    /// How long a call may take where its caller has no deadline, or a later one.
    pub call: Duration,
    /// How long an alpha may take to say that it is ready.
    pub probe: Duration,
    /// Bytes of an answer.
    pub answer_bytes: usize,
    /// How often one request is sent, alphas that did nothing included.
    pub attempts: usize,
    /// How often a transaction is begun again after it was aborted.
    pub transactions: usize,
    /// The first pause before something is tried again; it doubles, up to `longest_pause`, and is jittered.
    pub first_pause: Duration,
    /// The longest such pause.
    pub longest_pause: Duration,
    /// How long an alpha that failed is left alone, if there is another.
    pub rest: Duration,
    /// How often a connection is asked whether it is alive.
    pub keepalive_interval: Duration,
    /// How long it may take to answer that.
    pub keepalive_timeout: Duration,
    /// How long an abandoned transaction's discard may take.
    pub discard: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            call: Duration::from_secs(30),
            probe: Duration::from_secs(2),
            answer_bytes: 256 << 20,
            attempts: 4,
            transactions: 16,
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_millis(500),
            rest: Duration::from_secs(1),
            keepalive_interval: Duration::from_secs(20),
            keepalive_timeout: Duration::from_secs(10),
            discard: Duration::from_secs(5),
        }
    }
}

impl Limits {
    /// The pause before the attempt with this number, from 1: half of it is chance, so that those who met do not meet again.
    pub(crate) fn pause(&self, attempt: usize) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1))
            .unwrap_or(u32::MAX)
            .min(16);
        let full = self
            .first_pause
            .saturating_mul(1 << doublings)
            .min(self.longest_pause);
        full.mul_f64(rand::random_range(0.5..=1.0))
    }
}
