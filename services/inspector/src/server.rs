//! Puts the parts on one port, and stops them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::serve::ListenerExt as _;
use http::header::HeaderName;
use throughline_api::inspector::v1::trace_service_server::{SERVICE_NAME, TraceServiceServer};
use throughline_service_kit::{Shutdown, announce, listen, spawn};
use throughline_trace_store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic_web::GrpcWebLayer;
use tower::Layer as _;

use crate::app::App;
use crate::{Error, Limits, Options, api, guard, ingest, otlp};

/// A running inspector. Dropped, it goes on until the process ends.
#[derive(Debug)]
pub struct Inspector {
    local_addr: SocketAddr,
    otlp_addrs: Vec<SocketAddr>,
    shutdown: Shutdown,
    task: JoinHandle<Result<(), Error>>,
}

impl Inspector {
    /// Starts one with the default limits.
    ///
    /// # Errors
    /// If its store cannot be opened or its address not be taken.
    pub async fn start(options: &Options) -> Result<Self, Error> {
        Self::start_with(options, Limits::default(), Shutdown::new()).await
    }

    /// Starts one that stops when `shutdown` is requested.
    ///
    /// # Errors
    /// If its store cannot be opened or its address not be taken.
    pub async fn start_with(
        options: &Options,
        limits: Limits,
        shutdown: Shutdown,
    ) -> Result<Self, Error> {
        let bounds = throughline_trace_store::Limits {
            bytes: options.max_bytes.as_u64(),
            age: options.max_age,
            queue: limits.pending_envelopes * 2,
            ..throughline_trace_store::Limits::default()
        };
        let dir = options.data_dir.clone();
        let store = throughline_service_kit::spawn_blocking(move || Store::open(&dir, bounds));
        let store = store.await??;
        let listener = listen(options.listen).await?;
        let local_addr = listener.local_addr()?;
        let app = App::new(store, limits, shutdown.clone());
        let intake = otlp::Intake::new(app.clone(), &options.noisy);
        intake.follow();
        let mut otlp_addrs = Vec::new();
        for listener in otlp::listeners(options).await? {
            let router = otlp::router(intake.clone());
            otlp_addrs.push(listener.local_addr()?);
            // It ends with the inspector, whose own answer is the one that counts.
            drop(spawn(serve(listener, router, app.clone())));
        }
        let router = router(app.clone(), options).merge(otlp::router(intake));
        let task = spawn(serve(listener, router, app));
        Ok(Self {
            local_addr,
            otlp_addrs,
            shutdown,
            task,
        })
    }

    /// The address it took.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The addresses that it took for OTLP besides, gRPC's first.
    #[must_use]
    pub fn otlp_addrs(&self) -> &[SocketAddr] {
        &self.otlp_addrs
    }

    /// Stops it: open calls are given `Limits::drain` to end.
    ///
    /// # Errors
    /// If it had failed before.
    pub async fn stop(self) -> Result<(), Error> {
        self.shutdown.request();
        self.task.await?
    }

    /// Waits until it ends.
    ///
    /// # Errors
    /// If it failed.
    pub async fn ended(self) -> Result<(), Error> {
        self.task.await?
    }
}

/// Runs the inspector until `shutdown` is requested, and says where it listens.
///
/// # Errors
/// If it cannot start, or fails.
pub async fn run(options: Options, shutdown: Shutdown) -> Result<(), Error> {
    let inspector = Inspector::start_with(&options, Limits::default(), shutdown).await?;
    announce("inspector", inspector.local_addr());
    for address in inspector.otlp_addrs() {
        tracing::info!(%address, "takes OTLP");
    }
    inspector.ended().await
}

fn router(app: App, options: &Options) -> Router {
    let traces = TraceServiceServer::new(api::Traces::new(app.clone()));
    // Around this route alone: it answers 400 to whatever is neither gRPC nor grpc-web.
    let traces = GrpcWebLayer::new().layer(traces);
    let hosts: Arc<[String]> = options.allow_hosts.clone().into();
    let reads = Router::new()
        .route_service(&format!("/{SERVICE_NAME}/{{method}}"), traces)
        .layer(guard::cors(&options.allow_hosts))
        .layer(from_fn_with_state(hosts, guard::guard));
    Router::new()
        .route("/health", axum::routing::get(health))
        .merge(reads)
        .merge(ingest::router(app))
}

/// Spotlight's clients look for this header before they send.
async fn health() -> ([(HeaderName, &'static str); 1], &'static str) {
    (
        [(
            HeaderName::from_static("x-powered-by"),
            "spotlight-by-sentry",
        )],
        "OK",
    )
}

async fn serve(listener: TcpListener, router: Router, app: App) -> Result<(), Error> {
    let listener = listener.tap_io(|stream| {
        // Only costs delay where it fails.
        drop(stream.set_nodelay(true));
    });
    let shutdown = app.shutdown.clone();
    let drain = app.limits.drain;
    let graceful = axum::serve(listener, router)
        .with_graceful_shutdown(async move { shutdown.requested().await })
        .into_future();
    let bound = async {
        app.shutdown.requested().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        ended = graceful => Ok(ended?),
        () = bound => Ok(()),
    }
}
