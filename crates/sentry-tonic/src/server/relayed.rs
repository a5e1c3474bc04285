//! The mark on an answer that a proxy passes on.

/// Put by a proxy into the extensions of a response that another service gave: its status, in the head or in the
/// trailers, is that service's to report, so that one failure is one event. What the proxy fails at itself, an
/// answer of its own or a body that breaks off, is an event as ever; where a service resets its answer because it failed
/// itself, a proxy that can tell gives trailers in place of the error.
///
/// ```
/// let mut response = http::Response::new(());
/// response.extensions_mut().insert(sentry_tonic::Relayed);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Relayed;
