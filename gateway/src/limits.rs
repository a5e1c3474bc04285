//! The bounds of the edge, all in one place.

use std::time::Duration;

/// What the gateway lets its callers use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How long a caller may take over the head of an HTTP/1 request.
    pub header_read: Duration,
    /// How long the rest of an HTTP/1 request is read that was answered before its end.
    pub linger: Duration,
    /// Bytes that are read of such a rest; then the connection is closed.
    pub linger_bytes: usize,
    /// How long no connection is accepted after one could not be.
    pub accept_pause: Duration,
    /// How long a stopping gateway waits for calls in flight.
    pub drain: Duration,
    /// Streams at once on one HTTP/2 connection.
    pub concurrent_streams: u32,
    /// Bytes of the header list of one request.
    pub header_list_bytes: u32,
    /// Bytes of one stream that may be under way unread: backpressure reaches the sender after these.
    pub stream_window_bytes: u32,
    /// Bytes of one connection that may be under way unread.
    pub connection_window_bytes: u32,
    /// After how much silence an HTTP/2 connection is probed.
    pub keepalive_interval: Duration,
    /// How long the answer to a probe may take before the connection is dropped.
    pub keepalive_timeout: Duration,
    /// How long a browser may remember what a preflight allowed.
    pub preflight_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_read: Duration::from_secs(5),
            linger: Duration::from_secs(2),
            linger_bytes: 4 * 1024 * 1024,
            accept_pause: Duration::from_millis(50),
            drain: Duration::from_secs(5),
            concurrent_streams: 100,
            header_list_bytes: 16 * 1024,
            stream_window_bytes: 64 * 1024,
            connection_window_bytes: 1024 * 1024,
            keepalive_interval: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(10),
            preflight_age: Duration::from_secs(2 * 60 * 60),
        }
    }
}
