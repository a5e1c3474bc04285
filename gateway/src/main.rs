//! The gateway's process: a checklist.

use std::process::ExitCode;

use clap::Parser;
use throughline_gateway::{Options, Peers, Workers, seats, serve};
use throughline_service_kit::{
    self as service_kit, DrainEnd, Shutdown, Telemetry, TelemetryOptions, Tls,
};

const SERVICE: &str = "gateway";

/// The browser's way in: grpc-web to gRPC.
#[derive(Parser)]
#[command(name = "throughline-gateway", version)]
struct Command {
    #[command(flatten)]
    gateway: Options,
    #[command(flatten)]
    telemetry: TelemetryOptions,
}

// Calls are served on threads of their own; here connections are taken in.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let command: Command = service_kit::parse();
    let telemetry = Telemetry::init(SERVICE, &command.telemetry);
    let shutdown = Shutdown::on_signals();
    let limits = command.gateway.bounds.limits();
    let peers = Peers::new(&limits);
    let drain_end = DrainEnd::default();
    let workers = Workers::start()?;
    let seats = match seats(
        &workers,
        &command.gateway,
        &limits,
        &peers,
        &telemetry,
        &drain_end,
    ) {
        Ok(seats) => seats,
        Err(error) => {
            // Options that are good one by one and do not fit together.
            tracing::error!("{error}");
            return Ok(ExitCode::from(service_kit::options::EXIT_USAGE));
        }
    };
    if let Some(address) = command.gateway.metrics_listen {
        service_kit::metrics::serve(address, &telemetry, shutdown.clone()).await?;
    }
    let (certificate, key) = (&command.gateway.tls_cert, &command.gateway.tls_key);
    let files = certificate.as_ref().zip(key.as_ref());
    let tls = match Tls::of(files, telemetry.limits(), &shutdown) {
        Ok(tls) => tls,
        Err(error) => {
            tracing::error!("GATEWAY_TLS_CERT, GATEWAY_TLS_KEY: {error}");
            return Ok(ExitCode::from(service_kit::options::EXIT_USAGE));
        }
    };
    let listener = service_kit::listen(command.gateway.listen).await?;
    let announce = match tls {
        Some(_) => service_kit::announce_tls,
        None => service_kit::announce,
    };
    announce(SERVICE, listener.local_addr()?);
    serve(listener, seats, peers, limits, tls, shutdown, drain_end).await;
    drop(workers);
    telemetry.close().await;
    Ok(ExitCode::SUCCESS)
}
