//! The graph service's binary: a checklist.

use anyhow::Context as _;
use throughline_api::FILE_DESCRIPTOR_SET;
use throughline_graph::{Faulty, KitRunner, Options, StoreLocation, WriteToken, graph_service};
use throughline_graph_store::{SqliteOptions, SqliteStore};
use throughline_service_kit::{self as service_kit, GrpcServer, Shutdown, Telemetry};

const SERVICE: &str = "graph";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options: Options = service_kit::parse();
    let telemetry = Telemetry::init(SERVICE, &options.telemetry);
    let shutdown = Shutdown::on_signals();

    let StoreLocation::Sqlite(path) = &options.store;
    let store = SqliteStore::open(path, SqliteOptions::default(), KitRunner)
        .with_context(|| format!("cannot open the graph in {}", path.display()))?;
    let store = Faulty::new(store, telemetry.limits());
    let write_token = options
        .write_token
        .map_or_else(WriteToken::nobody, WriteToken::new);

    if let Some(address) = options.metrics_listen {
        service_kit::metrics::serve(address, &telemetry, shutdown.clone()).await?;
    }
    let listener = service_kit::listen(options.listen).await?;
    service_kit::announce(SERVICE, listener.local_addr()?);
    let served = GrpcServer::new(&telemetry)
        .reflection(FILE_DESCRIPTOR_SET)
        .add_service(graph_service(store, write_token))
        .serve(listener, shutdown)
        .await;
    telemetry.close().await;
    Ok(served?)
}
