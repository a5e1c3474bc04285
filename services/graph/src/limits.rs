//! The bounds of the protocol; those of the graph itself are the store's.

use std::time::Duration;

/// Bounds on messages and streams.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one request message: a batch of 5 000 with some room.
    pub request_bytes: usize,
    /// Reads or batches of one streaming call that are traced statement by statement;
    /// the others are counted. A transaction holds no more than 1 000 spans.
    pub traced_steps: usize,
    /// How long a watch is silent at most.
    pub heartbeat: Duration,
    /// How many changes may be committed while a watcher does not take what it was sent.
    pub watch_lag: usize,
    /// Paths in a read mask.
    pub mask_paths: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 16 << 20,
            traced_steps: 50,
            heartbeat: Duration::from_secs(15),
            watch_lag: 20_000,
            mask_paths: 100,
        }
    }
}
