//! How the store's blocking work is run here: inside the trace of the call.

use throughline_graph_store::{RunBlocking, RunError};
use throughline_service_kit as service_kit;

/// Runs blocking work by [`service_kit::spawn_blocking`], which carries hub and span.
#[derive(Clone, Copy, Debug, Default)]
pub struct KitRunner;

impl RunBlocking for KitRunner {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        Ok(service_kit::spawn_blocking(work).await?)
    }
}
