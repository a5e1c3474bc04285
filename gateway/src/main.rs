//! The gateway's process: a checklist.

use std::process::ExitCode;

use clap::Parser;
use throughline_gateway::{Limits, Options, app, serve};
use throughline_service_kit::{self as service_kit, Shutdown, Telemetry, TelemetryOptions};

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

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let command: Command = service_kit::parse();
    let telemetry = Telemetry::init(SERVICE, &command.telemetry);
    let shutdown = Shutdown::on_signals();
    let limits = Limits::default();
    let app = match app(&command.gateway, &limits, &telemetry) {
        Ok(app) => app,
        Err(error) => {
            // Options that are good one by one and do not fit together.
            tracing::error!("{error}");
            return Ok(ExitCode::from(service_kit::options::EXIT_USAGE));
        }
    };
    let listener = service_kit::listen(command.gateway.listen).await?;
    service_kit::announce(SERVICE, listener.local_addr()?);
    serve(listener, app, limits, shutdown).await;
    telemetry.close().await;
    Ok(ExitCode::SUCCESS)
}
