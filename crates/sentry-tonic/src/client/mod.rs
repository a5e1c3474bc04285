//! The client's side: each call a span of its caller's, with the trace in its
//! metadata.
//!
//! ```
//! use sentry_tonic::ClientLayer;
//!
//! let layer = ClientLayer::new()
//!     .target("graph.internal:50051")
//!     .propagate_to(|authority| authority.ends_with(".internal:50051"));
//! // let client = GraphServiceClient::new(layer.layer(channel));
//! # let _ = tower_layer::Layer::layer(&layer, ());
//! ```

mod body;
mod call;
mod future;
mod layer;
mod service;

pub use body::ClientBody;
pub use future::ClientFuture;
pub use layer::ClientLayer;
#[cfg(feature = "tonic")]
pub(crate) use layer::Target;
pub use service::ClientService;
