//! `throughline.inspector.v1.TraceService`: reads, and waits for arrivals. What is wrong
//! with a trace is `trace-model`'s to say.

mod convert;
mod list;
mod reference;
mod tail;
mod wait;

use throughline_api::inspector::v1 as pb;
use throughline_trace_model::{check, diagnose_expected, verdict};
use tonic::{Request, Response, Status};

use crate::app::App;

/// The service.
#[derive(Clone)]
pub(crate) struct Traces {
    app: App,
}

impl Traces {
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

#[tonic::async_trait]
impl pb::trace_service_server::TraceService for Traces {
    async fn list_traces(
        &self,
        request: Request<pb::ListTracesRequest>,
    ) -> Result<Response<pb::ListTracesResponse>, Status> {
        list::list(&self.app, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn get_trace(
        &self,
        request: Request<pb::GetTraceRequest>,
    ) -> Result<Response<pb::GetTraceResponse>, Status> {
        let request = request.into_inner();
        let reference = reference::parse(request.trace)?;
        let wait = reference::wait(request.wait, &self.app.limits)?;
        match wait::until(&self.app, &reference, wait, |_| true).await? {
            Some(tree) => {
                let trace = Some(convert::trace(tree, self.app.limits.depth));
                Ok(Response::new(pb::GetTraceResponse { trace }))
            }
            None => Err(Status::not_found(format!(
                "nothing of {reference} has arrived"
            ))),
        }
    }

    async fn check_trace(
        &self,
        request: Request<pb::CheckTraceRequest>,
    ) -> Result<Response<pb::CheckTraceResponse>, Status> {
        let request = request.into_inner();
        let reference = reference::parse(request.trace)?;
        let wait = reference::wait(request.wait, &self.app.limits)?;
        let expected = reference::expectations(request.expectations)?;
        let holds =
            |tree: &_| verdict(&check(tree, &expected)) == throughline_trace_model::Verdict::Holds;
        let tree = wait::until(&self.app, &reference, wait, holds).await?;
        Ok(Response::new(match tree {
            Some(mut tree) => {
                let results = check(&tree, &expected);
                tree.diagnoses = diagnose_expected(&tree, &expected);
                pb::CheckTraceResponse {
                    verdict: convert::verdict(verdict(&results)).into(),
                    results: results.into_iter().map(convert::result).collect(),
                    trace: Some(convert::trace(tree, self.app.limits.depth)),
                }
            }
            None => pb::CheckTraceResponse {
                verdict: pb::Verdict::Unknown.into(),
                results: vec![pb::CheckResult {
                    check: "arrived".to_owned(),
                    verdict: pb::Verdict::Unknown.into(),
                    service: String::new(),
                    message: format!("nothing of {reference} has arrived"),
                }],
                trace: None,
            },
        }))
    }

    type TailTracesStream = tail::Tail;

    async fn tail_traces(
        &self,
        request: Request<pb::TailTracesRequest>,
    ) -> Result<Response<Self::TailTracesStream>, Status> {
        Ok(Response::new(tail::tail(
            self.app.clone(),
            request.into_inner().service,
        )))
    }

    async fn get_intake(
        &self,
        _: Request<pb::GetIntakeRequest>,
    ) -> Result<Response<pb::GetIntakeResponse>, Status> {
        let intake = self
            .app
            .read(|store| store.intake())
            .await
            .map_err(failed)?;
        Ok(Response::new(convert::intake(intake)))
    }
}

/// The store failed; what it says may name files, which is for the log.
fn failed(error: throughline_trace_store::Error) -> Status {
    tracing::error!(%error, "the store failed");
    Status::internal("the store failed")
}
