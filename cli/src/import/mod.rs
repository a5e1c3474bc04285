//! `graph import`: another tool's data, as nodes and edges.
//!
//! Reading and mapping come first and whole; nothing is sent before all of it
//! is known to be fit to send.

mod batches;
mod cargo;
mod graph;
mod licences;
mod metadata;
mod progress;
mod send;

pub(crate) use send::run;

/// The bounds of an import.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// At most so many nodes and edges in a batch: the service's own bound.
    pub(crate) batch_items: usize,
    /// At most so many bytes in a batch, well under gRPC's usual 4 MiB.
    pub(crate) batch_bytes: usize,
    /// At most so many bytes in an id: the service's own bound.
    pub(crate) id_bytes: usize,
    /// At most so many bytes in a text property: the service's own bound.
    pub(crate) text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_items: 5_000,
            batch_bytes: 2 << 20,
            id_bytes: 512,
            text_bytes: 1 << 20,
        }
    }
}
