//! Calls over real sockets: tonic on both ends, our layers in between.

#![allow(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked as tests for tests"
)]

mod bodies;
mod calls;
mod codes;
mod echo;
mod errors;
mod interceptors;
mod isolation;
mod panics;
mod peer;
mod rows;
mod stage;
mod trace;
mod tracing_layer;
