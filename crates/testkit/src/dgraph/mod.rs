//! Dgraph for tests: a real one, if there is one, and a double of its `api.Dgraph` that answers as a real one did, and
//! fails in the ways that a real one will not show on demand. It knows no graph of ours.

mod cluster;
mod fake;
mod fault;
mod ledger;
mod node;
mod own;
mod ports;
mod real;
mod recordings;
mod relay;
mod service;
mod spans;

pub use cluster::{ClusterOptions, DgraphCluster};
pub use fake::{FakeDgraph, Recorded};
pub use fault::DgraphFault;
pub use own::OwnDgraph;
pub use real::{RealDgraph, lock_real, program, skipped};
