//! One span, whatever item it came in. Knows nothing of its neighbours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{SamplingContext, Side, Timestamp};

/// A span.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// 32 lower-case hex digits.
    pub trace_id: String,
    /// 16 lower-case hex digits.
    pub span_id: String,
    /// 16 lower-case hex digits; `None` for a head.
    pub parent_span_id: Option<String>,
    /// Whether it is the first span of this trace in its service.
    pub segment: bool,
    /// The service that it ran in.
    pub service: String,
    /// The operation, for example `rpc.server`; may be empty.
    pub op: String,
    /// The name; a transaction's name or a span's description.
    pub name: String,
    /// Sentry's name of the status; empty if not set.
    pub status: String,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; not before `start`.
    pub end: Timestamp,
    /// Further attributes.
    pub attributes: BTreeMap<String, Value>,
    /// Of a segment: the `trace` header of its envelope, if it had one.
    pub sampling_context: Option<SamplingContext>,
    /// Whether it came over OTLP, which has no place for a sampling context.
    #[serde(default)]
    pub otlp: bool,
}

impl Span {
    /// Which side of a call it stands for, if its operation says.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        match self.op.rsplit('.').next() {
            Some("client") if self.op.contains('.') => Some(Side::Client),
            Some("server") if self.op.contains('.') => Some(Side::Server),
            _ => None,
        }
    }

    /// The database it asks, by `db.system` (or its newer name).
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.text("db.system")
            .or_else(|| self.text("db.system.name"))
    }

    /// Whether it stands for a call of a database.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.op == "db" || self.op.starts_with("db.") || self.database().is_some()
    }

    /// An attribute that is a text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.attributes.get(key)?.as_str()
    }

    /// Nanoseconds from start to end.
    #[must_use]
    pub fn duration(&self) -> u64 {
        self.end.since(self.start)
    }
}
