//! The bounds of the protocol; those of the graph itself are the store's.

/// Bounds on messages.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one request message: a batch of 5 000 with some room.
    pub request_bytes: usize,
    /// Paths in a read mask.
    pub mask_paths: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 16 << 20,
            mask_paths: 100,
        }
    }
}
