//! The service that obeys a fault before the call goes on. Its future is named, and it allocates only for a delay.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::task::JoinHandle;
use tokio::time::Sleep;
use tonic::Status;
use tower_service::Service;

use super::body::{Doom, FaultBody};
use super::{Fault, FaultLayer, WHY, fire};
use crate::call_context::CallContext;
use crate::spawn::spawn;

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
    type Response = http::Response<FaultBody<R>>;
    type Error = S::Error;
    type Future = FaultFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let hop = self.layer.hop;
        let Some((fault, carried)) = self.layer.asked(request.headers()) else {
            return FaultFuture {
                hop,
                carried: None,
                state: State::Call {
                    inner: self.inner.call(request),
                    doom: None,
                },
            };
        };
        let go_on = || {
            let _entered = carried.clone().enter();
            self.inner.call(request)
        };
        let state = match fault {
            None => State::Call {
                inner: go_on(),
                doom: None,
            },
            Some(Fault::PanicStream) => State::Call {
                inner: go_on(),
                doom: Some(Doom::panic(hop)),
            },
            Some(Fault::ResetAfter(messages)) => State::Call {
                inner: go_on(),
                doom: Some(Doom::reset(hop, messages)),
            },
            Some(Fault::Delay(delay)) => {
                fire(hop, Fault::Delay(delay));
                State::Delayed {
                    delay: Some(Box::pin(tokio::time::sleep(delay))),
                    inner: go_on(),
                }
            }
            // The call goes no further.
            Some(fault) => State::Struck { fault },
        };
        FaultFuture {
            hop,
            carried: Some(carried),
            state,
        }
    }
}

pin_project! {
    /// The answer of a call that may have asked for a fault.
    pub struct FaultFuture<F> {
        hop: &'static str,
        // None where the call asks for none.
        carried: Option<CallContext>,
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = Projection]
    enum State<F> {
        Call { #[pin] inner: F, doom: Option<Doom> },
        // The call is not polled before the delay is over.
        Delayed { delay: Option<Pin<Box<Sleep>>>, #[pin] inner: F },
        Struck { fault: Fault },
        Spawned { task: JoinHandle<()> },
        Stalled,
    }
}

impl<F, R, E> Future for FaultFuture<F>
where
    F: Future<Output = Result<http::Response<R>, E>>,
    R: Default,
{
    type Output = Result<http::Response<FaultBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let _entered = this.carried.clone().map(CallContext::enter);
        loop {
            let (inner, doom) = match this.state.as_mut().project() {
                Projection::Call { inner, doom } => (inner, doom.take()),
                Projection::Delayed { delay, inner } => {
                    if let Some(sleep) = delay {
                        ready!(sleep.as_mut().poll(context));
                        *delay = None;
                    }
                    (inner, None)
                }
                Projection::Spawned { task } => {
                    let failed = ready!(Pin::new(task).poll(context)).is_err();
                    debug_assert!(failed, "it panics");
                    let status = Status::internal("a task of the call panicked");
                    return Poll::Ready(Ok(status.into_http()));
                }
                Projection::Stalled => return Poll::Pending,
                Projection::Struck { fault } => {
                    let fault = *fault;
                    fire(this.hop, fault);
                    match fault {
                        Fault::Error(code) => {
                            this.state.set(State::Stalled);
                            return Poll::Ready(Ok(Status::new(code, WHY).into_http()));
                        }
                        Fault::PanicSpawned => {
                            // Not before the first poll: the call's span begins with that.
                            let task = spawn(async { panic!("{WHY}") });
                            this.state.set(State::Spawned { task });
                        }
                        Fault::Stall => this.state.set(State::Stalled),
                        _ => {
                            this.state.set(State::Stalled);
                            panic!("{WHY}");
                        }
                    }
                    continue;
                }
            };
            let Poll::Ready(answer) = inner.poll(context) else {
                if let Projection::Call { doom: place, .. } = this.state.project() {
                    *place = doom;
                }
                return Poll::Pending;
            };
            let carried = this.carried.take();
            return Poll::Ready(
                answer.map(|answer| answer.map(|body| FaultBody::new(body, carried, doom))),
            );
        }
    }
}
