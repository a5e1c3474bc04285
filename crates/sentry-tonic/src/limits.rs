//! The bounds that the layers keep, each a field with a default.

use std::time::Duration;

/// What a call may put on a span or an event, and how its end is judged.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Longest `package.Service/Method`; a longer path is named `_OTHER`.
    pub method_bytes: usize,
    /// Longest `grpc-message` or panic message on an event.
    pub message_bytes: usize,
    /// Longest value of a recorded metadata entry or of a baggage tag.
    pub value_bytes: usize,
    /// A drop this little before the deadline counts as the deadline.
    pub deadline_slack: Duration,
    /// So does one within this part of the call's whole time: 10 is a tenth.
    pub deadline_slack_share: u32,
    /// But for this long at most.
    pub deadline_slack_most: Duration,
    /// The bounds on the trace headers themselves.
    pub propagation: sentry_propagation::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            method_bytes: 256,
            message_bytes: 256,
            value_bytes: 200,
            deadline_slack: Duration::from_millis(5),
            deadline_slack_share: 10,
            deadline_slack_most: Duration::from_millis(250),
            propagation: sentry_propagation::Limits::default(),
        }
    }
}
