//! `opentelemetry.proto.collector.trace.v1.TraceService` as OTLP's exporters call it.

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use throughline_trace_model::{Source, from_otlp};
use tonic::codec::CompressionEncoding;
use tonic::{Request, Response, Status};

use super::Intake;
use crate::app::now;

/// The service, on whichever port.
pub(super) fn service(intake: Intake) -> TraceServiceServer<Export> {
    let bytes = intake.app.limits.body_bytes;
    TraceServiceServer::new(Export(intake))
        .accept_compressed(CompressionEncoding::Gzip)
        // Of the message as it is after decompression.
        .max_decoding_message_size(bytes)
}

pub(super) struct Export(Intake);

#[tonic::async_trait]
impl TraceService for Export {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let source = Source {
            received: now(),
            ..Source::default()
        };
        // A closed semaphore does not occur: it lives as long as the app.
        let permit = self.0.app.pending.clone().acquire_owned().await;
        let limits = throughline_trace_model::Limits::default();
        let decoded = from_otlp(request.into_inner().resource_spans, &source, &limits);
        let stored = self.0.accept(decoded, source).await;
        drop(permit);
        stored.map_err(|error| {
            tracing::warn!(%error, "spans were not stored");
            Status::unavailable("the spans were not stored; send them again")
        })?;
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}
