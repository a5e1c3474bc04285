//! The hop `store`: obeys `x-throughline-fault: store=…` by making the engine fail before the call itself is made. Where faults
//! are not obeyed it only passes on.

use throughline_graph_store::{
    Applied, ApplyMutations, BatchGetNodes, ChangesPart, Drill, Drilled, Error, ExportGraph,
    ExportPart, FindPath, GetNode, GraphStore, ImportBatch, Imported, Limits, ListNodes, NodeBatch,
    NodePage, NodeWithEdges, Path, ReadChanges, ReadImport, Schema, SearchNodes, SearchPage, Stats,
    Traverse, TraversePart, TraverseSummary, UpdateSchema,
};
use throughline_service_kit::{self as service_kit, Fault};
use tokio::sync::{mpsc, watch};
use tonic::Code;

/// A store that fails as calls ask.
#[derive(Debug)]
pub struct Faulty<S> {
    inner: S,
    limits: service_kit::Limits,
}

impl<S: GraphStore + Drilled> Faulty<S> {
    /// Over `inner`, within the bounds on faults.
    pub fn new(inner: S, limits: &service_kit::Limits) -> Self {
        Self {
            inner,
            limits: limits.clone(),
        }
    }

    async fn strike(&self) -> Result<(), Error> {
        match service_kit::fault::fire_at("store", &self.limits) {
            Some(fault) => self.inner.drill(drill(fault)).await,
            None => Ok(()),
        }
    }
}

/// What a fault means for a store.
fn drill(fault: Fault) -> Drill {
    match fault {
        Fault::Panic | Fault::PanicSpawned | Fault::PanicStream => Drill::Panic,
        Fault::Stall => Drill::LongQuery,
        Fault::Delay(time) => Drill::Locked(time),
        Fault::Error(Code::DataLoss) => Drill::Corrupt,
        Fault::Error(Code::Unavailable) | Fault::ResetAfter(_) => Drill::Gone,
        _ => Drill::Constraint,
    }
}

impl<S: GraphStore + Drilled> GraphStore for Faulty<S> {
    fn limits(&self) -> &Limits {
        self.inner.limits()
    }

    async fn get_node(&self, request: GetNode) -> Result<NodeWithEdges, Error> {
        self.strike().await?;
        self.inner.get_node(request).await
    }

    async fn batch_get_nodes(&self, request: BatchGetNodes) -> Result<NodeBatch, Error> {
        self.strike().await?;
        self.inner.batch_get_nodes(request).await
    }

    async fn list_nodes(&self, request: ListNodes) -> Result<NodePage, Error> {
        self.strike().await?;
        self.inner.list_nodes(request).await
    }

    async fn search_nodes(&self, request: SearchNodes) -> Result<SearchPage, Error> {
        self.strike().await?;
        self.inner.search_nodes(request).await
    }

    async fn find_path(&self, request: FindPath) -> Result<Option<Path>, Error> {
        self.strike().await?;
        self.inner.find_path(request).await
    }

    async fn traverse(
        &self,
        request: Traverse,
        parts: mpsc::Sender<TraversePart>,
    ) -> Result<TraverseSummary, Error> {
        self.strike().await?;
        self.inner.traverse(request, parts).await
    }

    async fn apply_mutations(&self, request: ApplyMutations) -> Result<Applied, Error> {
        self.strike().await?;
        self.inner.apply_mutations(request).await
    }

    async fn import_batch(&self, request: ImportBatch) -> Result<Imported, Error> {
        self.strike().await?;
        self.inner.import_batch(request).await
    }

    async fn read_import(&self, request: ReadImport) -> Result<u64, Error> {
        self.strike().await?;
        self.inner.read_import(request).await
    }

    async fn export_part(&self, request: ExportGraph) -> Result<ExportPart, Error> {
        self.strike().await?;
        self.inner.export_part(request).await
    }

    async fn read_changes(&self, request: ReadChanges) -> Result<ChangesPart, Error> {
        self.strike().await?;
        self.inner.read_changes(request).await
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.inner.commits()
    }

    async fn schema(&self) -> Result<Schema, Error> {
        self.strike().await?;
        self.inner.schema().await
    }

    async fn update_schema(&self, request: UpdateSchema) -> Result<Schema, Error> {
        self.strike().await?;
        self.inner.update_schema(request).await
    }

    async fn stats(&self) -> Result<Stats, Error> {
        self.strike().await?;
        self.inner.stats().await
    }
}
