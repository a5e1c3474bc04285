//! Calls to an inspector. Every failure names its address.

use std::time::Duration;

use throughline_api::inspector::v1::trace_service_client::TraceServiceClient;
use throughline_api::inspector::v1::{
    CheckTraceRequest, CheckTraceResponse, GetIntakeRequest, GetIntakeResponse, GetTraceRequest,
    GetTraceResponse, ListTracesRequest, ListTracesResponse, TailTracesRequest, TailTracesResponse,
    TraceRef, trace_ref,
};
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};

use crate::failure::{CallFailed, Server};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a call may take beyond what it was asked to wait.
const ANSWER: Duration = Duration::from_secs(20);
/// A tree of many spans is larger than gRPC's usual 4 MiB.
const LARGEST_ANSWER: usize = 256 << 20;

/// An inspector, connected to when it is first called.
#[derive(Clone, Debug)]
pub(crate) struct Inspector {
    client: TraceServiceClient<Channel>,
    url: String,
}

impl Inspector {
    /// The inspector at `url`.
    pub(crate) fn at(url: &http::Uri) -> anyhow::Result<Self> {
        let channel = Endpoint::from(url.clone())
            .connect_timeout(CONNECT)
            .connect_lazy();
        let client = TraceServiceClient::new(channel).max_decoding_message_size(LARGEST_ANSWER);
        let url = url.to_string().trim_end_matches('/').to_owned();
        Ok(Self { client, url })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// One page of traces.
    pub(crate) async fn list(
        &mut self,
        request: ListTracesRequest,
    ) -> Result<ListTracesResponse, CallFailed> {
        let answer = self
            .client
            .list_traces(within(request, Duration::ZERO))
            .await;
        self.answer(answer)
    }

    /// One trace as a tree.
    pub(crate) async fn get(
        &mut self,
        trace: TraceRef,
        wait: Duration,
    ) -> Result<GetTraceResponse, CallFailed> {
        let request = GetTraceRequest {
            trace: Some(trace),
            wait: Some(proto(wait)),
        };
        let answer = self.client.get_trace(within(request, wait)).await;
        self.answer(answer)
    }

    /// Holds a trace against expectations.
    pub(crate) async fn check(
        &mut self,
        mut request: CheckTraceRequest,
        wait: Duration,
    ) -> Result<CheckTraceResponse, CallFailed> {
        request.wait = Some(proto(wait));
        let answer = self.client.check_trace(within(request, wait)).await;
        self.answer(answer)
    }

    /// Summaries as traces grow, until either side ends it.
    pub(crate) async fn tail(
        &mut self,
        request: TailTracesRequest,
    ) -> Result<Streaming<TailTracesResponse>, CallFailed> {
        let answer = self.client.tail_traces(request).await;
        self.answer(answer)
    }

    /// What has come in.
    pub(crate) async fn intake(&mut self) -> Result<GetIntakeResponse, CallFailed> {
        let request = within(GetIntakeRequest {}, Duration::ZERO);
        let answer = self.client.get_intake(request).await;
        self.answer(answer)
    }

    /// A stream's or call's failure, with where it happened.
    pub(crate) fn failed(&self, status: Status) -> CallFailed {
        CallFailed::new(status, Server::Inspector, &self.url)
    }

    fn answer<T>(&self, answer: Result<tonic::Response<T>, Status>) -> Result<T, CallFailed> {
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status| self.failed(status))
    }
}

/// A call that ends on its own, even if the other side never answers.
fn within<T>(message: T, wait: Duration) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(wait + ANSWER);
    request
}

fn proto(duration: Duration) -> prost_types::Duration {
    prost_types::Duration::try_from(duration).unwrap_or_default()
}

/// The trace that began last.
pub(crate) fn latest() -> TraceRef {
    TraceRef {
        r#ref: Some(trace_ref::Ref::Latest(true)),
    }
}

/// The trace with this id.
pub(crate) fn by_id(id: &str) -> TraceRef {
    TraceRef {
        r#ref: Some(trace_ref::Ref::Id(id.to_owned())),
    }
}
