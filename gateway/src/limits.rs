//! The bounds of the edge, all in one place.

use std::num::NonZeroU32;
use std::time::Duration;

/// What the gateway lets its callers use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at once; one beyond is closed.
    pub connections: usize,
    /// Connections at once of one peer: an IPv4 address or an IPv6 network of 64 bits.
    pub peer_connections: usize,
    /// Calls in flight at once; one beyond is refused.
    pub calls: usize,
    /// Calls in flight at once of one peer.
    pub peer_calls: usize,
    /// Requests a second of one peer, on the average.
    pub peer_rate: NonZeroU32,
    /// Requests that a peer may send at once after silence.
    pub peer_burst: NonZeroU32,
    /// Accounts in which the rates of peers are kept: so much memory and no more. Peers that meet in one share it.
    pub peer_accounts: u64,
    /// Whether peers on this machine are held to what one peer may, and their traces to `sampled_traces` too.
    pub loopback: bool,
    /// Traces a minute that are continued as sampled because their head says so; one beyond gets a trace of its own.
    pub sampled_traces: usize,
    /// How long a connection may take to say which HTTP it speaks, its TLS handshake included.
    pub greeting: Duration,
    /// Lines of metadata on one request, those of the trace aside.
    pub metadata_lines: usize,
    /// Bytes of names and values of these lines.
    pub metadata_bytes: usize,
    /// Bytes of one message of a request, whether compressed or not.
    pub message_bytes: usize,
    /// The longest that a unary call may ask for, and what one gets that asks for nothing.
    pub unary_timeout: Duration,
    /// The same for a call that streams on either side.
    pub stream_timeout: Duration,
    /// How long the next piece of a message that has begun may take.
    pub body_pause: Duration,
    /// How long a caller may keep us waiting over one message, on top of what `body_rate` grants it.
    pub body_grace: Duration,
    /// Bytes a second at which a message has to come in the long run.
    pub body_rate: u32,
    /// How long a caller may take over the head of an HTTP/1 request.
    pub header_read: Duration,
    /// How long the rest of an HTTP/1 request is read that was answered before its end.
    pub linger: Duration,
    /// Bytes that are read of such a rest; then the connection is closed.
    pub linger_bytes: usize,
    /// After how long a connection is told to go, so that callers spread over the gateways that there are by then.
    pub connection_age: Duration,
    /// How long an old connection may stay to end its calls. No less than `stream_timeout`, or a stream is cut.
    pub connection_grace: Duration,
    /// How long a connection waits, when all is said, for its peer to close too, so that no reset takes the last answer away.
    pub close_wait: Duration,
    /// How long no connection is accepted after one could not be.
    pub accept_pause: Duration,
    /// How long a stopping gateway waits for calls in flight.
    pub drain: Duration,
    /// How long calls that outlasted the drain may take to end when told so, before they are dropped.
    pub drain_end: Duration,
    /// Streams at once on one HTTP/2 connection.
    pub concurrent_streams: u32,
    /// Streams that were reset before they were looked at; one more ends the connection.
    pub pending_resets: usize,
    /// Streams that we reset for errors of the caller's; one more ends the connection.
    pub error_resets: usize,
    /// Bytes of the header list of one request.
    pub header_list_bytes: u32,
    /// Bytes of an HTTP/1 request that are held at once: its head has to fit.
    pub http1_buffer_bytes: usize,
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

const fn nonzero(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            peer_connections: 256,
            calls: 4096,
            peer_calls: 512,
            peer_rate: nonzero(200),
            peer_burst: nonzero(1000),
            peer_accounts: 64 * 1024,
            loopback: false,
            sampled_traces: 6000,
            greeting: Duration::from_secs(10),
            metadata_lines: 64,
            metadata_bytes: 16 * 1024,
            message_bytes: 4 * 1024 * 1024,
            unary_timeout: Duration::from_secs(60),
            stream_timeout: Duration::from_secs(60 * 60),
            body_pause: Duration::from_secs(10),
            body_grace: Duration::from_secs(10),
            body_rate: 1024,
            header_read: Duration::from_secs(5),
            linger: Duration::from_secs(2),
            linger_bytes: 4 * 1024 * 1024,
            connection_age: Duration::from_secs(30 * 60),
            connection_grace: Duration::from_secs(60 * 60),
            close_wait: Duration::from_secs(1),
            accept_pause: Duration::from_millis(50),
            drain: Duration::from_secs(5),
            drain_end: Duration::from_secs(2),
            concurrent_streams: 100,
            pending_resets: 20,
            error_resets: 1024,
            header_list_bytes: 16 * 1024,
            http1_buffer_bytes: 32 * 1024,
            stream_window_bytes: 64 * 1024,
            connection_window_bytes: 1024 * 1024,
            keepalive_interval: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(10),
            preflight_age: Duration::from_secs(2 * 60 * 60),
        }
    }
}
