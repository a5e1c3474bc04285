//! Writes the trace at hand into the headers of a call that our layer cannot be put around. It knows no peer.

use http::HeaderMap;
use sentry_tonic::interceptor::{Inject, inject};
use tonic::metadata::MetadataMap;
use tonic::service::Interceptor as _;

use crate::Telemetry;

/// Writes `sentry-trace`, `baggage` and `traceparent`, unless calls that go out are not to be traced.
#[derive(Clone, Debug)]
pub struct TraceWriter(Option<Inject>);

impl Telemetry {
    /// A writer for a client that takes its headers call by call, as a database's does.
    pub fn trace_writer(&self) -> TraceWriter {
        let traced = self.layers().client();
        TraceWriter(traced.then(|| inject("")))
    }
}

impl TraceWriter {
    /// Writes the trace of the span that is the current one.
    pub fn write(&self, headers: &mut HeaderMap) {
        let Some(inject) = &self.0 else { return };
        let mut request = tonic::Request::new(());
        *request.metadata_mut() = MetadataMap::from_headers(std::mem::take(headers));
        // It refuses nothing.
        if let Ok(request) = inject.clone().call(request) {
            *headers = request.into_parts().0.into_headers();
        }
    }
}
