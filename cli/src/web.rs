//! A grpc-web transport over HTTP/1.1, as a browser's fetch is one. Knows no
//! service.

use http::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sentry_tonic::ClientLayer;
use throughline_service_kit::{self as service_kit, Telemetry};
use tonic::Status;
use tonic::body::Body;
use tonic_web::{GrpcWebCall, GrpcWebClientLayer};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt as _};

/// Connects to the authority of each request; calls are traced.
pub(crate) fn transport(
    telemetry: &Telemetry,
) -> Result<BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>, service_kit::Error> {
    let connector = service_kit::connector(telemetry, false)?;
    let client: Client<_, GrpcWebCall<Body>> =
        Client::builder(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .map_response(|response: Response<_>| response.map(Body::new))
        .layer(telemetry.client_layer(ClientLayer::new()))
        .layer(GrpcWebClientLayer::new())
        // Under the layers, so that they see what happened and not how.
        .map_err(told)
        .service(client);
    Ok(BoxCloneSyncService::new(service.map_err(BoxError::from)))
}

/// A connection that cannot be had is UNAVAILABLE, as tonic's own channel says.
fn told(error: hyper_util::client::legacy::Error) -> Status {
    let mut why = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        why = format!("{why}: {cause}");
        source = cause.source();
    }
    Status::unavailable(why)
}
