//! An answer whose messages are held to their bound, whoever sends it and whoever reads it: one that is longer ends the
//! answer with RESOURCE_EXHAUSTED in its trailers, before any of it is passed on.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;
use tower_layer::Layer;
use tower_service::Service;

use super::{FrameReader, Messages, Violation};

/// Holds the messages of a server's answers to so many bytes.
#[derive(Clone, Copy, Debug)]
pub struct AnswerLayer {
    bytes: usize,
}

impl AnswerLayer {
    /// Sends messages of up to `bytes`.
    pub fn new(bytes: usize) -> Self {
        Self { bytes }
    }
}

impl<S> Layer<S> for AnswerLayer {
    type Service = AnswerService<S>;

    fn layer(&self, inner: S) -> AnswerService<S> {
        AnswerService {
            bytes: self.bytes,
            inner,
        }
    }
}

/// Holds the messages of a server's answers to so many bytes.
#[derive(Clone, Debug)]
pub struct AnswerService<S> {
    bytes: usize,
    inner: S,
}

impl<S, A, B> Service<Request<A>> for AnswerService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<AnswerBody<B>>;
    type Error = S::Error;
    type Future = AnswerFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        AnswerFuture {
            inner: self.inner.call(request),
            bytes: self.bytes,
        }
    }
}

pin_project! {
    /// The answer of a call.
    pub struct AnswerFuture<F> {
        #[pin]
        inner: F,
        bytes: usize,
    }
}

impl<F, B, E> Future for AnswerFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<AnswerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(context));
        Poll::Ready(answer.map(|answer| answer.map(|body| AnswerBody::new(body, *this.bytes))))
    }
}

pin_project! {
    /// The body of an answer, followed as it goes by.
    #[derive(Debug)]
    pub struct AnswerBody<B> {
        // None once it is over.
        #[pin]
        inner: Option<B>,
        reader: FrameReader,
    }
}

impl<B> AnswerBody<B> {
    /// A body of messages of up to `bytes`.
    pub fn new(inner: B, bytes: usize) -> Self {
        Self {
            inner: Some(inner),
            reader: FrameReader::new(Messages::Any, bytes),
        }
    }
}

impl<B> Default for AnswerBody<B> {
    fn default() -> Self {
        Self {
            inner: None,
            reader: FrameReader::new(Messages::Any, 0),
        }
    }
}

impl<B: Body<Data = Bytes>> Body for AnswerBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let frame = ready!(inner.poll_frame(context));
        let data = match &frame {
            Some(Ok(frame)) => frame.data_ref(),
            _ => None,
        };
        let Some(Err(violation)) = data.map(|data| this.reader.read(data)) else {
            return Poll::Ready(frame);
        };
        this.inner.set(None);
        Poll::Ready(Some(Ok(Frame::trailers(trailers(violation)))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        // What is announced may not come.
        SizeHint::default()
    }
}

fn trailers(violation: Violation) -> HeaderMap {
    tracing::debug!(%violation, "an answer is broken off");
    let status = Status::from(violation);
    let mut trailers = HeaderMap::new();
    // It fails on a message that no header can hold, which percent-encoding rules out.
    if status.add_header(&mut trailers).is_err() {
        trailers.insert("grpc-status", (status.code() as i32).into());
    }
    trailers
}
