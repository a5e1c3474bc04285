//! The chain as the continuity tests drive it: gateway and graph as processes of
//! their own, a proxy that records what passes before each, and a caller that
//! speaks grpc-web as a browser does.
//!
//! It knows binaries and variables, and none of the services' code.
#![expect(
    clippy::disallowed_methods,
    reason = "what a driver spawns has no hub, span or deadline to carry"
)]

mod caller;
mod chain;
mod counts;
mod envelope;
mod judge;
pub mod matrix;
mod root;
mod stack;

pub use caller::{Caller, Head, Transport};
pub use chain::{Chain, ChainOptions, WRITE_TOKEN, letters, put_edge, put_node};
pub use counts::{Progress, count, figure, seeded};
pub use envelope::{StoredHeader, stored_headers};
pub use judge::{Expected, judge};
pub use root::Root;
pub use stack::{Stack, StackBuilder, Telemetry};
