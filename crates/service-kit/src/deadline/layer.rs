//! The two layers, and what can be set on them.

use std::time::Duration;

use tower_layer::Layer;

use super::cut::DrainEnd;
use super::{ClientDeadlineService, ServerDeadlineService};
use crate::Limits;

/// Holds the calls that come in to their deadlines.
#[derive(Clone, Debug)]
pub struct ServerDeadlineLayer {
    pub(super) default: Duration,
    pub(super) most: Duration,
    pub(super) lead: Duration,
    pub(super) strict: bool,
    pub(super) drain: Option<DrainEnd>,
}

impl ServerDeadlineLayer {
    /// A layer within these bounds.
    pub fn new(limits: &Limits) -> Self {
        Self {
            default: limits.deadline_default,
            most: limits.deadline_most,
            lead: limits.deadline_lead,
            strict: false,
            drain: None,
        }
    }

    /// Refuses a `grpc-timeout` that cannot be read with INVALID_ARGUMENT, as an edge should. Else it counts as
    /// none, as in tonic.
    #[must_use]
    pub fn refuse_malformed(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Ends the calls in flight when `drain` does.
    #[must_use]
    pub fn ending_with(mut self, drain: DrainEnd) -> Self {
        self.drain = Some(drain);
        self
    }
}

impl<S> Layer<S> for ServerDeadlineLayer {
    type Service = ServerDeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ServerDeadlineService {
            layer: self.clone(),
            inner,
        }
    }
}

/// Holds the calls that go out to their deadlines, and sends what is left of them along.
#[derive(Clone, Debug)]
pub struct ClientDeadlineLayer {
    outlast: Duration,
}

impl ClientDeadlineLayer {
    /// A layer within these bounds.
    pub fn new(limits: &Limits) -> Self {
        Self {
            outlast: limits.deadline_outlast,
        }
    }
}

impl<S> Layer<S> for ClientDeadlineLayer {
    type Service = ClientDeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientDeadlineService {
            outlast: self.outlast,
            inner,
        }
    }
}
