//! What a call takes along wherever its work goes: the time that is left, and the faults that it asks of hops further on.
//! Current while the call's code is polled, and in work that it spawns. It must not know what either is for.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderValue;
use pin_project_lite::pin_project;

use crate::Deadline;

thread_local! {
    static CURRENT: RefCell<CallContext> = const { RefCell::new(CallContext::NONE) };
}

/// Cheap to clone: an instant, and a header that is shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallContext {
    pub(crate) deadline: Option<Deadline>,
    /// `x-throughline-fault` as it came, where faults are obeyed.
    pub(crate) faults: Option<HeaderValue>,
}

impl CallContext {
    const NONE: Self = Self {
        deadline: None,
        faults: None,
    };

    /// That of the running poll or closure.
    pub(crate) fn current() -> Self {
        Self::with(Self::clone)
    }

    /// Looks at that of the running poll or closure.
    pub(crate) fn with<T: Default>(look: impl FnOnce(&Self) -> T) -> T {
        CURRENT
            .try_with(|current| look(&current.borrow()))
            .unwrap_or_default()
    }

    /// Makes this the current one whenever `future` is polled.
    pub(crate) fn bind<F>(self, future: F) -> Bound<F> {
        Bound {
            context: self,
            future,
        }
    }

    /// Makes this the current one until the guard is dropped.
    pub(crate) fn enter(self) -> Entered {
        let before = CURRENT.try_with(|current| current.replace(self));
        Entered(before.ok())
    }
}

/// Puts back what was current before, even when a poll panics.
#[must_use = "it leaves at once when it is dropped"]
pub(crate) struct Entered(Option<CallContext>);

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(before) = self.0.take() {
            let _ = CURRENT.try_with(|current| current.replace(before));
        }
    }
}

pin_project! {
    /// A future with a context of its own.
    pub(crate) struct Bound<F> {
        context: CallContext,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Bound<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.context.clone().enter();
        this.future.poll(context)
    }
}
