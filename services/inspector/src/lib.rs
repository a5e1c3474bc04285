//! The inspector: a Sentry-protocol collector that shows a trace and says why it broke.
//!
//! One port takes envelopes from unmodified clients and answers `TraceService` as gRPC
//! and grpc-web. It runs as `throughline inspect`. It sends no telemetry of its own, so
//! that it never stands in what it shows. How a trace is read stands in `trace-model`.
//!
//! ```
//! use throughline_inspector::{Inspector, Options};
//!
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
//! let dir = tempfile::tempdir().unwrap();
//! let options = Options { listen: "127.0.0.1:0".parse().unwrap(), ..Options::in_dir(dir.path()) };
//! let inspector = Inspector::start(&options).await.unwrap();
//! assert_ne!(inspector.local_addr().port(), 0);
//! inspector.stop().await.unwrap();
//! # });
//! ```
mod api;
mod app;
mod error;
mod guard;
mod ingest;
mod limits;
mod options;
mod otlp;
mod server;

pub use error::Error;
pub use limits::Limits;
pub use options::Options;
pub use otlp::Listen;
pub use server::{Inspector, run};
