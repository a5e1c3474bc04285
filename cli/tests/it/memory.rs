//! A graph service in memory, for what the real one does not show on demand: an
//! import that fails half way, a stream that breaks off, a change that comes.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use throughline_api::graph::v1::{graph_service_server::GraphService, *};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_types::{ErrorDetails, StatusExt as _};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What is in it, and how it fails.
#[derive(Clone, Default)]
pub(crate) struct MemoryGraph {
    pub(crate) kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) edges: BTreeMap<(String, String, String), Edge>,
    /// Batches as they came.
    pub(crate) sequences: Vec<i64>,
    /// Before this batch so many calls fail.
    pub(crate) fails_at: Option<(i64, u32)>,
    /// The last batch of each import.
    pub(crate) imports: BTreeMap<String, i64>,
    /// The next export breaks off after its nodes.
    pub(crate) breaks_off: bool,
    /// Tokens with which exports began.
    pub(crate) resumed: Vec<String>,
    pub(crate) schema: Schema,
}

fn stream<T: Send + 'static>(answers: Vec<Result<T, Status>>) -> Response<Answers<T>> {
    Response::new(Box::pin(tokio_stream::iter(answers)))
}

fn detailed(code: Code, message: &str, mut details: ErrorDetails, sequence: i64) -> Status {
    let sequence = [("sequence".to_owned(), sequence.to_string())];
    details.set_error_info("TEST", "throughline.graph.v1", sequence);
    Status::with_error_details(code, message, details)
}

#[tonic::async_trait]
impl GraphService for MemoryGraph {
    async fn import_graph(
        &self,
        request: Request<Streaming<ImportGraphRequest>>,
    ) -> Result<Response<ImportGraphResponse>, Status> {
        let mut batches = request.into_inner();
        let mut done = ImportGraphResponse::default();
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            let mut kept = self.kept.lock().unwrap();
            if batch.sequence == 0 {
                done.last_sequence = *kept.imports.entry(batch.import_id).or_default();
                return Ok(Response::new(done));
            }
            if let Some((at, times)) = kept.fails_at
                && at == batch.sequence
            {
                kept.fails_at = (times > 1).then(|| (at, times - 1));
                let wait = std::time::Duration::from_millis(200);
                let details = ErrorDetails::with_retry_info(Some(wait));
                return Err(detailed(
                    Code::Unavailable,
                    "the store is locked",
                    details,
                    batch.sequence,
                ));
            }
            kept.sequences.push(batch.sequence);
            kept.imports.insert(batch.import_id, batch.sequence);
            done.last_sequence = batch.sequence;
            done.batch_count += 1;
            done.node_count += batch.nodes.len() as i64;
            done.edge_count += batch.edges.len() as i64;
            for node in batch.nodes {
                kept.nodes.insert(node.id.clone(), node);
            }
            for edge in batch.edges {
                let key = (edge.from.clone(), edge.r#type.clone(), edge.to.clone());
                kept.edges.insert(key, edge);
            }
        }
        Ok(Response::new(done))
    }

    type ExportGraphStream = Answers<ExportGraphResponse>;

