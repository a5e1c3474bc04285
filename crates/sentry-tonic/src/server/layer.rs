//! The server layer and what can be set on it.

use std::fmt;
use std::sync::Arc;

use http::HeaderName;
use tower_layer::Layer;

use super::ServerService;
use crate::sdk::Hub;
use crate::{Code, Limits};

/// Calls that are not traced unless asked for: probes and tooling.
const SKIPPED: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

/// Which statuses that a handler gave become error events.
///
/// A panic is an event whatever is set here.
#[derive(Clone, Copy, Debug, Default)]
pub enum ErrorEvents {
    /// None: for a proxy, whose backend reports the same failure.
    Never,
    /// `UNKNOWN`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS`.
    #[default]
    ServerFaults,
    /// Those that the function is true for. `OK` is never asked about.
    When(fn(Code) -> bool),
}

impl ErrorEvents {
    pub(super) fn wants(self, code: Code) -> bool {
        match self {
            _ if code == Code::Ok => false,
            Self::Never => false,
            Self::ServerFaults => code.is_server_fault(),
            Self::When(wants) => wants(code),
        }
    }
}

/// Traces every call that a gRPC server takes.
///
/// The call continues the trace in its metadata, in a hub of its own, and ends
/// with the status that its trailers carry. Put it outside of whatever may
/// fail a call, and inside of tonic-web.
#[derive(Clone)]
pub struct ServerLayer {
    config: Arc<Config>,
}

#[derive(Clone)]
pub(super) struct Config {
    pub(super) skip: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    pub(super) error_events: ErrorEvents,
    pub(super) repanic: bool,
    pub(super) baggage_tags: Vec<String>,
    pub(super) metadata: Vec<HeaderName>,
    pub(super) hub: Option<Arc<Hub>>,
    pub(super) limits: Limits,
}

impl ServerLayer {
    /// A layer with the defaults: health and reflection skipped, server faults
    /// reported, panics answered with INTERNAL, nothing of the metadata kept.
    #[must_use]
    pub fn new() -> Self {
        Self {
            config: Arc::new(Config {
                skip: Arc::new(|path| SKIPPED.iter().any(|skipped| path.starts_with(skipped))),
                error_events: ErrorEvents::default(),
                repanic: false,
                baggage_tags: Vec::new(),
                metadata: Vec::new(),
                hub: None,
                limits: Limits::default(),
            }),
        }
    }

    /// Does not touch calls whose path, `/package.Service/Method`, `skip` is
    /// true for. Takes the place of the default, health and reflection.
    #[must_use]
    pub fn skip(self, skip: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.with(|config| config.skip = Arc::new(skip))
    }

    /// Which statuses become error events.
    #[must_use]
    pub fn error_events(self, which: ErrorEvents) -> Self {
        self.with(|config| config.error_events = which)
    }

    /// Lets a panic go on once it is reported and the call has its end, in
    /// place of the answer INTERNAL.
    #[must_use]
    pub fn repanic(self, repanic: bool) -> Self {
        self.with(|config| config.repanic = repanic)
    }

    /// Third-party members of the incoming baggage that become tags of the
    /// transaction and of the call's events. Nothing is taken from callers who
    /// are not trusted.
    #[must_use]
    pub fn tag_baggage<K: Into<String>>(self, keys: impl IntoIterator<Item = K>) -> Self {
        self.with(|config| config.baggage_tags = keys.into_iter().map(Into::into).collect())
    }

    /// Metadata entries that are recorded on the span, as
    /// `rpc.request.metadata.<key>`. Keys that are no header name, and binary
    /// entries, are left out.
    #[must_use]
    pub fn record_metadata<K: AsRef<str>>(self, keys: impl IntoIterator<Item = K>) -> Self {
        self.with(|config| {
            config.metadata = keys
                .into_iter()
                .filter(|key| !key.as_ref().ends_with("-bin"))
                .filter_map(|key| key.as_ref().parse().ok())
                .collect();
        })
    }

    /// The hub that each call's own is made from, in place of the current one.
    #[must_use]
    pub fn hub(self, hub: Arc<Hub>) -> Self {
        self.with(|config| config.hub = Some(hub))
    }

    /// The bounds on what is recorded and read.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.with(|config| config.limits = limits)
    }

    fn with(mut self, set: impl FnOnce(&mut Config)) -> Self {
        set(Arc::make_mut(&mut self.config));
        self
    }
}

impl Default for ServerLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ServerService::new(inner, Arc::clone(&self.config))
    }
}

impl fmt::Debug for ServerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerLayer")
            .field("error_events", &self.config.error_events)
            .field("repanic", &self.config.repanic)
            .field("baggage_tags", &self.config.baggage_tags)
            .field("metadata", &self.config.metadata)
            .field("limits", &self.config.limits)
            .finish_non_exhaustive()
    }
}
