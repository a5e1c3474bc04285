//! Why the inspector does not run.

/// An error of the inspector.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] throughline_trace_store::Error),
    /// The address cannot be taken.
    #[error(transparent)]
    Listen(#[from] throughline_service_kit::Error),
    /// The server failed.
    #[error("the inspector's server failed")]
    Serve(#[from] std::io::Error),
    /// The server's task failed.
    #[error("the inspector's task failed")]
    Task(#[from] tokio::task::JoinError),
}
