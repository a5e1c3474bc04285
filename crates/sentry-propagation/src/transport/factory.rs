//! What the client's options hold: it makes the transport once the client is made. It knows no environment.

use std::sync::Arc;

use parking_lot::Mutex;
use sentry_core::{Transport, TransportFactory, TransportOptions};

use super::{HttpTransport, Limits, Loss, Resource};

/// Makes [`HttpTransport`]s.
#[derive(Clone, Debug, Default)]
pub struct HttpTransportFactory {
    limits: Limits,
    resource: Resource,
    latest: Arc<Mutex<Option<Arc<HttpTransport>>>>,
}

impl HttpTransportFactory {
    /// A factory with default bounds and no resource.
    pub fn new() -> Self {
        Self::default()
    }

    /// With other bounds.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With attributes that go on all that is sent.
    #[must_use]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = resource;
        self
    }

    /// What the transport made last by this factory, or a clone of it, has lost. Also after its client was closed.
    pub fn losses(&self) -> Vec<Loss> {
        let latest = self.latest.lock();
        latest
            .as_ref()
            .map(|transport| transport.losses())
            .unwrap_or_default()
    }
}

impl TransportFactory for HttpTransportFactory {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        let (limits, resource) = (self.limits.clone(), self.resource.clone());
        let transport = Arc::new(HttpTransport::new(&options, limits, resource));
        *self.latest.lock() = Some(transport.clone());
        transport
    }
}
