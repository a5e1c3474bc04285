//! A service as small as one can be, on the frame that all services share. The tests of this crate start it as
//! a process of its own, because subscriber, client and panic hook belong to a process.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::task::{Context, Poll};
use std::time::Duration;

use clap::Parser;
use throughline_service_kit::{
    self as service_kit, GrpcServer, Limits, Shutdown, Telemetry, TelemetryOptions, Tls,
};
use tokio_stream::StreamExt as _;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tracing::{Instrument, info_span};

/// More than it takes to stop where nothing is waited for.
const LINGERS: Duration = Duration::from_millis(500);

#[derive(Parser)]
struct Options {
    /// The address to listen on
    #[arg(long, env = "PROBE_LISTEN", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The next one of a chain
    #[arg(long, env = "PROBE_NEXT")]
    next: Option<String>,
    /// Where its metrics can be read
    #[arg(long, env = "PROBE_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    /// The certificate with which it speaks TLS, and the key of it
    #[arg(long, env = "PROBE_TLS", num_args = 2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<PathBuf>>,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    telemetry: TelemetryOptions,
}

/// Bounds that a test can reach. Times are milliseconds.
#[derive(clap::Args)]
struct Bounds {
    #[arg(long)]
    calls: Option<usize>,
    #[arg(long)]
    connections: Option<usize>,
    #[arg(long)]
    message_bytes: Option<usize>,
    #[arg(long)]
    answer_bytes: Option<usize>,
    #[arg(long)]
    drain: Option<u64>,
    #[arg(long)]
    greeting: Option<u64>,
    #[arg(long)]
    age: Option<u64>,
    #[arg(long)]
    grace: Option<u64>,
    #[arg(long)]
    keepalive: Option<u64>,
}

impl Bounds {
    fn limits(&self, mut limits: Limits) -> Limits {
        let set = |bound: &mut usize, value: Option<usize>| *bound = value.unwrap_or(*bound);
        set(&mut limits.calls, self.calls);
        set(&mut limits.connections, self.connections);
        set(&mut limits.message_bytes, self.message_bytes);
        set(&mut limits.answer_bytes, self.answer_bytes);
        let set = |bound: &mut Duration, value: Option<u64>| {
            *bound = value.map_or(*bound, Duration::from_millis);
        };
        set(&mut limits.drain, self.drain);
        set(&mut limits.greeting, self.greeting);
        set(&mut limits.connection_age, self.age);
        set(&mut limits.connection_grace, self.grace);
        set(&mut limits.keepalive_interval, self.keepalive);
        set(&mut limits.keepalive_timeout, self.keepalive);
        limits
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options: Options = service_kit::parse();
    let telemetry = Telemetry::init("probe", &options.telemetry);
    let shutdown = Shutdown::on_signals();
    let listener = service_kit::listen(options.listen).await?;
    if let Some(address) = options.metrics_listen {
        service_kit::metrics::serve(address, &telemetry, shutdown.clone()).await?;
    }
    let limits = options.bounds.limits(telemetry.limits().clone());
    let files = options
        .tls
        .as_deref()
        .and_then(|it| it.first().zip(it.last()));
    let tls = Tls::of(files, &limits, &shutdown)?;
    let announce = match tls {
        Some(_) => service_kit::announce_tls,
        None => service_kit::announce,
    };
    announce("probe", listener.local_addr()?);
    let next = options.next.as_deref();
    let next = next.map(|url| service_kit::channel(url, &telemetry));
    let probe = Probe {
        next: next.transpose()?,
    };
    GrpcServer::new(&telemetry)
        .limits(limits)
        .tls(tls)
        .add_service(probe)
        .serve(listener, shutdown)
        .await?;
    telemetry.close().await;
    Ok(())
}

#[derive(Clone)]
struct Probe {
    next: Option<service_kit::Channel>,
}

impl tonic::server::NamedService for Probe {
    const NAME: &'static str = "test.v1.Probe";
}

impl Service<http::Request<Body>> for Probe {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        let next = self.next.clone();
        let mut server = tonic::server::Grpc::new(ProstCodec::<(), ()>::default());
        if path.ends_with("/Stream") {
            let handler = tower::service_fn(|_: Request<()>| async {
                let messages = tokio_stream::iter([Ok(()), Ok(()), Ok(())]);
                let stream = messages.chain(tokio_stream::pending());
                Ok::<_, Status>(Response::new(stream))
            });
            return Box::pin(async move { Ok(server.server_streaming(handler, request).await) });
        }
        if path.ends_with("/Big") {
            let mut server = tonic::server::Grpc::new(ProstCodec::<String, ()>::default());
            let handler = tower::service_fn(|request: Request<()>| async move {
                let bytes = request.metadata().get("x-bytes");
                let bytes = bytes.and_then(|it| it.to_str().ok()?.parse().ok());
                Ok::<_, Status>(Response::new("x".repeat(bytes.unwrap_or(0))))
            });
            return Box::pin(async move { Ok(server.unary(handler, request).await) });
        }
        let handler = tower::service_fn(move |_: Request<()>| act(path.clone(), next.clone()));
        Box::pin(async move { Ok(server.unary(handler, request).await) })
    }
}

