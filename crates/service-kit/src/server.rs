//! A gRPC server as every service runs it: health and reflection outside of tracing, our layers around the
//! rest, and a stop that first says NOT_SERVING, then lets calls end, for no longer than the bound.
//! It knows no service's methods.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use sentry_tonic::ServerLayer;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::server::TcpConnectInfo;
use tower::{ServiceBuilder, ServiceExt as _};

use crate::connections::{CallTasks, Connections, Terms};
use crate::deadline::DrainEnd;
use crate::framing::{AnswerLayer, FramingLayer, SingleRequest};
use crate::metrics::{Names, ObserveLayer};
use crate::shed::ShedLayer;
use crate::{Error, FaultLayer, Limits, ServerDeadlineLayer, Shutdown, Switched, Telemetry, Tls};

/// A server in the making.
#[must_use = "it serves nothing before `serve`"]
pub struct GrpcServer {
    routes: Routes,
    health: tonic_health::server::HealthReporter,
    names: Vec<&'static str>,
    descriptors: Vec<&'static [u8]>,
    trace: Switched<ServerLayer>,
    fault: FaultLayer,
    tls: Option<Tls>,
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
            tls: None,
            limits: telemetry.limits().clone(),
        }
    }

    /// Other bounds than the defaults.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Speaks TLS, if there is a certificate.
    pub fn tls(mut self, tls: Option<Tls>) -> Self {
        self.tls = tls;
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
                Request<Body>,
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
        let limits = self.limits;
        let methods = SingleRequest::of(self.descriptors.iter().copied());
        let drain_end = DrainEnd::default();
        let call = ServiceBuilder::new()
            .layer(ObserveLayer::new(Names::of(methods.paths())))
            .layer(ShedLayer::new(&limits))
            .layer(FramingLayer::new(methods, limits.message_bytes))
            .layer(self.trace)
            .layer(AnswerLayer::new(limits.answer_bytes))
            .layer(ServerDeadlineLayer::new(&limits).ending_with(drain_end.clone()))
            .layer(self.fault)
            .service(self.routes.prepare());
        let local_addr = listener.local_addr().ok();
        let service = |peer: SocketAddr| {
            let connection = TcpConnectInfo {
                local_addr,
                remote_addr: Some(peer),
            };
            TowerToHyperService::new(call.clone().map_request(
                move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(connection.clone());
                    request.map(Body::new)
                },
            ))
        };
        let room = Arc::new(Semaphore::new(limits.connections));
        let admit = |_| room.clone().try_acquire_owned().or(Err("connections"));
        let connections = Connections::new(
            |calls| http(calls, &limits),
            terms(&limits),
            self.tls,
            admit,
        );
        let stopping = Shutdown::new();
        let (open, ()) = tokio::join!(
            connections.serve(listener, service, stopping.clone()),
            stop(shutdown, self.health, self.names, stopping),
        );
        open.drain(limits.drain, limits.drain_end, &drain_end).await;
        Ok(())
    }
}

fn terms(limits: &Limits) -> Terms {
    Terms {
        greeting: limits.greeting,
        age: limits.connection_age,
        grace: limits.connection_grace,
        close_wait: limits.close_wait,
        accept_pause: limits.accept_pause,
    }
}

fn http(calls: CallTasks, limits: &Limits) -> auto::Builder<CallTasks> {
    let mut http = auto::Builder::new(calls).http2_only();
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.concurrent_streams)
        .max_pending_accept_reset_streams(limits.pending_resets)
        .max_local_error_reset_streams(limits.error_resets)
        .max_header_list_size(limits.header_list_bytes)
        .initial_stream_window_size(limits.stream_window_bytes)
        .initial_connection_window_size(limits.connection_window_bytes)
        .keep_alive_interval(limits.keepalive_interval)
        .keep_alive_timeout(limits.keepalive_timeout);
    http
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
    server: Shutdown,
) {
    shutdown.requested().await;
    for name in names.iter().copied().chain([""]) {
        health
            .set_service_status(name, tonic_health::ServingStatus::NotServing)
            .await;
    }
    server.request();
}
