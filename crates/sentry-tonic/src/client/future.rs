//! The response future: ends the span with the head, if the head is all, or
//! with the error.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::ClientBody;
use super::call::Call;
use crate::failure;

pin_project! {
    /// The future of [`ClientService`](super::ClientService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ClientFuture<F> {
        #[pin]
        inner: F,
        // None once the body has it.
        call: Option<Call>,
    }
}

impl<F> ClientFuture<F> {
    pub(super) fn new(inner: F, call: Call) -> Self {
        Self {
            inner,
            call: Some(call),
        }
    }
}

impl<F, B, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: 'static,
{
    type Output = Result<Response<ClientBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(cx));
        let mut call = this.call.take();
        Poll::Ready(match answer {
            Ok(response) => {
                let (head, body) = response.into_parts();
                if let Some(call) = &mut call {
                    call.head(&head, body.is_end_stream());
                }
                Ok(Response::from_parts(head, ClientBody::new(body, call)))
            }
            Err(error) => {
                if let Some(call) = &mut call {
                    call.end(failure::code_of(&error));
                }
                Err(error)
            }
        })
    }
}

impl<F> std::fmt::Debug for ClientFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientFuture").finish_non_exhaustive()
    }
}
