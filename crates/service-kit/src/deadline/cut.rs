//! What may end a call before its time: its deadline, or a server that waits for it no longer. Each answers with a status.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;

use super::Deadline;

/// The end of a drain, for the calls that outlast it: they end then, with UNAVAILABLE, and are counted.
#[derive(Clone, Debug, Default)]
pub struct DrainEnd {
    token: CancellationToken,
    ended: Arc<AtomicU64>,
}

impl DrainEnd {
    /// Ends the calls that are still in flight.
    pub fn end_calls(&self) {
        self.token.cancel();
    }

    /// The status of one more call that is ended.
    fn status(&self) -> Status {
        self.ended.fetch_add(1, Ordering::Relaxed);
        Status::unavailable("the server stopped")
    }

    /// How many calls were ended.
    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }
}

pin_project! {
    /// Completes with the status of a call whose time is up.
    pub(super) struct Cut {
        deadline: Option<Deadline>,
        drain: Option<DrainEnd>,
        // Armed from the start; registered with the runtime when a call is first waited for.
        #[pin]
        timer: Option<Sleep>,
        #[pin]
        stopped: Option<WaitForCancellationFutureOwned>,
    }
}

impl Cut {
    pub(super) fn new(deadline: Option<Deadline>, drain: Option<DrainEnd>) -> Self {
        Self {
            timer: deadline.map(|deadline| tokio::time::sleep_until(deadline.at())),
            stopped: drain
                .as_ref()
                .map(|drain| drain.token.clone().cancelled_owned()),
            deadline,
            drain,
        }
    }

    /// The same for the body of the answer.
    pub(super) fn again(self: Pin<&mut Self>) -> Self {
        let this = self.project();
        Self::new(*this.deadline, this.drain.take())
    }

    /// The status, if the time is up: to be asked before more is done, whoever is ready.
    pub(super) fn passed(&self) -> Option<Status> {
        if self.deadline.is_some_and(Deadline::has_passed) {
            return Some(exceeded());
        }
        let drain = self.drain.as_ref()?;
        drain.token.is_cancelled().then(|| drain.status())
    }
}

impl Future for Cut {
    type Output = Status;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Status> {
        let this = self.project();
        if let Some(timer) = this.timer.as_pin_mut()
            && timer.poll(context).is_ready()
        {
            return Poll::Ready(exceeded());
        }
        if let Some(stopped) = this.stopped.as_pin_mut()
            && stopped.poll(context).is_ready()
        {
            return Poll::Ready(
                this.drain
                    .take()
                    .map_or_else(exceeded, |drain| drain.status()),
            );
        }
        Poll::Pending
    }
}

pub(super) fn exceeded() -> Status {
    Status::deadline_exceeded("the deadline passed")
}
