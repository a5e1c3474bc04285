//! `inspect`: the inspector, as a library of another package, in this process.

use throughline_service_kit::{Shutdown, Telemetry, TelemetryOptions};

use crate::exit::Exit;
use crate::options::InspectCommand;

/// Runs the inspector until it is stopped.
pub(crate) async fn run(command: InspectCommand) -> anyhow::Result<Exit> {
    // Without a DSN, whatever the environment says: it must not stand in what
    // it shows.
    let mut telemetry = TelemetryOptions::none();
    telemetry.log_format = command.log_format;
    telemetry.log_filter = command.log_filter;
    let telemetry = Telemetry::init("inspector", &telemetry);
    let shutdown = Shutdown::on_signals();
    let outcome = throughline_inspector::run(command.inspector, shutdown).await;
    telemetry.close().await;
    outcome?;
    Ok(Exit::Success)
}
