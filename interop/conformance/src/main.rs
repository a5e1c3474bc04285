//! The server that the connectrpc conformance suite starts and calls: the suite's service on our frame, behind the
//! gateway's own binary.
//!
//! It speaks the suite's way of starting a server: one message on stdin says what is wanted, one on stdout says
//! where it is. It knows the gateway by its command line alone, as an operator does.

mod echo;
mod gateway;
mod service;
mod trailers;
mod wire;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;
use throughline_service_kit::TelemetryOptions;
use throughline_service_kit::{self as service_kit, GrpcServer, Shutdown, Telemetry};

use crate::gateway::{DESCRIPTORS, Gateway};
use crate::service::server;

/// `connectrpc.conformance.v1`, as far as a server needs it.
mod v1 {
    #![allow(
        missing_docs,
        unreachable_pub,
        unused_qualifications,
        reason = "generated"
    )]
    tonic::include_proto!("connectrpc.conformance.v1");
}

/// The conformance suite's service, for the suite to start.
#[derive(Parser)]
#[command(name = "throughline-conformance", version)]
struct Options {
    /// The gateway's binary; without it the service itself is called, by gRPC
    #[arg(long, value_name = "PATH")]
    gateway: Option<PathBuf>,
    #[command(flatten)]
    telemetry: TelemetryOptions,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options: Options = service_kit::parse();
    let telemetry = Telemetry::init("conformance", &options.telemetry);
    let shutdown = Shutdown::on_signals();
    let wanted: v1::ServerCompatRequest = wire::read(std::io::stdin())?;
    anyhow::ensure!(
        !wanted.use_tls,
        "TLS is not among what the configuration asks for"
    );

    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = service_kit::listen(any_port).await?;
    let hidden = listener.local_addr()?;
    let gateway = match &options.gateway {
        Some(binary) => Some(Gateway::start(binary, hidden).await?),
        None => None,
    };
    let address = gateway.as_ref().map_or(hidden, Gateway::address);
    let ready = v1::ServerCompatResponse {
        host: address.ip().to_string(),
        port: address.port().into(),
    };
    wire::write(std::io::stdout(), &ready)?;

    let mut limits = telemetry.limits().clone();
    if wanted.message_receive_limit > 0 {
        limits.message_bytes = wanted.message_receive_limit as usize;
    }
    GrpcServer::new(&telemetry)
        .limits(limits)
        .reflection(DESCRIPTORS)
        .add_service(server(wanted.message_receive_limit))
        .serve(listener, shutdown)
        .await?;
    telemetry.close().await;
    Ok(())
}
