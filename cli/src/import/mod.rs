//! `graph import`: another tool's data, as nodes and edges.
//!
//! Reading and mapping come first and whole; nothing is sent before all of it
//! is known to be fit to send.

mod assembly;
mod batches;
mod bytes;
mod cargo;
mod csv;
mod graph;
mod json;
mod licences;
mod metadata;
mod npm;
mod progress;
mod rdf;
mod run;
mod send;
mod source;

use std::time::Duration;

#[cfg(test)]
pub(crate) use graph::Graph;
pub(crate) use progress::Progress;
pub(crate) use rdf::is_language;
pub(crate) use run::run;
pub(crate) use send::bearer;
pub(crate) use source::Source;
#[cfg(test)]
pub(crate) use source::read_graph;
pub use source::{Format, read_bytes};

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
    /// At most so many bytes in the name of a type or property: the service's own bound.
    pub(crate) name_bytes: usize,
    /// At most so many properties of a node or edge: the service's own bound.
    pub(crate) properties: usize,
    /// At most so many bytes in their names and texts: the service's own bound.
    pub(crate) properties_bytes: usize,
    /// At most so many nodes and edges in all: they are held in memory.
    pub(crate) items: usize,
    /// At most so many bytes in a line of a file.
    pub(crate) line_bytes: usize,
    /// At most so many bytes in a file that is read whole.
    pub(crate) file_bytes: u64,
    /// At most so many batches in one call, after which they are known to be in.
    pub(crate) call_batches: usize,
    /// How long to wait before a call is tried again; twice as long each time.
    pub(crate) first_wait: Duration,
    /// How long to wait at most.
    pub(crate) longest_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_items: 5_000,
            batch_bytes: 2 << 20,
            id_bytes: 512,
            text_bytes: 1 << 20,
            name_bytes: 64,
            properties: 256,
            properties_bytes: 4 << 20,
            items: 20_000_000,
            line_bytes: 16 << 20,
            file_bytes: 1 << 30,
            call_batches: 8,
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(5),
        }
    }
}
