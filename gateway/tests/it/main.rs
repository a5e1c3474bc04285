//! The gateway between real clients and a real tonic service, over real sockets.

mod calls;
mod edge;
mod failures;
mod metadata;
mod stack;
mod trace;
mod upstream;
