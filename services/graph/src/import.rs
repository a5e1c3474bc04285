//! ImportGraph: one message is one transaction, and the next is read only then,
//! so that a slow disk slows the sender and nothing piles up here.

use throughline_api::graph::v1::{ImportGraphRequest, ImportGraphResponse};
use throughline_graph_store::{Error, GraphStore, ImportStep, ReadImport};
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
    let mut turn = Turn::default();
    let mut steps = Steps::new("graph.import", limits);
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        if turn.only_asks(&batch) {
            let import_id = batch.import_id;
            let last = store.read_import(ReadImport { import_id }).await;
            done.last_sequence = signed(last.map_err(status::of)?);
            return Ok(done);
        }
        let due = turn.due(&batch);
        let written = match turn.take(&batch, due) {
            Ok(step) => match convert::import_from(batch.nodes, batch.edges, step) {
                Ok(batch) => steps.run(store.import_batch(batch)).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        let written = written.map_err(|error| match error {
            Error::OutOfTurn { due, .. } => status::of_batch(error, signed(due)),
            error => status::of_batch(error, due),
        })?;
        done.last_sequence = due;
        done.batch_count += 1;
        done.node_count += signed(written.nodes);
        done.edge_count += signed(written.edges);
    }
    Ok(done)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Where a call stands in its import.
#[derive(Default)]
struct Turn {
    import_id: String,
    last: Option<i64>,
}

impl Turn {
    /// Whether the call's first message is no batch, but asks how far the import has come.
    fn only_asks(&self, batch: &ImportGraphRequest) -> bool {
        let empty = batch.nodes.is_empty() && batch.edges.is_empty();
        self.last.is_none() && batch.sequence == 0 && empty && !batch.import_id.is_empty()
    }

    /// The number that the batch must have.
    fn due(&self, batch: &ImportGraphRequest) -> i64 {
        let first = batch.sequence.max(1);
        self.last.map_or(first, |last| last.saturating_add(1))
    }

    /// Takes the batch in, if it is the next; says which step of which import it is.
    fn take(&mut self, batch: &ImportGraphRequest, due: i64) -> Result<Option<ImportStep>, Error> {
        if batch.sequence != due {
            let problem = format!("it is {}, and batch {due} is due", batch.sequence);
            return Err(status::invalid("sequence", problem));
        }
        if self.last.is_none() {
            self.import_id.clone_from(&batch.import_id);
        } else if !batch.import_id.is_empty() && batch.import_id != self.import_id {
            let problem = "it is not that of the first message; begin another call";
            return Err(status::invalid("import_id", problem));
        }
        self.last = Some(due);
        let import_id = self.import_id.clone();
        Ok((!import_id.is_empty()).then(|| ImportStep {
            import_id,
            sequence: due.unsigned_abs(),
        }))
    }
}
