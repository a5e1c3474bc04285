//! How blocking work leaves the async thread.
//!
//! Injected, because whoever opens a store knows what has to travel with the
//! work (spans, hubs, deadlines) and this crate must not.

use std::future::Future;

/// Runs blocking work elsewhere.
pub trait RunBlocking: Clone + Send + Sync + 'static {
    /// Runs `work` where blocking is allowed and returns what it returned.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, RunError>> + Send;
}

/// The work did not come to its end.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RunError {
    /// It panicked; whoever ran it has reported that.
    #[error("the work panicked")]
    Panicked,
    /// The runtime is stopping.
    #[error("the runtime is stopping")]
    Stopped,
}

impl From<tokio::task::JoinError> for RunError {
    fn from(error: tokio::task::JoinError) -> Self {
        if error.is_panic() {
            Self::Panicked
        } else {
            Self::Stopped
        }
    }
}

/// Tokio's `spawn_blocking` with the current tracing span, and nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainRunner;

impl RunBlocking for PlainRunner {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        let span = tracing::Span::current();
        Ok(tokio::task::spawn_blocking(move || span.in_scope(work)).await?)
    }
}
