//! Telemetry of a process: set up once, closed once, within a bound. It alone calls `sentry::init`
//! and installs a subscriber, and it knows no service.

mod format;
mod panic;
mod subscriber;

use std::sync::Arc;

use clap::ValueEnum;
use sentry_core::{Hub, TransactionOrSpan};
use sentry_propagation::TraceContext;
use sentry_propagation::transport::{HttpTransportFactory, Loss, Resource};
use sentry_tonic::{ClientLayer, ServerLayer};

use crate::{Authorities, Limits, Switched, TelemetryOptions, TraceLayers};

/// The release this binary was built as: `throughline@<version>+<commit>`.
pub const RELEASE: &str = env!("THROUGHLINE_RELEASE");

/// The attribute that names the service on all that it sends.
const SERVICE_NAME: &str = "service.name";

/// The form of the log on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For eyes.
    #[default]
    Pretty,
    /// One JSON object on each line.
    Json,
}

/// The telemetry of this process.
#[must_use = "what is still to be sent is lost unless it is closed"]
pub struct Telemetry {
    service: &'static str,
    layers: TraceLayers,
    faults: bool,
    authorities: Authorities,
    limits: Limits,
    transport: HttpTransportFactory,
    client: Option<sentry::ClientInitGuard>,
}

impl Telemetry {
    /// Sets up logs, spans and events for `service`. Without a DSN there is no client, and only logs to stderr.
    pub fn init(service: &'static str, options: &TelemetryOptions) -> Self {
        let limits = Limits::default();
        let mut transport_limits = sentry_propagation::transport::Limits::default();
        transport_limits.shutdown = limits.close;
        let transport = HttpTransportFactory::new()
            .limits(transport_limits)
            .resource(Resource::new().with(SERVICE_NAME, service));
        let client = options.dsn().map(|dsn| {
            let mut client = sentry_propagation::client_options_with(transport.clone())
                .release(
                    options
                        .sentry_release
                        .clone()
                        .unwrap_or_else(|| RELEASE.to_owned()),
                )
                .traces_sample_rate(options.sentry_traces_sample_rate)
                .shutdown_timeout(limits.close);
            client.dsn = Some(dsn.clone());
            client.environment = options.sentry_environment.clone().map(Into::into);
            sentry::init(client)
        });
        subscriber::install(service, options, client.is_some());
        panic::install();
        Self {
            service,
            layers: options.trace_layers,
            faults: options.faults,
            authorities: options.tls_ca.clone().unwrap_or_default(),
            limits,
            transport,
            client,
        }
    }

    /// The service's name.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The sides on which our layers stand.
    pub fn layers(&self) -> TraceLayers {
        self.layers
    }

    /// Whether faults are obeyed.
    pub fn faults(&self) -> bool {
        self.faults
    }

    /// By whose certificates servers are known.
    pub fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    /// The bounds of the service's frame.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// `layer`, unless calls that come in are not to be traced.
    pub fn server_layer(&self, layer: ServerLayer) -> Switched<ServerLayer> {
        Switched::new(layer, self.layers.server())
    }

    /// `layer`, unless calls that go out are not to be traced.
    pub fn client_layer(&self, layer: ClientLayer) -> Switched<ClientLayer> {
        Switched::new(layer, self.layers.client())
    }

    /// What was lost on the way to the collector so far.
    pub fn losses(&self) -> Vec<Loss> {
        self.transport.losses()
    }

    /// [`losses`](Self::losses) for whoever outlives a borrow.
    pub(crate) fn losses_reader(&self) -> impl Fn() -> Vec<Loss> + Send + Sync + 'static {
        let transport = self.transport.clone();
        move || transport.losses()
    }

    /// Sends what is still to be sent, for no longer than `Limits::close`, and ends telemetry.
    pub async fn close(self) {
        let Some(client) = self.client else { return };
        let limit = self.limits.close;
        // It waits, though not for long; a thread of the runtime may still have calls to serve.
        let closing = tokio::task::spawn_blocking(move || client.close(Some(limit)));
        let _ = closing.await;
    }
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Telemetry")
            .field("service", &self.service)
            .field("layers", &self.layers)
            .field("faults", &self.faults)
            .field("client", &self.client.is_some())
            .finish_non_exhaustive()
    }
}

/// The id of the trace that the work at hand belongs to, if it belongs to one: recorded here, or only passed on.
pub fn current_trace_id() -> Option<String> {
    let passing = || {
        TraceContext::current()
            .outgoing()?
            .sentry_trace()
            .map(|trace| trace.trace_id.to_string())
    };
    ActiveSpan::current()
        .map(|active| active.trace_id)
        .or_else(passing)
}

/// The ids of the span that the current hub works in.
struct ActiveSpan {
    trace_id: String,
    span_id: String,
}

impl ActiveSpan {
    fn current() -> Option<Self> {
        Self::of(&Hub::current())
    }

    fn of(hub: &Arc<Hub>) -> Option<Self> {
        let span = hub.configure_scope(|scope| scope.get_span())?;
        let context = span.get_trace_context();
        let span_id = match &span {
            TransactionOrSpan::Transaction(_) => context.span_id,
            // The trace context of a child names its transaction.
            TransactionOrSpan::Span(span) => span.get_span_id(),
        };
        Some(Self {
            trace_id: context.trace_id.to_string(),
            span_id: span_id.to_string(),
        })
    }
}