    async fn export_graph(
        &self,
        request: Request<ExportGraphRequest>,
    ) -> Result<Response<Self::ExportGraphStream>, Status> {
        let request = request.into_inner();
        let mut kept = self.kept.lock().unwrap();
        kept.resumed.push(request.resume_token.clone());
        let wanted = |types: &[String], of: &String| types.is_empty() || types.contains(of);
        let nodes = kept.nodes.values();
        let nodes = nodes.filter(|node| wanted(&request.node_types, &node.r#type));
        let nodes: Vec<_> = nodes.cloned().collect();
        let there: BTreeSet<_> = nodes.iter().map(|node| node.id.clone()).collect();
        let edges = kept.edges.values().filter(|edge| {
            wanted(&request.edge_types, &edge.r#type)
                && there.contains(&edge.from)
                && there.contains(&edge.to)
        });
        let edges = ExportGraphResponse {
            edges: edges.cloned().collect(),
            resume_token: "end".into(),
            ..Default::default()
        };
        let mut answers = Vec::new();
        if request.resume_token.is_empty() {
            answers.push(Ok(ExportGraphResponse {
                nodes,
                resume_token: "nodes".into(),
                ..Default::default()
            }));
        }
        match std::mem::take(&mut kept.breaks_off) {
            true => answers.push(Err(Status::unavailable("broken off"))),
            false => answers.push(Ok(edges)),
        }
        Ok(stream(answers))
    }

    async fn get_node(
        &self,
        request: Request<GetNodeRequest>,
    ) -> Result<Response<GetNodeResponse>, Status> {
        let kept = self.kept.lock().unwrap();
        let node = kept.nodes.get(&request.into_inner().id).cloned();
        let node = node.ok_or_else(|| Status::not_found("no such node"))?;
        Ok(Response::new(GetNodeResponse {
            node: Some(node),
            ..Default::default()
        }))
    }

    type TraverseStream = Answers<TraverseResponse>;

    async fn traverse(
        &self,
        request: Request<TraverseRequest>,
    ) -> Result<Response<Self::TraverseStream>, Status> {
        let request = request.into_inner();
        let kept = self.kept.lock().unwrap();
        let mut seen: BTreeSet<String> = request.start.iter().cloned().collect();
        let mut nodes: Vec<String> = request.start;
        let (mut edges, mut answers) = (Vec::new(), Vec::new());
        let mut summary = TraverseSummary::default();
        for level in 0.. {
            summary.node_count += nodes.len() as i64;
            summary.edge_count += edges.len() as i64;
            summary.levels = level + 1;
            let out = kept
                .edges
                .values()
                .filter(|edge| nodes.contains(&edge.from));
            let next: Vec<_> = out.cloned().collect();
            let there = nodes.iter().map(|id| kept.nodes[id].clone());
            answers.push(Ok(TraverseResponse {
                level,
                nodes: there.collect(),
                edges,
                summary: None,
            }));
            nodes = next
                .iter()
                .map(|edge| edge.to.clone())
                .filter(|id| seen.insert(id.clone()))
                .collect();
            edges = next;
            if edges.is_empty() || level == request.max_depth {
                summary.cut_by_depth = !edges.is_empty();
                break;
            }
        }
        answers.push(Ok(TraverseResponse {
            summary: Some(summary),
            ..Default::default()
        }));
        Ok(stream(answers))
    }

    type WatchChangesStream = Answers<WatchChangesResponse>;

    async fn watch_changes(
        &self,
        request: Request<WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        if request.into_inner().resume_token == "old" {
            return Err(Status::out_of_range("the token is older than what is kept"));
        }
        let commit = |token: &str, change: Option<change::Change>| WatchChangesResponse {
            changes: change
                .map(|it| Change { change: Some(it) })
                .into_iter()
                .collect(),
            resume_token: token.into(),
            commit_time: Some(prost_types::Timestamp::default()),
        };
        let deleted = change::Change::NodeDeleted("a".into());
        Ok(stream(vec![
            Ok(commit("t1", None)),
            Ok(commit("t2", Some(deleted))),
        ]))
    }

    async fn get_schema(
        &self,
        _: Request<GetSchemaRequest>,
    ) -> Result<Response<GetSchemaResponse>, Status> {
        let schema = Some(self.kept.lock().unwrap().schema.clone());
        Ok(Response::new(GetSchemaResponse { schema }))
    }

    async fn update_schema(
        &self,
        request: Request<UpdateSchemaRequest>,
    ) -> Result<Response<UpdateSchemaResponse>, Status> {
        let request = request.into_inner();
        let schema = request.schema.unwrap_or_default();
        if schema.node_types.iter().any(|of| of.closed) {
            let mut details = ErrorDetails::new();
            details.add_precondition_failure_violation("SCHEMA", "node a", "it has `x`");
            return Err(detailed(
                Code::FailedPrecondition,
                "the data does not fit",
                details,
                0,
            ));
        }
        if !request.validate_only {
            self.kept.lock().unwrap().schema = schema.clone();
        }
        let schema = Some(schema);
        Ok(Response::new(UpdateSchemaResponse { schema }))
    }

    async fn batch_get_nodes(
        &self,
        _: Request<BatchGetNodesRequest>,
    ) -> Result<Response<BatchGetNodesResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn list_nodes(
        &self,
        _: Request<ListNodesRequest>,
    ) -> Result<Response<ListNodesResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn search_nodes(
        &self,
        _: Request<SearchNodesRequest>,
    ) -> Result<Response<SearchNodesResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn find_path(
        &self,
        _: Request<FindPathRequest>,
    ) -> Result<Response<FindPathResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn apply_mutations(
        &self,
        _: Request<ApplyMutationsRequest>,
    ) -> Result<Response<ApplyMutationsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn get_stats(
        &self,
        _: Request<GetStatsRequest>,
    ) -> Result<Response<GetStatsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }
}
