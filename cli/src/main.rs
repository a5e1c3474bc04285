//! `throughline`: see the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    throughline::run(throughline_service_kit::parse()).await
}
