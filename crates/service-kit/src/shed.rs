//! What a process does when it has too much to do: it says so at once, before a call costs anything, and when to come back.
//!
//! The code is RESOURCE_EXHAUSTED, as at the gateway: UNAVAILABLE would be a fault of the server, and each caller would make
//! an event of it, at the worst of times. Health is answered all the same. It knows no service's methods.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tower_layer::Layer;
use tower_service::Service;

use crate::{Limits, metrics};

/// The header that says what there was too much of. Callers record it on their span.
pub const HEADER: &str = "x-throughline-shed";
/// The header by which gRPC's own clients are told how long to wait, in milliseconds.
const PUSHBACK: &str = "grpc-retry-pushback-ms";
/// The one method that is always answered.
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// Lets so many calls in at once, and answers the others.
#[derive(Clone, Debug)]
pub struct ShedLayer {
    room: Arc<Semaphore>,
    wait: Duration,
}

impl ShedLayer {
    /// Room for `Limits::calls`. Clones share it.
    pub fn new(limits: &Limits) -> Self {
        Self {
            room: Arc::new(Semaphore::new(limits.calls.min(Semaphore::MAX_PERMITS))),
            wait: limits.shed_wait,
        }
    }
}

impl<S> Layer<S> for ShedLayer {
    type Service = ShedService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ShedService {
            layer: self.clone(),
            inner,
        }
    }
}

/// Lets so many calls in at once, and answers the others.
#[derive(Clone, Debug)]
pub struct ShedService<S> {
    layer: ShedLayer,
    inner: S,
}

impl<S, A, B> Service<Request<A>> for ShedService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<ShedBody<B>>;
    type Error = S::Error;
    type Future = ShedFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let place = self.layer.room.clone().try_acquire_owned().ok();
        if place.is_none() && request.uri().path() != HEALTH {
            metrics::shed();
            return ShedFuture {
                inner: None,
                place: None,
                wait: self.layer.wait,
            };
        }
        ShedFuture {
            inner: Some(self.inner.call(request)),
            place,
            wait: self.layer.wait,
        }
    }
}

/// What a call is told for which there is no room.
fn answer<B>(wait: Duration) -> Response<ShedBody<B>> {
    let details = ErrorDetails::with_retry_info(Some(wait));
    let sentence = "there is no room for one more call";
    let status = Status::with_error_details(Code::ResourceExhausted, sentence, details);
    let mut answer: Response<ShedBody<B>> = status.into_http();
    let headers = answer.headers_mut();
    headers.insert(HEADER, HeaderValue::from_static("calls"));
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    headers.insert(PUSHBACK, wait.into());
    answer
}

pin_project! {
    /// The answer of a call that has its place, or that there is none.
    pub struct ShedFuture<F> {
        #[pin]
        inner: Option<F>,
        place: Option<OwnedSemaphorePermit>,
        wait: Duration,
    }
}

impl<F, B, E> Future for ShedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ShedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            return Poll::Ready(Ok(answer(*this.wait)));
        };
        let answer = ready!(inner.poll(context));
        let place = this.place.take();
        Poll::Ready(answer.map(|answer| {
            answer.map(|inner| ShedBody {
                inner: Some(inner),
                place,
            })
        }))
    }
}

pin_project! {
    /// The body of an answer; the call has its place until its end.
    #[derive(Debug)]
    pub struct ShedBody<B> {
        #[pin]
        inner: Option<B>,
        place: Option<OwnedSemaphorePermit>,
    }
}

impl<B> Default for ShedBody<B> {
    fn default() -> Self {
        Self {
            inner: None,
            place: None,
        }
    }
}

impl<B: Body> Body for ShedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let frame = ready!(inner.poll_frame(context));
        let over = match &frame {
            Some(Ok(frame)) => frame.is_trailers(),
            _ => true,
        };
        if over {
            *this.place = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let empty = || SizeHint::with_exact(0);
        self.inner.as_ref().map_or_else(empty, Body::size_hint)
    }
}
