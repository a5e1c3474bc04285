//! The caller's side: a request with a message that is too long is not sent to its end, and its caller is told so by
//! RESOURCE_EXHAUSTED; answers are held to their bound as they arrive.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;
use tonic::body::Body;
use tower_service::Service;

use super::{AnswerBody, FrameReader, Messages, Violation};

/// A client whose messages are bounded, both ways.
#[derive(Clone, Debug)]
pub struct SizedClient<S> {
    inner: S,
    request_bytes: usize,
    answer_bytes: usize,
}

impl<S> SizedClient<S> {
    /// Sends messages of up to `request_bytes` and takes ones of up to `answer_bytes`.
    pub fn new(inner: S, request_bytes: usize, answer_bytes: usize) -> Self {
        Self {
            inner,
            request_bytes,
            answer_bytes,
        }
    }
}

impl<S, B> Service<Request<Body>> for SizedClient<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
{
    type Response = Response<AnswerBody<B>>;
    type Error = S::Error;
    type Future = SizedFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let broken = Arc::<OnceLock<Violation>>::default();
        let request = request.map(|inner| {
            Body::new(Departing {
                inner,
                reader: FrameReader::new(Messages::Any, self.request_bytes),
                broken: broken.clone(),
            })
        });
        SizedFuture {
            inner: self.inner.call(request),
            answer_bytes: self.answer_bytes,
            broken,
        }
    }
}

pin_project! {
    /// The answer of a call, or that its request is too long.
    pub struct SizedFuture<F> {
        #[pin]
        inner: F,
        answer_bytes: usize,
        broken: Arc<OnceLock<Violation>>,
    }
}

impl<F, B, E> Future for SizedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<AnswerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(context));
        // Whatever the connection made of it.
        Poll::Ready(match (this.broken.get(), answer) {
            (Some(violation), Err(_)) => Ok(Status::from(*violation).into_http()),
            (_, answer) => {
                answer.map(|answer| answer.map(|body| AnswerBody::new(body, *this.answer_bytes)))
            }
        })
    }
}

pin_project! {
    /// The body of a request on its way out. It ends with an error before a message that is too long.
    struct Departing {
        #[pin]
        inner: Body,
        reader: FrameReader,
        broken: Arc<OnceLock<Violation>>,
    }
}

impl http_body::Body for Departing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.project();
        if let Some(violation) = this.broken.get() {
            return Poll::Ready(Some(Err((*violation).into())));
        }
        let frame = ready!(this.inner.poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
            && let Err(violation) = this.reader.read(data)
        {
            tracing::debug!(%violation, "a request is broken off");
            let violation = this.broken.get_or_init(|| violation);
            return Poll::Ready(Some(Err((*violation).into())));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
