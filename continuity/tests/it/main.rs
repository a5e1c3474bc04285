//! The whole chain, each hop a process of its own, held to what the README promises.

mod collector_faults;
mod interop;
mod layers_removed;
mod operations;
mod matrix;
mod panic;
mod readme;
mod sdks;
mod seen_between_hops;
mod up;
