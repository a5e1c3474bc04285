//! The server's side: each call a transaction that ends with its trailers.
//!
//! ```
//! use sentry_tonic::{Code, ErrorEvents, ServerLayer};
//!
//! let layer = ServerLayer::new()
//!     .error_events(ErrorEvents::When(|code| code == Code::DataLoss))
//!     .tag_baggage(["tenant"])
//!     .record_metadata(["x-request-id"]);
//! // tonic::transport::Server::builder().layer(layer).add_service(...)
//! # let _ = tower_layer::Layer::layer(&layer, ());
//! ```

mod body;
mod call;
mod future;
mod layer;
mod relayed;
mod service;

pub use body::ServerBody;
pub use future::ServerFuture;
pub use layer::{ErrorEvents, ServerLayer};
pub use relayed::Relayed;
pub use service::ServerService;
