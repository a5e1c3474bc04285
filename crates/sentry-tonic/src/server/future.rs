//! The response future: begins the span at its first poll, and sees the head.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderValue, Response, header};
use http_body::Body;
use pin_project_lite::pin_project;

use super::ServerBody;
use super::call::Call;
use crate::failure;
use crate::status::internal_error;

pin_project! {
    /// The future of [`ServerService`](super::ServerService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ServerFuture<F> {
        // None once it is done, so that what it holds is dropped before the
        // span ends.
        #[pin]
        inner: Option<F>,
        // None for a call that is not traced.
        call: Option<Call>,
    }

    impl<F> PinnedDrop for ServerFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(call) = this.call {
                call.discard(|| this.inner.set(None));
                call.dropped(false);
            }
        }
    }
}

impl<F> ServerFuture<F> {
    pub(super) fn traced(inner: F, call: Call) -> Self {
        Self {
            inner: Some(inner),
            call: Some(call),
        }
    }

    pub(super) fn untraced(inner: F) -> Self {
        Self {
            inner: Some(inner),
            call: None,
        }
    }

    /// The call panicked before there was a future.
    pub(super) fn panicked(call: Call) -> Self {
        Self {
            inner: None,
            call: Some(call),
        }
    }
}

impl<F, B, E> Future for ServerFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: 'static,
{
    type Output = Result<Response<ServerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let inner = this.inner.as_mut().as_pin_mut();
        let (Some(inner), Some(call)) = (inner, this.call.as_mut()) else {
            // Nothing inside: the service panicked when it was called.
            let Some(inner) = this.inner.as_mut().as_pin_mut() else {
                return Poll::Ready(Ok(internal()));
            };
            let response = ready!(inner.poll(cx));
            return Poll::Ready(response.map(|response| response.map(ServerBody::untraced)));
        };
        call.begin();
        let answer = match call.run(|| inner.poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(answer)) => Ok(answer),
            Err(payload) => Err(payload),
        };
        call.discard(|| this.inner.set(None));
        Poll::Ready(match answer {
            Ok(Ok(response)) => {
                let (head, body) = response.into_parts();
                call.head(&head, body.is_end_stream());
                let body = ServerBody::new(body, this.call.take());
                Ok(Response::from_parts(head, body))
            }
            Ok(Err(error)) => {
                call.end_with_error(failure::code_of(&error));
                Err(error)
            }
            Err(payload) => {
                call.panicked(payload);
                Ok(internal())
            }
        })
    }
}

/// The answer to a panic: a response of trailers only.
fn internal<B>() -> Response<ServerBody<B>> {
    let mut response = Response::new(ServerBody::empty());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc"),
    );
    internal_error(response.headers_mut());
    response
}

impl<F> std::fmt::Debug for ServerFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerFuture").finish_non_exhaustive()
    }
}
