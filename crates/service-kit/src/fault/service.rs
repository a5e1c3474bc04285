//! The service that obeys a fault before the call goes on. Its future is named, and it allocates only
//! for a delay.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower_service::Service;

use super::{Fault, FaultLayer};

/// Obeys the faults that calls ask of this hop.
#[derive(Clone, Debug)]
pub struct FaultService<S> {
    layer: FaultLayer,
    inner: S,
}

impl<S> FaultService<S> {
    pub(super) fn new(layer: FaultLayer, inner: S) -> Self {
        Self { layer, inner }
    }
}

impl<S: tonic::server::NamedService> tonic::server::NamedService for FaultService<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B, R> Service<http::Request<B>> for FaultService<S>
where
    S: Service<http::Request<B>, Response = http::Response<R>>,
    R: Default,
{
    type Response = http::Response<R>;
    type Error = S::Error;
    type Future = FaultFuture<S::Future, R>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let state = match self.layer.asked_of_us(request.headers()) {
            None => State::Call {
                inner: self.inner.call(request),
            },
            Some(Fault::Delay(delay)) => State::Delayed {
                delay: Some(Box::pin(tokio::time::sleep(delay))),
                inner: self.inner.call(request),
            },
            Some(Fault::Error(code)) => State::Answered {
                answer: Some(tonic::Status::new(code, "a fault, as the call asked").into_http()),
            },
            Some(Fault::Panic) => State::Panicking,
        };
        FaultFuture { state }
    }
}

pin_project! {
    /// The answer of a call that may have asked for a fault.
    pub struct FaultFuture<F, R> {
        #[pin]
        state: State<F, R>,
    }
}

pin_project! {
    #[project = Projection]
    enum State<F, R> {
        Call { #[pin] inner: F },
        // The call is not polled before the delay is over.
        Delayed { delay: Option<Pin<Box<Sleep>>>, #[pin] inner: F },
        Answered { answer: Option<http::Response<R>> },
        Panicking,
    }
}

impl<F, R, E> Future for FaultFuture<F, R>
where
    F: Future<Output = Result<http::Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projection::Call { inner } => inner.poll(context),
            Projection::Delayed { delay, inner } => {
                if let Some(sleep) = delay {
                    ready!(sleep.as_mut().poll(context));
                    *delay = None;
                }
                inner.poll(context)
            }
            Projection::Answered { answer } => match answer.take() {
                Some(answer) => Poll::Ready(Ok(answer)),
                None => Poll::Pending,
            },
            Projection::Panicking => panic!("a fault, as the call asked"),
        }
    }
}