async fn act(path: String, next: Option<service_kit::Channel>) -> Result<Response<()>, Status> {
    let (_, method) = path.rsplit_once('/').unwrap_or_default();
    match method {
        "Log" => info_span!("work").in_scope(|| tracing::error!(answer = 42, "something to say")),
        "Tell" => {
            // As the crate dgraph-tonic does, and what it calls on inside.
            let login = info_span!(target: "dgraph_tonic::stub", "login", password = "canary");
            login.in_scope(|| {
                tracing::error!(target: "dgraph_tonic::stub", "canary");
                info_span!("work").in_scope(|| tracing::error!("something to say"));
            });
        }
        "Panic" => panic!("as asked"),
        "Spawn" => {
            let work = async {
                let inside = async {
                    service_kit::spawn(async { info_span!("task").in_scope(|| ()) }).await
                };
                inside.instrument(info_span!("caller")).await
            };
            work.await
                .map_err(|error| Status::internal(error.to_string()))?;
        }
        "Block" => {
            let blocking = info_span!("caller").in_scope(|| {
                service_kit::spawn_blocking(|| info_span!("blocking").in_scope(|| ()))
            });
            blocking
                .await
                .map_err(|error| Status::internal(error.to_string()))?;
        }
        "Left" => return left(next).await,
        "Stall" => std::future::pending().await,
        "Linger" => {
            tracing::info!("the call has begun");
            let _lingers = Lingers;
            std::future::pending().await
        }
        _ => {}
    }
    Ok(Response::new(()))
}

/// Takes its time to end, as a store does that waits for the statement it has interrupted.
struct Lingers;

impl Drop for Lingers {
    fn drop(&mut self) {
        tracing::info!("its caller has left");
        std::thread::sleep(LINGERS);
    }
}

/// Fails with the nanoseconds that are left here, in a task, in blocking work, and at each probe of the chain behind.
async fn left(next: Option<service_kit::Channel>) -> Result<Response<()>, Status> {
    let left = || service_kit::Deadline::current().map(|it| it.remaining().as_nanos());
    let here = left();
    let task = service_kit::spawn(async move { left() }).await;
    let blocking = service_kit::spawn_blocking(left).await;
    let mut message = [here, task.unwrap_or(None), blocking.unwrap_or(None)]
        .map(|left| left.map_or_else(|| "none".to_owned(), |left| left.to_string()))
        .join(" ");
    if let Some(next) = next {
        let mut grpc = tonic::client::Grpc::new(next);
        grpc.ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let path = http::uri::PathAndQuery::from_static("/test.v1.Probe/Left");
        let codec = ProstCodec::<(), ()>::default();
        let answer = grpc.unary(Request::new(()), path, codec).await;
        message.push(' ');
        message.push_str(answer.err().unwrap_or_else(|| Status::ok("")).message());
    }
    Err(Status::aborted(message))
}
