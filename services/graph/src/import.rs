//! ImportGraph: one message is one transaction, and the next is read only then,
//! so that a slow disk slows the sender and nothing piles up here.

use throughline_api::graph::v1::{ImportGraphRequest, ImportGraphResponse};
use throughline_graph_store::GraphStore;
use tokio_stream::{Stream, StreamExt as _};
use tonic::Status;

use crate::{Limits, convert, status, steps::Steps};

/// Reads and commits batch after batch; an error names the sequence to resume at.
pub(crate) async fn run<S: GraphStore>(
    store: &S,
    batches: impl Stream<Item = Result<ImportGraphRequest, Status>>,
    limits: &Limits,
) -> Result<ImportGraphResponse, Status> {
    let mut batches = std::pin::pin!(batches);
    let mut done = ImportGraphResponse::default();
    let mut last = None;
    let mut steps = Steps::new("graph.import", limits);
    while let Some(batch) = batches.next().await {
        let ImportGraphRequest {
            sequence,
            nodes,
            edges,
        } = batch?;
        let due = last.map_or(sequence.max(1), |last: i64| last.saturating_add(1));
        let in_turn = match sequence == due {
            true => Ok(()),
            false => {
                let problem = format!("it is {sequence}, and batch {due} is due");
                Err(status::invalid("sequence", problem))
            }
        };
        let written = match in_turn.and_then(|()| convert::import_from(nodes, edges)) {
            Ok(batch) => steps.run(store.import_batch(batch)).await,
            Err(error) => Err(error),
        };
        let written = written.map_err(|error| status::of_batch(error, due))?;
        last = Some(sequence);
        done.batch_count += 1;
        done.node_count += i64::try_from(written.nodes).unwrap_or(i64::MAX);
        done.edge_count += i64::try_from(written.edges).unwrap_or(i64::MAX);
    }
    Ok(done)
}
