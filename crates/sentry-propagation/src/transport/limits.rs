//! The bounds of the transport. It knows no environment.

use std::time::Duration;

/// Bounds of the transport: what it holds, how long it waits, how much it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Envelopes held at once, waiting or being sent; the next one is dropped and counted.
    pub queue_envelopes: usize,
    /// Bytes held at once: those to be sent, and until an envelope is serialised an estimate of what it takes in memory.
    /// One envelope beyond it is dropped and counted.
    pub queue_bytes: usize,
    /// Requests under way at once.
    pub requests_in_flight: usize,
    /// How long a connection to the collector may take.
    pub connect: Duration,
    /// How long a request may take as a whole, so that an answer of one byte a second is cut too.
    pub request: Duration,
    /// How long a flush waits at most, whatever its caller asked for.
    pub flush: Duration,
    /// How long a shutdown waits at most, whatever its caller asked for.
    pub shutdown: Duration,
    /// How much longer a shutdown waits for what hangs to be aborted and counted.
    pub abort: Duration,
    /// Bytes of an answer's head that are read. hyper knows no less than 8 KiB.
    pub response_head_bytes: usize,
    /// Bytes of an answer's body that are read before its connection is given up.
    pub response_body_bytes: usize,
    /// The time between two reports of what was lost.
    pub report_interval: Duration,
    /// The longest time for which the collector can ask for silence.
    pub backoff: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_envelopes: 4096,
            queue_bytes: 4 * 1024 * 1024,
            requests_in_flight: 8,
            connect: Duration::from_secs(2),
            request: Duration::from_secs(5),
            flush: Duration::from_secs(2),
            shutdown: Duration::from_secs(2),
            abort: Duration::from_secs(1),
            response_head_bytes: 16 * 1024,
            response_body_bytes: 64 * 1024,
            report_interval: Duration::from_secs(1),
            backoff: Duration::from_secs(60 * 60),
        }
    }
}
