//! Options of a Sentry client with our transport. It knows no environment.

use sentry_core::ClientOptions;

use crate::transport::HttpTransportFactory;

/// Options with the transport of this crate, and no personal data: the one line at `sentry::init`.
///
/// ```
/// let options = sentry_propagation::client_options().traces_sample_rate(1.0);
/// assert!(options.transport.is_some());
/// ```
///
/// The panic integration among `sentry`'s defaults flushes in the panicking thread. With this transport that does not
/// wait on a thread of a runtime, and elsewhere no longer than [`Limits::flush`](crate::transport::Limits::flush).
pub fn client_options() -> ClientOptions {
    client_options_with(HttpTransportFactory::new())
}

/// [`client_options`] with a transport that was set up.
pub fn client_options_with(transport: HttpTransportFactory) -> ClientOptions {
    ClientOptions::new()
        .transport(transport)
        .send_default_pii(false)
}
