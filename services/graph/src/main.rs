//! The graph service's binary: a checklist.

use std::process::ExitCode;

use anyhow::Context as _;
use throughline_api::FILE_DESCRIPTOR_SET;
use throughline_graph::{
    Faulty, KitRunner, Limits, Options, StoreLocation, WriteToken, graph_service, open_dgraph,
};
use throughline_graph_store::{Drilled, GraphStore, SqliteOptions, SqliteStore};
use throughline_service_kit::{self as service_kit, GrpcServer, Shutdown, Telemetry, Tls};

const SERVICE: &str = "graph";

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options: Options = service_kit::parse();
    let telemetry = Telemetry::init(SERVICE, &options.telemetry);
    match options.store.clone() {
        StoreLocation::Sqlite(path) => {
            let store = SqliteStore::open(&path, SqliteOptions::default(), KitRunner)
                .with_context(|| format!("cannot open the graph in {}", path.display()))?;
            serve(store, options, telemetry).await
        }
        StoreLocation::Dgraph { alphas, namespace } => {
            let store = open_dgraph(&alphas, namespace, &options.dgraph, &telemetry).await?;
            serve(store, options, telemetry).await
        }
    }
}

async fn serve(
    store: impl GraphStore + Drilled,
    options: Options,
    telemetry: Telemetry,
) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::on_signals();
    let store = Faulty::new(store, telemetry.limits());
    let write_token = options
        .write_token
        .map_or_else(WriteToken::nobody, WriteToken::new);

    if let Some(address) = options.metrics_listen {
        service_kit::metrics::serve(address, &telemetry, shutdown.clone()).await?;
    }
    let files = options.tls_cert.as_ref().zip(options.tls_key.as_ref());
    let tls = match Tls::of(files, telemetry.limits(), &shutdown) {
        Ok(tls) => tls,
        Err(error) => {
            tracing::error!("GRAPH_TLS_CERT, GRAPH_TLS_KEY: {error}");
            return Ok(ExitCode::from(service_kit::options::EXIT_USAGE));
        }
    };
    let mut limits = telemetry.limits().clone();
    limits.message_bytes = Limits::default().request_bytes;
    let listener = service_kit::listen(options.listen).await?;
    let announce = match tls {
        Some(_) => service_kit::announce_tls,
        None => service_kit::announce,
    };
    announce(SERVICE, listener.local_addr()?);
    let served = GrpcServer::new(&telemetry)
        .limits(limits)
        .tls(tls)
        .reflection(FILE_DESCRIPTOR_SET)
        .add_service(graph_service(store, write_token))
        .serve(listener, shutdown)
        .await;
    telemetry.close().await;
    served?;
    Ok(ExitCode::SUCCESS)
}
