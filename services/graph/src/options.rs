//! Flags and environment variables of the binary.

use std::{net::SocketAddr, path::PathBuf};

use throughline_service_kit::TelemetryOptions;

use crate::StoreLocation;

/// The graph service.
#[derive(Debug, clap::Parser)]
#[command(name = "throughline-graph", version)]
pub struct Options {
    /// The address to listen on; port 0 takes a free one
    #[arg(
        long,
        env = "GRAPH_LISTEN",
        default_value = "127.0.0.1:50051",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,
    /// Where its metrics can be read, at /metrics; nowhere by default
    #[arg(long, env = "GRAPH_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,
    /// The certificate chain (PEM) with which it speaks TLS; read again when the file changes
    #[arg(
        long,
        env = "GRAPH_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    pub tls_cert: Option<PathBuf>,
    /// The private key (PEM) of that certificate
    #[arg(
        long,
        env = "GRAPH_TLS_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    pub tls_key: Option<PathBuf>,
    /// Where the graph is kept
    #[arg(
        long,
        env = "GRAPH_STORE",
        // Someone will put a password into it.
        hide_env_values = true,
        default_value = "sqlite:graph.db",
        value_name = "sqlite:PATH|dgraph://HOST:PORT"
    )]
    pub store: StoreLocation,
    /// What a caller must show to write; without it nobody can
    #[arg(
        long,
        env = "GRAPH_WRITE_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub write_token: Option<String>,
    /// How to reach a Dgraph.
    #[command(flatten)]
    pub dgraph: DgraphFlags,
    /// What all services have in common.
    #[command(flatten)]
    pub telemetry: TelemetryOptions,
}

/// What a Dgraph asks for, beside its address.
#[derive(clap::Args)]
pub struct DgraphFlags {
    /// Who logs in to Dgraph, where it has access control
    #[arg(long = "dgraph-user", env = "GRAPH_DGRAPH_USER", value_name = "USER")]
    pub user: Option<String>,
    /// With which password
    #[arg(
        long = "dgraph-password",
        env = "GRAPH_DGRAPH_PASSWORD",
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub password: Option<String>,
    /// Whose certificates a Dgraph is trusted by, a PEM file; with it TLS is spoken
    #[arg(long = "dgraph-ca", env = "GRAPH_DGRAPH_CA", value_name = "FILE")]
    pub authorities: Option<PathBuf>,
    /// The certificate chain (PEM) that is shown to a Dgraph that asks for one
    #[arg(
        long = "dgraph-cert",
        env = "GRAPH_DGRAPH_CERT",
        value_name = "FILE",
        requires_all = ["key", "authorities"]
    )]
    pub certificate: Option<PathBuf>,
    /// The private key (PEM) of that certificate
    #[arg(
        long = "dgraph-key",
        env = "GRAPH_DGRAPH_KEY",
        value_name = "FILE",
        requires = "certificate"
    )]
    pub key: Option<PathBuf>,
}

impl std::fmt::Debug for DgraphFlags {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DgraphFlags")
            .field("user", &self.user)
            .field("authorities", &self.authorities)
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}
