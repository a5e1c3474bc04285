//! OTLP traces: `POST /v1/traces` (protobuf and JSON, gzip) and gRPC's
//! `TraceService/Export`, on the inspector's own port and on OpenTelemetry's.
//!
//! A noisy source, such as Dgraph, exports whatever it does, asked for or not: of such a
//! one only spans of traces that another hop reported are kept. What spans mean stands in
//! `trace-model`.

mod grpc;
mod http;
mod intake;
mod listener;
mod siblings;
mod waiting;

pub use listener::Listen;

pub(crate) use intake::Intake;
pub(crate) use listener::{DEFAULT_GRPC, DEFAULT_HTTP, listeners};

use axum::Router;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::SERVICE_NAME;

/// Where OTLP comes in, over HTTP and over gRPC.
pub(crate) fn router(intake: Intake) -> Router {
    let calls = grpc::service(intake.clone());
    Router::new()
        .route("/v1/traces", post(http::export))
        .with_state(intake)
        .route_service(&format!("/{SERVICE_NAME}/{{method}}"), calls)
}
