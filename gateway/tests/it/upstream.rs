//! A tonic service that behaves as its requests ask, so that a test can see what passes through.

use std::pin::Pin;
use std::sync::Arc;

use throughline_api::graph::v1::graph_service_server::{GraphService, GraphServiceServer};
use throughline_api::graph::v1::*;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_types::{ErrorDetails, StatusExt as _};

type Answer<T> = Result<Response<T>, Status>;
type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A running service.
pub(crate) struct Upstream {
    pub(crate) url: String,
    /// Lets a `step` stream go on.
    pub(crate) step: Arc<Notify>,
    /// How many calls that wait were given up by their caller.
    pub(crate) cancelled: watch::Receiver<usize>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.expect("a free port"))
    }

    pub(crate) fn on(listener: TcpListener) -> Self {
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let step = Arc::new(Notify::new());
        let (cancels, cancelled) = watch::channel(0);
        let service = Service {
            step: step.clone(),
            cancels,
        };
        let serving = tonic::transport::Server::builder()
            .add_service(GraphServiceServer::new(service))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(serving);
        Self {
            url,
            step,
            cancelled,
        }
    }

    /// Waits until a call that waits was given up.
    pub(crate) async fn cancel(&mut self) {
        let cancelled = self.cancelled.wait_for(|count| *count > 0);
        tokio::time::timeout(throughline_testkit::SAFETY, cancelled)
            .await
            .expect("the cancel reaches the service")
            .expect("the service lives");
    }
}

struct Service {
    step: Arc<Notify>,
    cancels: watch::Sender<usize>,
}

/// Counts when it goes.
struct Waiting(watch::Sender<usize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count += 1);
    }
}

fn level(level: i32) -> TraverseResponse {
    TraverseResponse {
        level,
        ..Default::default()
    }
}

macro_rules! unused {
    ($($method:ident: $request:ty => $response:ty;)*) => {
        #[tonic::async_trait]
        impl GraphService for Service {
            type TraverseStream = Messages<TraverseResponse>;
            type ExportGraphStream = Messages<ExportGraphResponse>;
            type WatchChangesStream = Messages<WatchChangesResponse>;

            async fn get_node(&self, request: Request<GetNodeRequest>) -> Answer<GetNodeResponse> {
                self.node(request).await
            }

            async fn traverse(&self, request: Request<TraverseRequest>) -> Answer<Self::TraverseStream> {
                self.levels(&request.into_inner().start[0])
            }

            async fn import_graph(
                &self,
                request: Request<Streaming<ImportGraphRequest>>,
            ) -> Answer<ImportGraphResponse> {
                count(request.into_inner()).await
            }

            $(async fn $method(&self, _: Request<$request>) -> Answer<$response> {
                Err(Status::unimplemented("not here"))
            })*
        }
    };
}

unused! {
    batch_get_nodes: BatchGetNodesRequest => BatchGetNodesResponse;
    list_nodes: ListNodesRequest => ListNodesResponse;
    search_nodes: SearchNodesRequest => SearchNodesResponse;
    find_path: FindPathRequest => FindPathResponse;
    apply_mutations: ApplyMutationsRequest => ApplyMutationsResponse;
    get_schema: GetSchemaRequest => GetSchemaResponse;
    update_schema: UpdateSchemaRequest => UpdateSchemaResponse;
    get_stats: GetStatsRequest => GetStatsResponse;
    export_graph: ExportGraphRequest => Self::ExportGraphStream;
    watch_changes: WatchChangesRequest => Self::WatchChangesStream;
}

impl Service {
    /// `slow` never answers, `details` is an error with details, `internal` one without; any other id is a node.
    async fn node(&self, request: Request<GetNodeRequest>) -> Answer<GetNodeResponse> {
        let custom = request.metadata().get_bin("custom-bin").cloned();
        let id = request.into_inner().id;
        match id.as_str() {
            "slow" => {
                let _waiting = Waiting(self.cancels.clone());
                std::future::pending().await
            }
            "details" => {
                let details =
                    ErrorDetails::with_resource_info("node", "details", "", "there is none");
                Err(Status::with_error_details(
                    Code::NotFound,
                    "no such node: größer",
                    details,
                ))
            }
            "internal" => Err(Status::internal("the service failed")),
            _ => {
                let node = Node {
                    id,
                    ..Default::default()
                };
                let mut response = Response::new(GetNodeResponse {
                    node: Some(node),
                    ..Default::default()
                });
                if let Some(custom) = custom {
                    response.metadata_mut().insert_bin("custom-bin", custom);
                }
                Ok(response)
            }
        }
    }

    /// `endless` sends one message and no more; `step` waits for a step between two messages, and fails at the end.
    fn levels(&self, kind: &str) -> Answer<Messages<TraverseResponse>> {
        let (send, messages) = mpsc::channel(1);
        let endless = kind == "endless";
        let (step, cancels) = (self.step.clone(), self.cancels.clone());
        tokio::spawn(async move {
            send.send(Ok(level(0))).await.ok();
            if endless {
                let _waiting = Waiting(cancels);
                return send.closed().await;
            }
            step.notified().await;
            send.send(Ok(level(1))).await.ok();
            send.send(Err(Status::aborted("late"))).await.ok();
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(messages))))
    }
}

async fn count(mut messages: Streaming<ImportGraphRequest>) -> Answer<ImportGraphResponse> {
    let mut answer = ImportGraphResponse::default();
    while let Some(message) = messages.message().await? {
        answer.batch_count += 1;
        answer.node_count += i64::try_from(message.nodes.len()).expect("a small number");
    }
    Ok(Response::new(answer))
}
