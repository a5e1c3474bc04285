//! One Sentry trace through tonic services: tower layers for servers and
//! clients, and interceptors where only those fit.
//!
//! Three lines: one where Sentry starts, and one on each side.
//!
//! ```
//! use tower_layer::Layer;
//!
//! # fn run(channel: ()) {
//! // 1. Where Sentry starts: a transport that never holds up a call.
//! let options = sentry_propagation::client_options().traces_sample_rate(0.25);
//! // let _guard = sentry::init(options);
//! # let _ = options;
//!
//! // 2. The server: tonic::transport::Server::builder().layer(…)
//! let server = sentry_tonic::ServerLayer::new();
//!
//! // 3. The client: GraphServiceClient::new(…)
//! let client = sentry_tonic::ClientLayer::new().layer(channel);
//! # let _: (sentry_tonic::ServerLayer, sentry_tonic::ClientService<()>) = (server, client);
//! # }
//! ```
//!
//! Then every call that is served is a transaction in its caller's trace, with
//! the caller's baggage frozen; every call that is made is a span in it; both
//! end with the status in the trailers, streams included. A panic is one event
//! and INTERNAL to the caller. A process without a Sentry client passes the
//! trace on as it came.
//!
//! # What is where
//!
//! * [`server`][]: [`ServerLayer`], [`ErrorEvents`]
//! * [`client`][]: [`ClientLayer`]
//! * `interceptor` (feature `tonic`): `extract` and `inject`, which see neither
//!   the path nor the response, and so record nothing
//! * [`attributes`][]: the names that calls are recorded under
//!
//! # What to know
//!
//! * A call's hub is current in its `call`, in each poll of its future and of
//!   its body, and when those are dropped. A task that a handler spawns must be
//!   given it, by `SentryFutureExt::bind_hub` and
//!   [`TraceContext::bind`](sentry_propagation::TraceContext::bind). The body
//!   of a *client's* request is polled by the connection, outside of any call.
//! * On the server, our layer goes outside of what may fail a call and inside
//!   of tonic-web; grpc-web itself is let through untraced. tonic's own load
//!   shedding and timeouts are outside of all layers: what they refuse is not
//!   seen.
//! * A span that is active when a call comes in, as that of tonic's `trace_fn`
//!   under `sentry-tracing`, is the call's parent, unless the caller's trace is
//!   another. Do not put `sentry-tower`'s transactions around our layer: they
//!   end with the head, and what ends later in them is lost.
//! * Without the feature `tonic` nothing here depends on tonic.

pub mod attributes;
pub mod client;
mod deadline;
mod ending;
mod failure;
mod injected;
#[cfg(feature = "tonic")]
pub mod interceptor;
mod limits;
mod method;
mod panic;
mod sdk;
pub mod server;
mod status;

pub use client::{ClientBody, ClientFuture, ClientLayer, ClientService};
pub use deadline::parse_timeout;
pub use limits::Limits;
pub use method::RpcMethod;
pub use sentry_propagation::{IncomingTrace, Trust};
pub use server::{ErrorEvents, Relayed, ServerBody, ServerFuture, ServerLayer, ServerService};
pub use status::Code;
