//! The browser's way in: grpc-web to gRPC, without decoding a message.
//!
//! A call passes, from outside in:
//!
//! 1. [`server`]: HTTP/1 and HTTP/2 on one port, TCP_NODELAY, connections and the time for a greeting and a head bounded;
//! 2. CORS for the origins that are listed;
//! 3. the route table ([`routes`]): the methods of the admitted services, by name; anything else is unknown here;
//! 4. the gate ([`gate`]): what a peer may use ([`peers`]), the request's method, content type, Origin and metadata
//!    ([`metadata`]), how long it may last, and whether its trace is trusted;
//! 5. grpc-web to gRPC (`tonic-web`), so that from here on trailers are trailers;
//! 6. metrics, trace, the guard that follows the request's body, deadlines, faults;
//! 7. the proxy ([`proxy`]): an allow-list of headers, then the call to the service.
//!
//! It knows the descriptors of the services behind it, for their names alone: no message is decoded here, so that a new
//! field or message needs no new gateway.
//!
//! ```
//! use throughline_gateway::Methods;
//!
//! let services = ["throughline.graph.v1.GraphService".to_owned()];
//! let methods = Methods::of(throughline_api::FILE_DESCRIPTOR_SET, &services)?;
//! assert!(methods.paths().any(|path| path == "/throughline.graph.v1.GraphService/FindPath"));
//! # Ok::<(), throughline_gateway::Error>(())
//! ```

mod answer;
mod app;
mod body;
mod error;
pub mod gate;
mod guard;
pub mod headers;
mod limits;
mod linger;
pub mod metadata;
mod options;
pub mod origin;
mod pass;
pub mod peers;
pub mod proxy;
pub mod routes;
mod sampled;
pub mod server;
mod trust;
mod workers;

pub use app::{HEALTH, app, seats};
pub use error::Error;
pub use limits::Limits;
pub use options::Options;
pub use origin::Origin;
pub use peers::Peers;
pub use routes::Methods;
pub use server::serve;
pub use trust::TrustMode;
pub use workers::{Seat, Workers};
