//! The bounds within which a service starts, serves and stops. It knows no values of the environment.

use std::time::Duration;

/// Bounds of a service's frame.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How long a stopping server waits for calls in flight before it drops them.
    pub drain: Duration,
    /// How long `Telemetry::close` waits for what is still to be sent.
    pub close: Duration,
    /// How long a connection may take to a peer.
    pub connect: Duration,
    /// After how much silence a connection is probed.
    pub keepalive_interval: Duration,
    /// How long the answer to a probe may take before the connection is dropped.
    pub keepalive_timeout: Duration,
    /// Connections at once; one beyond is closed.
    pub connections: usize,
    /// How long a connection may take to say that it speaks HTTP/2, its TLS handshake included.
    pub greeting: Duration,
    /// After how long a connection is told to go, so that callers spread over the servers that there are by then.
    pub connection_age: Duration,
    /// How long an old connection may stay to end its calls. No less than the longest call, or that one is cut.
    pub connection_grace: Duration,
    /// How long a connection waits, when all is said, for its peer to close too, so that no reset takes the last answer away.
    pub close_wait: Duration,
    /// How long no connection is accepted after one could not be.
    pub accept_pause: Duration,
    /// Calls in flight at once in the whole process; one beyond is shed: answered at once, before it costs anything.
    pub calls: usize,
    /// What a call that is shed is told to wait.
    pub shed_wait: Duration,
    /// Streams at once on one connection.
    pub concurrent_streams: u32,
    /// Bytes of the header list of one request.
    pub header_list_bytes: u32,
    /// Streams that were reset before they were looked at; one more ends the connection.
    pub pending_resets: usize,
    /// Streams that we reset for errors of the caller's; one more ends the connection.
    pub error_resets: usize,
    /// Bytes of one stream that may be under way unread: backpressure reaches the sender after these.
    pub stream_window_bytes: u32,
    /// Bytes of one connection that may be under way unread.
    pub connection_window_bytes: u32,
    /// Bytes of one message of a request, at who sends it and at who takes it; a longer one is refused with
    /// RESOURCE_EXHAUSTED. It is also tonic's default for what is decoded, compressed or not, which a service that raises this
    /// one has to raise too.
    pub message_bytes: usize,
    /// Bytes of one message of an answer, at who sends it and at who takes it.
    pub answer_bytes: usize,
    /// After how long the files of a certificate are looked at again.
    pub certificate_check: Duration,
    /// How long a reader of metrics may take, from its connection to the end of its answer.
    pub metrics_read: Duration,
    /// Readers of metrics at once; others wait.
    pub metrics_connections: usize,
    /// What a call is given that names no deadline.
    pub deadline_default: Duration,
    /// The most that a call is given, whatever it asks for. Streams are calls: a watcher comes back after this.
    pub deadline_most: Duration,
    /// How much sooner than a deadline the server ends the call, so that its answer is faster than the timers of others.
    pub deadline_lead: Duration,
    /// How long after its deadline the answer of a call that goes out is read on for nobody, so that its sender ends it at
    /// its own deadline and not because it was cancelled.
    pub deadline_outlast: Duration,
    /// How long a server waits for the calls to end that outlasted the drain and were told so.
    pub drain_end: Duration,
    /// Bytes of an `x-throughline-fault` header; a longer one is ignored.
    pub fault_header_bytes: usize,
    /// The longest delay that a fault may ask for.
    pub fault_delay: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            drain: Duration::from_secs(5),
            close: Duration::from_secs(2),
            connect: Duration::from_secs(2),
            keepalive_interval: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(10),
            connections: 1024,
            greeting: Duration::from_secs(10),
            connection_age: Duration::from_secs(30 * 60),
            connection_grace: Duration::from_secs(60 * 60),
            close_wait: Duration::from_secs(1),
            accept_pause: Duration::from_millis(50),
            calls: 1024,
            shed_wait: Duration::from_secs(1),
            concurrent_streams: 200,
            header_list_bytes: 16 * 1024,
            pending_resets: 20,
            error_resets: 1024,
            stream_window_bytes: 1024 * 1024,
            connection_window_bytes: 1024 * 1024,
            message_bytes: 4 * 1024 * 1024,
            answer_bytes: 64 * 1024 * 1024,
            certificate_check: Duration::from_secs(2),
            metrics_read: Duration::from_secs(5),
            metrics_connections: 4,
            deadline_default: Duration::from_secs(10 * 60),
            deadline_most: Duration::from_secs(60 * 60),
            deadline_lead: Duration::from_millis(1),
            deadline_outlast: Duration::from_secs(1),
            drain_end: Duration::from_secs(2),
            fault_header_bytes: 1024,
            fault_delay: Duration::from_secs(60),
        }
    }
}
