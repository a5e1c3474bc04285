//! The chain as the continuity tests drive it: gateway and graph as processes of
//! their own, a proxy that records what passes before each, and a caller that
//! speaks grpc-web as a browser does.
//!
//! It knows binaries and variables, and none of the services' code.

mod caller;
mod envelope;
mod stack;

pub use caller::{Caller, Head};
pub use envelope::{StoredHeader, stored_headers};
pub use stack::{Stack, StackBuilder, Telemetry};
