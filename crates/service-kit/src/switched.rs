//! A layer that may be left out, so that a test can take ours out on one side and see the break found. It knows
//! no layer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body_util::Either;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// A layer, on or off.
#[derive(Clone, Debug)]
pub struct Switched<L>(Option<L>);

impl<L> Switched<L> {
    pub(crate) fn new(layer: L, on: bool) -> Self {
        Self(on.then_some(layer))
    }
}

impl<L: Layer<S>, S> Layer<S> for Switched<L> {
    type Service = SwitchedService<L::Service, S>;

    fn layer(&self, inner: S) -> Self::Service {
        match &self.0 {
            Some(layer) => SwitchedService::On(layer.layer(inner)),
            None => SwitchedService::Off(inner),
        }
    }
}

/// A service with a layer around it, or without.
#[derive(Clone, Debug)]
pub enum SwitchedService<On, Off> {
    /// With it.
    On(On),
    /// Without it.
    Off(Off),
}

impl<On, Off, A, B, C> Service<http::Request<A>> for SwitchedService<On, Off>
where
    On: Service<http::Request<A>, Response = http::Response<B>>,
    Off: Service<http::Request<A>, Response = http::Response<C>, Error = On::Error>,
{
    type Response = http::Response<Either<B, C>>;
    type Error = On::Error;
    type Future = SwitchedFuture<On::Future, Off::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self {
            Self::On(on) => on.poll_ready(context),
            Self::Off(off) => off.poll_ready(context),
        }
    }

    fn call(&mut self, request: http::Request<A>) -> Self::Future {
        let state = match self {
            Self::On(on) => State::On {
                future: on.call(request),
            },
            Self::Off(off) => State::Off {
                future: off.call(request),
            },
        };
        SwitchedFuture { state }
    }
}

pin_project! {
    /// The answer of a [`SwitchedService`].
    pub struct SwitchedFuture<On, Off> {
        #[pin]
        state: State<On, Off>,
    }
}

pin_project! {
    #[project = Projection]
    enum State<On, Off> {
        On { #[pin] future: On },
        Off { #[pin] future: Off },
    }
}

impl<On, Off, B, C, E> Future for SwitchedFuture<On, Off>
where
    On: Future<Output = Result<http::Response<B>, E>>,
    Off: Future<Output = Result<http::Response<C>, E>>,
{
    type Output = Result<http::Response<Either<B, C>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project().state.project() {
            Projection::On { future } => {
                ready!(future.poll(context)).map(|response| response.map(Either::Left))
            }
            Projection::Off { future } => {
                ready!(future.poll(context)).map(|response| response.map(Either::Right))
            }
        })
    }
}
