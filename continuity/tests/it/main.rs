//! The whole chain, each hop a process of its own, held to what the README promises.

mod clients;
mod cluster;
mod collector_faults;
mod compose;
mod dgraph_spans;
mod drained;
mod growth;
mod health;
mod import_resumed;
mod inspector;
mod interop;
mod killed;
mod layers_removed;
mod matrix;
mod operations;
mod pairs;
mod panic;
mod readme;
mod reflection;
mod sdks;
mod seen_between_hops;
mod status_agrees;
mod up;
mod up_dgraph;
mod whole_or_not;
