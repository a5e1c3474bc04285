//! The two services: what a request says of its deadline, and the timer, armed before anybody else's.

use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use tonic::Status;
use tower_service::Service;

use super::cut::{self, Cut};
use super::outlast::Wait;
use super::{
    Deadline, DeadlineBody, DeadlineFuture, OutlastBody, OutlastFuture, ServerDeadlineLayer, asked,
};
use crate::call_context::CallContext;

/// Holds the calls that come in to their deadlines.
#[derive(Clone, Debug)]
pub struct ServerDeadlineService<S> {
    pub(super) layer: ServerDeadlineLayer,
    pub(super) inner: S,
}

impl ServerDeadlineLayer {
    /// The deadline of a request that arrives now.
    fn deadline(&self, headers: &http::HeaderMap) -> Result<Deadline, Status> {
        let asked = match asked(headers) {
            Err(_) if self.strict => {
                return Err(Status::invalid_argument("grpc-timeout cannot be read"));
            }
            asked => asked.ok().flatten(),
        };
        let given = asked.unwrap_or(self.default).min(self.most);
        // Before tonic's own timer, which answers CANCELLED. A very short time is cut by no more than a half.
        Ok(Deadline::after(given - self.lead.min(given / 2)))
    }
}

impl<S, A, B> Service<Request<A>> for ServerDeadlineService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: 'static,
{
    type Response = Response<DeadlineBody<B>>;
    type Error = S::Error;
    type Future = DeadlineFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let deadline = match self.layer.deadline(request.headers()) {
            Ok(deadline) if deadline.has_passed() => {
                return DeadlineFuture::refused(cut::exceeded());
            }
            Ok(deadline) => deadline,
            Err(refusal) => return DeadlineFuture::refused(refusal),
        };
        let cut = Cut::new(Some(deadline), self.layer.drain.clone());
        request.extensions_mut().insert(deadline);
        let carried = deadline.context();
        let inner = deadline.run(|| self.inner.call(request));
        DeadlineFuture::of(inner, cut, carried)
    }
}

/// Holds the calls that go out to their deadlines.
#[derive(Clone, Debug)]
pub struct ClientDeadlineService<S> {
    pub(super) outlast: Duration,
    pub(super) inner: S,
}

impl<S, A, B> Service<Request<A>> for ClientDeadlineService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: 'static,
    B: Body + Unpin + Send + 'static,
{
    type Response = Response<DeadlineBody<OutlastBody<B>>>;
    type Error = S::Error;
    type Future = DeadlineFuture<OutlastFuture<S::Future>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let deadline = Deadline::of_departing(request.headers());
        if let Some(deadline) = deadline {
            if deadline.has_passed() {
                return DeadlineFuture::refused(cut::exceeded());
            }
            deadline.write(request.headers_mut());
        }
        let cut = Cut::new(deadline, None);
        let outlast = self.outlast;
        let wait = deadline.map(|deadline| Wait { deadline, outlast });
        let inner = OutlastFuture::new(self.inner.call(request), wait);
        DeadlineFuture::of(inner, cut, CallContext::current())
    }
}
