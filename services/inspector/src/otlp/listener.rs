//! The ports that OpenTelemetry's exporters use by default, beside the inspector's own.

use std::net::SocketAddr;
use std::str::FromStr;

use throughline_service_kit::listen;
use tokio::net::TcpListener;

use crate::Options;

/// Where to listen for OTLP, besides the inspector's own port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// Nowhere.
    None,
    /// There.
    At(SocketAddr),
}

/// OpenTelemetry's port for gRPC.
pub(crate) const DEFAULT_GRPC: &str = "127.0.0.1:4317";
/// OpenTelemetry's port for HTTP.
pub(crate) const DEFAULT_HTTP: &str = "127.0.0.1:4318";

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            address => address
                .parse()
                .map(Self::At)
                .map_err(|_| "an address such as 127.0.0.1:4318, or `none`".to_owned()),
        }
    }
}

/// Those that could be had: a default port that someone else has is left to them, with a
/// warning; one that was asked for must be had.
pub(crate) async fn listeners(options: &Options) -> Result<Vec<TcpListener>, crate::Error> {
    let mut open = Vec::new();
    let wanted = [
        (options.otlp_grpc, DEFAULT_GRPC),
        (options.otlp_http, DEFAULT_HTTP),
    ];
    for (wanted, default) in wanted {
        let Listen::At(address) = wanted else {
            continue;
        };
        match listen(address).await {
            Ok(listener) => open.push(listener),
            Err(error) if address.to_string() == default => {
                tracing::warn!(%error, "no OTLP there; it is taken on the inspector's own port");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(open)
}
