//! Work off the call's task: the two ways to start it that keep the trace.
//!
//! A bare `tokio::spawn` loses hub and span, and a span opened in a bare `spawn_blocking` becomes a transaction
//! of another trace, even with an explicit parent. Both helpers carry a fork of the hub, the active
//! tracing span and the deadline, so that what is opened inside nests where it was asked for. Clippy forbids the bare ones.

use std::future::Future;
use std::sync::Arc;

use sentry_core::{Hub, SentryFutureExt};
use sentry_propagation::{TraceContext, sdk};
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::call_context::CallContext;

/// Starts `future` as a task of its own, inside the trace of the caller.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let carried = Carried::here();
    let future = carried.trace.bind(future.bind_hub(carried.hub));
    tokio::spawn(carried.call.bind(future).instrument(carried.span))
}

/// Runs `work`, which may block, on a thread made for that, inside the trace of the caller.
pub fn spawn_blocking<F, R>(work: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let Carried {
        hub,
        span,
        trace,
        call,
    } = Carried::here();
    // The hub innermost: it has what the scope was given since the span was opened.
    tokio::task::spawn_blocking(move || {
        let _entered = call.enter();
        span.in_scope(|| trace.run(|| Hub::run(hub, work)))
    })
}

/// Starts a task that belongs to the process, not to a call: it carries nothing.
pub(crate) fn detached<F>(future: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    drop(tokio::spawn(future));
}

/// What work takes along.
struct Carried {
    /// Of its own for the work, so that its scope does not leak into the caller's.
    hub: Arc<Hub>,
    span: tracing::Span,
    /// Keeps the call's frozen context for as long as the work lasts.
    trace: TraceContext,
    /// Its deadline, and what it asks of hops further on.
    call: CallContext,
}

impl Carried {
    fn here() -> Self {
        let current = Hub::current();
        Self {
            trace: sdk::trace_context(&current),
            call: CallContext::current(),
            hub: Arc::new(Hub::new_from_top(current)),
            span: tracing::Span::current(),
        }
    }
}
