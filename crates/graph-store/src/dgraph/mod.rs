//! The Dgraph backend. Every write goes through one node and names the write before it, in one upsert: who was overtaken
//! plans anew, so that writes have an order, over several services too. What a caller sent is a variable's value or a
//! typed triple, never text.
//!
//! Dgraph keeps to no earlier moment once an index entry has been emptied, so that nothing here reads at an earlier
//! timestamp: an export goes back to its snapshot by the feed, which keeps what was there before each change.

mod commit;
mod drill;
mod enforce;
mod export;
mod fault;
mod feed;
mod guess;
mod layout;
mod list;
mod load;
mod node;
mod open;
mod path;
mod prefilter;
mod row;
mod rules;
mod search;
mod token;
mod traverse;
mod write;

use std::{sync::Arc, time::SystemTime};

use throughline_dgraph_client::{Answer, Dgraph, Dql};
use tokio::sync::{mpsc, watch};

pub use self::open::{DgraphLimits, DgraphOpenError, DgraphOptions};
use crate::{
    Applied, ApplyMutations, BatchGetNodes, ChangesPart, Error, ExportGraph, ExportPart, FindPath,
    GetNode, GraphStore, ImportBatch, Imported, Limits, ListNodes, NodeBatch, NodePage,
    NodeWithEdges, Path, ReadChanges, ReadImport, Schema, SearchNodes, SearchPage, Stats, Traverse,
    TraversePart, TraverseSummary, TypeCount, UpdateSchema, plan,
};

/// A graph in Dgraph.
#[derive(Debug)]
pub struct DgraphStore {
    dgraph: Dgraph,
    limits: Arc<Limits>,
    bounds: DgraphLimits,
    now: fn() -> SystemTime,
    /// This process's writes come one after the other: against one another they would only be overtaken.
    turn: tokio::sync::Mutex<guess::Last>,
    commits: watch::Sender<u64>,
}

impl DgraphStore {
    async fn ask(&self, dql: Dql) -> Result<Answer, Error> {
        self.dgraph.read().query(dql).await.map_err(fault::error)
    }

    async fn read<T: serde::de::DeserializeOwned>(
        &self,
        dql: Dql,
        rows: impl Fn(&T) -> usize,
    ) -> Result<T, Error> {
        let answer = self.ask(dql).await?;
        let blocks: T = answer.blocks().map_err(fault::error)?;
        answer.rows(rows(&blocks));
        Ok(blocks)
    }
}

impl GraphStore for DgraphStore {
    fn limits(&self) -> &Limits {
        &self.limits
    }

    async fn get_node(&self, request: GetNode) -> Result<NodeWithEdges, Error> {
        let edges = request.check(&self.limits)?;
        node::get(self, &request, edges).await
    }

    async fn batch_get_nodes(&self, request: BatchGetNodes) -> Result<NodeBatch, Error> {
        request.check(&self.limits)?;
        let found = node::get_many(self, request.ids.iter().cloned()).await?;
        let nodes = request.ids.iter().filter_map(|id| found.get(id).cloned());
        let nodes = nodes.collect();
        Ok(NodeBatch::new(request.ids, nodes))
    }

    async fn list_nodes(&self, request: ListNodes) -> Result<NodePage, Error> {
        list::List::new(&request, &self.limits)?.run(self).await
    }

    async fn search_nodes(&self, request: SearchNodes) -> Result<SearchPage, Error> {
        search::Search::new(request, &self.limits)?.run(self).await
    }

    async fn find_path(&self, request: FindPath) -> Result<Option<Path>, Error> {
        let depth = request.check(&self.limits)?;
        path::find(self, &request, depth).await
    }

    async fn traverse(
        &self,
        request: Traverse,
        parts: mpsc::Sender<TraversePart>,
    ) -> Result<TraverseSummary, Error> {
        let bounds = request.check(&self.limits)?;
        traverse::walk(self, request, bounds, parts).await
    }

    async fn apply_mutations(&self, request: ApplyMutations) -> Result<Applied, Error> {
        request.check(&self.limits)?;
        write::apply(self, &request).await
    }

    async fn import_batch(&self, batch: ImportBatch) -> Result<Imported, Error> {
        batch.check(&self.limits)?;
        write::import(self, batch).await
    }

    async fn read_import(&self, request: ReadImport) -> Result<u64, Error> {
        request.check(&self.limits)?;
        write::read_import(self, &request).await
    }

    async fn export_part(&self, request: ExportGraph) -> Result<ExportPart, Error> {
        export::Export::new(request, &self.limits)?.read(self).await
    }

    async fn read_changes(&self, request: ReadChanges) -> Result<ChangesPart, Error> {
        request.check(&self.limits)?;
        feed::read(self, &request).await
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    async fn schema(&self) -> Result<Schema, Error> {
        let state = load::meta(self).await?.state;
        Ok(Schema {
            etag: plan::etag(state.schema_revision),
            ..state.schema
        })
    }

    async fn update_schema(&self, request: UpdateSchema) -> Result<Schema, Error> {
        request.check(&self.limits)?;
        rules::update(self, &request).await
    }

    async fn stats(&self) -> Result<Stats, Error> {
        let state = load::meta(self).await?.state;
        let types = |counts: std::collections::BTreeMap<String, i64>| -> Vec<TypeCount> {
            let counts = counts.into_iter().filter(|(_, count)| *count > 0);
            counts
                .map(|(name, count)| TypeCount {
                    name,
                    count: count.unsigned_abs(),
                })
                .collect()
        };
        let (node_types, edge_types) = (types(state.nodes), types(state.edges));
        let sum = |counts: &[TypeCount]| counts.iter().map(|it| it.count).sum();
        Ok(Stats {
            node_count: sum(&node_types),
            edge_count: sum(&edge_types),
            node_types,
            edge_types,
        })
    }
}
