//! The words for a break. How one is found stands in `diagnose`.

use serde::{Deserialize, Serialize};

/// Why a trace is not whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What kind of break.
    pub kind: DiagnosisKind,
    /// The service at fault; empty where none is, or none can be known.
    pub service: String,
    /// The side of it that is at fault.
    pub side: Option<Side>,
    /// A sentence for a person, naming spans and header.
    pub message: String,
    /// The spans concerned, of this trace first.
    pub span_ids: Vec<String>,
    /// Another trace that holds the missing part, where one does.
    pub other_trace_id: Option<String>,
}

/// A kind of break, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DiagnosisKind {
    /// The context did not get from one hop to the next.
    NotPropagated,
    /// A hop passed the context on, but recorded no span of its own.
    HopNotRecorded,
    /// A client reported that it dropped telemetry.
    LostInClient,
    /// The head decided not to sample this trace.
    SampledAway,
    /// The head of the trace was never recorded.
    HeadNeverRecorded,
    /// A hop's sampling context differs from its caller's.
    BaggageMismatch,
    /// What is missing may yet arrive.
    Late,
}

/// A side of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    /// Where it takes calls.
    Server,
    /// Where it makes calls.
    Client,
}
