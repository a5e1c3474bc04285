//! The server's interceptor: takes the trace out of the metadata.
//!
//! ```
//! use sentry_tonic::IncomingTrace;
//! use sentry_tonic::interceptor::{InScope, extract};
//!
//! // GraphServiceServer::with_interceptor(service, extract)
//! # let service = extract;
//! # let _ = service;
//! async fn handler(mut request: tonic::Request<()>) -> Result<tonic::Response<()>, tonic::Status> {
//!     let trace = request.extensions_mut().remove::<IncomingTrace>().unwrap_or_default();
//!     trace.in_scope(async { Ok(tonic::Response::new(())) }).await
//! }
//! # drop(handler(tonic::Request::new(())));
//! ```

use sentry_propagation::{IncomingTrace, Trust};
use tonic::{Request, Status};

use crate::Limits;
use crate::sdk::{self, Scoped};

/// An interceptor that leaves the trace of a call in its extensions, as an
/// [`IncomingTrace`]. What a [`ServerLayer`](crate::ServerLayer) around it has
/// left there stays.
pub fn extract(mut request: Request<()>) -> Result<Request<()>, Status> {
    if request.extensions().get::<IncomingTrace>().is_none() {
        let trusted = request.extensions().get::<Trust>() != Some(&Trust::Untrusted);
        let headers = request.metadata().clone().into_headers();
        let incoming = IncomingTrace::extract(&headers, &Limits::default().propagation);
        request.extensions_mut().insert(if trusted {
            incoming
        } else {
            incoming.untrusted()
        });
    }
    Ok(request)
}

/// Work in the trace of a call that no layer records.
pub trait InScope {
    /// Runs `future` in this trace: what it captures belongs to it, and the
    /// calls that it makes carry it on. Where a span is active already, as
    /// under a [`ServerLayer`](crate::ServerLayer), nothing changes.
    fn in_scope<F: Future>(&self, future: F) -> Scoped<F>;
}

impl InScope for IncomingTrace {
    fn in_scope<F: Future>(&self, future: F) -> Scoped<F> {
        sdk::in_trace(self, future)
    }
}
