//! The crate as its users see it, one module for each promise.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod formats;
mod hop;
mod hostile;
mod incoming;
mod organisation;
mod outgoing;
mod pass_on;
mod propagation;
mod registry;
mod sampling;
mod transport;
mod trust;
