//! An answer that its reader gives up at the deadline is read on for a moment, for nobody, so that its sender ends it at
//! its own clock's deadline and does not take itself for cancelled: a timeout counts from where it is read, and a request
//! may be long on its way. Before the head there is no such moment, because tonic's own timer resets the call.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Response;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use pin_project_lite::pin_project;
use tokio::runtime::Handle;

use super::Deadline;

pin_project! {
    /// The answer of a call with a deadline.
    #[must_use = "futures do nothing unless polled"]
    pub struct OutlastFuture<F> {
        #[pin]
        inner: F,
        wait: Option<Wait>,
    }
}

/// Until when an answer is waited for, and how long it is read on for nobody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) deadline: Deadline,
    pub(super) outlast: Duration,
}

impl<F> OutlastFuture<F> {
    pub(super) fn new(inner: F, wait: Option<Wait>) -> Self {
        Self { inner, wait }
    }
}

impl<F, B, E> Future for OutlastFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body + Unpin + Send + 'static,
{
    type Output = Result<Response<OutlastBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(context));
        let wait = this.wait.take();
        Poll::Ready(answer.map(|answer| {
            answer.map(|body| OutlastBody {
                inner: Some(body),
                wait,
            })
        }))
    }
}

/// A body that is read to its end, or nearly, where it is dropped after its deadline.
#[derive(Debug)]
pub struct OutlastBody<B>
where
    B: Body + Unpin + Send + 'static,
{
    // None once it is over.
    inner: Option<B>,
    wait: Option<Wait>,
}

impl<B> Body for OutlastBody<B>
where
    B: Body + Unpin + Send + 'static,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(inner).poll_frame(context));
        if frame
            .as_ref()
            .is_none_or(|frame| frame.as_ref().is_ok_and(Frame::is_trailers))
        {
            self.inner = None;
        }
        Poll::Ready(frame)
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

impl<B> Drop for OutlastBody<B>
where
    B: Body + Unpin + Send + 'static,
{
    fn drop(&mut self) {
        let Some(Wait { deadline, outlast }) = self.wait.take() else {
            return;
        };
        let Some(mut inner) = self.inner.take() else {
            return;
        };
        // Who gives it up earlier cancels it.
        if inner.is_end_stream() || !deadline.has_passed() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        drop(runtime.spawn(tokio::time::timeout(outlast, async move {
            while let Some(Ok(_)) = inner.frame().await {}
        })));
    }
}

impl<F> std::fmt::Debug for OutlastFuture<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OutlastFuture")
            .finish_non_exhaustive()
    }
}
