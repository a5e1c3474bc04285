//! The trait that every backend implements.

use std::future::Future;

use tokio::sync::{mpsc, watch};

use crate::{
    Applied, ApplyMutations, BatchGetNodes, ChangesPart, Error, ExportGraph, ExportPart, FindPath,
    GetNode, ImportBatch, Imported, Limits, ListNodes, NodeBatch, NodePage, NodeWithEdges, Path,
    ReadChanges, ReadImport, Schema, SearchNodes, SearchPage, Stats, Traverse, TraversePart,
    TraverseSummary, UpdateSchema,
};

/// A store of one graph.
///
/// What a graph is, and what each call answers, is specified once for all
/// backends: an edge's key is (from, type, to); properties are scalar; removing a
/// node removes its edges; who is found by a search is specified and the rank is
/// not; a path is shortest by edges, ties go to the smallest sequence of node ids
/// in byte order. Requests are checked by their own `check` against
/// [`limits`](Self::limits) before anything else. A write that was answered is on
/// disk; a write that failed changed nothing.
pub trait GraphStore: Send + Sync + 'static {
    /// The bounds that requests are checked against.
    fn limits(&self) -> &Limits;

    /// One node, with its edges if asked for.
    fn get_node(
        &self,
        request: GetNode,
    ) -> impl Future<Output = Result<NodeWithEdges, Error>> + Send;

    /// The nodes with some ids.
    fn batch_get_nodes(
        &self,
        request: BatchGetNodes,
    ) -> impl Future<Output = Result<NodeBatch, Error>> + Send;

    /// The nodes that a filter holds for, in an order. A page goes on after the
    /// place where the page before ended, whatever was written meanwhile.
    fn list_nodes(
        &self,
        request: ListNodes,
    ) -> impl Future<Output = Result<NodePage, Error>> + Send;

    /// Nodes that hold every word of a query, best first.
    fn search_nodes(
        &self,
        request: SearchNodes,
    ) -> impl Future<Output = Result<SearchPage, Error>> + Send;

    /// The shortest path between two nodes; `None` where there is none within the bounds.
    fn find_path(
        &self,
        request: FindPath,
    ) -> impl Future<Output = Result<Option<Path>, Error>> + Send;

    /// Walks breadth first and sends what it finds as it finds it, the start first.
    ///
    /// Each part is of one moment; the whole need not be. The walk waits until a
    /// part can be sent, ends early if nobody receives, and where it is dropped.
    fn traverse(
        &self,
        request: Traverse,
        parts: mpsc::Sender<TraversePart>,
    ) -> impl Future<Output = Result<TraverseSummary, Error>> + Send;

    /// Applies mutations in order, all of them or none.
    fn apply_mutations(
        &self,
        request: ApplyMutations,
    ) -> impl Future<Output = Result<Applied, Error>> + Send;

    /// Writes one batch of an import, all of it or nothing; with it, which one of the
    /// import it was. One that is not due is out of turn, so that each is written once.
    fn import_batch(
        &self,
        batch: ImportBatch,
    ) -> impl Future<Output = Result<Imported, Error>> + Send;

    /// The last batch of an import that was committed; 0 if nothing is known of it. What
    /// is known is kept for a bounded time.
    fn read_import(&self, request: ReadImport) -> impl Future<Output = Result<u64, Error>> + Send;

    /// The next part of one snapshot of the graph; writes go on meanwhile. The
    /// snapshot is kept for a bounded time, so that a broken export can go on.
    fn export_part(
        &self,
        request: ExportGraph,
    ) -> impl Future<Output = Result<ExportPart, Error>> + Send;

    /// The first commit after a place in the change feed that has something of what
    /// is asked for; does not wait for one. A change is in the feed if and only if it
    /// was committed.
    fn read_changes(
        &self,
        request: ReadChanges,
    ) -> impl Future<Output = Result<ChangesPart, Error>> + Send;

    /// How many changes the feed has been given by this store; moves after each
    /// commit that changed something.
    fn commits(&self) -> watch::Receiver<u64>;

    /// The schema in force.
    fn schema(&self) -> impl Future<Output = Result<Schema, Error>> + Send;

    /// Puts another schema in force, if the graph fits it; returns it with its etag.
    /// From then on a write after which the graph would not fit is refused.
    fn update_schema(
        &self,
        request: UpdateSchema,
    ) -> impl Future<Output = Result<Schema, Error>> + Send;

    /// Counts nodes and edges, by type.
    fn stats(&self) -> impl Future<Output = Result<Stats, Error>> + Send;
}
