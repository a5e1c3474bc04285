//! The thirteen RPCs: convert, ask the store, convert back.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream::BoxStream};
use throughline_api::graph::v1::{
    self as proto,
    graph_service_server::{GraphService, GraphServiceServer},
};
use throughline_graph_store::{BatchGetNodes, GraphStore, TraversePart};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};

use crate::{
    Limits, WriteToken, convert, export, import, mask::NodeMask, parts::Parts, status, steps, watch,
};

/// The service over a store, ready for a server.
pub fn graph_service<S: GraphStore>(
    store: S,
    write_token: WriteToken,
) -> GraphServiceServer<GraphApi<S>> {
    graph_service_within(Limits::default(), store, write_token)
}

/// The same within other bounds.
pub fn graph_service_within<S: GraphStore>(
    limits: Limits,
    store: S,
    write_token: WriteToken,
) -> GraphServiceServer<GraphApi<S>> {
    let request_bytes = limits.request_bytes;
    let api = GraphApi {
        store: Arc::new(store),
        write_token,
        limits,
    };
    GraphServiceServer::new(api).max_decoding_message_size(request_bytes)
}

/// `throughline.graph.v1.GraphService` over a store.
#[derive(Debug)]
pub struct GraphApi<S> {
    store: Arc<S>,
    write_token: WriteToken,
    limits: Limits,
}

#[tonic::async_trait]
impl<S: GraphStore> GraphService for GraphApi<S> {
    async fn get_node(
        &self,
        request: Request<proto::GetNodeRequest>,
    ) -> Result<Response<proto::GetNodeResponse>, Status> {
        let mut request = request.into_inner();
        let mask = NodeMask::new(request.read_mask.take(), &self.limits).map_err(status::of)?;
        let request = convert::get_node_from(request).map_err(status::of)?;
        let found = self.store.get_node(request).await.map_err(status::of)?;
        Ok(Response::new(convert::get_node_to(found, &mask)))
    }

    async fn search_nodes(
        &self,
        request: Request<proto::SearchNodesRequest>,
    ) -> Result<Response<proto::SearchNodesResponse>, Status> {
        let request = convert::search_from(request.into_inner()).map_err(status::of)?;
        let page = self.store.search_nodes(request).await;
        Ok(Response::new(convert::search_to(page.map_err(status::of)?)))
    }

    async fn find_path(
        &self,
        request: Request<proto::FindPathRequest>,
    ) -> Result<Response<proto::FindPathResponse>, Status> {
        let request = convert::path_from(request.into_inner()).map_err(status::of)?;
        let path = self.store.find_path(request).await.map_err(status::of)?;
        Ok(Response::new(convert::path_to(path)))
    }

    async fn apply_mutations(
        &self,
        request: Request<proto::ApplyMutationsRequest>,
    ) -> Result<Response<proto::ApplyMutationsResponse>, Status> {
        self.write_token.check(request.metadata())?;
        let request = convert::apply_from(request.into_inner()).map_err(status::of)?;
        let applied = self.store.apply_mutations(request).await;
        let applied = applied.map_err(status::of)?;
        Ok(Response::new(convert::applied_to(applied)))
    }

    async fn import_graph(
        &self,
        request: Request<Streaming<proto::ImportGraphRequest>>,
    ) -> Result<Response<proto::ImportGraphResponse>, Status> {
        self.write_token.check(request.metadata())?;
        let done = import::run(&*self.store, request.into_inner(), &self.limits).await?;
        Ok(Response::new(done))
    }

    async fn get_stats(
        &self,
        _: Request<proto::GetStatsRequest>,
    ) -> Result<Response<proto::GetStatsResponse>, Status> {
        let stats = self.store.stats().await.map_err(status::of)?;
        Ok(Response::new(convert::stats_to(stats)))
    }

    async fn batch_get_nodes(
        &self,
        request: Request<proto::BatchGetNodesRequest>,
    ) -> Result<Response<proto::BatchGetNodesResponse>, Status> {
        let proto::BatchGetNodesRequest { ids, read_mask } = request.into_inner();
        let mask = NodeMask::new(read_mask, &self.limits).map_err(status::of)?;
        let found = self.store.batch_get_nodes(BatchGetNodes { ids }).await;
        let found = found.map_err(status::of)?;
        Ok(Response::new(convert::batch_to(found, &mask)))
    }

    async fn list_nodes(
        &self,
        request: Request<proto::ListNodesRequest>,
    ) -> Result<Response<proto::ListNodesResponse>, Status> {
        let mut request = request.into_inner();
        let mask = NodeMask::new(request.read_mask.take(), &self.limits).map_err(status::of)?;
        let request = convert::list_from(request).map_err(status::of)?;
        let page = self.store.list_nodes(request).await.map_err(status::of)?;
        Ok(Response::new(convert::list_to(page, &mask)))
    }

    async fn get_schema(
        &self,
        _: Request<proto::GetSchemaRequest>,
    ) -> Result<Response<proto::GetSchemaResponse>, Status> {
        let schema = self.store.schema().await.map_err(status::of)?;
        Ok(Response::new(proto::GetSchemaResponse {
            schema: Some(convert::schema_to(schema)),
        }))
    }

    async fn update_schema(
        &self,
        request: Request<proto::UpdateSchemaRequest>,
    ) -> Result<Response<proto::UpdateSchemaResponse>, Status> {
        self.write_token.check(request.metadata())?;
        let request = convert::update_schema_from(request.into_inner()).map_err(status::of)?;
        let schema = self.store.update_schema(request).await;
        Ok(Response::new(proto::UpdateSchemaResponse {
            schema: Some(convert::schema_to(schema.map_err(status::of)?)),
        }))
    }

    type TraverseStream = Parts<TraversePart, proto::TraverseResponse>;

    async fn traverse(
        &self,
        request: Request<proto::TraverseRequest>,
    ) -> Result<Response<Self::TraverseStream>, Status> {
        let request = convert::traverse_from(request.into_inner()).map_err(status::of)?;
        let (sender, parts) = mpsc::channel(1);
        let (store, limits) = (Arc::clone(&self.store), self.limits.clone());
        let work = async move {
            let walk = store.traverse(request, sender);
            let summary = steps::within("graph.traverse", &limits, walk).await;
            summary
                .map(|summary| Some(convert::summary_to(summary)))
                .map_err(status::of)
        };
        Ok(Response::new(Parts::new(parts, convert::part_to, work)))
    }

    type ExportGraphStream = BoxStream<'static, Result<proto::ExportGraphResponse, Status>>;

    async fn export_graph(
        &self,
        request: Request<proto::ExportGraphRequest>,
    ) -> Result<Response<Self::ExportGraphStream>, Status> {
        let request = convert::export_from(request.into_inner());
        let parts = export::run(Arc::clone(&self.store), request, &self.limits).await?;
        Ok(Response::new(parts.boxed()))
    }

    type WatchChangesStream = BoxStream<'static, Result<proto::WatchChangesResponse, Status>>;

    async fn watch_changes(
        &self,
        request: Request<proto::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let request = convert::changes_from(request.into_inner());
        let changes = watch::run(Arc::clone(&self.store), request, &self.limits).await?;
        Ok(Response::new(changes.boxed()))
    }
}
