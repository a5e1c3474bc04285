//! The crate through its public interface, with envelopes as clients send them and
//! chains broken in each way that is known.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod breaks;
mod checks;
mod decode;
mod hostile;
mod otlp;
mod phases;
mod quiet;
mod scene;
