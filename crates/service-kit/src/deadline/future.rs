//! The future of both layers: the answer, or the status of a call whose time is up, as a head that is all.

use std::any::Any;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;
use tonic::{Status, TimeoutExpired};

use super::DeadlineBody;
use super::cut::{self, Cut};
use crate::call_context::CallContext;

/// Longest chain of sources that is walked: an error may be its own source.
const MAX_SOURCES: usize = 16;

pin_project! {
    /// The answer within the deadline, or DEADLINE_EXCEEDED.
    #[must_use = "futures do nothing unless polled"]
    pub struct DeadlineFuture<F> {
        // None once it is done, so that what it holds is dropped before the call ends.
        #[pin]
        inner: Option<F>,
        #[pin]
        cut: Cut,
        context: CallContext,
        refusal: Option<Status>,
    }
}

impl<F> DeadlineFuture<F> {
    pub(super) fn of(inner: F, cut: Cut, context: CallContext) -> Self {
        Self {
            inner: Some(inner),
            cut,
            context,
            refusal: None,
        }
    }

    /// A call that goes no further.
    pub(super) fn refused(status: Status) -> Self {
        Self {
            inner: None,
            cut: Cut::new(None, None),
            context: CallContext::default(),
            refusal: Some(status),
        }
    }
}

impl<F, B, E> Future for DeadlineFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: 'static,
{
    type Output = Result<Response<DeadlineBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            let refusal = this.refusal.take();
            return refusal.map_or(Poll::Pending, |status| Poll::Ready(Ok(answer(&status))));
        };
        let _entered = this.context.clone().enter();
        let ended = match inner.poll(context) {
            Poll::Ready(Ok(response)) => {
                let cut = this.cut.as_mut().again();
                let carried = std::mem::take(this.context);
                Ok(response.map(|body| DeadlineBody::new(body, cut, carried)))
            }
            Poll::Ready(Err(error)) if is_timeout(&error) => Ok(answer(&cut::exceeded())),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => match this.cut.poll(context) {
                Poll::Ready(status) => Ok(answer(&status)),
                Poll::Pending => return Poll::Pending,
            },
        };
        this.inner.set(None);
        Poll::Ready(ended)
    }
}

/// A status that is the whole answer.
fn answer<B>(status: &Status) -> Response<DeadlineBody<B>> {
    status.clone().into_http()
}

/// Whether tonic's own timer was faster.
fn is_timeout(error: &dyn Any) -> bool {
    let error: Option<&(dyn Error + 'static)> = error
        .downcast_ref::<tonic::transport::Error>()
        .map(|error| error as &(dyn Error + 'static))
        .or_else(|| {
            let boxed = error.downcast_ref::<Box<dyn Error + Send + Sync>>()?;
            Some(&**boxed as &(dyn Error + 'static))
        });
    std::iter::successors(error, |error| (*error).source())
        .take(MAX_SOURCES)
        .any(<dyn Error>::is::<TimeoutExpired>)
}

impl<F> std::fmt::Debug for DeadlineFuture<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DeadlineFuture")
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tonics_timeout_is_found_in_what_its_channel_fails_with() {
        let boxed = |error: Box<dyn Error + Send + Sync>| is_timeout(&error);
        assert!(boxed(Box::new(TimeoutExpired(()))));
        let status = Status::from_error(Box::new(TimeoutExpired(())));
        assert!(boxed(Box::new(status)), "it is inside a status");
        assert!(!boxed("Timeout expired".into()));
        assert!(!is_timeout(&std::fmt::Error));
    }
}
