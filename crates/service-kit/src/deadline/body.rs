//! The body of an answer: it ends with the status in trailers where the time is up before it does.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;

use super::cut::Cut;
use crate::call_context::CallContext;

pin_project! {
    /// A body that ends at the deadline.
    pub struct DeadlineBody<B> {
        // None once it is done, so that what it holds is dropped before the call ends.
        #[pin]
        inner: Option<B>,
        #[pin]
        cut: Cut,
        context: CallContext,
    }
}

impl<B> DeadlineBody<B> {
    pub(super) fn new(inner: B, cut: Cut, context: CallContext) -> Self {
        Self {
            inner: Some(inner),
            cut,
            context,
        }
    }
}

impl<B> Default for DeadlineBody<B> {
    fn default() -> Self {
        Self {
            inner: None,
            cut: Cut::new(None, None),
            context: CallContext::default(),
        }
    }
}

impl<B: Body> Body for DeadlineBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let _entered = this.context.clone().enter();
        // A body that is always ready would never let the timer have its turn.
        let status = match this.cut.passed() {
            Some(status) => status,
            None => match inner.poll_frame(context) {
                Poll::Ready(frame) => return Poll::Ready(frame),
                Poll::Pending => match this.cut.poll(context) {
                    Poll::Ready(status) => status,
                    Poll::Pending => return Poll::Pending,
                },
            },
        };
        this.inner.set(None);
        Poll::Ready(Some(Ok(Frame::trailers(trailers(&status)))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// The trailers of a call that ends with `status`.
fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    // It fails on a message that no header can hold, which percent-encoding rules out.
    if status.add_header(&mut trailers).is_err() {
        trailers.insert("grpc-status", (status.code() as i32).into());
    }
    trailers
}

impl<B> std::fmt::Debug for DeadlineBody<B> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DeadlineBody")
            .finish_non_exhaustive()
    }
}
