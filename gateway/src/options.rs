//! The gateway's own options, by flag and environment.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use http::HeaderName;

use crate::TrustMode;
use crate::origin::Origins;

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
        value_delimiter = ','
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
}

fn service_url(text: &str) -> Result<String, &'static str> {
    let wrong = "a service is named by scheme and host, such as http://127.0.0.1:50051";
    let url: http::Uri = text.parse().map_err(|_| wrong)?;
    let bare = url.path() == "/" && url.query().is_none();
    // TLS to the services behind comes with the certificates.
    match url.scheme_str() {
        Some("http") if url.authority().is_some() && bare => Ok(text.to_owned()),
        _ => Err(wrong),
    }
}
