//! A service as small as one can be, on the frame that all services share. The tests of this crate start it as
//! a process of its own, because subscriber, client and panic hook belong to a process.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use clap::Parser;
use throughline_service_kit::{
    self as service_kit, GrpcServer, Shutdown, Telemetry, TelemetryOptions,
};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tracing::{Instrument, info_span};

#[derive(Parser)]
struct Options {
    /// The address to listen on
    #[arg(long, env = "PROBE_LISTEN", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    #[command(flatten)]
    telemetry: TelemetryOptions,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options: Options = service_kit::parse();
    let telemetry = Telemetry::init("probe", &options.telemetry);
    let shutdown = Shutdown::on_signals();
    let listener = service_kit::listen(options.listen).await?;
    service_kit::announce("probe", listener.local_addr()?);
    GrpcServer::new(&telemetry)
        .add_service(Probe)
        .serve(listener, shutdown)
        .await?;
    telemetry.close().await;
    Ok(())
}

#[derive(Clone)]
struct Probe;

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
        let handler = tower::service_fn(move |_: Request<()>| act(path.clone()));
        let mut server = tonic::server::Grpc::new(ProstCodec::<(), ()>::default());
        Box::pin(async move { Ok(server.unary(handler, request).await) })
    }
}

async fn act(path: String) -> Result<Response<()>, Status> {
    let (_, method) = path.rsplit_once('/').unwrap_or_default();
    match method {
        "Log" => info_span!("work").in_scope(|| tracing::error!(answer = 42, "something to say")),
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
        "Stall" => std::future::pending().await,
        _ => {}
    }
    Ok(Response::new(()))
}
