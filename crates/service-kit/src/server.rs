//! A gRPC server as every service runs it: health and reflection outside of tracing, our layers around the
//! rest, and a stop that first says NOT_SERVING, then lets calls end, for no longer than the bound.
//! It knows no service's methods.

use sentry_tonic::ServerLayer;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;

use crate::deadline::DrainEnd;
use crate::framing::{FramingLayer, SingleRequest};
use crate::metrics::{Names, ObserveLayer};
use crate::{Error, FaultLayer, Limits, ServerDeadlineLayer, Shutdown, Switched, Telemetry};

/// A server in the making.
#[must_use = "it serves nothing before `serve`"]
pub struct GrpcServer {
    routes: Routes,
    health: tonic_health::server::HealthReporter,
    names: Vec<&'static str>,
    descriptors: Vec<&'static [u8]>,
    trace: Switched<ServerLayer>,
    fault: FaultLayer,
    limits: Limits,
}

impl GrpcServer {
    /// A server of the process that `telemetry` belongs to. It answers health checks.
    pub fn new(telemetry: &Telemetry) -> Self {
        let (health, health_service) = tonic_health::server::health_reporter();
        Self {
            routes: Routes::new(health_service),
            health,
            names: Vec::new(),
            descriptors: Vec::new(),
            trace: telemetry.server_layer(ServerLayer::new()),
            fault: FaultLayer::new(telemetry),
            limits: telemetry.limits().clone(),
        }
    }

    /// Other bounds than the defaults.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers reflection from this descriptor set, as `prost` encodes it, and holds calls to what it says of how many
    /// messages a method takes.
    pub fn reflection(mut self, descriptor_set: &'static [u8]) -> Self {
        self.descriptors.push(descriptor_set);
        self
    }

    /// Serves `service` too.
    pub fn add_service<S>(mut self, service: S) -> Self
    where
        S: Service<
                http::Request<Body>,
                Response = http::Response<Body>,
                Error = std::convert::Infallible,
            > + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes = self.routes.add_service(service);
        self
    }

    /// Serves on `listener` until `shutdown` is requested and calls have ended or `Limits::drain` is over.
    pub async fn serve(mut self, listener: TcpListener, shutdown: Shutdown) -> Result<(), Error> {
        if !self.descriptors.is_empty() {
            // Many tools still ask by the older name.
            let service = reflection(&self.descriptors).build_v1()?;
            let older = reflection(&self.descriptors).build_v1alpha()?;
            self.routes = self.routes.add_service(service).add_service(older);
        }
        for name in &self.names {
            self.health
                .set_service_status(name, tonic_health::ServingStatus::Serving)
                .await;
        }
        let methods = SingleRequest::of(self.descriptors.iter().copied());
        let names = Names::of(methods.paths());
        let framing = FramingLayer::new(methods, self.limits.message_bytes);
        let stop = stop(shutdown.clone(), self.health, self.names);
        let drain_end = DrainEnd::default();
        let deadline = ServerDeadlineLayer::new(&self.limits).ending_with(drain_end.clone());
        let serving = tonic::transport::Server::builder()
            .accept_http1(false)
            .http2_keepalive_interval(Some(self.limits.keepalive_interval))
            .http2_keepalive_timeout(Some(self.limits.keepalive_timeout))
            .max_concurrent_streams(self.limits.concurrent_streams)
            .http2_max_header_list_size(self.limits.header_list_bytes)
            .layer(ObserveLayer::new(names))
            .layer(framing)
            .layer(self.trace)
            .layer(deadline)
            .layer(self.fault)
            .serve_with_incoming_shutdown(
                self.routes.prepare(),
                TcpIncoming::from(listener).with_nodelay(Some(true)),
                stop,
            );
        let bound = async {
            shutdown.requested().await;
            tokio::time::sleep(self.limits.drain).await;
        };
        let mut serving = std::pin::pin!(serving);
        tokio::select! {
            served = &mut serving => return served.map_err(Error::Serve),
            () = bound => {}
        }
        // Ended, not dropped: their callers get a status, and their transactions end with it before telemetry does.
        drain_end.end_calls();
        let served = tokio::time::timeout(self.limits.drain_end, serving).await;
        tracing::warn!(
            drain = ?self.limits.drain,
            calls = drain_end.ended(),
            "calls in flight were ended: they outlasted the drain"
        );
        served.unwrap_or(Ok(())).map_err(Error::Serve)
    }
}

/// Reflection of these descriptor sets and of health.
fn reflection<'a>(descriptors: &[&'a [u8]]) -> tonic_reflection::server::Builder<'a> {
    let builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
    descriptors.iter().fold(builder, |builder, descriptors| {
        builder.register_encoded_file_descriptor_set(descriptors)
    })
}

/// Waits for the request to stop, and says so to whoever asks for health before the server goes.
async fn stop(
    shutdown: Shutdown,
    health: tonic_health::server::HealthReporter,
    names: Vec<&'static str>,
) {
    shutdown.requested().await;
    for name in names.iter().copied().chain([""]) {
        health
            .set_service_status(name, tonic_health::ServingStatus::NotServing)
            .await;
    }
}
