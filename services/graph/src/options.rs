//! Flags and environment variables of the binary.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use throughline_service_kit::TelemetryOptions;

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
        default_value = "sqlite:graph.db",
        value_name = "sqlite:PATH"
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
    /// What all services have in common.
    #[command(flatten)]
    pub telemetry: TelemetryOptions,
}

/// Where a graph is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreLocation {
    /// In a SQLite file.
    Sqlite(PathBuf),
}

impl FromStr for StoreLocation {
    type Err = String;

    fn from_str(location: &str) -> Result<Self, Self::Err> {
        match location.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err(format!(
                "{location:?} is no store; write sqlite:PATH, for example sqlite:graph.db"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_named_by_kind_and_path() {
        let sqlite = |path: &str| Ok(StoreLocation::Sqlite(path.into()));
        assert_eq!("sqlite:graph.db".parse(), sqlite("graph.db"));
        assert_eq!("sqlite:/a:b".parse(), sqlite("/a:b"));
        for bad in ["", "graph.db", "sqlite:", "mysql:x"] {
            assert!(bad.parse::<StoreLocation>().is_err(), "{bad:?}");
        }
    }
}
