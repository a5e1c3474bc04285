//! The service over real sockets.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod binary;
mod bounds;
mod dgraph;
mod errors;
mod export;
mod faults;
mod frame;
mod harness;
mod import;
mod rpcs;
mod secured;
mod steps;
mod token;
mod trace;
mod watch;
