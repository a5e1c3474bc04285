//! What every `main.rs` calls, so that it reads as a checklist: configuration, telemetry, health,
//! reflection, graceful stop.
//!
//! ```no_run
//! use clap::Parser;
//! use throughline_service_kit::{self as service_kit, GrpcServer, Shutdown, Telemetry, TelemetryOptions};
//!
//! #[derive(Parser)]
//! struct Options {
//!     #[arg(long, env = "GRAPH_LISTEN", default_value = "127.0.0.1:50051")]
//!     listen: std::net::SocketAddr,
//!     #[command(flatten)]
//!     telemetry: TelemetryOptions,
//! }
//!
//! #[tokio::main]
//! async fn main() -> anyhow::Result<()> {
//!     let options: Options = service_kit::parse();
//!     let telemetry = Telemetry::init("graph", &options.telemetry);
//!     let shutdown = Shutdown::on_signals();
//!     let listener = service_kit::listen(options.listen).await?;
//!     service_kit::announce("graph", listener.local_addr()?);
//!     GrpcServer::new(&telemetry).serve(listener, shutdown).await?;
//!     telemetry.close().await;
//!     Ok(())
//! }
//! ```
//!
//! It alone calls `sentry::init` and installs a subscriber. It must not know a service: what differs between
//! services comes in by parameter.

mod allocator;
mod authorities;
mod call_context;
mod client;
pub mod connections;
pub mod deadline;
mod error;
pub mod fault;
pub mod framing;
mod head;
mod limits;
mod listen;
pub mod metrics;
pub mod options;
mod server;
pub mod shed;
mod shutdown;
mod spawn;
mod switched;
mod telemetry;
mod tls;
mod trace_writer;

pub use authorities::Authorities;
pub use client::{Channel, HttpsConnector, channel, channel_within, connector};
pub use deadline::{ClientDeadlineLayer, Deadline, DrainEnd, ServerDeadlineLayer};
pub use error::Error;
pub use fault::{Fault, FaultLayer, FaultService, faults_fired};
pub use limits::Limits;
pub use listen::{announce, announce_tls, listen};
pub use options::{TelemetryOptions, TraceLayers, parse, parse_from};
pub use server::GrpcServer;
pub use shutdown::Shutdown;
pub use spawn::{spawn, spawn_blocking};
pub use switched::{Switched, SwitchedFuture, SwitchedService};
pub use telemetry::{LogFormat, RELEASE, Telemetry, current_trace_id};
pub use tls::{Tls, TlsStream};
pub use trace_writer::TraceWriter;
