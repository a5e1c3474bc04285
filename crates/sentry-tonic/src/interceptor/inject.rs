//! The client's interceptor: writes the trace at hand into the metadata.
//!
//! ```
//! use sentry_tonic::interceptor::inject;
//!
//! let inject = inject("graph.internal:50051")
//!     .propagate_to(|authority| authority.ends_with(".internal:50051"));
//! // GraphServiceClient::with_interceptor(channel, inject)
//! # let _ = inject;
//! ```

use tonic::metadata::MetadataMap;
use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::client::Target;
use crate::injected::Injected;
use crate::{Limits, sdk};

/// An interceptor that sends the trace at hand to `target`, `host:port` or a
/// URI, since an interceptor is not told who is called.
///
/// Does nothing where a [`ClientLayer`](crate::ClientLayer) around it has
/// written, or left out, the trace.
#[must_use]
pub fn inject(target: &str) -> Inject {
    let mut inject = Inject {
        target: Target::default(),
        limits: Limits::default(),
    };
    inject.target.set(target);
    inject
}

/// See [`inject`].
#[derive(Clone, Debug)]
pub struct Inject {
    target: Target,
    limits: Limits,
}

impl Inject {
    /// Sends the trace only if `to` is true for the target's authority.
    #[must_use]
    pub fn propagate_to(mut self, to: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.target.allow(to);
        self
    }

    /// The bounds on the headers.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl Interceptor for Inject {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let settled = request.extensions().get::<Injected>().is_some();
        if settled || !self.target.allows(self.target.authority(None)) {
            return Ok(request);
        }
        let Some(outgoing) = sdk::outgoing(&sdk::Hub::current()) else {
            return Ok(request);
        };
        let (metadata, extensions, ()) = request.into_parts();
        let mut headers = metadata.into_headers();
        outgoing.inject(&mut headers, &self.limits.propagation);
        Ok(Request::from_parts(
            MetadataMap::from_headers(headers),
            extensions,
            (),
        ))
    }
}
