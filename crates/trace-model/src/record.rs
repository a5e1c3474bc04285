//! What an envelope yields, and where it came from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Span, Timestamp};

/// The pairs of an envelope's `trace` header (the dynamic sampling context), values
/// as the texts that came.
pub type SamplingContext = BTreeMap<String, String>;

/// Where an envelope came from.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Source {
    /// The project, as in the path `/api/{project}/envelope/`.
    pub project: String,
    /// The public key, if the request had one.
    pub key: Option<String>,
    /// When it was received.
    pub received: Timestamp,
}

impl Source {
    /// A source of which only the project is known.
    #[must_use]
    pub fn project(project: &str) -> Self {
        Self {
            project: project.to_owned(),
            ..Self::default()
        }
    }
}

/// One thing that a client told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// A span, of a transaction or of a container.
    Span(Span),
    /// An event.
    Event(Event),
    /// A log line.
    Log(Log),
    /// A client's report that it dropped something.
    LossReport(LossReport),
}

impl Record {
    /// The trace it belongs to, if it says.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        match self {
            Self::Span(span) => Some(&span.trace_id),
            Self::Event(event) => event.trace_id.as_deref(),
            Self::Log(log) => log.trace_id.as_deref(),
            Self::LossReport(_) => None,
        }
    }
}

/// An event.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// 32 lower-case hex digits.
    pub event_id: String,
    /// The trace in which it was captured.
    pub trace_id: Option<String>,
    /// The span in which it was captured.
    pub span_id: Option<String>,
    /// The service that sent it.
    pub service: String,
    /// For example `error`; a client that sends none means `error`.
    pub level: String,
    /// The type of the exception and its value, or the message.
    pub title: String,
    /// Where it happened, as far as it says.
    pub culprit: String,
    /// When.
    pub time: Timestamp,
    /// The `trace` header of its envelope, if it had one.
    pub sampling_context: Option<SamplingContext>,
}

impl Event {
    /// Whether it tells of an error, rather than of something by the way.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self.level.as_str(), "error" | "fatal" | "critical")
    }
}

/// A log line.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The trace in which it was written.
    pub trace_id: Option<String>,
    /// The span in which it was written.
    pub span_id: Option<String>,
    /// The service that wrote it.
    pub service: String,
    /// For example `info`.
    pub level: String,
    /// The text.
    pub body: String,
    /// When.
    pub time: Timestamp,
}

/// A client's report that it dropped something.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossReport {
    /// The service whose client it was.
    pub service: String,
    /// Sentry's reason, for example `queue_overflow`.
    pub reason: String,
    /// Sentry's category, for example `transaction`.
    pub category: String,
    /// How many.
    pub quantity: u64,
    /// When the report was made: after the loss.
    pub time: Timestamp,
}
