//! The gateway's own options, by flag and environment.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use http::HeaderName;

use crate::metadata::TRACE;
use crate::origin::Origins;
use crate::{Limits, TrustMode};

/// How a gateway is set up.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Gateway")]
pub struct Options {
    /// Where it listens; port 0 takes a free one
    #[arg(
        long,
        env = "GATEWAY_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,
    /// The graph service behind it
    #[arg(long, env = "GATEWAY_GRAPH_URL", value_name = "URL", default_value = "http://127.0.0.1:50051",
          value_parser = service_url)]
    pub graph_url: String,
    /// A service whose methods can be reached; may be given several times
    #[arg(
        long = "service",
        value_name = "NAME",
        default_value = "throughline.graph.v1.GraphService"
    )]
    pub services: Vec<String>,
    /// A file with the descriptors (an encoded FileDescriptorSet) of admitted services that are not this project's
    #[arg(long, env = "GATEWAY_DESCRIPTORS", value_name = "FILE")]
    pub descriptors: Option<PathBuf>,
    /// Headers of an application that go on to its service, beside those that always do; commas between them
    #[arg(
        long = "pass-header",
        env = "GATEWAY_PASS_HEADERS",
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = passed_header
    )]
    pub pass_headers: Vec<HeaderName>,
    /// The origins whose pages may call, with commas between them; none by default
    #[arg(
        long,
        env = "GATEWAY_ORIGINS",
        value_name = "ORIGINS",
        default_value = "",
        hide_default_value = true
    )]
    pub origins: Origins,
    /// Whose traces are continued: nobody's; those of listed origins, of this machine and of who has the token; all
    #[arg(
        long,
        env = "GATEWAY_TRUST",
        value_name = "WHOSE",
        value_enum,
        default_value_t
    )]
    pub trust: TrustMode,
    /// What a caller without an Origin sends as `x-throughline-trust` to be trusted from another machine
    #[arg(
        long,
        env = "GATEWAY_TRUSTED_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub trusted_token: Option<String>,
    /// The certificate chain (PEM) with which it speaks TLS; read again when the file changes
    #[arg(
        long,
        env = "GATEWAY_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    pub tls_cert: Option<PathBuf>,
    /// The private key (PEM) of that certificate
    #[arg(
        long,
        env = "GATEWAY_TLS_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    pub tls_key: Option<PathBuf>,
    /// Let through what services say of their INTERNAL errors; callers learn no more than the code by default
    #[arg(long, env = "GATEWAY_INTERNAL_DETAILS", value_parser = BoolishValueParser::new())]
    pub internal_details: bool,
    /// Where its metrics can be read, at /metrics; nowhere by default
    #[arg(long, env = "GATEWAY_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,
    /// What callers may use
    #[command(flatten)]
    pub bounds: Bounds,
}

/// Those of the limits that depend on who is in front of the gateway and how big the machine is.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct Bounds {
    /// Connections at once
    #[arg(long, env = "GATEWAY_CONNECTIONS", value_name = "N", default_value_t = Limits::default().connections)]
    pub connections: usize,
    /// Connections at once of one peer
    #[arg(long, env = "GATEWAY_PEER_CONNECTIONS", value_name = "N", default_value_t = Limits::default().peer_connections)]
    pub peer_connections: usize,
    /// Calls in flight at once
    #[arg(long, env = "GATEWAY_CALLS", value_name = "N", default_value_t = Limits::default().calls)]
    pub calls: usize,
    /// Calls in flight at once of one peer
    #[arg(long, env = "GATEWAY_PEER_CALLS", value_name = "N", default_value_t = Limits::default().peer_calls)]
    pub peer_calls: usize,
    /// Requests a second of one peer
    #[arg(long, env = "GATEWAY_PEER_RATE", value_name = "N", default_value_t = Limits::default().peer_rate)]
    pub peer_rate: NonZeroU32,
    /// Requests that a peer may send at once after silence
    #[arg(long, env = "GATEWAY_PEER_BURST", value_name = "N", default_value_t = Limits::default().peer_burst)]
    pub peer_burst: NonZeroU32,
    /// Hold peers on this machine to the same; needed where a proxy on it lets strangers in
    #[arg(long, env = "GATEWAY_LIMIT_LOOPBACK", value_parser = BoolishValueParser::new())]
    pub limit_loopback: bool,
    /// Traces a minute that are continued as sampled; others get a trace of their own
    #[arg(long, env = "GATEWAY_SAMPLED_TRACES", value_name = "N", default_value_t = Limits::default().sampled_traces)]
    pub sampled_traces: usize,
    /// Bytes of one message of a request
    #[arg(long, env = "GATEWAY_MESSAGE_BYTES", value_name = "BYTES", default_value_t = Limits::default().message_bytes)]
    pub message_bytes: usize,
    /// The longest that a unary call may take, in seconds
    #[arg(long, env = "GATEWAY_UNARY_TIMEOUT", value_name = "SECONDS", default_value_t = Limits::default().unary_timeout.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub unary_timeout: u64,
    /// The longest that a streaming call may take, in seconds
    #[arg(long, env = "GATEWAY_STREAM_TIMEOUT", value_name = "SECONDS", default_value_t = Limits::default().stream_timeout.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub stream_timeout: u64,
    /// How long a connection may take to say what it speaks, and a piece of a request to come, in seconds
    #[arg(long, env = "GATEWAY_PATIENCE", value_name = "SECONDS", default_value_t = Limits::default().greeting.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub patience: u64,
}

impl Bounds {
    /// The limits that these make of the defaults.
    pub fn limits(&self) -> Limits {
        let patience = Duration::from_secs(self.patience);
        Limits {
            connections: self.connections,
            peer_connections: self.peer_connections,
            calls: self.calls,
            peer_calls: self.peer_calls,
            peer_rate: self.peer_rate,
            peer_burst: self.peer_burst,
            loopback: self.limit_loopback,
            sampled_traces: self.sampled_traces,
            message_bytes: self.message_bytes,
            unary_timeout: Duration::from_secs(self.unary_timeout),
            stream_timeout: Duration::from_secs(self.stream_timeout),
            greeting: patience,
            body_pause: patience,
            body_grace: patience,
            ..Limits::default()
        }
    }
}

/// A header of an application: none that is decided on elsewhere. A trace that came in by this way would hide a missing layer.
fn passed_header(text: &str) -> Result<HeaderName, &'static str> {
    let name: HeaderName = text.parse().map_err(|_| "it is no name of a header")?;
    if TRACE.contains(&name.as_str()) {
        return Err("the headers of a trace go on by the trace layers alone");
    }
    if name.as_str().contains('_') {
        return Err("names with `_` do not pass: another server may read it as `-`");
    }
    Ok(name)
}

fn service_url(text: &str) -> Result<String, &'static str> {
    let wrong = "a service is named by scheme and host, such as http://127.0.0.1:50051";
    let url: http::Uri = text.parse().map_err(|_| wrong)?;
    let bare = url.path() == "/" && url.query().is_none();
    match url.scheme_str() {
        Some("http" | "https") if url.authority().is_some() && bare => Ok(text.to_owned()),
        _ => Err(wrong),
    }
}
