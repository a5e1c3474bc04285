//! ExportGraph: a part is read when the reader has taken the one before, so that a
//! slow reader slows the reading and nothing piles up here.

use std::sync::Arc;

use futures_util::{Stream, stream};
use throughline_api::graph::v1::ExportGraphResponse;
use throughline_graph_store::{ExportGraph, ExportPart, GraphStore};
use tonic::Status;

use crate::{Limits, convert, status, steps::Steps};

/// The parts from the first on; what is wrong with the request is said at once.
pub(crate) async fn run<S: GraphStore>(
    store: Arc<S>,
    request: ExportGraph,
    limits: &Limits,
) -> Result<impl Stream<Item = Result<ExportGraphResponse, Status>> + use<S>, Status> {
    let mut export = Export {
        steps: Steps::new("graph.export", limits),
        store,
        request,
        ended: false,
    };
    let first = export.next().await.map_err(status::of)?;
    let parts = stream::unfold((Some(first), export), |(first, mut export)| async {
        let part = match first {
            Some(first) => Ok(first),
            None if export.ended => return None,
            None => export.next().await,
        };
        export.ended = part.as_ref().map_or(true, |part| part.last);
        let part = part.map(convert::export_to).map_err(status::of);
        Some((part, (None, export)))
    });
    Ok(parts)
}

struct Export<S> {
    store: Arc<S>,
    request: ExportGraph,
    steps: Steps,
    ended: bool,
}

impl<S: GraphStore> Export<S> {
    async fn next(&mut self) -> Result<ExportPart, throughline_graph_store::Error> {
        let part = self.store.export_part(self.request.clone());
        let part = self.steps.run(part).await?;
        self.request.resume_token.clone_from(&part.resume_token);
        Ok(part)
    }
}
