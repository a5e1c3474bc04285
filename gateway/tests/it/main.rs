//! The gateway between real clients and a real tonic service, over real sockets.
#![allow(clippy::disallowed_methods, reason = "a test server is in no trace")]

mod calls;
mod config;
mod edge;
mod failures;
mod hostile;
mod linger;
mod metadata;
mod stack;
mod tls;
mod trace;
mod upstream;
