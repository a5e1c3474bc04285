//! The trace that the work at hand belongs to, for work that moves: to a body, a spawned task, a blocking thread.
//!
//! Where a client records, it keeps the call's frozen sampling context alive. Where none does, it *is* the trace: what
//! came is what leaves. Spawned work must take it along, as it takes the hub along.
//!
//! ```
//! use sentry_propagation::{IncomingTrace, SamplingContext, TraceContext};
//!
//! let parent = "09e04486820349518ac7b5d2adbf6ba5-9cf635fa5b870b3a-1".parse()?;
//! let context = TraceContext::pass_on(&IncomingTrace::new(parent, SamplingContext::EMPTY));
//! let spawned = context.run(|| {
//!     let carried = TraceContext::current();
//!     std::thread::spawn(move || carried.run(TraceContext::current))
//! });
//! let seen = spawned.join().expect("no panic");
//! assert_eq!(seen.outgoing().and_then(|out| out.sentry_trace()), Some(parent));
//! # Ok::<(), sentry_propagation::Error>(())
//! ```

use std::{
    cell::RefCell,
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{IncomingTrace, OutgoingTrace, registry::Hold};

thread_local! {
    static CURRENT: RefCell<TraceContext> = const { RefCell::new(TraceContext::NONE) };
}

/// A cheap handle on the trace of the work at hand; may be empty.
#[derive(Clone, Default)]
pub struct TraceContext(Inner);

#[derive(Clone, Default)]
enum Inner {
    /// No trace.
    #[default]
    Nothing,
    /// A client records the call; this keeps what it needs for its outgoing calls.
    Recorded(Hold),
    /// Nothing is recorded; this leaves as it came.
    PassedOn(Arc<OutgoingTrace>),
}

impl TraceContext {
    /// No trace.
    pub const NONE: Self = Self(Inner::Nothing);

    /// The context of the running closure or poll.
    pub fn current() -> Self {
        CURRENT
            .try_with(|current| current.borrow().clone())
            .unwrap_or_default()
    }

    /// The context of a call in a process that records nothing. Empty where the call came without a trace.
    pub fn pass_on(incoming: &IncomingTrace) -> Self {
        match OutgoingTrace::pass_on(incoming) {
            Some(outgoing) => Self(Inner::PassedOn(Arc::new(outgoing))),
            None => Self::NONE,
        }
    }

    /// The context of a call that a client records.
    pub fn recorded(hold: Hold) -> Self {
        Self(Inner::Recorded(hold))
    }

    /// Whether there is no trace.
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Inner::Nothing)
    }

    /// The headers for a call made directly by the call at hand, where no span of its own makes it.
    pub fn outgoing(&self) -> Option<OutgoingTrace> {
        match &self.0 {
            Inner::Nothing => None,
            Inner::Recorded(hold) => Some(hold.outgoing()),
            Inner::PassedOn(outgoing) => Some(OutgoingTrace::clone(outgoing)),
        }
    }

    /// The headers that came, where nothing is recorded.
    pub fn passed_on(&self) -> Option<&OutgoingTrace> {
        match &self.0 {
            Inner::PassedOn(outgoing) => Some(outgoing),
            Inner::Recorded(_) | Inner::Nothing => None,
        }
    }

    /// The hold on a call that is recorded.
    pub fn hold(&self) -> Option<&Hold> {
        match &self.0 {
            Inner::Recorded(hold) => Some(hold),
            Inner::PassedOn(_) | Inner::Nothing => None,
        }
    }

    /// Makes this the current context while `work` runs.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut own = self.clone();
        let _swapped = Swapped::new(&mut own);
        work()
    }

    /// Makes this the current context in each poll of `future`.
    pub fn bind<F>(self, future: F) -> Bound<F> {
        Bound {
            future,
            context: self,
        }
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TraceContext")
            .field(&self.outgoing())
            .finish()
    }
}

pin_project! {
    /// A future with a [`TraceContext`]; see [`TraceContext::bind`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Bound<F> {
        #[pin]
        future: F,
        context: TraceContext,
    }
}

impl<F: Future> Future for Bound<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _swapped = Swapped::new(this.context);
        this.future.poll(cx)
    }
}

/// Trades places with the current context, and back again: two moves of a pointer, no counting of references.
struct Swapped<'a>(&'a mut TraceContext);

impl<'a> Swapped<'a> {
    fn new(own: &'a mut TraceContext) -> Self {
        swap(own);
        Self(own)
    }
}

impl Drop for Swapped<'_> {
    fn drop(&mut self) {
        swap(self.0);
    }
}

fn swap(own: &mut TraceContext) {
    // Fails only while the thread is being torn down, where nobody asks any more.
    let _ = CURRENT.try_with(|current| mem::swap(&mut *current.borrow_mut(), own));
}
