//! A store that reads nothing: one node, always the same, handed over where the real store's work runs. What a call
//! of it costs is the RPC's own.

use throughline_graph::KitRunner;
use throughline_graph_store::{
    Applied, ApplyMutations, BatchGetNodes, ChangesPart, Error, ExportGraph, ExportPart, FindPath,
    GetNode, GraphStore, ImportBatch, Imported, Limits, ListNodes, Node, NodeBatch, NodePage,
    NodeWithEdges, Path, ReadChanges, ReadImport, RunBlocking as _, Schema, SearchNodes,
    SearchPage, Stats, Traverse, TraversePart, TraverseSummary, UpdateSchema,
};
use tokio::sync::{mpsc, watch};

/// The node, as large as those of the graph.
pub(super) struct Fixed {
    node: Node,
    limits: Limits,
}

impl Fixed {
    pub(super) fn new(node: Node) -> Self {
        let limits = Limits::default();
        Self { node, limits }
    }
}

fn nothing<T>() -> Result<T, Error> {
    Err(Error::Internal("nothing else is measured".to_owned()))
}

impl GraphStore for Fixed {
    fn limits(&self) -> &Limits {
        &self.limits
    }

    async fn get_node(&self, request: GetNode) -> Result<NodeWithEdges, Error> {
        request.check(&self.limits)?;
        let node = NodeWithEdges {
            node: self.node.clone(),
            ..NodeWithEdges::default()
        };
        let found = KitRunner.run(move || node).await;
        found.map_err(|error| Error::Internal(error.to_string()))
    }

    async fn batch_get_nodes(&self, _: BatchGetNodes) -> Result<NodeBatch, Error> {
        nothing()
    }

    async fn list_nodes(&self, _: ListNodes) -> Result<NodePage, Error> {
        nothing()
    }

    async fn search_nodes(&self, _: SearchNodes) -> Result<SearchPage, Error> {
        nothing()
    }

    async fn find_path(&self, _: FindPath) -> Result<Option<Path>, Error> {
        nothing()
    }

    async fn traverse(
        &self,
        _: Traverse,
        _: mpsc::Sender<TraversePart>,
    ) -> Result<TraverseSummary, Error> {
        nothing()
    }

    async fn apply_mutations(&self, _: ApplyMutations) -> Result<Applied, Error> {
        nothing()
    }

    async fn import_batch(&self, _: ImportBatch) -> Result<Imported, Error> {
        nothing()
    }

    async fn read_import(&self, _: ReadImport) -> Result<u64, Error> {
        nothing()
    }

    async fn export_part(&self, _: ExportGraph) -> Result<ExportPart, Error> {
        nothing()
    }

    async fn read_changes(&self, _: ReadChanges) -> Result<ChangesPart, Error> {
        nothing()
    }

    fn commits(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }

    async fn schema(&self) -> Result<Schema, Error> {
        nothing()
    }

    async fn update_schema(&self, _: UpdateSchema) -> Result<Schema, Error> {
        nothing()
    }

    async fn stats(&self) -> Result<Stats, Error> {
        nothing()
    }
}
