//! Deadlines, on both sides of a call and over its body: decision 7.
//!
//! The server's layer takes `grpc-timeout`, or a default, up to a maximum; puts the [`Deadline`] into the request's
//! extensions and around all that runs for the call; and answers DEADLINE_EXCEEDED when the time is up, in the head or
//! in trailers. The client's layer sends what is left of it along, so that it shrinks hop by hop, and makes tonic's own
//! timeouts DEADLINE_EXCEEDED too; a stream that it gives up there is read on for a moment, so that its sender says the
//! same. The same futures end calls that outlast the drain. No service is known here.
//!
//! ```
//! use std::time::Duration;
//! use throughline_service_kit::Deadline;
//!
//! let deadline = Deadline::after(Duration::from_secs(1));
//! assert!(deadline.remaining() <= Duration::from_secs(1));
//! assert_eq!(Deadline::current(), None, "no call is at hand");
//! assert_eq!(deadline.run(Deadline::current), Some(deadline));
//! ```

mod body;
mod cut;
mod future;
mod layer;
mod outlast;
mod service;
mod timeout;

use std::time::Duration;

pub use body::DeadlineBody;
pub use cut::DrainEnd;
pub use future::DeadlineFuture;
use http::{HeaderMap, HeaderValue};
pub use layer::{ClientDeadlineLayer, ServerDeadlineLayer};
pub use outlast::{OutlastBody, OutlastFuture};
pub use service::{ClientDeadlineService, ServerDeadlineService};
pub use timeout::format_timeout;
use tokio::time::Instant;

use crate::call_context::CallContext;

/// The header that carries the time left.
pub const HEADER: &str = "grpc-timeout";

/// When the time of a call is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(left: Duration) -> Self {
        let now = Instant::now();
        // Further away than a clock can tell is as good as the furthest that a header can name in hours.
        let far = || now + Duration::from_secs(60 * 60 * 24 * 365);
        Self(now.checked_add(left).unwrap_or_else(far))
    }

    /// That of the call at hand, if there is a call and it has one.
    pub fn current() -> Option<Self> {
        CallContext::with(|context| context.deadline)
    }

    /// What is left; nothing once it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether the time is up.
    pub fn has_passed(self) -> bool {
        Instant::now() >= self.0
    }

    /// Runs `work` with this as the current one.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _entered = self.context().enter();
        work()
    }

    /// Writes what is left into the headers of a request that leaves now.
    pub fn write(self, headers: &mut HeaderMap) {
        headers.insert(HEADER, format_timeout(self.remaining()));
    }

    /// The deadline of a request that leaves now: the earlier of the call's at hand and of its own.
    pub(crate) fn of_departing(headers: &HeaderMap) -> Option<Self> {
        let own = asked(headers).ok().flatten().map(Self::after);
        match (own, Self::current()) {
            (Some(own), Some(current)) => Some(own.min(current)),
            (own, current) => own.or(current),
        }
    }

    pub(crate) fn at(self) -> Instant {
        self.0
    }

    fn context(self) -> CallContext {
        CallContext {
            deadline: Some(self),
            ..CallContext::current()
        }
    }
}

/// The header cannot be read, or there are several.
#[derive(Debug)]
struct Malformed;

/// How long the caller gives it.
fn asked(headers: &HeaderMap) -> Result<Option<Duration>, Malformed> {
    let mut values = headers.get_all(HEADER).iter().map(HeaderValue::as_bytes);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => sentry_tonic::parse_timeout(value)
            .map(Some)
            .ok_or(Malformed),
        (Some(_), Some(_)) => Err(Malformed),
    }
}
