//! Follows the body of a request as it goes by, and ends the call where it breaks the rules: frames that are none, messages
//! that are too long, or that come too slowly. Within the trace, so that the status that the caller gets is the one that
//! is recorded. It keeps no byte.

mod body;
mod pace;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use throughline_service_kit::framing::{FrameReader, SingleRequest};
use throughline_service_kit::metrics;
use tokio::sync::oneshot;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use self::body::{GuardedAnswer, GuardedBody};
use self::pace::Pace;
use crate::{Limits, answer};

/// Guards calls.
#[derive(Clone, Debug)]
pub(crate) struct GuardLayer {
    methods: SingleRequest,
    limits: Arc<Limits>,
}

impl GuardLayer {
    pub(crate) fn new(methods: SingleRequest, limits: &Limits) -> Self {
        Self {
            methods,
            limits: Arc::new(limits.clone()),
        }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard {
            layer: self.clone(),
            inner,
        }
    }
}

/// Guards calls.
#[derive(Clone, Debug)]
pub(crate) struct Guard<S> {
    layer: GuardLayer,
    inner: S,
}

/// What a request's body was found guilty of, for the answer: the service behind sees no more than that it broke off.
type Verdict = oneshot::Receiver<Status>;

impl<S> Service<Request<Body>> for Guard<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = GuardFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let GuardLayer { methods, limits } = &self.layer;
        let messages = methods.messages(request.uri().path());
        let reader = FrameReader::new(messages, limits.message_bytes)
            .flags(announces_compression(request.headers()));
        let (sender, verdict) = oneshot::channel();
        let request = request
            .map(|inner| Body::new(GuardedBody::new(inner, reader, Pace::new(limits), sender)));
        GuardFuture {
            inner: self.inner.call(request),
            verdict: Some(verdict),
        }
    }
}

fn announces_compression(headers: &HeaderMap) -> bool {
    let encoding = headers.get("grpc-encoding");
    encoding.is_some_and(|encoding| encoding != "identity")
}

pin_project! {
    /// The answer of a call, or the verdict on its request.
    pub(crate) struct GuardFuture<F> {
        #[pin]
        inner: F,
        verdict: Option<Verdict>,
    }
}

impl<F> Future for GuardFuture<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // The verdict first: what it does to the call behind would be taken for that one's failure.
        if let Some(status) = spoken(this.verdict, context) {
            return Poll::Ready(Ok(answer::status(status)));
        }
        let answer = ready!(this.inner.poll(context));
        if let Some(status) = spoken(this.verdict, context) {
            return Poll::Ready(Ok(answer::status(status)));
        }
        let verdict = this.verdict.take();
        Poll::Ready(answer.map(|answer| {
            answer.map(|inner| match verdict {
                Some(verdict) => Body::new(GuardedAnswer::new(inner, verdict)),
                None => inner,
            })
        }))
    }
}

/// The verdict, if it is there. None is to come once the request's body has gone.
fn spoken(verdict: &mut Option<Verdict>, context: &mut Context<'_>) -> Option<Status> {
    match Pin::new(verdict.as_mut()?).poll(context) {
        Poll::Ready(spoken) => {
            *verdict = None;
            spoken.ok()
        }
        Poll::Pending => None,
    }
}

/// Why a request's body is not read on, under the name by which it is counted.
fn refused(reason: &'static str, status: Status) -> Status {
    metrics::refused(reason);
    tracing::debug!(reason, %status, "a request is not read on");
    status
}
