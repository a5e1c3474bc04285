//! The subscriber of the process: what becomes a span, a log, a breadcrumb, a line on stderr.

use std::io::IsTerminal;

use sentry_tracing::{BreadcrumbLayer, LogLayer, SpanLayer};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::format::Format;
use crate::TelemetryOptions;

/// What the machinery under the services says of itself is no telemetry of theirs: prefixes of targets.
const MACHINERY: [&str; 7] = ["h2", "hyper", "rustls", "sentry", "tokio", "tonic", "tower"];

/// The crate dgraph-tonic, where a program has it, opens spans at INFO that hold passwords, statements and values. No filter
/// that is asked for lets them through.
const TELLS_SECRETS: &str = "dgraph_tonic";

/// Installs the subscriber. A second one in a process, as in tests, leaves the first in place.
pub(super) fn install(service: &'static str, options: &TelemetryOptions, sends: bool) {
    // Checked where the options are read.
    let asked: Targets = options.log_filter.parse().unwrap_or_default();
    let stderr = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .event_format(Format::new(options.log_format, service))
        .with_filter(asked.and(discreet()));
    // Errors become logs, not events: an event is a failed call or a panic, and has its own path.
    let sentry = sends.then(|| {
        SpanLayer::new()
            .with_filter(ours())
            .and_then(LogLayer::new().with_filter(ours()))
            .and_then(BreadcrumbLayer::new().with_filter(ours()))
    });
    // The line on stderr comes last, so that the span it is written in is the current one by then.
    let _ = tracing_subscriber::registry()
        .with(sentry)
        .with(stderr)
        .try_init();
}

fn discreet() -> Targets {
    let targets = Targets::new().with_default(LevelFilter::TRACE);
    targets.with_target(TELLS_SECRETS, LevelFilter::OFF)
}

fn ours() -> Targets {
    discreet()
        .with_default(LevelFilter::INFO)
        .with_targets(MACHINERY.map(|target| (target, LevelFilter::OFF)))
}
