//! The response body: polled in the call's hub, and where the trailers end it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::call::Call;
use crate::failure;
use crate::status::internal_error;

pin_project! {
    /// The body of a response from [`ServerService`](super::ServerService).
    pub struct ServerBody<B> {
        // None once it is done, so that what it holds is dropped before the
        // span ends.
        #[pin]
        inner: Option<B>,
        // None for a call that is not traced.
        call: Option<Call>,
        // `is_end_stream` of what is inside, for the drop, which has no bounds.
        at_end: bool,
    }

    impl<B> PinnedDrop for ServerBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(call) = this.call {
                call.discard(|| this.inner.set(None));
                call.dropped(*this.at_end);
            }
        }
    }
}

impl<B> ServerBody<B> {
    pub(super) fn new(inner: B, call: Option<Call>) -> Self
    where
        B: Body,
    {
        Self {
            at_end: inner.is_end_stream(),
            inner: Some(inner),
            call,
        }
    }

    pub(super) fn untraced(inner: B) -> Self {
        Self {
            inner: Some(inner),
            call: None,
            at_end: false,
        }
    }

    pub(super) fn empty() -> Self {
        Self {
            inner: None,
            call: None,
            at_end: true,
        }
    }
}

impl<B> Body for ServerBody<B>
where
    B: Body,
    B::Error: 'static,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(call) = this.call.as_mut() else {
            return inner.poll_frame(cx);
        };
        let polled = match call.run(|| inner.as_mut().poll_frame(cx)) {
            Ok(polled) => Ok(ready!(polled)),
            Err(payload) => Err(payload),
        };
        match polled {
            Ok(Some(Ok(frame))) => {
                match frame.trailers_ref() {
                    Some(trailers) => {
                        call.discard(|| this.inner.set(None));
                        call.trailers(trailers);
                    }
                    None => *this.at_end = inner.is_end_stream(),
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Ok(Some(Err(error))) => {
                call.discard(|| this.inner.set(None));
                call.end_with_error(failure::code_of(&error));
                Poll::Ready(Some(Err(error)))
            }
            Ok(None) => {
                call.discard(|| this.inner.set(None));
                call.end_without_status();
                Poll::Ready(None)
            }
            Err(payload) => {
                call.discard(|| this.inner.set(None));
                call.panicked(payload);
                let mut trailers = HeaderMap::new();
                internal_error(&mut trailers);
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
        }
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

impl<B> std::fmt::Debug for ServerBody<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerBody").finish_non_exhaustive()
    }
}
